"""Helpers for attention between 3x3 patches: patch norms and block sizes."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from restorer.attention.modes import is_exporting


def patch_norms(x: Tensor, floor: float | Tensor) -> Tensor:
    """Map (N, C, H, W) to the (N, H, W) L2 norms of the 3x3 patches, at least `floor`."""
    return neighborhood_sums(x.square().sum(1)).clamp_min(floor**2).sqrt()


def neighborhood_sums(x: Tensor) -> Tensor:
    """Map (N, H, W) to its sums over 3x3 pixels, with zeros beyond the borders."""
    if is_exporting():  # ONNX has no divisor, and the exporter of torch 2.13 drops it
        return F.avg_pool2d(x, 3, 1, 1) * 9
    return F.avg_pool2d(x, 3, 1, 1, divisor_override=1)


def balanced_size(total: int, limit: int) -> int:
    """Return the block size that divides `total` into the fewest, nearly equal blocks.

    The size is at most `limit`, but at least 1.
    """
    return math.ceil(total / math.ceil(total / max(1, limit)))


def tile_size(height: int, width: int, area: int) -> tuple[int, int]:
    """Return the rows and columns of a query tile, nearly square to minimize the overlap."""
    area = max(1, area)
    rows = balanced_size(height, math.isqrt(area))
    columns = balanced_size(width, area // rows)
    return balanced_size(height, area // columns), columns


def view_start(buffer: Tensor, *shape: int) -> Tensor:
    """Return a view of the first elements of a flat buffer in the given shape."""
    return buffer[: math.prod(shape)].view(shape)

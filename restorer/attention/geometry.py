"""What the attentions between 3x3 patches share: norms of patches, parts of an axis."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor


def patch_norms(x: Tensor, floor: float | Tensor) -> Tensor:
    """Map (N, C, H, W) to (N, H, W): L2 norms of the 3x3 patches, not below `floor`."""
    energy = F.avg_pool2d(x.square().sum(1), 3, 1, 1, divisor_override=1)
    return energy.clamp_min(floor**2).sqrt()


def share(total: int, limit: int) -> int:
    """Return the size of the fewest nearly equal parts not above `limit`, at least 1."""
    return math.ceil(total / math.ceil(total / max(1, limit)))


def view_start(buffer: Tensor, *shape: int) -> Tensor:
    """Return the beginning of a flat buffer, with this shape."""
    return buffer[: math.prod(shape)].view(shape)

"""Patch attention without gradients: tiles of queries against strips of keys, in place.

All levels lie on one key axis (`restorer.attention.key_axis`), on which neighbors are shifts; its
padding holds no patches (score -inf, weight 0). A tile of queries is compared with the axis one
strip at a time:

    products   pixel products of the tile and the strip, both with their neighbors
    scores     sums of nine products along the diagonal: three rows, then three columns
    weights    the softmax over the whole axis, after the last strip
    pasted     sums of nine weights along the same diagonal, multiplied with the values

The pasted areas of neighboring tiles overlap and are added. All buffers are reused for every strip,
because allocating new memory costs more than the arithmetic (page faults). Compared with patches
stacked in the channels, sums along diagonals take a third to a ninth of the multiplications and a
few passes over a block in the cache. Tried and no faster: bands of query rows that keep their last
two rows for the next one, with rows stacked in the channels (a tenth fewer products with the
values, three times as many for the scores).

On NVIDIA GPUs, `restorer.attention.diagonals` takes the place of the strips, once it has agreed
with them on that device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention.block_sizes import block_sizes
from restorer.attention.geometry import balanced_size, tile_size, view_start
from restorer.attention.key_axis import Keys, Level, lay_out
from restorer.attention.trial import agrees, waves


class _Strip(NamedTuple):
    """Whole rows of one level: the half-open range on the key axis and the row pitch."""

    start: int
    stop: int
    pitch: int


def attend_tiled(
    query: Tensor,
    levels: Sequence[tuple[Tensor, Tensor]],
    *,
    softmax_scale: float,
    norm_floor: float | Tensor,
    hard: bool,
    paste_type: torch.dtype,
) -> Tensor:
    """Compute `patch_attention`: (C, H, W) queries and levels to (V, H, W), or batches of them."""
    keys = lay_out(levels, softmax_scale, norm_floor, paste_type)
    plain = hard or query.dtype != torch.float32
    fused = not plain and _has_kernels(query.device, paste_type)
    return _attend(query, keys, hard=hard, fused=fused)


def _attend(query: Tensor, keys: Keys, *, hard: bool, fused: bool) -> Tensor:
    *batch, _, height, width = query.shape
    limit = block_sizes(query).tile // (math.prod(batch) * len(keys.bias))
    # The kernels hold the products beside the scores.
    rows, columns = tile_size(height, width, limit // 2 if fused else limit)
    attend = partial(_in_kernels, keys) if fused else _in_strips(query, keys, rows, columns, hard)
    pixels = F.pad(query, (1, 1, 1, 1)).movedim(-3, -1).contiguous()
    result = query.new_zeros(*batch, height + 2, width + 2, keys.values.shape[-1])
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            tile = ..., slice(top, top + rows + 2), slice(left, left + columns + 2), slice(None)
            result[tile] += attend(pixels[tile])
    return result[..., 1:-1, 1:-1, :].movedim(-1, -3)


def _in_kernels(keys: Keys, pixels: Tensor) -> Tensor:
    from restorer.attention import diagonals  # needs Triton

    return diagonals.attend_tile(pixels, keys)


@cache
def _has_kernels(device: torch.device, paste_type: torch.dtype) -> bool:
    """Whether this device runs the kernels of `restorer.attention.diagonals`, and right."""
    if device.type != "cuda" or find_spec("triton") is None:
        return False
    return _kernels_agree(device, paste_type)


def _kernels_agree(device: torch.device, paste_type: torch.dtype) -> bool:
    query, small = (waves(2, 8, *size, device=device) for size in ((40, 41), (36, 37)))
    keys = lay_out([(query, query), (small, small)], 10.0, 1e-4, paste_type)
    return agrees(
        f"Triton kernels of patch attention on {device}, {paste_type}",
        partial(_attend, query, keys, hard=False, fused=True),
        partial(_attend, query, keys, hard=False, fused=False),
        # Sums of weights are rounded at another place.
        tolerance=1e-4 if paste_type == query.dtype else 0.02,
    )


def _in_strips(
    query: Tensor, keys: Keys, rows: int, columns: int, hard: bool
) -> Callable[[Tensor], Tensor]:
    """Return what maps (..., R+2, X+2, C) pixels of a tile to (..., R+2, X+2, V) pasted patches."""
    samples = math.prod(query.shape[:-3])
    limit = block_sizes(query).strip // (samples * (rows + 2) * (columns + 2))
    strips = _strips(keys.levels, limit)
    longest = max(strip.stop - strip.start + 2 * strip.pitch + 2 for strip in strips)
    scores = query.new_empty(samples * rows * columns * len(keys.bias))
    buffers = query.new_empty(2, samples * (rows + 4) * (columns + 2) * longest)

    def attend(pixels: Tensor) -> Tensor:
        weights = _weigh(pixels, keys, strips, scores, buffers, hard)
        return _paste(weights, keys.values, strips, buffers)

    return attend


def _strips(levels: Sequence[Level], keys: int) -> list[_Strip]:
    """Divide the levels into strips of about so many keys, their neighbors included."""
    strips = []
    for level in levels:
        rows = balanced_size(level.height, keys // level.pitch - 2)
        last = level.stop - level.pitch
        for start in range(level.start + level.pitch, last, rows * level.pitch):
            stop = min(start + rows * level.pitch, last)
            strips.append(_Strip(start, stop, level.pitch))
    return strips


def _weigh(
    pixels: Tensor,
    keys: Keys,
    strips: Sequence[_Strip],
    scores: Tensor,
    buffers: Tensor,
    hard: bool,
) -> Tensor:
    """Map (..., R+2, X+2, C) pixels of a tile to its (..., R, X, K) weights, stored in `scores`."""
    *batch, below, right, _ = pixels.shape
    rows, columns = below - 2, right - 2
    scores = view_start(scores, *batch, rows, columns, len(keys.bias))
    scores[..., 0] = scores[..., -1] = -torch.inf
    for level in keys.levels:
        scores[..., level.start : level.start + level.pitch] = -torch.inf
        scores[..., level.stop - level.pitch : level.stop] = -torch.inf
    for start, stop, pitch in strips:
        length = stop - start + 2
        near = keys.pixels[..., start - pitch - 1 : stop + pitch + 1]
        products = view_start(buffers[0], *batch, below, right, near.shape[-1])
        torch.matmul(pixels.flatten(-3, -2), near, out=products.flatten(-3, -2))
        by_row = [products[..., i : i + rows, :, i * pitch :][..., :length] for i in range(3)]
        summed = _sum3(by_row, view_start(buffers[1], *batch, rows, right, length))
        by_column = [summed[..., j : j + columns, j : j + length - 2] for j in range(3)]
        block = _sum3(by_column, scores[..., start:stop])
        torch.addcmul(keys.bias[start:stop], block, keys.gain[..., start:stop], out=block)
    torch.softmax(scores, -1, out=scores)
    return scores.eq_(scores.amax(-1, keepdim=True)) if hard else scores


def _paste(weights: Tensor, values: Tensor, strips: Sequence[_Strip], buffers: Tensor) -> Tensor:
    """Map (..., R, X, K) weights and (..., K, V) values to (..., R+2, X+2, V) pasted patches."""
    *batch, rows, columns, _ = weights.shape
    pasted = weights.new_zeros(*batch, (rows + 2) * (columns + 2), values.shape[-1])
    for start, stop, pitch in strips:
        length = stop - start
        near = slice(start - pitch, stop + pitch)
        left, center, right = (weights[..., near.start + j : near.stop + j] for j in (1, 0, -1))
        padded = view_start(buffers[0], *batch, rows + 4, columns + 2, length + 2 * pitch)
        padded[..., :2, :, :] = padded[..., -2:, :, :] = 0
        by_column = padded[..., 2:-2, :, :]
        by_column[..., :columns, :] = left
        by_column[..., columns:, :] = 0
        by_column[..., 1:-1, :] += center
        by_column[..., 2:, :] += right
        by_row = [
            padded[..., 2 - i : rows + 4 - i, :, (2 - i) * pitch :][..., :length] for i in range(3)
        ]
        summed = _sum3(by_row, view_start(buffers[1], *batch, rows + 2, columns + 2, length))
        _add_product(pasted, summed.flatten(-3, -2), values[..., start:stop, :], buffers[0])
    return pasted.view(*batch, rows + 2, columns + 2, -1)


def _sum3(terms: Sequence[Tensor], out: Tensor) -> Tensor:
    first, second, third = terms
    return torch.add(first, second, out=out).add_(third)


def _add_product(total: Tensor, weights: Tensor, values: Tensor, buffer: Tensor) -> None:
    """Add weights @ values, computed in the type of the values, to the total."""
    if values.dtype != total.dtype:
        rounded = view_start(buffer.view(values.dtype), *weights.shape).copy_(weights)
        total += rounded @ values
    elif total.ndim == 3:
        total.baddbmm_(weights, values)
    else:
        total.addmm_(weights, values)

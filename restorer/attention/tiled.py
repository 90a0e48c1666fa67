"""Patch attention without gradients: tiles of queries against strips of keys, in place.

Every level is padded by one pixel and flattened row by row onto one key axis, so "one row down" and
"one column right" are shifts along the axis; the padding holds no patches (score -inf, weight 0). A
tile of queries is compared with the axis one strip at a time:

    products   pixel products of the tile and the strip, both with their neighbors
    scores     sums of nine products along the diagonal: three rows, then three columns
    weights    the softmax over the whole axis, after the last strip
    pasted     sums of nine weights along the same diagonal, multiplied with the values

The pasted areas of neighboring tiles overlap and are added. All buffers are reused for every strip,
because allocating new memory costs more than the arithmetic (page faults). Compared with patches
stacked in the channels, sums along diagonals take a third to a ninth of the multiplications and a
few passes over a block in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention.geometry import balanced_size, patch_norms, view_start

# Scores of a tile, 32 MiB of float32: large enough that the overlap of tiles is negligible.
_TILE_ELEMENTS = 1 << 23
# Products of a strip, 4 MiB of float32, in two buffers (measured with 2 MiB in two L2 caches and
# 32 MiB in a shared L3 cache). Half or twice the size differs by less than the run-to-run
# variation, at 48x48 and 64x64.
_STRIP_ELEMENTS = 1 << 20


class _Level(NamedTuple):
    """The range of one level, padding included, on the key axis."""

    start: int
    height: int  # height of the level without padding
    pitch: int  # distance between rows: width + 2

    @property
    def stop(self) -> int:
        return self.start + (self.height + 2) * self.pitch


class _Strip(NamedTuple):
    """Whole rows of one level: the half-open range on the key axis and the row pitch."""

    start: int
    stop: int
    pitch: int


class _Keys(NamedTuple):
    """All levels of one sample along the key axis."""

    levels: list[_Level]
    pixels: Tensor  # (C, K)
    gain: Tensor  # (K,), factor on the score of each patch
    bias: Tensor  # (K,), 0, or -inf where no patch is centered
    values: Tensor  # (K, V)


def attend_tiled(
    query: Tensor,
    levels: Sequence[tuple[Tensor, Tensor]],
    *,
    softmax_scale: float,
    norm_floor: float | Tensor,
    hard: bool,
) -> Tensor:
    """Compute `patch_attention` of one sample: (C, H, W) queries and levels to (V, H, W)."""
    keys = _lay_out(levels, softmax_scale, norm_floor)
    height, width = query.shape[1:]
    rows, columns = _tile_size(height, width, len(keys.gain))
    strips = _strips(keys.levels, (rows + 2) * (columns + 2))
    longest = max(strip.stop - strip.start + 2 * strip.pitch + 2 for strip in strips)
    scores = query.new_empty(rows * columns * len(keys.gain))
    buffers = query.new_empty(2, (rows + 4) * (columns + 2) * longest)

    pixels = F.pad(query, (1, 1, 1, 1)).permute(1, 2, 0).contiguous()
    result = query.new_zeros(height + 2, width + 2, keys.values.shape[1])
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            tile = slice(top, top + rows + 2), slice(left, left + columns + 2)
            weights = _weigh(pixels[tile], keys, strips, scores, buffers, hard)
            result[tile] += _paste(weights, keys.values, strips, buffers)
    return result[1:-1, 1:-1].permute(2, 0, 1)


def _lay_out(levels: Sequence[tuple[Tensor, Tensor]], scale: float, floor: float | Tensor) -> _Keys:
    """Lay out the levels on one axis with a spare cell at each end, so that all neighbors exist."""
    places, start = [], 1
    for key, _ in levels:
        places.append(_Level(start, key.shape[1], key.shape[2] + 2))
        start = places[-1].stop
    key, value = levels[0]
    pixels = key.new_zeros(len(key), start + 1)
    gain = key.new_zeros(start + 1)
    bias = key.new_full((start + 1,), -torch.inf)
    values = value.new_zeros(start + 1, len(value))
    for level, (key, value) in zip(places, levels, strict=True):
        grid = slice(level.start, level.stop)
        inner = slice(1, -1), slice(1, -1)
        shape = level.height + 2, level.pitch
        pixels[:, grid].view(-1, *shape)[:, 1:-1, 1:-1] = key
        gain[grid].view(shape)[inner] = scale / patch_norms(key[None], floor)[0]
        bias[grid].view(shape)[inner] = 0
        values[grid].view(*shape, -1)[inner] = value.permute(1, 2, 0)
    return _Keys(places, pixels, gain, bias, values)


def _tile_size(height: int, width: int, keys: int) -> tuple[int, int]:
    """Return the rows and columns of a query tile, nearly square to minimize the overlap."""
    area = _TILE_ELEMENTS // keys
    rows = balanced_size(height, math.isqrt(area))
    columns = balanced_size(width, area // rows)
    return balanced_size(height, area // columns), columns


def _strips(levels: Sequence[_Level], queries: int) -> list[_Strip]:
    strips = []
    for level in levels:
        rows = balanced_size(level.height, _STRIP_ELEMENTS // (queries * level.pitch) - 2)
        last = level.stop - level.pitch
        for start in range(level.start + level.pitch, last, rows * level.pitch):
            stop = min(start + rows * level.pitch, last)
            strips.append(_Strip(start, stop, level.pitch))
    return strips


def _weigh(
    pixels: Tensor,
    keys: _Keys,
    strips: Sequence[_Strip],
    scores: Tensor,
    buffers: Tensor,
    hard: bool,
) -> Tensor:
    """Map the (R+2, X+2, C) pixels of a tile to its (R, X, K) weights, stored in `scores`."""
    rows, columns = (n - 2 for n in pixels.shape[:2])
    scores = view_start(scores, rows, columns, len(keys.gain))
    scores[..., 0] = scores[..., -1] = -torch.inf
    for level in keys.levels:
        scores[..., level.start : level.start + level.pitch] = -torch.inf
        scores[..., level.stop - level.pitch : level.stop] = -torch.inf
    for start, stop, pitch in strips:
        length = stop - start + 2
        near = keys.pixels[:, start - pitch - 1 : stop + pitch + 1]
        shape = rows + 2, columns + 2, near.shape[1]
        products = view_start(buffers[0], *shape)
        torch.mm(pixels.flatten(0, 1), near, out=products.flatten(0, 1))
        by_row = [products[i : i + rows, :, i * pitch : i * pitch + length] for i in range(3)]
        summed = _sum3(by_row, view_start(buffers[1], rows, columns + 2, length))
        by_column = [summed[:, j : j + columns, j : j + length - 2] for j in range(3)]
        block = _sum3(by_column, scores[..., start:stop])
        torch.addcmul(keys.bias[start:stop], block, keys.gain[start:stop], out=block)
    torch.softmax(scores, -1, out=scores)
    return scores.eq_(scores.amax(-1, keepdim=True)) if hard else scores


def _paste(weights: Tensor, values: Tensor, strips: Sequence[_Strip], buffers: Tensor) -> Tensor:
    """Map (R, X, K) weights and (K, V) values to the (R+2, X+2, V) sum of weighted patches."""
    rows, columns = weights.shape[:2]
    pasted = values.new_zeros((rows + 2) * (columns + 2), values.shape[1])
    for start, stop, pitch in strips:
        length = stop - start
        near = slice(start - pitch, stop + pitch)
        left, center, right = (weights[..., near.start + j : near.stop + j] for j in (1, 0, -1))
        padded = view_start(buffers[0], rows + 4, columns + 2, length + 2 * pitch)
        padded[:2] = padded[-2:] = 0
        by_column = padded[2:-2]
        by_column[:, :columns] = left
        by_column[:, columns:] = 0
        by_column[:, 1:-1] += center
        by_column[:, 2:] += right
        by_row = [padded[2 - i :][: rows + 2, :, (2 - i) * pitch :][..., :length] for i in range(3)]
        summed = _sum3(by_row, view_start(buffers[1], rows + 2, columns + 2, length))
        pasted.addmm_(summed.flatten(0, 1), values[start:stop])
    return pasted.view(rows + 2, columns + 2, -1)


def _sum3(terms: Sequence[Tensor], out: Tensor) -> Tensor:
    first, second, third = terms
    return torch.add(first, second, out=out).add_(third)

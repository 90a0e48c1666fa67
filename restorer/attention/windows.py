"""Attention over large maps in overlapping windows that are blended."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from restorer.attention.blocks import in_turn
from restorer.attention.modes import at_least_float32


def attend_in_windows(
    attend: Callable[[Tensor], Tensor], x: Tensor, *, side: int, overlap: int
) -> Tensor:
    """Return the attention of each pixel to those of its window.

    The windows are even, at most `side` wide and share at least `overlap` pixels, over which their
    weights rise and fall. Time grows with the number of pixels, not with its square. A GPU attends
    in all windows at once, as in a batch. A map that fits into one window is one; so is the map of
    a program that is exported for all sizes.

    Args:
        attend: Maps (N, C, h, w) to the same shape, for any h and w.
        x: (N, C, H, W) features.
        side: Largest height and width of a window.
        overlap: Rows and columns that neighbors share at least, less than `side`.
    """
    if not all(isinstance(length, int) for length in x.shape[2:]):
        return attend(x)  # in an export for all sizes, whose operations are the same for each
    height, tops = _cut(x.shape[2], side, overlap)
    width, lefts = _cut(x.shape[3], side, overlap)
    if len(tops) == len(lefts) == 1:
        return attend(x)
    rise = _rise(height, overlap, x)[:, None] * _rise(width, overlap, x)
    total = torch.zeros_like(x, dtype=rise.dtype)
    weights = rise.new_zeros(x.shape[2:])
    places = [
        (..., slice(top, top + height), slice(left, left + width)) for top in tops for left in lefts
    ]
    windows = [x[inside] for inside in places]
    together = windows if in_turn(x) else [torch.cat(windows)]
    attended = (part for some in together for part in torch.split(attend(some), len(x)))
    for inside, values in zip(places, attended, strict=True):
        total[inside] += values * rise
        weights[inside] += rise
    return (total / weights).to(x.dtype)


def _cut(length: int, side: int, overlap: int) -> tuple[int, list[int]]:
    """Return the length of windows along one axis, and their starts."""
    count = max(1, -(-(length - overlap) // (side - overlap)))
    even = -(-(length + (count - 1) * overlap) // count)
    return even, [i * (length - even) // max(1, count - 1) for i in range(count)]


def _rise(length: int, overlap: int, like: Tensor) -> Tensor:
    """Return the weights along one axis of a window, which rise from both of its edges."""
    place = torch.arange(length, dtype=at_least_float32(like).dtype, device=like.device) + 0.5
    return torch.minimum(place, length - place).clamp(max=max(overlap, 1))

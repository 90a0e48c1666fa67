"""The axis on which all levels of a pyramid lie, one after the other.

Every level is padded by one pixel and flattened row by row, so "one row down" and "one column
right" are shifts along the axis; the padding holds no patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from restorer.attention.geometry import patch_norms


class Level(NamedTuple):
    """The range of one level, padding included, on the key axis."""

    start: int
    height: int  # height of the level without padding
    pitch: int  # distance between rows: width + 2

    @property
    def stop(self) -> int:
        """The end of the range."""
        return self.start + (self.height + 2) * self.pitch


class Keys(NamedTuple):
    """All levels along the key axis; (...) is nothing for one sample, and (N,) for a batch."""

    levels: list[Level]
    pixels: Tensor  # (..., C, K)
    gain: Tensor  # (..., 1, 1, K), factor on the score of each patch
    bias: Tensor  # (K,), 0, or -inf where no patch is centered
    pitches: Tensor  # (K,), int32, the pitch of the level, or 0 where no patch is centered
    values: Tensor  # (..., K, V), perhaps in half precision


def lay_out(
    levels: Sequence[tuple[Tensor, Tensor]],
    scale: float,
    floor: float | Tensor,
    value_type: torch.dtype,
) -> Keys:
    """Lay out the levels on one axis with a spare cell at each end, so that all neighbors exist."""
    places, start = [], 1
    for key, _ in levels:
        places.append(Level(start, key.shape[-2], key.shape[-1] + 2))
        start = places[-1].stop
    key, value = levels[0]
    *batch, channels, _, _ = key.shape
    pixels = key.new_zeros(*batch, channels, start + 1)
    gain = key.new_zeros(*batch, start + 1)
    pitches = key.new_zeros(start + 1, dtype=torch.int32)
    values = value.new_zeros(*batch, start + 1, value.shape[-3], dtype=value_type)
    inner = ..., slice(1, -1), slice(1, -1)
    for level, (key, value) in zip(places, levels, strict=True):
        grid = slice(level.start, level.stop)
        shape = *batch, level.height + 2, level.pitch
        norms = patch_norms(key.view(-1, *key.shape[-3:]), floor).view(*batch, *key.shape[-2:])
        pixels[..., grid].view(*batch, channels, *shape[-2:])[inner] = key
        gain[..., grid].view(shape)[inner] = scale / norms
        pitches[grid].view(shape[-2:])[inner] = level.pitch
        values[..., grid, :].view(*shape, -1)[(*inner, slice(None))] = value.movedim(-3, -1)
    bias = key.new_zeros(start + 1).masked_fill_(pitches == 0, -torch.inf)
    return Keys(places, pixels, gain[..., None, None, :], bias, pitches, values)

"""NoiseMap: areas with less noise than the rest of the picture, such as frames, skies and overlays.

A network conditioned on the noise level of the whole picture smooths its clean areas and shifts
their colors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restorer.estimate.noise import Rows
from restorer.image import FloatArray
from restorer.tiling.padding import Indices
from restorer.tiling.plan import Region

BLOCK = 16  # pixels, one level for each block
_SCALES = (1, 2, 4)  # sizes of the pixels that are compared; JPEG and demosaicing smooth the finest
_BAND = 16  # rows of blocks that are measured at once
# Shares of the level of the whole picture: areas above the second have all of it, as texture and
# clipping scatter the local levels, those below the first their own.
_CLEAN, _NOISY = 0.25, 0.5


@dataclass(frozen=True, eq=False)
class NoiseMap:
    """Noise levels of the blocks of a picture.

    Attributes:
        levels: (rows, columns) sigmas on the 0-255 scale, of blocks of 16 x 16 pixels.
        corner: Row and column of its first pixel.
    """

    levels: FloatArray
    corner: tuple[int, int] = (0, 0)

    def at(self, region: Region) -> FloatArray:
        """Return the levels (h, w) of a region of the picture, interpolated between the blocks."""
        rows, columns = self.levels.shape
        top, bottom, down = _neighbors(region.top - self.corner[0], region.height, rows)
        left, right, across = _neighbors(region.left - self.corner[1], region.width, columns)
        upper, lower = self.levels[top], self.levels[bottom]
        between = upper + (lower - upper) * down[:, None]
        first = between[:, left]
        found: FloatArray = first + (between[:, right] - first) * across
        return found


def noise_map(size: tuple[int, int], rows: Rows, sigma: float) -> NoiseMap | None:
    """Return the noise levels of an image that is read a few rows at a time.

    No level is above `sigma`, and blocks beside noisy ones have their level. None where all levels
    are `sigma`.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
        sigma: The noise level of the whole image, on the 0-255 scale.
    """
    height, width = (n // BLOCK for n in size)
    if min(height, width) == 0 or sigma == 0:
        return None
    own = np.empty((height, width), np.float32)
    for top in range(0, height, _BAND):
        bottom = min(top + _BAND, height)
        own[top:bottom] = _levels(rows(top * BLOCK, bottom * BLOCK)[:, : width * BLOCK])
    levels = np.float32(sigma) * widened(shares(own / np.float32(sigma)))
    return NoiseMap(levels) if (levels < sigma).any() else None


def shares(found: FloatArray) -> FloatArray:
    """Return the share of the expected level that blocks have, at most 1, by the share measured."""
    slope = np.float32((1 - _CLEAN) / (_NOISY - _CLEAN))
    risen = _CLEAN + (found - np.float32(_CLEAN)) * slope
    return np.minimum(np.where(found < _CLEAN, found, risen), 1)


def widened(levels: FloatArray) -> FloatArray:
    """Return the highest level of each block (rows, columns) and its eight neighbors."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(levels, 1, mode="edge"), (3, 3))
    highest: FloatArray = around.max((2, 3))
    return highest


def _levels(values: FloatArray) -> FloatArray:
    """Return the noise levels of blocks: the highest at any size of pixels, texture included."""
    levels: FloatArray | None = None
    for size in _SCALES:
        a, b = values[::2, ::2], values[::2, 1::2]
        c, d = values[1::2, ::2], values[1::2, 1::2]
        side = BLOCK // (2 * size)
        # Keeps the variance of white noise, and nothing of a smooth gradient.
        detail = (a - b - c + d) / np.float32(2)
        height, width, channels = detail.shape
        blocks = (detail**2).reshape(height // side, side, width // side, side * channels)
        found = np.float32(255 * size) * np.sqrt(blocks.mean((1, 3), dtype=np.float32))
        levels = found if levels is None else np.maximum(levels, found)
        values = (a + b + c + d) / np.float32(4)
    assert levels is not None, "there are scales"
    return levels


def _neighbors(start: int, length: int, count: int) -> tuple[Indices, Indices, FloatArray]:
    """Return the two blocks whose centers are nearest to pixels, and the weight of the second."""
    places = (np.arange(start, start + length) + 0.5) / BLOCK - 0.5
    places = places.clip(0, count - 1)
    first = places.astype(np.intp)
    return first, np.minimum(first + 1, count - 1), (places - first).astype(np.float32)

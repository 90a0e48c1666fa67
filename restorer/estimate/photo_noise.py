"""Noise levels of photographs: at any grain size, and separate for shadows and highlights.

Noise of cameras is correlated by demosaicing and compression, that of enlarged or scanned pictures
is coarse. Its standard deviation is the sum over octaves of detail, measured in the flattest blocks
of similar brightness. On simulated noise of cameras, film, enlarged pictures and chroma, with and
without JPEG, it was 0.9 to 1.2 of the true one (medians of 12 photographs each), where
`estimate_sigma` mostly had a tenth to a third of camera noise. Clean photographs have 6 (at most
14), by their texture: it says how much noise there is, but not whether there is any.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from restorer.estimate.noise import Rows
from restorer.estimate.noise_map import BLOCK, shares, widened
from restorer.image import FloatArray

_OCTAVES = 4  # of detail; the coarsest has one value in a block
_GROUPS = 6  # of brightness, with equally many blocks
_FLAT = 0.2  # share of the blocks of a group that are flat; their highest level counts
_ROWS = 16  # rows of blocks that are measured at once
_EVEN = 1e-4  # variance of blocks without noise, as in frames, which do not count


def photo_noise(size: tuple[int, int], rows: Rows) -> FloatArray:
    """Return the noise levels of the blocks of a photograph that is read a few rows at a time.

    Only 0 for a picture that is smaller than a block.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
    """
    height, width = (n // BLOCK for n in size)
    if min(height, width) == 0:
        return np.zeros((1, 1), np.float32)
    variance = np.empty((height, width), np.float32)
    brightness = np.empty((height, width), np.float32)
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        values = rows(top * BLOCK, bottom * BLOCK)[:, : width * BLOCK]
        variance[top:bottom] = _variances(values)
        blocks = values.reshape(bottom - top, BLOCK, width, -1)  # a row of a block, all channels
        brightness[top:bottom] = blocks.mean((1, 3))
    expected = _expected(brightness, variance)
    own = np.sqrt(variance)
    share = np.divide(own, expected, out=np.ones_like(own), where=expected > 0)
    return expected * widened(shares(share))


def _variances(values: FloatArray) -> FloatArray:
    """Return the variances of blocks (0-255 scale): all octaves, the mean of the channels."""
    total: FloatArray | None = None
    for octave in range(_OCTAVES):
        a, b = values[::2, ::2], values[::2, 1::2]
        c, d = values[1::2, ::2], values[1::2, 1::2]
        # Noise is the same across and down, edges are not: the lower of both counts twice.
        both, across, down = (
            _energies(each, BLOCK >> (octave + 1))
            for each in (a - b - c + d, a - b + c - d, a + b - c - d)
        )
        own = both + 2 * np.minimum(across, down)
        total = own if total is None else total + own
        values = (a + b + c + d) / np.float32(4)
    assert total is not None, "there are octaves"
    scaled: FloatArray = total * np.float32(255**2 / 16)
    return scaled


def _energies(detail: FloatArray, side: int) -> FloatArray:
    """Return the mean squares of blocks of side x side pixels, over all channels."""
    height, width, channels = detail.shape
    squares = np.einsum("hwc,hwc->hw", detail, detail)
    blocks = squares.reshape(height // side, side, width // side, side)
    energies: FloatArray = blocks.sum((1, 3)) / np.float32(side * side * channels)
    return energies


def _expected(brightness: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the noise level of flat blocks of the brightness of each block."""
    counted = np.flatnonzero(variance > _EVEN)
    if 2 * len(counted) < variance.size:
        counted = np.arange(variance.size)
    order = counted[np.argsort(brightness.ravel()[counted], kind="stable")]
    ends = np.linspace(0, len(order), min(_GROUPS, len(order)) + 1).astype(np.intp)
    groups = [order[first:last] for first, last in pairwise(ends)]
    centers = [float(brightness.ravel()[group].mean()) for group in groups]
    levels = [float(np.quantile(variance.ravel()[group], _FLAT)) for group in groups]
    return np.sqrt(np.interp(brightness, centers, levels)).astype(np.float32)

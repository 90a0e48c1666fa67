"""Fit the noise of a sensor to the samples of one photograph.

The variance of fine detail is compared with the mean in flat blocks, as in Foi et al. 2008
(Practical Poissonian-Gaussian noise modeling and fitting, IEEE TIP 17).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray
from restorer.sensor import bayer
from restorer.sensor.noise import SensorNoise

_BLOCK = 8  # samples of one color along each side of a block
_BAND = 64  # rows of blocks that are measured at once
_SATURATED = 0.95  # share of the brightest sample; noise is cut off above
_CUT = 0.02  # share of samples of a block that equal the darkest one of all: noise is cut off
_BINS = 24  # of equal steps of the square root of the mean, in which noise is nearly even
_FEW = 12  # blocks of a bin that are too few
# Structure over that of noise in flat blocks; of noise, 9 blocks in 10 have less.
_EDGES, _SLOPES = 1.35, 2.0
_START = 0.9  # share of the blocks that count as flat at first
_ROUNDS = 40
_LEAST = 1e-12  # variance
_GAINS = 0.5, 2.0  # of a color over the others, which makers multiply samples by

# Rows of blocks: mean; variances of diagonal detail, of edges and of slopes.
Blocks: TypeAlias = NDArray[np.float64]


def fit_noise(samples: FloatArray, pattern: str) -> SensorNoise | None:
    """Return the noise of a mosaic (H, W, 1), linear with white 1; None without flat blocks.

    The noise of a sensor is white, so that edges and slopes in flat blocks vary as diagonal detail
    does, while in structure they vary more. From the noise of all blocks downward, those are taken
    that agree with the noise, and the noise is fitted to their diagonal detail, which the choice
    does not depend on. Saturated samples, and those cut off at black, are left out.
    """
    found: dict[int, list[Blocks]] = {0: [], 1: [], 2: []}
    for y, x, color in bayer.sites(pattern):
        found[color].extend(_blocks(samples[y::2, x::2, 0]))
    colors = [np.concatenate(each) for each in found.values() if each]
    if len(colors) < 3:
        return None
    blocks = np.concatenate(colors)
    if len(blocks) < _FEW:
        return None
    structure = np.maximum(blocks[:, 2] / _EDGES, blocks[:, 3] / _SLOPES)
    scale, offset = 0.0, float(np.quantile(structure, _START))
    for _ in range(_ROUNDS):
        before = scale, offset
        points = _points(blocks[_flat(blocks, scale, offset)])
        if not len(points):
            break
        scale, offset = _line(points)
        if np.allclose(before, (scale, offset), rtol=1e-3):
            break
    gains = [_gain(each[_flat(each, scale, offset)], scale, offset) for each in colors]
    red, green, blue = gains
    return SensorNoise(
        (red * scale, green * scale, blue * scale), (red * offset, green * offset, blue * offset)
    )


def _blocks(plane: FloatArray) -> Iterator[Blocks]:
    """Yield the blocks of one color."""
    if not plane.size:
        return
    darkest, saturated = float(plane.min()), _SATURATED * float(plane.max())
    height, width = (length // _BLOCK * _BLOCK for length in plane.shape)
    half = _BLOCK // 2
    for top in range(0, height if width else 0, _BAND * _BLOCK):
        band = plane[top : min(top + _BAND * _BLOCK, height), :width].astype(np.float64)
        rows = band.reshape(-1, _BLOCK, width // _BLOCK, _BLOCK)
        tiles = rows.swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK)
        cut = (tiles <= darkest).mean((1, 2)) > _CUT
        tiles = tiles[~cut & (tiles.max((1, 2)) < saturated)]
        a, b = tiles[:, ::2, ::2], tiles[:, ::2, 1::2]
        c, d = tiles[:, 1::2, ::2], tiles[:, 1::2, 1::2]
        details = ((a - b - c + d) ** 2).mean((1, 2)) / 4
        edges = ((a + b - c - d) ** 2 + (a - b + c - d) ** 2).mean((1, 2)) / 8
        quarters = tiles.reshape(-1, 2, half, 2, half).mean((2, 4)).reshape(-1, 4)
        slopes = quarters.var(1, ddof=1) * half**2
        yield np.stack([tiles.mean((1, 2)), details, edges, slopes], 1)


def _flat(blocks: Blocks, scale: float, offset: float) -> NDArray[np.bool_]:
    """Return which blocks hold no structure beside this noise."""
    noise = _variance(blocks[:, 0], scale, offset)
    flat: NDArray[np.bool_] = (blocks[:, 2] < _EDGES * noise) & (blocks[:, 3] < _SLOPES * noise)
    return flat


def _points(blocks: Blocks) -> NDArray[np.float64]:
    """Return mean, variance and number of the blocks of each range of brightness."""
    bins = (np.sqrt(np.clip(blocks[:, 0], 0, 1)) * _BINS).astype(int)
    groups = [blocks[bins == each] for each in np.unique(bins)]
    large = [own for own in groups if len(own) >= _FEW] or [blocks]
    found = [(*own[:, :2].mean(0), len(own)) for own in large if len(own) >= _FEW]
    return np.array(found).reshape(-1, 3)


def _line(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return slope and height of the line through points with means, variances and numbers."""
    mean, variance, count = points.T
    scale, offset = 0.0, float(np.median(variance))
    for _ in range(3):  # the scatter of a variance grows with the variance
        weight = np.sqrt(count) / _variance(mean, scale, offset)
        scale, offset = _solved(mean, variance, weight)
    return scale, offset


def _variance(mean: NDArray[np.float64], scale: float, offset: float) -> NDArray[np.float64]:
    return np.maximum(scale * np.maximum(mean, 0) + offset, _LEAST)


def _solved(
    mean: NDArray[np.float64], variance: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the weighted line that a sensor can have."""
    columns = np.stack([np.maximum(mean, 0), np.ones_like(mean)], 1) * weight[:, None]
    scale, offset = np.linalg.lstsq(columns, variance * weight, rcond=None)[0]
    if offset < 0:
        light = columns[:, 0]
        return float((light * variance * weight).sum() / (light**2).sum()), 0.0
    if scale > 0 and offset <= _most_offset(scale):
        return float(scale), float(offset)
    # Too few brightnesses to tell the two apart: the line of the most noise without light.
    share, target = columns.sum(0), float((variance * weight).sum())
    low, high = 0.0, 1.0
    for _ in range(60):
        scale = (low + high) / 2
        enough = share[0] * scale + share[1] * _most_offset(scale) > target
        low, high = (low, scale) if enough else (scale, high)
    return float(scale), float(_most_offset(scale))


def _most_offset(scale: float) -> float:
    """Return 8 times the noise without light of a camera with the BaselineNoise of 1 in DNG."""
    return float(8 * (0.02 * scale + 55 * scale**2))


def _gain(blocks: Blocks, scale: float, offset: float) -> float:
    """Return the noise of one color over that of all, 1 where it is not known."""
    if len(blocks) < _FEW:
        return 1.0
    return float(np.clip((blocks[:, 1] / _variance(blocks[:, 0], scale, offset)).mean(), *_GAINS))

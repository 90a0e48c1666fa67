"""Block means: the low frequencies of two pictures, gathered band by band."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray

GRID = 64  # blocks along the longer side of a large picture
LEAST_SIDE = 8  # pixels of a block; the deviation of the mean of noise is an eighth of its sigma

# Bounds of the difference of two means, white = 1. Measured with the embedded models on 23 clean,
# noisy (up to sigma 50) and compressed pictures: at least 99.7 % of the blocks, shifts up to 1.4.
BOUND = 8 / 255
DEVIATIONS = 3.0  # in deviations of the mean of a block, for noise and texture
REACH = 1.0  # pixels over which a codec (halved colors) or an enlargement spreads a neighbor block
SHARE = 0.99  # of the blocks that must be within these bounds
SHIFT = 3 / 255  # of the mean over the blocks that are not clipped, for each channel
_LEAST_FREE = 0.25  # share of blocks that are not clipped from which on the shift counts
_CLIPPED = 0.01  # share of black or white samples from which on a block counts as clipped


@dataclass(frozen=True, eq=False)
class BlockMeans:
    """Statistics of square blocks, (rows, columns, C), encoded values with white = 1.

    Attributes:
        mean: The mean of each block.
        deviation: The standard deviation within each block.
        clipped: Whether noise in the block may be cut off at black or white, so that its mean is
            not that of the scene.
        side: The side of a block in pixels.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    side: int


@dataclass(frozen=True)
class Agreement:
    """How well the means of two pictures agree; differences are in steps of 8 bits.

    Attributes:
        within: Whether the pictures agree.
        share: Share of the blocks within the bounds.
        shift: Largest difference over the channels of the mean of all blocks that are not clipped.
        largest: Largest difference of a block that is not clipped.
        clipped: Share of the blocks that are clipped.
    """

    within: bool
    share: float
    shift: float
    largest: float
    clipped: float


def block_side(height: int, width: int) -> int:
    """Return the side of the blocks for a picture of this size."""
    return max(LEAST_SIDE, -(-max(height, width) // GRID))


def gather(bands: Iterable[FloatArray], height: int, width: int, side: int) -> BlockMeans:
    """Return the statistics of a picture; blocks at the right and lower edge may be smaller.

    Args:
        bands: (rows, W, C) from top to bottom.
        height: Number of rows of the picture.
        width: Number of its columns.
        side: Side of the blocks.
    """
    lefts, number = np.arange(0, width, side), -(-height // side)
    sums, top = np.zeros(()), 0
    for band in bands:
        values = np.stack([band, band * band, (band <= 0) | (band >= 1)])
        across = np.add.reduceat(values, lefts, axis=2, dtype=np.float64)
        if not sums.shape:
            sums = np.zeros((3, number, *across.shape[2:]))
        places = np.arange(top, top + len(band)) // side
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        sums[:, places[starts]] += np.add.reduceat(across, starts, axis=1)
        top += len(band)
    assert top == height, "the bands cover the picture"
    rows, columns = (np.diff([*range(0, size, side), size]) for size in (height, width))
    mean, square, clipped = sums / (rows[:, None] * columns)[..., None]
    return BlockMeans(mean, np.sqrt(np.maximum(square - mean**2, 0)), clipped > _CLIPPED, side)


def compare(source: BlockMeans, result: BlockMeans) -> Agreement:
    """Return how well the means of a result agree with those of its source.

    Noise and texture may move a mean by `DEVIATIONS` of its own standard deviation, and a block of
    another color beside it by as much as `REACH` pixels of that color do. Clipped blocks do not
    count in the shift and may move by one more deviation of their samples: cutting off noise of any
    sigma moves a mean by less than that.
    """
    clipped = source.clipped | result.clipped
    bound = BOUND + source.deviation * (DEVIATIONS / source.side + clipped)
    bound += _contrast(source.mean) * (REACH / source.side)
    difference = result.mean - source.mean
    share = float((np.abs(difference) <= bound).mean())
    free = np.where(clipped, np.nan, difference)
    counted = (~clipped).mean((0, 1)) >= _LEAST_FREE
    shifts = np.nanmean(free[..., counted], (0, 1)) if counted.any() else np.zeros(1)
    shift = float(np.abs(shifts).max())
    largest = float(np.nanmax(np.abs(free))) if counted.any() else 0.0
    within = share >= SHARE and shift <= SHIFT
    return Agreement(within, share, shift * 255, largest * 255, float(clipped.mean()))


def _contrast(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest difference of each block from the blocks above, below and beside it."""
    found = np.zeros_like(mean)
    for axis in (0, 1):
        steps = np.abs(np.diff(mean, axis=axis))
        for before in ((1, 0), (0, 1)):
            beside = np.pad(steps, [before if n == axis else (0, 0) for n in range(mean.ndim)])
            np.maximum(found, beside, out=found)
    return found

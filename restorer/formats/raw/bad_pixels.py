"""Bad pixels of a sensor: samples that are filled from their neighbors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray

_MOST_DEAD = 1e-3  # share of samples without a signal; more are part of the picture
_ROUNDS = 16  # half the width of the largest area that is filled, in pairs of samples
_MOST_BAD = 0.1  # share of the samples; more are no defects


def fill_dead(values: FloatArray) -> int:
    """Fill samples of 0 in a mosaic (H, W, 1), in place; return their number.

    Each becomes the median of the four nearest samples of its color.
    """
    rows, columns = np.nonzero(values[..., 0] == 0)
    if not len(rows) or len(rows) > _MOST_DEAD * values.size:
        return 0
    padded = np.pad(values[..., 0], 2, "reflect")
    steps = ((-2, 0), (2, 0), (0, -2), (0, 2))
    near = [padded[rows + 2 + down, columns + 2 + across] for down, across in steps]
    values[rows, columns, 0] = np.median(near, axis=0)
    return len(rows)


def fill(values: FloatArray, bad: NDArray[np.bool_]) -> None:
    """Fill the samples of a mosaic (H, W, 1) where `bad` (H, W) says so, in place.

    Each becomes the mean of the nearest good ones of its color, from the edges of areas inward.
    """
    height, width = bad.shape
    if np.count_nonzero(bad) > _MOST_BAD * bad.size:
        return
    for _ in range(_ROUNDS):
        rows, columns = np.nonzero(bad)
        if not len(rows):
            return
        total, count = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        for down, across in ((-2, 0), (2, 0), (0, -2), (0, 2)):
            y, x = rows + down, columns + across
            usable = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            y, x = y.clip(0, height - 1), x.clip(0, width - 1)
            usable &= ~bad[y, x]
            total += np.where(usable, values[y, x, 0], 0)
            count += usable
        found = count > 0
        values[rows[found], columns[found], 0] = total[found] / count[found]
        bad[rows[found], columns[found]] = False

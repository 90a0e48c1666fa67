"""Sample strips of rows of a picture, evenly spread, to estimate its damage."""

from __future__ import annotations

import numpy as np

from restorer.color import is_gray
from restorer.estimate.noise import Rows
from restorer.image import FloatArray

CELL = 16  # pixels; strips are whole cells
_PIXELS = 1 << 20  # of all strips together
_STRIP = 3 * CELL  # rows
_LEAST = 6  # strips of a large picture; where they are narrower than it, each begins elsewhere
_GOLDEN = (5**0.5 - 1) / 2


def strips_of(size: tuple[int, int], rows: Rows) -> list[FloatArray]:
    """Return strips (h, w, 1 or 3) of a picture on the 0-255 scale, sides in multiples of `CELL`.

    Equal planes become one. A picture of up to a megapixel is one strip. There is none of a
    picture without a whole cell.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
    """
    height, width = (n // CELL * CELL for n in size)
    if not height or not width:
        return []
    count = max(1, min(max(_LEAST, _PIXELS // (width * _STRIP)), height // _STRIP))
    if height * width <= _PIXELS:
        count, places, across = 1, [(0, height)], width
    else:
        tops = np.linspace(0, max(0, height - _STRIP), count).astype(int) // CELL * CELL
        places = [(int(top), min(int(top) + _STRIP, height)) for top in tops]
        across = min(width, _PIXELS // (count * _STRIP) // CELL * CELL)
    lefts = [int(_GOLDEN * n % 1 * (width - across)) // CELL * CELL for n in range(count)]
    strips = [
        _scaled(rows(top, bottom)[:, left : left + across])
        for (top, bottom), left in zip(places, lefts, strict=True)
    ]
    gray = all(is_gray(strip) for strip in strips)
    return [np.ascontiguousarray(strip[..., :1]) for strip in strips] if gray else strips


def _scaled(values: FloatArray) -> FloatArray:
    scaled: FloatArray = np.clip(values * np.float32(255), 0, 255)
    return scaled

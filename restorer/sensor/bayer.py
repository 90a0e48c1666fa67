"""Bayer mosaics: convert raw samples into the zero-filled planes that demosaicing networks take."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from restorer.errors import SettingsError
from restorer.image import FloatArray

# Colors of the first two pixels of the first two rows, row by row.
PATTERNS = ("rggb", "grbg", "gbrg", "bggr")

_REACH = 2  # pixels on each side that `interpolate` uses
_BAND = 256  # rows that it handles at once; even, so that all bands have the same pattern


def raw_samples(values: FloatArray, pattern: str) -> FloatArray:
    """Return the mosaic (H, W, 1) of an image that is gray, or color with zeros between samples.

    Raises SettingsError for an unknown pattern and for an image in full color.
    """
    _check(pattern)
    if values.shape[2] == 1:
        return values
    samples: FloatArray = values.sum(2, keepdims=True)
    if not np.array_equal(spread(samples, pattern), values):
        raise SettingsError(
            "the image is in full color and cannot be demosaiced; expected a gray image of raw"
            f" samples, or color with zeros where {pattern} has no sample"
        )
    return samples


def spread(samples: FloatArray, pattern: str) -> FloatArray:
    """Return (H, W, 3): each sample of a mosaic (H, W, 1) in its color plane, zeros elsewhere."""
    planes = np.zeros((*samples.shape[:2], 3), samples.dtype)
    for y, x, number in sites(pattern):
        planes[y::2, x::2, number] = samples[y::2, x::2, 0]
    return planes


def sites(pattern: str) -> Iterator[tuple[int, int, int]]:
    """Yield row, column and number of the color (0 red, 1 green, 2 blue) of each of the 2x2."""
    for (y, x), letter in zip(itertools.product((0, 1), (0, 1)), pattern, strict=True):
        yield y, x, "rgb".index(letter)


def sampled(values: FloatArray, pattern: str) -> FloatArray:
    """Return (H / 2, W / 2, 4): the four sites of a pattern, of each the color that it samples."""
    height, width = (length // 2 * 2 for length in values.shape[:2])
    return np.stack(
        [values[y:height:2, x:width:2, color] for y, x, color in sites(pattern)], axis=2
    )


def phase(pattern: str, wanted: str) -> tuple[int, int]:
    """Return the rows and columns that turn `pattern` into `wanted` if added before a mosaic.

    Raises SettingsError for an unknown pattern.
    """
    _check(pattern)
    for down, across in itertools.product((0, 1), (0, 1)):
        places = itertools.product((0, 1), (0, 1))
        if all(wanted[2 * y + x] == pattern[2 * (y ^ down) + (x ^ across)] for y, x in places):
            return down, across
    raise AssertionError("any two Bayer patterns differ by a shift")


def shifted(pattern: str, down: int, across: int) -> str:
    """Return the pattern of a mosaic after removing its first `down` rows and `across` columns."""
    places = itertools.product((0, 1), (0, 1))
    return "".join(pattern[2 * ((y + down) % 2) + (x + across) % 2] for y, x in places)


def interpolate(samples: FloatArray, pattern: str) -> FloatArray:
    """Return (H, W, 3) from a mosaic (H, W, 1) by linear filters, without clipping.

    Malvar, He and Cutler 2004 (ICASSP), figure 2: bilinear interpolation of a color, corrected by
    the Laplacian of the color sampled at the pixel. Borders are mirrored without repeating the edge
    pixel, which continues the pattern.
    """
    height, width = samples.shape[:2]
    colors = np.empty((height, width, 3), np.float32)
    padded = np.pad(samples[..., 0], _REACH, "reflect")
    for top in range(0, height, _BAND):
        rows = min(_BAND, height - top)
        band = padded[top : top + rows + 2 * _REACH]
        colors[top : top + rows] = _interpolate(band, pattern)
    return colors


def _interpolate(padded: NDArray[np.float32], pattern: str) -> FloatArray:
    """Interpolate rows that have two pixels more on each side."""
    height, width = (side - 2 * _REACH for side in padded.shape)

    def at(down: int, across: int) -> NDArray[np.float32]:
        top, left = _REACH + down, _REACH + across
        return padded[top : top + height, left : left + width]

    here = at(0, 0)
    beside, above = at(0, -1) + at(0, 1), at(-1, 0) + at(1, 0)
    far_beside, far_above = at(0, -2) + at(0, 2), at(-2, 0) + at(2, 0)
    diagonal = at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1)
    green = (8 * here + 4 * (beside + above) - 2 * (far_beside + far_above)) / 16
    across = (10 * here + 8 * beside - 2 * (far_beside + diagonal) + far_above) / 16
    down = (10 * here + 8 * above - 2 * (far_above + diagonal) + far_beside) / 16
    opposite = (12 * here + 4 * diagonal - 3 * (far_beside + far_above)) / 16
    colors = np.empty((height, width, 3), np.float32)
    for y, x, own in sites(pattern):
        for number, color in enumerate("rgb"):
            if number == own:
                found = here
            elif color == "g":
                found = green
            elif own != 1:
                found = opposite
            else:  # a green pixel; its row has red or blue beside it
                found = across if color in pattern[2 * y : 2 * y + 2] else down
            colors[y::2, x::2, number] = found[y::2, x::2]
    return colors


def _check(pattern: str) -> None:
    if pattern not in PATTERNS:
        raise SettingsError(f"Bayer pattern {pattern!r}; expected one of {', '.join(PATTERNS)}")

"""Tone histograms of pictures; without widgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer import CancelToken, Image, displayed

LEVELS = 256
_ROWS = 256  # counted at a time
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # BT.709, of encoded values


@dataclass(frozen=True, eq=False)
class ToneHistogram:
    """The frequency of each of 256 tones, as a share of the pixels.

    Attributes:
        shares: (4, 256) for red, green, blue and luma; four equal rows for gray pictures.
    """

    shares: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean tones, (4,) on the 0-255 scale."""
        return np.asarray(self.shares @ np.arange(LEVELS))

    @property
    def black(self) -> float:
        """Share of the pixels with a color at 0."""
        return float(self.shares[:3, 0].max())

    @property
    def white(self) -> float:
        """Share of the pixels with a color at its maximum."""
        return float(self.shares[:3, -1].max())


def count_tones(image: Image, cancel: CancelToken | None = None) -> ToneHistogram:
    """Count the encoded tones of all pixels, also transparent ones; floats are clipped to 0..1."""
    image = displayed(image)
    counts = np.zeros((4, LEVELS), np.int64)
    channels = image.pixels.shape[2] - image.has_alpha
    for top in range(0, image.height, _ROWS):
        if cancel is not None:
            cancel.check()
        levels = _levels(image.pixels[top : top + _ROWS, :, :channels])
        planes = [levels[..., c] for c in range(channels)]
        luma = planes[0] if channels == 1 else np.rint(levels @ _LUMA).astype(np.uint8)
        for which, plane in enumerate([*(planes * 3)[:3], luma]):
            counts[which] += np.bincount(plane.ravel(), minlength=LEVELS)
    return ToneHistogram(counts / (image.height * image.width))


def _levels(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    white = 1.0 if pixels.dtype == np.float32 else 65535.0
    values = np.asarray(pixels, np.float32) * np.float32(255 / white)
    levels: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return levels

"""The origin of the detail in a result: maps and ranks of the references, and images of them."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray

_HUE_STEP = 0.382  # golden section: the hues of neighboring numbers lie far apart
_SHOWN = 0.05  # confidence below which a source is none


@dataclass(frozen=True)
class TextureSource:
    """Origin of the texture of a pixel.

    Attributes:
        reference: Number of the reference, from 0.
        row: In pixels of the reference; 0.5 is the center of the first row.
        column: Likewise.
        confidence: Share of the fine texture that comes from the reference, 0 to 1.
    """

    reference: int
    row: float
    column: float
    confidence: float


@dataclass(frozen=True)
class ReferenceRank:
    """Contribution of one reference.

    Attributes:
        number: Its place in the order given, from 0.
        name: Its file, or its name in messages.
        used: Whether it contributed.
        share: Share of the picture's fine texture that came from it, 0 to 1.
        matches: Number of keypoints that it shares with the picture.
    """

    number: int
    name: str
    used: bool
    share: float
    matches: int

    @property
    def note(self) -> str:
        """What the user should know of it, in one sentence."""
        if not self.used:
            if not self.matches:
                return f"reference {self.name} does not match the picture and was ignored"
            return f"reference {self.name} adds nothing to the picture and was ignored"
        return f"reference {self.name} gave {self.share:.0%} of the fine texture"


@dataclass(frozen=True, eq=False)
class ReferenceMaps:
    """Origin of the detail for every pixel of the picture before it was enlarged.

    Attributes:
        confidence: (h, w) float32, share of the fine texture that comes from a reference, 0 to 1.
        source: (h, w) int16, number of the reference; -1 where there is none.
        places: (h, w, 2) float32, row and column in pixels of that reference, 0.5 the center of the
            first pixel.
        sizes: (height, width) of each reference.
        ranking: The references, the largest contribution first.
    """

    confidence: FloatArray
    source: NDArray[np.int16]
    places: FloatArray
    sizes: tuple[tuple[int, int], ...]
    ranking: tuple[ReferenceRank, ...]

    def at(self, row: int, column: int) -> TextureSource | None:
        """Return the origin of the texture of a pixel; None without any."""
        number, confidence = int(self.source[row, column]), float(self.confidence[row, column])
        if number < 0 or confidence < _SHOWN:
            return None
        y, x = (float(n) for n in self.places[row, column])
        return TextureSource(number, y, x, confidence)

    def confidence_picture(self) -> NDArray[np.uint8]:
        """Return (h, w, 1): black without texture of a reference, white for all fine texture."""
        return _to_bytes(self.confidence)[..., None]

    def source_picture(self) -> NDArray[np.uint8]:
        """Return (h, w, 3): a hue for each reference, paler to its right, darker to its bottom.

        Pixels without texture of a reference are gray.
        """
        picture = np.full((*self.source.shape, 3), 0.5, np.float32)
        for number, (height, width) in enumerate(self.sizes):
            here = (self.source == number) & (self.confidence >= _SHOWN)
            hue = (0.6 + number * _HUE_STEP) % 1.0
            pure = np.array(colorsys.hsv_to_rgb(hue, 1.0, 1.0), np.float32)
            down, right = self.places[here, 0] / height, self.places[here, 1] / width
            pale = pure + np.clip(right, 0, 1)[:, None] * np.float32(0.8) * (1 - pure)
            picture[here] = pale * (1 - np.float32(0.7) * np.clip(down, 0, 1)[:, None])
        return _to_bytes(picture)


def _to_bytes(values: FloatArray) -> NDArray[np.uint8]:
    return np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)

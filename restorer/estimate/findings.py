"""Finding: one property found in a picture, such as a kind of damage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "photograph",
    "art",
    "screenshot",
    "scan",
    "raw",
    "white-noise",
    "camera-noise",
    "coarse-noise",
    "film-grain",
    "chroma-noise",
    "sensor-noise",
    "jpeg",
    "resaved-jpeg",
    "blur",
    "small",
]

NOISES: tuple[Kind, ...] = (
    "white-noise",
    "camera-noise",
    "coarse-noise",
    "film-grain",
    "chroma-noise",
)


DRAWN: tuple[Kind, ...] = ("art", "screenshot")  # by no camera


@dataclass(frozen=True)
class Finding:
    """A property of a picture.

    Attributes:
        kind: The content: ``photograph``, ``art``, ``screenshot``, ``scan``, ``raw``; or a damage.
        strength: For noise, sigma on the 0-255 scale; for JPEG, the quality; for blur, sigma in
            pixels; for a small picture, the shorter side in pixels; 0 for the content.
        confidence: From 0 to 1.
        reason: The evidence for it, one sentence.
    """

    kind: Kind
    strength: float
    confidence: float
    reason: str

    @property
    def is_size(self) -> bool:
        """Whether it is about the size alone, which is no damage to repair."""
        return self.kind == "small"

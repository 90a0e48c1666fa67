"""Area: a rectangle of a sensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Area:
    """A rectangle in pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the part of an array (H, W, ...)."""
        return values[self.top : self.top + self.height, self.left : self.left + self.width]

    def overlap(self, other: Area) -> Area | None:
        """Return the part that another area has, too; None where there is none."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - top
        width = min(self.left + self.width, other.left + other.width) - left
        return Area(top, left, height, width) if height > 0 and width > 0 else None

    def holds(self, other: Area) -> bool:
        """Whether another area, not an empty one, lies inside."""
        return (
            0 <= self.top <= other.top < other.top + other.height <= self.top + self.height
            and 0 <= self.left <= other.left < other.left + other.width <= self.left + self.width
        )

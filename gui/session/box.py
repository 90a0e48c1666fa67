"""Rectangles on the grid of a picture; without Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle; x to the right, y down."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The far edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The far edge."""
        return self.y + self.height

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height

    def cut(self, other: Box) -> Box:
        """Return the intersection; its area is 0 if the boxes do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.right, other.right) - x, min(self.bottom, other.bottom) - y
        return Box(x, y, max(0.0, width), max(0.0, height))

    def holds(self, other: Box) -> bool:
        """Whether the other box lies within this one, to a thousandth of a pixel."""
        near = 1e-3
        return (
            self.x <= other.x + near
            and self.y <= other.y + near
            and self.right >= other.right - near
            and self.bottom >= other.bottom - near
        )

    def scaled(self, factor: float) -> Box:
        """Return the same place on a grid that is finer by a factor."""
        return Box(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

"""Rectangles on the grid of a picture; without Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

    def without(self, other: Box) -> tuple[Box, ...]:
        """Return the rest of this box outside of another, in at most four boxes."""
        shared = self.cut(other)
        if not shared.area:
            return (self,)
        parts = (
            Box(self.x, self.y, self.width, shared.y - self.y),
            Box(self.x, shared.bottom, self.width, self.bottom - shared.bottom),
            Box(self.x, shared.y, shared.x - self.x, shared.height),
            Box(shared.right, shared.y, self.right - shared.right, shared.height),
        )
        return tuple(part for part in parts if part.width > 0 and part.height > 0)

    def distance(self, x: float, y: float) -> float:
        """Return the squared distance of a place; 0 inside."""
        across, down = (
            max(low - n, 0.0, n - high)
            for n, low, high in ((x, self.x, self.right), (y, self.y, self.bottom))
        )
        return across**2 + down**2


def uncovered(whole: Box, covers: Iterable[Box]) -> tuple[Box, ...]:
    """Return the parts of a box that no other one covers, as boxes that do not overlap."""
    rest: tuple[Box, ...] = (whole,) if whole.area else ()
    for cover in covers:
        rest = tuple(part for box in rest for part in box.without(cover))
    return rest


def joined(boxes: Sequence[Box], new: Box) -> tuple[Box, ...]:
    """Return boxes that do not overlap and one more beside them, merged along full edges."""
    for box in boxes:
        across = (box.y, box.bottom) == (new.y, new.bottom)
        down = (box.x, box.right) == (new.x, new.right)
        if (across and (box.right == new.x or new.right == box.x)) or (
            down and (box.bottom == new.y or new.bottom == box.y)
        ):
            x, y = min(box.x, new.x), min(box.y, new.y)
            right, bottom = max(box.right, new.right), max(box.bottom, new.bottom)
            others = [each for each in boxes if each is not box]
            return joined(others, Box(x, y, right - x, bottom - y))
    return (*boxes, new)

"""Where places of a picture lie after it was turned or cropped."""

from __future__ import annotations

from dataclasses import dataclass

Rectangle = tuple[float, float, float, float]

_LEAST = 1e-5  # of a side: a rectangle of less is not there, but for the rounding of its numbers


@dataclass(frozen=True)
class Placement:
    """How a picture was turned upright, then cropped.

    Attributes:
        turn: The EXIF orientation that was applied, 1 to 8.
        box: The part that was kept, (left, top, right, bottom) in fractions of the upright picture.
    """

    turn: int = 1
    box: Rectangle = (0.0, 0.0, 1.0, 1.0)

    @property
    def moves(self) -> bool:
        """Whether anything lies elsewhere than before."""
        return self != UNMOVED

    @property
    def crops(self) -> bool:
        """Whether a part of the picture is gone."""
        return self.box != UNMOVED.box

    @property
    def swaps(self) -> bool:
        """Whether height and width change places."""
        return self.turn > 4

    @property
    def mirrors(self) -> tuple[bool, bool]:
        """Whether x and y run backward, after the sides have changed places."""
        return self.turn in (2, 3, 6, 7), self.turn in (3, 4, 7, 8)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies, in fractions of the sides; outside 0..1 it was cut off."""
        if self.swaps:
            x, y = y, x
        across, down = self.mirrors
        x, y = (1 - x if across else x), (1 - y if down else y)
        if not self.crops:
            return x, y
        left, top, right, bottom = self.box
        return (x - left) / (right - left), (y - top) / (bottom - top)

    def length(self, across: float, down: float) -> tuple[float, float]:
        """Return lengths along both axes, in fractions of the sides."""
        if self.swaps:
            across, down = down, across
        left, top, right, bottom = self.box
        return across / (right - left), down / (bottom - top)

    def rectangle(self, left: float, top: float, width: float, height: float) -> Rectangle | None:
        """Return (left, top, width, height) of the part of a rectangle that is left, or None."""
        corners = self.point(left, top), self.point(left + width, top + height)
        (left, right), (top, bottom) = (sorted(values) for values in zip(*corners, strict=True))
        if self.crops:
            left, top, right, bottom = (
                max(0.0, left),
                max(0.0, top),
                min(1.0, right),
                min(1.0, bottom),
            )
        found = right - left, bottom - top
        return (left, top, *found) if min(found) > _LEAST else None


UNMOVED = Placement()

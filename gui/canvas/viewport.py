"""Viewport: zoom and center of a picture in a pane, and conversion of places; without Qt.

Lengths in the pane are device pixels, lengths in the picture are pixels of the result: a zoom of 1
shows one pixel of the result on one pixel of the screen. The original uses the same grid; each of
its pixels covers `scale` pixels of the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..session.box import Box

MAX_ZOOM = 8.0
# Limit for fitting small pictures, so that they do not turn into squares.
MAX_FIT_ZOOM = 2.0
_LADDER = (0.05, 0.0667, 0.1, 0.125, 0.1667, 0.25, 0.3333, 0.5, 0.6667, 1, 1.5, 2, 3, 4, 6, 8)


@dataclass(frozen=True)
class Viewport:
    """A place and a magnification.

    Attributes:
        picture: (width, height) in pixels of the result.
        pane: (width, height) in device pixels.
        zoom: Device pixels per pixel of the result.
        center: (x, y) of the picture in the center of the pane.
        fitted: Whether the whole picture stays visible when pane or picture change.
    """

    picture: tuple[int, int] = (1, 1)
    pane: tuple[int, int] = (1, 1)
    zoom: float = 1.0
    center: tuple[float, float] = (0.5, 0.5)
    fitted: bool = True

    @property
    def fit_zoom(self) -> float:
        """The zoom that shows the whole picture."""
        ratios = (p / n for p, n in zip(self.pane, self.picture, strict=True))
        return min(MAX_FIT_ZOOM, *ratios)

    @property
    def min_zoom(self) -> float:
        """The smallest zoom: the whole picture, or 1 for a small picture."""
        return min(1.0, self.fit_zoom)

    @property
    def origin(self) -> tuple[int, int]:
        """The device pixel of the picture's upper left corner.

        It is an integer, so that at a zoom of 1 each pixel covers one pixel of the screen.
        """
        left, top = (
            round(p / 2 - c * self.zoom) for p, c in zip(self.pane, self.center, strict=True)
        )
        return left, top

    @property
    def visible(self) -> Box:
        """The visible part of the picture."""
        x, y = self.to_picture(0, 0)
        seen = Box(x, y, self.pane[0] / self.zoom, self.pane[1] / self.zoom)
        return seen.cut(Box(0, 0, *self.picture))

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of the picture at a point of the pane."""
        left, top = self.origin
        return (x - left) / self.zoom, (y - top) / self.zoom

    def to_pane(self, box: Box) -> Box:
        """Return the place of a part of the picture in the pane."""
        left, top = self.origin
        z = self.zoom
        return Box(left + box.x * z, top + box.y * z, box.width * z, box.height * z)

    def fit(self) -> Viewport:
        """Show the whole picture."""
        center = (self.picture[0] / 2, self.picture[1] / 2)
        return replace(self, zoom=self.fit_zoom, center=center, fitted=True)

    def zoomed(self, zoom: float, anchor: tuple[float, float] | None = None) -> Viewport:
        """Return the view at a zoom; the place at `anchor`, by default the center, stays."""
        zoom = min(MAX_ZOOM, max(self.min_zoom, zoom))
        at = anchor or (self.pane[0] / 2, self.pane[1] / 2)
        place = self.to_picture(*at)
        center = (
            place[0] - (at[0] - self.pane[0] / 2) / zoom,
            place[1] - (at[1] - self.pane[1] / 2) / zoom,
        )
        return replace(self, zoom=zoom, center=center, fitted=False)._held()

    def wheeled(self, notches: float, anchor: tuple[float, float]) -> Viewport:
        """Zoom by notches of the wheel, 25 % each; a zoom of 1 is never skipped."""
        zoom = float(self.zoom * 1.25**notches)
        if (self.zoom < 1 < zoom) or (zoom < 1 < self.zoom):
            zoom = 1.0
        return self.zoomed(zoom, anchor)

    def stepped(self, steps: int) -> Viewport:
        """Zoom to the next level, in for +1, out for -1."""
        rungs = [z for z in (*_LADDER, self.fit_zoom) if (z - self.zoom) * steps > 1e-4 * z]
        if not rungs:
            return self
        return self.zoomed(min(rungs) if steps > 0 else max(rungs))

    def panned(self, dx: float, dy: float) -> Viewport:
        """Move the picture by device pixels, at most to its edge."""
        x, y = self.center
        return replace(self, center=(x - dx / self.zoom, y - dy / self.zoom))._held()

    def resized(self, pane: tuple[int, int]) -> Viewport:
        """Return the same view in a pane of another size."""
        changed = replace(self, pane=(max(1, pane[0]), max(1, pane[1])))
        return changed.fit() if self.fitted else changed._bounded()

    def showing(self, picture: tuple[int, int]) -> Viewport:
        """Return the view of a picture of another size, at the same zoom and relative place."""
        x, y = (c / p * n for c, p, n in zip(self.center, self.picture, picture, strict=True))
        changed = replace(self, picture=picture, center=(x, y))
        return changed.fit() if self.fitted else changed._bounded()

    def _bounded(self) -> Viewport:
        """Keep the center and clip the zoom to the allowed range."""
        zoom = min(MAX_ZOOM, max(self.min_zoom, self.zoom))
        return replace(self, zoom=zoom)._held()

    def _held(self) -> Viewport:
        """Avoid gaps if the picture is larger than the pane; center it otherwise."""
        x, y = (
            _clamped(c, n, p / self.zoom)
            for c, n, p in zip(self.center, self.picture, self.pane, strict=True)
        )
        return replace(self, center=(x, y))


def _clamped(center: float, size: int, seen: float) -> float:
    if seen >= size:
        return size / 2
    return min(size - seen / 2, max(seen / 2, center))

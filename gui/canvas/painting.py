"""Painting of layers: only the visible part, from the pyramid level that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QRegion

from ..session.box import Box, uncovered
from ..session.convert import Bytes, Pyramid
from .viewport import Viewport

# At this zoom and above, pixels are shown as squares; below, they are interpolated.
SHARP_ZOOM = 2.0
_SHARP_ENLARGED_ZOOM = 4.0


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture and its place, in pixels of the result.

    Attributes:
        parts: The parts of the place that have pixels so far; None for all of it.
    """

    pyramid: Pyramid
    box: Box
    parts: tuple[Box, ...] | None = None

    @property
    def places(self) -> tuple[Box, ...]:
        """The boxes that have pixels."""
        return (self.box,) if self.parts is None else self.parts

    def covers(self, box: Box) -> bool:
        """Whether it has pixels all over a box."""
        return self.box.holds(box) if self.parts is None else not uncovered(box, self.parts)

    def lies_on(self, other: Layer) -> bool:
        """Whether its pixels coincide with those of another layer."""
        sizes = ((p.width, p.height) for p in (self.pyramid, other.pyramid))
        whole = self.parts is other.parts is None
        return whole and self.box == other.box and len(set(sizes)) == 1

    @property
    def enlarged(self) -> bool:
        """Whether its pixels are larger than those of the result."""
        return self.box.width > self.pyramid.width + 1e-6


@dataclass(frozen=True, eq=False)
class Cut:
    """Pixels of a pyramid level, and their place on the screen."""

    level: QImage
    source: QRect
    target: QRectF
    clip: QRectF
    smooth: bool
    parts: QRegion | None = None

    def paint(self, painter: QPainter, level: QImage | None = None) -> None:
        """Paint the pixels, or those of another image of the same size as `level`."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
        painter.setClipRect(self.clip)
        if self.parts is not None:
            painter.setClipRegion(self.parts, Qt.ClipOperation.IntersectClip)
        painter.drawImage(self.target, level or self.level, self.source.toRectF())
        painter.restore()


def paint_layer(painter: QPainter, layer: Layer, view: Viewport, clip: Box, at: Box) -> None:
    """Paint the part of a layer inside a clip; see `cut_layer`."""
    cut = cut_layer(layer, view, clip, at)
    if cut is not None:
        cut.paint(painter)


def cut_layer(layer: Layer, view: Viewport, clip: Box, at: Box) -> Cut | None:
    """Return the part of a layer inside a clip; None if it is empty.

    Args:
        layer: The layer.
        view: The viewport of the pane.
        clip: The part of the pane to paint, in device pixels of the pane.
        at: The pane, in device pixels of the painter.
    """
    placed = view.to_pane(layer.box)
    seen = placed.cut(clip)
    if seen.area <= 0:
        return None
    zoom = placed.width / layer.pyramid.width
    level = layer.pyramid.level(zoom)
    across, down = placed.width / level.width(), placed.height / level.height()
    sharp = view.zoom >= (_SHARP_ENLARGED_ZOOM if layer.enlarged else SHARP_ZOOM)
    exact = abs(across - 1) < 1e-9 and abs(down - 1) < 1e-9
    # Whole pixels of the level and one more at each side, so that interpolation does not depend
    # on the clip.
    left = max(0, int((seen.x - placed.x) / across) - 1)
    top = max(0, int((seen.y - placed.y) / down) - 1)
    right = min(level.width(), int((seen.right - placed.x) / across) + 2)
    bottom = min(level.height(), int((seen.bottom - placed.y) / down) + 2)
    source = QRect(left, top, right - left, bottom - top)
    target = QRectF(
        at.x + placed.x + left * across,
        at.y + placed.y + top * down,
        source.width() * across,
        source.height() * down,
    )
    inside = QRectF(at.x + seen.x, at.y + seen.y, seen.width, seen.height)
    parts = None if layer.parts is None else region_of(layer.parts, view, at)
    return Cut(level, source, target, inside, not (sharp or exact), parts)


def region_of(boxes: Sequence[Box], view: Viewport, at: Box, more: int = 0) -> QRegion:
    """Return the pixels of the screen of boxes of the result; neighbors leave no gap.

    Args:
        boxes: The boxes.
        view: The viewport of the pane.
        at: The pane, in device pixels of the painter.
        more: Pixels to add at each side.
    """
    region = QRegion()
    for box in boxes:
        placed = view.to_pane(box)
        left, top = round(at.x + placed.x) - more, round(at.y + placed.y) - more
        right, bottom = round(at.x + placed.right) + more, round(at.y + placed.bottom) + more
        region += QRect(left, top, right - left, bottom - top)
    return region


def topmost(layers: Sequence[Layer], view: Viewport) -> Sequence[Layer]:
    """Return the layers that are not fully covered by a layer above them."""
    seen = view.visible
    covering = [number for number, layer in enumerate(layers) if layer.covers(seen)]
    return layers[covering[-1] :] if covering else layers


class Difference:
    """Paints differences; keeps the last one, as overlays are repainted more often."""

    def __init__(self) -> None:
        self._first = self._second = QImage()
        self._aligned = _LevelDifference(QImage(), QImage())
        self._shown: tuple[object, ...] = ()

    def paint(
        self, before: Sequence[Layer], after: Sequence[Layer], view: Viewport, gain: int
    ) -> QImage:
        """Return the absolute difference of two stacks of layers, multiplied by `gain`.

        Args:
            before: Layers of the original.
            after: Layers of the result; the difference is black outside of them.
            view: The viewport; the returned image has the size of its pane.
            gain: 1, 2, 4, ...; values above white are clipped.
        """
        shown = (view, gain, *before, *after)
        if shown == self._shown:
            return self._first
        self._shown = shown
        if self._first.size().toTuple() != view.pane:
            self._first = QImage(*view.pane, QImage.Format.Format_RGB32)
            self._second = QImage(*view.pane, QImage.Format.Format_RGB32)
        covering, below = topmost(after, view), topmost(before, view)
        if len(covering) == len(below) == 1 and covering[0].lies_on(below[0]):
            self._paint_aligned(below[0], covering[0], view, gain)
        else:
            self._paint_stacks(below, covering, view, gain)
        return self._first

    def _paint_aligned(self, before: Layer, after: Layer, view: Viewport, gain: int) -> None:
        """Subtract the pixels before scaling, so that only one image is scaled."""
        pane = Box(0, 0, *view.pane)
        if not view.to_pane(after.box).holds(pane):
            self._first.fill(Qt.GlobalColor.black)
        cuts = [cut_layer(layer, view, pane, pane) for layer in (before, after)]
        first, second = cuts
        if first is None or second is None:
            return
        if not self._aligned.is_of(first.level, second.level):
            self._aligned = _LevelDifference(first.level, second.level)
        painter = QPainter(self._first)
        first.paint(painter, self._aligned.image(first.source))
        painter.end()
        _amplify(_values(self._first), gain)

    def _paint_stacks(
        self, before: Sequence[Layer], covering: Sequence[Layer], view: Viewport, gain: int
    ) -> None:
        """Subtract the painted stacks."""
        pane = Box(0, 0, *view.pane)
        placed = [
            (layer, view.to_pane(place).cut(pane)) for layer in covering for place in layer.places
        ]
        for image, lies_below in ((self._first, True), (self._second, False)):
            if not any(part.holds(pane) for _, part in placed):
                image.fill(Qt.GlobalColor.black)
            painter = QPainter(image)
            for layer, part in placed:
                for each in before if lies_below else [layer]:
                    paint_layer(painter, each, view, part, pane)
            painter.end()
        values, others = (_values(image) for image in (self._first, self._second))
        _subtract(values, others, values)
        _amplify(values, gain)


class _LevelDifference:
    """The absolute difference of two levels of equal size, computed on demand."""

    def __init__(self, first: QImage, second: QImage) -> None:
        self._levels = first, second
        self._image = QImage(first.size(), QImage.Format.Format_RGB32)
        self._known = QRegion()

    def is_of(self, first: QImage, second: QImage) -> bool:
        return self._levels[0] is first and self._levels[1] is second

    def image(self, part: QRect) -> QImage:
        """Return an image of the whole size that is valid inside `part`."""
        (first, second), result = map(_constants, self._levels), _values(self._image)
        for new in QRegion(part) - self._known:  # type: ignore[attr-defined]  # not in the stubs
            rows = slice(new.top(), new.top() + new.height())
            columns = slice(4 * new.left(), 4 * (new.left() + new.width()))
            _subtract(first[rows, columns], second[rows, columns], result[rows, columns])
        self._known += part
        return self._image


def _values(image: QImage) -> Bytes:
    """Return the writable pixels of an image with 4 bytes per pixel: (height, 4 width)."""
    return np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1)


def _constants(image: QImage) -> Bytes:
    """Return the pixels of an image with 4 bytes per pixel without a copy: (height, 4 width)."""
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)


def _subtract(first: Bytes, second: Bytes, result: Bytes) -> None:
    """Write the absolute difference of pixels to `result`."""
    import cv2  # at first use, so that the window opens without it

    # Qt's composition modes and numpy take 3 to 5 times as long for 4 megapixels.
    cv2.absdiff(first, second, dst=result)


def _amplify(values: Bytes, gain: int) -> None:
    """Multiply by a power of two, in place; values above white are clipped."""
    import cv2

    for _ in range(gain.bit_length() - 1):  # takes half the time of a multiplication
        cv2.add(values, values, dst=values)

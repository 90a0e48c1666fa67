"""Painting of layers: the visible part of the pyramid level that fits, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QRegion

from ..session.box import Box
from ..session.convert import Bytes, Pyramid
from .viewport import Viewport

# From here on the pixels themselves are of interest; below, interpolation looks like the picture.
SHARP_ZOOM = 2.0
_SHARP_ENLARGED_ZOOM = 4.0


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture and the place where it lies, in pixels of the result."""

    pyramid: Pyramid
    box: Box

    def lies_on(self, other: Layer) -> bool:
        """Whether each of its pixels lies on one of another layer."""
        sizes = ((p.width, p.height) for p in (self.pyramid, other.pyramid))
        return self.box == other.box and len(set(sizes)) == 1

    @property
    def enlarged(self) -> bool:
        """Whether its pixels are larger than those of the result."""
        return self.box.width > self.pyramid.width + 1e-6


@dataclass(frozen=True, eq=False)
class Cut:
    """Pixels of a pyramid level, and where they are painted."""

    level: QImage
    source: QRect
    target: QRectF
    clip: QRectF
    smooth: bool

    def paint(self, painter: QPainter, level: QImage | None = None) -> None:
        """Paint the pixels, or in their place those of another image of the size of `level`."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
        painter.setClipRect(self.clip)
        painter.drawImage(self.target, level or self.level, self.source.toRectF())
        painter.restore()


def paint_layer(painter: QPainter, layer: Layer, view: Viewport, clip: Box, at: Box) -> None:
    """Paint what of a layer falls into a clip; see `cut_layer`."""
    cut = cut_layer(layer, view, clip, at)
    if cut is not None:
        cut.paint(painter)


def cut_layer(layer: Layer, view: Viewport, clip: Box, at: Box) -> Cut | None:
    """Return what of a layer falls into a clip; None for nothing.

    Args:
        layer: What to paint.
        view: How the result lies in its pane.
        clip: The part of the pane to paint, in its own device pixels.
        at: The pane, in the painter's device pixels.
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
    # Whole pixels of the level and one more to each side, so that it does not matter to
    # interpolation where the clip ends.
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
    return Cut(level, source, target, inside, smooth=not (sharp or exact))


def topmost(layers: Sequence[Layer], view: Viewport) -> Sequence[Layer]:
    """Leave out what is wholly covered by layers above it."""
    seen = view.visible
    covering = [number for number, layer in enumerate(layers) if layer.box.holds(seen)]
    return layers[covering[-1] :] if covering else layers


class Difference:
    """Paints differences; keeps the last one, for what lies over it is painted more often."""

    def __init__(self) -> None:
        self._first = self._second = QImage()
        self._aligned = _LevelDifference(QImage(), QImage())
        self._shown: tuple[object, ...] = ()

    def paint(
        self, before: Sequence[Layer], after: Sequence[Layer], view: Viewport, gain: int
    ) -> QImage:
        """Return the absolute difference of two stacks of layers, `gain` times; black for none.

        Args:
            before: Below.
            after: What is compared with it; nothing is known beyond these layers.
            view: How the result lies in the pane, whose size the picture has.
            gain: 1, 2, 4, ...; what would be brighter than white is white.
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
        """Subtract the pixels themselves, so that but one picture has to be scaled."""
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
        """Subtract what is seen of both."""
        pane = Box(0, 0, *view.pane)
        parts = [view.to_pane(layer.box).cut(pane) for layer in covering]
        for image, lies_below in ((self._first, True), (self._second, False)):
            if not any(part.holds(pane) for part in parts):
                image.fill(Qt.GlobalColor.black)
            painter = QPainter(image)
            for layer, part in zip(covering, parts, strict=True):
                for each in before if lies_below else [layer]:
                    paint_layer(painter, each, view, part, pane)
            painter.end()
        values, others = (_values(image) for image in (self._first, self._second))
        _subtract(values, others, values)
        _amplify(values, gain)


class _LevelDifference:
    """The absolute difference of two levels of equal size, as far as it was asked for."""

    def __init__(self, first: QImage, second: QImage) -> None:
        self._levels = first, second
        self._image = QImage(first.size(), QImage.Format.Format_RGB32)
        self._known = QRegion()

    def is_of(self, first: QImage, second: QImage) -> bool:
        return self._levels[0] is first and self._levels[1] is second

    def image(self, part: QRect) -> QImage:
        """Return an image of the whole size, of which `part` is right."""
        (first, second), result = map(_constants, self._levels), _values(self._image)
        for new in QRegion(part) - self._known:  # type: ignore[attr-defined]  # not in the stubs
            rows = slice(new.top(), new.top() + new.height())
            columns = slice(4 * new.left(), 4 * (new.left() + new.width()))
            _subtract(first[rows, columns], second[rows, columns], result[rows, columns])
        self._known += part
        return self._image


def _values(image: QImage) -> Bytes:
    """Return the pixels of a picture of 4 bytes a pixel, to write into: (height, 4 width)."""
    return np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1)


def _constants(image: QImage) -> Bytes:
    """Return the pixels of a picture of 4 bytes a pixel, not copied: (height, 4 width)."""
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)


def _subtract(first: Bytes, second: Bytes, result: Bytes) -> None:
    """Put the absolute difference of pixels into `result`."""
    import cv2  # when it is first needed: the window opens without

    # 4 megapixels take 3 to 5 times as long by the composition modes of Qt, and by numpy.
    cv2.absdiff(first, second, dst=result)


def _amplify(values: Bytes, gain: int) -> None:
    """Multiply by a power of two, in place; what would be brighter than white is white."""
    import cv2

    for _ in range(gain.bit_length() - 1):  # half the time of a multiplication
        cv2.add(values, values, dst=values)

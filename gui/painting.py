"""Painting of layers: the visible part of the pyramid level that fits, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from .convert import Pyramid
from .viewport import Box, Viewport

# From here on the pixels themselves are of interest; below, interpolation looks like the picture.
SHARP_ZOOM = 2.0
_SHARP_ENLARGED_ZOOM = 4.0


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture and the place where it lies, in pixels of the result."""

    pyramid: Pyramid
    box: Box

    @property
    def enlarged(self) -> bool:
        """Whether its pixels are larger than those of the result."""
        return self.box.width > self.pyramid.width + 1e-6


def paint_layer(painter: QPainter, layer: Layer, view: Viewport, clip: Box, at: Box) -> None:
    """Paint what of a layer falls into a clip.

    Args:
        painter: One unit is one device pixel.
        layer: What to paint.
        view: How the result lies in its pane.
        clip: The part of the pane to paint, in its own device pixels.
        at: The pane, in the painter's device pixels.
    """
    placed = view.to_pane(layer.box)
    seen = placed.cut(clip)
    if seen.area <= 0:
        return
    zoom = placed.width / layer.pyramid.width
    level = layer.pyramid.level(zoom)
    across, down = placed.width / level.width(), placed.height / level.height()
    sharp = view.zoom >= (_SHARP_ENLARGED_ZOOM if layer.enlarged else SHARP_ZOOM)
    exact = abs(across - 1) < 1e-9 and abs(down - 1) < 1e-9
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not (sharp or exact))
    # Whole pixels of the level and one more to each side, so that it does not matter to
    # interpolation where the clip ends.
    left = max(0, int((seen.x - placed.x) / across) - 1)
    top = max(0, int((seen.y - placed.y) / down) - 1)
    right = min(level.width(), int((seen.right - placed.x) / across) + 2)
    bottom = min(level.height(), int((seen.bottom - placed.y) / down) + 2)
    source = QRectF(left, top, right - left, bottom - top)
    target = QRectF(
        at.x + placed.x + left * across,
        at.y + placed.y + top * down,
        source.width() * across,
        source.height() * down,
    )
    painter.save()
    painter.setClipRect(QRectF(at.x + seen.x, at.y + seen.y, seen.width, seen.height))
    painter.drawImage(target, level, source)
    painter.restore()


def topmost(layers: Sequence[Layer], view: Viewport) -> Sequence[Layer]:
    """Leave out what is wholly covered by layers above it."""
    seen = view.visible
    covering = [number for number, layer in enumerate(layers) if layer.box.holds(seen)]
    return layers[covering[-1] :] if covering else layers


class Difference:
    """Paints differences; keeps the last one, for what lies over it is painted more often."""

    def __init__(self) -> None:
        self._first = self._second = QImage()
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
        pane = Box(0, 0, *view.pane)
        covering = topmost(after, view)
        parts = [view.to_pane(layer.box).cut(pane) for layer in covering]
        for image, lies_below in ((self._first, True), (self._second, False)):
            if not any(part.holds(pane) for part in parts):
                image.fill(Qt.GlobalColor.black)
            painter = QPainter(image)
            for layer, part in zip(covering, parts, strict=True):
                for each in before if lies_below else [layer]:
                    paint_layer(painter, each, view, part, pane)
            painter.end()
        _subtract(self._first, self._second, gain)
        return self._first


def _subtract(first: QImage, second: QImage, gain: int) -> None:
    """Put the absolute difference, `gain` times, into the first of two RGB32 pictures."""
    import cv2  # when it is first needed: the window opens without

    values, others = (
        np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1)
        for image in (first, second)
    )
    # 4 megapixels take 3 to 5 times as long by the composition modes of Qt, and by numpy.
    cv2.absdiff(values, others, dst=values)
    cv2.convertScaleAbs(values, dst=values, alpha=gain)

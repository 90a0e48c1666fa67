"""Lens: the magnifying glass at the pointer, above the canvas."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from .scene import LOUPE_SIDE, Scene, to_device_pixels
from .viewport import Viewport

_GAP = 24  # distance between the pointer and the glass


class Lens(QWidget):
    """Shows before and after of a place, enlarged; transparent for mouse events.

    Args:
        scene: The scene to magnify.
        canvas: The widget below.
    """

    def __init__(self, scene: Scene, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._scene = scene
        self._canvas = canvas
        self._view = Viewport()
        self._place = (0.0, 0.0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(2 * LOUPE_SIDE, LOUPE_SIDE)
        self.hide()

    def show_place(self, view: Viewport, place: tuple[float, float], mouse: QPointF) -> None:
        """Magnify a place (x, y) of the result, beside the pointer.

        Args:
            view: The viewport of the pane.
            place: The place under the pointer.
            mouse: The pointer on the canvas.
        """
        self._view, self._place = view, place
        x, y = round(mouse.x()), round(mouse.y())
        right = x + _GAP
        left = right if right + self.width() < self._canvas.width() else x - _GAP - self.width()
        top = min(max(0, y - self.height() // 2), self._canvas.height() - self.height())
        self.move(left, top)
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both halves."""
        painter, ratio = QPainter(self), self.devicePixelRatio()
        to_device_pixels(painter, ratio)
        self._scene.paint_loupe(painter, self._view, self._place)

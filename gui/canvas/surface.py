"""Surface: layers of images in a viewport, before and after, with what marks them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ..session.box import Box
from .painting import SHARP_ZOOM, Layer
from .scene import NAMES_HEIGHT, Mode, Scene, rect_of, to_device_pixels
from .viewport import Viewport


class Surface(QWidget):
    """Paints layers of images.

    Args:
        parent: Owner.

    Attributes:
        view: The viewport.
        scene: What is painted.

    Signals:
        viewed: The viewport has changed.
        filled: Layers were set.
    """

    viewed = Signal(object)
    filled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 180)
        self.view = Viewport()
        self.scene = Scene(("", ""), "")
        self._zoom: float | None = None  # of the next picture; None fits it

    # Content.

    @property
    def mode(self) -> Mode:
        """The comparison of before and after."""
        return self.scene.mode

    def set_layers(
        self,
        size: tuple[int, int],
        before: Sequence[Layer],
        after: Sequence[Layer],
        *,
        expects: bool = False,
    ) -> None:
        """Show layers of a result of (width, height).

        Args:
            size: The size of the result.
            before: Layers of the original.
            after: Layers of the result.
            expects: Whether to mark the parts of the result that no layer covers.
        """
        self.scene.before, self.scene.after = list(before), list(after)
        self.scene.expects = expects
        if size != self.view.picture:
            self._change(self.view.showing(size))
        self.filled.emit()
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Change the comparison; the center of the view stays."""
        if mode is not self.mode:
            self.scene.mode = mode
            self._change(self.view.resized(self._pane_size()))
            self.update()

    def set_gain(self, gain: int) -> None:
        """Magnify differences by 1, 2, 4, 8, ..."""
        self.scene.gain = gain
        self.update()

    def set_division(self, share: float) -> None:
        """Place the border between before and after at a share of the width."""
        old, self.scene.division = self.scene.division, share
        if self.view.zoom > SHARP_ZOOM and self.view.zoom % 1:
            self.update()  # there, edges of pixel blocks depend on the painted area
        elif self.mode is Mode.SPLIT:
            left, right = sorted((old * self.width(), share * self.width()))
            self.update(QRect(int(left) - 2, 0, int(right - left) + 5, self.height()))
            self.update(QRect(0, 0, self.width(), NAMES_HEIGHT + 1))

    def set_outline(self, box: Box | None) -> None:
        """Mark a rectangle of the result."""
        self.scene.outline = box
        self.update()

    def set_overlay(self, layers: Sequence[Layer], opacity: float = 1.0) -> None:
        """Show layers over the result."""
        self.scene.overlay, self.scene.opacity = list(layers), opacity
        self.update()

    def hold_original(self, held: bool) -> None:
        """Show only the original while a key is held."""
        if held != self.scene.original_held:
            self.scene.original_held = held
            self.update()

    # The view.

    def fit(self) -> None:
        """Show the whole picture."""
        self._change(self.view.fit())

    @property
    def kept_zoom(self) -> float | None:
        """The zoom that the next picture keeps; None if the whole picture is shown."""
        if not self.scene.before:
            return self._zoom
        return None if self.view.fitted else self.view.zoom

    def keep_zoom(self, zoom: float | None) -> None:
        """Set the zoom of the first picture; None shows all of it."""
        self._zoom = zoom

    def end_picture(self) -> None:
        """Keep the zoom for the picture that comes next."""
        self._zoom = self.kept_zoom

    def begin_picture(self) -> None:
        """Show another picture at the same zoom, or all of it as the one before."""
        zoom, self._zoom = self._zoom, None
        self._change(self.view.fit())
        if zoom is not None:
            self._change(self.view.zoomed(zoom))

    def zoom_step(self, steps: int) -> None:
        """Zoom by steps of the zoom levels."""
        self._change(self.view.stepped(steps))

    def set_view(self, view: Viewport) -> None:
        """Set the viewport."""
        self._change(view)

    def _change(self, view: Viewport) -> None:
        if view != self.view:
            self.view = view
            self.update()
            self.viewed.emit(view)

    # Geometry: device pixels.

    def _size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatio()
        return round(self.width() * ratio), round(self.height() * ratio)

    def _panes(self) -> tuple[Box, ...]:
        self.scene.ratio = self.devicePixelRatio()
        return self.scene.panes(*self._size())

    @property
    def _covered(self) -> bool:
        """Whether the picture covers the whole canvas."""
        if not self.scene.before or self.mode is Mode.SIDES:
            return False
        return self.view.to_pane(Box(0, 0, *self.view.picture)).holds(Box(0, 0, *self._size()))

    def _pane_size(self) -> tuple[int, int]:
        first = self._panes()[0]
        return int(first.width), int(first.height)

    def _in_pane(self, point: QPointF) -> tuple[float, float]:
        """Return a point of the widget in device pixels of its pane."""
        ratio = self.devicePixelRatio()
        x, y = point.x() * ratio, point.y() * ratio
        pane = next((p for p in reversed(self._panes()) if x >= p.x), self._panes()[0])
        return x - pane.x, y - pane.y

    def _place(self, point: QPointF) -> tuple[float, float] | None:
        """Return the place of the result at a point of the widget; None outside of it."""
        x, y = self.view.to_picture(*self._in_pane(point))
        width, height = self.view.picture
        return (x, y) if self.scene.before and 0 <= x < width and 0 <= y < height else None

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the area to update."""
        painter = QPainter(self)
        ratio = self.devicePixelRatio()
        to_device_pixels(painter, ratio)
        dirty = event.rect()
        scaled = Box(dirty.x(), dirty.y(), dirty.width(), dirty.height()).scaled(ratio)
        area = Box(int(scaled.x), int(scaled.y), int(scaled.width) + 2, int(scaled.height) + 2)
        if not self._covered:
            painter.fillRect(rect_of(area), self.palette().mid())
        if not self.scene.before:
            return
        self.scene.font = self.font()
        self.scene.paint(painter, self.view, self._panes(), area)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 2 * ratio))
            painter.drawRect(rect_of(Box(0, 0, *self._size())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the center of the view."""
        super().resizeEvent(event)
        self._change(self.view.resized(self._pane_size()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()

"""Canvas: the picture before and after in one viewport, moved by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from ..session.box import Box
from .lens import Lens
from .scene import Mode, paint_outline, to_device_pixels
from .surface import Surface

_STEP = 80  # device-independent pixels that an arrow key moves the picture
_CLICK = 4  # a shorter drag is a click


class Canvas(Surface):
    """Moves the picture, and signals what the pointer does.

    Signals:
        pointed: The place of the result under the pointer, (x, y), or None.
        framed: A rectangle of the result was drawn, a Box.
        picked: A place of the result was clicked, (x, y).
        clicked: A click, at x of the widget.
        clicked_again: The click was the first of a double click.
        menu_wanted: The context menu is wanted, at a QPoint of the screen.
    """

    pointed = Signal(object)
    framed = Signal(object)
    picked = Signal(object)
    clicked = Signal(float)
    clicked_again = Signal()
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene.names = self.tr("Before"), self.tr("After")
        self.scene.unseen = self.tr("Not previewed yet")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture"))
        self._lens = Lens(self.scene, self)
        self._loupe = False
        self._framing = False
        self._pressed: QPointF | None = None
        self._moved = QPointF()
        self._band: tuple[QPointF, QPointF] | None = None
        self._cursor: QPointF | None = None
        self.viewed.connect(self._point_again)
        self.filled.connect(self._show_lens)

    def set_mode(self, mode: Mode) -> None:
        """Change the comparison; the center of the view stays."""
        super().set_mode(mode)
        self._point_again()

    def mark_preview(self, is_preview: bool) -> None:
        """Say over the picture whether it is the preview that a camera made."""
        preview = self.tr("Camera preview")
        names = (preview, preview) if is_preview else (self.tr("Before"), self.tr("After"))
        if names != self.scene.names:
            self.scene.names = names
            self.update()

    def set_loupe(self, shown: bool) -> None:
        """Show or hide the magnifying glass at the pointer."""
        self._loupe = shown
        self._show_lens()

    def set_framing(self, framing: bool) -> None:
        """Let the next drag draw a rectangle instead of moving the picture."""
        self._framing = framing
        self._band = None
        cross = Qt.CursorShape.CrossCursor
        self.setCursor(cross if framing else Qt.CursorShape.ArrowCursor)
        self.update()

    def zoom_to(self, zoom: float) -> None:
        """Zoom around the pointer if it is over the picture, or around the center."""
        anchor = None if self._cursor is None else self._in_pane(self._cursor)
        self._change(self.view.zoomed(zoom, anchor))

    def toggle_zoom(self, at: QPointF | None = None) -> None:
        """Switch between the whole picture and 100 %."""
        if self.view.fitted or abs(self.view.zoom - 1) > 1e-6:
            anchor = None if at is None else self._in_pane(at)
            self._change(self.view.zoomed(1.0, anchor))
        else:
            self.fit()

    def _point(self) -> None:
        """Signal and magnify the place under the pointer."""
        self.pointed.emit(None if self._cursor is None else self._place(self._cursor))
        self._show_lens()

    def _point_again(self, *_: object) -> None:
        """Signal the place under the pointer again, if it is over the canvas."""
        if self._cursor is not None:
            self._point()

    def _show_lens(self) -> None:
        at = self._cursor if self._loupe and self._pressed is None else None
        place = None if at is None else self._place(at)
        if at is None or place is None:
            self._lens.hide()
        else:
            self._lens.show_place(self.view, place, at)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, and the rectangle that is being drawn."""
        super().paintEvent(event)
        if self._band is not None:
            painter, ratio = QPainter(self), self.devicePixelRatio()
            to_device_pixels(painter, ratio)
            dashes, band = Qt.PenStyle.DashLine, _band_rect(self._band, ratio)
            paint_outline(painter, band, ratio, QColor(255, 255, 255), dashes)

    # Mouse and keys.

    def event(self, event: QEvent) -> bool:
        """Zoom by pinching; follow the window to a screen of another resolution."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._change(self.view.resized(self._pane_size()))
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                zoom = self.view.zoom * (1 + event.value())
                self._change(self.view.zoomed(zoom, self._in_pane(event.position())))
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        notches = event.angleDelta().y() / 120
        if notches and self.scene.before:
            self._change(self.view.wheeled(notches, self._in_pane(event.position())))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to move the picture, or to draw a rectangle."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._pressed = self._moved = event.position()
        self._show_lens()
        left = event.button() is Qt.MouseButton.LeftButton
        if left and (self._framing or event.modifiers() & Qt.KeyboardModifier.ShiftModifier):
            self._band = (event.position(), event.position())
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture or the corner of a rectangle; signal the place under the pointer."""
        here = event.position()
        self._cursor = here
        self._point()
        if self._band is not None:
            self._band = (self._band[0], here)
            self.update()
        elif self._pressed is not None:
            ratio = self.devicePixelRatio()
            step = here - self._moved
            self._moved = here
            self._change(self.view.panned(step.x() * ratio, step.y() * ratio))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag, or signal a click."""
        pressed, self._pressed = self._pressed, None
        if self._band is not None:
            self._end_band()
        elif pressed is not None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
            still = (event.position() - pressed).manhattanLength() < _CLICK
            left = event.button() is Qt.MouseButton.LeftButton
            if still and (place := self._place(pressed)) is not None:
                self.picked.emit(place)
            if still and left and self.scene.before:
                self.clicked.emit(pressed.x())
        self._show_lens()

    def _end_band(self) -> None:
        assert self._band is not None
        (start, end), self._band = self._band, None
        first = self.view.to_picture(*self._in_pane(start))
        last = self.view.to_picture(*self._in_pane(end))
        x, y = min(first[0], last[0]), min(first[1], last[1])
        box = Box(x, y, abs(first[0] - last[0]), abs(first[1] - last[1]))
        box = box.cut(Box(0, 0, *self.view.picture))
        if box.width >= _CLICK and box.height >= _CLICK:
            self.set_framing(False)
            self.framed.emit(box)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Switch between the whole picture and 100 % at the pointer."""
        self.clicked_again.emit()
        self.toggle_zoom(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the context menu."""
        if self.scene.before:
            self.menu_wanted.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Signal that the pointer has left."""
        self._cursor = None
        self._point()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the picture with the arrow keys."""
        step = _STEP * self.devicePixelRatio()
        moves = {
            Qt.Key.Key_Left: (step, 0),
            Qt.Key.Key_Right: (-step, 0),
            Qt.Key.Key_Up: (0, step),
            Qt.Key.Key_Down: (0, -step),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            self._change(self.view.panned(*move))


def _band_rect(band: tuple[QPointF, QPointF], ratio: float) -> QRectF:
    return QRectF(band[0] * ratio, band[1] * ratio).normalized()

"""Canvas: the picture before and after in one viewport, moved by mouse and keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from ..session.box import Box
from .lens import Lens
from .painting import SHARP_ZOOM, Layer
from .scene import NAMES_HEIGHT, Mode, Scene, paint_outline, rect_of, to_device_pixels
from .viewport import Viewport

_STEP = 80  # device-independent pixels that an arrow key moves the picture
_CLICK = 4  # a shorter drag is a click


class Canvas(QWidget):
    """Paints layers of images.

    Signals:
        viewed: The viewport has changed.
        pointed: The place of the result under the pointer, (x, y), or None.
        framed: A rectangle of the result was drawn, a Box.
        picked: A place of the result was clicked, (x, y).
        clicked: A click, at x of the widget.
        clicked_again: The click was the first of a double click.
        menu_wanted: The context menu is wanted, at a QPoint of the screen.
    """

    viewed = Signal(object)
    pointed = Signal(object)
    framed = Signal(object)
    picked = Signal(object)
    clicked = Signal(float)
    clicked_again = Signal()
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.setAccessibleName(self.tr("Picture"))
        self.view = Viewport()
        self.scene = Scene((self.tr("Before"), self.tr("After")), self.tr("Not previewed yet"))
        self._lens = Lens(self.scene, self)
        self._loupe = False
        self._zoom: float | None = None  # of the next picture; None fits it
        self._framing = False
        self._pressed: QPointF | None = None
        self._moved = QPointF()
        self._band: tuple[QPointF, QPointF] | None = None
        self._cursor: QPointF | None = None

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
        self._show_lens()
        self.update()

    def mark_preview(self, is_preview: bool) -> None:
        """Say over the picture whether it is the preview that a camera made."""
        preview = self.tr("Camera preview")
        names = (preview, preview) if is_preview else (self.tr("Before"), self.tr("After"))
        if names != self.scene.names:
            self.scene.names = names
            self.update()

    def set_mode(self, mode: Mode) -> None:
        """Change the comparison; the center of the view stays."""
        if mode is not self.mode:
            self.scene.mode = mode
            self._change(self.view.resized(self._pane_size()))
            self._point_again()
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

    def zoom_to(self, zoom: float) -> None:
        """Zoom around the pointer if it is over the picture, or around the center."""
        anchor = None if self._cursor is None else self._in_pane(self._cursor)
        self._change(self.view.zoomed(zoom, anchor))

    def zoom_step(self, steps: int) -> None:
        """Zoom by steps of the zoom levels."""
        self._change(self.view.stepped(steps))

    def toggle_zoom(self, at: QPointF | None = None) -> None:
        """Switch between the whole picture and 100 %."""
        if self.view.fitted or abs(self.view.zoom - 1) > 1e-6:
            anchor = None if at is None else self._in_pane(at)
            self._change(self.view.zoomed(1.0, anchor))
        else:
            self.fit()

    def set_view(self, view: Viewport) -> None:
        """Set the viewport."""
        self._change(view)

    def _change(self, view: Viewport) -> None:
        if view != self.view:
            self.view = view
            self.update()
            self.viewed.emit(view)
            self._point_again()

    def _point(self) -> None:
        """Signal and magnify the place under the pointer."""
        self.pointed.emit(None if self._cursor is None else self._place(self._cursor))
        self._show_lens()

    def _point_again(self) -> None:
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
        if self._band is not None:
            dashes, band = Qt.PenStyle.DashLine, _band_rect(self._band, ratio)
            paint_outline(painter, band, ratio, QColor(255, 255, 255), dashes)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 2 * ratio))
            painter.drawRect(rect_of(Box(0, 0, *self._size())))

    # Mouse and keys.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the center of the view."""
        super().resizeEvent(event)
        self._change(self.view.resized(self._pane_size()))

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

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()


def _band_rect(band: tuple[QPointF, QPointF], ratio: float) -> QRectF:
    return QRectF(band[0] * ratio, band[1] * ratio).normalized()

"""Canvas: the picture, before and after, under one viewport; mouse and keys move it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
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

from .painting import SHARP_ZOOM, Layer, paint_difference, paint_layer, topmost
from .viewport import Box, Viewport

_STEP = 80  # device-independent pixels that an arrow key moves the picture
_CLICK = 4  # a press that moves less is none
_LOUPE = 150  # width of each half
_LOUPE_ZOOM = 4.0
_CHIP = QColor(0, 0, 0, 150)


class Mode(Enum):
    """How before and after are compared."""

    SPLIT = "split"
    SIDES = "sides"
    FLICKER = "flicker"
    DIFFERENCE = "difference"


class Canvas(QWidget):
    """Paints layers; knows nothing of what they are.

    Signals:
        viewed: The viewport changed.
        pointed: The mouse is over a place of the result, (x, y), or None.
        framed: A rectangle of the result was drawn, a Box.
        picked: A place of the result was clicked, (x, y).
    """

    viewed = Signal(object)
    pointed = Signal(object)
    framed = Signal(object)
    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.setAccessibleName(self.tr("Picture"))
        self.view = Viewport()
        self.mode = Mode.SPLIT
        self.gain = 4
        self.outline: Box | None = None
        self._before: list[Layer] = []
        self._after: list[Layer] = []
        self._overlay: list[Layer] = []
        self._names = (self.tr("Before"), self.tr("After"))
        self._division = 0.5
        self._original_held = False
        self._loupe = False
        self._framing = False
        self._pressed: QPointF | None = None
        self._moved = QPointF()
        self._band: tuple[QPointF, QPointF] | None = None
        self._cursor: QPointF | None = None
        self._buffer = QImage()

    # What is shown.

    def set_layers(
        self, size: tuple[int, int], before: Sequence[Layer], after: Sequence[Layer]
    ) -> None:
        """Show other layers of a result of (width, height)."""
        self._before, self._after = list(before), list(after)
        if size != self.view.picture:
            self._change(self.view.showing(size))
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Compare in another way; what lies in the middle stays there."""
        if mode is not self.mode:
            self.mode = mode
            self._change(self.view.resized(self._pane_size()))
            self.update()

    def set_gain(self, gain: int) -> None:
        """Magnify differences by 1, 2, 4, 8, ..."""
        self.gain = gain
        self.update()

    def set_division(self, share: float) -> None:
        """Put the border of before and after at this share of the width."""
        old, self._division = self._division, share
        if self.view.zoom > SHARP_ZOOM and self.view.zoom % 1:
            self.update()  # where blocks of pixels end depends there on where painting begins
        elif self.mode is Mode.SPLIT:
            left, right = sorted((old * self.width(), share * self.width()))
            self.update(QRect(int(left) - 2, 0, int(right - left) + 5, self.height()))
            self.update(QRect(0, 0, self.width(), 48))  # the names

    def set_outline(self, box: Box | None) -> None:
        """Mark a rectangle of the result."""
        self.outline = box
        self.update()

    def set_overlay(self, layers: Sequence[Layer]) -> None:
        """Lay something over the result."""
        self._overlay = list(layers)
        self.update()

    def hold_original(self, held: bool) -> None:
        """Show the original alone, as long as a key is held."""
        if held != self._original_held:
            self._original_held = held
            self.update()

    def set_loupe(self, shown: bool) -> None:
        """Show or hide the magnifying glass at the mouse."""
        self._loupe = shown
        self.update()

    def set_framing(self, framing: bool) -> None:
        """Let the next drag draw a rectangle in place of moving the picture."""
        self._framing = framing
        self._band = None
        cross = Qt.CursorShape.CrossCursor
        self.setCursor(cross if framing else Qt.CursorShape.ArrowCursor)
        self.update()

    # The view.

    def fit(self) -> None:
        """Show the whole picture."""
        self._change(self.view.fit())

    def zoom_to(self, zoom: float) -> None:
        """Zoom about the mouse if it is over the picture, or about the middle."""
        anchor = None if self._cursor is None else self._in_pane(self._cursor)
        self._change(self.view.zoomed(zoom, anchor))

    def zoom_step(self, steps: int) -> None:
        """Zoom to the next round figure."""
        self._change(self.view.stepped(steps))

    def toggle_zoom(self, at: QPointF | None = None) -> None:
        """Change between the whole picture and 100 %."""
        if self.view.fitted or abs(self.view.zoom - 1) > 1e-6:
            anchor = None if at is None else self._in_pane(at)
            self._change(self.view.zoomed(1.0, anchor))
        else:
            self.fit()

    def set_view(self, view: Viewport) -> None:
        """Take a viewport from elsewhere."""
        self._change(view)

    def _change(self, view: Viewport) -> None:
        if view != self.view:
            self.view = view
            self.update()
            self.viewed.emit(view)

    # Geometry: device pixels.

    def _panes(self) -> tuple[Box, ...]:
        ratio = self.devicePixelRatio()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        if self.mode is not Mode.SIDES:
            return (Box(0, 0, width, height),)
        gap = max(1, round(2 * ratio))
        half = (width - gap) // 2
        return (Box(0, 0, half, height), Box(half + gap, 0, width - half - gap, height))

    def _pane_size(self) -> tuple[int, int]:
        first = self._panes()[0]
        return int(first.width), int(first.height)

    def _in_pane(self, point: QPointF) -> tuple[float, float]:
        """Return a point of the widget in device pixels of the pane that it lies in."""
        ratio = self.devicePixelRatio()
        x, y = point.x() * ratio, point.y() * ratio
        pane = next((p for p in reversed(self._panes()) if x >= p.x), self._panes()[0])
        return x - pane.x, y - pane.y

    def _place(self, point: QPointF) -> tuple[float, float] | None:
        """Return the place of the result below a point of the widget, if there is one."""
        x, y = self.view.to_picture(*self._in_pane(point))
        width, height = self.view.picture
        return (x, y) if self._before and 0 <= x < width and 0 <= y < height else None

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what has to be painted anew."""
        painter = QPainter(self)
        ratio = self.devicePixelRatio()
        # From here on in device pixels, on whole ones even where the widget does not begin on one.
        start = painter.deviceTransform()
        painter.scale(1 / ratio, 1 / ratio)
        painter.translate(round(start.dx()) - start.dx(), round(start.dy()) - start.dy())
        dirty = event.rect()
        scaled = Box(dirty.x(), dirty.y(), dirty.width(), dirty.height()).scaled(ratio)
        area = Box(int(scaled.x), int(scaled.y), int(scaled.width) + 2, int(scaled.height) + 2)
        painter.fillRect(_rect(area), self.palette().mid())
        if not self._before:
            return
        for number, pane in enumerate(self._panes()):
            self._paint_pane(painter, number, pane, area)
        if self._loupe and self._cursor is not None and not self._pressed:
            self._paint_loupe(painter, ratio)
        if self._band is not None:
            painter.setPen(QPen(Qt.GlobalColor.white, 1, Qt.PenStyle.DashLine))
            painter.drawRect(_band_rect(self._band, ratio))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 2 * ratio))
            painter.drawRect(_rect(Box(0, 0, self.width() * ratio, self.height() * ratio)))

    def _paint_pane(self, painter: QPainter, number: int, pane: Box, area: Box) -> None:
        clip = pane.cut(area)
        if not clip.area:
            return
        clip = Box(clip.x - pane.x, clip.y - pane.y, clip.width, clip.height)
        whole = Box(0, 0, pane.width, pane.height)
        names = self._names
        if self._original_held or not self._after:
            self._paint_stack(painter, self._before, clip, pane)
            self._paint_name(painter, names[0], pane, left=True)
        elif self.mode is Mode.DIFFERENCE:
            self._paint_difference(painter, pane)
        elif self.mode is Mode.SPLIT and self._after:
            border = round(self._division * pane.width)
            left, right = Box(0, 0, border, whole.height), Box(border, 0, 1e9, whole.height)
            self._paint_stack(painter, self._before, clip.cut(left), pane)
            self._paint_after(painter, clip.cut(right), pane)
            self._paint_name(painter, names[0], Box(pane.x, pane.y, border, pane.height), left=True)
            rest = Box(pane.x + border, pane.y, pane.width - border, pane.height)
            self._paint_name(painter, names[1], rest, left=False)
        elif self.mode is Mode.SIDES and number == 0:
            self._paint_stack(painter, self._before, clip, pane)
            self._paint_name(painter, names[0], pane, left=True)
        else:
            self._paint_after(painter, clip, pane)
            self._paint_name(painter, names[1], pane, left=False)

    def _paint_stack(
        self, painter: QPainter, layers: Sequence[Layer], clip: Box, pane: Box
    ) -> None:
        for layer in topmost(layers, self.view):
            paint_layer(painter, layer, self.view, clip, pane)

    def _paint_difference(self, painter: QPainter, pane: Box) -> None:
        size = self._pane_size()
        if self._buffer.size().toTuple() != size:
            self._buffer = QImage(*size, QImage.Format.Format_RGB32)
        paint_difference(self._buffer, self._before, self._after, self.view, self.gain)
        painter.drawImage(QPointF(pane.x, pane.y), self._buffer)

    def _paint_after(self, painter: QPainter, clip: Box, pane: Box) -> None:
        self._paint_stack(painter, [*self._before, *self._after, *self._overlay], clip, pane)
        if self.outline is not None:
            box = self.view.to_pane(self.outline)
            painter.save()
            painter.setClipRect(
                _rect(Box(pane.x + clip.x, pane.y + clip.y, clip.width, clip.height))
            )
            painter.setPen(QPen(QColor(255, 255, 255, 170), 1))
            painter.drawRect(_rect(Box(pane.x + box.x, pane.y + box.y, box.width, box.height)))
            painter.restore()

    def _paint_name(self, painter: QPainter, name: str, pane: Box, *, left: bool) -> None:
        """Write on a dark chip in a lower corner, if there is room for it."""
        ratio = self.devicePixelRatio()
        font = self.font()
        font.setPixelSize(round(12 * ratio))
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(name) + round(16 * ratio)
        height, margin = round(22 * ratio), round(12 * ratio)
        if pane.width < width + 2 * margin:
            return
        x = pane.x + margin if left else pane.right - margin - width
        chip = QRectF(x, pane.y + margin, width, height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_CHIP)
        painter.drawRoundedRect(chip, height / 2, height / 2)
        painter.setPen(QColor(255, 255, 255, 230))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def _paint_loupe(self, painter: QPainter, ratio: float) -> None:
        """Paint before and after of the place below the mouse, larger, side by side."""
        assert self._cursor is not None
        place = self._place(self._cursor)
        if place is None:
            return
        side = round(_LOUPE * ratio)
        zoom = max(_LOUPE_ZOOM, min(8.0, 2 * self.view.zoom))
        view = Viewport(self.view.picture, (side, side), zoom, place, fitted=False)
        x, y = self._cursor.x() * ratio, self._cursor.y() * ratio
        gap = round(24 * ratio)
        left = x + gap if x + gap + 2 * side < self.width() * ratio else x - gap - 2 * side
        top = min(max(0, y - side / 2), self.height() * ratio - side)
        frame = Box(round(left), round(top), 2 * side, side)
        painter.fillRect(_rect(frame), Qt.GlobalColor.black)
        stacks = (self._before, [*self._before, *self._after])
        for number, layers in enumerate(stacks):
            at = Box(frame.x + number * side, frame.y, side, side)
            for layer in layers:
                paint_layer(painter, layer, view, Box(0, 0, side, side), at)
            self._paint_name(painter, self._names[number], at, left=number == 0)
        painter.setPen(QPen(Qt.GlobalColor.white, max(1, round(ratio))))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(_rect(frame))
        painter.drawLine(QPointF(frame.x + side, frame.y), QPointF(frame.x + side, frame.bottom))

    # Mouse and keys.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the middle in the middle."""
        super().resizeEvent(event)
        self._change(self.view.resized(self._pane_size()))

    def event(self, event: QEvent) -> bool:
        """Zoom by pinching; follow a window to a screen of another resolution."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._change(self.view.resized(self._pane_size()))
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                zoom = self.view.zoom * (1 + event.value())
                self._change(self.view.zoomed(zoom, self._in_pane(event.position())))
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the mouse."""
        notches = event.angleDelta().y() / 120
        if notches and self._before:
            self._change(self.view.wheeled(notches, self._in_pane(event.position())))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move the picture, or to draw a rectangle."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._pressed = self._moved = event.position()
        left = event.button() is Qt.MouseButton.LeftButton
        if left and (self._framing or event.modifiers() & Qt.KeyboardModifier.ShiftModifier):
            self._band = (event.position(), event.position())
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture or the corner of a rectangle; tell what lies below the mouse."""
        here = event.position()
        self._cursor = here
        self.pointed.emit(self._place(here))
        if self._band is not None:
            self._band = (self._band[0], here)
            self.update()
        elif self._pressed is not None:
            ratio = self.devicePixelRatio()
            step = here - self._moved
            self._moved = here
            self._change(self.view.panned(step.x() * ratio, step.y() * ratio))
        elif self._loupe:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what the press began."""
        pressed, self._pressed = self._pressed, None
        if self._band is not None:
            self._end_band()
        elif pressed is not None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
            still = (event.position() - pressed).manhattanLength() < _CLICK
            if still and (place := self._place(pressed)) is not None:
                self.picked.emit(place)
        self.update()

    def _end_band(self) -> None:
        assert self._band is not None
        (start, end), self._band = self._band, None
        first = self.view.to_picture(*self._in_pane(start))
        last = self.view.to_picture(*self._in_pane(end))
        x, y = min(first[0], last[0]), min(first[1], last[1])
        box = Box(x, y, abs(first[0] - last[0]), abs(first[1] - last[1]))
        box = box.cut(Box(0, 0, *self.view.picture))
        self.set_framing(False)
        if box.width >= _CLICK and box.height >= _CLICK:
            self.framed.emit(box)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Change between the whole picture and 100 % at the mouse."""
        self.toggle_zoom(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._cursor = None
        self.pointed.emit(None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the picture by the arrow keys."""
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
        """Hide the focus; a held key is released elsewhere."""
        super().focusOutEvent(event)
        self.hold_original(False)
        self.update()


def _rect(box: Box) -> QRectF:
    return QRectF(box.x, box.y, box.width, box.height)


def _band_rect(band: tuple[QPointF, QPointF], ratio: float) -> QRectF:
    return QRectF(band[0] * ratio, band[1] * ratio).normalized()

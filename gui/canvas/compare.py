"""Compare: the canvas and a divider between before and after."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from ..session.box import Box
from ..session.convert import pyramid_of
from ..session.pictures import CameraPreview
from ..session.state import State
from .canvas import Canvas
from .painting import Layer
from .scene import Mode

_STEPS = 1000
_GRIP = 28  # width of the divider that accepts the mouse
_KNOB = 13


class Divider(QSlider):
    """The border between before and after: a slider, drawn as a line with a knob."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._pane = parent
        self.setMouseTracking(True)
        self.setRange(0, _STEPS)
        self.setValue(_STEPS // 2)
        self.setSingleStep(10)
        self.setPageStep(100)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAccessibleName(self.tr("Divider between before and after"))
        self.setToolTip(
            self.tr(
                "Drag it, click on the picture or use the arrow keys; double-click for the middle"
            )
        )
        self._offset = 0
        self._line = _GRIP // 2  # where the border is, from the left edge of the grip

    @property
    def share(self) -> float:
        """Its position as a share of the width."""
        return self.value() / _STEPS

    def follow(self) -> None:
        """Move to the position of the value; at an edge, all of the grip stays within reach."""
        border, width = round(self.share * self._pane.width()), self._pane.width()
        left = max(0, min(border - _GRIP // 2, width - _GRIP))
        self._line = min(border - left, _GRIP - 1)
        self.setGeometry(left, 0, _GRIP, self._pane.height())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a line and a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, height = _GRIP / 2, self.height()
        painter.fillRect(self._line - 1, 0, 3, height, QColor(0, 0, 0, 90))
        painter.fillRect(self._line, 0, 1, height, QColor(255, 255, 255))
        ring = self.palette().highlight().color() if self.hasFocus() else QColor(0, 0, 0, 110)
        painter.setPen(QPen(ring, 2))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(QPoint(_GRIP // 2, height // 2), _KNOB - 1, _KNOB - 1)
        painter.setPen(QPen(QColor(60, 60, 60), 1.6))
        for side in (-1, 1):
            tip, back = middle + side * 7, middle + side * 3
            for up in (-4, 4):
                painter.drawLine(int(back), height // 2 + up, int(tip), height // 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start a plain left drag; the picture below handles all other buttons."""
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() is not Qt.MouseButton.LeftButton or shift:
            event.ignore()
            return
        self._offset = int(event.position().x()) - self._line
        self.setSliderDown(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self.isSliderDown():
            width = max(1, self._pane.width())
            x = self.mapToParent(event.position().toPoint()).x() - self._offset
            self.setValue(round(x / width * _STEPS))
        else:
            event.ignore()  # the canvas follows the pointer

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if self.isSliderDown():
            self.setSliderDown(False)
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Return to the middle."""
        self.setValue(_STEPS // 2)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the picture zoom here, too."""
        event.ignore()


class Compare(QWidget):
    """Before and after of one picture.

    Signals:
        view_changed: The visible part, a Box in pixels of the result.
        mode_changed: Another comparison was chosen, a Mode.
    """

    view_changed = Signal(object)
    mode_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = Canvas(self)
        self.divider = Divider(self.canvas)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.divider.valueChanged.connect(self._divide)
        self.canvas.clicked.connect(self._place_divider)
        self.canvas.clicked_again.connect(self._take_back)
        self._before_click = self.divider.value()
        self.canvas.viewed.connect(lambda view: self.view_changed.emit(view.visible))
        self._picture: object = None
        self._after: object = None
        self._show_divider()

    def show_state(self, state: State) -> None:
        """Show the picture and the available parts of its result."""
        if state.opened is None and state.camera_preview is not None:
            self._show_preview(state.camera_preview)
            return
        if state.opened is None:
            self.canvas.set_layers((1, 1), [], [])
            self._picture = None
            self._show_divider()
            return
        whole = Box(0, 0, *state.size)
        before = [Layer(state.opened.shown, whole)]
        finished = state.finished
        whole_result = state.loaded_result or finished
        after = [Layer(whole_result.shown, whole)] if whole_result is not None else []
        after += [Layer(patch.shown, patch.box) for patch in state.seen_patches]
        after += [Layer(grown.pyramid, whole, grown.parts) for grown in state.seen_growths]
        expects = state.expects_result
        layers = ((layer.pyramid, layer.parts) for layer in after)
        shown = (state.opened, state.size, expects, state.frame, *layers)
        if shown == self._after:
            return
        self._after = shown
        picture = state.opened.mosaic or state.opened.source
        new = picture is not self._picture
        self._picture = picture
        self.canvas.mark_preview(False)
        if new:
            self.canvas.end_picture()
        self.canvas.set_layers(state.size, before, after, expects=expects)
        self.canvas.set_outline(state.frame)
        if new:
            self.canvas.begin_picture()
            self.view_changed.emit(self.canvas.view.visible)
        self._show_divider()

    def _show_preview(self, preview: CameraPreview) -> None:
        """Show the preview in a RAW file, marked as such."""
        if self._after is preview:
            return
        self._after, self._picture = preview, None
        self.canvas.mark_preview(True)
        size = preview.shown.width, preview.shown.height
        self.canvas.set_layers(size, [Layer(preview.shown, Box(0, 0, *size))], [])
        self.canvas.set_outline(None)
        self.canvas.fit()
        self._show_divider()

    def show_map(self, image: QImage | None, opacity: float = 1.0) -> None:
        """Show a map of the whole picture over the result; None removes it."""
        whole = Box(0, 0, *self.canvas.view.picture)
        layers = [] if image is None else [Layer(pyramid_of(image), whole)]
        self.canvas.set_overlay(layers, opacity)

    def set_mode(self, mode: Mode) -> None:
        """Change the comparison."""
        if mode is not self.canvas.mode:
            self.canvas.set_mode(mode)
            self._show_divider()
            self.mode_changed.emit(mode)

    def set_framing(self, framing: bool) -> None:
        """Let the next drag draw a rectangle, also over the divider."""
        self.canvas.set_framing(framing)
        unseen = Qt.WidgetAttribute.WA_TransparentForMouseEvents
        self.divider.setAttribute(unseen, framing)

    def move_divider(self, steps: int) -> None:
        """Move the divider by percent of the width."""
        self.divider.setValue(self.divider.value() + steps * 10)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the relative position of the divider."""
        super().resizeEvent(event)
        self.divider.follow()

    def _place_divider(self, x: float) -> None:
        """Move the divider to a click on the picture."""
        self._before_click = self.divider.value()
        if self.divider.isVisible():
            self.divider.setValue(round(x / max(1, self.canvas.width()) * _STEPS))

    def _take_back(self) -> None:
        """Move the divider back: the click began a double click, which zooms."""
        self.divider.setValue(self._before_click)

    def _divide(self) -> None:
        self.divider.follow()
        self.canvas.set_division(self.divider.share)

    def _show_divider(self) -> None:
        self.divider.follow()
        self.divider.setVisible(self.canvas.mode is Mode.SPLIT and self._picture is not None)

"""Top bar: pages on the left, views of the picture on the right."""

from __future__ import annotations

from math import log2

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from ..canvas.viewport import MAX_ZOOM, Viewport
from ..widgets.theme import ICON_SIDE
from .actions import Actions

ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_SLIDER_WIDTH = 110
_OCTAVE = 100  # steps of the slider for twice the zoom
_WORDS_WIDTH = 1080  # fits all texts in English and German
_ZOOM_WIDTH = 70  # fits "800 %"
_GAINS = (1, 2, 4, 8, 16, 32)


class TopBar(QFrame):
    """Buttons of actions.

    Signals:
        zoomed: A zoom was chosen from the menu; 0 for the whole picture.
        gained: A gain of differences was chosen.
        peeked: Whether the button that shows the original is held.
    """

    zoomed = Signal(float)
    gained = Signal(int)
    peeked = Signal(bool)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 5, 8, 5)
        layout.setSpacing(2)
        self._worded = [_button(actions[name]) for name in ("open", *actions.pages)]
        for button in self._worded:
            layout.addWidget(button)
        layout.insertSpacing(1, 12)
        layout.addStretch(1)
        self.tools = QWidget()
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(2)
        for name in ("split", "sides", "flicker", "difference"):
            tools.addWidget(_button(actions[name]))
        self.gain = QComboBox()
        self.gain.setAccessibleName(self.tr("Gain of the difference"))
        self.gain.setToolTip(self.gain.accessibleName())
        for gain in _GAINS:
            self.gain.addItem(f"{gain} ×", gain)
        self.gain.setCurrentIndex(_GAINS.index(4))
        self.gain.activated.connect(lambda: self.gained.emit(self.gain.currentData()))
        self.peek = QToolButton()
        self.peek.setText(self.tr("Original"))
        self.peek.setToolTip(self.tr("Hold to see the original (B)"))
        self.peek.setAccessibleName(self.tr("Hold to see the original"))
        self.peek.pressed.connect(lambda: self.peeked.emit(True))
        self.peek.released.connect(lambda: self.peeked.emit(False))
        self._either = QStackedWidget()  # of one width, so that the other buttons stay in place
        self._either.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        for widget in (self.peek, self.gain):
            self._either.addWidget(widget)
        tools.addWidget(self._either)
        tools.addSpacing(12)
        tools.addWidget(_button(actions["zoom-out"]))
        self.zoom = QToolButton()
        self.zoom.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.zoom.setMinimumWidth(_ZOOM_WIDTH)
        self.zoom.setMenu(self._zoom_menu(actions["fit"]))
        tools.addWidget(self.zoom)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setSingleStep(_OCTAVE // 4)
        self.slider.setPageStep(_OCTAVE)
        self.slider.setAccessibleName(self.tr("Zoom"))
        self.slider.setToolTip(self.tr("Zoom"))
        self.slider.valueChanged.connect(self._slide)
        tools.addWidget(self.slider)
        tools.addWidget(_button(actions["zoom-in"]))
        tools.addWidget(_button(actions["fit"]))
        tools.addSpacing(12)
        for name in ("loupe", "frame", "panel"):
            tools.addWidget(_button(actions[name]))
        layout.addWidget(self.tools)
        self.show_zoom(Viewport())
        self.show_gain(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the texts of buttons if they do not fit."""
        super().resizeEvent(event)
        wide = event.size().width() >= _WORDS_WIDTH
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for button in self._worded:
            button.setToolButtonStyle(beside if wide else Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.slider.setVisible(event.size().width() >= _WORDS_WIDTH + _SLIDER_WIDTH)

    def show_zoom(self, view: Viewport) -> None:
        """Show the zoom."""
        text = f"{view.zoom * 100:.0f} %"
        self.zoom.setText(text)
        self.zoom.setAccessibleName(self.tr("Zoom: %1").replace("%1", text))
        self.zoom.setToolTip(self.zoom.accessibleName())
        with QSignalBlocker(self.slider):
            least, most = (round(_OCTAVE * log2(zoom)) for zoom in (view.min_zoom, MAX_ZOOM))
            self.slider.setRange(least, most)
            self.slider.setValue(round(_OCTAVE * log2(view.zoom)))

    def _slide(self, value: int) -> None:
        """Zoom; near 100 % exactly there, where pixels of picture and screen coincide."""
        self.zoomed.emit(1.0 if abs(value) < _OCTAVE // 10 else 2 ** (value / _OCTAVE))

    def show_gain(self, shown: bool) -> None:
        """Show the gain for differences, and the peek button otherwise."""
        self._either.setCurrentWidget(self.gain if shown else self.peek)

    def step_gain(self, steps: int) -> None:
        """Change the gain by a number of steps."""
        index = self.gain.currentIndex() + steps
        if 0 <= index < self.gain.count():
            self.gain.setCurrentIndex(index)
            self.gained.emit(self.gain.currentData())

    def _zoom_menu(self, fit: QAction) -> QMenu:
        menu = QMenu(self)
        menu.addAction(fit)
        for zoom in ZOOMS:
            action = menu.addAction(f"{zoom * 100:.0f} %")
            action.triggered.connect(lambda _=False, zoom=zoom: self.zoomed.emit(zoom))
        return menu


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text().replace("&", "").removesuffix(" …"))
    return button

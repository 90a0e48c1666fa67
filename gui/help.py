"""Help: all keys on one sheet over the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from .actions import Actions
from .parts import heading

_COLUMNS = 3


class Keys(QWidget):
    """Covers the window until a key or the mouse is pressed."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Keys"))
        sheet = QFrame()
        sheet.setObjectName("keys")
        sheet.setStyleSheet(
            "#keys { background: palette(window); border: 1px solid palette(midlight);"
            " border-radius: 10px; }"
        )
        grid = QGridLayout(sheet)
        grid.setContentsMargins(28, 24, 28, 24)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(7)
        grid.addWidget(heading(self.tr("Keys")), 0, 0, 1, 2 * _COLUMNS)
        lines = [(_keys(action), _words(action)) for action in actions if action.shortcuts()]
        lines += [
            ("B", self.tr("Hold: the original")),
            (self.tr("Wheel"), self.tr("Zoom at the mouse")),
            (self.tr("Double click"), self.tr("100 % and back")),
            (self.tr("Shift + drag"), self.tr("Choose the preview")),
            (self.tr("Arrows"), self.tr("Move the picture, or the divider")),
            ("Tab", self.tr("To the next control")),
        ]
        height = -(-len(lines) // _COLUMNS)
        for number, (keys, words) in enumerate(lines):
            line, across = 1 + number % height, 2 * (number // height)
            label = QLabel(keys)
            label.setStyleSheet("font-family: monospace;")
            grid.addWidget(label, line, across, Qt.AlignmentFlag.AlignRight)
            text = QLabel(words)
            text.setProperty("hint", True)
            text.setContentsMargins(0, 0, 24, 0)
            grid.addWidget(text, line, across + 1)
        layout = QVBoxLayout(self)
        layout.addWidget(sheet, 0, Qt.AlignmentFlag.AlignCenter)
        window.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Show or hide the sheet."""
        self.setGeometry(self._window.rect())
        self.setVisible(not self.isVisible())
        if self.isVisible():
            self.raise_()
            self.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the window in whatever size it has."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._window.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies below."""
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 120))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go away."""
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go away."""
        self.hide()


def _keys(action: QAction) -> str:
    form = QKeySequence.SequenceFormat.NativeText
    return "  ".join(keys.toString(form) for keys in action.shortcuts()[:2])


def _words(action: QAction) -> str:
    return action.text().replace("&", "").removesuffix(" …")

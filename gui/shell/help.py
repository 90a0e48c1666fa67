"""Help: all keyboard shortcuts, shown over the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from ..widgets.forms import heading
from .actions import Actions

_MARGIN = 8  # smallest distance to the edge of the window
_STEP = 40  # scroll distance of an arrow key


class ShortcutHelp(QWidget):
    """Covers the window until the user presses a key or a mouse button."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Keyboard shortcuts"))
        self._focused: QWidget | None = None
        self._sheet = QFrame()
        self._sheet.setObjectName("keys")
        self._grid = QGridLayout(self._sheet)
        self._grid.setContentsMargins(28, 24, 28, 24)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(7)
        self._title = heading(self.tr("Keyboard shortcuts"))
        self._title.setParent(self._sheet)
        lines = [(_keys(action), _words(action)) for action in actions if action.shortcuts()]
        lines += [
            (self.tr("Wheel"), self.tr("Zoom at the pointer")),
            (self.tr("Double click"), self.tr("100 % and back")),
            (self.tr("Shift + drag"), self.tr("Choose the preview")),
            (self.tr("Arrow keys"), self.tr("Move the picture or the divider")),
            ("Tab", self.tr("To the next control")),
        ]
        self._lines = [(self._key(keys), self._word(words)) for keys, words in lines]
        self.area = QScrollArea(self, widgetResizable=True)
        self.area.setObjectName("keysArea")
        self.area.setStyleSheet(
            "#keysArea { background: palette(window); border: 1px solid palette(midlight);"
            " border-radius: 10px; } #keys { background: transparent; }"
        )
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.area.setWidget(self._sheet)
        window.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Show or hide the shortcuts."""
        if self.isVisible():
            self.hide()
            return
        self._focused = self._window.focusWidget()
        self.show()
        self._fit()
        self.raise_()
        self.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        """Return the focus to its previous widget."""
        super().hideEvent(event)
        if self._focused is not None and self._focused.isVisible():
            self._focused.setFocus()
        self._focused = None

    def _key(self, keys: str) -> QLabel:
        label = QLabel(keys, self._sheet)
        label.setStyleSheet("font-family: monospace;")
        return label

    def _word(self, words: str) -> QLabel:
        label = QLabel(words, self._sheet)
        label.setProperty("hint", True)
        label.setContentsMargins(0, 0, 24, 0)
        return label

    def _fit(self) -> None:
        """Cover the window with as many columns as fit; scroll if all rows do not fit."""
        self.setGeometry(self._window.rect())
        room = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        for columns in (3, 2, 1):
            self._arrange(columns)
            wanted = self._sheet.sizeHint() + QSize(2, 2)  # its border
            if wanted.height() > room.height():
                wanted.setWidth(wanted.width() + self.area.verticalScrollBar().sizeHint().width())
            if wanted.width() <= room.width():
                break
        place = QRect(QPoint(0, 0), wanted.boundedTo(room.size()))
        place.moveCenter(self.rect().center())
        self.area.setGeometry(place)

    def _arrange(self, columns: int) -> None:
        self._grid.addWidget(self._title, 0, 0, 1, 2)
        height = -(-len(self._lines) // columns)
        for number, (keys, words) in enumerate(self._lines):
            line, across = 1 + number % height, 2 * (number // height)
            self._grid.addWidget(keys, line, across, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(words, line, across + 1)
        self._grid.activate()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim the window."""
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 120))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll with the arrow keys if needed; hide at any other key."""
        bar = self.area.verticalScrollBar()
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()), 0) if bar.maximum() else 0
        if step:
            bar.setValue(bar.value() + step * _STEP)
        else:
            self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hide the shortcuts."""
        self.hide()


def _keys(action: QAction) -> str:
    form = QKeySequence.SequenceFormat.NativeText
    return "  ".join(keys.toString(form) for keys in action.shortcuts()[:2])


def _words(action: QAction) -> str:
    return action.text().replace("&", "").removesuffix(" …")

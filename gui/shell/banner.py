"""Banner: a message that lies over the lower edge of a page, with a button for its remedy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ..session.work import Message
from ..widgets.theme import icon

_NOTE_MS = 8000
_WIDTH, _MARGIN = 720, 16
_MOVES = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)


class Banner(QFrame):
    """Shows one message. It is in no layout, so that nothing moves when it comes and goes.

    Signals:
        dismissed: The user dismissed the message, or its time is over.
        acted: The button was pressed; the id of the action.
    """

    dismissed = Signal()
    acted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("banner")
        self._message: Message | None = None
        self._below: Sequence[QWidget] = ()
        self._text = QLabel(wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAccessibleDescription(self.tr("Message"))
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.setAccessibleName(self.tr("Remedy"))
        self._button.clicked.connect(self._act)
        self._close = QToolButton()
        self._close.setToolTip(self.tr("Dismiss (Esc)"))
        self._close.setAccessibleName(self.tr("Dismiss the message"))
        self._close.clicked.connect(self.dismissed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(12)
        for widget in (self._text, self._button, self._close):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.setStretch(0, 1)
        self._timer = QTimer(self, singleShot=True, interval=_NOTE_MS)
        self._timer.timeout.connect(self.dismissed)
        self.hide()

    def lie_over(self, widgets: Sequence[QWidget]) -> None:
        """Lie over the lower edge of the first of some widgets that is visible."""
        self._below = widgets
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the widgets below."""
        if event.type() in _MOVES:
            QTimer.singleShot(0, self, self._place)
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        below = next((widget for widget in self._below if widget.isVisible()), None)
        if below is None or self.isHidden():
            return
        corner = below.mapTo(self._over, QPoint(0, 0))
        width = min(_WIDTH, below.width() - 2 * _MARGIN)
        height = self.heightForWidth(width)
        x = corner.x() + (below.width() - width) // 2
        self.setGeometry(x, corner.y() + below.height() - height - _MARGIN, width, height)
        self.raise_()

    def show_message(self, message: Message | None) -> None:
        """Show a message, or none; notes disappear by themselves."""
        if message is self._message:
            return
        self._message = message
        self._timer.stop()
        self.setVisible(message is not None)
        if message is None:
            return
        self.setProperty("kind", message.kind)
        self.style().polish(self)
        self._close.setIcon(icon("close", self.palette()))
        self._text.setText(message.text)
        words = {
            "models": self.tr("Models …"),
            "open": self.tr("Open anyway"),
            "continue": self.tr("Continue"),
        }
        self._button.setText(words.get(message.action, ""))
        self._button.setAccessibleName(self._button.text() or self.tr("Remedy"))
        self._button.setVisible(message.action in words)
        self.setAccessibleName(message.text)
        self._place()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        if message.kind == "note" and not message.action:
            self._timer.start()

    def _act(self) -> None:
        if self._message is not None:
            self.acted.emit(self._message.action)

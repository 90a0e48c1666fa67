"""Unread: what stands in place of a picture that cannot be opened, with the reason."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from ..widgets.accessibility import announce
from ..widgets.forms import column
from ..widgets.theme import SPACE

_WIDTH = 480  # of the lines


class Unread(QWidget):
    """Says which picture cannot be opened, and why.

    Args:
        parent: Owner.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.reason = QLabel(), QLabel()
        self.title.setStyleSheet("font-size: 17px; font-weight: 600;")
        layout = column(margin=2 * SPACE, spacing=SPACE)
        layout.addStretch(1)
        for label in (self.title, self.reason):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            label.setMaximumWidth(_WIDTH)
            label.setMinimumWidth(_WIDTH)
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.setLayout(layout)

    def show_reason(self, name: str, reason: str) -> None:
        """Show the name of a picture, and why it cannot be opened."""
        title = self.tr("%1 cannot be opened").replace("%1", name)
        if (title, reason) != (self.title.text(), self.reason.text()):
            self.title.setText(title)
            self.reason.setText(reason)
            self.setAccessibleName(f"{title}. {reason}")
            announce(self, self.accessibleName())

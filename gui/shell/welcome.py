"""Welcome: the view while no picture is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from ..widgets.forms import column, heading, hint

_WIDTH = 360
_MOST = 5


class Welcome(QWidget):
    """An invitation to open pictures, and the recent ones.

    Signals:
        opened: A recent file or folder was chosen.
    """

    opened = Signal(object)

    def __init__(self, open_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        title = QLabel(self.tr("Drop photographs here"))
        title.setStyleSheet("font-size: 22px; font-weight: 600;")
        text = hint(self.tr("Files or whole folders. The originals are never touched."))
        self.button = QPushButton(self.tr("Open …"))
        self.button.setProperty("primary", True)
        self.button.setAccessibleName(self.tr("Open pictures"))
        self.button.clicked.connect(open_action.trigger)
        self._recent = column(spacing=2)
        box = QWidget()
        box.setFixedWidth(_WIDTH)
        inner = column(spacing=12)
        inner.addWidget(title)
        inner.addWidget(text)
        inner.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addSpacing(12)
        inner.addLayout(self._recent)
        box.setLayout(inner)
        layout = QVBoxLayout(self)
        layout.addWidget(box, 0, Qt.AlignmentFlag.AlignCenter)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List recent files and folders."""
        while (item := self._recent.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        if paths:
            self._recent.addWidget(heading(self.tr("Recent")))
        for path in paths[:_MOST]:
            button = QPushButton(path.name)
            button.setFlat(True)
            button.setToolTip(str(path))
            button.setAccessibleName(self.tr("Open %1").replace("%1", path.name))
            button.setStyleSheet("text-align: left; padding: 6px 10px;")
            button.clicked.connect(lambda _=False, path=path: self.opened.emit(path))
            self._recent.addWidget(button)

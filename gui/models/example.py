"""Example: a picture before and after a model, made by tests/benchmarks/window_examples.py."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from ..widgets.forms import column, hint, row

FOLDER = Path(__file__).parent / "examples"  # <id>.jpg: before on the left, after on the right


class Example(QWidget):
    """Two squares with captions; hidden for models without an example."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = (QLabel(), QLabel())
        sides = []
        captions = (self.tr("Before"), self.tr("After"))
        for picture, caption in zip(self._pictures, captions, strict=True):
            picture.setAccessibleDescription(caption)
            below = hint(caption)
            below.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            side = QWidget()
            inner = column(spacing=2)
            inner.addWidget(picture)
            inner.addWidget(below)
            side.setLayout(inner)
            sides.append(side)
        both = row(*sides)
        both.addStretch(1)
        self.setLayout(both)

    def show_model(self, model: str) -> None:
        """Show the example of a model, if there is one."""
        whole = QPixmap(str(FOLDER / f"{model}.jpg"))
        self.setVisible(not whole.isNull())
        side = whole.height()
        for place, picture in enumerate(self._pictures):
            picture.setPixmap(whole.copy(whole.width() - side if place else 0, 0, side, side))

"""Body: the content of the window, which is scrolled where a small screen has no room for it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget

_LEAST = QSize(800, 300)  # of all pages; with less, texts are cut off


class Body(QScrollArea):
    """Scrolls its content if it has less room than that needs.

    Args:
        layout: Of the content.
    """

    def __init__(self, layout: QLayout) -> None:
        super().__init__(widgetResizable=True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Content of the window"))
        self.content = _Content()
        self.content.setLayout(layout)
        self.setWidget(self.content)

    def need(self, page: QSize | None) -> None:
        """Set the least size of the page that is shown; None takes whatever room there is."""
        self.content.needed = QSize() if page is None else _LEAST.expandedTo(page)
        self.content.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Let the window be smaller than its content."""
        return QSize()


class _Content(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.needed = _LEAST

    def minimumSizeHint(self) -> QSize:
        """Return what the visible page needs; the layout would take the largest one."""
        return self.needed

    def heightForWidth(self, width: int) -> int:
        """Return the same height; the layout would take that of wrapped lines on all pages."""
        return self.needed.height()

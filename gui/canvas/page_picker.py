"""Page picker: which page of a file, or frame of an animation, is shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from ..session.state import State


class PagePicker(QWidget):
    """The number of the page between two buttons; hidden for a file of one.

    Args:
        previous: The action of the left button.
        following: That of the right one.

    Signals:
        chosen: The number of the page, from 0.
    """

    chosen = Signal(int)

    def __init__(
        self, previous: QAction, following: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.number = QSpinBox()
        self.number.setKeyboardTracking(False)  # a number that is typed counts when it is whole
        self.number.setAccessibleName(self.tr("Page"))
        self.number.valueChanged.connect(lambda value: self.chosen.emit(value - 1))
        self._count = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.addStretch(1)
        layout.addWidget(_button(previous))
        layout.addWidget(self.number)
        layout.addWidget(self._count)
        layout.addWidget(_button(following))
        layout.addStretch(1)
        self.hide()

    def show_state(self, state: State) -> None:
        """Show the page of the open picture, and how many there are."""
        opened = state.opened
        if opened is None:
            self.setVisible(self.isVisible() and state.work.doing == "opening")
            return
        self.setVisible(opened.pages > 1)
        self.number.blockSignals(True)
        self.number.setRange(1, opened.pages)
        self.number.setValue(opened.page + 1)
        self.number.blockSignals(False)
        word = self.tr("Frame ") if opened.animated else self.tr("Page ")
        self.number.setPrefix(word)
        self._count.setText(self.tr("of %1").replace("%1", str(opened.pages)))


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAccessibleName(action.text().replace("&", ""))
    return button

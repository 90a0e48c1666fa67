"""A tab of the side panel: one column that scrolls, updated only while it is visible."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget


class Tab(QScrollArea):
    """Shows a state at once while it is visible, and otherwise when it becomes visible.

    Args:
        state: The first state.
        parent: Owner.
    """

    def __init__(self, state: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._state = state

    def show_state(self, state: Any) -> None:
        """Show a state, now or when the tab becomes visible."""
        self._state = state
        if self.isVisible():
            self.update_to(state)

    def update_to(self, state: Any) -> None:
        """Show a state now."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        """Show the latest state."""
        super().showEvent(event)
        self.update_to(self._state)

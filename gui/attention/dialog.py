"""The window of the attention map, whose content is built when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QWidget

from ..session.box import Box
from ..session.state import State
from ..widgets.forms import WheelGuard, column
from ..widgets.tab import Tab
from ..widgets.theme import SPACE

if TYPE_CHECKING:
    from restorer import AttentionMatch

    from .panel import AttentionPanel

_SIZE = (380, 760)


class AttentionDialog(QDialog):
    """Shows the attention map beside the window, which stays usable.

    Signals:
        chosen: The place of a chosen patch, a Box in pixels of the original, or None.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Attention"))
        self.resize(*_SIZE)
        self._view = _View(self)
        self._view.setAccessibleName(self.tr("Attention"))
        layout = column()
        layout.addWidget(self._view)
        self.setLayout(layout)

    def show_state(self, state: State) -> None:
        """Show the attention of the open picture, now or when the dialog is opened."""
        self._view.show_state(state)

    def look_from(self, place: tuple[float, float]) -> None:
        """Show the attention of a clicked place of the result, if the dialog is open."""
        if self.isVisible():
            self._view.look_from(place)

    def close_workers(self) -> bool:
        """End the thread; return whether it ended."""
        return self._view.close_workers()

    def hideEvent(self, event: QHideEvent) -> None:
        """Remove the mark from the picture."""
        super().hideEvent(event)
        self.chosen.emit(None)


class _View(Tab):
    """Holds the attention panel, which is created when it is first visible."""

    def __init__(self, dialog: AttentionDialog) -> None:
        super().__init__(State(), dialog)
        self._dialog = dialog
        self._panel: AttentionPanel | None = None

    def update_to(self, state: State) -> None:
        """Show the attention of the open picture."""
        if self._panel is None:
            from .panel import AttentionPanel

            self._panel = AttentionPanel()
            self._panel.match_chosen.connect(self._tell)
            inner = QWidget()
            layout = column(margin=2 * SPACE)
            layout.addWidget(self._panel)
            inner.setLayout(layout)
            self.setWidget(inner)
            WheelGuard(inner)
        self._panel.show_state(state)

    def look_from(self, place: tuple[float, float]) -> None:
        """Show the attention of a place of the result."""
        if self._panel is not None:
            x, y = (int(n / self._state.scale) for n in place)
            self._panel.look_at(y, x)

    def close_workers(self) -> bool:
        """End the thread; return whether it ended."""
        return self._panel is None or self._panel.close_workers()

    def _tell(self, match: AttentionMatch | None) -> None:
        box = None if match is None else Box(match.left, match.top, match.width, match.height)
        self._dialog.chosen.emit(box)

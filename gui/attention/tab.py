"""The tab of the attention map, whose content is built when the tab is first seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ..session.box import Box
from ..session.state import State
from ..widgets.forms import WheelGuard, column
from ..widgets.tab import Tab
from ..widgets.theme import SPACE

if TYPE_CHECKING:
    from restorer import AttentionMatch

    from .panel import AttentionPanel


class AttentionTab(Tab):
    """Holds the attention panel, which is created when it is first visible.

    Signals:
        chosen: The place of a chosen patch, a Box in pixels of the original, or None.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(State(), parent)
        self.setAccessibleName(self.tr("Attention"))
        self._view: AttentionPanel | None = None

    def update_to(self, state: State) -> None:
        """Show the attention of the open picture."""
        if self._view is None:
            from .panel import AttentionPanel

            self._view = AttentionPanel()
            self._view.match_chosen.connect(self._tell)
            inner = QWidget()
            layout = column(margin=2 * SPACE)
            layout.addWidget(self._view)
            inner.setLayout(layout)
            self.setWidget(inner)
            WheelGuard(inner)
            self._put_in_order(inner)
        self._view.show_state(state)

    def _put_in_order(self, inner: QWidget) -> None:
        """Put the new widgets into the tab order at this place, not at the end of the window."""
        tab = Qt.FocusPolicy.TabFocus
        last: QWidget | None = self.previousInFocusChain()
        while last is not None and not last.focusPolicy() & tab:
            last = last.previousInFocusChain()
        for child in inner.findChildren(QWidget):
            if last is not None and child.focusPolicy() & tab and child.window() is self.window():
                self.setTabOrder(last, child)
                last = child

    def look_from(self, place: tuple[float, float]) -> None:
        """Show the attention of a clicked place of the result, if the tab is visible."""
        if self.isVisible() and self._view is not None:
            x, y = (int(n / self._state.scale) for n in place)
            self._view.look_at(y, x)

    def close_workers(self) -> bool:
        """End the thread; return whether it ended."""
        return self._view is None or self._view.close_workers()

    def _tell(self, match: AttentionMatch | None) -> None:
        if match is None:
            self.chosen.emit(None)
        else:
            self.chosen.emit(Box(match.left, match.top, match.width, match.height))

"""Details: what is known of the open picture, and what the attention makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from ..canvas.viewport import Box
from ..session.state import State
from ..widgets.forms import Section, WheelGuard, column
from ..widgets.theme import SPACE
from .file_info import FileInfo
from .ground_truth import TruthPanel
from .histogram import Histogram

if TYPE_CHECKING:
    from restorer import AttentionMatch

    from ..attention.panel import AttentionView


class _Tab(QScrollArea):
    """One column that scrolls, and shows the state while anybody can see it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._state = State()

    def show_state(self, state: State) -> None:
        """Show a state, now or when it can be seen."""
        self._state = state
        if self.isVisible():
            self.catch_up(state)

    def catch_up(self, state: State) -> None:
        """Show a state."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened meanwhile."""
        super().showEvent(event)
        self.catch_up(self._state)


class Details(_Tab):
    """Histogram, file information, and the comparison with the truth."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Details"))
        self.histogram = Histogram()
        self.info = FileInfo()
        self.truth = TruthPanel()
        inner = QWidget()
        layout = column(margin=2 * SPACE, spacing=2 * SPACE)
        for title, widget in (
            (self.tr("Histogram"), self.histogram),
            (self.tr("Comparison with the truth"), self.truth),
            (self.tr("File information"), self.info),
        ):
            section = Section(title)
            section.content.addWidget(widget)
            layout.addWidget(section)
        layout.addStretch(1)
        inner.setLayout(layout)
        self.setWidget(inner)
        WheelGuard(inner)

    def catch_up(self, state: State) -> None:
        """Tell of the open picture."""
        for part in (self.histogram, self.info, self.truth):
            part.show_state(state)

    def close_lanes(self) -> bool:
        """End all threads; return whether they ended."""
        return all((self.histogram.close_lane(), self.info.close_lane(), self.truth.close_lane()))


class Insight(_Tab):
    """Where the attention looks; made when it is first seen, for it needs torch.

    Signals:
        chosen: A place that much is taken from, a Box in pixels of the original, or None.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Attention"))
        self._view: AttentionView | None = None

    def catch_up(self, state: State) -> None:
        """Look into the open picture."""
        if self._view is None:
            from ..attention.panel import AttentionView

            self._view = AttentionView()
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
        """Let the tab key find here what would come last of all in the window."""
        tab = Qt.FocusPolicy.TabFocus
        last: QWidget | None = self.previousInFocusChain()
        while last is not None and not last.focusPolicy() & tab:
            last = last.previousInFocusChain()
        for child in inner.findChildren(QWidget):
            if last is not None and child.focusPolicy() & tab and child.window() is self.window():
                self.setTabOrder(last, child)
                last = child

    def look_from(self, place: tuple[float, float]) -> None:
        """Look from a place of the result that was clicked, while this can be seen."""
        if self.isVisible() and self._view is not None:
            x, y = (int(n / self._state.scale) for n in place)
            self._view.look_at(y, x)

    def close_lanes(self) -> bool:
        """End the thread; return whether it ended."""
        return self._view is None or self._view.close_lane()

    def _tell(self, match: AttentionMatch | None) -> None:
        if match is None:
            self.chosen.emit(None)
        else:
            self.chosen.emit(Box(match.left, match.top, match.width, match.height))

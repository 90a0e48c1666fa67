"""Side panel: what is asked for, and what the picture is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabWidget, QWidget

from ..details.panel import Details
from ..restore.controls import ActionArea, Controls
from ..session.state import State
from ..widgets.forms import column, letter_width

_WIDTH = 336
_LETTERS = 44  # with a large font, it is as wide as these


class SidePanel(QWidget):
    """Two tabs, and the progress and buttons below them.

    Attributes:
        tabs: The tabs.
        controls: The recipe.
        details: Facts of the picture and its result.
        area: The progress, and the buttons to run and to save.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidePanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(max(_WIDTH, _LETTERS * letter_width(self)))
        self.controls = Controls()
        self.details = Details()
        self.area = ActionArea()
        self.tabs = QTabWidget(documentMode=True)
        for named in (self.tabs, self.tabs.tabBar()):
            named.setAccessibleName(self.tr("Side panel"))
        self.tabs.addTab(self.controls, self.tr("Restore"))
        self.tabs.addTab(self.details, self.tr("Details"))
        layout = column(spacing=0)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.area)
        self.setLayout(layout)

    def show_state(self, state: State) -> None:
        """Show the recipe, the facts and the work."""
        for part in (self.controls, self.details, self.area):
            part.show_state(state)

    def close_workers(self) -> bool:
        """End the threads; return whether they ended."""
        ended = self.details.close_workers()
        return self.controls.steps.references.close_workers() and ended

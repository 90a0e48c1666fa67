"""Details: histogram, comparison with a ground truth, file information, models of the steps."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ..session.state import State
from ..widgets.forms import Section, WheelGuard, column
from ..widgets.tab import Tab
from ..widgets.theme import SPACE
from .file_info import FileInfo
from .ground_truth import GroundTruthPanel
from .histogram import Histogram
from .models import ModelFacts


class Details(Tab):
    """The tab of the details."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(State(), parent)
        self.setAccessibleName(self.tr("Details"))
        self.histogram = Histogram()
        self.info = FileInfo()
        self.ground_truth = GroundTruthPanel()
        self.models = ModelFacts()
        inner = QWidget()
        layout = column(margin=2 * SPACE, spacing=2 * SPACE)
        for title, widget in (
            (self.tr("Histogram"), self.histogram),
            (self.tr("Compare with a reference original"), self.ground_truth),
            (self.tr("File information"), self.info),
            (self.tr("Models"), self.models),
        ):
            section = Section(title)
            section.content.addWidget(widget)
            layout.addWidget(section)
        layout.addStretch(1)
        inner.setLayout(layout)
        self.setWidget(inner)
        WheelGuard(inner)

    def update_to(self, state: State) -> None:
        """Show the open picture."""
        for part in (self.histogram, self.info, self.ground_truth, self.models):
            part.show_state(state)

    def close_workers(self) -> bool:
        """End all threads; return whether they ended."""
        return all(
            (
                self.histogram.close_workers(),
                self.info.close_workers(),
                self.ground_truth.close_workers(),
            )
        )

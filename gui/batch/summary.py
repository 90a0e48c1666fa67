"""Summary: how far all pictures of the batch are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QProgressBar, QPushButton, QWidget

from ..session.documents import Badge
from ..session.state import State
from ..widgets.forms import column, row
from ..widgets.words import duration


class Summary(QWidget):
    """Numbers of pictures by what has become of them, the time left, and a bar.

    Signals:
        reported: The file that a report is written to.
    """

    reported = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.report = QPushButton(self.tr("Save report …"))
        self.report.setToolTip(self.tr("Save a text file with the outcome of each file"))
        self.report.clicked.connect(self._browse_report)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress of all pictures"))
        layout = column()
        layout.addLayout(row(self.text, self.report, stretch=0))
        layout.addWidget(self.bar)
        self.setLayout(layout)

    def show_progress(self, state: State, counts: Mapping[Badge, int]) -> None:
        """Show how far all is.

        Args:
            state: The state.
            counts: Numbers of pictures by their badges.
        """
        total = sum(counts.values())
        done = sum(counts[badge] for badge in ("ready", "saved", "skipped", "failed"))
        within = sum(each.part for each in state.filing.progress.values())
        if state.strip.running is not None:
            within += state.progress.done / max(1, state.progress.total)
        self.bar.setVisible(total > 0)
        self.bar.setRange(0, max(1, total) * 100)
        self.bar.setValue(round((done + within) * 100))
        self.text.setText(self._said(state, counts))

    def _said(self, state: State, counts: Mapping[Badge, int]) -> str:
        total = sum(counts.values())
        if not total:
            return self.tr("The list is empty.")
        words = (
            (counts["saved"], self.tr("%n saved", "", counts["saved"])),
            (counts["ready"], self.tr("%n not saved", "", counts["ready"])),
            (counts["skipped"], self.tr("%n skipped", "", counts["skipped"])),
            (counts["failed"], self.tr("%n failed", "", counts["failed"])),
            (counts["running"], self.tr("%n running", "", counts["running"])),
            (counts["waiting"], self.tr("%n waiting", "", counts["waiting"])),
        )
        said = [self.tr("%n pictures", "", total), *(word for count, word in words if count)]
        left = state.filing.seconds_left
        if state.filing.stopping:
            said.append(self.tr("stopping after this tile …"))
        elif left is not None and counts["waiting"] + counts["running"]:
            said.append(self.tr("about %1 left").replace("%1", duration(left)))
        return " · ".join(said)

    def _browse_report(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save the report"), "report.jsonl")
        if name:
            self.reported.emit(Path(name))

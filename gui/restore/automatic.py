"""Automatic: the first choice of all, which repairs what each picture needs."""

from __future__ import annotations

from itertools import zip_longest

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget

from ..session.choices import SCALES, Choices
from ..session.state import State
from ..widgets.forms import Picker, column, hint, row
from ..widgets.titles import found_title, task_title
from ..widgets.words import duration, size

_INDENT = 24  # below the text of a check box
_NO_BREAK = "\N{NO-BREAK SPACE}"  # between a number and its unit


class Automatic(QWidget):
    """A check box, the enlargement, and a sentence on the open picture.

    Signals:
        chosen: Whether it is wanted, and the enlargement.
    """

    chosen = Signal(bool, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = QCheckBox(self.tr("Automatic"))
        self.wanted.setAccessibleName(self.tr("Automatic"))
        self.wanted.setToolTip(self.tr("Repairs the damage found in each picture."))
        self.scale = Picker()
        self.scale.setSizeAdjustPolicy(Picker.SizeAdjustPolicy.AdjustToContents)
        self.scale.setAccessibleName(self.tr("Automatic: enlarge by"))
        for scale in SCALES:
            larger = self.tr("Enlarge %1 ×").replace("%1", str(scale))
            self.scale.addItem(larger if scale > 1 else self.tr("Same size"), scale)
        self.sentence = hint()
        self.sentence.setContentsMargins(_INDENT, 0, 0, 4)
        self.change = QPushButton(self.tr("Change the steps"))
        self.change.setToolTip(self.tr("Turns Automatic off and shows its steps"))
        self.change.setAccessibleDescription(self.change.toolTip())
        self.change.clicked.connect(self.wanted.click)
        layout = column(spacing=6)
        layout.addLayout(row(self.wanted, self.scale, stretch=0))
        layout.addWidget(self.sentence)
        layout.addLayout(row(self.change, stretch=1))
        self.setLayout(layout)
        self.wanted.toggled.connect(self._take)
        self.scale.activated.connect(self._take)

    def show_state(self, state: State) -> None:
        """Show whether it is wanted, and what it does to the open picture."""
        choices = state.choices
        with QSignalBlocker(self.wanted), QSignalBlocker(self.scale):
            self.wanted.setChecked(choices.automatic)
            self.scale.setCurrentIndex(self.scale.findData(choices.enlargement))
        self.scale.setVisible(choices.automatic)
        self.sentence.setVisible(choices.automatic)
        self.change.setVisible(choices.automatic and bool(choices.steps))
        words = self._words(choices, opened=state.opened is not None)
        document = state.strip.document
        if choices.steps and document is not None and document.price is not None:
            price = duration(document.price.seconds), size(document.price.memory)
            cost = self.tr("About %1, %2.")
            for mark, figure in zip(("%1", "%2"), price, strict=True):
                cost = cost.replace(mark, figure.replace(" ", _NO_BREAK))
            words = f"{words} {cost}"
        self.sentence.setText(words)

    def _words(self, choices: Choices, *, opened: bool) -> str:
        if not opened:
            return self.tr("Repairs the damage found in each picture.")
        if choices.chosen is None:
            return self.tr("Looking at the picture …")
        kinds, strengths = choices.chosen.kinds, choices.chosen.strengths
        pairs = zip_longest(kinds, strengths[: len(kinds)], fillvalue=0.0)
        titles = dict.fromkeys(found_title(str(kind), strength) for kind, strength in pairs)
        found = ", ".join(titles) or self.tr("no damage")
        steps = ", ".join(task_title(spec.task) for spec in choices.models)
        text = self.tr("Found: %1. Suggested: %2.")
        text = text if steps else self.tr("Found: %1. Nothing to do.")
        return text.replace("%1", found).replace("%2", steps)

    def _take(self) -> None:
        self.chosen.emit(self.wanted.isChecked(), self.scale.currentData())

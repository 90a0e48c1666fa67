"""Selection: what the contact sheet compares, recipes and models at several strengths."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QListView, QWidget

from restorer import TASKS, list_models, model_spec, usual_task

from ..session.choices import automatic_choices
from ..session.state import State
from ..widgets.forms import column, labeled
from ..widgets.titles import task_title
from .rows import MarkDelegate, WayChoice
from .ways import Way, model_way, recipes

# The tasks that need nothing but a picture, in the order of a chain.
_TASKS = tuple(
    task.id
    for task in sorted(TASKS.values(), key=lambda task: task.place)
    if task.place and not task.needs_references
)


class WaySelection(QWidget):
    """A task, the ways to do it, and strengths.

    Args:
        presets: File of the presets, which are among the recipes.

    Signals:
        changed: Other ways may be checked.
        chosen: The user has checked other ways, or chosen another task or strength.
    """

    changed = Signal()
    chosen = Signal()

    def __init__(self, presets: Path) -> None:
        super().__init__()
        self._presets = presets
        self._listed: tuple[object, ...] = ()
        self._active = ""  # the task that is done to the picture
        self._choices = automatic_choices()
        self._usable: frozenset[str] = frozenset()
        self.ways = WayChoice(self)
        self.task = QComboBox()
        self.list = QListView()
        self.list.setObjectName("modelChoice")
        self.list.setItemDelegate(MarkDelegate(self))
        self.list.setModel(self.ways)
        self.list.setAccessibleName(self.tr("What to compare"))
        self.strengths = QComboBox()
        self.strengths.addItem("100 %", [1.0])
        self.strengths.addItem(self.tr("100 and 70 %"), [1.0, 0.7])
        self.strengths.addItem(self.tr("25 to 100 %"), [1.0, 0.75, 0.5, 0.25])
        layout = column()
        layout.addLayout(labeled(self.tr("Task"), self.task))
        layout.addWidget(self.list, 1)
        layout.addLayout(labeled(self.tr("Strengths"), self.strengths))
        self.setLayout(layout)
        self.task.currentIndexChanged.connect(self._list_models)
        self.ways.dataChanged.connect(lambda: self.changed.emit())
        for choice in (self.ways.dataChanged, self.task.activated, self.strengths.activated):
            choice.connect(lambda *_: self.chosen.emit())
        self.ways.modelReset.connect(self.changed)

    @property
    def wanted(self) -> list[Way]:
        """The checked ways, models at each of the strengths."""
        found = []
        for way in self.ways.marked:
            if way.choices is not None:
                found.append(way)
            else:
                spec = model_spec(way.steps[0].model)
                strengths = self.strengths.currentData()
                found += [model_way(spec, self._choices, strength) for strength in strengths]
        return found

    def show_state(self, state: State) -> None:
        """Offer the models whose files are here, those of the task that is done first."""
        self._choices = state.choices
        if state.usable != self._usable:
            self._usable = state.usable
            self._list_tasks()
        active = next((s.task for s in self._choices.models if s.task in _TASKS), "")
        if active and active != self._active:
            self._active = active
            self.task.setCurrentIndex(max(0, self.task.findData(active)))
        self._list_models()

    def _list_tasks(self) -> None:
        kept = self.task.currentData()
        self.task.blockSignals(True)
        self.task.clear()
        for task in _TASKS:
            if any(spec.id in self._usable for spec in list_models(task)):
                self.task.addItem(task_title(task), task)
        usual = max(0, self.task.findData(usual_task()))
        self.task.setCurrentIndex(max(0, self.task.findData(kept)) if kept else usual)
        self.task.blockSignals(False)
        self._list_models()

    def _list_models(self) -> None:
        """List the recipes, then the models of the task, that in use first."""
        task = self.task.currentData()
        shown = (self._choices, self._usable, task)
        if shown == self._listed:
            return
        self._listed = shown
        specs = [spec for spec in list_models(task) if spec.id in self._usable] if task else []
        used = {spec.id for spec in self._choices.models}
        specs.sort(key=lambda spec: spec.id not in used)
        models = [model_way(spec, self._choices) for spec in specs]
        self.ways.set_ways([*recipes(self._choices, self._presets), *models])

"""StepList: one row for each task, with its model and the options of that model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QRadioButton, QVBoxLayout, QWidget

from restorer import (
    TASKS,
    UNCOMPRESSED,
    ModelSpec,
    list_models,
    model_spec,
    mosaic_task,
    usual_task,
)

from ..session.choices import RAW_ORDER, Choices, TaskChoice
from ..session.state import State
from ..widgets.forms import Picker, ValueSlider, column, hint, row
from ..widgets.model_names import model_name, model_use
from ..widgets.titles import kind_title, speed_title, task_title
from ..widgets.words import number
from .automatic import Automatic
from .damage import Damage
from .references import References

_LOW, _HIGH = 15, 35  # noise levels at which the words change
_INDENT = 24  # below the text of a check box


class StepRow(QWidget):
    """One task: a check box, its model, and facts about the model.

    Signals:
        changed: The choice that is asked for now.
        more: The user wants other models.
    """

    changed = Signal(object)
    more = Signal()

    def __init__(self, task: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.task = task
        self._choice = TaskChoice(task, "")
        # Of the tasks that enlarge, one can be wanted, or none.
        self.wanted = QRadioButton(title) if TASKS[task].enlarges else QCheckBox(title)
        self.wanted.setAutoExclusive(False)
        self.wanted.setAccessibleName(title)
        self.model = Picker()
        self.model.setAccessibleName(self.tr("Model for: %1").replace("%1", title))
        self.facts = hint()
        self.body = QWidget()
        self.content = column(spacing=6)
        self.content.setContentsMargins(_INDENT, 0, 0, 4)
        self.content.addWidget(self.model)
        self.content.addWidget(self.facts)
        self.body.setLayout(self.content)
        self.head = row(self.wanted, stretch=0)
        layout = column(spacing=6)
        layout.addLayout(self.head)
        layout.addWidget(self.body)
        self.setLayout(layout)
        self.wanted.toggled.connect(self._want)
        self.model.activated.connect(self._pick)

    def show_choice(self, choice: TaskChoice, specs: Sequence[ModelSpec], facts: str) -> None:
        """Show the choice, and the models of its task."""
        self._choice = choice
        with QSignalBlocker(self.wanted), QSignalBlocker(self.model):
            self.wanted.setChecked(choice.wanted)
            self.model.clear()
            for spec in specs:
                self.model.addItem(model_name(spec), spec.id)
                self.model.setItemData(
                    self.model.count() - 1, model_use(spec), Qt.ItemDataRole.ToolTipRole
                )
            self.model.addItem(self.tr("More models …"), "")
            chosen = self.model.findData(choice.model) if choice.model else 0
            self.model.setCurrentIndex(max(0, chosen))
            self.model.setToolTip(self.model.currentText())
        self.body.setVisible(choice.wanted)
        self.facts.setText(facts)

    def _want(self, wanted: bool) -> None:
        if wanted and self.model.currentData() == "":  # there is none yet
            with QSignalBlocker(self.wanted):
                self.wanted.setChecked(False)
            self.more.emit()
            return
        self.changed.emit(TaskChoice(self.task, self.model.currentData(), wanted))

    def _pick(self) -> None:
        model = self.model.currentData()
        if model == "":
            with QSignalBlocker(self.model):
                self.model.setCurrentIndex(max(0, self.model.findData(self._choice.model)))
            self.more.emit()
        else:
            self.changed.emit(TaskChoice(self.task, model, self.wanted.isChecked()))


class StepList(QWidget):
    """All tasks in the order in which they run.

    Signals:
        chosen: The choices that are asked for now.
        more: The user wants other models.
    """

    chosen = Signal(object)
    more = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: Choices | None = None
        self._usable: frozenset[str] = frozenset()
        self._shown: tuple[object, ...] = ()
        self.automatic = Automatic()
        self.automatic.chosen.connect(self._take_automatic)
        self.rows = {task: StepRow(task, task_title(task)) for task in RAW_ORDER}
        self.rows[mosaic_task()].wanted.setEnabled(False)  # RAW files have no colors otherwise
        self.references = References()
        self.references.chosen.connect(self._take_references)
        self.sigma = Damage("sigma", self.tr("Noise level"), self.tr("Noise level: automatic"), 0)
        self.quality = Damage(
            "jpeg_quality", self.tr("JPEG quality"), self.tr("JPEG quality: automatic"), 75
        )
        self.denoise = ValueSlider(self.tr("Noise to remove"), 0, 100, 1, suffix=" %")
        self.denoise.setToolTip(self.tr("The share of noise that the enlargement removes"))
        self.scale = Picker()
        self.scale.setAccessibleName(self.tr("Enlarge by"))
        self._fill_rows()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.automatic)
        for each in self.rows.values():
            layout.addWidget(each)
            each.changed.connect(self._take_task)
            each.more.connect(self.more)
        for damage in (self.sigma, self.quality):
            damage.changed.connect(self._take_damage)
        self.scale.activated.connect(self._take_scale)
        self.denoise.moved.connect(lambda percent: self._take_damage("denoise", percent / 100))

    def _fill_rows(self) -> None:
        for damage in (self.sigma, self.quality):
            self.rows[damage.task].content.addWidget(damage)
        enlarging = self.rows[usual_task()]
        enlarging.head.addWidget(self.scale)
        enlarging.content.addWidget(self.denoise)
        for before, after in ((enlarging.wanted, self.scale), (self.scale, enlarging.model)):
            QWidget.setTabOrder(before, after)
        self.rows[usual_task(references=True)].content.addWidget(self.references)

    def show_state(self, state: State) -> None:
        """Show the chosen values."""
        self.references.show_state(state)
        self.automatic.show_state(state)
        damage = (state.estimated_sigma, state.estimated_quality)
        shown = (state.choices, state.usable, state.pace, *damage)
        if shown != self._shown:
            self._shown = shown
            self._show_rows(state)

    def _show_rows(self, state: State) -> None:
        self._choices = choices = state.choices
        self._usable = state.usable
        for task, each in self.rows.items():
            if task == mosaic_task() and not choices.raw:
                each.setVisible(False)
                continue
            choice = choices.task_choice(task)
            specs = self._specs(state, task)
            offered = bool(specs) or bool(TASKS[task].default_models)
            each.setVisible(offered and not choices.automatic)
            if task == usual_task():
                self._show_scales(specs, choice.model)
                self.scale.setVisible(choice.wanted)
                self.denoise.setVisible(bool(choice.model and model_spec(choice.model).twin))
                share = choices.template.denoise
                self.denoise.set_value(100 if share is None else round(100 * share))
                own = model_spec(choice.model).scale if choice.model else 0
                specs = [spec for spec in specs if spec.scale == own]
            each.show_choice(choice, specs, facts(choice.model))
        self._show_damage(state)

    def _specs(self, state: State, task: str) -> list[ModelSpec]:
        own = state.choices.task_choice(task).model
        return [spec for spec in list_models(task) if spec.id in state.usable or spec.id == own]

    def _show_scales(self, specs: Sequence[ModelSpec], model: str) -> None:
        with QSignalBlocker(self.scale):
            self.scale.clear()
            for scale in sorted({spec.scale for spec in specs}):
                self.scale.addItem(f"{scale} ×", scale)
            if model:
                self.scale.setCurrentIndex(self.scale.findData(model_spec(model).scale))

    def _show_damage(self, state: State) -> None:
        choices, sigma, quality = state.choices, state.estimated_sigma, state.estimated_quality
        for damage in (self.sigma, self.quality):
            model = choices.task_choice(damage.task).model
            damage.setVisible(bool(model) and model_spec(model).condition == damage.field)
        if choices.models and choices.models[0].task != self.sigma.task:
            said = self.tr("after the previous step")
        else:
            said = "" if sigma is None else f"{self._level(sigma)}, {number(sigma, 1)}"
        self.sigma.show_value(choices.template.sigma, sigma, said)
        if quality == UNCOMPRESSED:
            said = self.tr("no traces of JPEG")
        else:
            said = "" if quality is None else str(quality)
        self.quality.show_value(choices.template.jpeg_quality, quality, said)

    def _level(self, sigma: float) -> str:
        """Return a word for a noise level on the 0-255 scale."""
        if sigma < _LOW:
            return self.tr("low")
        return self.tr("medium") if sigma < _HIGH else self.tr("high")

    def _take_task(self, choice: TaskChoice) -> None:
        if self._choices is not None:
            self.chosen.emit(
                self._choices.with_task(choice.task, model=choice.model, wanted=choice.wanted)
            )

    def _take_automatic(self, wanted: bool, enlargement: int) -> None:
        if self._choices is None:
            return
        if wanted:
            self.chosen.emit(
                replace(self._choices, automatic=True, enlargement=enlargement).suited(None)
            )
        else:  # with the steps that it had chosen, to change them
            self.chosen.emit(replace(self._choices, automatic=False, enlargement=1, chosen=None))

    def _take_damage(self, field: str, value: float | None) -> None:
        if self._choices is not None:
            self.chosen.emit(self._choices.with_values(**{field: value}))

    def _take_scale(self) -> None:
        if self._choices is None:
            return
        scale = self.scale.currentData()
        fitting = (s.id for s in list_models(usual_task()) if s.scale == scale)
        model = next(model for model in fitting if model in self._usable)
        self.chosen.emit(self._choices.with_task(usual_task(), model=model))

    def _take_references(self, paths: object) -> None:
        if self._choices is not None:
            self.chosen.emit(self._choices.with_changes(references=paths))


def facts(model: str) -> str:
    """Return the kind and the speed of a model in one line."""
    if not model:
        return ""
    spec = model_spec(model)
    speed = speed_title(spec)
    said = QCoreApplication.translate("models", "speed: %1").replace("%1", speed) if speed else ""
    return " · ".join(filter(None, (kind_title(spec.kind), said)))

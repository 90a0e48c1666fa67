"""Chain: one row for each task, with its model and what it must be told."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from restorer import UNCOMPRESSED, ModelSpec, list_models, model_spec

from ..session.choices import CHAIN, Choices, Link
from ..session.state import State
from ..widgets.forms import Picker, column, hint, row
from ..widgets.titles import title_of
from ..widgets.words import number, size
from .damage import Damage
from .references import References

_INDENT = 24  # below the text of a check box


class ChainRow(QWidget):
    """One task: whether it is wanted, its model, and what the model is good at.

    Signals:
        changed: The link that is now asked for.
        more: The user wants other models.
    """

    changed = Signal(object)
    more = Signal()

    def __init__(self, task: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.task = task
        self._link = Link(task, "")
        self.wanted = QCheckBox(title)
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

    def show_link(self, link: Link, specs: Sequence[ModelSpec], facts: str) -> None:
        """Show what is asked, and the models there are for it."""
        self._link = link
        with QSignalBlocker(self.wanted), QSignalBlocker(self.model):
            self.wanted.setChecked(link.wanted)
            self.model.clear()
            for spec in specs:
                title = title_of(spec)
                self.model.addItem(f"{title[:1].upper()}{title[1:]}", spec.id)
                self.model.setItemData(
                    self.model.count() - 1, f"{spec.id}: {title}", Qt.ItemDataRole.ToolTipRole
                )
            self.model.addItem(self.tr("More models …"), "")
            self.model.setCurrentIndex(max(0, self.model.findData(link.model)))
            self.model.setToolTip(self.model.currentText())
        self.body.setVisible(link.wanted)
        self.facts.setText(facts)

    def _want(self, wanted: bool) -> None:
        if wanted and self.model.currentData() == "":  # there is none yet
            with QSignalBlocker(self.wanted):
                self.wanted.setChecked(False)
            self.more.emit()
            return
        self.changed.emit(Link(self.task, self.model.currentData(), wanted))

    def _pick(self) -> None:
        model = self.model.currentData()
        if model == "":
            with QSignalBlocker(self.model):
                self.model.setCurrentIndex(max(0, self.model.findData(self._link.model)))
            self.more.emit()
        else:
            self.changed.emit(Link(self.task, model, self.wanted.isChecked()))


class Chain(QWidget):
    """All tasks in the order in which they run.

    Signals:
        chosen: The choices that are asked for now.
        more: The user wants other models.
    """

    chosen = Signal(object)
    more = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        titles = {
            "deblocking": self.tr("Remove JPEG artifacts"),
            "denoising": self.tr("Remove noise"),
            "super-resolution": self.tr("Enlarge"),
            "reference-sr": self.tr("Enlarge with reference pictures"),
        }
        self._choices: Choices | None = None
        self._usable: frozenset[str] = frozenset()
        self._shown: tuple[object, ...] = ()
        self.rows = {task: ChainRow(task, titles[task]) for task in CHAIN}
        self.references = References()
        self.references.chosen.connect(self._take_references)
        self.sigma = Damage(self.tr("Noise level"), self.tr("Measure the noise"), 0, 75, 0)
        self.quality = Damage(self.tr("JPEG quality"), self.tr("Find out the quality"), 1, 100, 75)
        self.scale = Picker()
        self.scale.setAccessibleName(self.tr("Enlarge by"))
        self._fill_rows()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for each in self.rows.values():
            layout.addWidget(each)
            each.changed.connect(self._take_link)
            each.more.connect(self.more)
        self.sigma.changed.connect(self._take_sigma)
        self.quality.changed.connect(self._take_quality)
        self.scale.activated.connect(self._take_scale)

    def _fill_rows(self) -> None:
        self.rows["deblocking"].content.addWidget(self.quality)
        self.rows["denoising"].content.addWidget(self.sigma)
        enlarging = self.rows["super-resolution"]
        enlarging.head.addWidget(self.scale)
        for before, after in ((enlarging.wanted, self.scale), (self.scale, enlarging.model)):
            QWidget.setTabOrder(before, after)
        self.rows["reference-sr"].content.addWidget(self.references)

    def show_state(self, state: State) -> None:
        """Show what is asked."""
        self.references.show_state(state)
        damage = (state.measured_sigma, state.found_quality)
        shown = (state.choices, state.usable, state.pace, *damage)
        if shown != self._shown:
            self._shown = shown
            self._show_rows(state)

    def _show_rows(self, state: State) -> None:
        self._choices = choices = state.choices
        self._usable = state.usable
        for task, each in self.rows.items():
            link = choices.link(task)
            specs = self._specs(state, task)
            if task == "super-resolution":
                self._show_scales(specs, link.model)
                self.scale.setVisible(link.wanted)
                own = model_spec(link.model).scale if link.model else 0
                specs = [spec for spec in specs if spec.scale == own]
            each.show_link(link, specs, facts(state, link.model, self.tr("s/MP")))
        self._show_damage(state)

    def _specs(self, state: State, task: str) -> list[ModelSpec]:
        own = state.choices.link(task).model
        return [spec for spec in list_models(task) if spec.id in state.usable or spec.id == own]

    def _show_scales(self, specs: Sequence[ModelSpec], model: str) -> None:
        with QSignalBlocker(self.scale):
            self.scale.clear()
            for scale in sorted({spec.scale for spec in specs}):
                self.scale.addItem(f"{scale} ×", scale)
            if model:
                self.scale.setCurrentIndex(self.scale.findData(model_spec(model).scale))

    def _show_damage(self, state: State) -> None:
        choices, sigma, quality = state.choices, state.measured_sigma, state.found_quality
        self.sigma.setVisible(_told(choices, "denoising") == "sigma")
        if choices.models and choices.models[0].task != "denoising":
            said = self.tr("after the task before")
        else:
            said = "" if sigma is None else self.tr("found: %1").replace("%1", number(sigma, 1))
        self.sigma.show_figure(choices.sigma, sigma, said)
        self.quality.setVisible(_told(choices, "deblocking") == "jpeg_quality")
        if quality == UNCOMPRESSED:
            said = self.tr("no traces of JPEG")
        else:
            said = "" if quality is None else self.tr("found: %1").replace("%1", str(quality))
        self.quality.show_figure(choices.jpeg_quality, quality, said)

    def _take_link(self, link: Link) -> None:
        if self._choices is not None:
            self.chosen.emit(
                self._choices.with_link(link.task, model=link.model, wanted=link.wanted)
            )

    def _take_sigma(self, sigma: float | None) -> None:
        if self._choices is not None:
            self.chosen.emit(self._choices.with_changes(sigma=sigma))

    def _take_quality(self, quality: float | None) -> None:
        if self._choices is not None:
            told = None if quality is None else round(quality)
            self.chosen.emit(self._choices.with_changes(jpeg_quality=told))

    def _take_scale(self) -> None:
        if self._choices is None:
            return
        scale = self.scale.currentData()
        fitting = (s.id for s in list_models("super-resolution") if s.scale == scale)
        model = next(model for model in fitting if model in self._usable)
        self.chosen.emit(self._choices.with_link("super-resolution", model=model))

    def _take_references(self, paths: object) -> None:
        if self._choices is not None:
            self.chosen.emit(self._choices.with_changes(references=paths))


def _told(choices: Choices, task: str) -> str:
    """Return what of the damage the network of a task is told, or nothing."""
    model = choices.link(task).model
    return (model_spec(model).condition or "") if model else ""


def facts(state: State, model: str, unit: str) -> str:
    """Return id, size, speed and license of a model in one line."""
    if not model:
        return ""
    spec = model_spec(model)
    parts = [spec.id]
    if spec.weights.size:
        parts.append(size(spec.weights.size))
    seconds = state.pace.get((model,), spec.seconds)
    if seconds:
        parts.append(f"{number(seconds, 1)} {unit}")
    parts.append(spec.license)
    whole = str.maketrans({" ": "\N{NO-BREAK SPACE}", "-": "\N{NON-BREAKING HYPHEN}"})
    return " · ".join(part.translate(whole) for part in parts)

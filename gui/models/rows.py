"""Table of the models: name, task, state and speed; for experts id, license and test score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from restorer import ModelSpec, known_speed, list_models

from ..widgets.model_names import model_name, model_use
from ..widgets.titles import kind_sentence, kind_title, speed_title, task_title
from ..widgets.words import duration, size

MODEL, TASK, SCALE, SIZE, STATE, SPEED, ID, LICENSE, SCORE = range(9)
EXPERT = (ID, LICENSE, SCORE)  # columns of the expert view
USABLE = ("embedded", "installed")
_PHOTOGRAPH_MP = 12
_TOP = QModelIndex()


class ModelTable(QAbstractTableModel):
    """The table model; the state of weights is known after they are read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.specs: list[ModelSpec] = []
        self._states: dict[str, str] = {}
        self._heads = (
            self.tr("Model"),
            self.tr("Task"),
            self.tr("Scale"),
            self.tr("Size"),
            self.tr("Status"),
            self.tr("Speed"),
            self.tr("ID"),
            self.tr("License"),
            self.tr("Test score"),
        )
        self._words = {
            "embedded": self.tr("included"),
            "installed": self.tr("installed"),
            "fetch": self.tr("to download"),
            "browser": self.tr("manual download"),
            "absent": self.tr("missing"),
            "corrupt": self.tr("damaged"),
            "": self.tr("checking …"),
        }

    def words(self) -> dict[int, set[str]]:
        """Return all texts that a column may show."""
        specs = list_models()
        return {
            MODEL: {model_name(spec) for spec in specs},
            TASK: {task_title(spec.task) for spec in specs},
            STATE: set(self._words.values()),
            SPEED: {speed_title(spec) for spec in specs},
        }

    def set_specs(self, specs: Sequence[ModelSpec]) -> None:
        """Set the models; known states of weights are kept."""
        self.beginResetModel()
        self.specs = list(specs)
        self.endResetModel()

    def set_state(self, model: str, state: str) -> None:
        """Set the state of the weights of a model."""
        self._states[model] = state
        for row, spec in enumerate(self.specs):
            if spec.id == model:
                self.dataChanged.emit(self.index(row, 0), self.index(row, SCORE))

    def state(self, model: str) -> str:
        """Return the state of the weights of a model; empty until it is known."""
        return self._states.get(model, "")

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        """Return the number of models."""
        return 0 if parent.isValid() else len(self.specs)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the head of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Return the text of a cell."""
        spec = self.specs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(spec, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(spec, index.column()) or self.tr("unknown")
        if role == Qt.ItemDataRole.ToolTipRole:
            return model_use(spec)
        return None

    def _text(self, spec: ModelSpec, column: int) -> str:
        if column == STATE:
            return self._words.get(self.state(spec.id), "")
        return {
            MODEL: model_name(spec),
            ID: spec.id,
            TASK: task_title(spec.task),
            SCALE: f"{spec.scale} ×",
            SIZE: size(spec.weights.size) if spec.weights.size else "",
            SPEED: speed_title(spec),
            LICENSE: spec.license,
            SCORE: spec.figure,
        }[column]


class ModelFilter(QSortFilterProxyModel):
    """Filters models by task, state of weights and text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task, self._text = "", ""
        self._states: tuple[str, ...] = ()

    def narrow(self, task: str, states: Sequence[str], text: str) -> None:
        """Show models that match all three; an empty criterion matches all."""
        self._task, self._states, self._text = task, tuple(states), text.casefold()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        """Return whether a model is shown."""
        table = self.sourceModel()
        assert isinstance(table, ModelTable)
        spec = table.specs[row]
        names = (spec.id, model_name(spec), model_use(spec), kind_title(spec.kind))
        words = " ".join((*names, spec.license, spec.source)).casefold()
        return (
            self._task in ("", spec.task)
            and (not self._states or table.state(spec.id) in self._states)
            and self._text in words
        )


def facts(spec: ModelSpec, pace: float | None) -> list[tuple[str, str]]:
    """Return what a photographer wants to know of a model, as pairs of name and text.

    `pace` is that of `measured_pace`.
    """
    translate = QCoreApplication.translate
    said = [
        (translate("models", "Good at"), model_use(spec)),
        (translate("models", "Kind"), kind_sentence(spec.kind)),
        (translate("models", "Time"), _time(spec, pace)),
        (translate("models", "Size"), size(spec.weights.size) if spec.weights.size else ""),
    ]
    return [(name, text) for name, text in said if text]


def measured_pace(spec: ModelSpec) -> float | None:
    """Return the seconds per megapixel that were measured on this machine; None before that."""
    speed = known_speed(spec, "auto")
    return None if speed is None else 1e6 / speed


def _time(spec: ModelSpec, pace: float | None) -> str:
    """Return the time for a photograph of usual size, and whether it was measured here."""
    translate = QCoreApplication.translate
    if pace is None and not spec.seconds:
        return ""
    if pace is None:
        said = translate("models", "about %1 for a photograph of 12 megapixels (estimate)")
    else:
        said = translate("models", "%1 for a photograph of 12 megapixels (measured here)")
    return said.replace("%1", duration(_PHOTOGRAPH_MP * (pace or spec.seconds)))

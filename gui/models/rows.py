"""Table of the models: task, weights, speed, license and test score."""

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

from restorer import ModelSpec, list_models

from ..widgets.titles import kind_sentence, kind_title, speed_title, task_title, title_of
from ..widgets.words import number, size

MODEL, TASK, SCALE, SIZE, STATE, SPEED, LICENSE, SCORE = range(8)
USABLE = ("embedded", "installed")
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
            self.tr("Weights"),
            self.tr("Speed"),
            self.tr("License"),
            self.tr("Test score"),
        )
        self._words = {
            "embedded": self.tr("built in"),
            "installed": self.tr("installed"),
            "fetch": self.tr("can be downloaded"),
            "browser": self.tr("manual download"),
            "absent": self.tr("missing"),
            "corrupt": self.tr("damaged"),
            "": self.tr("checking …"),
        }

    def words(self) -> dict[int, set[str]]:
        """Return all texts that a column may show."""
        specs = list_models()
        return {
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
            return title_of(spec)
        return None

    def _text(self, spec: ModelSpec, column: int) -> str:
        if column == STATE:
            return self._words.get(self.state(spec.id), "")
        return {
            MODEL: spec.id,
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
        words = f"{spec.id} {title_of(spec)} {kind_title(spec.kind)} {spec.license} {spec.source}"
        words = words.casefold()
        return (
            self._task in ("", spec.task)
            and (not self._states or table.state(spec.id) in self._states)
            and self._text in words
        )


def facts(spec: ModelSpec) -> list[tuple[str, str]]:
    """Return the facts of a model as pairs of name and text."""
    translate = QCoreApplication.translate
    cost = translate("models", "%1 s per megapixel on two CPU cores")
    said = [
        (translate("models", "Good at"), title_of(spec)),
        (translate("models", "Kind"), kind_sentence(spec.kind)),
        (translate("models", "Measured"), spec.figure),
        (
            translate("models", "Speed"),
            cost.replace("%1", number(spec.seconds, 1)) if spec.seconds else "",
        ),
        (translate("models", "License"), spec.license),
        (translate("models", "Source"), spec.source),
        (translate("models", "File"), _file(spec)),
    ]
    return [(name, text) for name, text in said if text]


def _file(spec: ModelSpec) -> str:
    if not spec.weights.size:
        return ""
    digest = spec.weights.sha256[:16]
    return f"{spec.weights.name}, {size(spec.weights.size)}, SHA-256 {digest}…"

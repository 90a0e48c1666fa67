"""Rows of the queue, one per file, and the table model of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QGuiApplication, QIcon

from restorer import Job, Progress, Result

from ..session.documents import Badge
from ..session.thumbnails import Thumbnails
from ..widgets.badges import badge_icon
from ..widgets.theme import colors_of
from ..widgets.titles import step_name
from ..widgets.words import duration, error_text
from .jobs import local
from .runner import BatchUpdate

RowState: TypeAlias = Literal["waiting", "running", "done", "skipped", "failed", "cancelled"]
Index: TypeAlias = QModelIndex | QPersistentModelIndex

NAME, STATE, PROGRESS, TIME, REMARK = range(5)
FRACTION = Qt.ItemDataRole.UserRole  # finished share of a running job; None for other rows
_TOP = QModelIndex()
_BADGES: dict[RowState, Badge] = {
    "waiting": "waiting",
    "running": "running",
    "done": "saved",
    "failed": "failed",
}
_MANY = 200  # ranges of changed rows; more are signaled as one range


@dataclass(frozen=True)
class Row:
    """One file.

    Attributes:
        job: The job.
        done: Number of finished tiles.
        total: Number of tiles; 0 until the network runs.
        left_s: Estimated rest in seconds; None while it is unknown.
        seconds: Duration.
        target: The file that was written.
        remark: Reason of a failure or skip, or notes on the result.
        incomplete: Whether the result lacks pages that could not be read.
    """

    job: Job
    state: RowState = "waiting"
    done: int = 0
    total: int = 0
    left_s: float | None = None
    seconds: float = 0.0
    target: Path | None = None
    remark: str = ""
    incomplete: bool = False

    @property
    def part(self) -> float:
        """Finished share of the running job, 0 to 1."""
        return self.done / max(1, self.total)

    @property
    def result(self) -> Path | None:
        """The restored picture, if there is one."""
        return self.target if self.state == "done" else None


def row_of(job: Job, result: Result) -> Row:
    """Return the row of a finished job."""
    notes = "; ".join(result.notes)
    remark = error_text(result.error, local(job.source)) if result.error else notes
    if result.status == "skipped":
        return Row(job, "skipped", remark=error_text(result.error, local(job.target)))
    if result.status == "cancelled":  # nothing was written
        return Row(job, "cancelled")
    return Row(
        job,
        result.status,
        seconds=result.seconds,
        target=local(result.target),
        remark=remark,
        incomplete=bool(result.missing),
    )


class QueueModel(QAbstractTableModel):
    """The table model of the queue.

    Args:
        thumbnails: For the first column.
        parent: Owner.
    """

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.counts: Counter[RowState] = Counter()
        self._numbers: dict[Job, int] = {}
        self._starts: dict[Job, tuple[float, int]] = {}  # when, and with how many tiles done
        self._thumbnails = thumbnails
        self._seen: dict[Path, int] = {}
        thumbnails.made.connect(self._show_thumbnail)
        self._heads = (
            self.tr("Picture"),
            self.tr("Status"),
            self.tr("Progress"),
            self.tr("Time"),
            self.tr("Notes"),
        )
        self._preparing = self.tr("Preparing")
        self._incomplete = self.tr("Incomplete")
        self._words: dict[RowState, str] = {
            "waiting": self.tr("Waiting"),
            "running": self.tr("Restoring"),
            "done": self.tr("Done"),
            "skipped": self.tr("Skipped"),
            "failed": self.tr("Failed"),
            "cancelled": self.tr("Canceled"),
        }

    def words(self) -> dict[int, set[str]]:
        """Return all texts that a column may show."""
        return {STATE: {*self._words.values(), self._preparing, self._incomplete}}

    # Called by the controller.

    def add(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        if not rows:
            return
        first = len(self.rows)
        self.beginInsertRows(_TOP, first, first + len(rows) - 1)
        self.rows += rows
        self._number()
        self.endInsertRows()

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove rows."""
        gone = set(numbers)
        stretches = list(_stretches(sorted(gone, reverse=True)))
        if len(stretches) > _MANY:
            self.beginResetModel()
            self.rows = [row for n, row in enumerate(self.rows) if n not in gone]
            self._number()
            self.endResetModel()
            return
        for first, last in stretches:
            self.beginRemoveRows(_TOP, first, last)
            del self.rows[first : last + 1]
            self._number()
            self.endRemoveRows()

    def change(self, numbers: Iterable[int], rows: Iterable[Row]) -> None:
        """Replace rows."""
        changed = []
        for number, row in zip(numbers, rows, strict=True):
            self._put(number, row)
            changed.append(number)
        self._emit(changed)

    def number(self, job: Job) -> int | None:
        """Return the row number of a job; None if it is not listed."""
        return self._numbers.get(job)

    def select(self, *states: RowState) -> list[int]:
        """Return the numbers of the rows in these states, in order."""
        return [n for n, row in enumerate(self.rows) if row.state in states]

    def take(self, update: BatchUpdate) -> None:
        """Show events; results of removed rows are discarded."""
        changed = []
        for job in update.started:
            changed.append(self._set(job, Row(job, "running")))
        for job, progress in update.progress.items():
            changed.append(self._set(job, self._running(job, progress)))
        for job, result in update.results.items():
            self._starts.pop(job, None)
            changed.append(self._set(job, row_of(job, result)))
        self._emit([n for n in changed if n is not None])

    @property
    def running_parts(self) -> float:
        """Sum of the finished shares of running rows."""
        return sum(self.rows[self._numbers[job]].part for job in self._starts)

    # Called by Qt.

    def rowCount(self, parent: Index = _TOP) -> int:
        """Return the number of files."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _TOP) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the head of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return the text, icon or color of a cell."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if column == PROGRESS else self._text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(row, column) or self.tr("nothing")
        if role == Qt.ItemDataRole.DecorationRole and column == NAME:
            self._seen[local(row.job.source)] = index.row()
            return self._thumbnails.get(local(row.job.source))
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return self._badge(row)
        if role == FRACTION and column == PROGRESS:
            return row.part if row.state == "running" else None
        wrong = row.state == "failed" or row.incomplete
        if role == Qt.ItemDataRole.BackgroundRole and wrong:
            return QColor(colors_of(QGuiApplication.palette()).error)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(row.job.source) if column == NAME else self._text(row, column)
        return None

    def _badge(self, row: Row) -> QIcon | None:
        """Return the badge that a picture in this state has in the film strip."""
        badge = "failed" if row.incomplete else _BADGES.get(row.state)
        return None if badge is None else badge_icon(badge, QGuiApplication.palette())

    def _text(self, row: Row, column: int) -> str:
        if column == NAME:
            return row.job.source.name
        if column == STATE:
            if row.incomplete:
                return self._incomplete
            preparing = row.state == "running" and not row.total
            return self._preparing if preparing else self._words[row.state]
        if column == PROGRESS:
            return f"{row.part:.0%}" if row.state == "running" else ""
        if column == TIME:
            return self._time(row)
        return row.remark or self._plan(row)

    def _time(self, row: Row) -> str:
        if row.state == "running" and row.left_s is not None:
            return self.tr("%1 left").replace("%1", duration(row.left_s))
        return duration(row.seconds) if row.state == "done" else ""

    def _plan(self, row: Row) -> str:
        if row.result is not None:
            return self.tr("Saved as %1").replace("%1", row.result.name)
        models = " → ".join(map(step_name, row.job.steps))
        return models if row.state in ("waiting", "running", "cancelled") else ""

    # Helpers.

    def _running(self, job: Job, progress: Progress) -> Row:
        done, total = progress.done, progress.total
        now = time.monotonic()
        start, before = self._starts.setdefault(job, (now, done))
        left = (now - start) / (done - before) * (total - done) if done > before else None
        return Row(job, "running", done, total, left)

    def _set(self, job: Job, row: Row) -> int | None:
        number = self._numbers.get(job)
        if number is not None:
            self._put(number, row)
        return number

    def _put(self, number: int, row: Row) -> None:
        before = self.rows[number]
        self.counts[before.state] -= 1
        self.counts[row.state] += 1
        self.rows[number] = row
        if row.state != "running":
            self._starts.pop(before.job, None)
        if before.job != row.job:
            del self._numbers[before.job]
            self._numbers[row.job] = number

    def _number(self) -> None:
        self._numbers = {row.job: number for number, row in enumerate(self.rows)}
        self.counts = Counter(row.state for row in self.rows)
        self._starts = {job: at for job, at in self._starts.items() if job in self._numbers}

    def _emit(self, numbers: Sequence[int]) -> None:
        stretches = list(_stretches(sorted(set(numbers), reverse=True)))
        if len(stretches) > _MANY:
            stretches = [(stretches[-1][0], stretches[0][1])]
        for first, last in stretches:
            self.dataChanged.emit(self.index(first, 0), self.index(last, REMARK))

    def _show_thumbnail(self, path: Path) -> None:
        number = self._seen.pop(path, -1)
        if 0 <= number < len(self.rows) and self.rows[number].job.source == path:
            cell = self.index(number, NAME)
            self.dataChanged.emit(cell, cell, [Qt.ItemDataRole.DecorationRole])


class RowFilter(QSortFilterProxyModel):
    """Shows the rows in some states, or all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._states: tuple[RowState, ...] = ()

    def show_only(self, *states: RowState) -> None:
        """Show rows in these states; all if none is given."""
        self._states = states
        self.invalidate()

    def filterAcceptsRow(self, number: int, parent: Index) -> bool:
        """Return whether a row is shown."""
        model = self.sourceModel()
        assert isinstance(model, QueueModel)
        return not self._states or model.rows[number].state in self._states


def _stretches(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each group of adjacent numbers; the numbers decrease."""
    falling = groupby(enumerate(numbers), key=lambda pair: pair[0] + pair[1])
    for _, group in falling:
        together = [number for _, number in group]
        yield together[-1], together[0]

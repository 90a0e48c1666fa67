"""DocumentModel: the list of all pictures for Qt's views; film strip and batch page show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QGuiApplication, QIcon

from ..session.documents import Badge, Document
from ..session.session import Session
from ..session.state import State
from ..session.thumbnails import Thumbnails
from ..widgets.badges import badge_icon
from ..widgets.messages import message_text
from ..widgets.model_names import step_name
from ..widgets.theme import colors_of
from ..widgets.words import duration

Index: TypeAlias = QModelIndex | QPersistentModelIndex

SIDE = 72  # of thumbnails
NAME, STATE, PROGRESS, TIME, REMARK = range(5)
BADGE = Qt.ItemDataRole.UserRole  # a Badge
PART = Qt.ItemDataRole.UserRole + 1  # finished share of a running one; None for others
_TOP = QModelIndex()
_MANY = 200  # ranges of changed rows; more are signaled as one range


class DocumentModel(QAbstractTableModel):
    """One row for each document, in the order of the session, whose child it becomes.

    Nothing is read or computed for rows that no view shows.

    Args:
        session: The session.
        ratio: Device pixels per device-independent pixel.

    Attributes:
        documents: The rows.
        counts: Numbers of rows by their badges.
    """

    def __init__(self, session: Session, ratio: float = 1.0) -> None:
        super().__init__(session)
        self.documents: tuple[Document, ...] = ()
        self.counts: Counter[Badge] = Counter()
        self._state = State()
        self._icons: dict[tuple[Badge, int], QIcon] = {}
        self._rows: dict[Path, int] = {}  # of thumbnails on their way
        self._thumbnails = Thumbnails(SIDE, ratio, self)
        self._thumbnails.made.connect(self._show_thumbnail)
        self._heads = (
            self.tr("Picture"),
            self.tr("Status"),
            self.tr("Progress"),
            self.tr("Time"),
            self.tr("Notes"),
        )
        self._preparing = self.tr("Preparing")
        self._incomplete = self.tr("Incomplete")
        self._words: dict[Badge, str] = {
            "": "",
            "suggested": self.tr("Repair suggested"),
            "changed": self.tr("Settings changed"),
            "waiting": self.tr("Waiting"),
            "running": self.tr("Being restored"),
            "ready": self.tr("Restored, not saved"),
            "saved": self.tr("Saved"),
            "skipped": self.tr("Skipped"),
            "failed": self.tr("Failed"),
        }
        session.changed.connect(self.show_state)
        session.progressed.connect(self._show_progress)
        self.show_state(session.state)

    @property
    def words(self) -> dict[int, set[str]]:
        """All texts that a column may show."""
        return {STATE: {*self._words.values(), self._preparing, self._incomplete}}

    def show_state(self, state: State) -> None:
        """Show the documents of a state."""
        before, after = self.documents, state.documents
        if before is not after:
            pairs = enumerate(zip(before, after, strict=False))
            changed = [n for n, (old, new) in pairs if old is not new]
            same = all(before[n].id == after[n].id for n in changed)
            if same and len(before) == len(after):
                self._change(after, changed)
            elif same and len(before) < len(after):
                self._append(after, changed)
            else:
                self.beginResetModel()
                self.documents = after
                self.counts = Counter(each.badge for each in after)
                self.endResetModel()
        self._show_progress(state)

    def select(self, *badges: Badge) -> list[int]:
        """Return the ids of the rows with one of these badges, in order."""
        return [each.id for each in self.documents if each.badge in badges]

    def close(self) -> bool:
        """End the thread of the thumbnails."""
        return self._thumbnails.close()

    # Called by Qt.

    def rowCount(self, parent: Index = _TOP) -> int:
        """Return the number of documents."""
        return 0 if parent.isValid() else len(self.documents)

    def columnCount(self, parent: Index = _TOP) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the head of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return thumbnail, text, badge or color of a cell."""
        document, column = self.documents[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if column == PROGRESS else self._text(document, column)
        if role == Qt.ItemDataRole.DecorationRole and column == NAME:
            self._rows[document.file] = index.row()
            return self._thumbnails.get(document.file)
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return self._icon(document)
        if role == BADGE:
            return document.badge
        if role == PART:
            return self._part(document)
        if role == Qt.ItemDataRole.BackgroundRole:
            return self._background(document)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(document, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if column == NAME:
                return ", ".join(filter(None, (document.name, self._said(document))))
            return self._text(document, column) or self.tr("nothing")
        return None

    # Cells.

    def _icon(self, document: Document) -> Any:
        badge: Badge = "failed" if _is_incomplete(document) else document.badge
        palette = QGuiApplication.palette()
        key = badge, palette.cacheKey()
        if badge and key not in self._icons:
            self._icons[key] = badge_icon(badge, palette)
        return self._icons.get(key)

    def _background(self, document: Document) -> Any:
        wrong = document.badge == "failed" or _is_incomplete(document)
        return QColor(colors_of(QGuiApplication.palette()).error) if wrong else None

    def _tip(self, document: Document, column: int) -> str:
        if column == NAME:
            return "\n".join(filter(None, (str(document.file), self._said(document))))
        return self._text(document, column)

    def _part(self, document: Document) -> float | None:
        """Return the finished share of a running document."""
        if document.stage != "running":
            return None
        progress = self._state.filing.progress.get(document.id)
        if document.job is not None:
            return 0.0 if progress is None else progress.part
        return self._state.progress.done / max(1, self._state.progress.total)

    def _text(self, document: Document, column: int) -> str:
        if column == NAME:
            return document.name
        if column == STATE:
            return self._stated(document)
        if column == PROGRESS:
            part = self._part(document)
            return "" if part is None else f"{part:.0%}"
        return self._time(document) if column == TIME else self._remark(document)

    def _stated(self, document: Document) -> str:
        if _is_incomplete(document):
            return self._incomplete
        if document.stage == "running" and not self._total(document):
            return self._preparing
        return self._words[document.badge]

    def _time(self, document: Document) -> str:
        if document.stage == "running":
            left = self._seconds_left(document)
            return "" if left is None else self.tr("%1 left").replace("%1", duration(left))
        if document.badge == "saved" and document.ended is not None:
            return duration(document.ended.seconds)
        price, badge = document.price, document.badge
        if price is not None and document.recipe.steps and badge not in ("ready", "saved"):
            return self.tr("about %1").replace("%1", duration(price.seconds))
        return ""

    def _remark(self, document: Document) -> str:
        """Return what is to be said: why it failed, where it is, or what will be done."""
        ended = document.ended
        if document.failure:
            return document.failure
        if ended is not None and (ended.error or ended.notes):
            return message_text(ended.error) or "; ".join(map(message_text, ended.notes))
        if document.badge == "saved" and document.saved is not None:
            return self.tr("Saved as %1").replace("%1", document.saved.path.name)
        recipe = document.recipe
        steps = recipe.steps if recipe.chosen is not None else recipe.asked
        if recipe.chosen is not None and not steps:
            return self.tr("Needs no repair")
        return " → ".join(map(step_name, steps))

    def _total(self, document: Document) -> int:
        if document.job is None:
            return self._state.progress.total
        progress = self._state.filing.progress.get(document.id)
        return 0 if progress is None else progress.total

    def _seconds_left(self, document: Document) -> float | None:
        if document.job is None:
            return self._state.progress.seconds_left
        progress = self._state.filing.progress.get(document.id)
        return None if progress is None else progress.seconds_left

    def _said(self, document: Document) -> str:
        """Return page, badge and failure in words."""
        page = ""
        if document.pages > 1:
            page = self.tr("page %1").replace("%1", str(document.page + 1))
        return ", ".join(filter(None, (page, self._words[document.badge], document.failure)))

    # Changes.

    def _change(self, documents: tuple[Document, ...], changed: Sequence[int]) -> None:
        for number in changed:
            self.counts[self.documents[number].badge] -= 1
            self.counts[documents[number].badge] += 1
        self.documents = documents
        self._emit(changed)

    def _append(self, documents: tuple[Document, ...], changed: Sequence[int]) -> None:
        first = len(self.documents)
        self._change((*documents[:first],), changed)
        self.beginInsertRows(_TOP, first, len(documents) - 1)
        self.documents = documents
        self.counts.update(each.badge for each in documents[first:])
        self.endInsertRows()

    def _show_progress(self, state: State) -> None:
        """Show how far the running documents are."""
        before, self._state = self._state, state
        ids = {*before.filing.progress, *state.filing.progress, before.strip.running}
        if before.filing is state.filing:
            ids = {state.strip.running} if before.progress is not state.progress else set()
        numbers = (state.strip.number(id) for id in ids if id is not None)
        self._emit([n for n in numbers if 0 <= n < len(self.documents)])

    def _emit(self, numbers: Iterable[int]) -> None:
        found = list(stretches(sorted(set(numbers), reverse=True)))
        if len(found) > _MANY:
            found = [(found[-1][0], found[0][1])]
        for first, last in found:
            self.dataChanged.emit(self.index(first, 0), self.index(last, REMARK))

    def _show_thumbnail(self, path: Path) -> None:
        number = self._rows.pop(path, -1)
        if 0 <= number < len(self.documents) and self.documents[number].file == path:
            cell = self.index(number, NAME)
            self.dataChanged.emit(cell, cell, [Qt.ItemDataRole.DecorationRole])


class BadgeFilter(QSortFilterProxyModel):
    """Shows the rows with some badges, or all."""

    def __init__(self, model: DocumentModel) -> None:
        super().__init__()
        self._documents = model
        self._badges: tuple[Badge, ...] = ()
        self.setSourceModel(model)

    def show_only(self, *badges: Badge) -> None:
        """Show rows with these badges; all if none is given."""
        self._badges = badges
        self.invalidate()

    def source_rows(self, shown: Sequence[int]) -> list[int]:
        """Return the rows of the model, by those that are shown; quick where all are."""
        if self.rowCount() == len(self._documents.documents):
            return list(shown)
        return [self.mapToSource(self.index(number, NAME)).row() for number in shown]

    def filterAcceptsRow(self, number: int, parent: Index) -> bool:
        """Return whether a row is shown."""
        return not self._badges or self._documents.documents[number].badge in self._badges


def shared_model(session: Session, ratio: float = 1.0) -> DocumentModel:
    """Return the model of a session, which all views share."""
    return session.findChild(DocumentModel) or DocumentModel(session, ratio)


def count_waiting(session: Session) -> int:
    """Return how many pictures wait, also from the last time."""
    left = sum(each.stage == "waiting" for each in session.keeper.left_over)
    return shared_model(session).counts["waiting"] + left


def _is_incomplete(document: Document) -> bool:
    """Whether the file lacks pages that could not be read."""
    return document.badge == "saved" and document.ended is not None and bool(document.ended.missing)


def stretches(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each group of adjacent numbers; the numbers decrease."""
    falling = groupby(enumerate(numbers), key=lambda pair: pair[0] + pair[1])
    for _, group in falling:
        together = [number for _, number in group]
        yield together[-1], together[0]

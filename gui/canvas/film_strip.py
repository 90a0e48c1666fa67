"""Film strip: all documents with thumbnails and badges, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QIcon, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..session.documents import Badge, Document
from ..session.state import State, Work
from ..session.thumbnails import Thumbnails
from ..widgets.badges import BADGE_SIDE, paint_badge

SIDE = 72
BADGE = Qt.ItemDataRole.UserRole  # a Badge
PART = Qt.ItemDataRole.UserRole + 1  # finished share of a running one
_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class PictureModel(QAbstractListModel):
    """Files, with thumbnails that are created on demand.

    Args:
        ratio: Device pixels per device-independent pixel.
        parent: Owner.
    """

    def __init__(self, ratio: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.files: tuple[Path, ...] = ()
        self._rows: dict[Path, list[int]] = {}
        self._thumbnails = Thumbnails(SIDE, ratio, self)
        self._thumbnails.made.connect(self._show)

    def set_files(self, files: Sequence[Path]) -> None:
        """Set the files."""
        self.beginResetModel()
        self.files = tuple(files)
        self._rows = {}
        for row, path in enumerate(files):
            self._rows.setdefault(path, []).append(row)
        self.endResetModel()

    def close(self) -> bool:
        """End the thread."""
        return self._thumbnails.close()

    def rowCount(self, parent: _Index = _TOP) -> int:
        """Return the number of files."""
        return 0 if parent.isValid() else len(self.files)

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return thumbnail and name of a file."""
        path = self.files[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.get(path)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return path.name
        return None

    def _show(self, path: Path) -> None:
        for row in self._rows.get(path, ()):
            self.dataChanged.emit(self.index(row), self.index(row))


class FilmStripModel(PictureModel):
    """The documents, with their badges."""

    def __init__(self, ratio: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(ratio, parent)
        self.documents: tuple[Document, ...] = ()
        self._progress = Work()
        self._words: dict[Badge, str] = {
            "": "",
            "suggested": self.tr("Repair suggested"),
            "changed": self.tr("Settings changed"),
            "waiting": self.tr("Waiting"),
            "running": self.tr("Being restored"),
            "ready": self.tr("Restored, not saved"),
            "saved": self.tr("Saved"),
            "failed": self.tr("Failed"),
        }

    def set_documents(self, documents: Sequence[Document]) -> bool:
        """Set the documents; return whether others are listed now, or in another order."""
        before, self.documents = self.documents, tuple(documents)
        if [each.id for each in before] != [each.id for each in documents]:
            self.set_files([document.file for document in documents])
            return True
        for row, (old, new) in enumerate(zip(before, documents, strict=True)):
            if old is not new:
                self.dataChanged.emit(self.index(row), self.index(row))
        return False

    def set_progress(self, progress: Work) -> None:
        """Set how far the running document is."""
        if progress == self._progress:
            return
        self._progress = progress
        for row, document in enumerate(self.documents):
            if document.stage == "running":
                self.dataChanged.emit(self.index(row), self.index(row), [PART])

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return thumbnail, badge and name of a document."""
        document = self.documents[index.row()]
        if role == BADGE:
            return document.badge
        if role == PART:
            return self._progress.done / max(1, self._progress.total)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (str(document.file), self._said(document))))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (document.name, self._said(document))))
        return super().data(index, role)

    def _said(self, document: Document) -> str:
        """Return the badge in words."""
        page = ""
        if document.pages > 1:
            page = self.tr("page %1").replace("%1", str(document.page + 1))
        return ", ".join(filter(None, (page, self._words[document.badge], document.failure)))


class Frame(QStyledItemDelegate):
    """Paints a centered thumbnail with its badge, and a frame around selected ones."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the size, which is the same for all."""
        return QSize(SIDE + 12, SIDE + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint a thumbnail."""
        place: QRect = option.rect
        state: QStyle.StateFlag = option.state
        picture: QIcon = index.data(Qt.ItemDataRole.DecorationRole)
        inner = QRect(QPoint(0, 0), picture.actualSize(QSize(SIDE, SIDE)))
        inner.moveCenter(place.center())
        picture.paint(painter, inner)
        if state & QStyle.StateFlag.State_Selected:
            ink = option.palette.highlight().color()
            view = option.widget
            is_open = isinstance(view, FilmStrip) and view.currentIndex() == index
            painter.setPen(QPen(ink, 3 if is_open else 1))
            painter.drawRect(inner.adjusted(-3, -3, 2, 2))
        corner = QRectF(0, 0, BADGE_SIDE, BADGE_SIDE)
        corner.moveBottomRight(place.bottomRight().toPointF())
        badge = index.data(BADGE)
        if badge:
            paint_badge(painter, corner, badge, option.palette, index.data(PART))


class FilmStrip(QListView):
    """One row of thumbnails.

    Signals:
        chosen: The index of the document to open.
        selected: The ids of the selected documents.
    """

    chosen = Signal(int)
    selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAccessibleName(self.tr("Pictures"))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setItemDelegate(Frame(self))
        self.setIconSize(QSize(SIDE, SIDE))
        self.setFixedHeight(SIDE + 26)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.items = FilmStripModel(self.devicePixelRatio(), self)
        self.setModel(self.items)
        self.menu = QMenu(self)
        self.selectionModel().currentChanged.connect(self._choose)
        self.selectionModel().selectionChanged.connect(self._select)
        self._showing = False

    def set_actions(self, actions: Sequence[QAction | None]) -> None:
        """Set the entries of the context menu; None is a line."""
        for action in actions:
            self.menu.addAction(action) if action is not None else self.menu.addSeparator()

    def show_state(self, state: State) -> None:
        """Show the documents if there are several."""
        self._showing = True
        renewed = self.items.set_documents(state.documents)
        self.show_progress(state)
        self.setVisible(len(state.documents) > 1)
        if state.current < 0:
            self.setCurrentIndex(QModelIndex())
        elif self.currentIndex().row() != state.current or renewed:
            index = self.items.index(state.current)
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(index, flag)
            self.scrollTo(index)
        if set(self._chosen_ids()) != set(state.strip.selected):
            self._mark(state)
        self._showing = False

    def show_progress(self, state: State) -> None:
        """Show how far the running document is."""
        self.items.set_progress(state.progress)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the menu; a picture that is not selected is opened first."""
        if self.items.rowCount():
            self.menu.popup(event.globalPos())

    def close_workers(self) -> bool:
        """End the thread of the thumbnails."""
        return self.items.close()

    def _mark(self, state: State) -> None:
        """Select what the state says."""
        marked = QItemSelection()
        for id in state.strip.selected:
            index = self.items.index(state.strip.number(id))
            marked.select(index, index)
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().select(marked, flag)

    def _chosen_ids(self) -> list[int]:
        return [self.items.documents[index.row()].id for index in self.selectedIndexes()]

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and not self._showing:
            self.chosen.emit(index.row())

    def _select(self) -> None:
        """Tell what is selected; first what is open, as Qt sets that before it tells."""
        if not self._showing:
            ids = self._chosen_ids()
            self._choose(self.currentIndex())
            self.selected.emit(ids)

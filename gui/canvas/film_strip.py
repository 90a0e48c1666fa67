"""Film strip: all documents in one row of thumbnails, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractItemModel,
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
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QIcon, QPainter, QPen, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..session.state import State
from ..session.thumbnails import Thumbnails
from ..widgets.badges import BADGE_SIDE, paint_badge
from .document_model import BADGE, NAME, PART, SIDE, DocumentModel, stretches

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
            paint_badge(painter, corner, badge, option.palette, index.data(PART) or 0.0)


class FilmStrip(QListView):
    """One row of thumbnails.

    Args:
        items: The documents.
        parent: Owner.

    Signals:
        chosen: The index of the document to open.
        selected: The ids of the selected documents.
    """

    chosen = Signal(int)
    selected = Signal(object)

    def __init__(self, items: DocumentModel, parent: QWidget | None = None) -> None:
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
        self.items = items
        self.setModel(items)
        self._renewed = False
        items.modelReset.connect(self._forget)
        self.menu = QMenu(self)
        # Within a click, Qt tells the current one before it reads what is selected.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._choose)
        self.selectionModel().currentChanged.connect(lambda *_: self._later.start())
        self.selectionModel().selectionChanged.connect(self._select)
        self._showing = False
        self._open = -1  # the number of the document that is open
        self._marked: tuple[int, ...] | None = None  # the ids that are selected

    def set_actions(self, actions: Sequence[QAction | None]) -> None:
        """Set the entries of the context menu; None is a line."""
        for action in actions:
            self.menu.addAction(action) if action is not None else self.menu.addSeparator()

    def show_state(self, state: State) -> None:
        """Show the documents if there are several."""
        self._showing, self._open = True, state.current
        renewed, self._renewed = self._renewed, False
        self.setVisible(len(state.documents) > 1)
        if state.current < 0:
            self.setCurrentIndex(QModelIndex())
        elif self.currentIndex().row() != state.current or renewed:
            index = self.items.index(state.current, NAME)
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(index, flag)
            self.scrollTo(index)
        if state.strip.selected != self._marked and set(self._chosen_ids()) != set(
            state.strip.selected
        ):
            self._mark(state)
        self._marked = state.strip.selected
        self._showing = False

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return where to paint a changed selection; Qt asks for the place of each of 40,000."""
        return QRegion(self.viewport().rect())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the menu; a picture that is not selected is opened first."""
        if self.items.rowCount():
            self.menu.popup(event.globalPos())

    def _mark(self, state: State) -> None:
        """Select what the state says."""
        numbers = (state.strip.number(id) for id in state.strip.selected)
        marked = selection_of(self.items, numbers)
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().select(marked, flag)

    def _chosen_ids(self) -> list[int]:
        return [self.items.documents[n].id for n in selected_rows(self)]

    def _forget(self) -> None:
        """Mark what is selected anew, as Qt has dropped that."""
        self._renewed, self._marked = True, None

    def _choose(self) -> None:
        index = self.currentIndex()
        if index.isValid() and index.row() != self._open:
            self.chosen.emit(index.row())

    def _select(self) -> None:
        """Tell what is selected; first what is open, as Qt sets that before it tells."""
        if not self._showing:
            ids = self._chosen_ids()
            self._marked = (*ids,)
            self._choose()
            self.selected.emit(ids)


def selection_of(model: QAbstractItemModel, numbers: Iterable[int]) -> QItemSelection:
    """Return a selection of rows, with one range for neighbors: there may be 40,000."""
    marked = QItemSelection()
    last = model.columnCount() - 1
    for first, end in stretches(sorted({n for n in numbers if n >= 0}, reverse=True)):
        marked.select(model.index(first, NAME), model.index(end, last))
    return marked


def selected_rows(view: QAbstractItemView) -> list[int]:
    """Return the numbers of the rows whose name is selected, in order."""
    parts: Any = view.selectionModel().selection()  # a list, for Python
    named = [part for part in parts if part.left() <= NAME <= part.right()]
    return sorted({n for part in named for n in range(part.top(), part.bottom() + 1)})

"""Film strip: thumbnails of all open files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QIcon, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..session.state import State
from ..session.thumbnails import Thumbnails

SIDE = 72
_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class FilmStripModel(QAbstractListModel):
    """The files, with thumbnails that are created on demand.

    Args:
        ratio: Device pixels per device-independent pixel.
        parent: Owner.
    """

    def __init__(self, ratio: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.files: tuple[Path, ...] = ()
        self._rows: dict[Path, int] = {}
        self._thumbnails = Thumbnails(SIDE, ratio, self)
        self._thumbnails.made.connect(self._show)

    def set_files(self, files: Sequence[Path]) -> None:
        """Set the files."""
        self.beginResetModel()
        self.files = tuple(files)
        self._rows = {path: row for row, path in enumerate(files)}
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
        if path in self._rows:
            index = self.index(self._rows[path])
            self.dataChanged.emit(index, index)


class Frame(QStyledItemDelegate):
    """Paints a centered thumbnail, and a frame around the chosen one."""

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
            painter.setPen(QPen(ink, 2))
            painter.drawRect(inner.adjusted(-3, -3, 2, 2))


class FilmStrip(QListView):
    """One row of thumbnails.

    Signals:
        chosen: The index of the chosen file.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAccessibleName(self.tr("Pictures"))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setItemDelegate(Frame(self))
        self.setIconSize(QSize(SIDE, SIDE))
        self.setFixedHeight(SIDE + 26)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.items = FilmStripModel(self.devicePixelRatio(), self)
        self.setModel(self.items)
        self.selectionModel().currentChanged.connect(self._choose)
        self._showing = False

    def show_state(self, state: State) -> None:
        """Show the files if there are several."""
        self._showing = True
        if state.files != self.items.files:
            self.items.set_files(state.files)
        self.setVisible(len(state.files) > 1)
        if state.current < 0:
            self.setCurrentIndex(QModelIndex())
        elif self.currentIndex().row() != state.current:
            index = self.items.index(state.current)
            self.setCurrentIndex(index)
            self.scrollTo(index)
        self._showing = False

    def close_workers(self) -> bool:
        """End the thread of the thumbnails."""
        return self.items.close()

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and not self._showing:
            self.chosen.emit(index.row())

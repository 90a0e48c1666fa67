"""DocumentTable: the list of all pictures as a table, with progress bars for running ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ..canvas.document_model import NAME, PART, PROGRESS, REMARK, STATE, TIME
from ..widgets.badges import BADGE_SIDE
from ..widgets.columns import fit_columns
from ..widgets.theme import SPACE

THUMBNAIL = 40
_ROW_HEIGHT = 48
_WIDTHS = {NAME: 260, STATE: 124, PROGRESS: 130, TIME: 120}


class DocumentTable(QTableView):
    """The table; Enter opens, Del removes.

    Signals:
        opened: A row was double-clicked, or Enter pressed on it.
        removed: Del was pressed.
        seen: Other rows may be visible.
    """

    opened = Signal(QModelIndex)
    removed = Signal()
    seen = Signal()

    def set_up(self, words: Mapping[int, Iterable[str]]) -> None:
        """Set up the columns; the model must be set.

        Args:
            words: All texts that a column may show.
        """
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.setItemDelegateForColumn(NAME, _IconDelegate(THUMBNAIL, self))
        self.setItemDelegateForColumn(STATE, _IconDelegate(BADGE_SIDE, self))
        self.setItemDelegateForColumn(PROGRESS, _BarDelegate(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        # Qt's heads ask for each of 40,000 rows whether it is selected.
        head.setSelectionModel(QItemSelectionModel(self.model(), head))
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section, width in _WIDTHS.items():
            head.resizeSection(section, width)
        head.setSectionResizeMode(REMARK, QHeaderView.ResizeMode.Stretch)
        fit_columns(self, words)
        head.resizeSection(STATE, head.sectionSize(STATE) + BADGE_SIDE + SPACE)
        self.doubleClicked.connect(self.opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open or remove."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.opened.emit(index)
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return where to paint a changed selection; Qt asks for the place of each of 40,000."""
        return QRegion(self.viewport().rect())

    def visible_rows(self) -> range:
        """Return the numbers of the rows that can be seen."""
        area, count = self.viewport().rect(), self.model().rowCount()
        first, last = self.rowAt(area.top()), self.rowAt(area.bottom())
        return range(max(0, first), count if last < 0 else last + 1) if count else range(0)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Tell that other rows may be visible."""
        super().scrollContentsBy(dx, dy)
        self.seen.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a hint while the table is empty."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            text = self.tr("Drop pictures or folders here")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, text)


class _IconDelegate(QStyledItemDelegate):
    """Gives all icons of a column the same width, so that the texts are aligned."""

    def __init__(self, side: int, parent: QTableView) -> None:
        super().__init__(parent)
        self._side = side

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Set the size of the icon."""
        super().initStyleOption(option, index)
        option.decorationSize = QSize(self._side, self._side)
        option.decorationAlignment = Qt.AlignmentFlag.AlignCenter


class _BarDelegate(QStyledItemDelegate):
    """Paints the progress of a file as a bar and a percentage."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint the cell."""
        super().paint(painter, option, index)
        part = index.data(PART)
        if part is None:
            return
        palette: QPalette = option.palette
        area: QRect = option.rect.adjusted(SPACE, 0, -SPACE, 0)
        figure = painter.fontMetrics().horizontalAdvance("100 %") + SPACE
        bar = QRect(area.left(), area.center().y() - 2, area.width() - figure, 6)
        selected = bool(option.state & option.state.State_Selected)
        ink = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Highlight
        plain = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        groove = palette.color(plain)
        groove.setAlpha(50)
        painter.setBrush(groove)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(palette.color(ink))
        bar.setWidth(round(bar.width() * part))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(palette.color(plain))
        where = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, where, f"{part:.0%}".replace("%", " %"))
        painter.restore()

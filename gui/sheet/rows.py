"""Cards of the contact sheet: the result of each way, with time, memory and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QIcon, QMouseEvent, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from restorer import Sample, Step

from ..session.convert import to_qimage
from ..session.rendering import screen_pixels
from ..widgets.words import duration, number, size
from .ways import Way

_TOP = QModelIndex()
_ROW_HEIGHT = 24


@dataclass(frozen=True, eq=False)
class Card:
    """One way to restore the region.

    Attributes:
        way: The way; None for the original.
        sample: The result; None until it is available.
    """

    way: Way | None
    sample: Sample | None = None


class SheetModel(QAbstractListModel):
    """The cards.

    Args:
        ratio: Device pixels per device-independent pixel.
        parent: Owner.
    """

    def __init__(self, ratio: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: list[Card] = []
        self.adopted: tuple[Step, ...] = ()
        self._adopted_key = ""
        self.card_size = QSize(1, 1)  # picture and text, in device-independent pixels
        self._icons: list[QIcon] = []
        self._ratio = ratio
        self._extent = QSize(1, 1)  # size of a card's picture, in device pixels
        self._alike = True

    @property
    def icon_size(self) -> QSize:
        """Size of a card's picture, in device-independent pixels."""
        return (self._extent / self._ratio).expandedTo(QSize(1, 1))

    def begin(self, ways: Sequence[Way], extent: QSize, *, alike: bool = True) -> None:
        """Show blank cards: the original and one for each way; none without ways.

        Args:
            ways: The way of each card except the first.
            extent: Size of a card's picture, in device pixels.
            alike: Whether all results have the same size; only then are pixels shown as squares,
                because smaller results would look coarser than larger ones.
        """
        self.beginResetModel()
        self._extent = extent
        self._alike = alike
        self.cards = [Card(None), *(Card(way) for way in ways)] if ways else []
        blank = QPixmap(extent)
        blank.fill(QColor(128, 128, 128, 40))
        self._icons = [self._icon(blank)] * len(self.cards)
        self.endResetModel()

    def put(self, number: int, sample: Sample) -> None:
        """Fill a card."""
        self.cards[number] = replace(self.cards[number], sample=sample)
        if sample.image is not None:
            image = to_qimage(screen_pixels(sample.image, None))
            smooth = Qt.TransformationMode.SmoothTransformation
            whole = self._alike and self._extent.width() % image.width() == 0
            mode = Qt.TransformationMode.FastTransformation if whole else smooth
            exact = Qt.AspectRatioMode.IgnoreAspectRatio
            self._icons[number] = self._icon(
                QPixmap.fromImage(image.scaled(self._extent, exact, mode))
            )
        self.dataChanged.emit(self.index(number), self.index(number))

    def adopt(self, steps: tuple[Step, ...], *, automatic: bool = False) -> None:
        """Mark the cards of the current steps, or that of automatic restoration."""
        key = "auto" if automatic else ""
        changed = (steps, key) != (self.adopted, self._adopted_key)
        self.adopted, self._adopted_key = steps, key
        if self.cards and changed:
            self.dataChanged.emit(self.index(0), self.index(len(self.cards) - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        """Return the number of cards."""
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Return the text or picture of a card."""
        card = self.cards[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return "\n".join(filter(None, self._lines(card)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, self._lines(card)))
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons[index.row()]
        if role == Qt.ItemDataRole.SizeHintRole:
            return self.card_size
        if role == Qt.ItemDataRole.ToolTipRole:
            failed = card.sample.error if card.sample is not None else ""
            return failed or (card.way.tip if card.way is not None else "")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        return None

    def _lines(self, card: Card) -> list[str]:
        """Return three lines: name, cost, and metrics against the ground truth."""
        sample = card.sample
        if sample is None:
            return [self._name(card), self.tr("waiting …"), ""]
        if sample.error:
            return [self._name(card), self.tr("failed"), sample.error]
        near = []
        if sample.psnr is not None:
            near.append(f"{number(sample.psnr, 2)} dB")
        if sample.ssim is not None:
            near.append(f"SSIM {number(sample.ssim, 4)}")
        cost = []
        if card.way is not None and not sample.model:
            cost.append(self.tr("nothing to repair"))
        elif card.way is not None:
            cost.append(duration(sample.seconds))
        if sample.memory:
            cost.append(size(sample.memory))
        return [self._name(card), " · ".join(cost), " · ".join(near)]

    def _name(self, card: Card) -> str:
        if card.way is None:
            return self.tr("Original")
        in_use = self.tr("in use")
        used = card.way.key == self._adopted_key or (
            bool(card.way.steps)
            and (set(card.way.steps) <= set(self.adopted))
            and (card.way.choices is None or card.way.steps == self.adopted)
        )
        return f"✓ {card.way.title} ({in_use})" if used else card.way.title

    def _icon(self, pixmap: QPixmap) -> QIcon:
        pixmap.setDevicePixelRatio(self._ratio)
        icon = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # no tint over a picture
            icon.addPixmap(pixmap, mode)
        return icon


class WayChoice(QAbstractListModel):
    """The ways, with a check mark for those to compare."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ways: list[Way] = []
        self._marked: set[str] = set()
        self._known: set[str] = set()

    @property
    def marked(self) -> list[Way]:
        """The checked ways, in order."""
        return [way for way in self.ways if way.key in self._marked]

    def set_ways(self, ways: Sequence[Way]) -> None:
        """Set the ways; new ones are checked, known ones keep their state."""
        if list(ways) == self.ways:
            return
        self.beginResetModel()
        self._marked |= {way.key for way in ways} - self._known
        self._known |= {way.key for way in ways}
        self.ways = list(ways)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        """Return the number of ways."""
        return 0 if parent.isValid() else len(self.ways)

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Allow ways to be checked."""
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Return the name or the check state."""
        way = self.ways[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return way.title
        if role == Qt.ItemDataRole.CheckStateRole:
            marked = way.key in self._marked
            return Qt.CheckState.Checked if marked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            return way.tip or way.title
        return None

    def setData(
        self, index: QModelIndex | QPersistentModelIndex, value: Any, role: int = 0
    ) -> bool:
        """Check or uncheck a way."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        key = self.ways[index.row()].key
        marked = Qt.CheckState(value) is Qt.CheckState.Checked
        (self._marked.add if marked else self._marked.discard)(key)
        self.dataChanged.emit(index, index)
        return True


class MarkDelegate(QStyledItemDelegate):
    """Lets a click anywhere in a row toggle its check mark."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return a comfortable height for clicking."""
        return super().sizeHint(option, index).expandedTo(QSize(0, _ROW_HEIGHT))

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """Toggle the check mark."""
        released = event.type() == QEvent.Type.MouseButtonRelease
        if not released or not isinstance(event, QMouseEvent):
            return super().editorEvent(event, model, option, index)
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        marked = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) is Qt.CheckState.Checked
        other = Qt.CheckState.Unchecked if marked else Qt.CheckState.Checked
        return model.setData(index, other, Qt.ItemDataRole.CheckStateRole)

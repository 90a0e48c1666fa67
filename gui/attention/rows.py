"""Tables of an attention map: the share of each scale, and the strongest patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ..widgets.words import number

if TYPE_CHECKING:
    from restorer import AttentionMap, AttentionMatch

_TOP = QModelIndex()


class _Table(QAbstractTableModel):
    """A table of texts on an attention map."""

    def __init__(self, heads: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heads = heads
        self.attention: AttentionMap | None = None

    def set_attention(self, attention: AttentionMap | None) -> None:
        """Show another attention map."""
        self.beginResetModel()
        self.attention = attention
        self.endResetModel()

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
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(index.row())[index.column()]
        return None

    def _words(self, row: int) -> tuple[str, ...]:
        raise NotImplementedError


class LevelTable(_Table):
    """All scales together, then each with its share."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((self.tr("Scale"), self.tr("Share")), parent)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        """Return the number of scales, and one more."""
        return 0 if parent.isValid() or self.attention is None else len(self.attention.levels) + 1

    def _words(self, row: int) -> tuple[str, ...]:
        assert self.attention is not None, "there are rows"
        if row == 0:
            return self.tr("All scales"), percent(1)
        level = self.attention.levels[row - 1]
        return scale_words(level.scale), percent(level.share)


class MatchTable(_Table):
    """The strongest patches first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((self.tr("Place"), self.tr("Weight"), self.tr("Scale")), parent)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        """Return the number of patches."""
        return 0 if parent.isValid() or self.attention is None else len(self.attention.matches)

    def match_at(self, row: int) -> AttentionMatch | None:
        """Return a patch; None if there is no such row."""
        matches = self.attention.matches if self.attention is not None else ()
        return matches[row] if 0 <= row < len(matches) else None

    def _words(self, row: int) -> tuple[str, ...]:
        match = self.match_at(row)
        attention = self.attention
        assert match is not None, "there are rows"
        assert attention is not None, "there are rows"
        part = attention.region  # a patch may extend beyond it
        place = ", ".join(
            str(min(max(low, round(middle)), low + length - 1))
            for middle, low, length in (
                (match.left + match.width / 2, part.left, part.width),
                (match.top + match.height / 2, part.top, part.height),
            )
        )
        return place, percent(match.weight), scale_words(attention.levels[match.level].scale)


def percent(share: float) -> str:
    """Format a share."""
    return f"{number(100 * share, 1)} %"


def scale_words(scale: float) -> str:
    """Format the size of a patch at a scale, relative to the chosen one: ``1.25 ×``."""
    return f"{number(1 / scale, 2)} ×"

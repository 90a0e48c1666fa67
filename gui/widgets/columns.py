"""Columns of tables that fit their texts in the user's language and font."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtWidgets import QTableView

_MARGINS = 24  # left and right of the text of a cell


def fit_columns(view: QTableView, words: Mapping[int, Iterable[str]]) -> None:
    """Widen the columns whose texts would be cut off.

    Args:
        view: The table; its columns have their smallest widths.
        words: All texts that a column may show.
    """
    view.ensurePolished()
    head = view.horizontalHeader()
    for column, texts in words.items():
        widest = max((view.fontMetrics().horizontalAdvance(text) for text in texts), default=0)
        head.resizeSection(column, max(head.sectionSize(column), widest + _MARGINS))

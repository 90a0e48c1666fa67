"""Columns: as wide as their words are in the user's language and font."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtWidgets import QTableView

_MARGINS = 24  # of a cell, left and right


def fit_columns(view: QTableView, words: Mapping[int, Iterable[str]]) -> None:
    """Widen the columns whose words would be cut off.

    Args:
        view: With its columns as wide as they are at least.
        words: All that a column may have to show.
    """
    view.ensurePolished()
    head = view.horizontalHeader()
    for column, texts in words.items():
        widest = max((view.fontMetrics().horizontalAdvance(text) for text in texts), default=0)
        head.resizeSection(column, max(head.sectionSize(column), widest + _MARGINS))

"""References: the pictures whose texture an enlargement may take."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QFileDialog, QListView, QPushButton, QVBoxLayout, QWidget

from restorer import SUFFIXES, ReferenceMaps

from .convert import to_qimage
from .events import local_files
from .parts import hint, row
from .source_view import SourceView
from .state import State
from .strip import SIDE, StripModel

if TYPE_CHECKING:
    from restorer import ReferenceRank

_ROWS = 84
_LITTLE = 0.005


class References(QWidget):
    """A list that pictures are dropped on.

    Signals:
        chosen: The pictures, a tuple of paths.
        explained: A map of what came from which of them, a QImage, or None.
    """

    chosen = Signal(object)
    explained = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Reference pictures"))
        self._paths: tuple[Path, ...] = ()
        self._maps: ReferenceMaps | None = None
        self._explained: ReferenceMaps | None = None
        self.items = StripModel(1.0, self)
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Reference pictures"))
        self.list.setModel(self.items)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setMovement(QListView.Movement.Static)
        self.list.setFixedHeight(_ROWS)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.hint = hint(
            self.tr("Drop sharp pictures of the same thing here; their texture is used.")
        )
        self.add = QPushButton(self.tr("Add …"))
        self.add.setAccessibleName(self.tr("Add reference pictures"))
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setAccessibleName(self.tr("Remove the selected reference pictures"))
        self.explain = QCheckBox(self.tr("Show what came from them"))
        self.explain.setAccessibleName(self.explain.text())
        self.ranks = hint()
        self.ranks.setAccessibleName(self.tr("What each reference gave"))
        self.source = SourceView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.hint)
        layout.addWidget(self.list)
        layout.addLayout(row(self.add, self.remove))
        for widget in (self.ranks, self.explain, self.source):
            layout.addWidget(widget)
        self.add.clicked.connect(self._browse)
        self.remove.clicked.connect(self._remove)
        self.explain.toggled.connect(self._explain)
        self.source.found.connect(self._mark)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._remove)

    def show_state(self, state: State) -> None:
        """Show the pictures that are chosen."""
        self._paths = state.choices.references
        if self._paths != self.items.files:
            self.items.set_files(self._paths)
        self.list.setVisible(bool(self._paths))
        self._maps = state.maps
        self.source.show_state(state)
        ranking = state.maps.ranking if state.maps is not None else ()
        self.ranks.setText("<br>".join(self._said(rank) for rank in ranking))
        for widget in (self.ranks, self.explain, self.source):
            widget.setVisible(bool(ranking))
        if state.maps is not self._explained:
            self._explained = state.maps
            self._explain()
        self.remove.setEnabled(bool(self._paths))

    def close_lane(self) -> bool:
        """End the thread that makes thumbnails."""
        return self.items.close() and self.source.close_lane()

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Take more pictures; what is no picture is left out."""
        known = [p for p in paths if p.suffix.lower() in SUFFIXES and p not in self._paths]
        if known:
            self.chosen.emit((*self._paths, *known))

    def _explain(self) -> None:
        maps = self._maps if self.explain.isChecked() else None
        self.explained.emit(None if maps is None else to_qimage(maps.source_picture()))

    def _mark(self, name: str) -> None:
        row = next((n for n, path in enumerate(self._paths) if path.name == name), -1)
        self.list.setCurrentIndex(self.items.index(row))

    def _said(self, rank: ReferenceRank) -> str:
        if not rank.used:
            adds = self.tr("%1: adds nothing, ignored")
            text = adds if rank.matches else self.tr("%1: shows something else, ignored")
        else:
            share = f"{rank.share * 100:.0f}" if rank.share >= _LITTLE else "< 1"
            text = self.tr("%1: %2 % of the fine texture").replace("%2", escape(share))
        ink = _hue(rank.number) if rank.used else "transparent"
        square = f'<span style="color: {ink}">■</span>'
        return f"{square} {text.replace('%1', escape(rank.name))}"

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the files that were dropped."""
        self.add_paths(local_files(event.mimeData()))
        event.acceptProposedAction()

    def _browse(self) -> None:
        known = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        title = self.tr("Add reference pictures")
        names, _ = QFileDialog.getOpenFileNames(
            self, title, "", self.tr("Pictures (%1)").replace("%1", known)
        )
        self.add_paths([Path(name) for name in names])

    def _remove(self) -> None:
        gone = {index.row() for index in self.list.selectedIndexes()}
        if not gone:
            gone = {len(self._paths) - 1}
        self.chosen.emit(tuple(p for n, p in enumerate(self._paths) if n not in gone))


def _hue(number: int) -> str:
    """Return the colour that a reference has in `ReferenceMaps.source_picture`."""
    maps = ReferenceMaps(
        confidence=np.ones((1, 1), np.float32),
        source=np.full((1, 1), number, np.int16),
        places=np.zeros((1, 1, 2), np.float32),
        sizes=((1, 1),) * (number + 1),
        ranking=(),
    )
    return "#{:02x}{:02x}{:02x}".format(*maps.source_picture()[0, 0])

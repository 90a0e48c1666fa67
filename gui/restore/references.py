"""References: pictures whose texture an enlargement uses."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QFileDialog, QListView, QPushButton, QVBoxLayout, QWidget

from restorer import READABLE, ReferenceMaps

from ..canvas.document_model import SIDE
from ..canvas.film_strip import Frame, PictureModel
from ..session.convert import to_qimage
from ..session.state import State
from ..widgets.accessibility import Notice
from ..widgets.drop import FileDropPanel
from ..widgets.forms import hint, row
from ..widgets.words import number, picture_patterns
from .source_view import SourceView

if TYPE_CHECKING:
    from restorer import ReferenceRank

_LITTLE = 0.005


class References(FileDropPanel):
    """A list that pictures are dropped on.

    Signals:
        chosen: The pictures, a tuple of paths.
        explained: A map of the sources of the texture, a QImage, or None.
    """

    chosen = Signal(object)
    explained = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Reference pictures"))
        self._paths: tuple[Path, ...] = ()
        self._beside: Path | None = None  # the picture that is open
        self._maps: ReferenceMaps | None = None
        self._explained: ReferenceMaps | None = None
        self.items = PictureModel(self.devicePixelRatioF(), self)
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Reference pictures"))
        self.list.setModel(self.items)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(Frame(self))
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setFixedHeight(SIDE + 26)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.hint = hint(
            self.tr("Drop sharp pictures of the same subject here. Their texture is used.")
        )
        self.error = Notice()
        self.add = QPushButton(self.tr("Add …"))
        self.add.setAccessibleName(self.tr("Add reference pictures"))
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setAccessibleName(self.tr("Remove the selected reference pictures"))
        self.explain = QCheckBox(self.tr("Color the picture by source"))
        self.explain.setAccessibleName(self.explain.text())
        self.ranks = hint()
        self.ranks.setAccessibleDescription(self.tr("Share of each reference picture"))
        self.source = SourceView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.hint)
        layout.addWidget(self.list)
        layout.addWidget(self.error)
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
        self._beside = state.opened.path if state.opened is not None else None
        if self._paths != self.items.files:
            place = self.list.currentIndex().row()
            self.items.set_files(self._paths)
            if place >= 0:  # the next one, so that several can be removed in turn
                self.list.setCurrentIndex(self.items.index(min(place, len(self._paths) - 1)))
        self.list.setVisible(bool(self._paths))
        self._maps = state.maps
        self.source.show_state(state)
        ranking = state.maps.ranking if state.maps is not None else ()
        self.ranks.setText("<br>".join(self._told(ranking)))
        for widget in (self.ranks, self.explain, self.source):
            widget.setVisible(bool(ranking))
        if state.maps is not self._explained:
            self._explained = state.maps
            self._explain()
        self.remove.setEnabled(bool(self._paths))

    def close_workers(self) -> bool:
        """End the threads; return whether they ended."""
        return self.items.close() and self.source.close_workers()

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add pictures; other files are reported and not added."""
        known = [p for p in paths if p.suffix.lower() in READABLE and p not in self._paths]
        others = [p.name for p in paths if p.suffix.lower() not in READABLE]
        text = self.tr("Not a picture: %1").replace("%1", ", ".join(others))
        self.error.tell(text if others else "")
        if known:
            self.chosen.emit((*self._paths, *known))

    def _explain(self) -> None:
        maps = self._maps if self.explain.isChecked() else None
        self.explained.emit(None if maps is None else to_qimage(maps.source_picture()))

    def _mark(self, name: str) -> None:
        row = next((n for n, path in enumerate(self._paths) if path.name == name), -1)
        self.list.setCurrentIndex(self.items.index(row))

    def _told(self, ranking: Sequence[ReferenceRank]) -> list[str]:
        """Return a line for each reference; only the best matches of many are used."""
        lines = [self._said(rank) for rank in ranking]
        known = {rank.name for rank in ranking}
        text = self.tr("%1: not used, other pictures match better")
        for path in self._paths:
            if path.name not in known:
                lines.append(_line(text, path.name, "transparent"))
        return lines

    def _said(self, rank: ReferenceRank) -> str:
        if not rank.used:
            adds = self.tr("%1: ignored, adds nothing")
            text = adds if rank.matches else self.tr("%1: ignored, shows something else")
        else:
            share = number(rank.share * 100) if rank.share >= _LITTLE else "< 1"
            text = self.tr("%1: %2 % of the fine texture").replace("%2", escape(share))
        ink = _hue(rank.number) if rank.used else "transparent"
        return _line(text, rank.name, ink)

    def take_files(self, paths: list[Path]) -> None:
        """Add dropped files."""
        self.add_paths(paths)

    def _browse(self) -> None:
        title = self.tr("Add reference pictures")
        near = next(reversed(self._paths), self._beside)
        folder = str(near.parent) if near is not None else ""
        names, _ = QFileDialog.getOpenFileNames(
            self, title, folder, self.tr("Pictures (%1)").replace("%1", picture_patterns())
        )
        self.add_paths([Path(name) for name in names])

    def _remove(self) -> None:
        gone = {index.row() for index in self.list.selectedIndexes()}
        if not gone:
            gone = {len(self._paths) - 1}
        self.chosen.emit(tuple(p for n, p in enumerate(self._paths) if n not in gone))


def _line(text: str, name: str, ink: str) -> str:
    return f'<span style="color: {ink}">■</span> {text.replace("%1", escape(name))}'


def _hue(number: int) -> str:
    """Return the color of a reference in `ReferenceMaps.source_picture`."""
    maps = ReferenceMaps(
        confidence=np.ones((1, 1), np.float32),
        source=np.full((1, 1), number, np.int16),
        places=np.zeros((1, 1, 2), np.float32),
        sizes=((1, 1),) * (number + 1),
        ranking=(),
    )
    return "#{:02x}{:02x}{:02x}".format(*maps.source_picture()[0, 0])

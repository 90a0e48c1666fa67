"""AttentionPanel: the parts of the picture that pyramid attention uses for a chosen pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

import restorer  # attributes load torch at first use, not when the window opens
from restorer import TASKS, Image, Region, list_models

from ..session.convert import to_qimage, with_pixels
from ..session.rendering import screen_pixels
from ..session.state import State
from ..session.worker import Reply, Worker
from ..widgets.accessibility import Notice, announce
from ..widgets.forms import Picker, column, heading, labeled
from ..widgets.model_names import model_name
from ..widgets.region_picker import RegionPicker
from ..widgets.words import sentence
from .canvas import AttentionCanvas
from .rows import LevelTable, MatchTable

if TYPE_CHECKING:
    from restorer import AttentionMap, Source

_SETTLE_MS = 120  # wait for a point that is still moving
_ROW_HEIGHT = 26
_OVERVIEW_HEIGHT = 110


class AttentionPanel(QWidget):
    """The map, the scales with their shares, and the strongest patches.

    Signals:
        looked: There is another look; a `AttentionMap`, or None.
        match_chosen: One of the patches was chosen; a `AttentionMatch`, or None.
    """

    mapped = Signal(object)
    match_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Source | None = None
        self._conditions: tuple[float | None, int | None] = (None, None)
        self._usable: frozenset[str] = frozenset()
        self._wanted = ""
        self._at: tuple[int, int] | None = None
        self._worker = Worker("attention", parent=self)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self._compute)
        self.model = Picker()
        self.overview = RegionPicker()
        self.overview.setAccessibleName(self.tr("Selected pixel"))
        self.overview.setFixedHeight(_OVERVIEW_HEIGHT)
        self.canvas = AttentionCanvas()
        self.message = Notice()
        self.levels, self.matches = LevelTable(self), MatchTable(self)
        self.level_view = _table(self.levels, self.tr("Scales"))
        self.match_view = _table(self.matches, self.tr("Patches with the highest weights"))
        self._lists = (
            heading(self.tr("Scales")),
            self.level_view,
            heading(self.tr("Strongest patches")),
            self.match_view,
        )
        layout = column()
        layout.addLayout(labeled(self.tr("Model"), self.model, 56))
        for widget in (self.overview, self.message, self.canvas, *self._lists):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.setLayout(layout)
        self.model.activated.connect(self._compute)
        self.overview.moved.connect(self._take_region)
        self.canvas.picked.connect(self.look_at)
        self.level_view.selectionModel().currentChanged.connect(self._show_level)
        self.match_view.selectionModel().currentChanged.connect(self._show_match)
        self._show(None)

    # Called by the window.

    def show_state(self, state: State) -> None:
        """Use the open picture and the chosen model, or another one with such an attention."""
        conditions = (state.choices.template.sigma, state.choices.template.jpeg_quality)
        if conditions != self._conditions:
            self._conditions = conditions
            self._update()
        wanted = [spec.id for spec in state.choices.models]
        self.set_models(state.usable, wanted[-1] if wanted else "")
        if state.opened is None:
            self.set_picture(None, QImage())
        else:
            self.set_picture(state.opened.colors, state.opened.shown.levels[-1])

    def set_models(self, usable: frozenset[str], wanted: str = "") -> None:
        """Offer the models that have such an attention, and choose a newly wanted one."""
        if usable == self._usable and wanted == self._wanted:
            return
        before = self.model.currentData()
        kept = before if wanted == self._wanted else wanted
        self._usable, self._wanted = usable, wanted
        specs = [
            spec
            for task in TASKS
            for spec in list_models(task)
            if spec.id in usable and spec.has_attention_maps
        ]
        self.model.clear()
        for spec in specs:
            self.model.addItem(model_name(spec), spec.id)
        found = [self.model.findData(model) for model in (kept, before)]
        self.model.setCurrentIndex(next((index for index in found if index >= 0), 0))
        if self.model.currentData() != before:
            self._update()

    def set_picture(self, picture: Source | None, overview: QImage) -> None:
        """Set the picture.

        Args:
            picture: The picture; None for none.
            overview: The whole picture in a small size.
        """
        if picture is self._picture:
            return
        self._picture, self._at = picture, None
        self._worker.drop()
        self.overview.set_picture(overview, (1, 1) if picture is None else picture.size)
        self._show(None)
        if picture is not None:
            height, width = picture.size
            side = max(1, min(height, width) // 12)
            self.overview.blockSignals(True)  # no pixel is chosen yet
            self.overview.set_region(Region((height - side) // 2, (width - side) // 2, side, side))
            self.overview.blockSignals(False)

    def look_at(self, row: int, column: int) -> None:
        """Choose a pixel of the picture."""
        if self._picture is None:
            return
        self._at = (row, column)
        region = self.overview.region
        if region is not None:
            self.overview.blockSignals(True)
            top, left = row - region.height // 2, column - region.width // 2
            self.overview.set_region(Region(top, left, region.height, region.width))
            self.overview.blockSignals(False)
        self._settled.start()

    def close_workers(self, timeout_s: float = 60.0) -> bool:
        """End the thread; return whether it ended."""
        self._settled.stop()
        self._worker.drop()
        return self._worker.close(timeout_s)

    # Computation.

    def _update(self) -> None:
        """Compute the map again, if a pixel is chosen."""
        if self._at is not None:
            self._settled.start()

    def _take_region(self, region: Region | None) -> None:
        if region is not None:
            self.look_at(region.top + region.height // 2, region.left + region.width // 2)

    def _compute(self) -> None:
        picture, at, model = self._picture, self._at, self.model.currentData()
        if picture is None or at is None:
            return
        if model is None:
            self._show(None)
            self.message.tell(self.tr("None of the installed models has an attention map."))
            return
        sigma, quality = self._conditions

        def make(request: object) -> tuple[AttentionMap, QImage]:
            attention = restorer.map_attention(
                picture, model, at, sigma=sigma, jpeg_quality=quality
            )
            return attention, _shown(picture.plain, attention.region)

        self.message.tell(self.tr("Computing …"))
        self._worker.ask(make, self._take)

    def _take(self, reply: Reply) -> None:
        if reply.error is not None:
            self._show(None)
            self.message.tell(sentence(reply.error))
        else:
            self._show(*reply.value)

    # Display.

    def _show(self, attention: AttentionMap | None, part: QImage | None = None) -> None:
        self.levels.set_attention(attention)
        self.matches.set_attention(attention)
        self.canvas.set_attention(part or QImage(), attention)
        self.canvas.setVisible(attention is not None)
        for view in (self.level_view, self.match_view):
            head = view.horizontalHeader().sizeHint().height()
            view.setFixedHeight(head + view.model().rowCount() * _ROW_HEIGHT + 4)
        for widget in self._lists:
            widget.setVisible(attention is not None)
        if self._picture is None:
            self.message.tell(
                self.tr("Open a picture to see which parts of it the network compares.")
            )
        elif attention is None:
            self.message.tell(
                self.tr("Click a pixel to see which parts of the picture the network uses for it.")
            )
        else:
            self.level_view.selectRow(0)
            self.message.tell("")
            top, left, height, width = attention.patch
            row, column = round(top + height / 2), round(left + width / 2)
            text = self.tr("Column %1, row %2: %3 scales, highest weight %4")
            strongest = self.matches.index(0, 1).data() or ""
            for place, value in enumerate((column, row, len(attention.levels), strongest), start=1):
                text = text.replace(f"%{place}", str(value))
            self.canvas.setAccessibleDescription(text)
            announce(self.canvas, text)
        self.mapped.emit(attention)

    def _show_level(self, index: QModelIndex) -> None:
        self.canvas.show_level(index.row() - 1 if index.row() > 0 else None)

    def _show_match(self, index: QModelIndex) -> None:
        match = self.matches.match_at(index.row())
        self.canvas.show_match(match)
        self.match_chosen.emit(match)


def _table(model: LevelTable | MatchTable, name: str) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setAccessibleName(name)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setTabKeyNavigation(False)
    view.setShowGrid(False)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    head = view.horizontalHeader()
    head.setHighlightSections(False)
    head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return view


def _shown(image: Image, region: Region) -> QImage:
    """Return a part of a picture in the colors of the screen."""
    pixels = np.ascontiguousarray(region.of(image.pixels))
    return to_qimage(screen_pixels(with_pixels(image, pixels), None))

"""ContactSheet: compares one region, restored by settings, presets, models and strengths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from restorer import (
    Image,
    Region,
    Sample,
    Source,
    detailed_region,
    presets_file,
    scale_of_steps,
)

from ..session.choices import Choices
from ..session.session import Session
from ..session.state import State
from ..session.worker import Reply, Request, Worker
from ..widgets.accessibility import Notice
from ..widgets.forms import column, heading, labeled, letter_width, row
from ..widgets.region_picker import RegionPicker
from ..widgets.theme import SPACE
from ..widgets.words import sentence
from .cards import Cards
from .rows import SheetModel
from .selection import WaySelection
from .ways import Way, samples_of

_SIDE_WIDTH = 296
_SIDE_LETTERS = 42  # with a large font, it is as wide as these
_SIDES = (48, 64, 96, 128, 192, 256)
_USUAL_SIDE = 128  # shows an eye or a window of a house, and is restored in a second
_SIDE_TO_ENLARGE = 64  # of 256 pixels on the cards, if the result is four times as large
_SETTLE_MS = 400  # wait for a region that is still moving


class ContactSheet(QWidget):
    """The cards and their controls.

    Signals:
        adopted: The step to use for the picture, in a tuple.
        recipe_adopted: The choices to use for the picture.
    """

    adopted = Signal(object)
    recipe_adopted = Signal(object)
    _made = Signal(int, int, object)  # run, card, Sample; from the worker's thread

    def __init__(self, presets: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Source | None = None
        self._ground_truth: Image | None = None
        self._run = 0
        self._has_chosen_side = False
        self._worker = Worker("sheet", parent=self)
        self._finder = Worker("sheet region", parent=self)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self.selection = WaySelection(presets or presets_file())
        self.sheet = SheetModel(self.devicePixelRatioF(), self)
        self._build()
        self._lay_out()
        self._connect()
        self._show_idle()

    # Called by the window.

    def show_state(self, state: State) -> None:
        """Use the open picture, the usable models and the choices of a state."""
        self.sheet.adopt(state.choices.steps, automatic=state.choices.automatic)
        self.selection.show_state(state)
        self.set_ground_truth(state.ground_truth)
        opened = state.opened
        if opened is None:
            self.set_picture(None, QImage())
        else:
            self.set_picture(opened.source, opened.shown.levels[-1])

    def set_picture(self, picture: Source | None, overview: QImage) -> None:
        """Set the picture.

        Args:
            picture: The picture; None for none.
            overview: The whole picture in a small size.
        """
        if picture is self._picture:
            return
        self._picture = picture
        self.stop()
        self.sheet.begin([], QSize(1, 1))
        self.picker.set_picture(overview, (1, 1) if picture is None else picture.size)
        self._find_detail()
        self._show_idle()

    def set_ground_truth(self, truth: Image | None) -> None:
        """Set the ground truth of the whole picture; used if its size fits the results."""
        self._ground_truth = truth

    def close_workers(self, timeout_s: float = 60.0) -> bool:
        """Stop and end the threads; return whether they ended."""
        self._settled.stop()
        for worker in (self._worker, self._finder):
            worker.drop()
        ended = [worker.close(timeout_s) for worker in (self._worker, self._finder)]
        return all(ended)

    def compare(self) -> None:
        """Compute the cards."""
        picture, region, ways = self._picture, self.picker.region, self.selection.wanted
        if picture is None or region is None or not ways:
            return
        self._run += 1
        run, truth = self._run, self._fitting_ground_truth(ways)
        self.view.begin(ways, region)

        def make(request: Request) -> None:
            for number, sample in samples_of(picture, ways, region, truth, request.cancel):
                self._made.emit(run, number, sample)

        self.message.tell(self.tr("Comparing …"))
        self.go.setEnabled(False)
        self.stop_button.setEnabled(True)
        self._worker.ask(make, self._take_end)

    def showEvent(self, event: QShowEvent) -> None:
        """Compare at once, unless that is done."""
        super().showEvent(event)
        if not self.sheet.cards:
            self._settled.start()

    def stop(self) -> None:
        """Stop after the current tile until the next change; finished cards stay."""
        self._settled.stop()
        self._worker.drop()
        self._run += 1
        self._show_idle()

    def _compare_again(self) -> None:
        """Compare what is chosen now, if anybody sees it."""
        if self.isVisible() and self.picker.region is not None:
            self.stop()
            self.compare()

    # Building.

    def _build(self) -> None:
        self.picker = RegionPicker()
        self.side = QComboBox()
        for side in _SIDES:
            self.side.addItem(f"{side} × {side}", side)
        self.side.setCurrentIndex(_SIDES.index(_USUAL_SIDE))
        self.detail = QPushButton(self.tr("Jump to most detailed area"))
        self.detail.setToolTip(self.tr("Select the region with the finest detail"))
        self.go = QPushButton(self.tr("Compare"))
        self.go.setProperty("primary", True)
        self.stop_button = QPushButton(self.tr("Stop"))
        self.message = Notice()
        self.view = Cards(self.sheet)

    def _lay_out(self) -> None:
        side = column()
        side.addWidget(heading(self.tr("Region")))
        side.addWidget(self.picker)
        side.addLayout(labeled(self.tr("Pixels"), self.side))
        side.addWidget(self.detail)
        side.addSpacing(SPACE)
        side.addWidget(heading(self.tr("Compare with each other")))
        side.addWidget(self.selection, 1)
        side.addWidget(self.message)
        side.addLayout(row(self.go, self.stop_button, stretch=0))
        beside = QWidget()
        beside.setLayout(side)
        beside.setFixedWidth(max(_SIDE_WIDTH, _SIDE_LETTERS * letter_width(beside)))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(beside)
        layout.addWidget(self.view, 1)

    def _connect(self) -> None:
        self.side.activated.connect(self._choose_side)
        self.selection.changed.connect(self._suggest_side)
        self.detail.clicked.connect(self._find_detail)
        self.selection.changed.connect(self._show_idle)
        for change in (self.picker.moved, self.selection.chosen):
            change.connect(self._settled.start)
        self._settled.timeout.connect(self._compare_again)
        self.go.clicked.connect(self.compare)
        self.stop_button.clicked.connect(self.stop)
        self.view.clicked.connect(self._adopt)
        self.view.activated.connect(self._adopt)
        self._made.connect(self._take)  # queued: the worker's thread emits it

    # The region.

    def _find_detail(self) -> None:
        """Find the most detailed region in a thread, as a large picture takes a while."""
        picture, side = self._picture, self.side.currentData()
        if picture is None:
            self._finder.drop()
            return

        def take(reply: Reply) -> None:
            if reply.error is None:
                self.picker.set_region(reply.value)
                self._show_idle()

        self._finder.ask(lambda request: detailed_region(picture.image, side), take)

    def _suggest_side(self) -> None:
        """Take a smaller region where results are enlarged, unless the user has chosen one."""
        enlarges = any(scale_of_steps(way.steps) > 1 for way in self.selection.wanted if way.steps)
        side = self.side.findData(_SIDE_TO_ENLARGE if enlarges else _USUAL_SIDE)
        if side != self.side.currentIndex() and not self._has_chosen_side:
            self.side.setCurrentIndex(side)
            self._resize_region()

    def _choose_side(self) -> None:
        self._has_chosen_side = True
        self._resize_region()

    def _resize_region(self) -> None:
        region, side = self.picker.region, self.side.currentData()
        if region is not None:
            top = region.top + (region.height - side) // 2
            left = region.left + (region.width - side) // 2
            self.picker.set_region(Region(top, left, side, side))

    # Results.

    def _fitting_ground_truth(self, ways: Sequence[Way]) -> Image | None:
        """Return the ground truth, if it has the size of a result."""
        truth, picture = self._ground_truth, self._picture
        if truth is None or picture is None:
            return None
        scales = {scale_of_steps(way.steps) if way.steps else 1 for way in ways}
        sizes = [(picture.size[0] * scale, picture.size[1] * scale) for scale in scales]
        return truth if (truth.height, truth.width) in sizes else None

    def _take(self, run: int, number: int, sample: Sample) -> None:
        if run == self._run:
            self.sheet.put(number, sample)

    def _take_end(self, reply: Reply) -> None:
        self._show_idle()
        if reply.error is not None:
            self.message.tell(sentence(reply.error))

    def _adopt(self, index: QModelIndex) -> None:
        way = self.sheet.cards[index.row()].way
        if way is None:
            return
        if way.choices is None:
            self.sheet.adopt(way.steps)
            self.adopted.emit(way.steps)
        else:
            self.sheet.adopt(way.steps, automatic=way.choices.automatic)
            self.recipe_adopted.emit(way.choices)

    def _show_idle(self, *_: object) -> None:
        """Enable the controls while nothing runs."""
        if self._worker.busy:
            return
        self.stop_button.setEnabled(False)
        marked = bool(self.selection.ways.marked)
        self.go.setEnabled(self.picker.region is not None and marked)
        for widget in (self.detail, self.side):
            widget.setEnabled(self._picture is not None)
        if self._picture is None:
            self.message.tell(self.tr("Open a picture to compare its results."))
        else:
            self.message.tell("" if marked else self.tr("Select what to compare."))


def make_page(session: Session, folder: Path) -> ContactSheet:
    """Return the contact sheet of a session."""
    page = ContactSheet()
    page.show_state(session.state)
    page.adopted.connect(session.recipes.adopt)

    def choose(choices: Choices) -> None:
        session.recipes.choose(choices)
        session.showing.emit()

    page.recipe_adopted.connect(choose)
    session.changed.connect(page.show_state)
    return page

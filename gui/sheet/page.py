"""ContactSheet: compares one region, restored by settings, presets, models and strengths."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, lcm
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListView,
    QPushButton,
    QWidget,
)

from restorer import (
    TASKS,
    Image,
    Region,
    Sample,
    Source,
    detailed_region,
    list_models,
    model_spec,
    presets_file,
    scale_of_steps,
    usual_task,
)

from ..session.choices import Choices, automatic_choices
from ..session.session import Session
from ..session.state import State
from ..session.store import sentence
from ..session.worker import Reply, Request, Worker
from ..widgets.accessibility import Notice
from ..widgets.forms import column, heading, labeled, letter_width, row
from ..widgets.region_picker import RegionPicker
from ..widgets.theme import SPACE
from ..widgets.titles import task_title
from .rows import MarkDelegate, SheetModel, WayChoice
from .ways import Way, model_way, recipes, samples_of

_SIDE_WIDTH = 296
_SIDE_LETTERS = 42  # with a large font, it is as wide as these
_SIDES = (48, 64, 96, 128, 192, 256)
# The tasks that need nothing but a picture, in the order of a chain.
_TASKS = tuple(
    task.id
    for task in sorted(TASKS.values(), key=lambda task: task.place)
    if task.place and not task.needs_references
)
_LEAST_WIDTH = 200  # of a card, so that its text fits
_LARGEST_SCALE = 6  # of the region on a card
_LEAST_SIDE = 180  # of its picture, in device-independent pixels; smaller regions are enlarged


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
        self._presets = presets or presets_file()
        self._listed: tuple[object, ...] = ()
        self._active = ""  # the task that is done to the picture
        self._picture: Source | None = None
        self._ground_truth: Image | None = None
        self._choices = automatic_choices()
        self._usable: frozenset[str] = frozenset()
        self._run = 0
        self._worker = Worker("sheet", parent=self)
        self._finder = Worker("sheet region", parent=self)
        self.ways = WayChoice(self)
        self.sheet = SheetModel(self.devicePixelRatioF(), self)
        self._build()
        self._lay_out()
        self._connect()
        self._show_idle()

    # Called by the window.

    def show_state(self, state: State) -> None:
        """Use the open picture, the usable models and the choices of a state."""
        self._choices = state.choices
        self.sheet.adopt(state.choices.steps, automatic=state.choices.automatic)
        self.set_usable(state.usable)
        self._follow_task()
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

    def set_usable(self, models: frozenset[str]) -> None:
        """Offer the models whose files are here."""
        if models != self._usable:
            self._usable = models
            self._list_tasks()

    def set_ground_truth(self, truth: Image | None) -> None:
        """Set the ground truth of the whole picture; used if its size fits the results."""
        self._ground_truth = truth

    def close_workers(self, timeout_s: float = 60.0) -> bool:
        """Stop and end the threads; return whether they ended."""
        for worker in (self._worker, self._finder):
            worker.drop()
        ended = [worker.close(timeout_s) for worker in (self._worker, self._finder)]
        return all(ended)

    def compare(self) -> None:
        """Compute the cards."""
        picture, region, ways = self._picture, self.picker.region, self._wanted()
        if picture is None or region is None or not ways:
            return
        scales = [scale_of_steps(way.steps) if way.steps else 1 for way in ways]
        truth = self._fitting_ground_truth(scales)
        self._run += 1
        run = self._run
        alike = len(set(scales)) == 1
        self.sheet.begin(ways, self._extent(region, scales), alike=alike)
        self.view.setIconSize(self.sheet.icon_size)
        width = max(_LEAST_WIDTH, self.sheet.icon_size.width()) + SPACE
        words = 4 * self.fontMetrics().lineSpacing()
        self.sheet.card_size = QSize(width, self.sheet.icon_size.height() + words)
        self.view.setGridSize(self.sheet.card_size + QSize(SPACE, SPACE))

        def make(request: Request) -> None:
            for number, sample in samples_of(picture, ways, region, truth, request.cancel):
                self._made.emit(run, number, sample)

        self.message.tell(self.tr("Comparing …"))
        self.go.setEnabled(False)
        self.stop_button.setEnabled(True)
        self._worker.ask(make, self._take_end)

    def stop(self) -> None:
        """Stop after the current tile; finished cards stay."""
        self._worker.drop()
        self._run += 1
        self._show_idle()

    # Building.

    def _build(self) -> None:
        self.picker = RegionPicker()
        self.side = QComboBox()
        for side in _SIDES:
            self.side.addItem(f"{side} × {side}", side)
        self.side.setCurrentIndex(_SIDES.index(64))
        self.detail = QPushButton(self.tr("Jump to most detailed area"))
        self.detail.setToolTip(self.tr("Select the region with the finest detail"))
        self.task = QComboBox()
        self.list = QListView()
        self.list.setObjectName("modelChoice")
        self.list.setItemDelegate(MarkDelegate(self))
        self.list.setModel(self.ways)
        self.list.setAccessibleName(self.tr("What to compare"))
        self.strengths = QComboBox()
        self.strengths.addItem("100 %", [1.0])
        self.strengths.addItem(self.tr("100 and 70 %"), [1.0, 0.7])
        self.strengths.addItem(self.tr("25 to 100 %"), [1.0, 0.75, 0.5, 0.25])
        self.go = QPushButton(self.tr("Compare"))
        self.go.setProperty("primary", True)
        self.stop_button = QPushButton(self.tr("Stop"))
        self.message = Notice()
        self.view = _Sheet()
        self.view.setObjectName("contactSheet")
        self.view.setModel(self.sheet)
        self.view.setAccessibleName(self.tr("Contact sheet"))
        self.view.setViewMode(QListView.ViewMode.IconMode)
        self.view.setMovement(QListView.Movement.Static)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setUniformItemSizes(True)
        self.view.setWordWrap(True)
        self.view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setToolTip(self.tr("Click or press Enter to use this"))

    def _lay_out(self) -> None:
        side = column()
        side.addWidget(heading(self.tr("Region")))
        side.addWidget(self.picker)
        side.addLayout(labeled(self.tr("Pixels"), self.side))
        side.addWidget(self.detail)
        side.addSpacing(SPACE)
        side.addWidget(heading(self.tr("Compare with each other")))
        side.addLayout(labeled(self.tr("Task"), self.task))
        side.addWidget(self.list, 1)
        side.addLayout(labeled(self.tr("Strengths"), self.strengths))
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
        self.side.activated.connect(self._resize_region)
        self.detail.clicked.connect(self._find_detail)
        self.task.currentIndexChanged.connect(self._list_models)
        self.ways.dataChanged.connect(self._show_idle)
        self.ways.modelReset.connect(self._show_idle)
        self.go.clicked.connect(self.compare)
        self.stop_button.clicked.connect(self.stop)
        self.view.clicked.connect(self._adopt)
        self.view.activated.connect(self._adopt)
        self._made.connect(self._take)  # queued: the worker's thread emits it

    # Choices.

    def _list_tasks(self) -> None:
        kept = self.task.currentData()
        self.task.blockSignals(True)
        self.task.clear()
        for task in _TASKS:
            if any(spec.id in self._usable for spec in list_models(task)):
                self.task.addItem(task_title(task), task)
        usual = max(0, self.task.findData(usual_task()))
        self.task.setCurrentIndex(max(0, self.task.findData(kept)) if kept else usual)
        self.task.blockSignals(False)
        self._list_models()

    def _follow_task(self) -> None:
        """Begin with the task that is done to the picture, and list its models."""
        active = next((s.task for s in self._choices.models if s.task in _TASKS), "")
        if active and active != self._active:
            self._active = active
            self.task.setCurrentIndex(max(0, self.task.findData(active)))
        self._list_models()

    def _list_models(self) -> None:
        """List the recipes, then the models of the task, that in use first."""
        task = self.task.currentData()
        shown = (self._choices, self._usable, task)
        if shown == self._listed:
            return
        self._listed = shown
        specs = [spec for spec in list_models(task) if spec.id in self._usable] if task else []
        used = {spec.id for spec in self._choices.models}
        specs.sort(key=lambda spec: spec.id not in used)
        models = [model_way(spec, self._choices) for spec in specs]
        self.ways.set_ways([*recipes(self._choices, self._presets), *models])

    def _wanted(self) -> list[Way]:
        """Return the checked ways, models at each of the strengths."""
        strengths = self.strengths.currentData()
        found = []
        for way in self.ways.marked:
            if way.choices is not None:
                found.append(way)
            else:
                spec = model_spec(way.steps[0].model)
                found += [model_way(spec, self._choices, strength) for strength in strengths]
        return found

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

    def _resize_region(self) -> None:
        region, side = self.picker.region, self.side.currentData()
        if region is not None:
            top = region.top + (region.height - side) // 2
            left = region.left + (region.width - side) // 2
            self.picker.set_region(Region(top, left, side, side))

    # Results.

    def _fitting_ground_truth(self, scales: Sequence[int]) -> Image | None:
        truth, picture = self._ground_truth, self._picture
        if truth is None or picture is None:
            return None
        sizes = [(picture.size[0] * scale, picture.size[1] * scale) for scale in scales]
        return truth if (truth.height, truth.width) in sizes else None

    def _extent(self, region: Region, scales: Sequence[int]) -> QSize:
        """Return the size of the cards' pictures, a multiple of the size of every result.

        If that is too large, as for scales 3 and 4, it is a multiple of the largest result.
        """
        scale = lcm(*scales)
        if scale > max(_LARGEST_SCALE, *scales):
            scale = max(scales)
        least = _LEAST_SIDE * self.devicePixelRatioF()
        zoom = max(1, ceil(least / (scale * min(region.height, region.width))))
        return QSize(region.width, region.height) * (scale * zoom)

    def _take(self, run: int, number: int, sample: Sample) -> None:
        if run == self._run:
            self.sheet.put(number, sample)

    def _take_end(self, reply: Reply) -> None:
        self._show_idle()
        if reply.error is not None:
            self.message.tell(sentence(str(reply.error)))

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
        marked = bool(self.ways.marked)
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


class _Sheet(QListView):
    """A list of cards, with a hint while it is empty."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            text = self.tr("The region appears here, restored in each selected way")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, text)

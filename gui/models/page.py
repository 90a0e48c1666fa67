"""ModelsPanel: lists the models; downloads, adds, verifies and removes their weights."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTableView,
    QWidget,
)

from restorer import (
    TASKS,
    ModelSpec,
    add_weights,
    fetch_model,
    identify_checkpoint,
    list_models,
    remove_weights,
    weights_state,
)

from ..session.session import Session
from ..session.worker import Reply, Worker
from ..widgets.accessibility import Notice
from ..widgets.columns import fit_columns
from ..widgets.drop import FileDropPanel
from ..widgets.forms import column, letter_width, row
from ..widgets.model_names import model_name
from ..widgets.theme import SPACE
from ..widgets.titles import task_title
from ..widgets.words import sentence
from .add_model import AddForm
from .details import ModelDetails
from .rows import (
    EXPERT,
    ID,
    LICENSE,
    MODEL,
    SCALE,
    SIZE,
    SPEED,
    STATE,
    TASK,
    USABLE,
    ModelFilter,
    ModelTable,
)

_WIDTHS = {
    MODEL: 230, TASK: 150, SCALE: 60, SIZE: 84, STATE: 112, SPEED: 86, ID: 210, LICENSE: 120,
}  # fmt: skip
_DETAILS_WIDTH = 376
_DETAILS_LETTERS = 50  # with a large font, they are as wide as these
_EXPERT = "models-expert"  # key of the settings
_CHECKPOINTS = "*.pt *.pth *.safetensors *.ckpt *.bin *.param"


class ModelsPanel(FileDropPanel):
    """All models.

    Args:
        settings: The settings file, which remembers the expert view; None forgets it.
        parent: Owner.

    Signals:
        changed: Models were added, downloaded or removed.
    """

    changed = Signal()

    def __init__(self, settings: QSettings | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._fetching = ""  # name of the model that is being downloaded
        self._checker = Worker("weights", keep=True, parent=self)
        self._network = Worker("download", parent=self)
        self._store = Worker("store", keep=True, parent=self)
        self.table = ModelTable(self)
        self.proxy = ModelFilter(self)
        self.proxy.setSourceModel(self.table)
        self._build()
        self._lay_out()
        self._connect()
        kept = settings is not None and settings.value(_EXPERT, False)
        self.expert.setChecked(str(kept).lower() == "true")
        self._show_expert()
        self.survey()

    # Called by the window.

    def survey(self) -> None:
        """List the models and check their weights."""
        kept = self._current()
        specs = sorted(list_models(), key=_order)
        self.table.set_specs(specs)
        self._checker.drop()
        for spec in specs:
            self._check(spec)
        self.show_model(kept.id if kept else specs[0].id)

    def show_model(self, model: str) -> None:
        """Make a model the current one, if it is listed."""
        for number, spec in enumerate(self.table.specs):
            index = self.proxy.mapFromSource(self.table.index(number, MODEL))
            if spec.id == model and index.isValid():
                self.view.setCurrentIndex(index)
        self._show_current()

    def inspect(self, file: Path) -> None:
        """Identify a model file and offer to add it."""
        self._close_form()
        self.message.tell(self.tr("Reading %1 …").replace("%1", file.name))

        def explain(reply: Reply) -> None:
            self.message.tell(_said(reply))
            if reply.error is None:
                self.details.hide()
                self.form.show_file(file, reply.value)

        self._store.ask(lambda request: identify_checkpoint(file), explain)

    def close_workers(self, timeout_s: float = 60.0) -> bool:
        """End all threads, keeping a partial download; return whether they ended."""
        workers = (self._checker, self._network, self._store)
        for worker in workers:
            worker.drop()
        ended = [worker.close(timeout_s) for worker in workers]
        return all(ended)

    # Building.

    def _build(self) -> None:
        self.task = QComboBox()
        self.task.addItem(self.tr("All tasks"), "")
        for task in dict.fromkeys(spec.task for spec in list_models()):
            self.task.addItem(task_title(task), task)
        self.task.setAccessibleName(self.tr("Task"))
        self.state = QComboBox()
        self.state.addItem(self.tr("All models"), [])
        self.state.addItem(self.tr("Ready to use"), list(USABLE))
        self.state.addItem(self.tr("Available"), ["fetch", "browser", "absent", "corrupt"])
        self.state.setAccessibleName(self.tr("Models to show"))
        self.search = QLineEdit(clearButtonEnabled=True)
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search models"))
        self.expert = QCheckBox(self.tr("Expert view"))
        self.expert.setToolTip(self.tr("Show ids, licenses and test scores, too"))
        self.open_file = QPushButton(self.tr("Add model file …"))
        self.view = QTableView()
        self.view.setAccessibleName(self.tr("Models"))
        self.message = Notice()
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.form = AddForm()
        self.details = ModelDetails()
        view = self.view
        view.setModel(self.proxy)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setShowGrid(False)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(4 * SPACE)
        head = view.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section, width in _WIDTHS.items():
            head.resizeSection(section, width)
        head.setStretchLastSection(True)
        fit_columns(view, self.table.words())

    def _lay_out(self) -> None:
        layout = column(margin=2 * SPACE)
        layout.addLayout(
            row(self.task, self.state, self.search, self.expert, self.open_file, stretch=2)
        )
        self.beside = QScrollArea(widgetResizable=True)
        self.beside.setWidget(self.details)
        self.beside.setFixedWidth(max(_DETAILS_WIDTH, _DETAILS_LETTERS * letter_width(self)))
        self.beside.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.beside.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.beside.setAccessibleName(self.tr("About the model"))
        middle = row(self.view, self.beside, stretch=0)
        middle.setSpacing(2 * SPACE)
        layout.addLayout(middle, 1)
        for widget in (self.message, self.form):
            layout.addWidget(widget)
        self.setLayout(layout)

    def _connect(self) -> None:
        self.task.currentIndexChanged.connect(self._narrow)
        self.state.currentIndexChanged.connect(self._narrow)
        self.search.textChanged.connect(self._narrow)
        self.expert.toggled.connect(self._show_expert)
        self.open_file.clicked.connect(self._browse)
        self.view.selectionModel().currentChanged.connect(self._show_current)
        self.form.accepted.connect(self._add)
        self.form.dismissed.connect(self._close_form)
        self.details.fetched.connect(self._fetch)
        self.details.stopped.connect(self._stop)
        self.details.verified.connect(self._verify)
        self.details.removed.connect(self._remove)
        self.details.message.connect(self.message.tell)

    # Display.

    def _show_expert(self) -> None:
        expert = self.expert.isChecked()
        for section in EXPERT:
            self.view.setColumnHidden(section, not expert)
        self.details.set_expert(expert)
        if self._settings is not None:
            self._settings.setValue(_EXPERT, expert)

    def _current(self) -> ModelSpec | None:
        index = self.proxy.mapToSource(self.view.currentIndex())
        return self.table.specs[index.row()] if index.isValid() else None

    def _show_current(self, *_: QModelIndex) -> None:
        spec = self._current()
        if self.form.isHidden():
            self.details.show_model(spec, self.table.state(spec.id) if spec else "")
        QTimer.singleShot(0, self.view, self._show_row)  # after the table has its new height

    def _show_row(self) -> None:
        self.view.scrollTo(self.view.currentIndex())

    def _narrow(self) -> None:
        self.proxy.narrow(
            self.task.currentData(), self.state.currentData(), self.search.text().strip()
        )
        if not self.view.currentIndex().isValid() and self.proxy.rowCount():
            self.view.setCurrentIndex(self.proxy.index(0, MODEL))
        self._show_current()

    def _set_state(self, spec: ModelSpec, reply: Reply) -> None:
        state = "absent" if reply.error else str(reply.value)
        changed = self.table.state(spec.id) != state
        self.table.set_state(spec.id, state)
        current = self._current()
        if changed and current is not None and current.id == spec.id:
            self._show_current()

    def _check(self, spec: ModelSpec) -> None:
        self._checker.ask(
            lambda request: weights_state(spec), lambda reply: self._set_state(spec, reply)
        )

    # Actions of the user.

    def _fetch(self) -> None:
        spec = self._current()
        if spec is None or self._fetching:
            return
        self._fetching = model_name(spec)
        self.message.tell("")
        self.details.show_download(model_name(spec), (0, 0))
        self._network.ask(
            lambda request: fetch_model(spec, on_bytes=request.report, cancel=request.cancel),
            self._take_fetched,
            lambda done, total: self.details.show_download(model_name(spec), (done, total)),
        )

    def _stop(self) -> None:
        self._network.drop()
        text = self.tr("%1: The download is paused. Download again to continue.")
        self._end_download(text)

    def _take_fetched(self, reply: Reply) -> None:
        self._end_download(_said(reply) or self.tr("%1 is ready to use."))
        self.survey()
        self.changed.emit()

    def _end_download(self, text: str) -> None:
        self.message.tell(text.replace("%1", self._fetching))
        self._fetching = ""
        self.details.show_download("", None)

    def _verify(self) -> None:
        spec = self._current()
        if spec is None:
            return
        self.message.tell(self.tr("Reading %1 …").replace("%1", model_name(spec)))

        def take(reply: Reply) -> None:
            self._set_state(spec, reply)
            whole = self.table.state(spec.id) in USABLE
            fine = self.tr("%1: The file is complete and unchanged.")
            wrong = self.tr("%1: The file is incomplete or was changed. Download it again.")
            self.message.tell((fine if whole else wrong).replace("%1", model_name(spec)))

        self._store.ask(lambda request: weights_state(spec), take)

    def _remove(self) -> None:
        spec = self._current()
        if spec is not None:
            self._store.ask(lambda request: remove_weights(spec), self._take_change)

    def _take_change(self, reply: Reply) -> None:
        self.message.tell(_said(reply))
        self.survey()
        self.changed.emit()

    def _close_form(self) -> None:
        inside = self.form.isAncestorOf(self.focusWidget() or self)
        self.form.hide()
        self._show_current()
        if inside:
            self.view.setFocus()

    def _add(self, spec: ModelSpec, file: Path) -> None:
        self._close_form()

        def take(reply: Reply) -> None:
            self._take_change(reply)
            if reply.error is None:
                self.show_model(reply.value.id)
                text = self.tr("%1 was added and is ready to use.")
                self.message.tell(text.replace("%1", model_name(reply.value)))

        self._store.ask(lambda request: add_weights(spec, file), take)

    def _browse(self) -> None:
        kinds = self.tr("Model files (%1)").replace("%1", _CHECKPOINTS)
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Add model file"), "", kinds)
        if name:
            self.inspect(Path(name))

    def take_files(self, paths: list[Path]) -> None:
        """Identify a dropped file."""
        self.inspect(paths[0])


def make_page(session: Session, folder: Path) -> ModelsPanel:
    """Return the models; the session looks for usable ones again when they change."""
    page = ModelsPanel(QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat))
    page.changed.connect(session.survey)
    return page


def _order(spec: ModelSpec) -> tuple[object, ...]:
    """Return the place of a model: included ones first, by task and scale; then as listed."""
    place = TASKS[spec.task].place if spec.task in TASKS else 0
    return (0, place or len(TASKS), spec.scale) if spec.weights.embedded else (1, 0, 0)


def _said(reply: Reply) -> str:
    return sentence(reply.error) if reply.error is not None else ""

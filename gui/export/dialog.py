"""ExportDialog: asks what the files of an export are to be, writes them, and says what failed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from restorer import FORMATS, CancelToken, RestorerError

from ..restore.controls import Output
from ..restore.fields import OptionFields
from ..session.box import Box
from ..session.choices import Choices
from ..session.state import State
from ..session.strip import Strip
from ..session.worker import Reply, Worker
from ..widgets.accessibility import Notice, name_combos
from ..widgets.forms import Picker, Section, WheelGuard, column, heading, labeled, row
from ..widgets.theme import SPACE
from ..widgets.words import error_text
from .request import ExportRequest
from .run import Exported, Finished, export, target

_LABEL_WIDTH = 72
_FOLDER_WIDTH = 160
_PICKER_FRAME = 56  # margins and arrow
_LEAST_HEIGHT = 440


class ExportDialog(QDialog):
    """The dialog; it stays open while other pictures are looked at.

    Signals:
        exported: What became of the pictures: a tuple of `Exported`, and the ExportRequest.
        asked: The ExportRequest that begins.
    """

    exported = Signal(object, object)
    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self._pictures: tuple[Finished, ...] = ()
        self._originals: tuple[Path, ...] = ()
        self._box: Box | None = None
        self._request = ExportRequest(Path.home())
        self._stop = CancelToken()
        self._worker = Worker("export", parent=self)
        self._build()
        self._connect()

    @property
    def running(self) -> bool:
        """Whether files are being written."""
        return self._worker.busy

    @property
    def request(self) -> ExportRequest:
        """What is asked for."""
        return replace(
            self._request,
            folder=Path(self.folder.text()).expanduser(),
            name=self.name.text(),
            existing=self.existing.currentData(),
            content=self.content.currentData(),
            labels=self.words if self.labels.isChecked() else None,
            box=self._box if self.visible_part.isChecked() else None,
        )

    @property
    def words(self) -> tuple[str, str]:
        """The labels of a picture of before and after."""
        return self.tr("Before"), self.tr("After")

    def show_request(self, text: str, folder: Path) -> None:
        """Show a request that `ExportRequest.dump` wrote; without one, `folder` and defaults."""
        self._request = request = ExportRequest.load(text, folder, self.words)
        self.folder.setText(str(request.folder))
        self.name.setText(request.name)
        self.existing.setCurrentIndex(self.existing.findData(request.existing))
        self.content.setCurrentIndex(self.content.findData(request.content))
        self.labels.setChecked(request.labels is not None)
        self._show_asked(request.asked)

    def show_pictures(
        self, pictures: Sequence[Finished], originals: Collection[Path], box: Box | None
    ) -> None:
        """Show which pictures will be exported.

        Args:
            pictures: Those that are selected and have a result.
            originals: Files that are never written to.
            box: The visible part of the only picture; None for several, and where it is all.
        """
        if self.running:
            return
        self._pictures, self._originals, self._box = (*pictures,), (*originals,), box
        self.visible_part.setEnabled(box is not None)
        if box is None:
            self.visible_part.setChecked(False)
        self._show_example()

    def close_workers(self) -> bool:
        """Stop after the file that is being written; return whether that ended."""
        self._stop.cancel()
        return self._worker.close(30)

    def _build(self) -> None:
        self.title = heading("")
        self.content = Picker()
        for text, value in (
            (self.tr("The result"), "result"),
            (self.tr("Before and after, side by side"), "sides"),
            (self.tr("Before and after, divided by a line"), "split"),
        ):
            self.content.addItem(text, value)
        self.labels = QCheckBox(self.tr("Labels on the picture"))
        self.visible_part = QCheckBox(self.tr("Only the visible part"))
        self.folder = QLineEdit()
        self.browse = QPushButton(self.tr("Choose …"))
        self.browse.setAccessibleName(self.tr("Choose a folder"))
        self.name = QLineEdit()
        self.name.setToolTip(
            self.tr(
                "{stem} is the name of the original, {suffix} its ending; also {model}, {scale}"
            )
        )
        self.example = QLabel(wordWrap=True)
        self.example.setProperty("hint", True)
        self.existing = Picker()
        for text, value in (
            (self.tr("write a numbered copy"), "number"),
            (self.tr("replace it"), "replace"),
            (self.tr("skip the picture"), "skip"),
        ):
            self.existing.addItem(text, value)
        self.output = Output()
        self.file = OptionFields("output")
        self.notice = Notice()
        self.failures = QListWidget()
        self.failures.setWordWrap(True)
        self.failures.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.failures.setAccessibleName(self.tr("Pictures that failed"))
        self.failures.hide()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.hide()
        self.start = QPushButton(self.tr("Export"))
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        self.leave = QPushButton(self.tr("Close"))
        self._lay_out()
        name_combos(self)

    def _lay_out(self) -> None:
        left = QWidget()
        self.folder.setMinimumWidth(_FOLDER_WIDTH)
        for picker in (self.content, self.existing):
            texts = (picker.itemText(number) for number in range(picker.count()))
            width = max(map(picker.fontMetrics().horizontalAdvance, texts))
            picker.setMinimumWidth(width + _PICKER_FRAME)
        fields = QVBoxLayout(left)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(SPACE)
        fields.addWidget(self.title)
        fields.addLayout(labeled(self.tr("Content"), self.content, _LABEL_WIDTH))
        fields.addWidget(self.labels)
        fields.addWidget(self.visible_part)
        folder = labeled(self.tr("Folder"), self.folder, _LABEL_WIDTH)
        folder.addWidget(self.browse)
        fields.addLayout(folder)
        fields.addLayout(labeled(self.tr("Name"), self.name, _LABEL_WIDTH))
        fields.addWidget(self.example)
        fields.addLayout(labeled(self.tr("If it exists"), self.existing, _LABEL_WIDTH))
        fields.addWidget(self.failures, 1)
        fields.addStretch(1)
        inner = QWidget()
        options = column(spacing=SPACE)
        for title, part in (
            (self.tr("File"), self.output),
            (self.tr("Size and metadata"), self.file),
        ):
            section = Section(title)
            section.content.addWidget(part)
            options.addWidget(section)
        options.addStretch(1)
        options.setContentsMargins(0, 0, SPACE, 0)
        inner.setLayout(options)
        WheelGuard(inner)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inner)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("Settings"))
        bar = area.verticalScrollBar().sizeHint().width()
        area.setMinimumSize(inner.sizeHint().width() + bar, _LEAST_HEIGHT)
        across = row(left, area, stretch=1)
        across.setSpacing(2 * SPACE)
        buttons = row(self.bar, self.start, stretch=0)
        buttons.insertStretch(1, 1)
        buttons.addWidget(self.leave)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(across, 1)
        layout.addWidget(self.notice)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        for edit in (self.folder, self.name):
            edit.textChanged.connect(self._show_example)
        self.content.currentIndexChanged.connect(self._show_example)
        self.output.chosen.connect(self._show_asked)
        self.file.chosen.connect(self._show_asked)
        self.browse.clicked.connect(self._browse)
        self.start.clicked.connect(self._press)
        self.leave.clicked.connect(self.close)

    def _show_asked(self, asked: Choices) -> None:
        """Show format and settings of the files."""
        self._request = replace(self._request, asked=asked)
        state = State(strip=Strip(usual=asked))
        self.output.show_state(state)
        self.file.show_state(state)
        self._show_example()

    def _show_example(self) -> None:
        """Show the name of the first file, and whether there is something to export."""
        request, count = self.request, len(self._pictures)
        said = self.tr("%1 pictures").replace("%1", str(count))
        self.title.setText(self._pictures[0].name if count == 1 else said)
        self.title.setToolTip(self.title.text())
        self.labels.setEnabled(request.content != "result")
        text, possible = self.tr("No selected picture has a result."), False
        if self._pictures:
            try:
                path = target(self._pictures[0], request)
            except RestorerError as error:
                text = error_text(error)
            else:
                text, possible = self.tr("Example: %1").replace("%1", path.name), True
                self._enable_fields(path.suffix.lower())
        self.example.setText(text)
        self.start.setEnabled((possible and bool(self.folder.text().strip())) or self.running)

    def _enable_fields(self, suffix: str) -> None:
        """Enable the options that the format has; with the originals', that of the first."""
        found = [f for f in FORMATS.values() if f.writer and suffix in f.suffixes]
        for name in ("quality", "lossless"):
            self.output.fields[name].setEnabled(any(f.has_option(name) for f in found))

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Choose a folder"), self.folder.text()
        )
        if name:
            self.folder.setText(name)

    def _press(self) -> None:
        if self.running:
            self._stop.cancel()
            self.notice.tell(self.tr("Stopping after this picture …"))
            return
        request, pictures, originals = self.request, self._pictures, self._originals
        self._stop = stop = CancelToken()
        self._worker.ask(
            lambda asked: export(pictures, request, originals, replace(asked, cancel=stop)),
            lambda reply: self._take(reply, request),
            self._count,
        )
        self.failures.hide()
        self.failures.clear()
        self._show_running(running=True)
        self._count(0, len(pictures))
        self.asked.emit(request)

    def _count(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        text = self.tr("Picture %1 of %2: %3").replace("%1", str(done + 1))
        text = text.replace("%2", str(total)).replace("%3", self._pictures[done].name)
        self.notice.tell(text)

    def _take(self, reply: Reply, request: ExportRequest) -> None:
        self._show_running(running=False)
        if reply.error is not None:
            self.notice.tell(str(reply.error))
            return
        made: tuple[Exported, ...] = reply.value
        failed = [each for each in made if each.error]
        for each in failed:
            self.failures.addItem(each.error)
        self.failures.setVisible(bool(failed))
        self.notice.tell(summary(made, len(self._pictures)))
        if not failed and len(made) == len(self._pictures):
            self.close()
        self.exported.emit(made, request)

    def _show_running(self, *, running: bool) -> None:
        self.bar.setVisible(running)
        self.start.setText(self.tr("Stop") if running else self.tr("Export"))
        for part in (self.content, self.labels, self.visible_part, self.folder, self.browse):
            part.setEnabled(not running)
        for other in (self.name, self.existing, self.output, self.file):
            other.setEnabled(not running)
        if not running:
            self.visible_part.setEnabled(self._box is not None)
            self._show_example()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide; what runs goes on."""
        self.hide()
        event.accept()


def summary(made: Sequence[Exported], count: int) -> str:
    """Return what became of `count` pictures, in a sentence."""
    failed = sum(bool(each.error) for each in made)
    skipped = sum(each.skipped for each in made)
    parts = (
        (len(made) - failed - skipped, QCoreApplication.translate("export", "Exported: %1.")),
        (skipped, QCoreApplication.translate("export", "Skipped because the file exists: %1.")),
        (failed, QCoreApplication.translate("export", "Failed: %1.")),
        (count - len(made), QCoreApplication.translate("export", "Not exported: %1.")),
    )
    told = parts[:1] if not any(n for n, _ in parts) else [each for each in parts if each[0]]
    return " ".join(said.replace("%1", str(n)) for n, said in told)

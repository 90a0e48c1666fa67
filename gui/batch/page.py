"""BatchPanel: the page of the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from restorer import Choice, Settings, find_option

from ..session.choices import Choices, automatic_choices
from ..session.documents import Document
from ..session.session import Session
from ..session.thumbnails import Thumbnails
from ..widgets.accessibility import Notice, announce
from ..widgets.drop import FileDropPanel
from ..widgets.forms import column, hint, row
from ..widgets.theme import SPACE
from ..widgets.titles import core_text, step_name
from ..widgets.words import duration, picture_patterns
from .controller import QueueControl
from .rows import NAME, RowFilter, RowState
from .store import QUEUE_FOLDER
from .view import THUMBNAIL, QueueView


class BatchPanel(FileDropPanel):
    """The queue with its controls; a queue of the last session waits for the Start button.

    Args:
        folder: Folder of the saved queue and its journal.
        parent: Owner.

    Signals:
        opened: The user wants to see a source and its result; two paths.
        changed: Rows, counts or activity have changed.
    """

    opened = Signal(object, object)
    changed = Signal()

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = automatic_choices()
        self._wanted: tuple[Path | None, str] = (None, "skip")  # as it was set last
        self._ran = False
        self._counts: Counter[RowState] | None = None  # of the rows that `_offer` saw
        self._thumbnails = Thumbnails(THUMBNAIL, self.devicePixelRatioF(), self)
        self.control = QueueControl(folder, self._thumbnails, self)
        self._build()
        self._lay_out()
        self._connect()
        self.set_choices(self._choices)
        self.control.load()

    # Called by the window.

    @property
    def waiting(self) -> int:
        """Number of files that wait."""
        return self.control.model.counts["waiting"]

    @property
    def running(self) -> bool:
        """Whether a job may be running."""
        return self.control.running

    def set_choices(self, choices: Choices) -> None:
        """Set the choices for files that are added from now on."""
        self._choices = choices
        models = " → ".join(map(step_name, choices.asked))
        text = self.tr("New files: %1").replace("%1", models or self.tr("no steps selected"))
        self.what.setText(text)
        self.what.setToolTip(text)

    def add(self, paths: Sequence[Path]) -> None:
        """Append files, and the pictures below folders, to the queue."""
        self._apply_output()
        self.control.add(paths, self._choices, self._folder(), self._settings())

    def add_documents(self, documents: Sequence[Document], *, start: bool) -> None:
        """Append documents of the film strip to the queue, each with its own recipe.

        Args:
            documents: The documents; a file of several pages is restored as a whole.
            start: Whether the queue runs as soon as they are in it.
        """
        self._apply_output()
        groups: list[tuple[Choices, list[Path]]] = []
        for document in documents:
            recipe = document.recipe.for_kind(raw=False).suited(None)
            if document.path is None:
                continue
            if not groups or groups[-1][0] != recipe:
                groups.append((recipe, []))
            if document.path not in groups[-1][1]:
                groups[-1][1].append(document.path)
        for recipe, paths in groups:
            settings = replace(recipe.settings, existing=self.existing.currentData())
            self.control.add(paths, recipe, self._folder(), settings, start=start)

    def close_workers(self, timeout_s: float = 60.0) -> bool:
        """Stop, save the queue and end all threads; return whether they ended within the time."""
        closed = self.control.close(timeout_s)
        return self._thumbnails.close() and closed

    # Building.

    def _build(self) -> None:
        self.add_files = QPushButton(self.tr("Add pictures …"))
        self.add_folder = QPushButton(self.tr("Add a folder …"))
        self.folder = QLineEdit(clearButtonEnabled=True)
        self.folder.setPlaceholderText(self.tr("the folder of each original, named …-restored"))
        self.folder.setAccessibleName(self.tr("Results folder"))
        self.choose = QPushButton(self.tr("Choose …"))
        self.choose.setAccessibleName(self.tr("Choose the results folder"))
        existing = cast(Choice, find_option("existing").offered)
        self.existing = _combo(
            self.tr("If a result exists already"),
            [(core_text(label), value) for value, label in existing.labels.items()],
        )
        self.what = hint()
        self.use = QPushButton(self.tr("Apply current settings to waiting files"))
        self.use.setToolTip(self.tr("Restore all unfinished files with the current settings"))
        self.shown = _combo(
            self.tr("Files to show"),
            [
                (self.tr("All files"), ()),
                (self.tr("Unfinished"), ("waiting", "running")),
                (self.tr("Done"), ("done", "skipped")),
                (self.tr("Failed or canceled"), ("failed", "cancelled")),
            ],
        )
        self.proxy = RowFilter(self)
        self.proxy.setSourceModel(self.control.model)
        self.view = QueueView()
        self.view.setModel(self.proxy)
        self.view.set_up(self.control.model.words())
        self.view.setAccessibleName(self.tr("Queue"))
        self.message = Notice()
        self.summary = QLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress of the whole queue"))
        self.start = QPushButton(self.tr("Start"))
        self.start.setProperty("primary", True)
        self._start_words = (self.tr("Start"), self.tr("Continue"))
        self.pause = QPushButton(self.tr("Pause"))
        self.pause.setToolTip(
            self.tr("Stop after the current tile and free the memory; continue at any time")
        )
        self.retry = QPushButton(self.tr("Retry failed"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Cancel the selected files; the others continue"))
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setToolTip(self.tr("Remove the selected files from the queue (Del)"))
        self.clear = QPushButton(self.tr("Clear finished"))
        self.acts = {  # of the menu of the selected rows
            "open": QAction(self.tr("Show before and after"), self),
            "retry": QAction(self.tr("Retry"), self),
            "cancel": QAction(self.tr("Cancel"), self),
            "remove": QAction(self.tr("Remove"), self),
        }
        self.view.addActions(list(self.acts.values()))
        self.report = QPushButton(self.tr("Save report …"))
        self.report.setToolTip(self.tr("Save a list of what became of each file, as a text file"))

    def _lay_out(self) -> None:
        into = QLabel(self.tr("Save results to"))
        exists, show = QLabel(self.tr("If a result exists")), QLabel(self.tr("Show"))
        for label, field in ((into, self.folder), (exists, self.existing), (show, self.shown)):
            label.setBuddy(field)
        first = row(self.add_files, self.add_folder, into, self.folder, self.choose, stretch=3)
        first.insertSpacing(2, SPACE)
        second = row(self.use, exists, self.existing, show, self.shown)
        for place in (3, 1):
            second.insertSpacing(place, SPACE)
        second.addStretch(1)
        actions = row(self.start, self.pause, self.retry, self.cancel, self.remove, self.clear)
        actions.addStretch(1)
        actions.addWidget(self.report)
        layout = column(margin=2 * SPACE)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.what)
        layout.addWidget(self.view, 1)
        for widget in (self.message, self.summary, self.bar):
            layout.addWidget(widget)
        layout.addLayout(actions)
        self.setLayout(layout)
        widths = []
        for words in self._start_words:  # the buttons beside it stay where they are
            self.start.setText(words)
            self.start.ensurePolished()
            widths.append(self.start.sizeHint().width())
        self.start.setMinimumWidth(max(widths))

    def _connect(self) -> None:
        control = self.control
        self.add_files.clicked.connect(self._browse_files)
        self.add_folder.clicked.connect(self._browse_folder)
        self.choose.clicked.connect(self._browse_target)
        self.use.clicked.connect(lambda: control.apply_choices(self._choices, self._settings()))
        self.shown.currentIndexChanged.connect(self._filter)
        self.folder.editingFinished.connect(self._apply_output)
        self.existing.activated.connect(self._apply_output)
        self.start.clicked.connect(self._start)
        self.pause.clicked.connect(self._pause)
        self.retry.clicked.connect(lambda: control.retry())
        self.cancel.clicked.connect(lambda: control.cancel(self._selected()))
        self.remove.clicked.connect(self._remove)
        self.clear.clicked.connect(lambda: control.remove(control.model.select("done", "skipped")))
        self.report.clicked.connect(self._browse_report)
        self.acts["open"].triggered.connect(lambda: self._open(self.view.currentIndex()))
        self.acts["retry"].triggered.connect(lambda: control.retry(self._selected()))
        self.acts["cancel"].triggered.connect(self.cancel.click)
        self.acts["remove"].triggered.connect(self.remove.click)
        self.view.opened.connect(self._open)
        self.view.removed.connect(self.remove.click)
        self.view.selectionModel().selectionChanged.connect(self._offer)
        control.changed.connect(self._refresh)
        control.changed.connect(self.changed)
        control.message.connect(self.message.tell)

    # Display.

    def _refresh(self) -> None:
        control, counts = self.control, self.control.model.counts
        self.start.setText(self._start_words[counts["done"] > 0])
        ready = counts["waiting"] > 0 and not control.running
        self.start.setEnabled(ready or control.stopping)
        if self.pause.hasFocus() and not control.running:
            self.view.setFocus()  # Qt would focus a button that clears the queue
        self.pause.setEnabled(control.running and not control.stopping)
        self.retry.setEnabled(counts["failed"] + counts["cancelled"] > 0)
        if counts != self._counts:  # not for each tile, as ten thousand rows may be selected
            self._counts = counts.copy()
            self._offer()
        self.clear.setEnabled(counts["done"] + counts["skipped"] > 0)
        self.use.setEnabled(counts["waiting"] + counts["failed"] + counts["cancelled"] > 0)
        total = len(control.model.rows)
        ended = total - counts["waiting"] - counts["running"]
        self.bar.setVisible(total > 0)
        self.bar.setRange(0, max(1, total) * 100)
        self.bar.setValue(round((ended + control.model.running_parts) * 100))
        self.summary.setText(self._summary())
        if self._ran and not control.running:
            announce(self.summary, self.summary.text())
        self._ran = control.running

    def _offer(self) -> None:
        """Enable the actions that apply to the selected rows."""
        states = Counter(self.control.model.rows[number].state for number in self._selected())
        self.acts["open"].setEnabled(states["done"] + states["skipped"] > 0)
        self.acts["retry"].setEnabled(states["failed"] + states["cancelled"] > 0)
        for offered in (self.cancel, self.acts["cancel"]):
            offered.setEnabled(states["waiting"] + states["running"] > 0)
        for offered in (self.remove, self.acts["remove"]):
            offered.setEnabled(states.total() > 0)

    def _summary(self) -> str:
        counts = self.control.model.counts
        if not counts.total():
            return self.tr("The queue is empty.")
        words: dict[RowState, str] = {
            "done": self.tr("%n done", "", counts["done"]),
            "skipped": self.tr("%n skipped", "", counts["skipped"]),
            "failed": self.tr("%n failed", "", counts["failed"]),
            "cancelled": self.tr("%n canceled", "", counts["cancelled"]),
            "running": self.tr("%n running", "", counts["running"]),
            "waiting": self.tr("%n waiting", "", counts["waiting"]),
        }
        said = [word for state, word in words.items() if counts[state] or state == "done"]
        left = self.control.seconds_left
        if self.control.stopping:
            said.append(self.tr("stopping after this tile …"))
        elif left is not None and counts["waiting"] + counts["running"]:
            said.append(self.tr("about %1 left").replace("%1", duration(left)))
        return " · ".join(said)

    def _filter(self) -> None:
        self.proxy.show_only(*self.shown.currentData())

    # Actions of the user.

    def _folder(self) -> Path | None:
        typed = self.folder.text().strip()
        return Path(typed).expanduser().absolute() if typed else None

    def _apply_output(self) -> None:
        """Apply the output settings to waiting files, if they have changed."""
        wanted = (self._folder(), self.existing.currentData())
        if wanted != self._wanted:
            self._wanted = wanted
            self.control.apply_output(self._folder(), self._settings())

    def _start(self) -> None:
        self._apply_output()
        self.control.start()
        self.pause.setFocus()

    def _pause(self) -> None:
        self.control.pause()
        self.start.setFocus()

    def _remove(self) -> None:
        """Remove the selected rows and select the row that takes their place."""
        place = min((index.row() for index in self.view.selectionModel().selectedRows()), default=0)
        self.control.remove(self._selected())
        if count := self.proxy.rowCount():
            self.view.selectRow(min(place, count - 1))
        self.view.setFocus()

    def _settings(self) -> Settings:
        return replace(self._choices.settings, existing=self.existing.currentData())

    def _selected(self) -> list[int]:
        parts: Any = self.view.selectionModel().selection()  # a list, for Python
        shown = {n for part in parts for n in range(part.top(), part.bottom() + 1)}
        return sorted(self.proxy.mapToSource(self.proxy.index(n, NAME)).row() for n in shown)

    def _open(self, index: QModelIndex) -> None:
        found = self.control.model.rows[self.proxy.mapToSource(index).row()]
        result = found.job.target if found.state == "skipped" else found.result
        if result is None:
            text = self.tr("%1 has no result yet to compare with.")
            self.message.tell(text.replace("%1", found.job.source.name))
        elif result.exists():
            self.opened.emit(found.job.source, result)
        else:
            self.message.tell(self.tr("%1 no longer exists.").replace("%1", str(result)))

    def _browse_files(self) -> None:
        kinds = self.tr("Pictures (%1)").replace("%1", picture_patterns())
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Add pictures"), "", kinds)
        if names:
            self.add([Path(name) for name in names])

    def _browse_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Add a folder of pictures"))
        if name:
            self.add([Path(name)])

    def _browse_target(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Results folder"), self.folder.text())
        if name:
            self.folder.setText(name)
            self._apply_output()

    def _browse_report(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save the report"), "report.jsonl")
        if name:
            self.control.report(Path(name))

    def take_files(self, paths: list[Path]) -> None:
        """Add the dropped files."""
        self.add(paths)


def make_page(session: Session, folder: Path) -> BatchPanel:
    """Return the queue, kept in a settings folder, with the choices of a session."""
    page = BatchPanel(folder / QUEUE_FOLDER)
    page.set_choices(session.state.choices)
    page.opened.connect(session.open_pair)
    session.changed.connect(lambda state: page.set_choices(state.choices))
    return page


def _combo(name: str, items: Sequence[tuple[str, object]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    for text, data in items:
        combo.addItem(text, data)
    return combo

"""BatchPage: all pictures as a table, to restore many of them straight to files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QPushButton,
    QWidget,
)

from ..canvas.document_model import BadgeFilter, shared_model
from ..canvas.film_strip import selected_rows, selection_of
from ..session.documents import Badge, Document
from ..session.jobs import local
from ..session.session import Session
from ..session.state import State
from ..widgets.accessibility import Notice, announce
from ..widgets.drop import FileDropPanel
from ..widgets.forms import column, row
from ..widgets.theme import SPACE
from .sources import Sources
from .summary import Summary
from .view import DocumentTable

_SEEN_MS = 150  # after the last scrolling, until visible pictures are looked at


class BatchPage(FileDropPanel):
    """The pictures of the film strip as a table.

    Args:
        session: The session.
        parent: Owner.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.items = shared_model(session, self.devicePixelRatioF())
        self._ran = False
        self._showing = False
        self._marked: tuple[int, ...] | None = None  # the ids that are selected
        self._offered: object = None  # what the buttons of the selection were set for
        self._build()
        self._lay_out()
        self._connect()
        self.show_state(session.state)

    # Building.

    def _build(self) -> None:
        self.sources = Sources()
        self.use = QPushButton(self.tr("Same settings for the selected pictures"))
        self.use.setToolTip(
            self.tr("Give all selected pictures the settings of the open one; Ctrl+Z takes it back")
        )
        self.shown = _combo(
            self.tr("Pictures to show"),
            [
                (self.tr("All pictures"), ()),
                (self.tr("Waiting or running"), ("waiting", "running")),
                (self.tr("Not restored yet"), ("", "suggested", "changed")),
                (self.tr("Restored"), ("ready", "saved", "skipped")),
                (self.tr("Failed"), ("failed",)),
            ],
        )
        self.proxy = BadgeFilter(self.items)
        self.proxy.setParent(self)
        self.view = DocumentTable()
        self.view.setModel(self.proxy)
        self.view.set_up(self.items.words)
        self.view.setAccessibleName(self.tr("Pictures"))
        self.message = Notice()
        self.summary = Summary()
        self._start_words = (self.tr("Restore all"), self.tr("Continue"))
        self.start = QPushButton(self._start_words[0])
        self.start.setProperty("primary", True)
        self.start_selected = QPushButton(self.tr("Restore selected"))
        self.pause = QPushButton(self.tr("Pause"))
        self.pause.setToolTip(
            self.tr("Stop after the current tile and free the memory; continue at any time")
        )
        self.retry = QPushButton(self.tr("Retry failed"))
        self._cancel_words = (
            (
                self.tr("Cancel all"),
                self.tr("Take all pictures out of the queue; running ones stop after a tile"),
            ),
            (
                self.tr("Cancel"),
                self.tr("Take the selected pictures out of the queue; the others continue"),
            ),
        )
        self.cancel = QPushButton()
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setToolTip(self.tr("Remove the selected pictures from the list (Del)"))
        self.clear = QPushButton(self.tr("Clear saved"))
        self.acts = {  # of the menu of the selected rows
            "open": QAction(self.tr("Show before and after"), self),
            "start": QAction(self.tr("Restore and save"), self),
            "retry": QAction(self.tr("Retry"), self),
            "cancel": QAction(self.tr("Cancel"), self),
            "use": QAction(self.tr("Same settings as the open picture"), self),
            "remove": QAction(self.tr("Remove"), self),
        }
        self.view.addActions(list(self.acts.values()))
        self._quiet = QTimer(self, singleShot=True, interval=_SEEN_MS)

    def _lay_out(self) -> None:
        exists, show = QLabel(self.tr("If a result exists")), QLabel(self.tr("Show"))
        exists.setBuddy(self.sources.existing)
        show.setBuddy(self.shown)
        second = row(self.use, exists, self.sources.existing, show, self.shown)
        for place in (3, 1):
            second.insertSpacing(place, SPACE)
        second.addStretch(1)
        parts = (self.start, self.start_selected, self.pause, self.retry, self.cancel, self.remove)
        actions = row(*parts, self.clear)
        actions.addStretch(1)
        layout = column(margin=2 * SPACE)
        layout.addWidget(self.sources)
        layout.addLayout(second)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.message)
        layout.addWidget(self.summary)
        layout.addLayout(actions)
        self.setLayout(layout)
        _reserve(self.start, self._start_words)
        _reserve(self.cancel, [words for words, _ in self._cancel_words])

    def _connect(self) -> None:
        session, plans = self.session, self.session.plans
        self.sources.added.connect(self.take_files)
        self.sources.changed.connect(plans.set_output)
        self.summary.reported.connect(session.keeper.report)
        self.shown.currentIndexChanged.connect(
            lambda: self.proxy.show_only(*self.shown.currentData())
        )
        self.start.clicked.connect(self._start)
        self.start_selected.clicked.connect(
            lambda: plans.queue([each.id for each in self._selected], start=True)
        )
        self.pause.clicked.connect(self._pause)
        self.retry.clicked.connect(lambda: session.retry(self.items.select("failed")))
        self.cancel.clicked.connect(self._cancel)
        self.remove.clicked.connect(self._remove)
        self.clear.clicked.connect(
            lambda: session.opener.remove([d.id for d in self.items.documents if _is_over(d)])
        )
        self.use.clicked.connect(session.recipes.share)
        self.acts["open"].triggered.connect(lambda: self._open(self.view.currentIndex()))
        self.acts["retry"].triggered.connect(
            lambda: session.retry([each.id for each in self._selected])
        )
        self.acts["cancel"].triggered.connect(self._cancel)
        buttons = {"start": self.start_selected, "use": self.use, "remove": self.remove}
        for name, button in buttons.items():
            self.acts[name].triggered.connect(button.click)
        self.view.opened.connect(self._open)
        self.view.removed.connect(self.remove.click)
        self.view.seen.connect(self._quiet.start)
        self._quiet.timeout.connect(self._look)
        self.view.selectionModel().selectionChanged.connect(self._select)
        self.items.modelReset.connect(self._forget)
        self.items.rowsInserted.connect(self._quiet.start)
        self.proxy.layoutChanged.connect(self._quiet.start)
        session.changed.connect(self.show_state)
        session.progressed.connect(self._show_progress)
        for part in (session.files, session.plans, session.keeper):
            part.told.connect(self.message.tell)
        session.keeper.loaded.connect(self._take_left_over)

    # Display.

    def show_state(self, state: State) -> None:
        """Show what can be done, and what is selected."""
        counts, filing = self.items.counts, state.filing
        running = filing.running or state.strip.running is not None
        waits = counts["waiting"] > 0
        self.start.setText(self._start_words[waits or running])
        pending = counts[""] + counts["suggested"] + counts["changed"] + counts["failed"]
        idle = not running and (waits or pending > 0)
        held = waits and not filing.running  # while a result of the window is being made
        self.start.setEnabled(filing.stopping or idle or held)
        if self.pause.hasFocus() and not running:
            self.view.setFocus()  # Qt would focus a button that clears the list
        self.pause.setEnabled(running and not filing.stopping)
        self.retry.setEnabled(counts["failed"] > 0)
        self.clear.setEnabled(counts["saved"] + counts["skipped"] > 0)
        if state.strip.selected != self._marked:
            self._marked = state.strip.selected
            self._mark(state)
        self._offer()
        self._show_progress(state)
        if self._ran and not running:
            announce(self.summary.text, self.summary.text.text())
        self._ran = running

    def _show_progress(self, state: State) -> None:
        self.summary.show_progress(state, self.items.counts)

    def _offer(self) -> None:
        """Enable what applies to the selected rows."""
        strip = self.session.state.strip
        key = (strip.documents, strip.selected)
        if self._offered == key:  # not for each tile, as ten thousand rows may be selected
            return
        self._offered = key
        count, opened = len(strip.selected), strip.document
        badges = self.items.counts  # of all, as ten thousand rows take long to count
        if count < len(strip.documents):
            badges = Counter(each.badge for each in self._selected)
        busy = badges["waiting"] + badges["running"]
        can = {
            "open": count > 0,
            "start": count > busy,
            "retry": badges["failed"] > 0,
            "cancel": busy > 0,
            "use": opened is not None and any(id != opened.id for id in strip.selected[:2]),
            "remove": count > 0,
        }
        for name, possible in can.items():
            self.acts[name].setEnabled(possible)
        self.start_selected.setEnabled(can["start"])
        words, tip = self._cancel_words[can["cancel"]]
        self.cancel.setText(words)
        self.cancel.setToolTip(tip)
        self.cancel.setEnabled(self.items.counts["waiting"] + self.items.counts["running"] > 0)
        self.remove.setEnabled(can["remove"])
        self.use.setEnabled(can["use"])

    def _mark(self, state: State) -> None:
        """Select what the state says, as far as it is shown."""
        self._showing = True
        numbers = [state.strip.number(id) for id in state.strip.selected]
        if self.proxy.rowCount() != len(self.items.documents):
            indexes = (self.items.index(number, 0) for number in numbers)
            numbers = [self.proxy.mapFromSource(index).row() for index in indexes]
        selection = self.view.selectionModel()
        flags = selection.SelectionFlag
        selection.select(selection_of(self.proxy, numbers), flags.ClearAndSelect | flags.Rows)
        self._showing = False

    def _forget(self) -> None:
        """Mark what is selected anew, as Qt has dropped that."""
        self._marked = None
        self._quiet.start()

    def _select(self) -> None:
        if not self._showing:
            self._marked = tuple(self._ids(selected_rows(self.view)))
            self.session.select(self._marked)

    def _look(self) -> None:
        """Let what is visible be looked at, to suggest a repair."""
        if self.isVisible():
            self.session.analyses.watch(self._ids(self.view.visible_rows()))

    def showEvent(self, event: QShowEvent) -> None:
        """List what waits from the last time, and look at what is visible."""
        super().showEvent(event)
        self._take_left_over()
        self._quiet.start()

    def _take_left_over(self) -> None:
        if self.session.keeper.left_over and self.isVisible():
            self.session.files.take_left_over()

    # Actions of the user.

    def _start(self) -> None:
        self.session.plans.set_output(self.sources.output)
        self.session.start()
        self.pause.setFocus()

    def _pause(self) -> None:
        self.session.pause()
        self.start.setFocus()

    def _cancel(self) -> None:
        """Take the selected pictures out of the queue; all if none of the selected is in it."""
        busy = [each.id for each in self._selected if each.is_busy]
        self.session.unqueue(busy or self.items.select("waiting", "running"))

    def _remove(self) -> None:
        """Remove the selected pictures and select the one that takes their place."""
        rows = selected_rows(self.view)
        self.session.opener.remove(self._ids(rows))
        if count := self.proxy.rowCount():
            self.view.selectRow(min(min(rows, default=0), count - 1))
        self.view.setFocus()

    def _ids(self, rows: Sequence[int]) -> list[int]:
        return [self.items.documents[n].id for n in self.proxy.source_rows(rows)]

    def _document(self, number: int) -> Document:
        return self.items.documents[self.proxy.source_rows([number])[0]]

    @property
    def _selected(self) -> list[Document]:
        strip = self.session.state.strip
        found = (strip.find(id) for id in strip.selected)
        return [each for each in found if each is not None]

    def _open(self, index: QModelIndex) -> None:
        """Show a picture, beside its file where there is one."""
        if not index.isValid():
            return
        document = self._document(index.row())
        result = None if document.saved is None else document.saved.path
        if document.ended is not None and document.ended.status == "skipped" and document.job:
            result = local(document.job.target)
        if result is None or document.has_result or document.path is None or not result.exists():
            self.session.opener.bring(document.id)
        else:
            self.session.opener.open_pair(document.path, result)

    def take_files(self, paths: list[Path]) -> None:
        """Add files and folders, by a button or dropped."""
        self.session.plans.set_output(self.sources.output)
        self.session.plans.add(paths)


def make_page(session: Session, folder: Path) -> BatchPage:
    """Return the page of a session."""
    return BatchPage(session)


def _is_over(document: Document) -> bool:
    """Whether nothing of it is left to do or to save."""
    return document.badge in ("saved", "skipped") and not document.unsaved


def _reserve(button: QPushButton, texts: Iterable[str]) -> None:
    """Make a button wide enough for all its texts, so that those beside it stay where they are."""
    widths = []
    for text in texts:
        button.setText(text)
        button.ensurePolished()
        widths.append(button.sizeHint().width())
    button.setMinimumWidth(max(widths))


def _combo(name: str, items: Sequence[tuple[str, tuple[Badge, ...] | object]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    for text, data in items:
        combo.addItem(text, data)
    return combo

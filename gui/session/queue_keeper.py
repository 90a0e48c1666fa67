"""QueueKeeper: the jobs of the window on the disk, and those that the last one has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from restorer import Job, RestorerError

from .documents import Document
from .jobs import changes_at_end, document_of
from .queue_store import QueueStore
from .shelf import Shelf
from .store import Store
from .worker import Reply, Worker

_QUIET_MS = 200  # after the last change, until the list of jobs is written


class QueueKeeper(QObject):
    """Keeps the list of jobs and their journal, one write after the other.

    Args:
        store: Holds the state.
        shelf: Its folder has the files.

    Signals:
        told: A sentence for the page of the batch.
        loaded: What waits from the last time is known, or has been taken; see `left_over`.

    Attributes:
        left_over: What the last window has left; documents that are not in the list yet.
    """

    told = Signal(str)
    loaded = Signal()

    def __init__(self, store: Store, shelf: Shelf) -> None:
        super().__init__(store)
        self.left_over: tuple[Document, ...] = ()
        self._store, self._shelf = store, shelf
        self._worker = Worker("list keeper", keep=True, parent=self)
        self._written: tuple[Job, ...] = ()
        self._begun = False  # whether the journal is that of this window
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self._save)

    @property
    def busy(self) -> bool:
        """Whether something is being read or written."""
        return self._worker.busy

    def load(self) -> None:
        """Read what the last window has left; `loaded` tells when it is there."""
        if not self._shelf.has_queue:
            return
        queue = QueueStore(self._shelf.folder)

        def take(reply: Reply) -> None:
            if reply.error is not None:
                text = self.tr("The queue of the last session cannot be read: %1")
                self._store.tell(text.replace("%1", str(reply.error)))
                return
            self.left_over, self._begun = reply.value, bool(reply.value)
            self.loaded.emit()

        self._worker.ask(lambda _: _left_over(queue), take)

    def take_left_over(self) -> tuple[Document, ...]:
        """Return what the last window has left, for the list."""
        found, self.left_over = self.left_over, ()
        self.loaded.emit()
        return found

    def forget_left_over(self) -> None:
        """Throw away what the last window has left."""
        self.left_over = ()
        self.save_soon()

    def begin(self) -> None:
        """Begin the journal of this window, unless it has begun."""
        if not self._begun:
            self._begun = True
            self._ask(QueueStore.begin)

    def record(self, what: Callable[[QueueStore, Any], None], values: Any) -> None:
        """Write values to the journal, as by `QueueStore.start`."""
        if values:
            self._ask(lambda queue: what(queue, values))

    def save_soon(self) -> None:
        """Write the list of jobs when nothing changes for a moment."""
        self._quiet.start()

    def report(self, target: Path) -> None:
        """Write the results as JSON lines, as ``restore batch --report`` does."""
        journal = QueueStore(self._shelf.folder).journal_path

        def take(reply: Reply) -> None:
            if isinstance(reply.error, FileNotFoundError):
                self.told.emit(self.tr("There is nothing to report yet."))
            elif reply.error is not None:
                self.told.emit(str(reply.error))
            else:
                self.told.emit(self.tr("Saved as %1.").replace("%1", str(target)))

        self._worker.ask(lambda _: target.write_bytes(journal.read_bytes()), take)

    def close(self, timeout_s: float) -> bool:
        """Write what has changed, and end the thread; return whether it ended within the time."""
        self._quiet.stop()
        self._save()
        return self._worker.close(timeout_s)

    def _save(self) -> None:
        """Write the list of jobs, of documents and of those of the last time."""
        listed = (*self.left_over, *self._store.state.documents)
        jobs = tuple(each.job for each in listed if each.job is not None)
        if jobs != self._written:
            self._written = jobs
            self._ask(lambda queue: queue.save(jobs))

    def _ask(self, write: Callable[[QueueStore], None]) -> None:
        """Write, and report a failure."""
        queue = QueueStore(self._shelf.folder)

        def take(reply: Reply) -> None:
            if reply.error is not None:
                text = self.tr("The queue cannot be saved: %1")
                self.told.emit(text.replace("%1", str(reply.error)))

        self._worker.ask(lambda _: write(queue), take)


def _left_over(queue: QueueStore) -> tuple[Document, ...]:
    """Return the documents of the last time, if any of them still waits."""
    found = []
    for job, result in queue.load():
        if result is not None and result.status == "cancelled":
            continue
        try:
            document = document_of(job)
        except RestorerError:
            continue
        changes = (
            {"stage": "waiting"} if result is None else changes_at_end(job, result, document.recipe)
        )
        found.append(replace(document, **changes))
    return tuple(found) if any(each.stage == "waiting" for each in found) else ()

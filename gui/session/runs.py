"""Runs: restores the documents that wait, one after the other, and keeps their results on disk."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from ..widgets.words import error_text
from . import restoring
from .documents import Document, Kept, Restoration
from .shelf import Shelf
from .state import State
from .store import Store
from .strip import Strip
from .work import Work
from .worker import Gate, Reply, Worker

_QUIET_MS = 300  # after the last change, until the journal is written


class Runs(QObject):
    """Works through the queue of the strip.

    Args:
        store: Holds the state.
        shelf: Keeps results and the queue on disk.
        gate: Work that goes before a run, between its tiles.

    Signals:
        ended: A run has ended; the id of its document.
    """

    ended = Signal(int)

    def __init__(self, store: Store, shelf: Shelf, gate: Gate) -> None:
        super().__init__(store)
        self._store, self._shelf, self._gate = store, shelf, gate
        self._worker = Worker("restorer", parent=self)
        self._keeper = Worker("keeper", keep=True, parent=self)
        self._first_tile = 0.0
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self.write)
        store.changed.connect(self._note)
        self._noted = store.state.strip

    @property
    def busy(self) -> bool:
        """Whether a document runs or waits, or a result is on its way to the disk."""
        strip = self._store.state.strip
        return strip.running is not None or bool(strip.queue) or self._keeper.busy

    def add(self, ids: Iterable[int]) -> None:
        """Queue documents; a queue that was paused goes on."""
        self._store.set(strip=self._state.strip.queued(ids), paused=False)
        self._start()

    def pause(self) -> None:
        """Stop after the current tile; the stopped document waits again."""
        strip = self._state.strip
        if strip.running is not None or strip.queue:
            self._store.set(paused=True)
            self._worker.drop()
            self._end(strip.postponed())

    def resume(self) -> None:
        """Go on."""
        self._store.set(paused=False)
        self._start()

    def remove(self, ids: Collection[int]) -> None:
        """Take documents out of the queue; stop the one that runs."""
        self._store.set(strip=self._state.strip.unqueued(ids))
        if self._state.strip.running in ids:
            self.stop()

    def stop(self) -> None:
        """Stop the running document after its current tile; the next one follows."""
        self._worker.drop()
        self._end(self._state.strip.stopped())

    def discard(self, ids: Iterable[int]) -> None:
        """Throw the results of documents away."""
        strip, wanted = self._state.strip, set(ids)
        gone = [d.kept for d in strip.documents if d.id in wanted and d.kept is not None]
        self._store.set(strip=strip.discarded(wanted))
        self.write()
        self._shelf.remove(gone)

    def drop(self, documents: Iterable[Document]) -> None:
        """Remove what belongs to documents that have left the strip from the disk."""
        listed = list(documents)
        self.write()
        self._shelf.remove(d.kept for d in listed if d.kept is not None)
        for document in listed:
            if document.pasted is not None:
                document.pasted.unlink(missing_ok=True)

    def keep_pending(self) -> None:
        """Write the results that are in memory alone, as far as the disk has room."""
        for document in self._state.documents:
            if document.restoration is not None and document.kept is None:
                self._keep(document.id, document.restoration, None)

    def write(self) -> None:
        """Write the journal."""
        self._quiet.stop()
        try:
            self._shelf.write(self._state.strip)
        except OSError as error:
            text = self.tr("The state of the pictures cannot be kept on the disk: %1")
            self._store.tell(text.replace("%1", error_text(error)))

    def close(self, timeout_s: float, *, queue: bool) -> bool:
        """Stop, and end the threads; return whether they ended within the time.

        Args:
            timeout_s: The time.
            queue: Whether jobs of files wait for the next start.
        """
        self._quiet.stop()
        self._worker.drop()
        ended = [worker.close(timeout_s) for worker in (self._worker, self._keeper)]
        strip = self._state.strip
        running = strip.running
        if running is not None:  # it begins again
            strip = strip.stopped().queued([running])
        self._shelf.close(strip, queue=queue)
        return all(ended)

    # The queue.

    @property
    def _state(self) -> State:
        return self._store.state

    def _is_open(self, id: int | None) -> bool:
        document = self._state.strip.document
        return document is not None and document.id == id

    def _start(self) -> None:
        state = self._state
        strip = state.strip.started()
        document = None if strip.running is None else strip.find(strip.running)
        if document is None or state.strip.running is not None or state.paused:
            return
        opened = state.opened if state.opened_of == document.id else None
        self._store.set(strip=strip, progress=Work("restoring"))
        if self._is_open(document.id):
            self._store.set(work=Work("restoring"))
        screen = self._store.screen
        self._worker.ask(
            lambda request: restoring.run_document(document, opened, screen, self._gate, request),
            self._take,
            self.count,
            lambda growth: self._store.set(grown_result=growth),
        )

    def count(self, done: int, total: int) -> None:
        """Show the progress of the run."""
        now = time.monotonic()
        if done <= 1:
            self._first_tile = now
        left = (now - self._first_tile) / (done - 1) * (total - done) if done > 1 else None
        progress = Work("restoring", done, total, left)
        if self._state.work.doing == "restoring":
            self._store.set(progress=progress, work=progress)
        else:
            self._store.set(progress=progress)

    def _take(self, reply: Reply) -> None:
        strip = self._state.strip
        document = None if strip.running is None else strip.find(strip.running)
        if document is None:
            return
        if reply.error is not None:
            sentence = self._store.in_words(reply.error)
            if self._is_open(document.id):
                self._store.report(reply.error)
            self._end(strip.failed(sentence))
            return
        run: restoring.Run = reply.value
        strip = strip.with_values(document.id, size=run.size)
        if document.recipe.wanted_damage == run.recipe.wanted_damage:
            chosen = run.recipe.chosen
            recipe = document.recipe.for_kind(raw=run.recipe.raw)
            strip = strip.with_values(document.id, recipe=recipe.suited(chosen))
        if run.restoration is None:
            self._end(strip.stopped())
            return
        self._end(strip.finished(run.restoration))
        self._keep(document.id, run.restoration, document.kept)

    def _end(self, strip: Strip) -> None:
        """Show the end of a run and start the next one."""
        id = self._state.strip.running
        self._store.set(strip=strip, progress=Work(), grown_result=None)
        if id is None:
            return
        if self._is_open(id) and self._state.work.doing == "restoring":
            self._store.set(work=Work())
        self.ended.emit(id)
        self._start()

    # The disk.

    def _keep(self, id: int, restoration: Restoration, before: Kept | None) -> None:
        """Write a result; the one before it goes when that is done."""
        needed = restoration.image.pixels.nbytes
        try:
            strip, gone = self._state.strip.evicted(needed, self._shelf.room(self._state.strip))
            self._store.set(strip=strip)
            self._shelf.remove(gone)
            room = self._shelf.room(strip)
        except OSError as error:
            self._tell_unkept(id, error_text(error))
            return
        if needed > room:
            self._tell_unkept(id, self.tr("no room is left."))
            return

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self._tell_unkept(id, error_text(reply.error))
                return
            kept: Kept = reply.value
            self._store.set(strip=self._state.strip.stored(id, restoration, kept))
            self.write()
            document = self._state.strip.find(id)
            if document is None or document.kept is not kept:
                self._shelf.remove([kept])
            elif before is not None:
                self._shelf.remove([before])

        self._keeper.ask(lambda _: self._shelf.put(restoration), take)

    def _tell_unkept(self, id: int, reason: str) -> None:
        document = self._state.strip.find(id)
        if document is not None:
            text = self.tr("The result of %1 is in memory only. Save it soon: %2")
            self._store.tell(text.replace("%1", document.name).replace("%2", reason))

    def _note(self, state: State) -> None:
        if state.strip is not self._noted:
            self._noted = state.strip
            self._quiet.start()

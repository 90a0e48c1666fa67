"""FileRuns: restores documents straight to files, as `restore batch` does.

A document with a job waits, runs and ends like any other one; its result is a file.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from restorer import Job, Progress, Result

from .choices import Choices
from .documents import Document
from .jobs import changes_at_end, local
from .pace import Pace
from .queue_keeper import QueueKeeper
from .queue_store import QueueStore
from .runner import BatchUpdate, Runner
from .store import Store
from .strip import Strip
from .work import FileProgress, FileWork

_SLICE = 500  # documents, in 20 ms; 40,000 at once would keep the window waiting for 0.7 s


class FileRuns(QObject):
    """Works through the documents with jobs.

    Args:
        store: Holds the state.
        keeper: Keeps jobs and journal.

    Signals:
        told: A sentence for the page of the batch; empty to remove it.
    """

    told = Signal(str)

    def __init__(self, store: Store, keeper: QueueKeeper) -> None:
        super().__init__(store)
        self._store, self._keeper = store, keeper
        self._runner = Runner(self)
        self._restart = False  # after the running jobs have stopped
        self._cancelled: set[Job] = set()  # canceled while they were running
        self._ids: dict[Path, int] = {}  # by the sources of jobs, whose hashes are quick
        self._recipes: dict[Job, Choices] = {}  # of the running ones
        self._starts: dict[int, tuple[float, int]] = {}  # when, and with how many tiles done
        self._pace = Pace()
        self._leaving: deque[int] = deque()  # ids of documents to be canceled
        self._leave = QTimer(self, interval=0)
        self._leave.timeout.connect(self._cancel_some)
        self._runner.updated.connect(self._take_update)
        self._runner.ended.connect(self._take_end)

    @property
    def running(self) -> bool:
        """Whether a job may be running."""
        return self._runner.running

    # The last time.

    def take_left_over(self) -> None:
        """List what the last window has left; it waits."""
        found = self._keeper.take_left_over()
        strip = self._strip
        listed = {each.path: each for each in strip.documents if each.page == 0}
        known = [(listed[each.path], each) for each in found if each.path in listed]
        strip = strip.with_all(
            replace(own, job=each.job, stage=each.stage, failure=each.failure, ended=each.ended)
            for own, each in known
            if not own.is_busy
        )
        self._store.set(strip=strip.with_added(each for each in found if each.path not in listed))
        self._refresh()

    # What the user does.

    def start(self) -> None:
        """Run all that waits for a file."""
        if self._runner.stopping:
            self._restart = True
        elif not self.running and (waiting := self._waiting()):
            self.told.emit("")
            self._pace.start()
            self._runner.start(waiting)
        self._refresh()

    def pause(self) -> None:
        """Stop after the current tile and free the memory; the stopped files wait again."""
        self._restart = False
        self._runner.stop()
        self._refresh()

    def cancel(self, ids: Iterable[int]) -> None:
        """Take documents out of the queue, running ones after the current tile.

        The first ones are taken out at once, and others when the window has nothing else to do.
        """
        self._leaving.extend(ids)
        self._cancel_some()

    def _cancel_some(self) -> None:
        first = [self._leaving.popleft() for _ in range(min(_SLICE, len(self._leaving)))]
        if self._leaving:
            self._leave.start()
        else:
            self._leave.stop()
        self._cancel(first)

    def _cancel_rest(self) -> None:
        while self._leaving:
            self._cancel_some()

    def _cancel(self, ids: Iterable[int]) -> None:
        found = [self._strip.find(id) for id in ids]
        filed = [each for each in found if each is not None and each.is_filed]
        jobs = [each.job for each in filed if each.job is not None]
        self._cancelled.update(e.job for e in filed if e.job is not None and e.stage == "running")
        self._runner.cancel(jobs)
        waiting = [each for each in filed if each.stage == "waiting"]
        self._keeper.record(
            QueueStore.forget, [each.job for each in waiting if each.job is not None]
        )
        self._refresh(self._strip.with_all(replace(e, stage="idle", job=None) for e in waiting))

    def enlist(self, documents: Iterable[Document]) -> int:
        """List new documents, which wait for their jobs; return their number."""
        self._keeper.begin()
        strip = self._strip.with_added(documents)
        added = strip.documents[len(self._strip.documents) :]
        self._store.set(strip=strip)
        self._wait({each.id: each.job for each in added if each.job is not None})
        return len(added)

    def file(self, jobs: dict[int, Job]) -> None:
        """Let documents wait for jobs."""
        self._cancel_rest()
        self._keeper.begin()
        self._store.set(strip=self._strip.filed(jobs))
        self._wait(jobs)

    def withdraw(self, jobs: Iterable[Job]) -> None:
        """Do not start jobs that others will replace; stop those that run."""
        self._runner.cancel(jobs)

    def drop(self, documents: Iterable[Document]) -> None:
        """Forget the jobs of documents that have left the list."""
        jobs = [each.job for each in documents if each.job is not None]
        if jobs:
            self._runner.cancel(jobs)
            self._keeper.record(QueueStore.forget, jobs)
            self._refresh()

    def close(self, timeout_s: float) -> bool:
        """Stop, and end the thread; return whether it ended within the time."""
        self._cancel_rest()
        return self._runner.close(timeout_s)

    # Jobs.

    def _wait(self, jobs: dict[int, Job]) -> None:
        self._ids |= {local(job.source): id for id, job in jobs.items()}
        if self.running:
            self._runner.add(jobs.values())
        self._refresh()

    def _waiting(self) -> list[Job]:
        documents = self._strip.documents
        self._ids = {local(d.job.source): d.id for d in documents if d.job is not None}
        return [d.job for d in documents if d.stage == "waiting" and d.job is not None]

    # Events.

    def _take_update(self, update: BatchUpdate) -> None:
        now = time.monotonic()
        made: dict[int, Document] = {}
        progress = dict(self._store.state.filing.progress)

        def change(job: Job, /, **changes: Any) -> None:
            id = self._id(job)
            document = made.get(id) or self._strip.find(id)
            if document is not None and document.job == job:
                made[id] = replace(document, **changes)

        for job in update.started:
            change(job, stage="running")
            if (document := self._strip.find(self._id(job))) is not None:
                self._recipes[job] = document.recipe
            progress[self._id(job)] = FileProgress()
        for job, each in update.progress.items():
            id = self._id(job)
            progress[id] = self._progress(id, each, now)
        ended = {}
        for job, result in update.results.items():
            id = self._id(job)
            progress.pop(id, None)
            self._starts.pop(id, None)
            if result.status == "cancelled" and job not in self._cancelled:
                change(job, stage="waiting")  # paused
                continue
            if (document := self._strip.find(id)) is not None:
                recipe = self._recipes.pop(job, document.recipe)
                change(job, **changes_at_end(job, result, recipe))
                ended[job] = result
        self._cancelled.difference_update(update.results)
        self._pace.count(sum(r.status in ("done", "failed") for r in ended.values()))
        self._show(progress, self._strip.with_all(made.values()) if made else None)
        self._keeper.record(QueueStore.start, update.started)
        self._keeper.record(QueueStore.finish, ended)

    def _id(self, job: Job) -> int:
        """Return the id of a job's document; -1 if it has left the list."""
        return self._ids.get(local(job.source), -1)

    def _progress(self, id: int, each: Progress, now: float) -> FileProgress:
        start, before = self._starts.setdefault(id, (now, each.done))
        seconds = (now - start) / max(1, each.done - before) * (each.total - each.done)
        return FileProgress(each.done, each.total, seconds if each.done > before else None)

    def _take_end(self, error: Exception | None) -> None:
        self._pace.stop()
        if error is not None:
            self._fail_running(error)
        elif self._restart:
            self._restart = False
            self.start()
        self._show({})

    def _fail_running(self, error: Exception) -> None:
        """Mark the running files as failed, as any of them may have caused the error."""
        self._restart = False
        what = f"{type(error).__name__}: {error}"
        remark = self.tr("Internal error (%1).").replace("%1", what)
        running = [d for d in self._strip.documents if d.stage == "running" and d.job is not None]
        jobs = [each.job for each in running if each.job is not None]
        self._take_update(
            BatchUpdate(results={j: Result("failed", j.target, error=remark) for j in jobs})
        )
        self.told.emit(remark)

    # Display.

    @property
    def _strip(self) -> Strip:
        return self._store.state.strip

    def _refresh(self, strip: Strip | None = None) -> None:
        """Show what runs, and keep the list of jobs soon."""
        self._show(dict(self._store.state.filing.progress) if self.running else {}, strip)
        self._keeper.save_soon()

    def _show(self, progress: dict[int, FileProgress], strip: Strip | None = None) -> None:
        stopping = self._runner.stopping and not self._restart
        listed = strip or self._strip
        progress = {id: each for id, each in progress.items() if listed.find(id) is not None}
        parts = sum(each.part for each in progress.values())
        left = sum(d.is_filed for d in listed.documents) if self.running else 0
        filing = FileWork(self.running, stopping, progress, self._pace.left(left - parts, parts))
        self._store.set(filing=filing, **({} if strip is None else {"strip": strip}))

"""FileRuns: restores documents straight to files, as `restore batch` does.

A document with a job waits, runs and ends like any other one; its result is a file. The journal of
the core and the list of jobs lie on the shelf, so that what waits is there at the next start.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from restorer import Ignored, Job, Progress, RestorerError, Result, number_targets

from ..widgets.words import error_text
from .choices import Choices
from .documents import Document, Saved, asks_same
from .jobs import (
    Output,
    Plan,
    document_of,
    local,
    plan_documents,
    plan_files,
    waiting_document,
    with_targets,
)
from .pace import Pace
from .queue_store import QueueStore
from .runner import BatchUpdate, Runner
from .shelf import Shelf
from .state import FileProgress, FileWork
from .store import Store, sentence
from .strip import Strip
from .worker import Reply, Worker

_NAMED = 3  # skipped files that are named; of more, only the number is given
_QUIET_MS = 200  # after the last change, until the list of jobs is written


class FileRuns(QObject):
    """Works through the documents with jobs.

    Args:
        store: Holds the state.
        shelf: Its folder keeps jobs and journal.

    Signals:
        told: A sentence for the page of the batch; empty to remove it.
        loaded: What waits from the last time is known, or has been taken; see `left_over`.

    Attributes:
        output: Where results go.
        left_over: What the last window has left; documents that are not in the list yet.
    """

    told = Signal(str)
    loaded = Signal()

    def __init__(self, store: Store, shelf: Shelf) -> None:
        super().__init__(store)
        self.output = Output()
        self.left_over: tuple[Document, ...] = ()
        self._store, self._shelf = store, shelf
        self._planner = Worker("planner", keep=True, parent=self)
        self._keeper = Worker("list keeper", keep=True, parent=self)
        self._runner = Runner(self)
        self._restart = False  # after the running jobs have stopped
        self._cancelled: set[Job] = set()  # canceled while they were running
        self._ids: dict[Path, int] = {}  # by the sources of jobs, whose hashes are quick
        self._recipes: dict[Job, Choices] = {}  # of the running ones
        self._starts: dict[int, tuple[float, int]] = {}  # when, and with how many tiles done
        self._pace = Pace()
        self._written: tuple[Job, ...] = ()
        self._begun = False  # whether the journal is that of this window
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self._save)
        self._runner.updated.connect(self._take_update)
        self._runner.ended.connect(self._take_end)

    @property
    def running(self) -> bool:
        """Whether a job may be running."""
        return self._runner.running

    @property
    def planning(self) -> bool:
        """Whether jobs are being planned."""
        return self._planner.busy

    # The last time.

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

        self._keeper.ask(lambda _: _left_over(queue), take)

    def take_left_over(self) -> None:
        """List what the last window has left; it waits."""
        found, self.left_over = self.left_over, ()
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
        self.loaded.emit()

    def forget_left_over(self) -> None:
        """Throw away what the last window has left."""
        self.left_over = ()
        self._quiet.start()

    # What the user does.

    def add(self, paths: Sequence[Path]) -> None:
        """List files, and the pictures below folders; they wait, or run with the others."""
        recipe, output = self._strip.usual, self.output
        sources = [path.absolute() for path in paths]
        self.told.emit(self.tr("Looking for pictures …"))

        def plan(_: object) -> tuple[list[Document], tuple[Ignored, ...], list[Job]]:
            found, strip = plan_files(sources, recipe, output), self._strip  # a frozen one
            listed = {each.path.absolute() for each in strip.documents if each.path is not None}
            fresh = [job for job in found.jobs if job.source not in listed]
            jobs = number_targets(fresh, _targets(strip))
            documents = [waiting_document(job, recipe) for job in jobs]
            return documents, found.ignored, [job for job in found.jobs if job.source in listed]

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self.told.emit(sentence(str(reply.error)))
            else:
                self._list(*reply.value)

        self._planner.ask(plan, take)

    def queue(self, ids: Iterable[int], *, start: bool = False) -> None:
        """Let documents wait for a file each, by their recipes.

        Args:
            ids: Those that run or wait already stay as they are.
            start: Whether the queue runs as soon as they are in it.
        """
        found = [self._strip.find(id) for id in ids]
        self._plan([each for each in found if each is not None and not each.is_busy], start=start)

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

    def cancel(self, ids: Collection[int]) -> None:
        """Take documents out of the queue, running ones after the current tile."""
        found = [self._strip.find(id) for id in ids]
        filed = [each for each in found if each is not None and each.is_filed]
        jobs = [each.job for each in filed if each.job is not None]
        self._cancelled.update(e.job for e in filed if e.job is not None and e.stage == "running")
        self._runner.cancel(jobs)
        waiting = [each for each in filed if each.stage == "waiting"]
        self._store.set(
            strip=self._strip.with_all(replace(e, stage="idle", job=None) for e in waiting)
        )
        self._write("forget", [each.job for each in waiting if each.job is not None])
        self._refresh()

    def follow(self, before: Strip) -> None:
        """Plan the jobs of waiting documents anew whose recipes have changed since."""
        changed = []
        for old, new in zip(before.documents, self._strip.documents, strict=False):
            if old is new or old.id != new.id or asks_same(old.recipe, new.recipe):
                continue
            if new.job is not None and new.stage == "waiting":
                if new.recipe.asked:
                    changed.append(new)
                else:
                    self.cancel([new.id])
        if changed:
            self._runner.cancel(each.job for each in changed if each.job is not None)
            self._plan(changed)

    def set_output(self, output: Output) -> None:
        """Set where results go, also those of waiting documents."""
        if output == self.output:
            return
        self.output = output
        waiting = [d for d in self._strip.documents if d.stage == "waiting" and d.job is not None]
        before = [each.job for each in waiting if each.job is not None]
        taken = _targets(self._strip, but=waiting)
        after = number_targets(with_targets(before, output), taken)
        if list(after) == before:
            return
        self._runner.cancel(before)
        self._write("forget", before)
        self._file(dict(zip((each.id for each in waiting), after, strict=True)))
        if [job.target for job in after] != [job.target for job in before]:
            text = self.tr("%n waiting files will be saved there, too.", "", len(waiting))
            self.told.emit(text)

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

        self._keeper.ask(lambda _: target.write_bytes(journal.read_bytes()), take)

    def drop(self, documents: Iterable[Document]) -> None:
        """Forget the jobs of documents that have left the list."""
        jobs = [each.job for each in documents if each.job is not None]
        if jobs:
            self._runner.cancel(jobs)
            self._write("forget", jobs)
            self._refresh()

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop, keep what waits and end all threads; return whether they ended within the time."""
        self._planner.drop()
        ended = self._runner.close(timeout_s)
        self._quiet.stop()
        self._save()
        closed = [worker.close(timeout_s) for worker in (self._planner, self._keeper)]
        return ended and all(closed)

    # Plans.

    def _plan(self, documents: Sequence[Document], *, start: bool = False) -> None:
        able = [each for each in documents if each.path is not None and each.recipe.asked]
        if not able:
            self.told.emit(self.tr("No step is selected. Turn on at least one."))
            return
        output, taken = self.output, _targets(self._strip, but=able)

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self.told.emit(sentence(str(reply.error)))
                return
            plan: Plan = reply.value
            asked = {each.id: each for each in able}
            found = {id: self._strip.find(id) for id in plan.jobs}
            same = {
                id for id, now in found.items() if now and asks_same(now.recipe, asked[id].recipe)
            }
            self._write("forget", [job for id, job in plan.jobs.items() if id in same])
            self._file({id: job for id, job in plan.jobs.items() if id in same})
            self._write("ignore", plan.ignored)
            self.told.emit(self._skipped(len(plan.jobs), plan.ignored))
            if start:
                self.start()

        self._planner.ask(lambda _: plan_documents(able, output, taken), take)

    def _list(
        self, documents: list[Document], ignored: tuple[Ignored, ...], here: list[Job]
    ) -> None:
        """List new documents, which wait."""
        self._begin()
        strip = self._strip.with_added(documents)
        added = strip.documents[len(self._strip.documents) :]
        self._store.set(strip=strip)
        self._ids |= {local(d.job.source): d.id for d in added if d.job is not None}
        if self.running:
            self._runner.add(each.job for each in added if each.job is not None)
        reason = self.tr("already in the list")
        ignored = (*ignored, *(Ignored(job.source, reason) for job in here))
        self._write("ignore", ignored)
        self.told.emit(self._skipped(len(added), ignored))
        self._refresh()

    def _file(self, jobs: dict[int, Job]) -> None:
        """Let documents wait for jobs."""
        self._begin()
        self._store.set(strip=self._strip.filed(jobs))
        self._ids |= {local(job.source): id for id, job in jobs.items()}
        if self.running:
            self._runner.add(jobs.values())
        self._refresh()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._write("begin")

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
                change(job, **_changes(job, result, recipe))
                ended[job] = result
        self._cancelled.difference_update(update.results)
        self._pace.count(sum(r.status in ("done", "failed") for r in ended.values()))
        self._show(progress, self._strip.with_all(made.values()) if made else None)
        self._write("start", update.started)
        self._write("finish", ended)

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

    # Display and disk.

    @property
    def _strip(self) -> Strip:
        return self._store.state.strip

    def _refresh(self) -> None:
        """Show what runs, and keep the list of jobs soon."""
        self._show(dict(self._store.state.filing.progress) if self.running else {})
        self._quiet.start()

    def _show(self, progress: dict[int, FileProgress], strip: Strip | None = None) -> None:
        stopping = self._runner.stopping and not self._restart
        listed = strip or self._strip
        progress = {id: each for id, each in progress.items() if listed.find(id) is not None}
        parts = sum(each.part for each in progress.values())
        left = sum(d.is_filed for d in listed.documents) if self.running else 0
        filing = FileWork(self.running, stopping, progress, self._pace.left(left - parts, parts))
        self._store.set(filing=filing, **({} if strip is None else {"strip": strip}))

    def _save(self) -> None:
        """Write the list of jobs, of documents and of those of the last time."""
        listed = (*self.left_over, *self._strip.documents)
        jobs = tuple(each.job for each in listed if each.job is not None)
        if jobs == self._written:
            return
        self._written = jobs
        queue = QueueStore(self._shelf.folder)
        self._keeper.ask(lambda _: queue.save(jobs), self._told_unwritten)

    def _write(self, what: str, *values: Any) -> None:
        """Write to the journal, one after the other, and report a failure."""
        if not values or values[0]:
            queue = QueueStore(self._shelf.folder)
            self._keeper.ask(lambda _: getattr(queue, what)(*values), self._told_unwritten)

    def _told_unwritten(self, reply: Reply) -> None:
        if reply.error is not None:
            text = self.tr("The queue cannot be saved: %1")
            self.told.emit(text.replace("%1", str(reply.error)))

    def _skipped(self, count: int, ignored: Sequence[Ignored]) -> str:
        said = [] if count else [self.tr("No picture to restore was found.")]
        if ignored:
            words = {
                "not a picture": self.tr("not a picture"),
                "result of an earlier run": self.tr("earlier result"),
                "folder of the results": self.tr("results folder"),
            }
            reasons = Counter(each.reason for each in ignored).most_common()
            many = ", ".join(self._many(reason, count) for reason, count in reasons)
            few = ", ".join(f"{e.path.name} ({words.get(e.reason, e.reason)})" for e in ignored)
            listed = few if len(ignored) <= _NAMED else many
            said.append(self.tr("Skipped: %1").replace("%1", listed))
        return " ".join(said)

    def _many(self, reason: str, count: int) -> str:
        """Return a number of files that were skipped for a reason."""
        words: dict[str, Callable[[], str]] = {
            "not a picture": lambda: self.tr("%n other files", "", count),
            "result of an earlier run": lambda: self.tr("%n earlier results", "", count),
            self.tr("already in the list"): lambda: self.tr("%n already in the list", "", count),
        }
        return words[reason]() if reason in words else f"{count} × {reason}"


def _changes(job: Job, result: Result, recipe: Choices) -> dict[str, Any]:
    """Return what the end of a job changes in its document."""
    if result.status == "cancelled":
        return {"stage": "idle", "job": None}
    if result.status == "failed":
        failure = error_text(result.error, local(job.source))
        return {"stage": "failed", "failure": failure, "ended": result}
    if result.status == "skipped":
        return {"stage": "idle", "ended": result}
    saved = Saved(local(result.target), recipe)
    return {"stage": "idle", "ended": result, "saved": saved}


def _targets(strip: Strip, but: Iterable[Document] = ()) -> list[Path]:
    """Return the targets of the documents' jobs, but of some."""
    others = {each.id for each in but}
    listed = (d.job for d in strip.documents if d.job is not None and d.id not in others)
    return [local(job.target) for job in listed]


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
        changes = {"stage": "waiting"} if result is None else _changes(job, result, document.recipe)
        found.append(replace(document, **changes))
    return tuple(found) if any(each.stage == "waiting" for each in found) else ()

"""QueueControl: adds, runs, pauses, cancels and retries the files of the queue; no widgets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from restorer import (
    Batch,
    Ignored,
    Job,
    RestorerError,
    Result,
    Settings,
    number_targets,
    plan_sources,
)

from ..session.choices import NAME as BESIDE_NAME
from ..session.choices import Choices
from ..session.store import sentence
from ..session.thumbnails import Thumbnails
from ..session.worker import Reply, Worker
from .jobs import completed, with_choices, with_targets, without_target
from .rows import QueueModel, Row
from .runner import BatchUpdate, Runner
from .store import QueueStore

_FIRST_GUESS = 0.2  # files that must be done before the time left can be estimated
_NAMED = 3  # skipped files that are named; of more, only the number is given


class QueueControl(QObject):
    """The queue, which runs its jobs as `restore batch` does.

    Args:
        folder: Folder of the saved queue and its journal.
        thumbnails: Thumbnails for the table.
        parent: Owner.

    Signals:
        changed: Rows, counts or activity have changed.
        message: A sentence for the user; empty to remove it.
    """

    changed = Signal()
    message = Signal(str)

    def __init__(self, folder: Path, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = QueueModel(thumbnails, self)
        self._store = QueueStore(folder)
        self._planner = Worker("planner", keep=True, parent=self)
        self._runner = Runner(self)
        self._restart = False  # after the running jobs have stopped
        self._cancelled: set[Job] = set()  # canceled while they were running
        self._pace = _Pace()
        self._runner.updated.connect(self._take_update)
        self._runner.ended.connect(self._take_end)

    @property
    def running(self) -> bool:
        """Whether a job may be running."""
        return self._runner.running

    @property
    def stopping(self) -> bool:
        """Whether the queue stops after the current tiles."""
        return self._runner.stopping and not self._restart

    @property
    def seconds_left(self) -> float | None:
        """Estimated time until the queue is finished; None while it is unknown."""
        counts = self.model.counts
        parts = self.model.running_parts
        return self._pace.left(counts["waiting"] + counts["running"] - parts, parts)

    # Called by the page.

    def load(self) -> None:
        """Load the queue of the last session."""
        try:
            self.model.add(self._store.load())
        except (OSError, ValueError) as error:
            text = self.tr("The queue of the last session cannot be read: %1")
            self.message.emit(text.replace("%1", str(error)))
        if waiting := self.model.counts["waiting"]:
            self.message.emit(self.tr("%n files are waiting from the last session.", "", waiting))
        self.changed.emit()

    def add(
        self,
        paths: Sequence[Path],
        choices: Choices,
        folder: Path | None,
        settings: Settings,
        *,
        start: bool = False,
    ) -> None:
        """Append files, and the pictures below folders, to the queue.

        Args:
            paths: Files and folders.
            choices: The steps.
            folder: The results folder; None is the folder of each original.
            settings: The chosen settings, with the treatment of existing results.
            start: Whether the queue runs as soon as they are in it.
        """
        steps = choices.for_kind(raw=False).asked
        if not steps:
            self._tell_nothing_chosen()
            return
        sources = [path.absolute() for path in paths]
        self.message.emit(self.tr("Looking for pictures …"))

        def plan(request: object) -> Batch:
            name = BESIDE_NAME if folder is None else "{stem}{suffix}"
            found = plan_sources(
                sources, folder, steps, name=name, suffix=choices.suffix, settings=settings
            )
            return replace(found, jobs=completed(found.jobs, choices))

        def take(reply: Reply) -> None:
            self._take_plan(reply)
            if start:
                self.start()

        self._planner.ask(plan, take)

    def start(self) -> None:
        """Run all waiting files."""
        if self._runner.stopping:
            self._restart = True
        elif not self.running and self.model.counts["waiting"]:
            self.message.emit("")
            self._pace.start()
            self._runner.start(self._jobs(self.model.select("waiting")))
        self.changed.emit()

    def pause(self) -> None:
        """Stop after the current tile and free the memory; the stopped files wait again."""
        self._restart = False
        self._runner.stop()
        self.changed.emit()

    def retry(self, among: Iterable[int] | None = None) -> None:
        """Queue failed and canceled files again, all or those among some row numbers."""
        numbers = self.model.select("failed", "cancelled")
        if among is not None:
            numbers = sorted(set(numbers) & set(among))
        jobs = self._jobs(numbers)
        self._write(self._store.forget, jobs)
        self._wait(numbers, jobs)

    def cancel(self, numbers: Iterable[int]) -> None:
        """Cancel rows, running ones after the current tile; the others continue."""
        chosen = [n for n in numbers if self.model.rows[n].state in ("waiting", "running")]
        self._stop(chosen)
        waiting = [n for n in chosen if self.model.rows[n].state == "waiting"]
        jobs = self._jobs(waiting)
        self.model.change(waiting, [Row(job, "cancelled") for job in jobs])
        self._write(self._store.finish, {job: Result("cancelled", job.target) for job in jobs})
        self.changed.emit()

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove rows from the queue; written files are kept."""
        chosen = list(numbers)
        jobs = self._jobs(chosen)
        self._stop(chosen)
        self._write(self._store.forget, jobs)
        self.model.remove(chosen)
        self._save()
        self.changed.emit()

    def apply_choices(self, choices: Choices, settings: Settings) -> None:
        """Queue all waiting, failed and canceled files with the current choices."""
        if not choices.for_kind(raw=False).asked:
            self._tell_nothing_chosen()
            return
        numbers = self.model.select("waiting", "failed", "cancelled")
        try:
            planned = [with_choices(job, choices, settings) for job in self._jobs(numbers)]
        except RestorerError as error:
            self.message.emit(sentence(str(error)))
            return
        self._replace_jobs(numbers, planned)

    def apply_output(self, folder: Path | None, settings: Settings) -> None:
        """Change the results folder, or the treatment of existing results, of all waiting files.

        Args:
            folder: The results folder, which repeats the folders of the sources; None is the
                folder of each original.
            settings: Only their treatment of existing results is used.
        """
        numbers = self.model.select("waiting")
        before = self._jobs(numbers)
        after = with_targets(before, folder, settings)
        if after == before:
            return
        self._replace_jobs(numbers, after)
        moved = [job.target for job in self._jobs(numbers)] != [job.target for job in before]
        text = self.tr("%n waiting files will be saved there, too.", "", len(numbers))
        self.message.emit(text if moved else "")

    def report(self, target: Path) -> None:
        """Write the results as JSON lines, as ``restore batch --report`` does."""
        try:
            target.write_bytes(self._store.journal_path.read_bytes())
        except FileNotFoundError:
            self.message.emit(self.tr("There is nothing to report yet."))
        except OSError as error:
            self.message.emit(str(error))
        else:
            self.message.emit(self.tr("Saved as %1.").replace("%1", str(target)))

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop, save the queue and end all threads; return whether they ended within the time."""
        self._planner.drop()
        ended = self._runner.close(timeout_s)
        closed = self._planner.close(timeout_s)
        self._save()
        return ended and closed

    # Replies of threads.

    def _take_plan(self, reply: Reply) -> None:
        if reply.error is not None:
            self.message.emit(sentence(str(reply.error)))
            return
        plan: Batch = reply.value
        known = {without_target(r.job) for r in self.model.rows}
        fresh = [job for job in plan.jobs if without_target(job) not in known]
        here = {job.source for job in plan.jobs} - {job.source for job in fresh}
        reason = self.tr("already in the queue")
        ignored = [*plan.ignored, *(Ignored(source, reason) for source in sorted(here, key=str))]
        jobs = number_targets(fresh, (r.job.target for r in self.model.rows))
        if not self.model.rows:
            self._write(self._store.begin)
        self._write(self._store.ignore, ignored)
        self.model.add([Row(job) for job in jobs])
        if self.running:
            self._runner.add(jobs)
        self._save()
        self.message.emit(self._skipped(jobs, ignored))
        self.changed.emit()

    def _take_update(self, update: BatchUpdate) -> None:
        paused = [
            job
            for job, result in update.results.items()
            if result.status == "cancelled" and job not in self._cancelled
        ]
        ended = {job: result for job, result in update.results.items() if job not in paused}
        self._pace.count(sum(r.status in ("done", "failed") for r in ended.values()))
        self._cancelled.difference_update(ended)
        self.model.take(replace(update, results=ended))
        numbers = [n for job in paused if (n := self.model.number(job)) is not None]
        self.model.change(numbers, [Row(job) for job in self._jobs(numbers)])
        listed = {job: r for job, r in ended.items() if self.model.number(job) is not None}
        self._write(self._store.start, update.started)
        self._write(self._store.finish, listed)
        self.changed.emit()

    def _take_end(self, error: Exception | None) -> None:
        self._pace.stop()
        if error is not None:
            self._fail_running(error)
        elif self._restart:
            self._restart = False
            self.start()
        self.changed.emit()

    def _fail_running(self, error: Exception) -> None:
        """Mark the running files as failed, as any of them may have caused the error."""
        self._restart = False
        what = f"{type(error).__name__}: {error}"
        remark = self.tr("Internal error (%1).").replace("%1", what)
        numbers = self.model.select("running")
        failed = {j: Result("failed", j.target, error=remark) for j in self._jobs(numbers)}
        self.model.take(BatchUpdate(results=failed))
        self._write(self._store.finish, failed)
        self.message.emit(remark)

    # Helpers.

    def _jobs(self, numbers: Iterable[int]) -> list[Job]:
        return [self.model.rows[number].job for number in numbers]

    def _wait(self, numbers: Sequence[int], jobs: Sequence[Job]) -> None:
        self.model.change(numbers, [Row(job) for job in jobs])
        if self.running:
            self._runner.add(jobs)
        self.changed.emit()

    def _replace_jobs(self, numbers: Sequence[int], planned: Sequence[Job]) -> None:
        """Replace the jobs of rows that do not run, and queue them."""
        before = self._jobs(numbers)
        others = {r.job.target for r in self.model.rows} - {job.target for job in before}
        after = number_targets(planned, others)
        self._runner.cancel(before)
        self._write(self._store.forget, [*before, *after])
        self._wait(numbers, after)
        self._save()

    def _stop(self, numbers: Iterable[int]) -> None:
        """Stop waiting and running rows; the others continue."""
        rows = [self.model.rows[number] for number in numbers]
        self._cancelled.update(row.job for row in rows if row.state == "running")
        self._runner.cancel(row.job for row in rows)

    def _skipped(self, jobs: Sequence[Job], ignored: Sequence[Ignored]) -> str:
        said = [] if jobs else [self.tr("No picture to restore was found.")]
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
        words = {
            "not a picture": self.tr("%n other files", "", count),
            "result of an earlier run": self.tr("%n earlier results", "", count),
            self.tr("already in the queue"): self.tr("%n already in the queue", "", count),
        }
        return words.get(reason, f"{count} × {reason}")

    def _tell_nothing_chosen(self) -> None:
        self.message.emit(self.tr("No step is selected. Turn on at least one."))

    def _save(self) -> None:
        self._write(self._store.save, [r.job for r in self.model.rows])

    def _write(self, write: Callable[..., None], *what: Any) -> None:
        """Write to the disk, and report a failure."""
        try:
            write(*what)
        except OSError as error:
            text = self.tr("The queue cannot be saved: %1")
            self.message.emit(text.replace("%1", str(error)))


class _Pace:
    """The mean time per file, measured while the queue runs."""

    def __init__(self) -> None:
        self._started: float | None = None
        self._seconds = 0.0
        self._files = 0

    def start(self) -> None:
        self._started = time.monotonic()

    def stop(self) -> None:
        self._seconds, self._started = self._worked(), None

    def count(self, files: int) -> None:
        """Count files that have ended."""
        self._files += files

    def left(self, files: float, parts: float) -> float | None:
        """Return the time left in seconds for `files`; `parts` of files at work are done already.

        None before there is enough to measure.
        """
        done = self._files + parts
        if self._started is None or done < _FIRST_GUESS:
            return None
        return self._worked() / done * files

    def _worked(self) -> float:
        running = 0.0 if self._started is None else time.monotonic() - self._started
        return self._seconds + running

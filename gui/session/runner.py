"""Runner: a thread that runs the jobs of the queue and reports events thirty times a second."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Event, Finished, Job, Progress, Result, RunControl, Started

log = logging.getLogger(__name__)

_TICK_MS = 33


_Key: TypeAlias = tuple[Hashable, Hashable]


@dataclass
class BatchUpdate:
    """Events since the last tick.

    Attributes:
        started: Jobs that have started.
        progress: The latest progress of each job.
        results: Results of the jobs that ended, in their order.
    """

    started: list[Job] = field(default_factory=list)
    progress: dict[Job, Progress] = field(default_factory=dict)
    results: dict[Job, Result] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any events."""
        return bool(self.started or self.progress or self.results)


class Runner(QObject):
    """Runs waiting jobs with `restorer.run_jobs`.

    Signals:
        updated: A BatchUpdate, in the owner's thread.
        ended: No job runs any more; with the error that ended the run, or None.
    """

    updated = Signal(object)
    ended = Signal(object)
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: OrderedDict[_Key, Job] = OrderedDict()
        self._update = BatchUpdate()
        self._stopped = False
        self._control = RunControl()
        self._taken: dict[str, Job] = {}  # running jobs, by id
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._emit)
        self._finished.connect(self._end)  # queued: the thread emits it

    @property
    def running(self) -> bool:
        """Whether a job may be running."""
        return self._thread is not None

    @property
    def stopping(self) -> bool:
        """Whether the current tiles are the last ones."""
        return self.running and self._stopped

    def start(self, jobs: Iterable[Job]) -> None:
        """Run jobs, and those that are added meanwhile."""
        assert not self.running, "one run at a time"
        self._waiting = OrderedDict((_key(job), job) for job in jobs)
        self._launch()

    def add(self, jobs: Iterable[Job]) -> None:
        """Append jobs to the waiting ones, in place of those with the same source and target."""
        with self._lock:
            for job in jobs:
                self._waiting.pop(_key(job), None)
                self._waiting[_key(job)] = job

    def cancel(self, jobs: Iterable[Job]) -> None:
        """Remove waiting jobs and stop running ones after the current tile; others continue."""
        gone = {_key(job): job for job in jobs}
        with self._lock:
            for key, job in gone.items():
                if self._waiting.get(key) == job:
                    del self._waiting[key]
            taken = [id for id, job in self._taken.items() if gone.get(_key(job)) == job]
        for id in taken:
            self._control.cancel(id)

    def stop(self) -> None:
        """Start no more jobs and stop running ones after the current tile, as canceled."""
        with self._lock:
            self._stopped = True
        self._control.cancel()

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop and report the last events; return whether the thread ended within the time."""
        self.stop()
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
            if thread.is_alive():
                return False
            self._emit()
        self._timer.stop()
        return True

    def _launch(self) -> None:
        self._stopped = False
        self._control = RunControl()
        self._taken.clear()
        self._timer.start()
        self._thread = threading.Thread(target=self._run, name="batch", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        error: Exception | None = None
        try:
            while self._waiting and not self._stopped:
                self._run_waiting()
        except Exception as bug:
            log.exception("the batch broke off")
            error = bug
        restorer.release_models()
        self._finished.emit(error)

    def _run_waiting(self) -> None:
        for event in restorer.run_jobs(self._feed(), workers=None, control=self._control):
            self._take(event)

    def _feed(self) -> Iterator[Job]:
        """Yield jobs as the engine asks for them, from its threads."""
        while True:
            with self._lock:
                if self._stopped or not self._waiting:
                    return
                _, job = self._waiting.popitem(last=False)
                self._taken[job.id] = job
            yield job

    def _take(self, event: Event) -> None:
        with self._lock:
            job = self._taken[event.id]
            if isinstance(event, Started):
                self._update.started.append(job)
            elif isinstance(event, Progress):
                if event.phase == "restore":
                    self._update.progress[job] = event
            elif isinstance(event, Finished):
                del self._taken[event.id]
                self._update.progress.pop(job, None)
                self._update.results[job] = event.result

    def _emit(self) -> None:
        with self._lock:
            update, self._update = self._update, BatchUpdate()
        if update:
            self.updated.emit(update)

    def _end(self, error: Exception | None) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self._timer.stop()
        self._emit()
        if error is None and self._waiting and not self._stopped:
            self._launch()  # jobs were added while the last one ended
        else:
            self.ended.emit(error)


def _key(job: Job) -> _Key:
    """Return source and target, whose hashes are kept; that of a job takes ten times as long."""
    return job.source, job.target

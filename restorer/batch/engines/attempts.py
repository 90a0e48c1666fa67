"""Run jobs on a worker that may die: the parent's side, with retries."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary

from restorer.batch.control import RunControl
from restorer.batch.engines.child import GRANT, RELEASE, Cancel, Reserve
from restorer.batch.engines.threads import Emit
from restorer.batch.jobs import Finished, Job, Result, Started
from restorer.batch.memory import MemoryBudget
from restorer.batch.stores.address import Location, exists
from restorer.errors import Cancelled
from restorer.formats.files import leftovers, numbered

log = logging.getLogger(__name__)

_MOST_DEATHS = 3  # of workers, before their file is given up


class Death(Exception):
    """A worker has died."""


class Link(Protocol):
    """A line to one worker."""

    def send(self, messages: Sequence[object]) -> None:
        """Send messages. Raises Death."""

    def receive(self) -> Iterable[Any]:
        """Return what has come; wait for it, but not long. Raises Death."""

    def check(self) -> None:
        """Raise Death where the worker has died."""


class Attempt:
    """A job that is tried again where its worker dies.

    Where names are numbered, the number is chosen here and not in the worker: a try may have
    written its result before the worker died, and the next one must replace it.

    Attributes:
        job: The job to run now.
        id: The id of its events, that of the first try.
        token: Stops it.
        begun: Whether it has begun, in any try.
        deaths: Number of workers that died while they ran it.
    """

    def __init__(self, job: Job, control: RunControl) -> None:
        self.job = job
        self.id = job.id
        self.token = control.token(job.id)
        self.begun = False
        self.deaths = 0
        self._control = control
        self._start = time.monotonic()
        self._target = job.target
        self._makes_target = job.settings.existing == "skip" and not exists(job.target)
        self._names = numbered(job.target) if job.settings.existing == "number" else None
        self._choose_name()

    def end(self, result: Result) -> Finished:
        """Return the last event."""
        self._control.release(self.id)
        if result.status != "done":
            result = replace(result, target=self._target)
        if not result.seconds:
            result = replace(result, seconds=time.monotonic() - self._start)
        return Finished(self.id, result)

    def renumber(self, result: Result) -> bool:
        """Whether another program took the numbered name meanwhile; the job then has the next."""
        if self._names is None or result.status != "skipped":
            return False
        self._choose_name()
        return True

    def cancelled(self) -> Finished | None:
        """Return the last event of a job that no worker runs, if it was cancelled."""
        try:
            self.token.check()
        except Cancelled as error:
            return self.end(Result("cancelled", self.job.target, error=str(error)))
        return None

    def clean(self, process: int) -> None:
        """Prepare the next try after the process that had the job, on any machine, has died."""
        folder = self.job.target.parent
        for path, name in leftovers(folder, process) if isinstance(folder, Path) else ():
            if name.startswith(self.job.target.stem):  # others may have a process of that id
                path.unlink(missing_ok=True)
        if self._makes_target:  # a result now is that of this job
            settings = replace(self.job.settings, existing="replace")
            self.job = replace(self.job, settings=settings)

    def _choose_name(self) -> None:
        if self._names is None:
            return
        with _choosing:
            target = next(name for name in self._names if name not in _chosen and not exists(name))
            _chosen[target] = self
        settings = replace(self.job.settings, existing="skip")
        self.job = replace(self.job, target=target, settings=settings)
        self._makes_target = True

    def count_death(self, reason: str) -> Finished | None:
        """Count a death that the job may have caused; return the last event after too many."""
        self.deaths += 1
        log.warning("%s: worker process died (%s), try %d", self.job.source, reason, self.deaths)
        if self.deaths < _MOST_DEATHS:
            return None
        message = f"{self.job.source}: {_MOST_DEATHS} worker processes died of it, the last one by"
        message += f" {reason}; memory may be short, or the file makes a library crash"
        return self.end(Result("failed", self.job.target, error=message))


_chosen: WeakValueDictionary[Location, Attempt] = WeakValueDictionary()  # numbered names
_choosing = threading.Lock()


def converse(link: Link, attempts: list[Attempt], emit: Emit, memory: MemoryBudget) -> None:
    """Run jobs on one worker, one after another, and emit their events.

    Jobs that have ended leave the list, so that it holds those to try again after a Death.
    """
    waiting = {each.id: each for each in attempts}
    asked: set[str] = set()
    link.send([(each.id, each.job) for each in attempts])
    with ExitStack() as reserved:
        while waiting:
            stopped = {id for id, each in waiting.items() if each.token.cancelled} - asked
            if stopped:
                asked |= stopped
                link.send([Cancel(id) for id in stopped])
            for message in link.receive():
                if isinstance(message, logging.LogRecord):
                    _log(message)
                elif isinstance(message, Reserve):
                    reserved.close()
                    if _reserve(message, waiting[message.id], link, memory, reserved):
                        link.send([GRANT])
                elif message == RELEASE:
                    reserved.close()
                elif isinstance(message, Finished):
                    attempt = waiting[message.id]
                    if attempt.renumber(message.result):
                        link.send([(attempt.id, attempt.job)])
                        continue
                    del waiting[message.id]
                    attempts.remove(attempt)
                    emit(attempt.end(message.result))
                elif not isinstance(message, Started) or not waiting[message.id].begun:
                    emit(message)
                    waiting[message.id].begun = True


def _reserve(
    request: Reserve, attempt: Attempt, link: Link, memory: MemoryBudget, reserved: ExitStack
) -> bool:
    """Reserve memory for a job; return False where it was cancelled meanwhile."""

    def check() -> None:
        attempt.token.check()
        link.check()

    try:
        reserved.enter_context(memory.reserve(request.size_bytes, check))
    except Cancelled:
        return False
    return True


def _log(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)

"""The queue of jobs: those that wait for a worker, and those returned by a dead one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from restorer.batch.control import RunControl
from restorer.batch.engines.attempts import Attempt
from restorer.batch.engines.threads import Crew
from restorer.batch.jobs import Job
from restorer.batch.memory import POLL_S

_CHUNK_WAIT_S = 0.01  # for the rest of a chunk after its first job


class Pending:
    """Jobs, read as workers ask for them, until each has ended.

    A thread of its own reads, since the jobs may come slowly: meanwhile a worker can take one that
    another one has put back.
    """

    def __init__(self, jobs: Iterable[Job], control: RunControl, crew: Crew) -> None:
        self._jobs = iter(jobs)
        self._control = control
        self._fresh: deque[Attempt] = deque()
        self._returned: deque[Attempt] = deque()
        self._wanted = 0  # jobs to read
        self._running = 0
        self._exhausted = False
        self._crew = crew
        self._changed = threading.Condition()

    def read(self) -> None:
        """Read jobs until there are no more; for one thread."""
        try:
            while True:
                with self._changed:
                    while not self._wanted and not self._crew.closed:
                        self._changed.wait(POLL_S)
                    if self._crew.closed:
                        return
                job = next(self._jobs, None)
                if job is None:
                    return
                attempt = Attempt(job, self._control)
                with self._changed:
                    self._fresh.append(attempt)
                    self._wanted -= 1
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._exhausted = True
                self._changed.notify_all()

    def take(self, most: int) -> list[Attempt]:
        """Wait for up to `most` jobs; one that was put back comes alone. Empty at the end."""
        with self._changed:
            while not self._ended():
                if self._returned:
                    self._running += 1
                    return [self._returned.popleft()]
                if len(self._fresh) < most and not self._exhausted:
                    self._wanted = max(self._wanted, most - len(self._fresh))
                    self._changed.notify_all()
                    self._changed.wait(_CHUNK_WAIT_S if self._fresh else POLL_S)
                if taken := self._take_fresh(most):
                    self._running += len(taken)
                    return taken
                if self._exhausted:
                    self._changed.wait(POLL_S)  # one may come back
            return []

    def put_back(self, attempt: Attempt) -> None:
        """Let another worker try a job."""
        with self._changed:
            self._running -= 1
            self._returned.append(attempt)
            self._changed.notify_all()

    def end(self, count: int) -> None:
        """Count jobs that have ended."""
        with self._changed:
            self._running -= count
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Return whether all jobs have ended, after waiting for that."""
        with self._changed:
            return self._changed.wait_for(self._ended, timeout_s)

    def _ended(self) -> bool:
        left = self._running or self._fresh or self._returned
        return self._crew.closed or (self._exhausted and not left)

    def _take_fresh(self, most: int) -> list[Attempt]:
        taken: dict[str, Attempt] = {}
        while self._fresh and len(taken) < most and self._fresh[0].id not in taken:
            attempt = self._fresh.popleft()
            taken[attempt.id] = attempt
        return list(taken.values())

"""RunControl: requests to stop one job of a run, or all."""

from __future__ import annotations

import threading

from restorer.settings import CancelToken


class RunControl:
    """Requests to a run of many jobs, for use from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._all = threading.Event()
        self._ids: set[str] = set()
        self._tokens: dict[str, CancelToken] = {}

    def cancel(self, job_id: str | None = None) -> None:
        """Stop a job at its next tile, or before it starts; None stops every job of the run."""
        if job_id is None:
            self._all.set()
        with self._lock:
            if job_id is not None:
                self._ids.add(job_id)
            tokens = list(self._tokens.items())
        for each, token in tokens:
            if job_id in (None, each):
                token.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether every job was asked to stop."""
        return self._all.is_set()

    def token(self, job_id: str) -> CancelToken:
        """Return the token of a job that a worker begins; call `release` when the job ends."""
        with self._lock:
            token = self._tokens.setdefault(job_id, CancelToken())
            if self._all.is_set() or job_id in self._ids:
                token.cancel()
            return token

    def release(self, job_id: str) -> None:
        """Forget a job that has ended, so that it may run again."""
        with self._lock:
            self._tokens.pop(job_id, None)
            self._ids.discard(job_id)

"""Ways to run many jobs: every engine turns the same jobs into the same events."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from restorer.batch.engines import local
from restorer.batch.jobs import Event, Job
from restorer.errors import SettingsError
from restorer.inference.autotune import known_workers
from restorer.inference.devices import choose_device
from restorer.models.catalog import model_spec
from restorer.settings import CancelToken

__all__ = ["ENGINES", "Engine", "run_jobs"]


class Engine(Protocol):
    """A place where jobs run."""

    def __call__(
        self, jobs: Iterable[Job], *, workers: int, cancel: CancelToken
    ) -> Iterator[Event]:
        """Yield progress as it happens and exactly one Result per job; raise what is a bug."""


ENGINES: Mapping[str, Engine] = {"local": local.run}


def run_jobs(
    jobs: Iterable[Job],
    *,
    engine: str = "local",
    workers: int | None = 1,
    cancel: CancelToken | None = None,
) -> Iterator[Event]:
    """Run jobs and yield what happens: Progress for tiles, one Result per job as it ends.

    A failed job never stops the others. After `cancel`, running jobs stop at their next tile and
    all others end as cancelled. The pixels do not depend on `workers`.

    Args:
        jobs: What to run; may be endless, it is read as workers get free.
        engine: A key of ENGINES.
        workers: How many pictures go through networks at a time; None takes what `try_workers`
            found best for the first job's models on this machine.
        cancel: Asks all to stop.
    """
    if engine not in ENGINES:
        raise SettingsError(f"engine {engine!r}; known are {', '.join(ENGINES)}")
    if workers is None:
        pending = iter(jobs)
        first = next(pending, None)
        jobs = [] if first is None else itertools.chain([first], pending)
        workers = 1 if first is None else _best_workers(first)
    if workers < 1:
        raise SettingsError(f"workers {workers}, expected at least 1")
    return ENGINES[engine](jobs, workers=workers, cancel=cancel or CancelToken())


def _best_workers(job: Job) -> int:
    """Return what suits all models of a job."""
    device = choose_device(job.settings.device)
    return min(known_workers(model_spec(step.model), device) for step in job.steps)

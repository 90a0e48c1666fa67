"""Run many jobs on an engine."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator

from restorer.batch.control import RunControl
from restorer.batch.engines import ENGINES
from restorer.batch.jobs import Event, Job
from restorer.errors import RestorerError, SettingsError
from restorer.inference.calibration import known_workers
from restorer.inference.devices import choose_device
from restorer.restoration.chosen import expected_specs

_MOST_PER_CORE = 4  # more workers than that only take memory


def run_jobs(
    jobs: Iterable[Job],
    *,
    engine: str = "local",
    workers: int | None = 1,
    control: RunControl | None = None,
    address: str | None = None,
) -> Iterator[Event]:
    """Run jobs and yield events: Started, Progress, and one Finished for each job.

    A failed job, whatever the reason, never stops the others. The pixels do not depend on
    `engine` and `workers`.

    Args:
        jobs: The jobs; an endless iterator is read as workers become free.
        engine: A key of ENGINES.
        workers: How many images go through networks at a time; None takes the number that
            `try_workers` measured for the models of the first job on this machine; of processes,
            one for each GPU or core, also of a cluster.
        control: Stops one job or all: running jobs stop after their current tile, the others end as
            cancelled.
        address: HOST:PORT of the cluster, for the engine ``ray``; None starts one on this machine.

    Raises SettingsError for an unknown engine, no workers, and an address that it does not take.

    Examples:
        >>> batch = restorer.plan_jobs("photos", "large", ["panet-sr-x2-lite"])
        >>> done = [e for e in restorer.run_jobs(batch.jobs) if isinstance(e, restorer.Finished)]
        >>> sorted((event.result.target.name, event.result.status) for event in done)
        [('a.jpg', 'done'), ('b.png', 'done')]
    """
    if engine not in ENGINES:
        raise SettingsError(f"engine {engine!r}; expected one of {', '.join(ENGINES)}")
    row, control = ENGINES[engine], control or RunControl()
    if workers is not None and workers < 1:
        raise SettingsError(f"workers {workers}, expected at least 1")
    if row.cluster:
        return row.load()(jobs, workers=workers, control=control, address=address)
    if address is not None:
        raise SettingsError(f"address {address}: engine {engine!r} takes none; choose ray")
    if workers is None:
        pending = iter(jobs)
        first = next(pending, None)
        jobs = [] if first is None else itertools.chain([first], pending)
        workers = 1 if first is None else _best_workers(engine, first)
    workers = min(workers, _MOST_PER_CORE * (os.cpu_count() or 1))
    return row.load()(jobs, workers=workers, control=control)


def _best_workers(engine: str, job: Job) -> int:
    """Return the number for an engine and the models of a job; 1 where the job cannot run."""
    try:
        device = choose_device(job.settings.device)
        count = ENGINES[engine].count_workers(device)
        if count is not None:
            return count
        return min((known_workers(spec, device) for spec in expected_specs(job.steps)), default=1)
    except RestorerError:  # the job's result reports it
        return 1

"""Run jobs for a user at a terminal: progress, signals, log lines, and a report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .bar import Bar
from .starting import collector_paused
from .stopping import stoppable
from .words import duration, size, warn

if TYPE_CHECKING:
    from restorer import (
        Decision,
        Event,
        FolderWatch,
        Job,
        Settings,
        Step,
    )

    from .report import Report

_WORTH_SAYING_S = 60
_LOOK_S = 0.2  # Windows does not interrupt a wait by Ctrl-C: the handler runs after it


def run(
    jobs: Sequence[Job],
    report: Report,
    *,
    engine: str = "local",
    address: str | None = None,
    workers: int | None = 1,
    claim: Callable[[Job], bool] | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Run all jobs; `report` counts their results as they come.

    A job that `claim` refuses is skipped, because another run is at work on it.
    The first SIGINT or SIGTERM stops within a tile and the rest count as cancelled; the next kills.
    """
    _check(jobs[0], engine)
    from restorer import RunControl, run_jobs  # which loads PyTorch, as the check did

    if jobs[0].settings.context == "whole" and not quiet:
        _announce(jobs[0])
    control, shown = RunControl(), Bar(len(jobs), quiet=quiet)
    start = partial(run_jobs, engine=engine, workers=workers, control=control, address=address)
    stop = stoppable("this tile", control.cancel)
    with stop, _log_lines(verbose=verbose), shown as bar:
        _follow(jobs, start, report, bar, claim)


def run_watch(
    watch: FolderWatch,
    check: Job,
    report: Report,
    *,
    engine: str = "local",
    workers: int | None = 1,
    claim: Callable[[Job], bool],
    verbose: bool = False,
) -> None:
    """Run the jobs of a watched folder until the first SIGINT or SIGTERM; see `run`.

    Args:
        watch: The folder.
        check: A job with the steps and settings of all.
        report: Counts the decisions and the results.
        engine: See `run_jobs`.
        workers: See `run_jobs`.
        claim: As for `run`.
        verbose: Whether to show what the core logs.
    """
    _check(check, engine)
    from restorer import RunControl, run_jobs  # which loads PyTorch, as the check did

    control, bar = RunControl(), Bar(0, quiet=True)
    decided: list[Decision] = []

    def arriving() -> Iterator[Job]:
        for decision in watch:
            decided.append(decision)
            if decision.skipped is None:
                yield decision.job

    def stop() -> None:
        watch.stop()
        control.cancel()

    def claimed(job: Job) -> bool:
        if claim(job):
            return True
        watch.forget(job.source)  # the other run may die
        return False

    start = partial(run_jobs, engine=engine, workers=workers, control=control)
    with stoppable("this tile", stop), _log_lines(verbose=verbose):
        _follow(arriving(), start, report, bar, claimed)
    for decision in decided:
        report.decide(decision)


def _check(job: Job, engine: str) -> None:
    from concurrent.futures import ThreadPoolExecutor, wait

    from restorer import ENGINES

    settings = job.settings
    if ENGINES[engine].cluster:  # this machine need not have the device
        settings = replace(settings, device="cpu")
    with ThreadPoolExecutor(1) as aside:  # its OpenMP helpers end with it; see the local engine
        check = aside.submit(_load_and_check, job.steps, settings)
        while not wait([check], _LOOK_S).done:
            pass
        check.result()


def _load_and_check(steps: Sequence[Step], settings: Settings) -> None:
    with collector_paused():
        from restorer import check_steps, run_jobs  # noqa: F401  they load PyTorch

        check_steps(steps, settings)


def _follow(
    jobs: Iterable[Job],
    start: Callable[[Iterator[Job]], Iterator[Event]],
    report: Report,
    bar: Bar,
    claim: Callable[[Job], bool] | None,
) -> None:
    """Run jobs, and pass their events on."""
    from restorer import Finished, Result, Started

    at_work: dict[str, Job] = {}
    refused: dict[str, tuple[Job, Result]] = {}

    def taken() -> Iterator[Job]:  # hashing all jobs before the first would take seconds
        for job in jobs:
            if claim is not None and not claim(job):
                words = f"{job.target}: another run is at work on it"
                refused[job.id] = job, Result("skipped", job.target, error=words)
                continue
            refused.pop(job.id, None)
            at_work[job.id] = job
            yield job

    for event in start(taken()):
        if isinstance(event, Started):
            report.start(at_work[event.id])
        elif isinstance(event, Finished):
            bar.end(event)
            report.add(at_work.pop(event.id), event.result)
        elif event.phase in ("page", "restore"):
            bar.advance(at_work[event.id].source.name, event)
    for skipped in refused.values():
        report.add(*skipped)


def _announce(job: Job) -> None:
    """Say how long a whole picture will take, where that is more than a minute."""
    from restorer import ImageError, check_job, estimate_run, expected_steps, model_spec

    try:
        header = check_job(job)
    except ImageError:  # its result will say so
        return
    height, width, seconds, maps = header.height, header.width, 0.0, 0
    for step in expected_steps(job.steps):
        own, needed = estimate_run(step.model, (height, width), job.settings)
        seconds, maps = seconds + own, max(maps, needed)
        scale = model_spec(step.model).scale
        height, width = height * scale, width * scale
    if seconds > _WORTH_SAYING_S:
        warn(
            f"{job.source.name}, {header.width} x {header.height}, in one piece: about"
            f" {duration(seconds)}, {size(maps)} of feature maps; Ctrl-C stops,"
            " --context tile is faster"
        )


@contextmanager
def _log_lines(*, verbose: bool) -> Iterator[None]:
    """Show the core's warnings, and what else it logs, above the bar."""
    handler = _Lines()
    logger = logging.getLogger("restorer")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(self.format(record))

"""Run one job for an engine: its events, its cancel token, and containment of program errors."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from restorer.batch.control import RunControl
from restorer.batch.jobs import Event, Finished, Job, JobContext, Phase, Progress, Result, Started
from restorer.batch.run_job import run_job

log = logging.getLogger(__name__)


def run_one(
    job: Job,
    emit: Callable[[Event], None],
    control: RunControl,
    networks: Executor | None = None,
) -> None:
    """Run a job and emit its events: Started unless it was cancelled before, one Finished."""
    token = control.token(job.id)

    def report(phase: Phase, done: int, total: int) -> None:
        emit(Progress(job.id, phase, done, total))

    try:
        if token.cancelled:
            result = Result(job, "cancelled", job.target, error="stopped by the user")
        else:
            emit(Started(job.id))
            result = _run_contained(job, JobContext(report, token, networks))
    finally:
        control.release(job.id)
    emit(Finished(job.id, result))


def _run_contained(job: Job, context: JobContext) -> Result:
    """Return the job's result; a bug of the program fails this job only."""
    try:
        return run_job(job, context)
    except Exception as error:
        log.exception("%s: program error", job.source)
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
        message = (
            f"{job.source}: the program failed; please report this error:"
            f" {type(error).__name__} at {place}"
        )
        return Result(job, "failed", job.target, error=message)

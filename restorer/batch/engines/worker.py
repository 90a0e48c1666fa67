"""Run one job for an engine: its events, its cancel token, and handling of unexpected errors."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import Executor
from pathlib import Path

from restorer.batch.control import RunControl
from restorer.batch.engines.threads import Emit
from restorer.batch.jobs import Finished, Job, JobContext, Progress, Result, Started
from restorer.batch.memory import MemoryBudget
from restorer.batch.run_job import run_job
from restorer.errors import Cancelled

log = logging.getLogger(__name__)


def run_one(
    job: Job,
    emit: Emit,
    control: RunControl,
    memory: MemoryBudget,
    networks: Executor | None = None,
    *,
    id: str = "",
) -> None:
    """Run a job and emit its events: Started unless it was cancelled before, one Finished.

    The events carry the job's own `id` or another one, which also cancels it.

    A bug of the program fails this job only, and so does a panic of a library in Rust, which is no
    Exception.
    """
    id = id or job.id
    token = control.token(id)
    context = JobContext(lambda *progress: emit(Progress(id, *progress)), token, networks, memory)
    try:
        token.check()
        emit(Started(id))
        result = run_job(job, context)
    except Cancelled as error:
        result = Result("cancelled", job.target, error=str(error))
    except BaseException as error:
        log.exception("%s: program error", job.source)
        result = Result("failed", job.target, error=f"{job.source}: {_bug(error)}")
    finally:
        control.release(id)
    emit(Finished(id, result))


def _bug(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return f"the program failed; please report this error: {type(error).__name__} at {place}"

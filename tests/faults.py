"""Jobs with a bug or a crash inside, in this process and in workers that receive them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from restorer import Job, JobContext, Result, run_job
from restorer.batch.engines import worker
from restorer.formats.table import FORMATS


@dataclass(frozen=True)
class FaultyJob(Job):
    """A job that fails or dies at a tile; a target named crash or dying does so in its encoder."""

    fault: Callable[[], None] | None = None  # called at the second tile

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Install the faults in the worker that receives the job."""
        self.__dict__.update(state)
        if worker.run_job is run_job:
            install(setattr)


def install(patch: Callable[[Any, str, Any], None]) -> None:
    patch(worker, "run_job", _run_job)
    for format in FORMATS.values():
        module, _, name = format.writer.partition(":")
        if module:
            place = import_module(module)
            patch(place, name, partial(_encode, getattr(place, name)))


def crash() -> None:
    raise ZeroDivisionError


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _run_job(job: Job, context: JobContext) -> Result:
    def report(*progress: Any) -> None:
        if isinstance(job, FaultyJob) and job.fault and progress[:2] == ("restore", 2):
            job.fault()
        context.progress(*progress)

    return run_job(job, replace(context, report=report))


def _encode(encode: Callable[..., Any], image: Any, file: Any, options: Any) -> Any:
    path = Path(file.name)
    if "crash" in path.name:
        crash()
    if "dying" in path.name and not (mark := path.with_name("died")).exists():
        mark.touch()
        die()
    return encode(image, file, options)

"""Jobs with a bug or a crash inside, in this process and in workers that receive them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, partialmethod
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from restorer import Job, JobContext, Result, run_job
from restorer.batch.engines import worker
from restorer.formats.format import Format
from restorer.formats.table import FORMATS
from restorer.inference.predictor import Predictor


@dataclass(frozen=True)
class FaultyJob(Job):
    """A job that fails or dies at a tile.

    A target named crash or dying does so in its encoder, one named late
    once it is written, and a
    source named crash in its reader.
    """

    fault: Callable[[], None] | None = None  # called at the second tile

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Install the faults in the worker that receives the job."""
        self.__dict__.update(state)
        if worker.run_job is run_job:
            install(setattr)


class ReportingJob(Job):
    """A job whose worker does nothing but tell of itself in the notes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        worker.run_job = _report


def _report(job: Job, context: JobContext) -> Result:
    return Result("done", job.target, notes=(str(os.getppid()), os.environ.get("HUE", "")))


class BrokenNetwork(nn.Module):
    """A network whose result is wrong in a way that the seed chooses; 0 leaves it right.

    1 is an even picture, 2 has other colors; 3 is NaN and 4 an even picture in bf16 alone.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        y: Tensor = self.network(x, seed=0)
        reduced = torch.is_autocast_enabled("cpu")
        if seed == 1 or (seed == 4 and reduced):
            return torch.full_like(y, 0.5)
        if seed == 2:
            return y + torch.tensor([0.3, 0, -0.1])[:, None, None]
        return y * torch.nan if seed == 3 and reduced else y


class BrokenJob(Job):
    """A job whose networks are broken, in the worker that receives it, too."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        break_networks(setattr)


def break_networks(patch: Callable[[Any, str, Any], None]) -> None:
    patch(Predictor, "load", load_broken)


load = Predictor.load


def load_broken(*arguments: Any) -> Predictor:
    predictor = load(*arguments)
    predictor.network = BrokenNetwork(predictor.network)
    return predictor


def install(patch: Callable[[Any, str, Any], None]) -> None:
    patch(worker, "run_job", _run_job)
    for format in FORMATS.values():
        module, _, name = format.writer.partition(":")
        if module:
            place = import_module(module)
            patch(place, name, partial(_encode, getattr(place, name)))
    patch(Format, "open", partialmethod(_open, Format.open))


def crash() -> None:
    raise ZeroDivisionError


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _run_job(job: Job, context: JobContext) -> Result:
    def report(*progress: Any) -> None:
        if isinstance(job, FaultyJob) and job.fault and progress[:2] == ("restore", 2):
            job.fault()
        context.progress(*progress)

    result = run_job(job, replace(context, report=report))
    if "late" in job.target.name and not (mark := job.target.with_name("reported")).exists():
        mark.touch()
        die()
    return result


def _open(format: Format, open: Callable[..., Any], file: Any) -> Any:
    if "crash" in Path(file.name).name:
        crash()
    return open(format, file)


def _encode(encode: Callable[..., Any], image: Any, file: Any, options: Any) -> Any:
    path = Path(file.name)
    if "crash" in path.name:
        crash()
    if "dying" in path.name and not (mark := path.with_name("died")).exists():
        mark.touch()
        die()
    return encode(image, file, options)

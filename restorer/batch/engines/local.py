"""Run jobs on this machine, in threads that share the loaded models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from restorer.batch.control import RunControl
from restorer.batch.engines.threads import drive
from restorer.batch.engines.worker import run_one
from restorer.batch.jobs import Event, Job
from restorer.batch.memory import MemoryBudget
from restorer.inference.devices import shared_threads
from restorer.inference.memory import shared_devices

_BESIDE = 2  # threads that decode or encode while the others run networks


def run(jobs: Iterable[Job], *, workers: int, control: RunControl) -> Iterator[Event]:
    """Run jobs in threads; torch, decoders and encoders work outside Python's lock.

    Networks run in `workers` threads, always the same: OpenMP keeps a team of helpers for every
    thread that ever called it, and GNU's lets them sleep after each operation as soon as all teams
    together outnumber the cores. Other threads decode the next picture and encode the last one
    meanwhile, so that the networks never wait for files. When the caller stops iterating, what runs
    is cancelled and waited for.
    """
    memory = MemoryBudget.of_machine()
    with (
        shared_threads(workers),
        shared_devices(workers),
        ThreadPoolExecutor(workers) as networks,
    ):
        worker = partial(run_one, control=control, memory=memory, networks=networks)
        yield from drive(jobs, [worker] * (workers + _BESIDE), control)

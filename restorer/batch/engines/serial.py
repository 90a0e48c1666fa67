"""Run one job after another: the plain engine, which serves as the reference for the others."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from restorer.batch.control import RunControl
from restorer.batch.engines.threads import next_of
from restorer.batch.engines.worker import run_one
from restorer.batch.jobs import Event, Finished, Job
from restorer.batch.memory import MemoryBudget


def run(jobs: Iterable[Job], *, workers: int, control: RunControl) -> Iterator[Event]:
    """Run one job at a time and yield its events as they come; `workers` is ignored.

    When the caller stops iterating, the job that runs is cancelled and waited for.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    memory = MemoryBudget.of_machine()
    with ThreadPoolExecutor(1) as thread:
        for job in jobs:
            thread.submit(run_one, job, events.put, control, memory)
            try:
                while not isinstance(event := next_of(events), Finished):
                    yield event
            except GeneratorExit:
                control.cancel()
                raise
            yield event

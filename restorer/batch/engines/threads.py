"""Drive the workers of an engine, one thread of this process for each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from restorer.batch.control import RunControl
from restorer.batch.jobs import Event, Job

Emit: TypeAlias = Callable[[Event], None]
Worker: TypeAlias = Callable[[Job, Emit], None]  # runs a job, emits its events up to Finished


def drive(jobs: Iterable[Job], workers: Sequence[Worker], control: RunControl) -> Iterator[Event]:
    """Give each worker one job at a time, and yield the events as they come.

    When the caller stops iterating, what runs is cancelled and waited for. An exception of `jobs`
    or of a worker ends the run and is raised here.
    """
    pending = iter(jobs)
    lock = threading.Lock()
    events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()

    def work(worker: Worker) -> None:
        try:
            while True:
                with lock:
                    job = next(pending, None)
                if job is None:
                    break
                worker(job, events.put)
        except BaseException as error:  # noqa: BLE001  raised in the caller's thread
            events.put(error)
        finally:
            events.put(None)

    threads = [threading.Thread(target=work, args=(each,), daemon=True) for each in workers]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            event = events.get()
            if isinstance(event, BaseException):
                raise event
            if event is None:
                running -= 1
            else:
                yield event
    finally:
        if any(thread.is_alive() for thread in threads):
            control.cancel()
        for thread in threads:
            thread.join()

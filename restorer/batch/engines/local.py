"""Run jobs on this machine, in threads that share the loaded models."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from restorer.batch.control import RunControl
from restorer.batch.engines.worker import run_one
from restorer.batch.jobs import Event, Job
from restorer.inference.devices import shared_threads

_BESIDE = 2  # threads that decode or encode while the others run networks


def run(jobs: Iterable[Job], *, workers: int, control: RunControl) -> Iterator[Event]:
    """Run jobs in threads; torch, decoders and encoders work outside Python's lock.

    Networks run in `workers` threads, always the same: OpenMP keeps a team of helpers for every
    thread that ever called it, and GNU's lets them sleep after each operation as soon as all teams
    together outnumber the cores. Other threads decode the next picture and encode the last one
    meanwhile, so that the networks never wait for files. When the caller stops iterating, what runs
    is cancelled and waited for.
    """
    pending = iter(jobs)
    lock = threading.Lock()
    events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            while True:
                with lock:
                    job = next(pending, None)
                if job is None:
                    break
                run_one(job, events.put, control, networks)
        except BaseException as error:  # noqa: BLE001  raised in the caller's thread: `jobs` failed, no job did
            events.put(error)
        finally:
            events.put(None)

    count = workers + _BESIDE
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    with shared_threads(workers), ThreadPoolExecutor(workers) as networks:
        for thread in threads:
            thread.start()
        try:
            running = count
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

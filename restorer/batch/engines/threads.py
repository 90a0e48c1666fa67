"""Drive the workers of an engine, with one thread of this process for each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeAlias, TypeVar

from restorer.batch.control import RunControl
from restorer.batch.jobs import Event, Job

_LOOK_S = 0.2  # Windows does not interrupt a wait by Ctrl-C: the handler runs after it

Emit: TypeAlias = Callable[[Event], None]
Worker: TypeAlias = Callable[[Job, Emit], None]  # runs a job, emits its events up to Finished
T = TypeVar("T")


def next_of(waiting: queue.SimpleQueue[T]) -> T:
    """Wait for the next entry of a queue; Ctrl-C is heard meanwhile, also on Windows."""
    while True:
        with suppress(queue.Empty):
            return waiting.get(timeout=_LOOK_S)


class Crew:
    """Threads whose events one caller reads.

    Attributes:
        emit: Add an event; for the threads.
        closed: Whether the caller has stopped iterating.
    """

    def __init__(self, control: RunControl) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._running = 0
        self.emit: Emit = self._events.put
        self.closed = False

    def add(self, work: Callable[[], None]) -> None:
        """Start a thread; others of the crew may do so, too."""

        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001  raised in the caller's thread
                self._events.put(error)
            finally:
                self._events.put(None)

        thread = threading.Thread(target=guarded, daemon=True)
        with self._lock:
            self._running += 1
            self._threads.append(thread)
        thread.start()

    def events(self) -> Iterator[Event]:
        """Yield the events until all threads have ended.

        When the caller stops iterating, what runs is cancelled and waited for. An exception of a
        thread ends the run and is raised here.
        """
        try:
            while self._running:
                event = next_of(self._events)
                if isinstance(event, BaseException):
                    raise event
                if event is None:
                    with self._lock:
                        self._running -= 1
                else:
                    yield event
        finally:
            self.closed = True
            if self._running:
                self._control.cancel()
            for thread in self._threads:  # grows meanwhile where a thread starts another one
                thread.join()


def drive(jobs: Iterable[Job], workers: Sequence[Worker], control: RunControl) -> Iterator[Event]:
    """Give each worker one job at a time, and yield the events as they come.

    When the caller stops iterating, what runs is cancelled and waited for. An exception of `jobs`
    or of a worker ends the run and is raised here.
    """
    pending = iter(jobs)
    lock = threading.Lock()
    crew = Crew(control)

    def work(worker: Worker) -> None:
        while True:
            with lock:
                job = None if crew.closed else next(pending, None)
            if job is None:
                return
            worker(job, crew.emit)

    for worker in workers:
        crew.add(partial(work, worker))
    yield from crew.events()

"""The worker process of the engine ``processes``, and its messages.

The parent sends pairs of an id and a job, CANCEL and GRANT. The worker sends events, log records,
Reserve and RELEASE.
"""

from __future__ import annotations

import copy
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Literal

from restorer.batch.control import RunControl
from restorer.batch.engines.worker import run_one
from restorer.batch.jobs import Event, Job
from restorer.batch.memory import POLL_S, MemoryBudget
from restorer.inference.devices import set_cpu_threads

CANCEL: Literal["cancel"] = "cancel"  # stop the job at the next tile
GRANT: Literal["grant"] = "grant"  # the memory is reserved
RELEASE: Literal["release"] = "release"  # the memory is free again

# A terminal, a scheduler or a closed session sends these to all processes of a run; what happens
# then is the parent's decision.
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]

_GRACE_S = 10  # for the job to end at its next tile after the parent has died


@dataclass(frozen=True)
class Setup:
    """What a worker is told at its start.

    Attributes:
        threads: Its share of the cores.
        log_level: Lowest level of the records that it sends.
        memory: Size in bytes of the budget of the run.
        device: Its GPU, for jobs with the device ``auto``; empty where there is none.
    """

    threads: int
    log_level: int
    memory: int
    device: str


@dataclass(frozen=True)
class Reserve:
    """A request for memory, answered by GRANT."""

    size_bytes: int


def serve(connection: Connection, setup: Setup) -> None:
    """Run jobs until the parent hangs up or dies."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    set_cpu_threads(setup.threads)
    line = _Line(connection, setup.memory)
    logger = logging.getLogger("restorer")
    logger.setLevel(setup.log_level)
    logger.addHandler(_Sender(line.send))
    threading.Thread(target=line.listen, daemon=True).start()
    while (order := line.orders.get()) is not None:
        id, job, control = order
        if setup.device and job.settings.device == "auto":
            job = replace(job, settings=replace(job.settings, device=setup.device))

        def emit(event: Event, id: str = id) -> None:  # the id of the job as the parent knows it
            line.send(replace(event, id=id))

        run_one(job, emit, control, line.memory)


class _Line:
    """The line to the parent.

    Attributes:
        orders: The jobs to run, each with the id of its events and its control; None at the end.
        memory: The parent's budget.
    """

    def __init__(self, connection: Connection, memory: int) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._control = RunControl()  # of the last job
        self.orders: queue.SimpleQueue[tuple[str, Job, RunControl] | None] = queue.SimpleQueue()
        self.memory = _ParentBudget(memory, self.send)

    def send(self, message: object) -> None:
        """Send a message; nothing happens where nobody listens any more."""
        with self._sending, suppress(OSError):
            self._connection.send(message)

    def listen(self) -> None:
        """Receive until the parent hangs up; if a job runs on, end the process."""
        with suppress(EOFError, OSError):
            while True:
                message = self._connection.recv()
                if message == CANCEL:
                    self._control.cancel()
                elif message == GRANT:
                    self.memory.granted.set()
                else:
                    self._control = RunControl()
                    self.orders.put((*message, self._control))
        self._control.cancel()
        self.orders.put(None)
        time.sleep(_GRACE_S)
        os._exit(1)


class _ParentBudget(MemoryBudget):
    """The budget of the parent, which all workers share."""

    def __init__(self, total: int, send: Callable[[object], None]) -> None:
        super().__init__(total)
        self._send = send
        self.granted = threading.Event()

    @contextmanager
    def reserve(self, size_bytes: int, check: Callable[[], None]) -> Iterator[None]:
        """Hold a part of the budget, see MemoryBudget."""
        self.granted.clear()
        self._send(Reserve(size_bytes))
        while not self.granted.wait(POLL_S):
            check()
        try:
            yield
        finally:
            self._send(RELEASE)


class _Sender(logging.Handler):
    """Sends log records to the parent, as text."""

    def __init__(self, send: Callable[[object], None]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        record = copy.copy(record)
        record.msg, record.args = self.format(record), None
        record.exc_info = record.exc_text = record.stack_info = None
        self._send(record)

"""A worker in its own process, and the messages it exchanges with the parent.

The parent sends pairs of an id and a job, Cancel and GRANT. The worker sends events, log records,
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from restorer.batch.control import RunControl
from restorer.batch.engines.worker import run_one
from restorer.batch.jobs import Job
from restorer.batch.memory import POLL_S, MemoryBudget
from restorer.inference.devices import set_cpu_threads
from restorer.inference.memory import share_devices

log = logging.getLogger(__name__)

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
    """What a worker gets at its start.

    Attributes:
        threads: Its share of the cores.
        log_level: Lowest level of the records that it sends.
        memory: Size in bytes of the budget of the machine, which the parent keeps.
        own_memory: The part that is the worker's alone: pictures that fit into it need not ask.
        device: Its device, for jobs with the device ``auto``; empty to choose.
        sharing: Number of workers of this machine on each GPU.
    """

    threads: int
    log_level: int
    memory: int
    own_memory: int = 0
    device: str = ""
    sharing: int = 1


@dataclass(frozen=True)
class Cancel:
    """A request to stop a job at its next tile, or before it begins."""

    id: str


@dataclass(frozen=True)
class Reserve:
    """A request for memory, answered by GRANT."""

    id: str
    size_bytes: int


class Connection(Protocol):
    """The end of a line; `recv` raises EOFError where the other one has hung up."""

    def send(self, obj: Any, /) -> None:
        """Send a message."""

    def recv(self) -> Any:
        """Wait for a message."""


def serve(connection: Connection, setup: Setup, environment: Mapping[str, str]) -> None:
    """Run jobs in this process, in this environment, until the parent hangs up or dies."""
    os.environ.clear()
    os.environ.update(environment)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    run_orders(connection, setup)


def run_orders(connection: Connection, setup: Setup) -> None:
    """Run jobs in this thread, in the order in which they come, until the parent hangs up."""
    set_cpu_threads(setup.threads)
    share_devices(setup.sharing)
    line = _Line(connection)
    logger = logging.getLogger("restorer")
    logger.setLevel(setup.log_level)
    logger.addHandler(_Sender(line.send))
    threading.Thread(target=line.listen, daemon=True).start()
    while (order := line.orders.get()) is not None:
        id, job = order
        if setup.device and job.settings.device == "auto":
            job = replace(job, settings=replace(job.settings, device=setup.device))
        memory = _ParentBudget(id, setup, line)
        run_one(job, line.send, line.control, memory, id=id)


class _Line:
    """The line to the parent.

    Attributes:
        orders: The jobs to run, each with the id of its events; None at the end.
        control: Stops them.
        granted: Set when memory is reserved.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self.orders: queue.SimpleQueue[tuple[str, Job] | None] = queue.SimpleQueue()
        self.control = RunControl()
        self.granted = threading.Event()

    def send(self, message: object) -> None:
        """Send a message; nothing happens where nobody listens any more."""
        with self._sending, suppress(OSError):
            self._connection.send(message)

    def listen(self) -> None:
        """Receive until the parent hangs up; if a job runs on, end the process."""
        try:
            with suppress(EOFError, OSError):
                while True:
                    message = self._connection.recv()
                    if isinstance(message, Cancel):
                        self.control.cancel(message.id)
                    elif message == GRANT:
                        self.granted.set()
                    else:
                        self.orders.put(message)
        except Exception:  # a job that cannot be read; the parent notices the end of the process
            log.exception("a worker cannot read its orders")
        self.control.cancel()
        self.orders.put(None)
        time.sleep(_GRACE_S)
        os._exit(1)


class _ParentBudget(MemoryBudget):
    """The budget of the parent, which all workers of the machine share, for one job."""

    def __init__(self, id: str, setup: Setup, line: _Line) -> None:
        super().__init__(setup.memory)
        self._id = id
        self._own = setup.own_memory
        self._line = line

    @contextmanager
    def reserve(self, size_bytes: int, check: Callable[[], None]) -> Iterator[None]:
        """Hold a part of the budget, see MemoryBudget."""
        if size_bytes <= self._own:
            yield
            return
        self._line.granted.clear()
        self._line.send(Reserve(self._id, size_bytes))
        while not self._line.granted.wait(POLL_S):
            check()
        try:
            yield
        finally:
            self._line.send(RELEASE)


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

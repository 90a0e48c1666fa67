"""Run jobs in processes, each with its own models: a crash costs one file one more try.

The process of the program is never forked, since libraries have threads that a fork would lose. On
Linux, workers are forks of a server that has loaded the libraries and run nothing (``forkserver``
of multiprocessing): the next worker is there at once, and all share the memory of the libraries.
Elsewhere, each worker starts on its own. A program that uses this engine needs the usual
``if __name__ == "__main__":``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any

from restorer.batch.control import RunControl
from restorer.batch.engines.attempts import Attempt, Death, converse
from restorer.batch.engines.child import SIGNALS, Cancel, Setup, serve
from restorer.batch.engines.threads import Emit, drive
from restorer.batch.jobs import Event, Job
from restorer.batch.memory import POLL_S, WORKER_BYTES, MemoryBudget
from restorer.errors import InferenceError
from restorer.inference.devices import available_devices, cpu_threads
from restorer.inference.memory import free_bytes

_END_S = 5  # for a worker to end by itself
_SAFE_PATH = "PYTHONSAFEPATH"
# What a job needs of this program and its libraries, but for the format and the network.
_PRELOADED = [
    "restorer.batch.engines.child",
    "restorer.inference.loading",
    "restorer.restoration.api",
    "restorer.restoration.reference.run",
]


def run(jobs: Iterable[Job], *, workers: int, control: RunControl) -> Iterator[Event]:
    """Run jobs in `workers` processes, which share the cores of the CPU and one memory budget.

    A process that dies is replaced, and its file is tried again; after three deaths the file has
    failed. A job with the device ``auto`` runs on the GPU of its worker: worker 1 has the first,
    and so on, from the start again where there are more workers than GPUs. Two workers for each GPU
    make one decode and encode while the other's network runs. (Several GPUs at once have not been
    tried.) When the caller stops iterating, what runs is cancelled and waited for.
    """
    memory = MemoryBudget.of_machine()
    gpus = [device for device in available_devices() if device.startswith("cuda")]
    level = logging.getLogger("restorer").getEffectiveLevel()
    threads = max(1, cpu_threads() // workers)
    slots = [
        _Slot(
            Setup(
                threads,
                level,
                memory.total,
                device=gpus[number % len(gpus)] if gpus else "",
                sharing=-(-workers // len(gpus)) if gpus else 1,
            ),
            control,
            memory,
        )
        for number in range(workers)
    ]
    try:
        yield from drive(jobs, [slot.run for slot in slots], control)
    finally:
        for slot in slots:
            slot.hang_up()
        for slot in slots:
            slot.join()


def default_workers(device: str) -> int:
    """Return one worker for each GPU, or one for each core of the CPU if memory allows."""
    if device.startswith("cuda"):
        return sum(each.startswith("cuda") for each in available_devices())
    return max(1, min(cpu_threads(), free_bytes("cpu") // WORKER_BYTES))


class _Slot:
    """A place for one worker process, which is started for the first job and after each death."""

    def __init__(self, setup: Setup, control: RunControl, memory: MemoryBudget) -> None:
        self._setup = setup
        self._control = control
        self._memory = memory
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._ready = False

    def run(self, job: Job, emit: Emit) -> None:
        """Run a job in the worker and emit its events."""
        attempt = Attempt(job, self._control)
        while not (last := attempt.cancelled()):
            if self._process is not None and not self._process.is_alive():
                self._bury(attempt)  # it died idle
            if self._process is None:
                self._start()
            try:
                return converse(self, [attempt], emit, self._memory)
            except Death:
                reason = self._bury(attempt)
                if last := attempt.cancelled() or attempt.count_death(reason):
                    break
        emit(last)

    def hang_up(self) -> None:
        """Let the worker end as soon as it has no job."""
        if self._connection is not None:
            self._connection.close()

    def join(self) -> None:
        """Wait for the end of the worker."""
        if self._process is not None:
            self._process.join(_END_S)
            self._process.kill()
            self._process.join()

    def send(self, messages: Sequence[object]) -> None:
        """Send messages to the worker; one that is not ready to be cancelled is killed."""
        assert self._connection is not None
        assert self._process is not None
        try:
            for message in messages:
                if isinstance(message, Cancel) and not self._ready:
                    self._process.kill()
                self._connection.send(message)
        except OSError as error:
            raise Death from error

    def receive(self) -> Iterator[Any]:
        """Return the message of the worker that comes within a moment."""
        assert self._connection is not None
        try:
            if self._connection.poll(POLL_S):
                message = self._connection.recv()
                self._ready = True
                yield message
        except (EOFError, OSError) as error:
            raise Death from error

    def check(self) -> None:
        """Raise Death where the worker has died."""
        if self._process is None or not self._process.is_alive():
            raise Death

    def _start(self) -> None:
        context = _context()
        self._connection, theirs = context.Pipe()
        args = theirs, self._setup, dict(os.environ)
        self._process = context.Process(target=serve, args=args, daemon=True)
        self._ready = False
        with _starting, _blocked_signals(), _safe_path():
            self._process.start()
        theirs.close()

    def _bury(self, attempt: Attempt) -> str:
        """Remove what is left of a dead worker; return what it died of."""
        assert self._connection is not None
        assert self._process is not None
        self._connection.close()
        self._process.join(_END_S)
        self._process.kill()
        self._process.join()
        code, process = self._process.exitcode or 0, self._process.pid
        assert process is not None
        attempt.clean(process)
        self._process = self._connection = None
        if not self._ready and code > 0:
            raise InferenceError(
                f"a worker process could not start (exit code {code}, its error is above); a script"
                ' that runs jobs in processes needs `if __name__ == "__main__":`'
            )
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"


_starting = threading.Lock()


def _context() -> ForkServerContext | SpawnContext:
    """Return how workers start on this system."""
    if sys.platform != "linux" or sys.version_info < (3, 11):  # see `_safe_path`
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


@contextmanager
def _blocked_signals() -> Iterator[None]:
    """Let a child begin with blocked signals, so that Ctrl-C never hits one that is not ready."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would unblock them
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let the server begin without the current folder, in which other modules may have our names.

    Python 3.11 and later obey the variable. The workers have the path of the program.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before

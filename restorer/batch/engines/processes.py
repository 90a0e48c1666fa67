"""Run jobs in processes, each with its own models: a crash costs one file one more try.

Processes are spawned, never forked, since libraries have threads that a fork would lose. A
program that uses this engine needs the usual ``if __name__ == "__main__":``.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from restorer.batch.control import RunControl
from restorer.batch.engines.child import CANCEL, GRANT, RELEASE, SIGNALS, Reserve, Setup, serve
from restorer.batch.engines.threads import Emit, drive
from restorer.batch.jobs import Event, Finished, Job, Result, Started
from restorer.batch.memory import POLL_S, MemoryBudget
from restorer.batch.stores.address import exists
from restorer.errors import Cancelled, InferenceError
from restorer.formats.files import leftovers
from restorer.inference.devices import available_devices, cpu_threads, free_bytes
from restorer.settings import CancelToken

log = logging.getLogger(__name__)

_MOST_DEATHS = 3  # of workers, before their file is given up
_WORKER_BYTES = 1 << 30  # Python, torch, a model and its tiles take 0.4 to 1 GB
_END_S = 5  # for a worker to end by itself


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
            Setup(threads, level, memory.total, gpus[number % len(gpus)] if gpus else ""),
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
    return max(1, min(cpu_threads(), free_bytes("cpu") // _WORKER_BYTES))


class _Death(Exception):
    """The worker process has died."""


class _Slot:
    """A place for one worker process, which is started for the first job and after each death."""

    def __init__(self, setup: Setup, control: RunControl, memory: MemoryBudget) -> None:
        self._setup = setup
        self._control = control
        self._memory = memory
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._ready = False

    def run(self, job: Job, emit: Emit) -> None:
        """Run a job in the worker and emit its events."""
        start, token = time.monotonic(), self._control.token(job.id)
        try:
            token.check()
            result = self._result(job, emit, token)
        except Cancelled as error:
            result = Result("cancelled", job.target, error=str(error))
        finally:
            self._control.release(job.id)
        if not result.seconds:
            result = replace(result, seconds=time.monotonic() - start)
        emit(Finished(job.id, result))

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

    def _result(self, job: Job, emit: Emit, token: CancelToken) -> Result:
        begun: set[str] = set()
        skips = job.settings.existing == "skip" and not exists(job.target)
        attempt = job

        def emit_once(event: Event) -> None:
            if not isinstance(event, Started):
                emit(event)
            elif event.id not in begun:
                begun.add(event.id)
                emit(event)

        for death in range(1, _MOST_DEATHS + 1):
            try:
                return self._attempt(job.id, attempt, emit_once, token)
            except _Death:
                reason = self._bury(job)
                token.check()
                log.warning("%s: worker process died (%s), try %d", job.source, reason, death)
            if skips:  # a result now is that of this job
                attempt = replace(job, settings=replace(job.settings, existing="replace"))
        message = f"{job.source}: {_MOST_DEATHS} worker processes died of it, the last one by"
        message += f" {reason}; memory may be short, or the file makes a library crash"
        return Result("failed", job.target, error=message)

    def _attempt(self, id: str, job: Job, emit: Emit, token: CancelToken) -> Result:
        """Run the job once; raise _Death where the worker dies of it."""
        if self._process is not None and not self._process.is_alive():
            self._bury(job)  # it died idle
        if self._process is None:
            self._start()
        assert self._connection is not None
        assert self._process is not None
        process, connection, asked = self._process, self._connection, False

        def check() -> None:
            token.check()
            if not process.is_alive():
                raise _Death

        try:
            connection.send((id, job))
            with ExitStack() as reserved:
                while True:
                    if token.cancelled and not asked:
                        asked = True
                        if not self._ready:
                            process.kill()
                        connection.send(CANCEL)
                    if not connection.poll(POLL_S):
                        continue
                    message = connection.recv()
                    self._ready = True
                    if isinstance(message, logging.LogRecord):
                        _log(message)
                    elif isinstance(message, Reserve):
                        with suppress(Cancelled):
                            reserved.enter_context(self._memory.reserve(message.size_bytes, check))
                            connection.send(GRANT)
                    elif message == RELEASE:
                        reserved.close()
                    elif isinstance(message, Finished):
                        return message.result
                    else:
                        emit(message)
        except (EOFError, OSError) as error:
            raise _Death from error

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(theirs, self._setup), daemon=True)
        self._ready = False
        with _starting, _blocked_signals():
            self._process.start()
        theirs.close()

    def _bury(self, job: Job) -> str:
        """Remove what is left of a dead worker; return what it died of."""
        assert self._connection is not None
        assert self._process is not None
        self._connection.close()
        self._process.join(_END_S)
        self._process.kill()
        self._process.join()
        code, process = self._process.exitcode or 0, self._process.pid
        folder = job.target.parent
        for path, name in leftovers(folder, process) if isinstance(folder, Path) else ():
            if name.startswith(job.target.stem):  # another machine may have a process of that id
                path.unlink(missing_ok=True)
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


def _log(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)

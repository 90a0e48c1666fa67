"""Workers: threads that compute what the window shows, and never touch a widget.

Each request has a number. Its reply is delivered in the thread that made the request, unless a
newer request has replaced it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Signal

from restorer import Cancelled, CancelToken


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        number: Increases with every request of a worker.
        report: Reports progress as (done, total).
        show: Hands over a value before the reply.
        cancel: Set when the reply is no longer wanted.
    """

    number: int
    report: Callable[[int, int], None]
    show: Callable[[object], None]
    cancel: CancelToken = field(default_factory=CancelToken)


@dataclass(frozen=True)
class Reply:
    """The result of a request: a value, or the error that it raised."""

    number: int
    value: Any = None
    error: Exception | None = None


Call: TypeAlias = Callable[[Request], Any]


class Gate:
    """Lets short work go first: while it lasts, long work waits at its next tile."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    @property
    def is_free(self) -> bool:
        """Whether no short work lasts."""
        return self._free.is_set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the long work."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def wait(self, cancel: CancelToken) -> None:
        """Wait for the short work. Raises Cancelled."""
        cancel.check()
        while not self._free.wait(_LOOK_S):
            cancel.check()


_LOOK_S = 0.05  # time until a waiting run sees that it was canceled
_IDLE_S = 1.0  # idle time after which the thread of a worker ends: see `Worker`


@dataclass(frozen=True)
class _Pending:
    request: Request
    then: Callable[[Reply], None]
    count: Callable[[int, int], None] | None
    show: Callable[[Any], None] | None


class Worker(QObject):
    """Runs one request at a time, in a thread that ends when it has been idle for a while.

    Torch keeps helper threads for each thread that called it, and those of idle threads slow the
    others down (see `restorer.batch.engines.local`).

    Args:
        name: Name of the thread, for debuggers.
        keep: Whether requests queue up; otherwise a new request cancels the earlier ones.
        gate: Held while a request runs.
        parent: Owner.
    """

    _replied = Signal(object)
    _progressed = Signal(int, int, int)  # number, done, total
    _shown = Signal(int, object)  # number, value

    def __init__(
        self,
        name: str,
        *,
        keep: bool = False,
        gate: Gate | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._keep = keep
        self._gate = gate
        self._number = 0
        self._requests: dict[int, _Pending] = {}  # used by the owner's thread only
        self._calls: queue.SimpleQueue[tuple[Request, Call] | None] = queue.SimpleQueue()
        self._replied.connect(self._deliver)  # queued: the worker's thread emits it
        self._progressed.connect(self._count)
        self._shown.connect(self._show)
        self._name = name
        self._lock = threading.Lock()  # guards the thread and its queue
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether a reply is pending."""
        return bool(self._requests)

    def ask(
        self,
        call: Call,
        then: Callable[[Reply], None],
        count: Callable[[int, int], None] | None = None,
        show: Callable[[Any], None] | None = None,
    ) -> None:
        """Run `call` in the thread; a closed worker does nothing.

        Args:
            call: Takes the request; runs in the worker's thread.
            then: Takes the reply; runs in the owner's thread.
            count: Takes (done, total) as the call reports it; runs in the owner's thread.
            show: Takes what the call hands over before the reply; runs in the owner's thread.
        """
        if self._closed:
            return
        if not self._keep:
            self.drop()
        self._number += 1
        number = self._number
        request = Request(
            number,
            lambda done, total: self._progressed.emit(number, done, total),
            lambda value: self._shown.emit(number, value),
        )
        self._requests[number] = _Pending(request, then, count, show)
        with self._lock:
            self._calls.put((request, call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def drop(self) -> None:
        """Cancel all requests and discard their replies."""
        for request in self._requests.values():
            request.request.cancel.cancel()
        self._requests.clear()

    def close(self, timeout_s: float | None = None) -> bool:
        """End the thread after its requests; return whether it ended within the time.

        No thread may start again: a late reply of another worker could ask for more while the
        window is destroyed.
        """
        self._closed = True
        with self._lock:
            thread = self._thread
            if thread is None:
                return True
            self._calls.put(None)
        thread.join(timeout_s)
        return not thread.is_alive()

    def _deliver(self, reply: Reply) -> None:
        request = self._requests.pop(reply.number, None)
        if request is not None:
            request.then(reply)

    def _count(self, number: int, done: int, total: int) -> None:
        request = self._requests.get(number)
        if request is not None and request.count is not None:
            request.count(done, total)

    def _show(self, number: int, value: object) -> None:
        request = self._requests.get(number)
        if request is not None and request.show is not None:
            request.show(value)

    def _work(self) -> None:
        while (asked := self._next()) is not None:
            request, call = asked
            with nullcontext() if self._gate is None else self._gate.held():
                reply = _call(request, call)
            if reply is not None:
                self._replied.emit(reply)
            del (
                asked,
                request,
                call,
                reply,
            )  # images are large, and the next request may be a long time off

    def _next(self) -> tuple[Request, Call] | None:
        """Return the next call; None if there is none, and the thread ends."""
        try:
            return self._calls.get(timeout=_IDLE_S)
        except queue.Empty:
            with self._lock:
                if self._calls.empty():
                    self._thread = None
                    return None
                return self._calls.get_nowait()


def _call(request: Request, call: Call) -> Reply | None:
    if request.cancel.cancelled:
        return None
    try:
        return Reply(request.number, call(request))
    except Cancelled:
        return None
    except Exception as error:  # noqa: BLE001  the requester reports it to the user
        return Reply(request.number, error=error)

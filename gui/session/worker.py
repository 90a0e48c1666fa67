"""Lanes: threads that make what the window shows, and never touch a widget.

Every request has a number. Its answer is delivered in the thread of whoever asked, unless that one
has asked for something else meanwhile.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Signal

from restorer import Cancelled, CancelToken


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        number: Rises with every request of a lane.
        report: Called with (done, total) by whoever works on it.
        cancel: Set when nobody waits for the answer any more.
    """

    number: int
    report: Callable[[int, int], None]
    cancel: CancelToken = field(default_factory=CancelToken)


@dataclass(frozen=True)
class Reply:
    """What came of a request: a value, or the error that was raised instead."""

    number: int
    value: Any = None
    error: Exception | None = None


Call: TypeAlias = Callable[[Request], Any]

_IDLE_S = 1.0  # after which a lane's thread ends: see `Lane`


@dataclass(frozen=True)
class _Pending:
    request: Request
    then: Callable[[Reply], None]
    count: Callable[[int, int], None] | None


class Worker(QObject):
    """Works on one request at a time, in a thread that ends when there is nothing to do.

    Torch keeps helpers for each thread that ever called it; those of idle ones would slow the
    others down (see `restorer.batch.planning.engines.local`).

    Args:
        name: Of the thread, for debuggers.
        keep: Whether requests queue up; otherwise a new one drops those before it.
        parent: Owner.
    """

    _replied = Signal(object)
    _progressed = Signal(int, int, int)  # number, done, total

    def __init__(self, name: str, *, keep: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keep = keep
        self._number = 0
        self._requests: dict[int, _Pending] = {}  # touched by the asking thread alone
        self._calls: queue.SimpleQueue[tuple[Request, Call] | None] = queue.SimpleQueue()
        self._replied.connect(self._deliver)  # queued: the signal comes from the lane's thread
        self._progressed.connect(self._count)
        self._name = name
        self._lock = threading.Lock()  # of what follows
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._requests)

    def ask(
        self,
        call: Call,
        then: Callable[[Reply], None],
        count: Callable[[int, int], None] | None = None,
    ) -> None:
        """Let the thread make `call`.

        Args:
            call: Gets the ticket; runs in the lane's thread.
            then: Gets the answer; runs in the thread of the lane's owner.
            count: Gets (done, total) meanwhile, there too.
        """
        if not self._keep:
            self.drop()
        self._number += 1
        number = self._number
        request = Request(number, lambda done, total: self._progressed.emit(number, done, total))
        self._requests[number] = _Pending(request, then, count)
        with self._lock:
            self._calls.put((request, call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def drop(self) -> None:
        """Cancel all requests; nobody waits for their answers any more."""
        for request in self._requests.values():
            request.request.cancel.cancel()
        self._requests.clear()

    def close(self, timeout_s: float | None = None) -> bool:
        """End the thread when its requests are done; return whether it ended within the time."""
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

    def _work(self) -> None:
        while (asked := self._next()) is not None:
            request, call = asked
            reply = _call(request, call)
            if reply is not None:
                self._replied.emit(reply)
            del asked, request, call, reply  # pictures are large, and the next one may be far

    def _next(self) -> tuple[Request, Call] | None:
        """Return what to do next, None for nothing; the thread ends then."""
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
    except Exception as error:  # noqa: BLE001  told to the user by whoever asked
        return Reply(request.number, error=error)

"""MemoryBudget: the memory shared by all pictures in progress."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from restorer.inference.memory import free_bytes

WORKER_BYTES = 1 << 30  # Python, torch, a model and its tiles take 0.4 to 1 GB
POLL_S = 0.1  # a token of cancellation wakes nobody, so that waiting threads look at it

# Share of the free memory that pictures may take; tiles, models and other programs need the rest.
SHARE = 0.6


class MemoryBudget:
    """A number of bytes, of which each job reserves its estimated peak before it decodes.

    Jobs are served in the order in which they ask, so that small ones never keep a large one
    waiting for ever. A job larger than the budget gets all of it, and so runs alone. A job that
    holds a reservation never waits for another one, so that no two wait for each other.

    Attributes:
        total: Size of the budget in bytes.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._held = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @classmethod
    def of_machine(cls) -> MemoryBudget:
        """Return a budget of the memory that is free now."""
        return cls(int(free_bytes("cpu") * SHARE))

    @contextmanager
    def reserve(self, size_bytes: int, check: Callable[[], None]) -> Iterator[None]:
        """Hold a part of the budget; wait for it while others hold too much.

        Args:
            size_bytes: The part; more than the budget counts as all of it.
            check: Called several times a second while waiting; may raise to give up.
        """
        size_bytes, ticket = min(size_bytes, self.total), object()
        with self._changed:
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or size_bytes > self.total - self._held:
                    check()
                    self._changed.wait(POLL_S)
                self._held += size_bytes
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._held -= size_bytes
                self._changed.notify_all()

"""The worker in a Ray actor."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from restorer.batch.engines.child import Reserve, Setup, run_orders
from restorer.batch.engines.cluster.inspection import Expectation, Finding, inspect

THREADS = 3  # `stream`, `live`, and what else is called

_BATCH_S = 0.02  # events that follow each other closely travel together


class Worker:
    """The actor: a worker and its two queues."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._messages: queue.SimpleQueue[object] = queue.SimpleQueue()

    def inspect(self, wanted: Expectation) -> Finding:
        """Return what this machine has."""
        return inspect(wanted)

    def begin(self, setup: Setup) -> None:
        """Begin to run orders, in a thread of their own: OpenMP has helpers for each thread."""
        threading.Thread(target=run_orders, args=(self, setup), daemon=True).start()

    def order(self, messages: Sequence[object]) -> None:
        """Take messages of the driver."""
        for message in messages:
            self._orders.put(message)

    def stream(self) -> Iterator[list[object]]:
        """Yield messages for the driver, for ever."""
        while True:
            messages = [self._messages.get()]
            if not isinstance(messages[0], Reserve):  # it keeps the worker waiting
                time.sleep(_BATCH_S)
            with suppress(queue.Empty):
                while True:
                    messages.append(self._messages.get_nowait())
            yield messages

    def live(self) -> None:
        """Return never."""
        threading.Event().wait()

    def send(self, message: Any) -> None:
        """Send a message to the driver."""
        self._messages.put(message)

    def recv(self) -> Any:
        """Wait for a message of the driver."""
        return self._orders.get()

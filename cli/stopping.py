"""Ctrl-C as a request: what is under way comes to a good end first."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stoppable(last: str, cancel: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C or SIGTERM into a request; the next has the system's own effect.

    Args:
        last: What is brought to its end, as in ``this tile``.
        cancel: Makes the request; called in the signal handler.
    """

    def stop(number: int, frame: Any) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        cancel()
        # Unbuffered: the handler may interrupt a write to sys.stderr, which is not reentrant.
        os.write(2, f"\nstopping after {last}; once more aborts at once\n".encode())

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

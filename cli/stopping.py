"""Graceful handling of Ctrl-C: the current unit of work is finished first."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stoppable(last: str, cancel: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C or SIGTERM into a request; the next one terminates the process.

    Args:
        last: The unit of work to finish, such as ``this tile``.
        cancel: Requests the end of the run; called in the signal handler.
    """

    def stop(number: int, frame: Any) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        cancel()
        # Unbuffered: the handler may interrupt a write to sys.stderr, which is not reentrant.
        os.write(2, f"\nstopping after {last}; press Ctrl-C again to abort immediately\n".encode())

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

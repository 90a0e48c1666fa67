"""Graceful handling of Ctrl-C: the current unit of work is finished first."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

# A closed terminal is SIGHUP on Unix, SIGBREAK on Windows.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_SIGNALS = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


@contextmanager
def stoppable(last: str, cancel: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C, SIGTERM or closed terminal into a request; the next one terminates.

    Args:
        last: The unit of work to finish, such as ``this tile``.
        cancel: Requests the end of the run; called in the signal handler.
    """

    def stop(number: int, frame: Any) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        cancel()
        with suppress(OSError):  # the terminal may be closed
            # Unbuffered: the handler may interrupt a write to sys.stderr, which is not reentrant.
            os.write(2, f"\nstopping after {last}; press Ctrl-C again to abort now\n".encode())

    heard = [each for each in _SIGNALS if signal.getsignal(each) != signal.SIG_IGN]  # as by nohup
    before = {each: signal.signal(each, stop) for each in heard}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

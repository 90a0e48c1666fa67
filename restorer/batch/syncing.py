"""DelayedSync: flush written data to disk soon, without waiting for every change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class DelayedSync:
    """Syncs from a thread of its own, `delay_s` after a change at the latest.

    The time runs from the first change that is not synced, so that a record is safe soon even if no
    other one follows for hours.

    Args:
        sync: Puts all changes on the disk; never called during a change. May raise OSError.
        delay_s: What a power cut may cost.
    """

    def __init__(self, sync: Callable[[], None], delay_s: float) -> None:
        self._sync, self._delay_s = sync, delay_s
        self._lock = threading.Lock()
        self._changed, self._ended = threading.Event(), threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Make a change in the body. Raises the OSError of an earlier sync afterwards."""
        with self._lock:
            yield
            self._changed.set()
            error, self._error = self._error, None
        if error is not None:
            raise error

    def close(self) -> None:
        """End the thread; the last changes are left to the caller."""
        self._ended.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while self._changed.wait() and not self._ended.wait(self._delay_s):
            with self._lock:
                self._changed.clear()
                if self._ended.is_set():  # since the wait; `close` may have set what was cleared
                    return
                try:
                    self._sync()
                except OSError as error:
                    self._error = error

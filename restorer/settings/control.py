"""Control a running job: its progress, and the request to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from restorer.errors import Cancelled

OnTick: TypeAlias = Callable[[int, int], None]  # (done, total)


class CancelToken:
    """A request to stop, checked between tiles; for use from any thread; pickles unset."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask all holders of this token to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether a stop was requested."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled if a stop was requested."""
        if self._event.is_set():
            raise Cancelled("stopped by the user")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as a fresh token: events do not cross processes."""
        return (CancelToken, ())

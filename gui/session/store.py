"""Store: the current state, and how replies of workers and errors change it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from restorer import ModelError, RestorerError

from ..widgets.words import sentence
from .state import State
from .work import Message
from .worker import Call, Reply, Worker

log = logging.getLogger(__name__)


class Store(QObject):
    """Holds the current state.

    Args:
        parent: Owner.

    Signals:
        changed: The new state.
        progressed: The new state, if only the progress of the current work has changed.
    """

    changed = Signal(object)
    progressed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State()
        self.screen: bytes | None = None  # ICC profile of the screen; None for sRGB

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        before, self.state = self.state, replace(self.state, **changes)
        tick = changes.keys() <= {"work", "progress", "filing"} and (
            before.work.doing,
            before.filing.running,
            before.filing.stopping,
        ) == (self.state.work.doing, self.state.filing.running, self.state.filing.stopping)
        (self.progressed if tick else self.changed).emit(self.state)

    def change(self, id: int | None = None, **changes: Any) -> None:
        """Change fields of a document, of the open one by default."""
        strip = self.state.strip
        if id is None:
            id = None if strip.document is None else strip.document.id
        if id is not None:
            self.set(strip=strip.with_values(id, **changes))

    def tell(self, text: str) -> None:
        """Show an error message."""
        self.set(message=Message(text))

    def ask(
        self,
        worker: Worker,
        call: Call,
        take: Callable[[Reply], None],
        count: Callable[[int, int], None] | None = None,
        show: Callable[[Any], None] | None = None,
    ) -> None:
        """Run a call in a worker; an error is shown before `take` gets the reply."""

        def then(reply: Reply) -> None:
            if reply.error is not None:
                self.report(reply.error)
            take(reply)

        worker.ask(call, then, count, show)

    def report(self, error: Exception) -> None:
        """Show an error, and its remedy."""
        lacking = isinstance(error, ModelError)
        self.set(message=Message(self.in_words(error), action="models" if lacking else ""))

    def in_words(self, error: Exception) -> str:
        """Return an error as a sentence."""
        if isinstance(error, RestorerError):
            return sentence(error)
        if isinstance(error, MemoryError):
            return self.tr("Not enough memory. Close other programs or restore a smaller part.")
        log.error("unexpected", exc_info=error)
        text = self.tr("Internal error (%1). The terminal shows details.")
        return text.replace("%1", f"{type(error).__name__}: {error}")

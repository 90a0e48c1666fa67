"""Left over: what the last window has left to do or to save."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from .documents import Document
from .file_runs import FileRuns
from .opener import Opener
from .queue_keeper import QueueKeeper
from .runs import Runs
from .shelf import Shelf
from .store import Store
from .work import Message


class LeftOver(QObject):
    """Offers the work of the last window, and continues it.

    Args:
        store: Holds the state.
        shelf: Has the results, and what waited for the window.
        opener: Opens the first picture.
        runs: Continue what waited for the window.
        files: Continue what waited for files.
        keeper: Has what waited for files.
    """

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        opener: Opener,
        runs: Runs,
        files: FileRuns,
        keeper: QueueKeeper,
    ) -> None:
        super().__init__(store)
        self._store, self._shelf, self._opener = store, shelf, opener
        self._runs, self._files, self._keeper = runs, files, keeper

    @property
    def documents(self) -> tuple[Document, ...]:
        """The pictures; they are not in the list yet."""
        entries = (e for e in self._shelf.left_over if e.stage != "idle" or e.unsaved)
        kept = (replace(entry.document(0), stage=entry.stage) for entry in entries)
        filed = (each for each in self._keeper.left_over if each.stage != "idle")
        return (*kept, *filed)

    def offer(self) -> None:
        """Offer to continue the work, where the start page is not seen."""
        waiting = sum(each.stage == "waiting" for each in self.documents)
        unsaved = sum(each.unsaved for each in self.documents)
        left = []
        if unsaved:
            left.append(self.tr("%n results are not saved", "", unsaved))
        if waiting:
            left.append(self.tr("%n pictures are waiting", "", waiting))
        if left:
            text = self.tr("The last session left work: %1.").replace("%1", ", ".join(left))
            self._store.set(message=Message(text, "note", "continue"))

    def take(self) -> None:
        """Continue the work: list the results, and run all that waited."""
        entries, strip = self._shelf.left_over, self._store.state.strip
        first = len(strip.documents)
        strip = strip.with_added(entry.document(0) for entry in entries)
        listed = zip(entries, strip.documents[first:], strict=True)
        waiting = [document.id for entry, document in listed if entry.stage == "waiting"]
        self._shelf.left_over = ()
        if entries:
            self._opener.go(strip.shown(first))
            self._runs.add(waiting)
        self._files.take_left_over()
        self._files.start()

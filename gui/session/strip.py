"""Strip: all documents, which one is open, and the queue of those to restore; frozen, without Qt.

Each method returns the strip after something has happened. A result leaves it only by `removed`,
`discarded` and `evicted`, by a new result of the same document, or with a saved document that makes
place for new files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from restorer import Job

from .choices import Choices, automatic_choices
from .documents import Document, Kept, Restoration, Saved


@dataclass(frozen=True, eq=False)
class Strip:
    """The documents of the window.

    Attributes:
        documents: In the order of the strip.
        current: Index of the one that is open or being opened; -1 for none.
        selected: Ids of the selected ones.
        queue: Ids of those that wait for a result in the window, the next one first. Those with a
            job are not among them: see `FileRuns`.
        running: Id of the one of them that is being restored.
        usual: The recipe of new documents.
        next_id: Id of the next new document.
    """

    documents: tuple[Document, ...] = ()
    current: int = -1
    selected: tuple[int, ...] = ()
    queue: tuple[int, ...] = ()
    running: int | None = None
    usual: Choices = field(default_factory=automatic_choices)
    next_id: int = 1

    @property
    def document(self) -> Document | None:
        """The open document."""
        return self.documents[self.current] if self.current >= 0 else None

    @property
    def recipe(self) -> Choices:
        """The recipe of the open document, or that of new ones."""
        return self.usual if self.document is None else self.document.recipe

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files of all documents."""
        return tuple(document.file for document in self.documents)

    @cached_property
    def unsaved(self) -> tuple[Document, ...]:
        """Those with a result that was not saved."""
        return tuple(document for document in self.documents if document.unsaved)

    @cached_property
    def chosen_documents(self) -> tuple[Document, ...]:
        """The selected documents, or the open one."""
        selected = set(self.selected)
        found = tuple(document for document in self.documents if document.id in selected)
        return found or (() if self.document is None else (self.document,))

    @cached_property
    def to_restore(self) -> tuple[Document, ...]:
        """The selected documents that lack their result; a single one can always run again."""
        found = self.chosen_documents
        if len(found) > 1:
            return tuple(each for each in found if each.is_pending)
        return tuple(each for each in found if not each.is_busy)

    def find(self, id: int) -> Document | None:
        """Return a document; None if it has been removed."""
        return self.documents[self._numbers[id]] if id in self._numbers else None

    def number(self, id: int) -> int:
        """Return the place of a document; -1 if it has been removed."""
        return self._numbers.get(id, -1)

    # What the user does.

    def with_files(self, paths: Sequence[Path]) -> Strip:
        """Return the strip with other files; documents that hold work stay, none is open."""
        held = [document for document in self.documents if document.holds_work]
        known = {d.path: d for d in held if d.page == 0}
        listed, next_id = [], self.next_id
        for path in paths:
            if path not in known:
                known[path] = Document(next_id, path, path.name, self.usual)
                next_id += 1
            listed.append(known[path])
        before = [document for document in held if document not in listed]
        documents = (*before, *dict.fromkeys(listed))
        return replace(self, documents=documents, current=-1, selected=(), next_id=next_id)

    def with_added(self, documents: Iterable[Document]) -> Strip:
        """Return the strip with more documents at its end, which get ids; the open one stays."""
        made = [each.numbered(self.next_id + n) for n, each in enumerate(documents)]
        listed = (*self.documents, *made)
        return replace(self, documents=listed, next_id=self.next_id + len(made))

    def with_document(self, place: int, document: Document) -> Strip:
        """Return the strip with a new document at a place, which is open and gets an id."""
        made = replace(document, id=self.next_id)
        documents = (*self.documents[:place], made, *self.documents[place:])
        return replace(
            self,
            documents=documents,
            current=place,
            selected=(made.id,),
            next_id=self.next_id + 1,
        )

    def with_page(self, page: int) -> Strip:
        """Return the strip with another page of the open file.

        A page that holds work, or has a recipe of its own, stays in the strip beside it.
        """
        opened = self.document
        if opened is None or opened.page == page:
            return self
        for number, each in enumerate(self.documents):
            if (each.path, each.page) == (opened.path, page):
                return self.shown(number)
        recipe = opened.recipe.suited(None)
        made = Document(
            opened.id,
            opened.path,
            opened.name,
            recipe,
            page=page,
            pages=opened.pages,
            past=opened.past,
        )
        if not (opened.holds_work or opened.has_result):
            return self.with_(made)
        return self.with_document(self.current + 1, made)

    def shown(self, number: int) -> Strip:
        """Return the strip with another document open; -1 for none."""
        id = self.documents[number].id if number >= 0 else None
        selected = self.selected if id in self.selected else (() if id is None else (id,))
        return replace(self, current=number, selected=selected)

    def asked(self, recipe: Choices, *, merged: bool = False) -> Strip:
        """Return the strip with another recipe of the open document, or of new ones."""
        if self.document is None:
            return replace(self, usual=recipe)
        return self.changed(self.document.id, lambda d: d.asked(recipe, merged=merged))

    def with_values(self, id: int, **changes: Any) -> Strip:
        """Return the strip with other values of a document."""
        return self.changed(id, lambda document: replace(document, **changes))

    def with_(self, document: Document) -> Strip:
        """Return the strip with a document in place of the one of its id, if that is there."""
        return self.with_all((document,))

    def with_all(self, documents: Iterable[Document]) -> Strip:
        """Return the strip with documents in place of those of their ids that are there."""
        listed = list(self.documents)
        for document in documents:
            if document.id in self._numbers:
                listed[self._numbers[document.id]] = document
        made = replace(self, documents=tuple(listed))
        made.__dict__["_numbers"] = self._numbers  # as there may be 40,000 of them
        return made

    def changed(self, id: int, change: Callable[[Document], Document]) -> Strip:
        """Return the strip with one document changed, unless it has been removed."""
        document = self.find(id)
        return self if document is None else self.with_(change(document))

    def removed(self, ids: Collection[int]) -> Strip:
        """Return the strip without some documents, and without their results."""
        gone = set(ids)
        opened = self.document
        left = tuple(d for d in self.documents if d.id not in gone)
        if opened is not None and opened.id in gone:
            before = sum(d.id not in gone for d in self.documents[: self.current])
            current = min(before, len(left) - 1)
        else:
            current = left.index(opened) if opened is not None else -1
        selected = tuple(id for id in self.selected if id not in gone)
        queue = tuple(id for id in self.queue if id not in gone)
        running = None if self.running in gone else self.running
        made = replace(self, documents=left, selected=selected, queue=queue, running=running)
        return made.shown(current)

    # The queue.

    def queued(self, ids: Iterable[int]) -> Strip:
        """Return the strip with more documents waiting for a result in the window."""
        found = (self.find(id) for id in dict.fromkeys(ids))
        idle = [each for each in found if each is not None and not each.is_busy]
        waiting = (replace(d, stage="waiting", failure="", job=None, ended=None) for d in idle)
        strip = self.with_all(waiting)
        return replace(strip, queue=(*self.queue, *(each.id for each in idle)))

    def unqueued(self, ids: Collection[int]) -> Strip:
        """Return the strip with some documents not waiting any more."""
        gone = set(ids)
        found = (self.find(id) for id in self.queue if id in gone)
        strip = self.with_all(replace(d, stage="idle") for d in found if d is not None)
        return replace(strip, queue=tuple(id for id in self.queue if id not in gone))

    def postponed(self) -> Strip:
        """Return the strip with the running document waiting again, as the next one."""
        if self.running is None:
            return self
        strip = self.with_values(self.running, stage="waiting")
        return replace(strip, queue=(self.running, *self.queue), running=None)

    def filed(self, jobs: Mapping[int, Job]) -> Strip:
        """Return the strip with documents waiting for their jobs, by their ids."""
        found = ((self.find(id), job) for id, job in jobs.items())
        return self.with_all(
            replace(each, stage="waiting", failure="", job=job, ended=None)
            for each, job in found
            if each is not None
        )

    def started(self) -> Strip:
        """Return the strip with the next document running, if none is."""
        if self.running is not None or not self.queue:
            return self
        id, *queue = self.queue
        strip = replace(self, queue=tuple(queue), running=id)
        return strip.with_values(id, stage="running", failure="")

    def stopped(self) -> Strip:
        """Return the strip without the running document; its earlier result stays."""
        return self._ended(stage="idle")

    def failed(self, sentence: str) -> Strip:
        """Return the strip with the running document failed; its earlier result stays."""
        return self._ended(stage="failed", failure=sentence)

    def finished(self, restoration: Restoration) -> Strip:
        """Return the strip with the result of the running document."""
        return self._ended(stage="idle", restoration=restoration, kept=None, saved=None)

    # Results.

    def stored(self, id: int, restoration: Restoration, kept: Kept) -> Strip:
        """Return the strip with a result on the disk; in memory stays that of the open document."""

        def store(document: Document) -> Document:
            made = document.restoration
            if made is None or made.image is not restoration.image:
                return document  # a newer result
            is_open = self.document is not None and self.document.id == id
            return replace(document, kept=kept, restoration=made if is_open else None)

        return self.changed(id, store)

    def unloaded(self) -> Strip:
        """Return the strip without results in memory that are on the disk."""
        strip = self
        for document in self.documents:
            if document.restoration is not None and document.kept is not None:
                strip = strip.with_values(document.id, restoration=None)
        return strip

    def marked(self, id: int, path: Path, recipe: Choices) -> Strip:
        """Return the strip with a result saved."""
        return self.with_values(id, saved=Saved(path, recipe))

    def discarded(self, ids: Iterable[int]) -> Strip:
        """Return the strip without the results of some documents, as the user wants it."""
        strip = self
        for id in ids:
            strip = strip.with_values(id, restoration=None, kept=None, saved=None)
        return strip

    def evicted(self, needed_bytes: int, room_bytes: int) -> tuple[Strip, tuple[Kept, ...]]:
        """Return the strip after making room on the disk, and what has to go from there.

        The oldest saved results go first; those that were not saved and the open one never go.

        Args:
            needed_bytes: Space for a new result.
            room_bytes: Space that is left.
        """
        saved = [d for d in self.documents if d.kept is not None and not d.unsaved]
        open_id = None if self.document is None else self.document.id
        strip, gone = self, []
        for document in sorted(saved, key=lambda d: d.kept.time_s if d.kept else 0):
            if needed_bytes <= room_bytes:
                break
            if document.kept is not None and document.id != open_id:
                room_bytes += document.kept.size_bytes
                gone.append(document.kept)
                strip = strip.with_values(document.id, restoration=None, kept=None)
        return strip, tuple(gone)

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {document.id: number for number, document in enumerate(self.documents)}

    def _ended(self, **changes: Any) -> Strip:
        if self.running is None:
            return self
        return replace(self.with_values(self.running, **changes), running=None)

"""Opener: lists, opens and removes the pictures of the window."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from restorer import DEFAULT_MAX_PIXELS, FORMATS, READABLE, ImageTooLargeError, RestorerError

from ..widgets.words import error_text, sentence
from . import opening, results
from .choices import Choices
from .documents import Document, Restoration
from .file_runs import FileRuns
from .pictures import OpenPicture
from .runs import Runs
from .shelf import Shelf
from .state import State
from .store import Store
from .strip import Strip
from .work import Message, Work
from .worker import Reply, Worker


class Opener(QObject):
    """Opens one document at a time.

    Args:
        store: Holds the state.
        shelf: Has the results.
        runs: Told of documents that leave the list.
        files: Told of them, too.

    Signals:
        showing: The user has asked for a picture: bring it into view.
        left: Another document is to be opened: what is done for the open one ends.
        opened: The picture of the current document has been read.
    """

    showing = Signal()
    left = Signal()
    opened = Signal()

    def __init__(self, store: Store, shelf: Shelf, runs: Runs, files: FileRuns) -> None:
        super().__init__(store)
        self._store, self._shelf, self._runs, self._files = store, shelf, runs, files
        self._reader = Worker("reader", parent=self)

    def open(self, paths: Sequence[Path]) -> None:
        """Open the first picture of files and folders, and list the others.

        Pictures that hold work stay in the strip.
        """
        self._store.set(work=Work("opening"))
        self._store.ask(
            self._reader, lambda request: opening.find_pictures(paths), self._take_files
        )
        self.showing.emit()

    def show(self, number: int) -> None:
        """Open one of the documents."""
        if 0 <= number < len(self._state.documents) and number != self._state.current:
            self.go(self._strip.shown(number))

    def bring(self, id: int) -> None:
        """Open a document, and bring it into view."""
        self.show(self._strip.number(id))
        self.showing.emit()

    def show_page(self, number: int) -> None:
        """Open another page of the open file, or frame of an animation, by its number from 0."""
        picture = self._state.picture
        if picture is None or picture.path is None or number == picture.page:
            return
        if 0 <= number < picture.pages:
            self.go(self._strip.with_page(number))

    def open_anyway(self) -> None:
        """Open the current file, even if it is larger than the usual limit."""
        self.go(self._strip, sys.maxsize)

    def paste(self, image: QImage, name: str) -> None:
        """Open a picture that another program has copied."""

        def take(reply: Reply) -> None:
            self._take_opened(reply)
            document = self._strip.document
            if reply.error is not None and document is not None:
                self.remove([document.id])  # there is no file to try again

        screen, strip = self._store.screen, self._strip
        file = self._shelf.folder / f"pasted-{time.time_ns():x}.png"
        document = Document(0, None, name, strip.usual, pasted=file)
        self._leave(strip.with_document(len(strip.documents), document))
        self._store.ask(
            self._reader,
            lambda request: (opening.open_copied(image, name, file, screen), None),
            take,
        )
        self.showing.emit()

    def open_pair(self, source: Path, target: Path) -> None:
        """Open a picture together with its result."""
        self.showing.emit()
        screen, strip = self._store.screen, self._strip
        listed = [number for number, each in enumerate(strip.documents) if each.path == source]
        if listed:
            strip = strip.shown(listed[0])
        else:
            document = Document(0, source, source.name, strip.usual)
            strip = strip.with_document(len(strip.documents), document)
        choices = strip.recipe
        self._leave(strip)

        def take(reply: Reply) -> None:
            opened, loaded = reply.value or (None, None)
            self._take_opened(replace(reply, value=(opened, None)))
            self._store.set(loaded_result=loaded)

        self._store.ask(
            self._reader, lambda t: opening.open_pair(source, target, choices, screen), take
        )

    def remove(self, ids: Collection[int]) -> None:
        """Remove documents and their results from the strip."""
        before, opened = self._strip, self._strip.document
        self._runs.remove(ids)
        strip = self._strip.removed(set(ids))
        if strip.document is opened:
            self._store.set(strip=strip)
        elif strip.document is None:
            self._leave(strip)
            self._store.set(work=Work(), opened=None, opened_of=None, camera_preview=None)
        else:
            self.go(strip)
        self._drop_removed(before, strip)

    def go(self, strip: Strip, max_pixels: int | None = None) -> None:
        """Open the current document of a strip."""
        self._leave(strip)
        self._read(max_pixels or DEFAULT_MAX_PIXELS)

    def drop(self) -> None:
        """Stop reading."""
        self._reader.drop()

    def close(self, timeout_s: float) -> bool:
        """End the thread; return whether it ended within the time."""
        self._reader.drop()
        return self._reader.close(timeout_s)

    @property
    def _state(self) -> State:
        return self._store.state

    @property
    def _strip(self) -> Strip:
        return self._store.state.strip

    def _leave(self, strip: Strip) -> None:
        """Set a strip whose current document is opened next; no run ends."""
        self.left.emit()
        message = self._state.message
        kept = message if message is not None and message.action == "continue" else None
        self._store.set(strip=strip.unloaded(), work=Work("opening"), message=kept)

    def _drop_removed(self, before: Strip, strip: Strip) -> None:
        """Remove what belongs to documents that have left the list."""
        gone = [each for each in before.documents if strip.find(each.id) is None]
        self._runs.drop(gone)
        self._files.drop(gone)

    def _take_files(self, reply: Reply) -> None:
        files: tuple[Path, ...] = reply.value or ()
        if not files:
            self._store.set(work=Work())
            if reply.error is None:
                known = ", ".join(sorted(READABLE))
                text = self.tr("No picture was found there. Supported: %1.")
                self._store.tell(text.replace("%1", known))
            return
        before, strip = self._strip, self._strip.with_files(files)
        self.go(strip.shown(strip.files.index(files[0])))
        self._drop_removed(before, strip)

    def _read(self, max_pixels: int) -> None:
        """Read the open document; one above the limit is offered to be opened anyway."""
        document, screen = self._strip.document, self._store.screen
        if document is None:
            return

        def take(reply: Reply) -> None:
            self._take_opened(reply)
            if reply.error is not None:
                self._tell_unread(document, reply.error)
            if isinstance(reply.error, ImageTooLargeError):
                self._offer_large(document.file, max_pixels)

        def read_all() -> None:
            self._store.ask(
                self._reader,
                lambda request: results.open_all(document, self._shelf, screen, max_pixels),
                take,
            )

        def take_preview(reply: Reply) -> None:
            if reply.value is not None:
                self._store.set(opened=None, opened_of=None, camera_preview=reply.value)
            read_all()

        if document.file.suffix.lower() in FORMATS["raw"].suffixes:
            self._store.ask(
                self._reader,
                lambda request: opening.open_preview(document.file, screen),
                take_preview,
            )
        else:
            read_all()

    def _tell_unread(self, document: Document, error: Exception) -> None:
        """Say why a document cannot be opened, in its place, where it stays."""
        if isinstance(error, RestorerError):
            text = sentence(error_text(error, document.file))
        else:
            text = self._store.in_words(error)
        self._store.set(unread=text, message=None)

    def _offer_large(self, path: Path, max_pixels: int) -> None:
        size = opening.large_size(path, max_pixels)
        if size is not None:
            text = self.tr("%1 is very large: %2 megapixels, which take about %3 GB of memory.")
            for number, value in enumerate((path.name, f"{size[0]:.0f}", f"{size[1]:.1f}"), 1):
                text = text.replace(f"%{number}", value)
            self._store.set(message=Message(text, action="open"))

    def _take_opened(self, reply: Reply) -> None:
        picture, result = reply.value or (None, None)
        strip, document = self._strip, self._strip.document
        if document is not None and picture is not None:
            strip = strip.with_(_as_read(document, picture, result))
            if isinstance(result, Exception):
                self._store.report(result)
        is_running = document is not None and strip.running == document.id
        self._store.set(
            strip=strip,
            opened=picture,
            opened_of=None if document is None or picture is None else document.id,
            camera_preview=None,
            unread="",
            patches=(),
            patches_of=None,
            grown_preview=None,
            loaded_result=None,
            maps=None,
            frame=None,
            estimated_sigma=None,
            estimated_quality=None,
            work=self._state.progress if is_running else Work(),
        )
        if picture is not None:
            self.opened.emit()


def _as_read(
    document: Document, picture: OpenPicture, result: Restoration | Exception | None
) -> Document:
    """Return a document with what its file says, and with the result that was on the disk."""
    recipe: Choices = document.recipe
    if picture.gray is None:
        recipe = recipe.with_values(mosaic=None, raw_size=None)
    if recipe.raw != (picture.mosaic is not None):
        recipe = recipe.for_kind(raw=picture.mosaic is not None).suited(None)
    made = document.with_recipe(recipe, pages=picture.pages, size=picture.size)
    if isinstance(result, Exception):
        return replace(made, kept=None)
    if made.restoration is None and made.kept is not None:
        return replace(made, restoration=result)  # unless a newer one is in memory
    return made

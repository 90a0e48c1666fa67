"""Saving: writes results to files of the user, that of the open picture or those of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ..widgets.messages import message_text
from . import results
from .choices import CAMERA_SUFFIX
from .documents import Document
from .results import FinishedResult
from .shelf import Shelf
from .state import State
from .store import Store
from .work import Message, Work
from .worker import Call, Reply, Worker


class Saving(QObject):
    """Writes results, one after the other.

    Args:
        store: Holds the state.
        shelf: Has the results.

    Signals:
        recolor: A path that needs the result in other colors, with a new run.
    """

    recolor = Signal(object)

    def __init__(self, store: Store, shelf: Shelf) -> None:
        super().__init__(store)
        self._store, self._shelf = store, shelf
        self._writer = Worker("writer", keep=True, parent=self)

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._writer.busy

    def save(self, path: Path, *, replace: bool = False) -> None:
        """Write the result of the open picture, with the same pixels as `restore image`.

        With `replace`, the path may be that of the picture, a working copy.
        """
        state = self._state
        final, choices, document = state.saveable, state.choices, state.strip.document
        if final is None or document is None:
            self._store.tell(self.tr("There is no result yet. Restore the picture first."))
            return
        if not replace and document.path is not None and same_file(path, document.path):
            text = self.tr("%1 is the original. Choose another name.")
            self._store.tell(text.replace("%1", str(path)))
            return
        if choices.raw and choices.camera_colors != (path.suffix.lower() == CAMERA_SUFFIX):
            self.recolor.emit(path)
            return
        self._store.set(work=Work("saving"), message=None)
        made = choices.of_page(document.page, document.pages)

        def take(reply: Reply) -> None:
            if self._state.work.doing == "saving":
                self._store.set(work=Work())
            if reply.error is None:
                self._mark(document, reply)
                target, notes = reply.value
                text = self.tr("Saved as %1.").replace("%1", str(target))
                words = map(message_text, notes)
                said = " ".join(f"{word[:1].upper()}{word[1:]}." for word in words)
                self._store.set(message=Message(f"{text} {said}".strip(), "note"))

        self._store.ask(self._writer, lambda _: results.save(final, path, made), take)

    def save_beside(
        self, documents: Sequence[Document], then: Callable[[bool], None] | None = None
    ) -> None:
        """Write the results of documents beside their originals, under names that are free.

        Args:
            documents: Those with a result, at least one.
            then: Called at the end; whether all were written.
        """
        left, failed = [d.id for d in documents], False

        def end() -> None:
            if not failed:
                text = self.tr("Saved beside the originals: %1").replace("%1", str(len(documents)))
                self._store.set(message=Message(text, "note"))
            if then is not None:
                then(not failed)

        def taker(document: Document) -> Callable[[Reply], None]:
            def take(reply: Reply) -> None:
                nonlocal failed
                failed |= reply.error is not None
                if reply.error is None:
                    self._mark(document, reply)
                left.remove(document.id)
                if not left:
                    end()

            return take

        for document in documents:
            self._store.ask(self._writer, self._beside(document), taker(document))

    def selected_results(self) -> tuple[FinishedResult, ...]:
        """Return the results of the selected documents, or of the open one."""
        return tuple(
            FinishedResult(
                each.id,
                each.path,
                each.name,
                each.page,
                each.pages,
                each.result_recipe,
                each.size or (1, 1),
                each,
                self._shelf,
            )
            for each in self._state.strip.chosen_documents
            if each.has_result
        )

    def mark_saved(self, id: int, path: Path) -> None:
        """Show a result as saved, which has been written to a file."""
        document = self._state.strip.find(id)
        if document is not None:
            self._store.set(strip=self._state.strip.marked(id, path, document.result_recipe))

    def close(self, timeout_s: float) -> bool:
        """Finish writing; return whether that ended within the time."""
        return self._writer.close(timeout_s)

    @property
    def _state(self) -> State:
        return self._store.state

    def _mark(self, document: Document, reply: Reply) -> None:
        path, _ = reply.value
        strip = self._state.strip.marked(document.id, path, document.result_recipe)
        self._store.set(strip=strip)

    def _beside(self, document: Document) -> Call:
        made = document.result_recipe.of_page(document.page, document.pages)

        def call(_: object) -> tuple[Path, tuple[str, ...]]:
            final = results.final_of(document, self._shelf)
            home = document.path or Path.home() / f"{document.name}.png"
            target = next(path for path in numbered(made.target(home)) if not path.exists())
            return results.save(final, target, made)

        return call


def numbered(path: Path) -> Iterator[Path]:
    """Yield a path, and the same with numbers behind its name, without an end."""
    yield path
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths name the same file; of files that are not there, whether they are equal."""
    try:
        return a.samefile(b)
    except OSError:
        return a == b

"""Recipes: what is asked for the open picture and the selected ones, with undo and copies."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from restorer import Step

from .choices import Choices
from .documents import Document, changed_fields
from .state import State
from .store import Store
from .strip import Strip

_ONE_CHANGE_S = 1.0  # changes of the same settings within it are undone together


class Recipes(QObject):
    """Changes the recipes of documents.

    Args:
        store: Holds the state.

    Signals:
        changed: The choices of the open picture, and all documents, before the change.
        adopted: The open picture got steps that were chosen elsewhere.
    """

    changed = Signal(object, object)
    adopted = Signal()

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._store = store
        self._changed_last: tuple[int, frozenset[str], float] = (-1, frozenset(), 0.0)

    def choose(self, choices: Choices) -> None:
        """Set the recipe of the open picture; the preview is updated if that changes pixels."""
        before = self._state.choices
        choices = self._of_kind(choices)
        if choices.wanted_damage != before.wanted_damage:
            choices = choices.suited(None)
        if choices == before:
            return
        merged = self._continues(before, choices)
        self._change(self._state.strip.asked(choices, merged=merged))

    def adopt(self, steps: Sequence[Step]) -> None:
        """Choose the models and strengths of some steps, as compared on the contact sheet."""
        choices = self._state.choices
        for step in steps:
            choices = choices.with_step(step)
        self.choose(choices)
        self.adopted.emit()

    def undo(self) -> None:
        """Return to the recipe before the last change."""
        self._step(Document.undone)

    def redo(self) -> None:
        """Repeat a change that was undone."""
        self._step(Document.redone)

    def copy(self) -> None:
        """Keep the recipe of the open picture for others."""
        self._store.set(copied=self._state.choices)

    def paste(self) -> None:
        """Give the selected documents the recipe that was copied; it can be undone in each."""
        if self._state.copied is not None:
            self._share(self._state.copied)

    def share(self) -> None:
        """Give the selected documents the recipe of the open one; it can be undone in each."""
        self._share(self._state.choices)

    @property
    def _state(self) -> State:
        return self._store.state

    def _share(self, recipe: Choices) -> None:
        strip = self._state.strip
        kinds = {raw: recipe.for_kind(raw=raw) for raw in (False, True)}
        plain = {raw: kind.suited(None) for raw, kind in kinds.items()}
        others = (d for d in strip.chosen_documents if d.recipe != kinds[d.recipe.raw])
        made = [document.asked(plain[document.recipe.raw]) for document in others]
        self._change(strip.with_all(made))

    def _step(self, step: Callable[[Document], Document]) -> None:
        document = self._state.strip.document
        if document is not None:
            self._changed_last = (-1, frozenset(), 0.0)
            self._change(self._state.strip.changed(document.id, step))

    def _change(self, strip: Strip) -> None:
        """Set the strip, in which the open picture may have another recipe."""
        earlier, frame = self._state.strip, self._state.frame
        before, choices = earlier.recipe, strip.recipe
        if frame is not None and choices.scale != before.scale:
            frame = frame.scaled(choices.scale / before.scale)
        self._store.set(strip=strip, frame=frame, loaded_result=None)
        self.changed.emit(before, earlier)

    def _of_kind(self, choices: Choices) -> Choices:
        """Return the choices with the tasks that the open picture takes."""
        picture = self._state.picture
        if picture is not None and picture.gray is not None:
            return choices.for_kind(raw=choices.settings.mosaic is not None)
        if picture is not None and picture.mosaic is not None:
            return choices.behind_demosaicing()
        return choices.for_kind(raw=False)

    def _continues(self, before: Choices, after: Choices) -> bool:
        """Return whether a change goes on with the last one, as that of a slider."""
        document = self._state.strip.document
        id = -1 if document is None else document.id
        fields, now = changed_fields(before, after), time.monotonic()
        last, self._changed_last = self._changed_last, (id, fields, now)
        return last[:2] == (id, fields) and now - last[2] < _ONE_CHANGE_S

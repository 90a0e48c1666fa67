"""DocumentCommands: the commands of the film strip, which apply to the selected pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from ..session.documents import Document
from ..session.session import Session
from ..session.state import State
from .actions import Actions

_MENU = (
    *("run", "restore-and-save", "unqueue", ""),
    *("copy-recipe", "paste-recipe", "share-recipe", "", "save-beside", "export"),
    *("discard", "", "show-in-folder", "open-saved", "", "remove"),
)


class DocumentCommands(QObject):
    """Connects the actions to the session.

    Args:
        session: The session.
        actions: The actions of the window, which is the owner.

    Signals:
        queued: Documents wait for their files: the batch page shows that.
    """

    queued = Signal()

    def __init__(self, session: Session, actions: Actions) -> None:
        super().__init__(actions)
        self._session, self._actions = session, actions
        for name, slot in {
            "undo": session.recipes.undo,
            "redo": session.recipes.redo,
            "unqueue": lambda: session.unqueue(self._ids()),
            "copy-recipe": session.recipes.copy,
            "paste-recipe": session.recipes.paste,
            "save-beside": self._save_beside,
            "discard": lambda: session.discard(self._ids()),
            "share-recipe": session.recipes.share,
            "restore-and-save": lambda: self._queue(self._documents, start=True),
            "queue-all": lambda: self._queue(session.state.documents),
            "remove": lambda: session.opener.remove(self._ids()),
        }.items():
            actions[name].triggered.connect(slot)

    @property
    def menu(self) -> list[str]:
        """Names of the actions for the context menu; empty for a line."""
        return list(_MENU)

    def follow(self, state: State) -> None:
        """Enable the actions that apply."""
        documents, opened = state.strip.chosen_documents, state.strip.document
        has_results = any(each.has_result for each in documents)
        can = {
            "undo": opened is not None and bool(opened.past),
            "redo": opened is not None and bool(opened.future),
            "unqueue": any(each.is_busy for each in documents),
            "copy-recipe": opened is not None,
            "paste-recipe": bool(documents) and state.copied is not None,
            "share-recipe": any(each is not opened for each in documents) and opened is not None,
            "save-beside": has_results,
            "export": has_results,
            "open-saved": opened is not None and opened.saved is not None,
            "discard": has_results,
            "show-in-folder": opened is not None and opened.path is not None,
            "restore-and-save": bool(documents),
            "remove": bool(documents),
        }
        for name, possible in can.items():
            self._actions[name].setEnabled(possible)

    @property
    def _documents(self) -> tuple[Document, ...]:
        return self._session.state.strip.chosen_documents

    def _ids(self) -> list[int]:
        return [document.id for document in self._documents]

    def _save_beside(self) -> None:
        self._session.saving.save_beside([each for each in self._documents if each.has_result])

    def _queue(self, documents: Sequence[Document], *, start: bool = False) -> None:
        """Let documents wait for their files."""
        wanted = documents if start else [each for each in documents if each.is_pending]
        self._session.plans.queue([each.id for each in wanted], start=start)
        self.queued.emit()

"""Editing: the window as the editor of another program, for one working copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ..session.session import Session
from ..session.state import State
from ..session.work import Message
from .files import Files


class Editing(QObject):
    """Lets *Save* replace a file, and tells when that has happened.

    Args:
        copy: The file; it is opened.
        files: What saves.
        session: The session that opens the file.

    Attributes:
        replaced: Whether the file was replaced.

    Signals:
        done: The file was replaced.
    """

    done = Signal()

    def __init__(self, copy: Path, files: Files, session: Session) -> None:
        super().__init__(session)
        self.replaced = False
        self._copy = copy
        files.working_copy = copy
        session.changed.connect(self._look)
        session.opener.open([copy])
        text = self.tr(
            "Save replaces %1, the working copy of another program, and closes this window."
        )
        session.tell(Message(text.replace("%1", copy.name), "note"))

    def _look(self, state: State) -> None:
        if not self.replaced and state.saved == self._copy:
            self.replaced = True
            self.done.emit()

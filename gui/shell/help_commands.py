"""HelpCommands: the manual, the report of a problem, and what the program is."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from restorer import __version__

from ..session.session import Session
from ..session.work import Message
from .actions import Actions
from .manual import Manual
from .report import ProblemReport


class HelpCommands(QObject):
    """Connects the actions of the help.

    Args:
        window: Parent of the windows of the help.
        actions: The actions.
        session: Shows messages.
    """

    def __init__(self, window: QWidget, actions: Actions, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        actions["about"].triggered.connect(self._about)
        actions["manual"].triggered.connect(lambda: self._open(Manual))
        actions["report"].triggered.connect(lambda: self._open(ProblemReport))

    def _about(self) -> None:
        text = self.tr("restorer %1 - restores photographs on this machine, offline. MIT license.")
        self._session.tell(Message(text.replace("%1", __version__), "note"))

    def _open(self, kind: type[QDialog]) -> None:
        """Open a window of the help, or bring it to the front."""
        dialog = self._window.findChild(kind) or kind(self._window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

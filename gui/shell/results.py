"""Results: takes results out of the window, to files, other programs and the file manager."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from ..export import desktop
from ..export.dialog import ExportDialog, summary
from ..export.drag_out import Draggable, DragOut
from ..export.request import ExportRequest
from ..export.run import Exported
from ..session.box import Box
from ..session.session import Session
from ..session.work import Message
from .preferences import Preferences

_LONG_S = 20.0
_CHECK_MS = 1000
_ALL = 0.999  # share of a picture that counts as all of it


class Results(QObject):
    """What can be done with results beside saving one.

    Args:
        window: Parent of the dialog.
        session: The session with the results.
        preferences: Keeps the last settings.
        visible: Returns the visible part of the open picture, in fractions of it.
        handles: Widgets from which results are dragged.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        preferences: Preferences,
        visible: Callable[[], Box | None],
        *handles: QWidget,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._preferences = window, session, preferences
        self._visible = visible
        self._dialog: ExportDialog | None = None
        self._drags = [DragOut(handle, self._draggable, self) for handle in handles]
        for drag in self._drags:
            drag.failed.connect(lambda text: session.tell(Message(text)))

    @property
    def running(self) -> bool:
        """Whether files are being written."""
        return self._dialog is not None and self._dialog.running

    @property
    def saved(self) -> Path | None:
        """The file of the open picture that was saved last, if it is still there."""
        document = self._session.state.strip.document
        path = document.saved.path if document is not None and document.saved else None
        return path if path is not None and path.exists() else None

    def export(self) -> None:
        """Open the dialog for the selected results."""
        if self._dialog is None:
            self._dialog = ExportDialog(self._window)
            self._dialog.show_request(self._preferences.text("export"), self._folder())
            self._dialog.asked.connect(self._keep)
            self._dialog.exported.connect(self._take)
        strip, pictures = self._session.state.strip, self._session.saving.selected_results()
        opened = None if strip.document is None else strip.document.id
        open_alone = [picture.id for picture in pictures] == [opened]
        originals = [document.path for document in strip.documents if document.path is not None]
        self._dialog.show_pictures(pictures, originals, self._part() if open_alone else None)
        self._dialog.show()
        self._dialog.activateWindow()

    def show_in_folder(self) -> None:
        """Show the saved file, or else the original, in the file manager."""
        document = self._session.state.strip.document
        path = self.saved or (document.path if document is not None else None)
        if path is not None and not desktop.show_in_folder(path):
            self._tell(self.tr("There is no file manager that can be opened."))

    def open_saved(self) -> None:
        """Open the saved file with the program of the user's choice."""
        if self.saved is not None and not desktop.open_file(self.saved):
            self._tell(self.tr("There is no program for this kind of file."))

    def close(self) -> None:
        """End the threads."""
        if self._dialog is not None:
            self._dialog.close_workers()
        for drag in self._drags:
            drag.close()

    def _part(self) -> Box | None:
        """Return the visible part of the open picture; None where all of it is visible."""
        box = self._visible()
        return None if box is None or box.area >= _ALL else box

    def _folder(self) -> Path:
        document = self._session.state.strip.document
        path = document.path if document is not None else None
        return Path.home() if path is None else path.absolute().parent

    def _keep(self, request: ExportRequest) -> None:
        self._preferences.keep("export", request.dump())

    def _take(self, made: tuple[Exported, ...], request: ExportRequest) -> None:
        """Mark what was saved, and say what became of it."""
        for each in made:
            if each.path is not None and not each.skipped and not request.is_showing:
                self._session.saving.mark_saved(each.picture.id, each.path)
        if made and not any(each.error for each in made):
            text = summary(made, len(made))
            self._tell(f"{text} {request.folder}")

    def _tell(self, text: str) -> None:
        self._session.tell(Message(text, "note"))

    def _draggable(self) -> list[Draggable]:
        strip = self._session.state.strip
        found: list[Draggable] = []
        for picture in self._session.saving.selected_results():
            document = strip.find(picture.id)
            saved = document.saved if document is not None and document.is_saved else None
            found.append((picture, saved.path if saved is not None else None))
        return found


class LongWork(QObject):
    """Notifies the user of the end of long work, while another window has the focus.

    Args:
        window: The window.
        busy: Whether there is work now.
        wanted: Whether the user wants to know.
    """

    def __init__(
        self, window: QWidget, busy: Callable[[], bool], wanted: Callable[[], bool]
    ) -> None:
        super().__init__(window)
        self._window, self._busy, self._wanted = window, busy, wanted
        self._since: float | None = None
        timer = QTimer(self, interval=_CHECK_MS)
        timer.timeout.connect(self.check)
        timer.start()

    def check(self) -> None:
        """See whether work has begun or ended."""
        busy, now = self._busy(), time.monotonic()
        if busy and self._since is None:
            self._since = now
        elif not busy and self._since is not None:
            long, self._since = now - self._since >= _LONG_S, None
            if long and self._wanted() and not self._window.isActiveWindow():
                desktop.notify(
                    "restorer", self.tr("The pictures are ready."), self._window.windowIcon()
                )

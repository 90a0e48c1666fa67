"""DragOut: drags results to other programs, as files that are written when a drag begins."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QDrag, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from ..session.worker import Reply, Request, Worker
from .request import ExportRequest
from .run import Exported, Finished, export

Draggable = tuple[Finished, Path | None]  # a result, and the file where it is saved already


class DragOut(QObject):
    """Makes a widget a handle of the results.

    What is not saved is written to a temporary folder, in a thread; the drag goes on when the files
    are there, if the button is still held.

    Args:
        handle: The widget that is dragged from.
        find: Returns the results that are dragged now.
        parent: Owner.

    Signals:
        failed: Why a result could not be written, one sentence.
    """

    failed = Signal(str)

    def __init__(
        self, handle: QWidget, find: Callable[[], Sequence[Draggable]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._handle, self._find = handle, find
        self._pressed: QPointF | None = None
        self._worker = Worker("drag", parent=self)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        handle.installEventFilter(self)

    def close(self) -> bool:
        """Remove the temporary files; return whether none is being written."""
        ended = self._worker.close(30)
        if self._folder is not None:
            self._folder.cleanup()
        return ended

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin a drag where the pointer moves away with the button held."""
        if isinstance(event, QMouseEvent):
            left = event.buttons() & Qt.MouseButton.LeftButton
            if event.type() == QEvent.Type.MouseButtonPress and left:
                self._pressed = event.position()
            elif event.type() == QEvent.Type.MouseButtonRelease:
                self._pressed = None
            elif event.type() == QEvent.Type.MouseMove and left:
                return self._move(event.position())
        return False

    def _move(self, place: QPointF) -> bool:
        """Return whether the move belongs to a drag."""
        if self._worker.busy:
            return True
        if self._pressed is None:
            return False
        distance = (place - self._pressed).manhattanLength()
        if distance < QApplication.startDragDistance():
            return False
        self._pressed = None
        found = self._find()
        if not found:
            return False
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="restorer-drag-", ignore_cleanup_errors=True
            )
        folder = Path(self._folder.name)
        self._worker.ask(lambda request: written(found, folder, request), self._take)
        return True

    def _take(self, reply: Reply) -> None:
        if reply.error is not None:
            self.failed.emit(str(reply.error))
            return
        paths, errors = reply.value
        for error in errors:
            self.failed.emit(error)
        if isinstance(self._handle, QAbstractButton):
            self._handle.setDown(False)
        if paths and QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self._drag(paths)

    def _drag(self, paths: Sequence[Path]) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        drag = QDrag(self._handle)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)  # after a move, the receiver would delete the file


def written(
    found: Sequence[Draggable], folder: Path, request: Request
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the files of results, written to a folder unless they are saved, and errors."""
    made: list[Exported] = []
    for number, (picture, path) in enumerate(found):
        if path is not None and path.exists():
            made.append(Exported(picture, path))
            continue
        place = folder / str(number)  # pictures of several folders can have one name
        wanted = ExportRequest(place, existing="replace", asked=picture.recipe)
        made += export([picture], wanted, (), request)
    paths = tuple(each.path for each in made if each.path is not None)
    return paths, tuple(each.error for each in made if each.error)

"""What keys and drops say, for all widgets that take them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeyEvent

_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


def arrow_move(event: QKeyEvent, step: int) -> tuple[int, int] | None:
    """Return how far down and across an arrow key goes, by one with Shift; None for other keys."""
    move = _ARROWS.get(Qt.Key(event.key()))
    if move is None:
        return None
    length = 1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else step
    return length * move[0], length * move[1]


def accept_copy(event: QDropEvent) -> None:
    """Take what is dragged as a copy: whoever gives it away may delete what was moved."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def local_files(data: QMimeData) -> list[Path]:
    """Return the files that were dropped or copied."""
    urls: list[QUrl] = data.urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]

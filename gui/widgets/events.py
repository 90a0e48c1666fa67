"""Helpers for key and drop events."""

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
    """Return the move (down, right) of an arrow key, by 1 with Shift; None for other keys."""
    move = _ARROWS.get(Qt.Key(event.key()))
    if move is None:
        return None
    length = 1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else step
    return length * move[0], length * move[1]


def accept_copy(event: QDropEvent) -> None:
    """Accept a drag as a copy: after a move, the source may delete its file."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def local_files(data: QMimeData) -> list[Path]:
    """Return the dropped or copied files."""
    urls: list[QUrl] = data.urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]

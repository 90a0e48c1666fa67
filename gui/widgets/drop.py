"""Panels that accept dropped files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from .events import accept_copy, local_files


class FileDropPanel(QWidget):
    """A widget that accepts files and folders."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)

    def take_files(self, paths: list[Path]) -> None:
        """Use dropped files; there is at least one."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Use the dropped files."""
        paths = local_files(event.mimeData())
        if paths:
            accept_copy(event)
            self.take_files(paths)

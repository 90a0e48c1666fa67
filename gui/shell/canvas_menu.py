"""Context menu of the picture: zoom, comparison, and what is below the pointer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from .actions import Actions
from .top_bar import ZOOMS


class CanvasMenu(QMenu):
    """The menu.

    Args:
        actions: The actions of the window.
        parent: Owner.

    Signals:
        zoomed: A zoom was chosen.
    """

    zoomed = Signal(float)

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._values = ""
        self._file: Path | None = None
        zooms = self.addMenu(self.tr("Zoom"))
        zooms.addAction(actions["fit"])
        for zoom in ZOOMS:
            action = zooms.addAction(f"{zoom * 100:.0f} %")
            action.triggered.connect(lambda _=False, zoom=zoom: self.zoomed.emit(zoom))
        self.addSeparator()
        for name in ("split", "sides", "flicker", "difference"):
            self.addAction(actions[name])
        self.addSeparator()
        for name in ("loupe", "frame", "unframe"):
            self.addAction(actions[name])
        self.addSeparator()
        self.copy = self.addAction(self.tr("Copy pixel values"), self._copy)
        self.reveal = self.addAction(self.tr("Open folder of the picture"), self._reveal)
        self.addSeparator()
        self.addAction(actions["full-screen"])

    def ask(self, at: QPoint, values: str, file: Path | None) -> None:
        """Show the menu.

        Args:
            at: Where, on the screen.
            values: The values below the pointer, as the status line says them; empty beside it.
            file: The file of the picture, if it has one.
        """
        self._values, self._file = values, file
        self.copy.setEnabled(bool(values))
        self.reveal.setEnabled(file is not None)
        self.popup(at)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._values)

    def _reveal(self) -> None:
        if self._file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._file.parent)))

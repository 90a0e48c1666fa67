"""Thumbnails for lists, created while the user scrolls, the latest request first."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap

from .convert import thumbnail
from .worker import Reply, Worker

_KEPT = 500  # several screens; a list may have ten thousand files
_WANTED = 60  # requests; older ones have scrolled out of view


class Thumbnails(QObject):
    """A cache that fills itself.

    Args:
        side: The longer side.
        ratio: Device pixels per device-independent pixel.
        parent: Owner.

    Signals:
        made: The thumbnail of a path is available.
    """

    made = Signal(object)

    def __init__(self, side: int, ratio: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side, self._ratio = side, ratio
        self._made: OrderedDict[Path, QIcon] = OrderedDict()
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        blank = QPixmap(QSize(side, side) * ratio)
        blank.fill(QColor(128, 128, 128, 40))
        self._blank = self._icon(blank)
        self._worker = Worker("thumbnails", keep=True, parent=self)

    def get(self, path: Path) -> QIcon:
        """Return the thumbnail of a file, or a blank one until it is available."""
        if path in self._made:
            self._made.move_to_end(path)
            return self._made[path]
        self._wanted[path] = None
        self._wanted.move_to_end(path)
        if len(self._wanted) > _WANTED:
            self._wanted.popitem(last=False)
        self._next()
        return self._blank

    def close(self) -> bool:
        """End the thread."""
        self._wanted.clear()
        self._worker.drop()
        return self._worker.close(10)

    def _next(self) -> None:
        if self._wanted and not self._worker.busy:
            path, _ = self._wanted.popitem()
            side = round(self._side * self._ratio)
            self._worker.ask(
                lambda request: thumbnail(path, side), lambda reply: self._take(path, reply)
            )

    def _take(self, path: Path, reply: Reply) -> None:
        failed = reply.error is not None
        self._made[path] = self._blank if failed else self._icon(QPixmap.fromImage(reply.value))
        if len(self._made) > _KEPT:
            self._made.popitem(last=False)
        self.made.emit(path)
        self._next()

    def _icon(self, pixmap: QPixmap) -> QIcon:
        """Return an icon that keeps its colors in a selected row."""
        pixmap.setDevicePixelRatio(self._ratio)
        icon = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Disabled):
            icon.addPixmap(pixmap, mode)
        return icon

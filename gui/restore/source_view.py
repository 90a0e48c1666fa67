"""SourceView: the place in a reference that supplied the texture under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ..session import rendering
from ..session.convert import to_qimage
from ..session.state import State
from ..session.worker import Reply, Worker
from ..widgets.forms import hint, row

if TYPE_CHECKING:
    from restorer import Reference, ReferenceMaps

_SIDE = 96  # of the crop on the screen
_REACH = 24  # pixels of the reference at each side of the place


class SourceView(QWidget):
    """A crop of the reference around the place, and its coordinates.

    Signals:
        found: Name of the reference.
    """

    found = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: ReferenceMaps | None = None
        self._scale = 1
        self._references: tuple[Reference, ...] = ()
        self._worker = Worker("references", parent=self)
        self.patch = _Patch()
        self.patch.setAccessibleName(self.tr("Source of the texture"))
        self.text = hint()
        self.text.setAccessibleDescription(self.tr("Source of the pixel under the pointer"))
        self.setLayout(row(self.patch, self.text, stretch=1))
        self.show_place(None)

    def show_state(self, state: State) -> None:
        """Load the references of the maps."""
        if state.maps is self._maps:
            return
        self._maps, self._scale, self._references = state.maps, state.scale, ()
        self._worker.drop()
        opened, choices = state.opened, state.choices
        if state.maps is not None and opened is not None:
            self._worker.ask(
                lambda request: rendering.read_references(opened.source, choices), self._take
            )
        self.show_place(None)

    def show_place(self, place: tuple[float, float] | None) -> None:
        """Show the source of the texture at a place (x, y) of the result."""
        source = None
        if place is not None and self._maps is not None:
            source = self._maps.at(int(place[1] / self._scale), int(place[0] / self._scale))
        if source is None or source.reference >= len(self._references):
            self.patch.show_image(None)
            self.text.setText(
                self.tr("Point at the picture to see where its texture comes from.")
                if place is None
                else self.tr("No reference picture was used here.")
            )
            return
        reference = self._references[source.reference]
        self.patch.show_image(_cut(reference, source.row, source.column))
        text = self.tr("%1: column %2, row %3; %4 % match")
        figures = (f"{source.column:.0f}", f"{source.row:.0f}", f"{source.confidence * 100:.0f}")
        for number, value in reversed(tuple(enumerate((reference.name, *figures), start=1))):
            text = text.replace(f"%{number}", value, 1)
        self.text.setText(text)
        self.found.emit(reference.name)

    def close_workers(self) -> bool:
        """End the thread."""
        self._worker.drop()
        return self._worker.close(60.0)

    def _take(self, reply: Reply) -> None:
        if reply.error is None:  # the restoration reports errors
            self._references = reply.value


class _Patch(QWidget):
    """A small picture with a mark at its center."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(_SIDE, _SIDE)
        self._image: QImage | None = None

    def show_image(self, image: QImage | None) -> None:
        """Show a picture; None for none."""
        self._image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture and the mark."""
        painter = QPainter(self)
        whole = QRectF(0, 0, _SIDE, _SIDE)
        painter.fillRect(whole, self.palette().mid())
        if self._image is None:
            return
        painter.drawImage(whole, self._image, QRectF(self._image.rect()))
        middle = QPointF(_SIDE / 2, _SIDE / 2)
        for ink, width in ((QColor(0, 0, 0, 160), 3), (QColor(255, 255, 255), 1)):
            painter.setPen(QPen(ink, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, 6, 6)


def _cut(reference: Reference, row: float, column: float) -> QImage:
    """Return the square around a place; black outside of the reference."""
    height, width = reference.size
    square = np.zeros((2 * _REACH, 2 * _REACH, 3), np.uint8)
    top, left = int(row) - _REACH, int(column) - _REACH
    ys, xs = (
        slice(max(0, start), min(length, start + 2 * _REACH))
        for start, length in ((top, height), (left, width))
    )
    part = np.rint(reference.values[ys, xs] * 255).astype(np.uint8)
    y, x = ys.start - top, xs.start - left
    square[y : y + part.shape[0], x : x + part.shape[1]] = part
    return to_qimage(square)

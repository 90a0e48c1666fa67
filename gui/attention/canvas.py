"""AttentionCanvas: a part of a picture, brightened by the weights of the attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from restorer import AttentionLevel, AttentionMap, AttentionMatch, Region

from ..widgets.events import arrow_move

_INK = QColor(255, 196, 0)  # amber: few photographs have much of it; it shows on dark and bright
_SHADE = 215  # opacity of 255 at places without weight
_BRIGHT = 0.99  # quantile of full brightness, so that one strong patch does not hide the others
_CELL = 2  # pixels of the picture per pixel of the brightness
_STEP = 4  # pixels for an arrow key; 1 with Shift


class AttentionCanvas(QWidget):
    """Paints an attention map: places with high weights are bright, others are dark.

    A click or the arrow keys choose another pixel.

    Signals:
        picked: Another pixel was chosen; its row and column in the picture.
    """

    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Attention map"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setToolTip(self.tr("Click or use the arrow keys to choose another pixel"))
        self._part = QImage()
        self._attention: AttentionMap | None = None
        self._level: int | None = None
        self._match: AttentionMatch | None = None
        self._shade = QImage()

    def set_attention(self, part: QImage, attention: AttentionMap | None) -> None:
        """Show an attention map; `part` is its region of the picture."""
        self._part, self._attention = part, attention
        self._match = None
        self.updateGeometry()
        self.show_level(None)

    def show_level(self, level: int | None) -> None:
        """Show one level of the pyramid; None for all."""
        self._level = level
        attention = self._attention
        levels = () if attention is None else attention.levels
        shown = levels if level is None else levels[level : level + 1]
        self._shade = QImage() if attention is None else _shade(attention.region, shown)
        self.update()

    def show_match(self, match: AttentionMatch | None) -> None:
        """Mark one of the patches."""
        self._match = match
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Return True: the aspect ratio is kept."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the part at a width."""
        part = self._part
        return min(width, round(width * part.height() / part.width())) if part.width() else 0

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(240, self.heightForWidth(240))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the part, the shade and the patches."""
        attention = self._attention
        if attention is None:
            return
        painter = QPainter(self)
        area, scale = self._area(attention)
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._part)
        painter.drawImage(area, self._shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for match in attention.matches:
            if self._level in (None, match.level):
                painter.setPen(QPen(_INK, 3 if match is self._match else 1))
                box = (match.top, match.left, match.height, match.width)
                painter.drawRect(self._placed(box, attention, area, scale))
        highlight = self.palette().color(QPalette.ColorRole.Highlight)
        for width, each in ((4, QColor(Qt.GlobalColor.white)), (2, highlight)):
            painter.setPen(QPen(each, width))
            painter.drawRect(self._placed(attention.patch, attention, area, scale))
        if self.hasFocus():
            painter.drawRect(area.adjusted(1, 1, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a neighboring pixel."""
        move = arrow_move(event, _STEP)
        if move is None or self._attention is None:
            super().keyPressEvent(event)
            return
        top, left, height, width = self._attention.patch
        self._pick(top + height / 2 + move[0], left + width / 2 + move[1])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the pixel at the pointer."""
        if self._attention is not None:
            area, scale = self._area(self._attention)
            point, region = event.position(), self._attention.region
            self._pick(
                region.top + (point.y() - area.top()) / scale,
                region.left + (point.x() - area.left()) / scale,
            )

    def _pick(self, row: float, column: float) -> None:
        assert self._attention is not None, "a map is shown"
        region = self._attention.region
        row = min(region.bottom - 1, max(region.top, int(row)))
        column = min(region.right - 1, max(region.left, int(column)))
        self.picked.emit(row, column)

    def _area(self, attention: AttentionMap) -> tuple[QRectF, float]:
        """Return the place of the part in the widget, and its scale."""
        region = attention.region
        scale = min(self.width() / region.width, self.height() / region.height)
        width, height = region.width * scale, region.height * scale
        corner = QPointF((self.width() - width) / 2, (self.height() - height) / 2)
        return QRectF(corner.x(), corner.y(), width, height), scale

    def _placed(
        self,
        box: tuple[float, float, float, float],
        attention: AttentionMap,
        area: QRectF,
        scale: float,
    ) -> QRectF:
        """Return the place of (top, left, height, width) of the picture in the widget."""
        top, left, height, width = box
        return QRectF(
            area.left() + (left - attention.region.left) * scale,
            area.top() + (top - attention.region.top) * scale,
            width * scale,
            height * scale,
        )


def _shade(region: Region, levels: Sequence[AttentionLevel]) -> QImage:
    """Return black whose opacity decreases with the weight of a place of the region."""
    rows = region.top + np.arange(_CELL / 2, region.height, _CELL)
    columns = region.left + np.arange(_CELL / 2, region.width, _CELL)
    light = np.zeros((len(rows), len(columns)), np.float32)
    for level in levels:
        down = _cells(rows - level.top, level.cell[0], level.weights.shape[0])
        across = _cells(columns - level.left, level.cell[1], level.weights.shape[1])
        density = level.weights / (level.cell[0] * level.cell[1])
        light += density[down[:, None], across]
    bright = max(float(np.quantile(light, _BRIGHT)), 1e-12 + float(light.max()) / 100)
    pixels = np.zeros((*light.shape, 4), np.uint8)
    # The square root, close to the perception of brightness, shows weak but wide areas.
    pixels[..., 3] = np.rint(_SHADE * (1 - np.sqrt(np.minimum(light / bright, 1))))
    kind = QImage.Format.Format_RGBA8888
    return QImage(pixels.data, light.shape[1], light.shape[0], 4 * light.shape[1], kind).copy()


def _cells(places: NDArray[np.floating[Any]], side: float, count: int) -> NDArray[np.intp]:
    """Return the cells that contain places."""
    cells: NDArray[np.intp] = np.clip(places // side, 0, count - 1).astype(np.intp)
    return cells

"""Hatching: the mark of parts of the result that do not exist yet."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

_PERIOD = 14  # between two lines, in device-independent pixels
_VEIL = QColor(0, 0, 0, 105)  # dims the picture, and leaves it recognizable
# A light line beside a dark one is visible on white, on black and on any color.
_LINES = (QColor(0, 0, 0, 90), QColor(255, 255, 255, 120))


@cache
def hatch(ratio: float) -> QBrush:
    """Return the brush that dims and hatches, for one unit a device pixel.

    Args:
        ratio: Device pixels per device-independent pixel.
    """
    side = round(_PERIOD * ratio)
    tile = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    tile.fill(_VEIL)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number, ink in enumerate(_LINES):
        painter.setPen(QPen(ink, 1.2 * ratio))
        x = number * 1.7 * ratio
        for start in (-side, 0, side):  # the parts of neighbors that reach into the tile
            painter.drawLine(QPointF(start + x, side), QPointF(start + x + side, 0))
    painter.end()
    return QBrush(tile)


def swatch(painter: QPainter, rect: QRectF, ratio: float) -> None:
    """Paint a sample of the hatching on middle gray."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(rect, QColor(140, 140, 140))
    painter.setBrushOrigin(rect.topLeft())
    painter.fillRect(rect, hatch(ratio))
    painter.restore()

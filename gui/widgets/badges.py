"""Badges: small signs of the state of a picture, with a shape and a color of their own."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap, QPolygonF

from .theme import DARK, colors_of

BADGE_SIDE = 18
_GREEN, _RED, _AMBER = "#2e9d57", "#d1382c", "#c98208"  # 3:1 against both schemes' surfaces


def paint_badge(
    painter: QPainter, place: QRectF, badge: str, palette: QPalette, part: float = 0.0
) -> None:
    """Paint a badge.

    Args:
        painter: The painter; its state is kept.
        place: A square.
        badge: See `session.documents.Badge`; nothing is painted for an empty one.
        palette: That of the view.
        part: Finished share of a running one, 0 to 1.
    """
    if not badge:
        return
    colors = colors_of(palette)
    ink = {
        "ready": QColor(colors.accent),
        "running": QColor(colors.accent),
        "suggested": QColor(colors.accent),
        "saved": QColor(_GREEN),
        "failed": QColor(_RED),
        "waiting": QColor(_AMBER),
    }.get(badge, QColor(colors.muted))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors.panel))
    painter.drawEllipse(place)
    unit = place.width() / BADGE_SIDE
    painter.translate(place.center())
    painter.scale(unit, unit)
    _DRAWINGS[badge](painter, ink, QColor(DARK.text), part)
    painter.restore()


def badge_icon(badge: str, palette: QPalette) -> QIcon:
    """Return a badge as an icon, also for selected rows."""
    made = QIcon()
    for ratio in (1, 2, 3):
        pixmap = QPixmap(QSize(BADGE_SIDE, BADGE_SIDE) * ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        paint_badge(painter, QRectF(pixmap.rect()), badge, palette)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            made.addPixmap(pixmap, mode)
    return made


def _suggested(painter: QPainter, ink: QColor, _: QColor, __: float) -> None:
    """Draw a star of four points."""
    painter.setBrush(ink)
    painter.drawPolygon(_points((0, -7), (2, -2), (7, 0), (2, 2), (0, 7), (-2, 2), (-7, 0)))
    painter.drawPolygon(_points((-7, 0), (-2, -2), (0, -7), (0, 7)))


def _changed(painter: QPainter, ink: QColor, _: QColor, __: float) -> None:
    """Draw three sliders."""
    for y, x in ((-4, 2), (0, -3), (4, 1)):
        painter.setPen(QPen(ink, 1.4))
        painter.drawLine(QPointF(-6, y), QPointF(6, y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(x, y), 2.2, 2.2)


def _waiting(painter: QPainter, ink: QColor, _: QColor, __: float) -> None:
    """Draw a clock."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, 1.8))
    painter.drawEllipse(QPointF(0, 0), 6.5, 6.5)
    painter.drawPolyline(_points((0, -4), (0, 0), (3, 1.5)))


def _running(painter: QPainter, ink: QColor, _: QColor, part: float) -> None:
    """Draw a ring that fills."""
    ring = QRectF(-6.5, -6.5, 13, 13)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pale = QColor(ink)
    pale.setAlpha(70)
    painter.setPen(QPen(pale, 3))
    painter.drawEllipse(ring)
    painter.setPen(QPen(ink, 3, c=Qt.PenCapStyle.FlatCap))
    painter.drawArc(ring, 90 * 16, -round(max(part, 0.04) * 360 * 16))


def _ready(painter: QPainter, ink: QColor, on: QColor, _: float) -> None:
    """Draw a disk with a dot."""
    painter.setBrush(ink)
    painter.drawEllipse(QPointF(0, 0), 7.5, 7.5)
    painter.setBrush(on)
    painter.drawEllipse(QPointF(0, 0), 2.8, 2.8)


def _saved(painter: QPainter, ink: QColor, on: QColor, _: float) -> None:
    """Draw a disk with a check mark."""
    painter.setBrush(ink)
    painter.drawEllipse(QPointF(0, 0), 7.5, 7.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(on, 2))
    painter.drawPolyline(_points((-3.5, 0.5), (-1, 3), (4, -2.5)))


def _failed(painter: QPainter, ink: QColor, on: QColor, _: float) -> None:
    """Draw a triangle with an exclamation mark."""
    painter.setBrush(ink)
    painter.drawPolygon(_points((0, -8), (8, 6.5), (-8, 6.5)))
    painter.setPen(QPen(on, 1.8))
    painter.drawLine(QPointF(0, -3), QPointF(0, 1.5))
    painter.drawPoint(QPointF(0, 4.2))


def _points(*places: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in places])


_DRAWINGS = {
    "suggested": _suggested,
    "changed": _changed,
    "waiting": _waiting,
    "running": _running,
    "ready": _ready,
    "saved": _saved,
    "skipped": _saved,
    "failed": _failed,
}

"""Scene: paints before and after in each mode; without a widget."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from ..session.box import Box
from .painting import Difference, Layer, paint_layer, topmost
from .viewport import Viewport

LOUPE_SIDE = 150  # width of each half, in device-independent pixels
_LOUPE_ZOOM = 4.0
_CHIP = QColor(0, 0, 0, 150)
_SHADE = QColor(0, 0, 0, 110)  # makes white lines visible on white


class Mode(Enum):
    """The comparison of before and after."""

    SPLIT = "split"
    SIDES = "sides"
    FLICKER = "flicker"
    DIFFERENCE = "difference"


class Scene:
    """The content of a canvas; lengths are device pixels unless noted.

    Attributes:
        names: Names of before and after.
        before: Layers of the original.
        after: Layers of the result.
        overlay: Layers over the result.
        opacity: Opacity of the overlay, 0 to 1.
        mode: The comparison of before and after.
        gain: Factor of differences: 1, 2, 4, ...
        division: Border between before and after, as a share of the width.
        original_held: Whether only the original is shown.
        outline: A marked rectangle of the result.
        ratio: Device pixels per device-independent pixel.
        font: Font of the names.
    """

    def __init__(self, names: tuple[str, str]) -> None:
        self.before: list[Layer] = []
        self.after: list[Layer] = []
        self.overlay: list[Layer] = []
        self.opacity = 1.0
        self.mode = Mode.SPLIT
        self.gain = 4
        self.division = 0.5
        self.original_held = False
        self.outline: Box | None = None
        self.ratio = 1.0
        self.font = QFont()
        self.names = names
        self._difference = Difference()

    def panes(self, width: int, height: int) -> tuple[Box, ...]:
        """Return the panes of a canvas: two side by side, or one."""
        if self.mode is not Mode.SIDES:
            return (Box(0, 0, width, height),)
        gap = max(1, round(2 * self.ratio))
        half = (width - gap) // 2
        return (Box(0, 0, half, height), Box(half + gap, 0, width - half - gap, height))

    def paint(self, painter: QPainter, view: Viewport, panes: Sequence[Box], area: Box) -> None:
        """Paint the part of the panes inside an area.

        Args:
            painter: One unit is one device pixel.
            view: The viewport of each pane.
            panes: See `panes`.
            area: The area to paint.
        """
        for number, pane in enumerate(panes):
            clip = pane.cut(area)
            if clip.area:
                clip = Box(clip.x - pane.x, clip.y - pane.y, clip.width, clip.height)
                self._paint_pane(painter, view, number, pane, clip)

    def paint_loupe(self, painter: QPainter, view: Viewport, place: tuple[float, float]) -> None:
        """Paint before and after of a place, enlarged, side by side from the origin.

        Args:
            painter: One unit is one device pixel.
            view: The viewport of the pane.
            place: A place of the result, (x, y).
        """
        side = round(LOUPE_SIDE * self.ratio)
        zoom = max(_LOUPE_ZOOM, min(8.0, 2 * view.zoom))
        enlarged = Viewport(view.picture, (side, side), zoom, place, fitted=False)
        frame = Box(0, 0, 2 * side, side)
        painter.fillRect(rect_of(frame), Qt.GlobalColor.black)
        for number, layers in enumerate((self.before, [*self.before, *self.after])):
            at = Box(frame.x + number * side, frame.y, side, side)
            for layer in layers:
                paint_layer(painter, layer, enlarged, Box(0, 0, side, side), at)
            self._paint_name(painter, number, at)
        line = max(1, round(self.ratio))
        for edge in (
            *(Box(x, 0, line, side) for x in (0, side, 2 * side - line)),
            *(Box(0, y, 2 * side, line) for y in (0, side - line)),
        ):
            painter.fillRect(rect_of(edge), Qt.GlobalColor.white)

    def _paint_pane(
        self, painter: QPainter, view: Viewport, number: int, pane: Box, clip: Box
    ) -> None:
        if self.original_held or not self.after or (self.mode is Mode.SIDES and number == 0):
            self._paint_before(painter, view, pane, clip)
            self._paint_name(painter, 0, pane)
        elif self.mode is Mode.DIFFERENCE:
            buffer = self._difference.paint(self.before, self.after, view, self.gain)
            painter.drawImage(QPointF(pane.x, pane.y), buffer)
        elif self.mode is Mode.SPLIT:
            border = round(self.division * pane.width)
            left = Box(0, 0, border, pane.height)
            right = Box(border, 0, pane.width - border, pane.height)
            self._paint_before(painter, view, pane, clip.cut(left))
            self._paint_after(painter, view, pane, clip.cut(right))
            self._paint_name(painter, 0, left)
            self._paint_name(painter, 1, right)
        else:
            self._paint_after(painter, view, pane, clip)
            self._paint_name(painter, 1, pane)

    def _paint_before(self, painter: QPainter, view: Viewport, pane: Box, clip: Box) -> None:
        for layer in topmost(self.before, view):
            paint_layer(painter, layer, view, clip, pane)

    def _paint_after(self, painter: QPainter, view: Viewport, pane: Box, clip: Box) -> None:
        for layer in topmost([*self.before, *self.after], view):
            paint_layer(painter, layer, view, clip, pane)
        painter.setOpacity(self.opacity)
        for layer in self.overlay:
            paint_layer(painter, layer, view, clip, pane)
        painter.setOpacity(1.0)
        if self.outline is not None:
            box = view.to_pane(self.outline)
            painter.save()
            painter.setClipRect(
                rect_of(Box(pane.x + clip.x, pane.y + clip.y, clip.width, clip.height))
            )
            placed = Box(pane.x + box.x, pane.y + box.y, box.width, box.height)
            paint_outline(painter, rect_of(placed), self.ratio, QColor(255, 255, 255, 200))
            painter.restore()

    def _paint_name(self, painter: QPainter, which: int, pane: Box) -> None:
        """Paint a name on a dark chip in an upper corner, if there is room."""
        name, ratio = self.names[which], self.ratio
        font = QFont(self.font)
        font.setPixelSize(round(12 * ratio))
        width = QFontMetrics(font).horizontalAdvance(name) + round(16 * ratio)
        height, margin = round(22 * ratio), round(12 * ratio)
        if pane.width < width + 2 * margin:
            return
        x = pane.right - margin - width if which else pane.x + margin
        chip = QRectF(x, pane.y + margin, width, height)
        painter.save()
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_CHIP)
        painter.drawRoundedRect(chip, height / 2, height / 2)
        painter.setPen(QColor(255, 255, 255, 230))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()


def paint_outline(
    painter: QPainter,
    rect: QRectF,
    ratio: float,
    ink: QColor,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:
    """Draw a light rectangle with a dark edge, which is visible on any picture."""
    line = max(1, round(ratio))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_SHADE, 3 * line))
    painter.drawRect(rect)
    painter.setPen(QPen(ink, line, style))
    painter.drawRect(rect)


def to_device_pixels(painter: QPainter, ratio: float) -> None:
    """Make one unit one device pixel, aligned to whole pixels even if the widget is not."""
    start = painter.deviceTransform()
    painter.scale(1 / ratio, 1 / ratio)
    painter.translate(round(start.dx()) - start.dx(), round(start.dy()) - start.dy())


def rect_of(box: Box) -> QRectF:
    """Return a box as a QRectF."""
    return QRectF(box.x, box.y, box.width, box.height)

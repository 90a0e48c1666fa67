"""Scene: paints before and after in each mode; without a widget."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from ..session.box import Box, uncovered
from .hatch import hatch, swatch
from .painting import Difference, Layer, paint_layer, region_of, topmost
from .viewport import Viewport

LOUPE_SIDE = 150  # width of each half, in device-independent pixels
_LOUPE_ZOOM = 4.0
_CHIP = QColor(0, 0, 0, 150)
_CHIP_HEIGHT, _MARGIN = 22, 12  # of the names, in device-independent pixels
NAMES_HEIGHT = 2 * _CHIP_HEIGHT + 6 + _MARGIN  # the upper edge that holds names
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
        unseen: The words for parts of the result without pixels.
        before: Layers of the original.
        after: Layers of the result.
        overlay: Layers over the result.
        opacity: Opacity of the overlay, 0 to 1.
        expects: Whether the result has a part everywhere; parts without pixels are hatched.
        mode: The comparison of before and after.
        gain: Factor of differences: 1, 2, 4, ...
        division: Border between before and after, as a share of the width.
        original_held: Whether only the original is shown.
        outline: A marked rectangle of the result.
        ratio: Device pixels per device-independent pixel.
        font: Font of the names.
    """

    def __init__(self, names: tuple[str, str], unseen: str) -> None:
        self.before: list[Layer] = []
        self.after: list[Layer] = []
        self.overlay: list[Layer] = []
        self.opacity = 1.0
        self.expects = False
        self.mode = Mode.SPLIT
        self.gain = 4
        self.division = 0.5
        self.original_held = False
        self.outline: Box | None = None
        self.ratio = 1.0
        self.font = QFont()
        self.names = names
        self.unseen = unseen
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
        for number in (0, 1):
            at = Box(frame.x + number * side, frame.y, side, side)
            clip = Box(0, 0, side, side)
            self._paint_before(painter, enlarged, at, clip)
            if number and (self.after or self.expects):
                self._paint_result(painter, enlarged, at, clip)
                self._paint_result_name(painter, enlarged, at, at, margin=6, legend=False)
            else:
                self._paint_name(painter, self.names[0], at, margin=6)
        line = max(1, round(self.ratio))
        for edge in (
            *(Box(x, 0, line, side) for x in (0, side, 2 * side - line)),
            *(Box(0, y, 2 * side, line) for y in (0, side - line)),
        ):
            painter.fillRect(rect_of(edge), Qt.GlobalColor.white)

    def _paint_pane(
        self, painter: QPainter, view: Viewport, number: int, pane: Box, clip: Box
    ) -> None:
        nothing = not self.after and not self.expects
        if self.original_held or nothing or (self.mode is Mode.SIDES and number == 0):
            self._paint_before(painter, view, pane, clip)
            self._paint_name(painter, self.names[0], pane)
        elif self.mode is Mode.DIFFERENCE:
            buffer = self._difference.paint(self.before, self.after, view, self.gain)
            painter.drawImage(QPointF(pane.x, pane.y), buffer)
            self._hatch(painter, view, pane, clip)
            self._paint_result_name(painter, view, pane, pane, named=False)
        elif self.mode is Mode.SPLIT:
            border = round(self.division * pane.width)
            left = Box(0, 0, border, pane.height)
            right = Box(border, 0, pane.width - border, pane.height)
            self._paint_before(painter, view, pane, clip.cut(left))
            self._paint_after(painter, view, pane, clip.cut(right))
            self._paint_name(painter, self.names[0], left)
            self._paint_result_name(painter, view, pane, right)
        else:
            self._paint_after(painter, view, pane, clip)
            self._paint_result_name(painter, view, pane, pane)

    def _paint_before(self, painter: QPainter, view: Viewport, pane: Box, clip: Box) -> None:
        for layer in topmost(self.before, view):
            paint_layer(painter, layer, view, clip, pane)

    def _paint_result(self, painter: QPainter, view: Viewport, pane: Box, clip: Box) -> None:
        """Paint the parts of the result, and the original hatched where there are none."""
        above = topmost(self.after, view)
        if not above or not above[0].covers(view.visible):
            self._paint_before(painter, view, pane, clip)
            self._hatch(painter, view, pane, clip, more=1)  # below the edges of the parts
        for layer in above:
            paint_layer(painter, layer, view, clip, pane)

    def _paint_after(self, painter: QPainter, view: Viewport, pane: Box, clip: Box) -> None:
        self._paint_result(painter, view, pane, clip)
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

    def _unseen_parts(self, seen: Box) -> tuple[Box, ...]:
        """Return the parts of a box of the result that have no pixels yet."""
        if not self.expects:
            return ()
        return uncovered(seen, (place for layer in self.after for place in layer.places))

    def _hatch(
        self, painter: QPainter, view: Viewport, pane: Box, clip: Box, more: int = 0
    ) -> None:
        """Mark the parts of the result that have no pixels yet."""
        parts = self._unseen_parts(view.visible)
        if not parts:
            return
        picture = view.to_pane(Box(0, 0, *view.picture))
        seen = picture.cut(clip)
        painter.save()
        painter.setClipRect(rect_of(_moved(seen, pane)))
        unseen = region_of(parts, view, pane, more)
        painter.setClipRegion(unseen, Qt.ClipOperation.IntersectClip)
        painter.setBrushOrigin(QPointF(pane.x + picture.x, pane.y + picture.y))
        painter.fillRect(rect_of(_moved(seen, pane)), hatch(self.ratio))
        painter.restore()

    def _paint_result_name(
        self,
        painter: QPainter,
        view: Viewport,
        pane: Box,
        part: Box,
        *,
        margin: int = _MARGIN,
        named: bool = True,
        legend: bool = True,
    ) -> None:
        """Paint the name of the result in a part of a pane, and what hatching means.

        A part without any pixel of the result is not called so.
        """
        x, y = view.to_picture(part.x - pane.x, part.y - pane.y)
        seen = Box(x, y, part.width / view.zoom, part.height / view.zoom).cut(view.visible)
        rest = self._unseen_parts(seen)
        if rest and not legend:
            x, y = view.center
            rest = tuple(box for box in rest if not box.distance(x, y))
        empty = sum(box.area for box in rest) > 0.999 * seen.area
        row = 0
        if named and not (rest and (empty or not legend)):
            self._paint_name(painter, self.names[1], part, right=True, margin=margin)
            row = 1
        if rest:
            self._paint_name(
                painter, self.unseen, part, right=True, margin=margin, row=row, marked=legend
            )

    def _paint_name(
        self,
        painter: QPainter,
        name: str,
        pane: Box,
        *,
        right: bool = False,
        margin: int = _MARGIN,
        row: int = 0,
        marked: bool = False,
    ) -> None:
        """Paint a name on a dark chip in an upper corner, if there is room.

        Args:
            painter: One unit is one device pixel.
            name: The name.
            pane: Where it lies.
            right: Whether it lies in the right corner.
            margin: Distance from the edges, in device-independent pixels.
            row: Number of chips above it.
            marked: Whether a sample of the hatching lies before the name.
        """
        ratio = self.ratio
        font = QFont(self.font)
        font.setPixelSize(round(12 * ratio))
        mark = round(20 * ratio) if marked else 0
        width = QFontMetrics(font).horizontalAdvance(name) + round(16 * ratio) + mark
        height, space = round(_CHIP_HEIGHT * ratio), round(margin * ratio)
        if pane.width < width + 2 * space:
            return
        x = pane.right - space - width if right else pane.x + space
        y = pane.y + space + row * (height + round(6 * ratio))
        chip = QRectF(x, y, width, height)
        painter.save()
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_CHIP)
        painter.drawRoundedRect(chip, height / 2, height / 2)
        if marked:
            swatch(painter, QRectF(x + 8 * ratio, y + 5 * ratio, 14 * ratio, 12 * ratio), ratio)
        painter.setPen(QColor(255, 255, 255, 230))
        painter.drawText(chip.adjusted(mark, 0, 0, 0), Qt.AlignmentFlag.AlignCenter, name)
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


def _moved(box: Box, pane: Box) -> Box:
    """Return a box of a pane in pixels of the painter."""
    return Box(pane.x + box.x, pane.y + box.y, box.width, box.height)


def rect_of(box: Box) -> QRectF:
    """Return a box as a QRectF."""
    return QRectF(box.x, box.y, box.width, box.height)

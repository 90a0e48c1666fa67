"""RegionPicker: a small view of the picture with a movable region."""

from __future__ import annotations

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

from restorer import Region

from .events import arrow_move

_STEP = 8  # pixels of the picture for an arrow key; 1 with Shift


class RegionPicker(QWidget):
    """Shows the region; the pointer or the arrow keys move it.

    Signals:
        moved: The new region.
    """

    moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Region to compare"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(self.tr("Click, drag, or use the arrow keys"))
        self._overview = QImage()
        self._size = (1, 1)
        self._region: Region | None = None

    @property
    def region(self) -> Region | None:
        """The region, in pixels of the picture; None without a picture."""
        return self._region

    def set_picture(self, overview: QImage, size: tuple[int, int]) -> None:
        """Show a picture of (height, width), without a region."""
        self._overview, self._size = overview, size
        self._region = None
        self.update()

    def set_region(self, region: Region | None) -> None:
        """Show a region, moved inside the picture."""
        if region is not None:
            height, width = (min(a, b) for a, b in zip(_sides(region), self._size, strict=True))
            top = min(max(0, region.top), self._size[0] - height)
            left = min(max(0, region.left), self._size[1] - width)
            region = Region(top, left, height, width)
            text = self.tr("%1 × %2 pixels at %3, %4")
            for place, value in enumerate((width, height, left, top), start=1):
                text = text.replace(f"%{place}", str(value))
            self.setAccessibleDescription(text)
        if region != self._region:
            self._region = region
            self.update()
            self.moved.emit(region)

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(240, 180)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, darkened outside the region."""
        if self._overview.isNull():
            return
        painter = QPainter(self)
        palette = self.palette()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = self._area()
        painter.drawImage(area, self._overview)
        if self._region is None:
            return
        scale = area.width() / self._size[1]
        region = self._region
        box = QRectF(
            area.left() + region.left * scale,
            area.top() + region.top * scale,
            region.width * scale,
            region.height * scale,
        )
        painter.fillRect(area, QColor(0, 0, 0, 110))
        painter.drawImage(box, self._overview, self._part(region))
        focus = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.BrightText
        painter.setPen(QPen(palette.color(focus), 2))
        painter.drawRect(box)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the region with the arrow keys."""
        move = arrow_move(event, _STEP)
        if move is None or self._region is None:
            super().keyPressEvent(event)
            return
        region, (down, across) = self._region, move
        self.set_region(
            Region(region.top + down, region.left + across, region.height, region.width)
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Center the region at the pointer."""
        self._center(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the region with the pointer."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._center(event.position())

    def _center(self, point: QPointF) -> None:
        if self._region is None:
            return
        area, region = self._area(), self._region
        scale = self._size[1] / max(1.0, area.width())
        top = round((point.y() - area.top()) * scale - region.height / 2)
        left = round((point.x() - area.left()) * scale - region.width / 2)
        self.set_region(Region(top, left, region.height, region.width))

    def _area(self) -> QRectF:
        """Return the place of the picture in the widget."""
        height, width = self._size
        scale = min(self.width() / width, self.height() / height)
        wide, high = width * scale, height * scale
        return QRectF((self.width() - wide) / 2, (self.height() - high) / 2, wide, high)

    def _part(self, region: Region) -> QRectF:
        """Return the place of a region in the overview."""
        down = self._overview.height() / self._size[0]
        across = self._overview.width() / self._size[1]
        return QRectF(
            region.left * across, region.top * down, region.width * across, region.height * down
        )


def _sides(region: Region) -> tuple[int, int]:
    return region.height, region.width

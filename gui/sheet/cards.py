"""Cards: the contact sheet as a grid of cards, large enough for the region on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, lcm

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QListView

from restorer import Region, scale_of_steps

from ..widgets.theme import SPACE
from .rows import SheetModel
from .ways import Way

_LEAST_WIDTH = 200  # of a card, so that its text fits
_LARGEST_SCALE = 6  # of the region on a card
_LEAST_SIDE = 180  # of its picture, in device-independent pixels; smaller regions are enlarged
_LARGEST_ZOOM = 8  # of the pixels of a result, where there is room
_LINES = 4  # of text on a card


class Cards(QListView):
    """The grid, with a hint while it is empty.

    Args:
        sheet: Has the cards.
    """

    def __init__(self, sheet: SheetModel) -> None:
        super().__init__()
        self._sheet = sheet
        self.setObjectName("contactSheet")
        self.setModel(sheet)
        self.setAccessibleName(self.tr("Contact sheet"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setToolTip(self.tr("Click or press Enter to use this"))

    def begin(self, ways: Sequence[Way], region: Region) -> None:
        """Show empty cards for some ways to restore a region."""
        scales = [scale_of_steps(way.steps) if way.steps else 1 for way in ways]
        extent = self.extent(region, scales)
        self._sheet.begin(ways, extent, alike=len(set(scales)) == 1)
        self.setIconSize(self._sheet.icon_size)
        self._sheet.card_size = self._card_size(extent)
        self.setGridSize(self._sheet.card_size + QSize(SPACE, SPACE))

    def extent(self, region: Region, scales: Sequence[int]) -> QSize:
        """Return the size of the cards' pictures, a multiple of the size of every result.

        If that is too large, as for scales 3 and 4, it is a multiple of the largest result. The
        pictures are as large as fits, so that all cards are seen at once.
        """
        scale = lcm(*scales)
        if scale > max(_LARGEST_SCALE, *scales):
            scale = max(scales)
        least = _LEAST_SIDE * self.devicePixelRatioF()
        smallest = max(1, ceil(least / (scale * min(region.height, region.width))))
        one = QSize(region.width, region.height) * scale
        zooms = range(max(smallest, _LARGEST_ZOOM // scale), smallest, -1)
        count = len(scales) + 1  # with the original
        return one * next((zoom for zoom in zooms if self._fit(one * zoom, count)), smallest)

    def _card_size(self, extent: QSize) -> QSize:
        """Return the size of a card with a picture of that many device pixels."""
        picture = extent / self.devicePixelRatioF()
        words = _LINES * self.fontMetrics().lineSpacing()
        return QSize(max(_LEAST_WIDTH, picture.width()) + SPACE, picture.height() + words)

    def _fit(self, extent: QSize, count: int) -> bool:
        """Whether so many cards are seen without scrolling."""
        room, card = self.viewport().size(), self._card_size(extent) + QSize(SPACE, SPACE)
        columns = room.width() // card.width()
        return columns > 0 and ceil(count / columns) * card.height() <= room.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a hint while there are no cards."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            text = self.tr("The region appears here, restored in each selected way")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, text)

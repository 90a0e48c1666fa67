"""PaddedFrame: how a picture is continued beyond its borders before it is cut into tiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray
from restorer.tiling.plan import Region

Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True)
class PaddedFrame:
    """A picture and a border around it that mirrors it.

    Attributes:
        height: Of the picture.
        width: Of the picture.
        border: Pixels on every side.
        repeated: Whether the edge pixels are repeated in the border.
        before: More rows above and columns to the left, continued first: they bring a mosaic to
            another phase.
    """

    height: int
    width: int
    border: int
    repeated: bool = False
    before: tuple[int, int] = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, border included."""
        return len(self._rows), len(self._columns)

    @property
    def region(self) -> Region:
        """All of it, border included."""
        return Region(0, 0, *self.size)

    def around(self, region: Region) -> Region:
        """Return where a region of the picture lies in the frame."""
        down, across = (self.border + n for n in self.before)
        return Region(region.top + down, region.left + across, region.height, region.width)

    def seen(self, region: Region) -> Region:
        """Return which region of the picture fills a region of the frame."""
        rows = self._rows[region.top : region.bottom]
        columns = self._columns[region.left : region.right]
        top, left = int(rows.min()), int(columns.min())
        return Region(top, left, int(rows.max()) + 1 - top, int(columns.max()) + 1 - left)

    def fill(self, region: Region, values: FloatArray, part: Region) -> FloatArray:
        """Return a region of the frame, (h, w, C), from the values of a part of the picture."""
        rows = self._rows[region.top : region.bottom] - part.top
        columns = self._columns[region.left : region.right] - part.left
        return values[np.ix_(rows, columns)]

    @cached_property
    def _rows(self) -> Indices:
        return self._mirrored(self.height, self.before[0])

    @cached_property
    def _columns(self) -> Indices:
        return self._mirrored(self.width, self.before[1])

    def _mirrored(self, length: int, before: int) -> Indices:
        """Return the row of the picture in the place of every row of the frame."""
        shifted = np.pad(np.arange(length), (before, 0), mode="reflect")
        return np.pad(shifted, self.border, mode="symmetric" if self.repeated else "reflect")

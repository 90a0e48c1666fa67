"""PaddedFrame: padding of an image before it is divided into tiles."""

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
    """An image with a mirrored border.

    Attributes:
        height: Height of the image.
        width: Width of the image.
        border: Width of the border on every side.
        repeated: Whether the border starts with the edge pixels themselves.
        before: Additional rows at the top and columns on the left, added before the border to
            shift the phase of a mosaic.
    """

    height: int
    width: int
    border: int
    repeated: bool = False
    before: tuple[int, int] = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width including the border."""
        return (
            self.height + self.before[0] + 2 * self.border,
            self.width + self.before[1] + 2 * self.border,
        )

    @property
    def region(self) -> Region:
        """All of it, border included."""
        return Region(0, 0, *self.size)

    def around(self, region: Region) -> Region:
        """Return the position of an image region in the frame."""
        down, across = (self.border + n for n in self.before)
        return Region(region.top + down, region.left + across, region.height, region.width)

    def inside(self, region: Region) -> Region:
        """Return the position in the image of a region of the frame; see `around`."""
        down, across = (self.border + n for n in self.before)
        return Region(region.top - down, region.left - across, region.height, region.width)

    def seen(self, region: Region) -> Region:
        """Return the region of the image that fills a region of the frame."""
        rows = self._rows[region.top : region.bottom]
        columns = self._columns[region.left : region.right]
        top, left = int(rows.min()), int(columns.min())
        return Region(top, left, int(rows.max()) + 1 - top, int(columns.max()) + 1 - left)

    def fill(self, region: Region, values: FloatArray, part: Region) -> FloatArray:
        """Return a region of the frame, (h, w, C), from the values of a region of the image."""
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
        """Return the image row of every row of the frame."""
        shifted = np.pad(np.arange(length), (before, 0), mode="reflect")
        return np.pad(shifted, self.border, mode="symmetric" if self.repeated else "reflect")

"""Divide the feature maps of a stage into regions that fit into memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from restorer.networks.stages import FLOAT_BYTES, Global, Local, Stage

REGION_SHARE = 0.25  # of the memory, for the region in work; maps have the rest
# Sides of a region in pixels of what is read, halo left out: larger ones save little halo (18
# beside 512 pixels cost 15 %), smaller ones compute mostly halo.
_MAX_SIDE, _MIN_SIDE = 512, 16


@dataclass(frozen=True)
class Region:
    """A rectangle of cells."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        """Number of its cells."""
        return (self.bottom - self.top) * (self.right - self.left)

    def grown(self, halo: int, cells: tuple[int, int]) -> Region:
        """Return the region with a halo, clipped at the border of the image."""
        bottom, right = min(self.bottom + halo, cells[0]), min(self.right + halo, cells[1])
        return Region(max(0, self.top - halo), max(0, self.left - halo), bottom, right)

    def of(self, x: Tensor, density: int, origin: tuple[int, int] = (0, 0)) -> Tensor:
        """Return a view of this region of (N, C, H, W), whose first pixel lies in cell `origin`."""
        top, bottom = ((n - origin[0]) * density for n in (self.top, self.bottom))
        left, right = ((n - origin[1]) * density for n in (self.left, self.right))
        return x[:, :, top:bottom, left:right]


def plan_regions(
    stage: Stage, cells: tuple[int, int], memory_bytes: int, side: int | None
) -> list[Region]:
    """Divide the output map of a stage into nearly equal regions; an attention takes it whole."""
    if isinstance(stage, Global):
        return [Region(0, 0, *cells)]
    step = max(1, (side or _fit_side(stage, memory_bytes)) // stage.reads[0].density)
    counts = [math.ceil(n / step) for n in cells]
    rows, columns = (
        [(n * i // count, n * (i + 1) // count) for i in range(count)]
        for n, count in zip(cells, counts, strict=True)
    )
    return [Region(top, left, bottom, right) for top, bottom in rows for left, right in columns]


def _fit_side(stage: Local, memory_bytes: int) -> int:
    """Return the side of the regions in pixels of the input map, without the halo."""
    # Four maps of the block in work, and two as large as what is written: before and after the
    # pixel shuffle, with all channels still.
    channels = max(m.channels for m in (*stage.reads, stage.writes))
    enlarged = stage.writes.density / stage.reads[0].density
    pixel_bytes = channels * (4 + 2 * enlarged**2) * FLOAT_BYTES
    outer = math.isqrt(int(memory_bytes * REGION_SHARE / pixel_bytes))
    return min(max(outer - 2 * stage.radius, _MIN_SIDE), _MAX_SIDE)


def halo(stage: Local) -> int:
    """Return the halo of a stage around a region, in cells."""
    return math.ceil(stage.radius / stage.reads[0].density)

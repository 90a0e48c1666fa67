"""A result that grows as its tiles arrive in any order, with the same bits whatever the order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from restorer.image import FloatArray
from restorer.tiling.blending import Blender
from restorer.tiling.plan import Region, Tile, TilePlan

Interval = tuple[int, int]


def outward(
    plan: TilePlan, region: Region, place: tuple[int, int] | None = None
) -> tuple[Tile, ...]:
    """Return the tiles that meet a region, the nearest to a place (row, column) first.

    Without a place, they have the order of the plan.
    """
    tiles = [tile for row in plan.meeting(region) for tile in row]
    if place is None:
        return tuple(tiles)

    def distance(tile: Tile) -> float:
        centers = tile.top + tile.height / 2, tile.left + tile.width / 2
        return sum((a - b) ** 2 for a, b in zip(centers, place, strict=True))

    return tuple(sorted(tiles, key=distance))


class GrowingResult:
    """Blends each part of a result as soon as all of its tiles are there.

    The parts do not overlap, together they are the region, and their bits are those of all tiles
    in the order of the plan. Memory holds the tiles whose neighbors are missing.

    Args:
        plan: The tiles.
        scale: Scale of the results.
        region: The region of the image to compute.
    """

    def __init__(self, plan: TilePlan, scale: int, region: Region) -> None:
        self._plan, self._scale = plan, scale
        down, across = plan.used
        self._rows = _cells(down, region.top, region.bottom)
        self._columns = _cells(across, region.left, region.right)
        self._met = {tile.index for row in plan.meeting(region) for tile in row}
        self._by_place = {(tile.top, tile.left): tile for tile in plan.tiles}
        self._tiles: dict[int, FloatArray] = {}
        self._open: dict[tuple[Interval, Interval], set[int]] = {}
        for row, tops in self._rows.items():
            for column, lefts in self._columns.items():
                self._open[row, column] = {self._by_place[y, x].index for y in tops for x in lefts}

    def add(self, tile: Tile, values: FloatArray) -> Iterator[tuple[Region, FloatArray]]:
        """Add the result of a tile; yield the parts that it completes, regions of the image."""
        self._tiles[tile.index] = values
        rows = [row for row, tops in self._rows.items() if tile.top in tops]
        columns = [column for column, lefts in self._columns.items() if tile.left in lefts]
        complete = [
            tuple(column for column in columns if self._tiles.keys() >= self._open[row, column])
            for row in rows
        ]
        for part in _rectangles(rows, complete):
            yield part, self._blended(part, values.shape[2])
        for row, done in zip(rows, complete, strict=True):
            for column in done:
                del self._open[row, column]
        self._forget()

    def _blended(self, part: Region, channels: int) -> FloatArray:
        blender = Blender(self._plan, self._scale, channels, part)
        for tiles in self._plan.meeting(part):
            for tile in tiles:
                blender.add(tile, self._tiles[tile.index])
        return blender.take(part.bottom)

    def _forget(self) -> None:
        """Drop the tiles that no open part needs."""
        needed = set[int]().union(*self._open.values())
        for index in self._tiles.keys() - needed:
            del self._tiles[index]


def _cells(used: dict[int, Interval], first: int, last: int) -> dict[Interval, frozenset[int]]:
    """Divide one axis where the set of tiles changes; return their starts for each interval."""
    bounds = {first, last}.union(*used.values())
    edges = sorted(bound for bound in bounds if first <= bound <= last)
    return {
        (a, b): frozenset(start for start, (low, high) in used.items() if low <= a and high >= b)
        for a, b in pairwise(edges)
    }


def _rectangles(
    rows: Sequence[Interval], complete: Sequence[Sequence[Interval]]
) -> Iterator[Region]:
    """Yield rectangles of the complete intervals of each row, merged where they meet."""
    for columns, group in groupby(zip(rows, complete, strict=True), key=lambda pair: pair[1]):
        stack = [row for row, _ in group]
        top, bottom = stack[0][0], stack[-1][1]
        while columns:
            count = 1
            while count < len(columns) and columns[count][0] == columns[count - 1][1]:
                count += 1
            left, right = columns[0][0], columns[count - 1][1]
            yield Region(top, left, bottom - top, right - left)
            columns = columns[count:]

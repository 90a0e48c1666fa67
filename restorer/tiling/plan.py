"""Plan how an image is divided into tiles; pure geometry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from restorer.errors import SettingsError

Sample = TypeVar("Sample", bound=np.generic)


@dataclass(frozen=True)
class TileNeeds:
    """Tile requirements of a model, in input pixels.

    Attributes:
        multiple_of: Sides and positions of tiles are multiples of this.
        min_side: The smallest side.
        side: The preferred side, with the best quality for the time; see `for_picture`.
        overlap: Width of the strip that neighboring tiles share, in pixels.
        border: Mirrored pixels added around the image, because zero padding inside a network
            affects that many pixels at the border. 0 for the papers' figures.
        bytes_per_pixel: Peak working memory per input pixel in float32, without the weights.
        global_context: Whether a result pixel depends on the whole tile (non-local attention,
            unless it looks at windows of a fixed size).
        radius: Half the receptive field of a convolutional network. Pixels closer to the inner
            edges of a tile are not used, so that the result equals that of the whole image. 0 for
            non-local networks, which have no such distance.
        period: Sides and positions of several tiles are multiples of this, too: the shifts of the
            input that shift the result of the network.
        whole: Whether one tile is preferred as far as memory allows, because seams would show.
        small_side: The preferred side in small pictures; 0 for `side`.
    """

    multiple_of: int
    min_side: int
    side: int
    overlap: int
    border: int
    bytes_per_pixel: int
    global_context: bool
    radius: int = 0
    period: int = 1
    whole: bool = False
    small_side: int = 0

    def for_picture(self, size: tuple[int, int]) -> TileNeeds:
        """Return the needs with the preferred side for a picture of (height, width).

        With large tiles, fewer pixels are computed twice, but a small picture has few of them, and
        each core runs one at a time. A picture that fits into a tile of `side` is one tile; others
        are cut into about 16, with sides from `small_side` to `side`. The choice is the same on
        every machine.
        """
        if not self.small_side or max(size) <= self.side:
            return self
        quarter = math.ceil((math.isqrt(math.prod(size)) + 3 * self.overlap) / 4)
        side = min(self.side, max(self.small_side, round_up(quarter, self.multiple_of)))
        return replace(self, side=side)

    def overlap_of(self, side: int) -> int:
        """Return the default overlap for tiles of this side.

        A convolutional network needs its radius on both sides.
        """
        return min(max(self.overlap, 2 * self.radius), side // 2)


@dataclass(frozen=True)
class ChopRule:
    """The authors' rule for dividing test images (`forward_chop` of the EDSR family).

    Attributes:
        min_pixels: Quarters are divided again until they have fewer pixels than this.
        shave: Additional input pixels of a quarter beyond the half.
        grow: Growth of the sides of a quarter: none; the remainder of their division by the scale;
            or up to the *next* multiple of 4 (height) and 8 (width).
    """

    min_pixels: int
    shave: int
    grow: Literal["none", "scale", "4x8"]


@dataclass(frozen=True)
class Region:
    """A rectangle in image pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The row after the last one."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The column after the last one."""
        return self.left + self.width

    def scaled(self, factor: int) -> Region:
        """Return the same rectangle in the image enlarged by a factor."""
        return Region(*(factor * n for n in (self.top, self.left, self.height, self.width)))

    def shrunk(self, factor: int) -> Region:
        """Return the smallest rectangle that covers this one when enlarged by a factor."""
        top, left = self.top // factor, self.left // factor
        return Region(top, left, -(-self.bottom // factor) - top, -(-self.right // factor) - left)

    def grown(self, by: int, size: tuple[int, int]) -> Region:
        """Return the rectangle extended by `by` pixels on each side within an image of `size`."""
        top, left = max(0, self.top - by), max(0, self.left - by)
        bottom, right = min(size[0], self.bottom + by), min(size[1], self.right + by)
        return Region(top, left, bottom - top, right - left)

    def united(self, other: Region) -> Region:
        """Return the smallest rectangle that covers both."""
        top, left = min(self.top, other.top), min(self.left, other.left)
        bottom, right = max(self.bottom, other.bottom), max(self.right, other.right)
        return Region(top, left, bottom - top, right - left)

    def holds(self, other: Region) -> bool:
        """Whether the other rectangle lies inside this one."""
        return self.united(other) == self

    def of(self, values: NDArray[Sample], corner: Region | None = None) -> NDArray[Sample]:
        """Return a view of this rectangle in (H, W, C) values whose origin is that of `corner`."""
        top, left = (corner.top, corner.left) if corner else (0, 0)
        return values[self.top - top : self.bottom - top, self.left - left : self.right - left]


@dataclass(frozen=True)
class Tile:
    """A rectangle of the input, which may extend beyond the bottom and right image borders."""

    index: int
    top: int
    left: int
    height: int
    width: int


# Pairs along one axis: the start of a tile, and the first pixel that is used from it.
Cuts: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TilePlan:
    """Tiles of one size that cover an image of (height, width), in reading order.

    Attributes:
        cuts: Pixels used from each row and column of tiles, without blending; None blends.
        radius: Unused pixels at the inner edges of a tile.
    """

    height: int
    width: int
    side: int
    overlap: int
    tiles: tuple[Tile, ...]
    cuts: tuple[Cuts, Cuts] | None = None
    radius: int = 0

    @property
    def largest(self) -> int:
        """The longer side of the tiles."""
        return max(self.tiles[0].height, self.tiles[0].width)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The top edge of each row of tiles."""
        return tuple(sorted({tile.top for tile in self.tiles}))

    @cached_property
    def by_rows(self) -> tuple[tuple[Tile, ...], ...]:
        """The tiles, row by row."""
        groups = groupby(self.tiles, key=lambda tile: tile.top)
        return tuple(tuple(tiles) for _, tiles in groups)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The left edge of each column of tiles."""
        return tuple(sorted({tile.left for tile in self.tiles}))

    @cached_property
    def used(self) -> tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]:
        """The first used pixel and the one after the last, by the start of each row and column."""
        tile = self.tiles[0]
        down, across = self.cuts or (None, None)
        return (
            _taken(self.rows, tile.height, self.height, self.radius, down),
            _taken(self.columns, tile.width, self.width, self.radius, across),
        )

    @property
    def region(self) -> Region:
        """The whole image."""
        return Region(0, 0, self.height, self.width)

    def meeting(self, region: Region) -> tuple[tuple[Tile, ...], ...]:
        """Return the tiles that contribute to a region, row by row."""
        tops, lefts = self.used
        rows = {n for n, (a, b) in tops.items() if a < region.bottom and b > region.top}
        columns = {n for n, (a, b) in lefts.items() if a < region.right and b > region.left}
        met = (tuple(t for t in row if t.left in columns) for row in self.by_rows)
        return tuple(row for row in met if row and row[0].top in rows)

    def count(self, region: Region) -> int:
        """Return the number of tiles that contribute to a region."""
        return sum(len(row) for row in self.meeting(region))

    def cover(self, region: Region) -> Region:
        """Return the region of the image covered by the tiles that contribute to a region."""
        rows = self.meeting(region)
        first, last = rows[0][0], rows[-1][-1]
        bottom = min(last.top + last.height, self.height)
        right = min(last.left + last.width, self.width)
        return Region(first.top, first.left, bottom - first.top, right - first.left)


def plan_tiles(
    size: tuple[int, int], needs: TileNeeds, *, side: int | None = None, overlap: int | None = None
) -> TilePlan:
    """Divide an image of `size` (height, width) into tiles of equal size.

    No tile is larger than `side`. Several tiles are made smaller until they are evenly spaced with
    hardly more than the requested overlap, so that no area is computed twice unnecessarily. Tiles
    extend beyond an image that is too small, or whose sides are not multiples of `multiple_of`.

    Raises SettingsError if `side` or `overlap` conflict with the needs or with each other.
    """
    side = needs.side if side is None else side
    overlap = max(needs.overlap, 2 * needs.radius) if overlap is None else overlap
    if side < needs.min_side or side % needs.multiple_of:
        raise SettingsError(
            f"tile {side}: expected a multiple of {needs.multiple_of}, at least {needs.min_side}"
        )
    if not 0 <= overlap <= side // 2:
        raise SettingsError(f"overlap {overlap}: expected 0 to {side // 2}, half the tile")
    height, tops = _cut(size[0], needs, side, overlap)
    width, lefts = _cut(size[1], needs, side, overlap)
    tiles = _grid(tops, lefts, height, width)
    return TilePlan(*size, side, overlap, tiles, radius=min(needs.radius, overlap // 2))


def plan_chop(size: tuple[int, int], rule: ChopRule, scale: int) -> TilePlan:
    """Divide an image of `size` (height, width) into quarters recursively, like the authors' tests.

    Quarters are aligned with the corners and joined at the halves without blending. Unlike in the
    original, which fails in this case, a quarter never exceeds its image; an image that quartering
    does not make smaller stays whole.
    """
    sizes = [size]
    while len(sizes) == 1 or math.prod(sizes[-1]) >= rule.min_pixels:
        quarter = _quarter(sizes[-1], rule, scale)
        if quarter == sizes[-1]:
            break
        sizes.append(quarter)
    rows, columns = (tuple(_halves(lengths)) for lengths in zip(*sizes, strict=True))
    tops, lefts = (sorted({start for start, _ in cuts}) for cuts in (rows, columns))
    tiles = _grid(tops, lefts, *sizes[-1])
    return TilePlan(*size, max(sizes[-1]), 2 * rule.shave, tiles, (rows, columns))


def fit_side(needs: TileNeeds, budget_bytes: int) -> int:
    """Return the largest side from `min_side` to `needs.side` that fits a memory budget.

    Steps of 64 pixels make similar machines choose the same side.
    """
    affordable = math.isqrt(max(0, budget_bytes) // needs.bytes_per_pixel)
    if affordable >= needs.side:
        return needs.side
    step = math.lcm(64, needs.multiple_of)
    return round_up(max(affordable // step * step, needs.min_side), needs.multiple_of)


def smaller_side(side: int, needs: TileNeeds) -> int | None:
    """Return the next side after running out of memory, about half; None if it is too small."""
    half = side // 2 // needs.multiple_of * needs.multiple_of
    return half if half >= needs.min_side else None


def round_up(value: int, multiple: int) -> int:
    """Round `value` up to a multiple of `multiple`."""
    return -(-value // multiple) * multiple


def _grid(tops: Sequence[int], lefts: Sequence[int], height: int, width: int) -> tuple[Tile, ...]:
    corners = [(top, left) for top in tops for left in lefts]
    return tuple(Tile(i, top, left, height, width) for i, (top, left) in enumerate(corners))


def _cut(length: int, needs: TileNeeds, side: int, overlap: int) -> tuple[int, list[int]]:
    """Return the length of the tiles along one axis and their starts.

    All starts are multiples of `multiple_of`, as Bayer patterns and space-to-depth networks
    require.
    """
    if round_up(length, needs.multiple_of) <= side:
        return round_up(max(length, needs.min_side), needs.multiple_of), [0]
    unit = math.lcm(needs.multiple_of, needs.period)
    total, smallest = -(-length // unit), -(-needs.min_side // unit)
    largest = max(smallest, side // unit)
    if total <= largest:
        return total * unit, [0]
    shared = min(-(-overlap // unit), largest // 2)
    count = math.ceil((total - shared) / (largest - shared))
    even = math.ceil((total + (count - 1) * shared) / count)
    even = min(largest, max(even, smallest))
    return even * unit, [round(i * (total - even) / (count - 1)) * unit for i in range(count)]


def _quarter(size: tuple[int, int], rule: ChopRule, scale: int) -> tuple[int, int]:
    """Return the height and width of the quarters of an image, at most its own."""
    height, width = (n // 2 + rule.shave for n in size)
    if rule.grow == "scale":
        height, width = height + height % scale, width + width % scale
    elif rule.grow == "4x8":
        height, width = height + 4 - height % 4, width + 8 - width % 8
    return min(height, size[0]), min(width, size[1])


def _halves(lengths: tuple[int, ...]) -> list[tuple[int, int]]:
    """Halve an axis recursively and return its tiles as `Cuts`, in the order of used pixels.

    Args:
        lengths: Length of the image, of its halves including their overlap, of their halves, etc.
    """
    if len(lengths) == 1:
        return [(0, 0)]
    inner = _halves(lengths[1:])
    middle, offset = lengths[0] // 2, lengths[0] - lengths[1]
    upper = [(start, first) for start, first in inner if first < middle]
    ends = [*(first for _, first in inner[1:]), lengths[1]]
    lower = [
        (start + offset, max(first + offset, middle))
        for (start, first), end in zip(inner, ends, strict=True)
        if end + offset > middle
    ]
    return upper + lower


def _taken(
    starts: tuple[int, ...], side: int, length: int, radius: int, cuts: Cuts | None
) -> dict[int, tuple[int, int]]:
    """Return the first used input pixel, and the one after the last, of the tile at each start."""
    if cuts is not None:
        taken: dict[int, tuple[int, int]] = {}
        for (start, first), last in zip(cuts, [*(f for _, f in cuts[1:]), length], strict=True):
            taken[start] = (min(first, taken.get(start, (first,))[0]), last)
        return taken
    ends = [min(start + side, length) for start in starts]
    shared = [a - b for a, b in zip(ends[:-1], starts[1:], strict=True)]
    unseen = [0, *(min(radius, n // 2) for n in shared), 0]  # at the borders of the tiles
    return {s: (s + unseen[i], ends[i] - unseen[i + 1]) for i, s in enumerate(starts)}

"""Tiles: how an image is cut, and how the results are blended. Pure geometry on numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal, TypeAlias

import numpy as np

from restorer.errors import SettingsError
from restorer.image import FloatArray


@dataclass(frozen=True)
class TileNeeds:
    """What a model asks of its tiles, in input pixels.

    Attributes:
        multiple_of: Both sides of a tile are multiples of this, and so is where it begins.
        min_side: No side is smaller.
        side: The side that gives the best results, or the best results for the time.
        overlap: What neighbouring tiles share.
        border: Pixels that the image is continued by, mirrored, before it is cut: zero padding
            inside a network spoils that many at the frame. 0 for the papers' own figures.
        bytes_per_pixel: Peak working memory per input pixel at float32, without the weights.
        global_context: Whether a pixel of the result depends on the whole tile (non-local
            attention).
        radius: How far a convolutional network sees around a pixel, half its receptive field. So
            close to its inner edges nothing is taken of a tile, and the result is that of the
            whole image. 0 for non-local networks, which have no such distance.
    """

    multiple_of: int
    min_side: int
    side: int
    overlap: int
    border: int
    bytes_per_pixel: int
    global_context: bool
    radius: int = 0


@dataclass(frozen=True)
class ChopRule:
    """How the authors of a network cut their test images (`forward_chop` of the EDSR family).

    Attributes:
        min_pixels: Quarters are quartered again until they have fewer pixels than this.
        shave: What each quarter gets beyond its half, in input pixels.
        grow: What the sides of a quarter are enlarged by: nothing; the remainder of their division
            by the scale; or up to the *next* multiple of 4 (height) and 8 (width).
    """

    min_pixels: int
    shave: int
    grow: Literal["none", "scale", "4x8"]


@dataclass(frozen=True)
class Tile:
    """A rectangle of the input; it may reach beyond the lower and right border of the image."""

    index: int
    top: int
    left: int
    height: int
    width: int


# Pairs along one axis: where a tile begins, and the first pixel that is taken from it.
Cuts: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TilePlan:
    """Tiles of one size that cover an image of (height, width), in reading order.

    Attributes:
        cuts: What is taken from which row and which column of tiles, without blending; None blends.
        radius: Pixels at the inner edges of a tile of which nothing is taken.
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
        """Longer side of the tiles."""
        return max(self.tiles[0].height, self.tiles[0].width)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Top of each row of tiles."""
        return tuple(sorted({tile.top for tile in self.tiles}))

    @cached_property
    def by_rows(self) -> tuple[tuple[Tile, ...], ...]:
        """The tiles, row by row."""
        groups = groupby(self.tiles, key=lambda tile: tile.top)
        return tuple(tuple(tiles) for _, tiles in groups)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """Left of each column of tiles."""
        return tuple(sorted({tile.left for tile in self.tiles}))


def plan_tiles(
    size: tuple[int, int], needs: TileNeeds, *, side: int | None = None, overlap: int | None = None
) -> TilePlan:
    """Cut an image of `size` (height, width) into equal tiles.

    No tile is larger than `side`; where several are needed, they are made smaller until they are
    spaced evenly with hardly more than the asked overlap, so that no thin remainder is computed
    twice. Where the image is no multiple of the needs, or too small, tiles reach beyond it.

    Raises SettingsError if `side` or `overlap` do not go with the needs or with each other.
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
    """Quarter an image of `size` (height, width) again and again, as the authors' tests do.

    Quarters lie flush with the corners and are cut at the halves, not blended. Unlike the original,
    which fails there, a quarter never exceeds the image that it is cut from; an image that no
    quartering makes smaller stays whole.
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
    """Return the largest side, at most `needs.side`, that works in a budget.

    Never below `min_side`. Steps of 64 pixels make like machines choose alike.
    """
    affordable = math.isqrt(max(0, budget_bytes) // needs.bytes_per_pixel)
    if affordable >= needs.side:
        return needs.side
    step = math.lcm(64, needs.multiple_of)
    return round_up(max(affordable // step * step, needs.min_side), needs.multiple_of)


def smaller_side(side: int, needs: TileNeeds) -> int | None:
    """Return the side to try after running out of memory, about half; None if there is none."""
    half = side // 2 // needs.multiple_of * needs.multiple_of
    return half if half >= needs.min_side else None


def round_up(value: int, multiple: int) -> int:
    """Return the smallest multiple that is not below `value`."""
    return -(-value // multiple) * multiple


class Blender:
    """Adds tiles up to one image with weights that fall to the tile edge and sum to one everywhere.

    Weights are separable: one ramp across, one down, flat where tiles do not overlap and at the
    borders of the image; a plan with cuts has steps for ramps. Add every tile of the plan once; the
    order matters to the last bit of a float only. Who adds them in the order of the plan and takes
    each row that is finished holds no more than the rows of one tile.

    Attributes:
        values: The rows from the first that was not taken to the last that a tile was added to.
    """

    def __init__(self, plan: TilePlan, scale: int, channels: int) -> None:
        self._scale = scale
        tile = plan.tiles[0]
        down, across = plan.cuts or (None, None)
        self._down = _weights(plan.rows, tile.height, plan.height, plan.radius, scale, down)
        self._across = _weights(plan.columns, tile.width, plan.width, plan.radius, scale, across)
        self._taken = 0
        self.values: FloatArray = np.zeros((0, plan.width * scale, channels), np.float32)

    def add(self, tile: Tile, values: FloatArray) -> None:
        """Add the result of `tile`: (height * scale, width * scale, C) float32."""
        down, across = self._down[tile.top], self._across[tile.left]
        weight = down[:, None, None] * across[None, :, None]
        top, left = tile.top * self._scale - self._taken, tile.left * self._scale
        part = values[: len(down), : len(across)]
        missing = top + len(down) - len(self.values)
        if missing > 0:
            self.values = np.pad(self.values, ((0, missing), (0, 0), (0, 0)))
        self.values[top : top + len(down), left : left + len(across)] += weight * part

    def take(self, bottom: int) -> FloatArray:
        """Return and forget the rows above input row `bottom`, which no later tile may reach."""
        count = bottom * self._scale - self._taken
        band, self.values = self.values[:count], self.values[count:].copy()
        self._taken += count
        return band


def _grid(tops: Sequence[int], lefts: Sequence[int], height: int, width: int) -> tuple[Tile, ...]:
    corners = [(top, left) for top in tops for left in lefts]
    return tuple(Tile(i, top, left, height, width) for i, (top, left) in enumerate(corners))


def _cut(length: int, needs: TileNeeds, side: int, overlap: int) -> tuple[int, list[int]]:
    """Return the length of the tiles along one axis and where they begin.

    Counted in units of `multiple_of`, so that every tile begins on one, as Bayer patterns and
    space-to-depth networks want it.
    """
    unit = needs.multiple_of
    total, largest, smallest = (-(-n // unit) for n in (length, side, needs.min_side))
    if total <= largest:
        return max(total, smallest) * unit, [0]
    shared = min(-(-overlap // unit), largest // 2)
    count = math.ceil((total - shared) / (largest - shared))
    even = math.ceil((total + (count - 1) * shared) / count)
    even = min(largest, max(even, smallest))
    return even * unit, [round(i * (total - even) / (count - 1)) * unit for i in range(count)]


def _quarter(size: tuple[int, int], rule: ChopRule, scale: int) -> tuple[int, int]:
    """Return the height and width of the quarters of an image, never above its own."""
    height, width = (n // 2 + rule.shave for n in size)
    if rule.grow == "scale":
        height, width = height + height % scale, width + width % scale
    elif rule.grow == "4x8":
        height, width = height + 4 - height % 4, width + 8 - width % 8
    return min(height, size[0]), min(width, size[1])


def _halves(lengths: tuple[int, ...]) -> list[tuple[int, int]]:
    """Halve an axis again and again; return its tiles as `Cuts`, in the order of what is taken.

    Args:
        lengths: Of the image, of its halves with what they share, of their halves, and so on.
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


def _weights(
    starts: tuple[int, ...], side: int, length: int, radius: int, scale: int, cuts: Cuts | None
) -> dict[int, FloatArray]:
    """Return the 1-D weights of the tile at each start, in output pixels, cut at the border."""
    ends = [min(start + side, length) for start in starts]
    if cuts is not None:
        steps = {s: np.zeros(e - s, np.float32) for s, e in zip(starts, ends, strict=True)}
        for (start, first), last in zip(cuts, [*(f for _, f in cuts[1:]), length], strict=True):
            steps[start][first - start : last - start] = 1
        return {start: step.repeat(scale) for start, step in steps.items()}
    raw: dict[int, FloatArray] = {}
    total = np.zeros(length * scale, np.float32)
    for i, start in enumerate(starts):
        position = np.arange((ends[i] - start) * scale) + 0.5
        weight = np.ones(len(position))
        if i > 0:
            weight *= _ramp(position, (ends[i - 1] - start) * scale, radius * scale)
        if i + 1 < len(starts):
            shared = (ends[i] - starts[i + 1]) * scale
            weight *= _ramp(len(position) - position, shared, radius * scale)
        raw[start] = weight.astype(np.float32)
        total[start * scale : ends[i] * scale] += raw[start]
    return {start: w / total[start * scale :][: len(w)] for start, w in raw.items()}


def _ramp(position: np.ndarray, shared: int, radius: int) -> np.ndarray:
    """Rise from 0 to 1 between `radius` and `shared` - `radius`, a step where these meet.

    With level ends (smoothstep), so that edges of tiles hardly count.
    """
    radius = min(radius, shared // 2)
    if shared == 2 * radius:
        return np.asarray(position > radius, np.float64)
    t = np.clip((position - radius) / (shared - 2 * radius), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))

"""Blend the results of tiles into one image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from restorer.image import FloatArray
from restorer.tiling.plan import Cuts, Region, Tile, TilePlan


@dataclass(frozen=True)
class Share:
    """The part of a tile inside a region, its weights, and its place in the rows not yet taken.

    Attributes:
        down: Weights of the rows of this part.
        across: Weights of its columns.
        inside: Rows and columns of the result of the tile.
        place: Rows and columns in the rows not yet taken.
    """

    down: FloatArray
    across: FloatArray
    inside: tuple[slice, slice]
    place: tuple[slice, slice]


class Blending:
    """The weights of tiles, which decrease towards the tile edges and sum to one.

    Weights are separable, with a horizontal and a vertical ramp, and constant where tiles do not
    overlap and at the borders of the image; a plan with cuts has steps instead of ramps.

    Args:
        plan: The tiles.
        scale: Scale of the results.
        region: Region of the image to compute; tiles that do not meet it may be omitted.

    Attributes:
        width: Width of the result of the region.
    """

    def __init__(self, plan: TilePlan, scale: int, region: Region | None = None) -> None:
        self._scale = scale
        self._region = (region or plan.region).scaled(scale)
        tile = plan.tiles[0]
        down, across = plan.cuts or (None, None)
        self._down = _weights(plan.rows, tile.height, plan.height, plan.radius, scale, down)
        self._across = _weights(plan.columns, tile.width, plan.width, plan.radius, scale, across)
        self._taken = self._region.top
        self.width = self._region.width

    def share(self, tile: Tile) -> Share:
        """Return the part of a tile that the region gets."""
        down, across = self._down[tile.top], self._across[tile.left]
        top = tile.top * self._scale - self._taken
        left = tile.left * self._scale - self._region.left
        rows = _inside(top, len(down), self._region.bottom - self._taken)
        columns = _inside(left, len(across), self._region.width)
        return Share(
            down[rows],
            across[columns],
            (rows, columns),
            (
                slice(top + rows.start, top + rows.stop),
                slice(left + columns.start, left + columns.stop),
            ),
        )

    def finish(self, bottom: int) -> int:
        """Return the number of rows above input row `bottom`, which are taken from now on."""
        end = min(max(bottom * self._scale, self._region.top), self._region.bottom)
        count = end - self._taken
        self._taken += count
        return count


class Blender(Blending):
    """Accumulates tiles by their weights.

    Add every tile of the plan once; the order only changes the last bit of a float. Adding tiles in
    plan order and taking finished rows keeps at most the rows of one tile in memory.

    Args:
        plan: The tiles.
        scale: Scale of the results.
        channels: Channels of the results.
        region: As for `Blending`.

    Attributes:
        values: Rows from the first one not yet taken to the last one that received a tile.
    """

    def __init__(
        self, plan: TilePlan, scale: int, channels: int, region: Region | None = None
    ) -> None:
        super().__init__(plan, scale, region)
        self.values: FloatArray = np.zeros((0, self.width, channels), np.float32)

    def add(self, tile: Tile, values: FloatArray) -> None:
        """Add the result of `tile`: (height * scale, width * scale, C) float32."""
        share = self.share(tile)
        missing = share.place[0].stop - len(self.values)
        if missing > 0:
            self.values = np.pad(self.values, ((0, missing), (0, 0), (0, 0)))
        weight = share.down[:, None, None] * share.across[None, :, None]
        self.values[share.place] += weight * values[share.inside]

    def take(self, bottom: int) -> FloatArray:
        """Return and release the rows above input row `bottom`, which no later tile may reach."""
        count = self.finish(bottom)
        band, self.values = self.values[:count], self.values[count:].copy()
        return band


@lru_cache(maxsize=16)  # both axes of the plans of a picture, whose parts are blended apart
def _weights(
    starts: tuple[int, ...], side: int, length: int, radius: int, scale: int, cuts: Cuts | None
) -> dict[int, FloatArray]:
    """Return the 1-D weights of the tile at each start, in output pixels within the image.

    Callers must not change them.
    """
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


def _inside(start: int, length: int, limit: int) -> slice:
    """Return the part of the interval from `start` that lies in the range from 0 to `limit`."""
    first = min(max(0, -start), length)
    return slice(first, max(first, min(length, limit - start)))


def _ramp(position: np.ndarray, shared: int, radius: int) -> np.ndarray:
    """Rise from 0 to 1 between `radius` and `shared` - `radius`, or step if these are equal.

    The ends are flat (smoothstep), so that the edges of tiles have little weight.
    """
    radius = min(radius, shared // 2)
    if shared == 2 * radius:
        return np.asarray(position > radius, np.float64)
    t = np.clip((position - radius) / (shared - 2 * radius), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))

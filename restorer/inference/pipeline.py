"""Move tiles through a device: cut, batch, run and blend them there, then fetch the result.

A GPU does what it was told while the CPU prepares the next batch: nothing waits for a result before
the next batch was started, and finished rows come through pinned memory, beside other work. On a
CPU the same code runs step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from restorer.image import FloatArray
from restorer.tiling.blending import Blending
from restorer.tiling.plan import Region, Tile, TilePlan

ItemT = TypeVar("ItemT")
Fetch = Callable[[], NDArray[Any]]  # waits for a tensor on its way to the host


def batches_ahead(device: str) -> int:
    """Return how many batches are started before the result of the first one is looked at."""
    return 1 if device.startswith("cuda") else 0


def cut_tiles(
    rows: Callable[[int, int], FloatArray],
    met: Sequence[Sequence[Tile]],
    plan: TilePlan,
    corner: Region,
) -> Iterator[tuple[Tile, FloatArray]]:
    """Yield the tiles in the order of the plan, each with its planes; one row is held at a time."""
    for tiles in met:
        top, height = tiles[0].top, tiles[0].height
        band = rows(top, min(top + height, plan.height))
        for tile in tiles:
            yield tile, cut_tile(band, tile, corner.left)


def cut_tile(band: FloatArray, tile: Tile, left: int) -> FloatArray:
    """Return a copy of a tile, cut from its row of tiles, whose first column is `left`.

    Pixels beyond the image mirror it without repeating the edge, which keeps the phase of a Bayer
    pattern.
    """
    part = band[:, tile.left - left : tile.left - left + tile.width]
    missing = (tile.height - part.shape[0], tile.width - part.shape[1])
    return np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="reflect")


def batched(items: Iterator[ItemT], count: int) -> Iterator[list[ItemT]]:
    """Yield the items `count` at a time."""
    while batch := list(islice(items, count)):
        yield batch


@dataclass(frozen=True)
class View:
    """One of the eight flips and transposes of a tile."""

    down: int
    across: int
    transposed: bool

    def of(self, values: FloatArray) -> FloatArray:
        """Return (H, W, C) values, flipped and transposed."""
        flipped = values[:: self.down, :: self.across]
        return flipped.swapaxes(0, 1) if self.transposed else flipped

    def back(self, values: Tensor) -> Tensor:
        """Return (N, H, W, C) results as they are for the tile itself."""
        upright = values.transpose(1, 2) if self.transposed else values
        turned = [dim for dim, step in ((1, self.down), (2, self.across)) if step < 0]
        return upright.flip(turned) if turned else upright


EIGHT_VIEWS = [View(d, a, t) for t in (False, True) for d in (1, -1) for a in (1, -1)]


class TensorBlender:
    """A `Blender` of tensors, on their device.

    Args:
        blending: The weights of the tiles.
    """

    def __init__(self, blending: Blending) -> None:
        self._blending = blending
        self._values: Tensor | None = None

    def add(self, tile: Tile, values: Tensor) -> None:
        """Add the result of `tile`: (height * scale, width * scale, C) float32."""
        share = self._blending.share(tile)
        if self._values is None:
            self._values = values.new_zeros(0, self._blending.width, values.shape[2])
        missing = share.place[0].stop - len(self._values)
        if missing > 0:
            self._values = F.pad(self._values, (0, 0, 0, 0, 0, missing))
        down, across = (
            torch.from_numpy(weights).to(values.device, non_blocking=True)
            for weights in (share.down, share.across)
        )
        weight = down[:, None, None] * across[None, :, None]
        self._values[share.place] += weight * values[share.inside]

    def take(self, bottom: int) -> Tensor:
        """Return and release the rows above input row `bottom`, which no later tile may reach."""
        assert self._values is not None, "a row has at least one tile"
        count = self._blending.finish(bottom)
        band, self._values = self._values[:count], self._values[count:].clone()
        return band


def to_device(values: FloatArray, device: str) -> Tensor:
    """Return values on a device; a GPU fetches them from pinned memory, beside other work."""
    tensor = torch.from_numpy(values)
    if device.startswith("cuda"):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def to_host(values: Tensor) -> Fetch:
    """Start to copy a tensor, which must not be changed, and return what waits for the copy.

    From a GPU it comes on a stream of its own, into pinned memory that PyTorch uses again.
    """
    if not values.is_cuda:
        return values.cpu().numpy
    stream = _side_stream(values.device)
    stream.wait_stream(torch.cuda.current_stream(values.device))
    with torch.cuda.stream(stream):
        host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
        host.copy_(values, non_blocking=True)
        copied = stream.record_event()
    values.record_stream(stream)

    def fetch() -> NDArray[Any]:
        copied.synchronize()
        return host.numpy()

    return fetch


@cache  # one for each GPU
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # untyped in torch

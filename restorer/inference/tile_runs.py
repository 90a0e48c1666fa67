"""Run a model on tiles: in batches, plane by plane for gray networks, and in eight views."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from restorer.image import FloatArray
from restorer.inference.devices import cpu_threads, single_threads
from restorer.inference.model import LoadedModel
from restorer.inference.pipeline import EIGHT_VIEWS, View, batched, batches_ahead
from restorer.inference.soundness import start_sound
from restorer.settings import CancelToken
from restorer.tiling.plan import Tile

_Restore: TypeAlias = Callable[[Sequence[FloatArray]], Callable[[], Tensor]]
_Started: TypeAlias = tuple[list[Tile], Callable[[], Tensor]]  # tiles, and what waits for them


def restore_tiles(
    model: LoadedModel,
    tiles: Iterator[tuple[Tile, FloatArray]],
    *,
    batch: int,
    self_ensemble: bool,
    seed: int,
    cancel: CancelToken | None,
) -> Iterator[tuple[Tile, Tensor]]:
    """Yield the results of tiles, (H * scale, W * scale, C') on the device, in their order.

    Args:
        model: The network.
        tiles: The tiles with their planes.
        batch: How many run at once: in one call of the network, or on a CPU in threads of their
            own, if the network `runs_in_threads`.
        self_ensemble: Take the mean over the eight views of each tile.
        seed: Seed for networks that draw random numbers.
        cancel: Stops before the next run of the network.
    """
    restore = partial(_start, model, views=_views(self_ensemble), seed=seed, cancel=cancel)
    if batch > 1 and model.runs_in_threads:
        return _in_threads(tiles, restore, min(batch, cpu_threads()))
    return _in_batches(tiles, restore, batch, batches_ahead(model.device))


def _in_batches(
    tiles: Iterator[tuple[Tile, FloatArray]], restore: _Restore, batch: int, ahead: int
) -> Iterator[tuple[Tile, Tensor]]:
    """Yield the results of tiles that go through the network together.

    The last ones are filled up with copies: a library may choose other algorithms for another
    number of tiles.
    """
    started = deque[_Started]()
    for some in batched(tiles, batch):
        parts = [part for _, part in some]
        parts += parts[-1:] * (batch - len(parts))
        started.append(([tile for tile, _ in some], restore(parts)))
        if len(started) > ahead:
            yield from _finished(*started.popleft())
    for each in started:
        yield from _finished(*each)


def _in_threads(
    tiles: Iterator[tuple[Tile, FloatArray]], restore: _Restore, threads: int
) -> Iterator[tuple[Tile, Tensor]]:
    """Yield the results of tiles, each of which one core computes.

    Cores that share an operation wait for each other at its end, a thousand times a tile. The
    bits of a tile, which cores in common may change, are those of one core.
    """

    def run(part: FloatArray) -> Tensor:
        return restore([part])()[0]

    started = deque[tuple[list[Tile], Iterator[Tensor]]]()
    with single_threads(threads) as pool:
        for some in batched(tiles, threads):
            parts = [part for _, part in some]
            started.append(([tile for tile, _ in some], pool.map(run, parts)))
            if len(started) > 1:
                yield from zip(*started.popleft(), strict=True)
        for each in started:
            yield from zip(*each, strict=True)


def plane_groups(model: LoadedModel, values: FloatArray) -> list[FloatArray]:
    """Split planes into inputs of the network: a network of one plane takes each in turn."""
    return np.split(values, values.shape[2], axis=2) if model.spec.channels == 1 else [values]


def _start(
    model: LoadedModel,
    tiles: Sequence[FloatArray],
    views: Sequence[View],
    seed: int,
    cancel: CancelToken | None,
) -> Callable[[], Tensor]:
    """Start to restore tiles, all planes at once or one after the other.

    Returns what waits for the mean over the views, (N, H, W, C) on the device, and raises
    InvalidOutputError where no result is finite.
    """
    total: Tensor | None = None
    for view in views:
        runs = []
        for group in zip(*(plane_groups(model, view.of(tile)) for tile in tiles), strict=True):
            if cancel is not None:
                cancel.check()
            runs.append(start_sound(model, np.stack(group), seed))
        finish = partial(_joined, view, runs, total)
        if view is not views[-1]:
            total = finish()
    return finish if total is None else lambda: finish() / len(views)


def _joined(view: View, runs: Sequence[Callable[[], Tensor]], total: Tensor | None) -> Tensor:
    """Return the results of a view, of all planes or of each, plus the total of those before."""
    parts = [finish() for finish in runs]
    joined = view.back(parts[0] if len(parts) == 1 else torch.cat(parts, 3))
    return joined if total is None else total + joined


def _finished(tiles: Sequence[Tile], finish: Callable[[], Tensor]) -> Iterator[tuple[Tile, Tensor]]:
    """Yield the results of a batch that was started, without those of the copies."""
    return zip(tiles, finish(), strict=False)


def _views(self_ensemble: bool) -> Sequence[View]:
    return EIGHT_VIEWS if self_ensemble else EIGHT_VIEWS[:1]

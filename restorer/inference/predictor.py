"""Predictor: a network on a device, run tile by tile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import torch

from restorer.errors import SettingsError
from restorer.image import FloatArray
from restorer.inference.memory import free_bytes
from restorer.inference.model import LoadedModel
from restorer.inference.pipeline import (
    Fetch,
    TensorBlender,
    batches_ahead,
    cut_tile,
    cut_tiles,
    to_host,
)
from restorer.inference.tile_runs import plane_groups, restore_tiles
from restorer.inference.whole.run import estimate_whole, run_whole
from restorer.networks.stages import Staged
from restorer.settings import CancelToken, OnTick
from restorer.tiling.blending import Blending
from restorer.tiling.growing import GrowingResult, outward
from restorer.tiling.plan import Region, Tile, TilePlan

# A region of the input and its result.
OnPart: TypeAlias = Callable[[Region, FloatArray], None]


class Predictor(LoadedModel):
    """A model on a device, as returned by `load` and `wrap_model` and accepted by `restore`.

    Calling it with a tensor runs the network like a module, without tiles.

    Attributes:
        spec: The model.
        network: Takes (N, C, h, w) tensors and a seed.
        device: The device of the network.
        precision: Number format of the computation; the parameters stay in float32.
        automatic: Whether `precision` was chosen by the program for 8-bit images, so that a deeper
            image may get another one; see `suited`.
        keeps_colors: Whether the local means of a result follow those of its input.
    """

    def run(
        self,
        values: FloatArray,
        plan: TilePlan,
        *,
        region: Region | None = None,
        seed: int = 0,
        self_ensemble: bool = False,
        batch: int = 1,
        on_tile: OnTick | None = None,
        on_part: OnPart | None = None,
        start: tuple[int, int] | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Map (H, W, C) planes, white 1, to (H * scale, W * scale, C'), not clipped.

        The other arguments and the errors are those of `run_rows`. For a region, `values` are the
        planes of `plan.cover(region)`, and the result is that of the region. `on_part` is called
        with each part of the result as soon as its tiles are there: its region, in input pixels,
        and its values, which the callee owns. Tiles begin at `start`, a place (row, column), and
        the others follow by their distance; None goes from the top to the bottom.
        """
        region = region or plan.region
        corner = plan.cover(region)
        if on_part is not None or start is not None:
            tiles = outward(plan, region, start)
            rows = (values[tile.top - corner.top :][: tile.height] for tile in tiles)
            cut = ((t, cut_tile(b, t, corner.left)) for b, t in zip(rows, tiles, strict=True))
            results = restore_tiles(
                self, cut, batch=batch, self_ensemble=self_ensemble, seed=seed, cancel=cancel
            )
            arrays = ((tile, to_host(result)()) for tile, result in results)
            return self._grow(plan, region, arrays, on_tile, on_part)
        bands = self.run_rows(
            lambda top, bottom: values[top - corner.top : bottom - corner.top],
            plan,
            region=region,
            seed=seed,
            self_ensemble=self_ensemble,
            batch=batch,
            on_tile=on_tile,
            cancel=cancel,
        )
        size = (region.height * self.spec.scale, region.width * self.spec.scale)
        restored: FloatArray | None = None
        done = 0
        for band in bands:
            if restored is None:
                restored = np.empty((*size, band.shape[2]), np.float32)
            restored[done : done + len(band)] = band
            done += len(band)
        assert restored is not None, "a plan has at least one tile"
        return restored

    def run_rows(
        self,
        rows: Callable[[int, int], FloatArray],
        plan: TilePlan,
        *,
        region: Region | None = None,
        seed: int = 0,
        self_ensemble: bool = False,
        batch: int = 1,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> Iterator[FloatArray]:
        """Yield the rows of the result from top to bottom, as rows of tiles are finished.

        Only one row of tiles is in memory, of the planes and of the result. A network with one
        input plane processes the planes in turn. All tiles use the same seed, so random numbers
        (hashes) are equal on both sides of a seam, and neither the order nor the number of the
        tiles matters.

        Args:
            rows: Called with (top, bottom), both rising; returns these rows of the input planes,
                (bottom - top, W, C) float32, with the plane of the condition.
            plan: The tiles.
            region: The part of the picture to restore; only tiles that meet it are run, and its
                pixels are those of the whole. `rows` then returns the columns of
                `plan.cover(region)`.
            seed: Seed for networks that draw random numbers.
            self_ensemble: Take the mean over the eight flips and transposes of each tile (Timofte
                et al. 2016, arXiv:1511.02228, section 3.5), in eight times the time.
            batch: Number of tiles at once: in one call of the network, which is filled up with
                copies, so that a tile has the same pixels wherever it comes; on a CPU, one for
                each core (`LoadedModel.runs_in_threads`).
            on_tile: Called with (done, total) tiles of those that are run.
            cancel: Stops before the next run of the network.

        Raises:
            OutOfMemoryError: A tile does not fit; start again with a smaller plan.
            InvalidOutputError: A tile is NaN or infinite in float32 too.
            Cancelled: `cancel` was set.
        """
        region = region or plan.region
        met = plan.meeting(region)
        bottoms = {row[-1].index: below[0].top for row, below in pairwise(met)}
        bottoms[met[-1][-1].index] = region.bottom
        total = sum(len(tiles) for tiles in met)
        blender = TensorBlender(Blending(plan, self.spec.scale, region))
        cut = cut_tiles(rows, met, plan, plan.cover(region))
        ahead, bands = batches_ahead(self.device), deque[Fetch]()
        results = restore_tiles(
            self, cut, batch=batch, self_ensemble=self_ensemble, seed=seed, cancel=cancel
        )
        for done, (tile, restored) in enumerate(results, 1):
            blender.add(tile, restored)
            if on_tile is not None:
                on_tile(done, total)
            if tile.index in bottoms:
                bands.append(to_host(blender.take(bottoms[tile.index])))
            while len(bands) > ahead:
                yield bands.popleft()()
        for fetch in bands:
            yield fetch()

    def run_whole(
        self,
        values: FloatArray,
        *,
        memory_bytes: int,
        device_bytes: int | None = None,
        seed: int = 0,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Return the result of `run` without tiles: every attention sees the whole picture.

        Args:
            values: (H, W, C) planes, white 1.
            memory_bytes: Host memory for the feature maps; the rest is kept on disk.
            device_bytes: Device memory; None if it is that of the host.
            seed: Seed for networks that draw random numbers.
            on_tile: Called with (done, total) parts of the work.
            cancel: Stops before the next operation.

        Raises SettingsError for a network without stages, else the errors of `run`.
        """
        network = self._staged()
        groups, restored = plane_groups(self, values), []
        for number, group in enumerate(groups):

            def report(done: int, total: int, before: int = number) -> None:
                if on_tile is not None:
                    on_tile(before * total + done, len(groups) * total)

            result = run_whole(
                network,
                group,
                peak=self.spec.peak,
                seed=seed,
                device=self.device,
                precision=self.precision,
                memory_bytes=memory_bytes,
                device_bytes=device_bytes,
                on_tick=report,
                cancel=cancel,
            )
            x, y = (torch.from_numpy(a).permute(2, 0, 1)[None] for a in (group, result))
            restored.append(self.finished(x, y)[0].permute(1, 2, 0).numpy())
        return np.concatenate(restored, axis=2)

    def estimate_whole(
        self, size: tuple[int, int], *, memory_bytes: int | None = None
    ) -> tuple[float, int]:
        """Return the time in seconds and the bytes of feature maps of `run_whole`.

        Raises SettingsError for a network without stages.
        """
        estimate = estimate_whole(
            self._staged(),
            size,
            device=self.device,
            precision=self.precision,
            device_bytes=memory_bytes or free_bytes(self.device),
        )
        return estimate.seconds, estimate.map_bytes

    def _staged(self) -> Staged:
        if not isinstance(self.network, Staged):
            raise SettingsError(f"context whole: {self.spec.id} cannot be run in stages")
        return self.network

    def _grow(
        self,
        plan: TilePlan,
        region: Region,
        results: Iterable[tuple[Tile, FloatArray]],
        on_tile: OnTick | None,
        on_part: OnPart | None,
    ) -> FloatArray:
        """Return the result of a region from its tiles in any order; see `run`."""
        whole, total = region.scaled(self.spec.scale), plan.count(region)
        growing = GrowingResult(plan, self.spec.scale, region)
        restored: FloatArray | None = None
        for done, (tile, result) in enumerate(results, 1):
            if restored is None:
                restored = np.empty((whole.height, whole.width, result.shape[2]), np.float32)
            for part, values in growing.add(tile, result):
                part.scaled(self.spec.scale).of(restored, whole)[:] = values
                if on_part is not None:
                    on_part(part, values)
            if on_tile is not None:
                on_tile(done, total)
        assert restored is not None, "a plan has at least one tile"
        return restored

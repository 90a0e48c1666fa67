"""Predictor: a network on a device, run tile by tile."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy, deepcopy
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from restorer import bayer
from restorer.errors import (
    CheckpointError,
    InvalidOutputError,
    SettingsError,
)
from restorer.image import FloatArray
from restorer.inference.consistency import excess_of, keep_colors
from restorer.inference.devices import Precision, number_format
from restorer.inference.memory import fitting, free_bytes
from restorer.inference.pipeline import (
    EIGHT_VIEWS,
    Fetch,
    TensorBlender,
    View,
    batched,
    batches_ahead,
    cut_tile,
    cut_tiles,
    to_device,
    to_host,
)
from restorer.inference.tensors import check_tensor, level_of
from restorer.inference.whole.run import estimate_whole, run_whole
from restorer.models import community
from restorer.models.adapter import BorrowedNetwork, SeededNetwork, mirrored, takes_seed
from restorer.models.catalog import ModelSpec
from restorer.models.checkpoint import load_state, read_state
from restorer.models.ncnn import files as ncnn
from restorer.models.store import weights_path
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import channels_last
from restorer.networks.stages import Staged
from restorer.settings import CancelToken, OnTick
from restorer.tiling.blending import Blending
from restorer.tiling.growing import GrowingResult, outward
from restorer.tiling.plan import Region, Tile, TilePlan, round_up

log = logging.getLogger(__name__)

# A region of the input and its result.
OnPart: TypeAlias = Callable[[Region, FloatArray], None]
_Started: TypeAlias = tuple[list[Tile], Callable[[], Tensor]]  # tiles, and what waits for them

# White noise of sigma 75 that was clipped at black shifts the mean of a tile by 0.12.
_MOST_DRIFT = 0.2
_NOT_FINITE = "a tile is NaN or infinity"


class Predictor:
    """A model on a device: what `load` and `wrap_model` return, and what `restore` takes.

    Called with a tensor, it runs the network like a module, without tiles.

    Attributes:
        spec: The model.
        network: Takes (N, C, h, w) tensors and a seed.
        device: The device of the network.
        precision: Number format of the computation; the parameters stay in float32.
        automatic: Whether `precision` is the program's choice for 8-bit images, so that a deeper
            image may take another one; see `suited`.
        keeps_colors: Whether the local means of a result follow those of its input.
    """

    def __init__(
        self, spec: ModelSpec, network: nn.Module, device: str, precision: Precision
    ) -> None:
        self.automatic = self.keeps_colors = False
        self.twin = ""  # SHA-256 of the weights with which those of the model were interpolated
        self.spec = spec
        self.device = device
        self.precision = precision
        network = channels_last(network.to(device))
        self.network = network.eval().requires_grad_(False)

    @property
    def borrowed(self) -> bool:
        """Whether the network is a module of the caller's, whose result stays as it is."""
        return isinstance(self.network, BorrowedNetwork)

    def __repr__(self) -> str:
        """Return model, network, task, scale, device and precision."""
        spec, network = self.spec, type(self.network).__name__
        named = isinstance(self.network, BorrowedNetwork | SeededNetwork)
        kind = spec.architecture if named or spec.architecture == "spandrel" else network
        precision = f"{self.precision} (auto)" if self.automatic else self.precision
        return (
            f"Predictor({spec.id}: {kind}, {spec.task}, scale {spec.scale},"
            f" device {self.device}, precision {precision})"
        )

    def __call__(
        self,
        x: Tensor,
        *,
        sigma: float | None = None,
        jpeg_quality: int | None = None,
        seed: int = 0,
    ) -> Tensor:
        """Map (N, C, H, W) with white 1 to (N, C, scale * H, scale * W), not clipped.

        The batch runs at once, without tiles, on the device of the model; the result has the device
        and type of `x`. Sides that the network does not take are extended at the bottom and right
        by mirroring, and the result is cropped. Gradients reach an `x` that requires them, unless
        ``torch.no_grad`` is on; the parameters of loaded models are frozen.

        Args:
            x: Floating point; C is ``spec.channels``.
            sigma: Noise level on the 0-255 scale, for models conditioned on it.
            jpeg_quality: JPEG quality, 1 to 100, for models conditioned on it.
            seed: Seed for networks that draw random numbers.

        Raises:
            ImageDataError: `x` has another shape or type.
            SettingsError: The level of damage is missing, or the model takes none, or references.
            OutOfMemoryError: The batch does not fit; `restore` would use tiles.
        """
        spec = self.spec
        level = level_of(spec, sigma, jpeg_quality)
        check_tensor(spec, x)
        height, width = x.shape[2:]
        sides = (round_up(max(n, spec.tile.min_side), spec.tile.multiple_of) for n in x.shape[2:])
        planes = mirrored(x.to(self.device, torch.float32), *sides)
        if level is not None:
            planes = torch.cat([planes, torch.full_like(planes[:, :1], level)], 1)
        what = f"{spec.id}: a batch of {len(x)} x {width} x {height}"
        with fitting(self.device, what), number_format(self.device, self.precision):
            y: Tensor = self.network(planes * spec.peak, seed=seed).float() / spec.peak
        return y[..., : height * spec.scale, : width * spec.scale].to(x.device, x.dtype)

    @classmethod
    def load(cls, spec: ModelSpec, device: str, precision: Precision) -> Predictor:
        """Build the network of `spec` with its verified weights.

        Raises WeightsError or CheckpointError.
        """
        return cls.from_checkpoint(spec, weights_path(spec), device, precision)

    @classmethod
    def from_checkpoint(
        cls, spec: ModelSpec, path: Path, device: str, precision: Precision
    ) -> Predictor:
        """Build the network of `spec` with the weights in a file.

        Raises CheckpointError.
        """
        if spec.architecture == "ncnn":
            network: nn.Module = ncnn.build(path, spec.params, spec.scale)
            return cls(spec, SeededNetwork(network), device, precision)
        state = read_state(path)
        if spec.architecture == "spandrel":
            if not community.available():
                raise CheckpointError(
                    f"{spec.id}: needs spandrel; install it: pip install 'restorer[community]'"
                )
            return cls(spec, community.build(state), device, precision)
        network = ARCHITECTURES[spec.architecture](**spec.params)
        load_state(network, state, name=str(path))
        if not takes_seed(network):
            network = SeededNetwork(network)
        return cls(spec, network, device, precision)

    def at(self, precision: Precision, *, automatic: bool = False) -> Predictor:
        """Return the same network with another number format."""
        if (precision, automatic) == (self.precision, self.automatic):
            return self
        other = copy(self)
        other.precision, other.automatic = precision, automatic
        return other

    def keeping_colors(self, keep: bool) -> Predictor:
        """Return the same network with or without the consistency of colors."""
        if keep == self.keeps_colors:
            return self
        other = copy(self)
        other.keeps_colors = keep
        return other

    def interpolated(self, other: Predictor, share: float) -> Predictor:
        """Return the network with weights between those of `other`, at 0, and its own, at 1.

        Wang et al. 2019, arXiv:1811.10515: weights of networks that started from the same ones can
        be interpolated. Raises CheckpointError for networks of two shapes.
        """
        own, theirs = self.network.state_dict(), other.network.state_dict()
        if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in theirs.items()}:
            raise CheckpointError(
                f"{other.spec.id}: has other tensors than {self.spec.id}, so that their weights"
                " cannot be interpolated"
            )
        between = copy(self)
        between.network, between.twin = deepcopy(self.network), other.spec.weights.sha256
        mixed = {
            key: theirs[key].lerp(value, share) if value.is_floating_point() else value
            for key, value in own.items()
        }
        between.network.load_state_dict(mixed)
        return between

    def on_cpu(self) -> Predictor:
        """Return the same network in float32 on the CPU, with a copy of its parameters there."""
        safe = copy(self)
        safe.device, safe.precision = "cpu", "fp32"
        if self.device != "cpu":
            safe.network = deepcopy(self.network).to("cpu")
        return safe

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
            results = self._restore_tiles(cut, batch, _views(self_ensemble), seed, cancel)
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

    def _restore_tiles(
        self,
        tiles: Iterator[tuple[Tile, FloatArray]],
        batch: int,
        views: Sequence[View],
        seed: int,
        cancel: CancelToken | None,
    ) -> Iterator[tuple[Tile, Tensor]]:
        """Yield the results of tiles, (H * scale, W * scale, C') on the device, in their order.

        The last ones are filled up with copies: a library may choose other algorithms for another
        number of tiles.
        """
        ahead, started = batches_ahead(self.device), deque[_Started]()
        for some in batched(tiles, batch):
            parts = [part for _, part in some]
            parts += parts[-1:] * (batch - len(parts))
            finish = self._start(parts, views, seed, cancel)
            started.append(([tile for tile, _ in some], finish))
            if len(started) > ahead:
                yield from _finished(*started.popleft())
        for each in started:
            yield from _finished(*each)

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
        """Yield the rows of the result from top to bottom, as each row of tiles finishes them.

        Memory holds the rows of one tile, of the planes and of the result. A network of one plane
        takes the planes in turn. All tiles have the same seed: random numbers (hashes) are equal on
        both sides of a seam, and neither order nor number of the tiles matters.

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
            batch: Number of tiles that go through the network at once; the last ones are filled up
                with copies, so that a tile has the same pixels wherever it comes.
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
        results = self._restore_tiles(cut, batch, _views(self_ensemble), seed, cancel)
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
            memory_bytes: Memory of the host for the feature maps; the rest lies on the disk.
            device_bytes: Memory of the device; None where it is that of the host.
            seed: Seed for networks that draw random numbers.
            on_tile: Called with (done, total) parts of the work.
            cancel: Stops before the next operation.

        Raises SettingsError for a network without stages, else the errors of `run`.
        """
        network = self._staged()
        groups, restored = self._groups(values), []
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

    def finished(self, x: Tensor, y: Tensor, excess: Tensor | None = None) -> Tensor:
        """Return a network's result with the colors of its input, if they are to be kept.

        Args:
            x: (N, C, H, W) input planes, white 1, colors first.
            y: (N, C', H * scale, W * scale), the result, colors first.
            excess: `excess_of` the colors of both, where that is known already.
        """
        if not self.keeps_colors:
            return y
        spec, sampled = self.spec, None
        if spec.traits.mosaic:
            ones = np.ones((*x.shape[2:], 1), np.float32)
            mask = bayer.spread(ones, str(spec.trained_for["bayer"]))
            sampled = torch.from_numpy(mask).to(x.device).permute(2, 0, 1)[None]
        colors = keep_colors(
            x[:, : spec.channels],
            y[:, : spec.channels],
            excess=excess,
            sampled=sampled,
            even_is_exact=spec.traits.condition != "jpeg_quality",
        )
        rest = y[:, spec.channels :]
        return torch.cat([colors, rest], 1) if rest.numel() else colors

    @property
    def _checks_colors(self) -> bool:
        return self.keeps_colors and not self.spec.traits.mosaic  # mosaics have zeros

    def _staged(self) -> Staged:
        if not isinstance(self.network, Staged):
            raise SettingsError(f"context whole: {self.spec.id} cannot be run in stages")
        return self.network

    def _groups(self, values: FloatArray) -> list[FloatArray]:
        """Split planes into inputs of the network: a network of one plane takes each in turn."""
        return np.split(values, values.shape[2], axis=2) if self.spec.channels == 1 else [values]

    def _start(
        self,
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
            for group in zip(*(self._groups(view.of(tile)) for tile in tiles), strict=True):
                if cancel is not None:
                    cancel.check()
                runs.append(self._sound(np.stack(group), seed))
            finish = partial(_joined, view, runs, total)
            if view is not views[-1]:
                total = finish()
        return finish if total is None else lambda: finish() / len(views)

    def _sound(self, values: FloatArray, seed: int) -> Callable[[], Tensor]:
        """Start to restore tiles; an unsound result is computed again in float32, then on a CPU.

        It is unsound if it is not finite, or has other colors than the input beyond what any damage
        explains: number formats and devices fail. Colors that the network changes in float32 on a
        CPU, too, are its own.
        """
        restored, check = self._forward(values, seed)
        checked = to_host(check)

        def finish() -> Tensor:
            words = _fault(checked())
            if not words:
                return restored
            return self._again(values, seed, words, restored)

        return finish

    def _again(self, values: FloatArray, seed: int, words: str, restored: Tensor) -> Tensor:
        """Return the result of tiles where this predictor's own, `restored`, is unsound."""
        device, before = restored.device, self
        for predictor in self._fallbacks():
            found = f"{words} in {before.precision} on {before.device}"
            where = f"{predictor.precision} on {predictor.device}"
            log.warning("%s: %s; computing it in %s", self.spec.id, found, where)
            restored, check = predictor._forward(values, seed)
            words, before = _fault(check.cpu().numpy()), predictor
            if not words:
                break
        if words == _NOT_FINITE:
            found = f"{words} in {before.precision} on {before.device}"
            raise InvalidOutputError(f"{self.spec.id}: {found}")
        return restored.to(device)

    def _fallbacks(self) -> Iterator[Predictor]:
        if self.precision != "fp32":
            yield self.at("fp32")
        if self.device != "cpu":
            yield self.on_cpu()

    def _forward(self, values: FloatArray, seed: int) -> tuple[Tensor, Tensor]:
        """Map (N, H, W, C) to (N, H * scale, W * scale, C') and a check, both on the device.

        The check is whether all values are finite, and the drift of the colors: the largest mean
        over a tile, white 1, by which the blocks of the result differ from those of the input; 0
        for models that may change colors.
        """
        count, height, width = values.shape[:3]
        what = (
            f"{self.spec.id}: {'a tile' if count == 1 else f'{count} tiles'} of {width} x {height}"
        )
        with fitting(self.device, what), torch.inference_mode():
            # The values are in channels-last order already.
            x = to_device(values, self.device).permute(0, 3, 1, 2)
            with number_format(self.device, self.precision):
                y: Tensor = self.network(x * self.spec.peak, seed=seed).float() / self.spec.peak
            colors = slice(self.spec.channels)
            excess = excess_of(x[:, colors], y[:, colors]) if self._checks_colors else None
            y = self.finished(x, y, excess)
            drift = y.new_zeros(()) if excess is None else excess.abs().mean((1, 2, 3)).max()
            return y.permute(0, 2, 3, 1), torch.stack([torch.isfinite(y).all().to(y.dtype), drift])


def _fault(check: NDArray[np.float32]) -> str:
    """Return what is wrong with tiles by their check (`Predictor._forward`); empty for nothing."""
    finite, drift = check
    if not finite:
        return _NOT_FINITE
    return "the colors of a tile are wrong" if drift > _MOST_DRIFT else ""


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

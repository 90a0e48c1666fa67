"""Passage: one image on its way through the networks of its steps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from restorer import bayer, color
from restorer.calibration import fitting_batch, largest_side, tile_memory
from restorer.catalog import model_family
from restorer.devices import free_bytes
from restorer.errors import InvalidOutputError, OutOfMemoryError, SettingsError
from restorer.image import FloatArray, Image
from restorer.inference import Predictor
from restorer.jobs import CancelToken, OnTick, RunPlan, Settings, Step
from restorer.noise import estimate_sigma
from restorer.step import merged, mixed, planes_of
from restorer.tiling import TilePlan, fit_side, plan_chop, plan_tiles, smaller_side

log = logging.getLogger(__name__)
T = TypeVar("T")

# Networks know white as 1 and bear some more (noise, overshoot).
_HEADROOM = 4.0
_WHOLE_TICKS = 1000  # of a step in context `whole`, which has no tiles to count
_SHARE = 0.7  # of the free memory; the picture itself and what else runs need some
_STEP_SEEDS = 1 << 32  # seeds of two steps never meet: no image has that many tiles


class Passage:
    """Resolves the wishes for one image, takes its steps, starts again where memory runs out.

    Args:
        passes: What to run, in order.
        settings: Wishes; what they leave open is resolved here, once.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops between two tiles.
    """

    def __init__(
        self,
        passes: Sequence[tuple[Predictor, Step]],
        settings: Settings,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self._passes = passes
        self._settings = settings
        self._on_tile = on_tile
        self._cancel = cancel
        self._sides = [self._first_side(predictor) for predictor, _ in passes]
        self._tiles: list[int] = []
        self._white = 1.0

    def restore(self, image: Image) -> tuple[Image, tuple[RunPlan, ...]]:
        """Return the restored image and the plan of each step."""
        values, notes = image.to_float(), image.notes
        if image.bits == 32:
            self._white = _white_level(values)
        if self._white != 1:
            values /= np.float32(self._white)
            notes += (f"white was taken to be {self._white:.4g}",)
        self._tiles = self._count_tiles(values.shape[:2])
        plans: list[RunPlan] = []
        for number in range(len(self._passes)):
            values, plan = self._take_step(values, number)
            plans.append(plan)
            if image.bits != 32:
                np.clip(values, 0, 1, out=values)
        with np.errstate(over="ignore"):
            values *= np.float32(self._white)
        if not np.isfinite(values).all():
            raise InvalidOutputError("values overflow; scale the picture down")
        settings = self._settings
        dither_seed = settings.seed if settings.dither else None
        restored = image.with_float(values, bits=settings.bits, dither_seed=dither_seed)
        if image.metadata.icc and values.shape[2] != image.pixels.shape[2]:
            restored = replace(restored, metadata=replace(image.metadata, icc=None))
            notes += ("the gray colour profile was dropped, the result has colour",)
        return replace(restored, notes=notes), tuple(plans)

    def _take_step(self, values: FloatArray, number: int) -> tuple[FloatArray, RunPlan]:
        """Map (H, W, C) to (H * scale, W * scale, C): colour through the network, alpha beside."""
        predictor, step = self._passes[number]
        spec, scale = predictor.spec, predictor.spec.scale
        own, alpha = color.split(values)
        colour = own if alpha is None else color.extend_under_alpha(own, alpha)
        if spec.task == "demosaicing":
            return self._demosaic(colour, alpha, number)
        bright = colour.max() > _HEADROOM
        usual = np.minimum(colour, np.float32(_HEADROOM)) if bright else colour
        sigma = self._sigma(lambda: estimate_sigma(usual), number)
        restored, plan = self._infer(planes_of(spec, usual, sigma), number)
        restored = merged(spec, usual, restored, gray=color.is_gray(colour))
        if bright:  # lights that no network knows pass beside it
            restored = restored + color.resample(colour - usual, scale)
        if step.strength != 1:
            before = own if scale == 1 else color.resample(colour, scale)
            restored = mixed(before, restored, step.strength)
        if alpha is not None:
            alpha = np.clip(color.resample(alpha, scale), 0, 1)
        return color.join(restored, alpha), replace(plan, sigma=sigma)

    def _demosaic(
        self, colour: FloatArray, alpha: FloatArray | None, number: int
    ) -> tuple[FloatArray, RunPlan]:
        """Map a mosaic to colour: shifted to the pattern that the network knows, and back."""
        predictor, step = self._passes[number]
        known = predictor.spec.trained_for["bayer"]
        pattern = step.bayer or known
        samples = bayer.raw_samples(colour, pattern)
        down, across = bayer.phase(pattern, known)
        framed = np.pad(samples, ((down, 0), (across, 0), (0, 0)), mode="reflect")
        restored, plan = self._infer(bayer.spread(framed, known), number)
        return color.join(restored[down:, across:], alpha), plan

    def _sigma(self, estimate: Callable[[], float], number: int) -> float | None:
        """Return the noise level that the network is told if any, of colour whose white is 1."""
        predictor, step = self._passes[number]
        if predictor.spec.condition != "sigma":
            return None
        largest = predictor.spec.condition_max
        if step.sigma is None:
            return min(estimate(), largest)
        if step.sigma > largest:
            raise SettingsError(f"sigma {step.sigma:g}: {step.model} knows 0 to {largest:g}")
        return step.sigma / self._white

    def _infer(self, planes: FloatArray, number: int) -> tuple[FloatArray, RunPlan]:
        """Run the network on the whole picture, continued by its border."""
        predictor, _ = self._passes[number]
        scale, border = predictor.spec.scale, self._border(predictor)
        planes = np.pad(planes, ((border, border), (border, border), (0, 0)), mode="reflect")

        def run(tiles: TilePlan, plan: RunPlan) -> FloatArray:
            return predictor.run(
                planes,
                tiles,
                seed=plan.seed,
                self_ensemble=plan.self_ensemble,
                batch=plan.batch,
                on_tile=self._ticker(number),
                cancel=self._cancel,
            )

        if self._settings.context == "whole":
            restored, plan = self._run_whole(planes, number)
        else:
            restored, plan = self._attempt(planes.shape[:2], number, run)
        inside = slice(border * scale, -border * scale or None)
        return restored[inside, inside], plan

    def _run_whole(self, planes: FloatArray, number: int) -> tuple[FloatArray, RunPlan]:
        predictor, _ = self._passes[number]
        plan = RunPlan(
            predictor.spec.id,
            predictor.device,
            predictor.precision,
            side=0,
            overlap=0,
            seed=self._seed(number),
            context="whole",
        )
        report = self._ticker(number)

        def on_tile(done: int, total: int) -> None:
            if report is not None:
                report(done * _WHOLE_TICKS // total, _WHOLE_TICKS)

        restored = predictor.run_whole(
            planes,
            memory_bytes=self._budget(predictor),
            seed=plan.seed,
            on_tile=on_tile,
            cancel=self._cancel,
        )
        return restored, plan

    def _attempt(
        self, size: Sequence[int], number: int, run: Callable[[TilePlan, RunPlan], T]
    ) -> tuple[T, RunPlan]:
        """Run a step on a picture of `size`, border included, and return its result and plan.

        After lack of memory the whole picture starts again with smaller tiles.
        """
        predictor, _ = self._passes[number]
        settings = self._settings
        side: int | None = self._sides[number]
        while side is not None:
            tiles = self._plan_tiles(size, number, side)
            self._tiles[number] = len(tiles.tiles)
            plan = RunPlan(
                predictor.spec.id,
                predictor.device,
                predictor.precision,
                tiles.side,
                tiles.overlap,
                self._seed(number),
                settings.tiling,
                settings.self_ensemble,
                batch=self._batch(predictor, tiles),
            )
            log.debug("%s", plan)
            try:
                return run(tiles, plan), plan
            except OutOfMemoryError:
                side = smaller_side(tiles.largest, predictor.spec.tile)
                if side is None or settings.tiling == "chop":
                    raise
                log.warning("%s: out of memory, again with tiles of %d", plan.model, side)
        raise AssertionError("ends by result or error")

    def _border(self, predictor: Predictor) -> int:
        """Return how far the image is continued; the authors' tests do not."""
        return 0 if self._settings.tiling == "chop" else predictor.spec.tile.border

    def _first_side(self, predictor: Predictor) -> int:
        """Return the side that was asked for, or the best one whose tiles fit into memory."""
        if self._settings.tile is not None:
            return self._settings.tile
        needs, budget = predictor.spec.tile, self._budget(predictor)
        memory = tile_memory(predictor)
        if memory is None:
            return fit_side(needs, budget)
        return largest_side(memory, needs, budget)

    def _batch(self, predictor: Predictor, tiles: TilePlan) -> int:
        """Return how many tiles to run at once: one on a CPU, which one keeps busy."""
        memory = tile_memory(predictor) if predictor.device.startswith("cuda") else None
        if memory is None:
            return 1
        return fitting_batch(memory, tiles.largest**2, self._budget(predictor))

    def _budget(self, predictor: Predictor) -> int:
        return self._settings.memory or int(free_bytes(predictor.device) * _SHARE)

    def _seed(self, number: int) -> int:
        return self._settings.seed + number * _STEP_SEEDS

    def _plan_tiles(self, size: Sequence[int], number: int, side: int) -> TilePlan:
        """Plan a step; tiles that had to be made smaller share no more than half their side."""
        spec = self._passes[number][0].spec
        if self._settings.tiling == "chop":
            family = model_family(spec.architecture)
            assert family is not None, "checked before the first step"
            assert family.chop is not None, "checked before the first step"
            return plan_chop((size[0], size[1]), family.chop, spec.scale)
        needs, asked = spec.tile, self._settings.overlap
        overlap = max(needs.overlap, 2 * needs.radius) if asked is None else asked
        if asked is None or side < self._sides[number]:
            overlap = min(overlap, side // 2)
        return plan_tiles((size[0], size[1]), needs, side=side, overlap=overlap)

    def _count_tiles(self, size: Sequence[int]) -> list[int]:
        """Return the number of tiles of each step."""
        if self._settings.context == "whole":
            return [_WHOLE_TICKS] * len(self._passes)
        counts = []
        for number, (predictor, _) in enumerate(self._passes):
            framed = [n + 2 * self._border(predictor) for n in size]
            plan = self._plan_tiles(framed, number, self._sides[number])
            counts.append(len(plan.tiles))
            size = [n * predictor.spec.scale for n in size]
        return counts

    def _ticker(self, number: int) -> OnTick | None:
        """Return a callback that counts the tiles of one step into those of all."""
        if self._on_tile is None:
            return None
        report, before = self._on_tile, sum(self._tiles[:number])
        return lambda done, _: report(before + done, sum(self._tiles))


def _white_level(values: FloatArray) -> float:
    """Return what white is in a float picture: 1, or the 99th percentile where that is far above.

    A few bright spots do not make a picture dark; a scale of 0 to 255 or 65535 does.
    """
    if values.max() <= _HEADROOM:
        return 1.0
    level = float(np.percentile(values, 99))
    return level if level > _HEADROOM else 1.0

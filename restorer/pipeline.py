"""From an image to a better image, and from a file to a better file."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from restorer import color, formats
from restorer.batch import numbered
from restorer.catalog import ModelSpec, model_spec
from restorer.devices import choose_device, choose_precision, free_bytes
from restorer.errors import (
    Cancelled,
    InferenceError,
    OutOfMemoryError,
    RestorerError,
    SettingsError,
    TargetExistsError,
)
from restorer.image import FloatArray, Image
from restorer.inference import Predictor
from restorer.jobs import CancelToken, Job, OnTick, Result, RunPlan, Settings, Step
from restorer.noise import estimate_sigma
from restorer.tiling import TilePlan, fit_side, plan_tiles, smaller_side

log = logging.getLogger(__name__)

# Networks know white as 1 and bear some more (noise, overshoot); pictures with more are scaled.
_HEADROOM = 4.0
_STEP_SEEDS = 1 << 32  # seeds of two steps never meet: no image has that many tiles


def open_model(
    model: ModelSpec | str, *, device: str = "auto", precision: str = "auto"
) -> Predictor:
    """Return a model, ready to run; one of the catalogue is loaded once and shared.

    Raises UnknownModelError, WeightsError, CheckpointError, or SettingsError (no such device).
    """
    where, how = choose_device(device), choose_precision(precision)
    if isinstance(model, ModelSpec):
        return Predictor.load(model, where, how)
    return _shared(model, where, how)


def restore(
    image: Image,
    model: Predictor | Step | str | Sequence[Step],
    *,
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
) -> Image:
    """Return the restored image, `scale` times as large, with the metadata and depth of the input.

    Integer images are clipped to [0, 1] after every step; float images are not.

    Args:
        image: Gray or RGB, with or without alpha.
        model: A model id, a step with its options, or several steps to take in order.
        settings: What may be left to the program.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops the work between two tiles, by Cancelled.

    Raises:
        ModelError, SettingsError: The model cannot be opened, or not with these settings.
        InferenceError: No tile fits into memory, or the result is not finite.
        Cancelled: `cancel` was set.
    """
    wishes = settings or Settings()
    return _Run(_opened(model, wishes), wishes, on_tile, cancel).restore(image)[0]


def run_job(
    job: Job, *, on_tile: OnTick | None = None, cancel: CancelToken | None = None
) -> Result:
    """Restore one file into another; what is wrong with it ends in the result, not in an error."""
    start = time.monotonic()

    def ended(result: Result) -> Result:
        return replace(result, seconds=time.monotonic() - start)

    blank = Result(job, "failed", job.target)
    try:
        if job.settings.existing == "skip" and _exists(job.target):
            return ended(replace(blank, status="skipped", error=f"{job.target}: exists already"))
        return ended(_run_job(job, on_tile, cancel))
    except Cancelled as error:
        return ended(replace(blank, status="cancelled", error=str(error)))
    except RestorerError as error:
        return ended(replace(blank, error=str(error)))
    except MemoryError:
        message = f"{job.source}: does not fit into memory; free some, or shrink the picture"
        return ended(replace(blank, error=message))


def check_job(job: Job) -> formats.Header:
    """Return the header of the source, if nothing is known to stand in the way of the job.

    From headers, catalogue and suffix alone: what is not a whole still picture within the budget,
    and what the target format cannot hold, is refused before hours of work. Raises ImageError.
    """
    header = formats.check_source(job.source, max_pixels=_budget(job.settings))
    scale = math.prod(model_spec(step.model).scale for step in job.steps)
    formats.check_target(job.target, header.height * scale, header.width * scale)
    return header


def _run_job(job: Job, on_tile: OnTick | None, cancel: CancelToken | None) -> Result:
    settings = job.settings
    check_job(job)
    passes = _opened(job.steps, settings)
    image = formats.read(job.source, max_pixels=_budget(settings))
    try:
        restored, plans = _Run(passes, settings, on_tile, cancel).restore(image)
    except InferenceError as error:
        raise type(error)(f"{job.source}: {error}") from error
    if cancel is not None:
        cancel.check()
    target, notes = _write(restored, job)
    return Result(job, "done", target, plans=plans, notes=(*restored.notes, *notes))


def _write(image: Image, job: Job) -> tuple[Path, tuple[str, ...]]:
    """Write under the job's target, or under a numbered name where that was asked and is needed."""
    quality, existing = job.settings.quality, job.settings.existing
    if existing != "number":
        policy: formats.Existing = "replace" if existing == "replace" else "fail"
        return job.target, formats.write(image, job.target, quality=quality, existing=policy)
    for target in numbered(job.target):
        try:
            if not _exists(target):
                return target, formats.write(image, target, quality=quality, existing="fail")
        except TargetExistsError:  # another process was faster
            continue
    raise AssertionError("numbers do not end")


def _budget(settings: Settings) -> int:
    return formats.DEFAULT_MAX_PIXELS if settings.max_pixels is None else settings.max_pixels


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:  # a name too long, a link to itself: writing will say so
        return False


@lru_cache(maxsize=4)
def _shared(model: str, device: str, precision: str) -> Predictor:
    return Predictor.load(model_spec(model), device, choose_precision(precision))


def _opened(
    model: Predictor | Step | str | Sequence[Step], settings: Settings
) -> list[tuple[Predictor, Step]]:
    if isinstance(model, Predictor):
        return [(model, Step(model.spec.id))]
    if isinstance(model, str):
        model = Step(model)
    steps = (model,) if isinstance(model, Step) else tuple(model)
    if not steps:
        raise SettingsError("no steps: say what to do with the picture")
    return [
        (open_model(s.model, device=settings.device, precision=settings.precision), s)
        for s in steps
    ]


@dataclass
class _Run:
    """One image on its way through its steps."""

    passes: Sequence[tuple[Predictor, Step]]
    settings: Settings
    on_tile: OnTick | None
    cancel: CancelToken | None

    def restore(self, image: Image) -> tuple[Image, tuple[RunPlan, ...]]:
        """Return the restored image and the plan of each step."""
        values = image.to_float()
        notes = image.notes
        self._white = max(1.0, float(values.max()))
        if self._white > _HEADROOM:
            values /= self._white
            notes += (f"values up to {self._white:.4g} were scaled to 1 and back",)
        else:
            self._white = 1.0
        plans: list[RunPlan] = []
        self._tiles = self._count_tiles(values.shape[:2])
        for number, (predictor, step) in enumerate(self.passes):
            values, plan = self._take_step(values, predictor, step, number)
            plans.append(plan)
            if image.bits != 32:
                np.clip(values, 0, 1, out=values)
        settings = self.settings
        dither_seed = settings.seed if settings.dither else None
        values *= np.float32(self._white)
        restored = image.with_float(values, bits=settings.bits, dither_seed=dither_seed)
        return replace(restored, notes=notes), tuple(plans)

    def _take_step(
        self, values: FloatArray, predictor: Predictor, step: Step, number: int
    ) -> tuple[FloatArray, RunPlan]:
        spec, scale = predictor.spec, predictor.spec.scale
        colour, alpha = color.split(values)
        if alpha is not None:
            colour = color.extend_under_alpha(colour, alpha)
        channels, gray = colour.shape[2], color.is_gray(colour)
        planes = color.network_planes(colour)
        sigma = None
        if spec.condition == "sigma":
            sigma = estimate_sigma(colour) if step.sigma is None else step.sigma / self._white
            level = np.full((*colour.shape[:2], 1), sigma / 255, np.float32)
            planes = np.concatenate([planes, level], axis=2)
        restored, plan = self._infer(planes, predictor, number)
        if gray:  # networks tint gray pictures a little, and the eye sees it
            restored = restored.mean(2, keepdims=True).repeat(channels, 2)
        if step.strength != 1:
            before = color.resample(colour, scale)
            restored = before + np.float32(step.strength) * (restored - before)
        if alpha is not None:
            alpha = np.clip(color.resample(alpha, scale), 0, 1)
        return color.join(restored, alpha), replace(plan, sigma=sigma)

    def _infer(
        self, planes: FloatArray, predictor: Predictor, number: int
    ) -> tuple[FloatArray, RunPlan]:
        """Run the network; after lack of memory the whole image starts again with smaller tiles."""
        seed = self.settings.seed + number * _STEP_SEEDS
        side = self._first_side(predictor)
        while True:
            tiles = self._plan_tiles(planes.shape[:2], predictor, side)
            plan = RunPlan(
                predictor.spec.id,
                predictor.device,
                predictor.precision,
                tiles.side,
                tiles.overlap,
                seed,
            )
            log.debug("%s", plan)
            self._tiles[number] = len(tiles.tiles)
            try:
                return predictor.run(
                    planes, tiles, seed=seed, on_tile=self._ticker(number), cancel=self.cancel
                ), plan
            except OutOfMemoryError:
                smaller = smaller_side(tiles.largest, predictor.spec.tile)
                if smaller is None:
                    raise
                log.warning("%s: out of memory, again with tiles of %d", plan.model, smaller)
                side = smaller

    def _first_side(self, predictor: Predictor) -> int:
        if self.settings.tile is not None:
            return self.settings.tile
        return fit_side(predictor.spec.tile, free_bytes(predictor.device))

    def _plan_tiles(self, size: tuple[int, ...], predictor: Predictor, side: int) -> TilePlan:
        needs = predictor.spec.tile
        overlap = needs.overlap if self.settings.overlap is None else self.settings.overlap
        if self.settings.overlap is None or side < self._first_side(predictor):
            overlap = min(overlap, side // 2)  # a tile made smaller shares no more than half
        return plan_tiles((size[0], size[1]), needs, side=side, overlap=overlap)

    def _count_tiles(self, size: tuple[int, ...]) -> list[int]:
        """Return the number of tiles of each step."""
        counts = []
        for predictor, _ in self.passes:
            plan = self._plan_tiles(size, predictor, self._first_side(predictor))
            counts.append(len(plan.tiles))
            size = (plan.height * predictor.spec.scale, plan.width * predictor.spec.scale)
        return counts

    def _ticker(self, number: int) -> Callable[[int, int], None] | None:
        """Return a callback that counts the tiles of one step into those of all."""
        if self.on_tile is None:
            return None
        report, before = self.on_tile, sum(self._tiles[:number])
        return lambda done, _: report(before + done, sum(self._tiles))

"""Passage: one image, or a region of it, on its way through the networks of its steps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from restorer import bayer, color
from restorer.errors import InvalidOutputError, OutOfMemoryError, SettingsError
from restorer.estimate.noise import estimate_sigma
from restorer.image import FloatArray, Image
from restorer.inference.autotune import fitting_batch, largest_side, tile_memory
from restorer.inference.devices import free_bytes
from restorer.inference.predictor import Predictor
from restorer.models.catalog import model_family
from restorer.restoration import strength
from restorer.restoration.conditioning import Condition, merged, notes_of, planes_of
from restorer.restoration.reference.run import LAYING_TICKS, Guide, Tiles
from restorer.restoration.source import HEADROOM, Part, Source, lowest_jpeg_quality, usual
from restorer.settings import CancelToken, OnTick, Origin, RunPlan, Settings, Step
from restorer.tiling.padding import PaddedFrame
from restorer.tiling.plan import Region, TilePlan, fit_side, plan_chop, plan_tiles, smaller_side

log = logging.getLogger(__name__)
T = TypeVar("T")

_WHOLE_TICKS = 1000  # of a step in context `whole`, which has no tiles to count
_SHARE = 0.7  # of the free memory; the picture itself and what else runs need some
_STEP_SEEDS = 1 << 32  # seeds of two steps never meet: no image has that many tiles


class _PartTooSmallError(Exception):
    """Smaller tiles see other pixels than those that the steps before have made."""


class Passage:
    """Resolves the wishes for one image, takes its steps, starts again where memory runs out.

    The whole image is the largest of its regions: each goes the same way, and gets the pixels that
    the whole has there.

    Args:
        passes: What to run, in order.
        settings: Wishes; what they leave open is resolved here, once.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops between two tiles.
        guide: The references, for a step that takes such.
    """

    def __init__(
        self,
        passes: Sequence[tuple[Predictor, Step]],
        settings: Settings,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
        guide: Guide | None = None,
    ) -> None:
        self._passes = passes
        self._guide = guide
        self._notes: list[str] = []
        self._settings = settings
        self._on_tile = on_tile
        self._cancel = cancel
        self._first_sides = [self._first_side(number) for number in range(len(passes))]
        self._sides = list(self._first_sides)
        self._tiles: list[int] = []
        self._white = 1.0
        self._taken: Part | None = None  # by the last step that is no merging of references

    def restore(self, image: Image) -> tuple[Image, tuple[RunPlan, ...]]:
        """Return the restored image and the plan of each step."""
        picture = Source(image)
        return self.restore_region(picture, picture.region)

    def restore_region(self, picture: Source, region: Region) -> tuple[Image, tuple[RunPlan, ...]]:
        """Return what `restore` gives in a region of the picture, and the plan of each step.

        Only the tiles that meet it are run, and of the steps before, those that these tiles see.
        A step behind the first that estimates the noise knows that part alone.
        """
        self._white = picture.white
        while True:
            try:
                part, plans = self._take_steps(picture, region)
            except _PartTooSmallError:
                log.debug("again from the first step: smaller tiles see other pixels")
            else:
                restored = self._finish(picture.image, part)
                notes = (*restored.notes, *notes_of(plans), *self._notes)
                return replace(restored, notes=notes), plans

    def _take_steps(self, picture: Source, region: Region) -> tuple[Part, tuple[RunPlan, ...]]:
        needed, wanted = self._plan_route(picture.size, region)
        part = picture.part(needed)
        plans: list[RunPlan] = []
        for number in range(len(self._passes)):
            if not self._is_merging(number):
                self._taken = part
            part, plan = self._take_step(picture, part, wanted[number], number)
            plans.append(plan)
        return part, tuple(plans)

    def _plan_route(self, size: tuple[int, int], region: Region) -> tuple[Region, list[Region]]:
        """Return what is needed of the picture, and of which region each step gives the result.

        The last step that of `region`, those before what the next one sees, in pixels of what the
        step takes. Counts the tiles.
        """
        sizes = [size]
        for predictor, _ in self._passes[:-1]:
            scale = predictor.spec.scale
            sizes.append((sizes[-1][0] * scale, sizes[-1][1] * scale))
            region = region.scaled(scale)
        wanted: list[Region] = []
        self._tiles = [_WHOLE_TICKS] * len(sizes)
        for number, each in reversed(list(enumerate(sizes))):
            region = region.shrunk(self._passes[number][0].spec.scale) if wanted else region
            wanted.insert(0, region)
            region = self._plan_step(each, region, number)
        return region, wanted

    def _plan_step(self, size: tuple[int, int], wanted: Region, number: int) -> Region:
        """Return what a step needs of its picture of `size`, and count its tiles."""
        if self._settings.context == "whole":
            return Region(0, 0, *size)
        frame, computed = self._frame(size, number), self._computed(size, wanted, number)
        inner = frame.around(computed)
        tiles = self._plan_tiles(frame.size, number, self._sides[number])
        self._tiles[number] = self._count(tiles, inner, number)
        seen = frame.seen(tiles.cover(inner))
        return seen.united(computed.grown(color.CUBIC_REACH, size))

    def _computed(self, size: tuple[int, int], wanted: Region, number: int) -> Region:
        """Return where the network's result has to be known: bands are split with neighbors."""
        coarse, fine = self._passes[number][1].shares
        reach = strength.STRENGTH_REACH * self._grain(number)
        return wanted if coarse == fine else wanted.grown(reach, size)

    def _take_step(
        self, picture: Source, part: Part, wanted: Region, number: int
    ) -> tuple[Part, RunPlan]:
        """Return the result of a step: color through the network, alpha beside it."""
        spec, colors = self._passes[number][0].spec, part.colors
        scale = spec.scale
        if spec.traits.mosaic:
            return self._demosaic(picture, part, wanted, number)
        known = usual(colors)
        told = self._told(
            lambda: estimate_sigma(known) if number else picture.sigma,
            lambda: self._jpeg_quality(picture, part, number),
            number,
        )
        computed = self._computed(part.size, wanted, number)
        planes = planes_of(spec, known, told.level)
        restored, plan = self._infer(picture, planes, part, computed, number)
        gray = picture.gray and not self._demosaiced(number)
        restored = merged(spec, computed.of(known, part.region), restored, gray=gray)
        if known is not colors:  # lights that no network knows pass beside it
            brightest = max(0.0, picture.limits[1] - HEADROOM)
            lights = color.resample(colors - known, scale, (0.0, brightest))
            restored = restored + computed.scaled(scale).of(lights, part.region.scaled(scale))
        if picture.is_integer:
            np.clip(restored, 0, 1, out=restored)
        colors, own = self._mix(picture, part, restored, computed, number)
        inside, around = wanted.scaled(scale), computed.scaled(scale)
        alpha = part.alpha
        if alpha is not None:
            alpha = np.clip(color.resample(alpha, scale, (0.0, 1.0)), 0, 1)
            alpha = inside.of(alpha, part.region.scaled(scale))
        size = (part.size[0] * scale, part.size[1] * scale)
        result = Part(inside, size, inside.of(colors, around), inside.of(own, around), alpha)
        return result, told.recorded(plan)

    def _mix(
        self, picture: Source, part: Part, restored: FloatArray, computed: Region, number: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return input and result mixed as the step asks, as networks see them and as they are."""
        predictor, step = self._passes[number]
        scale, (coarse, fine) = predictor.spec.scale, step.shares
        if coarse == fine == 1:
            return restored, restored
        around = computed.scaled(scale)
        if self._is_merging(number):  # of what was taken before it was enlarged
            assert self._taken is not None, "the enlargement came before"
            scale, part = self._grain(number), self._taken

        def mix(before: FloatArray) -> FloatArray:
            before = around.of(before, part.region.scaled(scale))
            result = strength.mixed(before, restored, coarse, fine, scale)
            return np.clip(result, 0, 1) if picture.is_integer else result

        colors = mix(color.resample(part.colors, scale, picture.limits))
        hidden = part.own is not part.colors and scale == 1
        return colors, mix(part.own) if hidden else colors

    def _demosaic(
        self, picture: Source, part: Part, wanted: Region, number: int
    ) -> tuple[Part, RunPlan]:
        """Map a mosaic to color: shifted to the pattern that the network knows, and back."""
        pattern = bayer.shifted(self._pattern(number), part.region.top, part.region.left)
        planes = bayer.spread(bayer.raw_samples(part.colors, pattern), pattern)
        restored, plan = self._infer(picture, planes, part, wanted, number)
        if picture.is_integer:
            np.clip(restored, 0, 1, out=restored)
        alpha = None if part.alpha is None else wanted.of(part.alpha, part.region)
        return Part(wanted, part.size, restored, restored, alpha), plan

    def _jpeg_quality(self, picture: Source, part: Part, number: int) -> tuple[int, Origin]:
        """Return that of the picture, whatever was done to it, unless it was enlarged."""
        if part.size != picture.size:
            return lowest_jpeg_quality(part.colors)
        return picture.jpeg_quality(None if number else part)

    def _told(
        self, sigma: Callable[[], float], quality: Callable[[], tuple[int, Origin]], number: int
    ) -> Condition:
        """Return what the network is told: what the step says, or else an estimate."""
        predictor, step = self._passes[number]
        condition = predictor.spec.condition
        if condition == "sigma":
            origin: Origin = "estimated" if step.sigma is None else "given"
            return Condition(sigma=self._sigma(sigma, number), origin=origin)
        if condition == "jpeg_quality":
            found = quality() if step.jpeg_quality is None else (step.jpeg_quality, "given")
            return Condition(jpeg_quality=found[0], origin=found[1])
        return Condition()

    def _sigma(self, estimate: Callable[[], float], number: int) -> float:
        """Return the noise level of color whose white is 1."""
        predictor, step = self._passes[number]
        largest = predictor.spec.condition_max
        if step.sigma is None:
            return min(estimate(), largest)
        if step.sigma > largest:
            raise SettingsError(f"sigma {step.sigma:g}: {step.model} knows 0 to {largest:g}")
        return step.sigma / self._white

    def _infer(
        self, picture: Source, planes: FloatArray, part: Part, wanted: Region, number: int
    ) -> tuple[FloatArray, RunPlan]:
        """Run the network on the planes of a part; return the result of a region within."""
        predictor, _ = self._passes[number]
        frame = self._frame(part.size, number)
        inner = frame.around(wanted)

        def run(tiles: TilePlan, plan: RunPlan) -> FloatArray:
            cover = tiles.cover(inner)
            if not part.region.holds(frame.seen(cover)):
                raise _PartTooSmallError
            if self._is_guided(number):
                return self._guided(picture, planes, part, Tiles.of(tiles, inner, plan), number)
            return predictor.run(
                frame.fill(cover, planes, part.region),
                tiles,
                region=inner,
                seed=plan.seed,
                self_ensemble=plan.self_ensemble,
                batch=plan.batch,
                on_tile=self._ticker(number),
                cancel=self._cancel,
            )

        if self._settings.context == "whole":
            framed = frame.fill(frame.region, planes, part.region)
            restored, plan = self._run_whole(framed, number)
            return inner.scaled(predictor.spec.scale).of(restored), plan
        return self._attempt(frame.size, inner, number, run)

    def _guided(
        self, picture: Source, planes: FloatArray, part: Part, tiles: Tiles, number: int
    ) -> FloatArray:
        """Run a network that takes references."""
        predictor, _ = self._passes[number]
        guide, report, cancel = self._guide, self._ticker(number), self._cancel
        assert guide is not None, "checked before the first step"
        if predictor.spec.base:
            return guide.merge(
                predictor, picture, planes, part.region, tiles, on_tile=report, cancel=cancel
            )
        frame = self._frame(part.size, number)
        covered = frame.fill(tiles.plan.cover(tiles.region), planes, part.region)
        border = self._border(predictor)
        return guide.transfer(
            predictor, picture, covered, tiles, border, on_tile=report, cancel=cancel
        )

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
        self,
        size: tuple[int, int],
        region: Region,
        number: int,
        run: Callable[[TilePlan, RunPlan], T],
    ) -> tuple[T, RunPlan]:
        """Run a step on a region of a picture of `size`, border included; return result and plan.

        After lack of memory it starts again with smaller tiles.
        """
        predictor, _ = self._passes[number]
        settings = self._settings
        while True:
            tiles = self._plan_tiles(size, number, self._sides[number])
            self._tiles[number] = self._count(tiles, region, number)
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
                self._sides[number] = side

    def _is_merging(self, number: int) -> bool:
        """Whether a step is the second half of one, which brings textures into an enlargement."""
        return bool(self._passes[number][0].spec.base)

    def _grain(self, number: int) -> int:
        """Return how many of a step's pixels make one of the picture that was taken."""
        if not self._is_merging(number):
            return 1
        return self._passes[number - 1][0].spec.scale

    def _is_guided(self, number: int) -> bool:
        """Whether a step takes references."""
        return self._passes[number][0].spec.traits.needs_references

    def _count(self, tiles: TilePlan, region: Region, number: int) -> int:
        """Return the parts of the work on a region, those before its tiles included."""
        return tiles.count(region) + LAYING_TICKS * self._is_guided(number)

    def _frame(self, size: tuple[int, int], number: int) -> PaddedFrame:
        """Return how the picture of a step is continued."""
        predictor, _ = self._passes[number]
        spec, before = predictor.spec, (0, 0)
        if spec.traits.mosaic:
            before = bayer.phase(self._pattern(number), spec.trained_for["bayer"])
        return PaddedFrame(*size, self._border(predictor), spec.traits.padding == "repeat", before)

    def _pattern(self, number: int) -> str:
        """Return the Bayer pattern of the mosaics that a step is given."""
        predictor, step = self._passes[number]
        return step.bayer or str(predictor.spec.trained_for["bayer"])

    def _demosaiced(self, number: int) -> bool:
        """Whether a step before this one made colors."""
        return any(p.spec.traits.mosaic for p, _ in self._passes[:number])

    def _border(self, predictor: Predictor) -> int:
        """Return how far the image is continued; the authors' tests do not."""
        return 0 if self._settings.tiling == "chop" else predictor.spec.tile.border

    def _first_side(self, number: int) -> int:
        """Return the side that was asked for, or the best one whose tiles fit into memory."""
        if self._settings.tile is not None:
            return self._settings.tile * self._grain(number)
        predictor, _ = self._passes[number]
        needs, budget = predictor.spec.tile, self._budget(predictor)
        memory = tile_memory(predictor)
        if memory is None:
            return fit_side(needs, budget)
        side = largest_side(memory, needs, budget)
        taken = memory.bytes_for(side**2)
        if self._settings.memory is not None and taken > budget:
            self._notes.append(
                f"{predictor.spec.id} took about {taken / 1e6:.0f} MB, more than the memory that it"
                " was given: its tiles get no smaller"
            )
        return side

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

    def _plan_tiles(self, size: tuple[int, int], number: int, side: int) -> TilePlan:
        """Plan a step; tiles that had to be made smaller share no more than half their side."""
        spec = self._passes[number][0].spec
        if self._settings.tiling == "chop":
            family = model_family(spec.architecture)
            assert family is not None, "checked before the first step"
            assert family.chop is not None, "checked before the first step"
            return plan_chop(size, family.chop, spec.scale)
        needs, asked = spec.tile, self._settings.overlap
        least = max(needs.overlap, 2 * needs.radius)
        overlap = least if asked is None else asked * self._grain(number)
        if asked is None or side < self._first_sides[number]:
            overlap = min(overlap, side // 2)
        return plan_tiles(size, needs, side=side, overlap=overlap)

    def _ticker(self, number: int) -> OnTick | None:
        """Return a callback that counts the tiles of one step into those of all."""
        if self._on_tile is None:
            return None
        report, before = self._on_tile, sum(self._tiles[:number])
        return lambda done, _: report(before + done, sum(self._tiles))

    def _finish(self, image: Image, part: Part) -> Image:
        """Return the result as an image of the depth that was asked for."""
        values, notes, settings = color.join(part.own, part.alpha), image.notes, self._settings
        notes += self._guide.notes if self._guide else ()
        if self._white != 1:
            notes += (f"white was taken to be {self._white:.4g}",)
            with np.errstate(over="ignore"):
                values = values * np.float32(self._white)
        if not np.isfinite(values).all():
            raise InvalidOutputError("values overflow; scale the picture down")
        if settings.dither and part.region != Region(0, 0, *part.size):
            restored = self._dithered(image, values, part)
        else:
            seed = settings.seed if settings.dither else None
            restored = image.with_float(values, bits=settings.bits, dither_seed=seed)
        if image.metadata.icc and values.shape[2] != image.pixels.shape[2]:
            restored = replace(restored, metadata=replace(image.metadata, icc=None))
            notes += ("the gray color profile was dropped, the result has color",)
        return replace(restored, notes=notes, jpeg_quality=None)

    def _dithered(self, image: Image, values: FloatArray, part: Part) -> Image:
        """Round a region, each row with the noise that it gets in the whole picture."""
        rows = []
        for number, row in enumerate(values, part.region.top):
            # `default_rng` takes a generator as it is; every sample draws one number.
            noise: Any = np.random.default_rng(self._settings.seed)
            before = (number * part.size[1] + part.region.left) * row.shape[1]
            noise.bit_generator.advance(before)
            bits = self._settings.bits
            rows.append(image.with_float(row[None], bits=bits, dither_seed=noise))
        return replace(rows[0], pixels=np.concatenate([row.pixels for row in rows]))

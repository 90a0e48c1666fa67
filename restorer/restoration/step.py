"""StepRun: one step of a restoration, resolved for the picture that it processes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any, TypeAlias

from restorer import color
from restorer.errors import SettingsError
from restorer.inference.memory import tile_budget
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec
from restorer.restoration.strength import STRENGTH_REACH
from restorer.settings import OnTick, RunPlan, Settings, Step
from restorer.tiling.padding import PaddedFrame
from restorer.tiling.plan import (
    Region,
    TilePlan,
    plan_tiles,
    smaller_side,
)

log = logging.getLogger(__name__)

OpenStep: TypeAlias = tuple[Predictor, Step]  # a step with its model, opened

REGISTRATION_TICKS = 64  # progress of the registration of references, counted in tiles
_WHOLE_TICKS = 1000  # progress of a step in context `whole`, which has no tiles to count


@dataclass(frozen=True, eq=False)
class StepRun:
    """One step with its model, its tiles, and the regions that it reads and returns.

    Regions are in pixels of the step's input picture, unless stated otherwise.

    Attributes:
        predictor: The model.
        step: The options of the step.
        settings: What holds for all steps.
        number: Place in the order of steps, from 0.
        size: Height and width of the picture.
        frame: The picture, padded beyond its borders.
        tiles: Tiles of the frame; None in context ``whole``.
        plan: The record of the run; `tiles` and `plan` together fix the pixels.
        wanted: Region whose result the step returns.
        input_scale: For a step that merges references into an enlargement, the factor by which the
            picture was enlarged; 1 for all others.
        note: What the user should know about the plan.
        repeated: The plan of an earlier run that this one repeats.
        threads: Number of tiles at once in CPU threads. It is not part of the plan, because it does
            not affect the pixels and depends on what else is running.
    """

    predictor: Predictor
    step: Step
    settings: Settings
    number: int
    size: tuple[int, int]
    frame: PaddedFrame
    tiles: TilePlan | None
    plan: RunPlan
    wanted: Region
    input_scale: int = 1
    note: str = ""
    repeated: RunPlan | None = None
    threads: int = 1

    @property
    def at_once(self) -> int:
        """Number of tiles at once, in one call of the network or in threads."""
        return max(self.plan.batch, self.threads)

    @property
    def spec(self) -> ModelSpec:
        """Description of the model."""
        return self.predictor.spec

    @property
    def result_size(self) -> tuple[int, int]:
        """Height and width of the result of the whole picture."""
        return self.size[0] * self.spec.scale, self.size[1] * self.spec.scale

    @property
    def merges(self) -> bool:
        """Whether the step merges references into the enlargement that the step before made."""
        return bool(self.spec.base)

    @property
    def takes_references(self) -> bool:
        """Whether the network looks at reference pictures."""
        return self.spec.traits.needs_references

    @property
    def border(self) -> int:
        """Padding in pixels on every side; the authors' tests use none."""
        return self.frame.border

    @property
    def bayer_pattern(self) -> str:
        """Bayer pattern of the mosaic that the step takes."""
        return bayer_pattern(self.spec, self.step)

    @cached_property
    def computed(self) -> Region:
        """Region that the network computes, with the margin for splitting frequency bands."""
        coarse, fine = self.step.shares
        reach = STRENGTH_REACH * self.input_scale
        return self.wanted if coarse == fine else self.wanted.grown(reach, self.size)

    @cached_property
    def inner(self) -> Region:
        """`computed`, in pixels of the frame."""
        return self.frame.around(self.computed)

    @cached_property
    def needed(self) -> Region:
        """Region of the picture that the step reads."""
        if self.tiles is None:
            return Region(0, 0, *self.size)
        seen = self.frame.seen(self.tiles.cover(self.inner))
        return seen.united(self.computed.grown(color.CUBIC_REACH, self.size))

    @cached_property
    def ticks(self) -> int:
        """Number of progress units for the work on the region."""
        if self.tiles is None:
            return _WHOLE_TICKS * self.passes
        tiles = self.tiles.count(self.inner) * self.passes
        return tiles + REGISTRATION_TICKS * self.takes_references

    @property
    def passes(self) -> int:
        """How often the network runs: twice if its colors are blended with noisy ones."""
        return 1 + (self.spec.traits.mosaic and self.step.mixes_input)

    @property
    def memory_bytes(self) -> int:
        """Host memory that the feature maps of the whole picture may take."""
        return self.settings.memory or tile_budget("cpu")

    @property
    def device_bytes(self) -> int:
        """Device memory that a part of the picture may take."""
        return device_bytes(self.predictor, self.settings)

    def safest(self, reason: str) -> StepRun | None:
        """Return this step in float32 on the CPU with a note; None if it runs there already."""
        before = self.plan.device, self.plan.precision
        if before == ("cpu", "fp32"):
            return None
        plan = replace(self.plan, device="cpu", precision="fp32", batch=1)
        note = f"{reason} in {before[1]} on {before[0]}; it was computed again in fp32 on the CPU"
        note = f"{self.note}; {note}" if self.note else note
        log.warning("%s", note)
        return replace(self, predictor=self.predictor.on_cpu(), plan=plan, note=note, threads=1)

    def smaller(self) -> StepRun | None:
        """Return this step for a retry with less memory; None if there is no smaller one.

        Fewer tiles run at once, which gives the same pixels; one by one, the tiles become smaller,
        and share no more than half their side.
        """
        if self.at_once > 1:
            threads, batch = (max(1, n // 2) for n in (self.threads, self.plan.batch))
            count = max(threads, batch)
            log.warning("%s: out of memory, again with %d tiles at once", self.spec.id, count)
            return replace(self, threads=threads, plan=replace(self.plan, batch=batch))
        if self.tiles is None or self.settings.tiling == "chop":
            return None
        side = smaller_side(self.tiles.largest, self.spec.tile)
        if side is None:
            return None
        log.warning("%s: out of memory, again with tiles of %d", self.spec.id, side)
        overlap = min(self.tiles.overlap, side // 2)
        tiles = plan_tiles(self.frame.size, self.spec.tile, side=side, overlap=overlap)
        plan = replace(self.plan, side=tiles.side, overlap=tiles.overlap)
        note = self.note or seam_note(self.spec, tiles)
        return replace(self, tiles=tiles, plan=plan, note=note)

    def tiled_like(self, record: Mapping[str, Any]) -> StepRun:
        """Return this step with the tiles of an earlier run; unchanged if anything else differs.

        The size of the tiles depends on how much memory was free.

        Args:
            record: The fields of that run's plan.
        """
        side, overlap = record.get("side"), record.get("overlap")
        if self.tiles is None or not isinstance(side, int) or not isinstance(overlap, int):
            return self
        plan = replace(self.plan, side=side, overlap=overlap)
        same = ("model", "device", "precision", "tiling")
        if plan == self.plan or any(getattr(plan, key) != record.get(key) for key in same):
            return self
        try:
            tiles = plan_tiles(self.frame.size, self.spec.tile, side=side, overlap=overlap)
        except SettingsError:
            return self
        return replace(self, tiles=tiles, plan=plan)


def asked_steps(steps: Sequence[OpenStep]) -> list[Step]:
    """Return the steps without those of base models, which the caller did not request."""
    following = (predictor.spec.base for predictor, _ in steps[1:])
    return [step for (_, step), base in zip_longest(steps, following) if not base]


def route(runs: Sequence[StepRun], region: Region) -> list[StepRun]:
    """Return the steps with the region that each must return, for a region of the final result.

    The last step returns that region; each earlier step returns what the next one reads.
    """
    for run in runs[:-1]:
        region = region.scaled(run.spec.scale)
    routed: list[StepRun] = []
    for run in reversed(runs):
        wanted = region.shrunk(run.spec.scale) if routed else region
        routed.insert(0, replace(run, wanted=wanted))
        region = routed[0].needed
    return routed


def ticker(
    runs: Sequence[StepRun], run: StepRun, on_tile: OnTick | None, turn: int = 0
) -> OnTick | None:
    """Return a callback that adds the progress of one step to that of the steps before.

    Args:
        runs: All steps.
        run: The step.
        on_tile: The callback for all steps.
        turn: Number of the pass of the network, from 0.
    """
    if on_tile is None:
        return None
    before, total = sum(r.ticks for r in runs[: run.number]), sum(r.ticks for r in runs)
    own = run.ticks // run.passes
    before += turn * own
    if run.tiles is None:
        return lambda done, parts: on_tile(before + done * own // parts, total)
    return lambda done, _: on_tile(before + done, total)


def seam_note(spec: ModelSpec, tiles: TilePlan) -> str:
    """Return a note if the picture is cut into tiles for a network that needs the whole."""
    if not spec.tile.whole or len(tiles.tiles) == 1:
        return ""
    return (
        f"{spec.id}: its result depends on the whole picture, which was cut into"
        f" {len(tiles.tiles)} tiles of {tiles.side}; brightness and texture may differ between them"
    )


def device_bytes(predictor: Predictor, settings: Settings) -> int:
    """Return the device memory that the tiles of a model may take."""
    return settings.memory or tile_budget(predictor.device)


def bayer_pattern(spec: ModelSpec, step: Step) -> str:
    """Return the Bayer pattern of the mosaics that a step takes, such as ``rggb``."""
    return step.bayer or str(spec.trained_for["bayer"])

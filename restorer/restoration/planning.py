"""Plan steps: their tiles, the plan that fixes their pixels, and their regions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from restorer.errors import SettingsError
from restorer.inference.autotune import (
    LARGEST_BATCH,
    TileMemory,
    even_batch,
    fitting_batch,
    largest_side,
    tile_memory,
)
from restorer.inference.devices import check_precision, cpu_threads
from restorer.inference.predictor import Predictor
from restorer.models.catalog import model_family
from restorer.restoration.step import (
    OpenStep,
    StepRun,
    bayer_pattern,
    device_bytes,
    route,
    seam_note,
)
from restorer.sensor import bayer
from restorer.settings import RunPlan, Settings, Step
from restorer.tiling.padding import PaddedFrame
from restorer.tiling.plan import Region, TilePlan, fit_side, plan_chop, plan_tiles, round_up

log = logging.getLogger(__name__)

_STEP_SEEDS = 1 << 32  # distance between the seeds of two steps; no image has as many tiles


def plan_steps(
    steps: Sequence[OpenStep],
    size: tuple[int, int],
    region: Region,
    settings: Settings,
    plans: Sequence[RunPlan] = (),
) -> list[StepRun]:
    """Resolve steps against a picture of `size` (height, width), for the result of a region of it.

    Args:
        steps: What to run, in order.
        size: Height and width of the picture.
        region: The region whose result is wanted.
        settings: What holds for all steps.
        plans: The plans of an earlier run, which is repeated; none for a new one.

    Raises SettingsError where tile and overlap do not fit a model, or plans do not fit the steps.
    """
    runs: list[StepRun] = []
    if plans and [plan.model for plan in plans] != [predictor.spec.id for predictor, _ in steps]:
        raise SettingsError(f"plans of {len(plans)} other steps cannot be repeated")
    for number, (predictor, step) in enumerate(steps):
        input_scale = steps[number - 1][0].spec.scale if predictor.spec.base else 1
        planner = _Planner(predictor, settings, input_scale, plans[number] if plans else None)
        run = planner.plan(step, number, size)
        log.debug("%s", run.plan)
        runs.append(run)
        size = run.result_size
    return route(runs, region)


class _Planner:
    """Plans one step.

    Args:
        predictor: The model.
        settings: What holds for all steps.
        input_scale: See `StepRun`.
        repeated: The plan of an earlier run, which is repeated; None for a new one.
    """

    def __init__(
        self,
        predictor: Predictor,
        settings: Settings,
        input_scale: int,
        repeated: RunPlan | None,
    ) -> None:
        keep = settings.keep_colors and not predictor.spec.traits.changes_tones
        # The authors' test procedure has no such step.
        keep = keep and settings.tiling != "chop" and not predictor.borrowed
        if repeated is not None:
            keep = repeated.keep_colors
            predictor = predictor.at(check_precision(repeated.precision) or predictor.precision)
        self._predictor = predictor.keeping_colors(keep)
        self._settings, self._input_scale, self._repeated = settings, input_scale, repeated

    def plan(self, step: Step, number: int, size: tuple[int, int]) -> StepRun:
        """Return the step at a place in the order of steps, from 0, for a picture (height, width).

        It gives the result of the whole picture, see `route`.
        """
        frame = self._frame(step, size)
        tiles, note = self._tiles(frame.size)
        return StepRun(
            predictor=self._predictor,
            step=step,
            settings=self._settings,
            number=number,
            size=size,
            frame=frame,
            tiles=tiles,
            plan=self._record(number, tiles),
            wanted=Region(0, 0, *size),
            input_scale=self._input_scale,
            note=note,
            repeated=self._repeated,
            threads=self._threads(tiles),
        )

    def _frame(self, step: Step, size: tuple[int, int]) -> PaddedFrame:
        spec, before = self._predictor.spec, (0, 0)
        if spec.traits.mosaic:
            before = bayer.phase(bayer_pattern(spec, step), spec.trained_for["bayer"])
        border = 0 if self._settings.tiling == "chop" else spec.tile.border
        return PaddedFrame(*size, border, spec.traits.padding == "repeat", before)

    def _record(self, number: int, tiles: TilePlan | None) -> RunPlan:
        """Return the plan of the step with these tiles; None is the context ``whole``."""
        predictor, settings = self._predictor, self._settings
        plan = RunPlan(
            predictor.spec.id,
            predictor.device,
            predictor.precision,
            side=tiles.side if tiles else 0,
            overlap=tiles.overlap if tiles else 0,
            seed=settings.seed + number * _STEP_SEEDS,
            tiling=settings.tiling,
            self_ensemble=settings.self_ensemble,
            context=settings.context,
            batch=self._batch(tiles),
            keep_colors=predictor.keeps_colors,
            weights=predictor.spec.weights.sha256,
            twin=predictor.twin,
        )
        if self._repeated is None:
            return plan
        return replace(plan, seed=self._repeated.seed, batch=self._repeated.batch)

    def _tiles(self, size: tuple[int, int]) -> tuple[TilePlan | None, str]:
        """Return tiles for a frame of `size`, and a note where they take more memory than allowed.

        None in context ``whole``.
        """
        settings, spec = self._settings, self._predictor.spec
        if settings.context == "whole":
            return None, ""
        if settings.tiling == "chop":
            family = model_family(spec.architecture)
            assert family is not None, "checked before the first step"
            assert family.chop is not None, "checked before the first step"
            return plan_chop(size, family.chop, spec.scale), ""
        if (past := self._repeated) is not None:
            return plan_tiles(size, spec.tile, side=past.side, overlap=past.overlap), ""
        side, note = self._side(size)
        if settings.overlap is None:
            overlap = spec.tile.overlap_of(side)
        else:
            overlap = settings.overlap * self._input_scale
        tiles = plan_tiles(size, spec.tile, side=side, overlap=overlap)
        return tiles, note or seam_note(spec, tiles)

    def _side(self, size: tuple[int, int]) -> tuple[int, str]:
        """Return the side asked for, or the best one whose tiles fit into memory, and a note."""
        settings, spec = self._settings, self._predictor.spec
        if settings.tile is not None:
            return settings.tile * self._input_scale, ""
        needs = spec.tile.for_picture(size)
        budget = device_bytes(self._predictor, settings)
        memory = tile_memory(self._predictor)
        if needs.whole:
            height, width = (max(length, needs.min_side) for length in size)
            pixels = height * width
            taken = memory.bytes_for(pixels) if memory else needs.bytes_per_pixel * pixels
            if taken <= budget:
                return round_up(max(height, width), needs.multiple_of), ""
        if memory is None:
            return fit_side(needs, budget), ""
        side = largest_side(memory, needs, budget)
        taken = memory.bytes_for(side**2)
        if settings.memory is None or taken <= budget:
            return side, ""
        return side, (
            f"{spec.id} took about {taken / 1e6:.0f} MB, more than the memory limit: its tiles"
            " cannot be smaller"
        )

    def _batch(self, tiles: TilePlan | None) -> int:
        """Return how many tiles go through the network at once: one keeps a core of a CPU busy.

        The batches of a picture are filled as evenly as can be.
        """
        if tiles is None or not self._predictor.device.startswith("cuda"):
            return 1
        return even_batch(len(tiles.tiles), self._fitting(tiles, LARGEST_BATCH))

    def _threads(self, tiles: TilePlan | None) -> int:
        """Return how many tiles run at once in threads: one for each core, if memory allows."""
        if tiles is None or not self._predictor.runs_in_threads:
            return 1
        most = min(cpu_threads(), len(tiles.tiles))
        return most if most == 1 else self._fitting(tiles, most)

    def _fitting(self, tiles: TilePlan, most: int) -> int:
        """Return how many tiles fit into the memory, at most `most`; 1 where that is not known."""
        memory, spec = tile_memory(self._predictor), self._predictor.spec
        if memory is None and spec.traits.needs_references:  # is not measured
            memory = TileMemory(0, spec.tile.bytes_per_pixel, 0)
        if memory is None:
            return 1
        budget = device_bytes(self._predictor, self._settings)
        return fitting_batch(memory, tiles.largest**2, budget, most)

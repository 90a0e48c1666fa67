"""Run the steps of a restoration on a picture, or on a region of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import TypeAlias

import numpy as np

from restorer import color
from restorer.errors import OutOfMemoryError
from restorer.estimate.levels import Levels
from restorer.image import HEADROOM, FloatArray, Image
from restorer.restoration import strength
from restorer.restoration.chosen import Chosen
from restorer.restoration.conditioning import Condition, condition_of, merged, planes_of
from restorer.restoration.encoding import ResultEncoder
from restorer.restoration.notes import is_generative, step_notes
from restorer.restoration.planning import plan_steps
from restorer.restoration.provenance import account_of, with_provenance
from restorer.restoration.reference.run import ReferenceRun
from restorer.restoration.resolve import suiting_noise
from restorer.restoration.sanity import DisagreementError, Gate
from restorer.restoration.source import Part, Source, lowest_jpeg_quality, usual
from restorer.restoration.step import OpenStep, StepRun, asked_steps, route, ticker
from restorer.sensor import bayer
from restorer.sensor.noise import network_planes, sigma_of
from restorer.settings import CancelToken, OnTick, Origin, RunPlan, Settings
from restorer.tiling.plan import Region

OnPart: TypeAlias = Callable[[Region, Image], None]  # a region of the result and its image
_Complete: TypeAlias = Callable[[StepRun, FloatArray, Part], Part]


class Restoration:
    """The work on one picture: its steps, its references, its progress.

    Args:
        source: The picture.
        steps: What to run, in order.
        settings: What holds for all steps.
        references: The reference pictures, for a step that takes them.
        chosen: What was chosen in place of `auto`; then there may be no steps.
        plans: The plans of an earlier run, which is repeated; none for a new one.
        on_tile: Called with (done, total) tiles over all steps.
        on_part: Called with the parts of the result as the tiles of the last step complete them.
        start: The place (row, column) of the picture where these tiles begin.
        cancel: Stops between two tiles.
    """

    def __init__(
        self,
        source: Source,
        steps: Sequence[OpenStep],
        settings: Settings,
        *,
        references: ReferenceRun | None = None,
        chosen: Chosen | None = None,
        plans: Sequence[RunPlan] = (),
        on_tile: OnTick | None = None,
        on_part: OnPart | None = None,
        start: tuple[int, int] | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self._source = source
        self._steps = suiting_noise(steps, source, settings)
        self._settings = settings
        self._encoder = ResultEncoder(source, settings, references)
        self._references = references
        self._chosen = chosen
        self._plans = plans
        self._on_tile = on_tile
        self._on_part, self._start = on_part, start
        self._cancel = cancel
        self._runs: list[StepRun] = []

    def run(self, region: Region | None = None) -> tuple[Image, tuple[RunPlan, ...]]:
        """Return the result of a region of the picture, or of all of it, and the plan of each step.

        The pixels of a region are those of the whole result. Only the tiles that meet it are run,
        and of the steps before, those that these tiles see; a step behind the first that estimates
        the noise knows that part alone. After lack of memory the step starts again with smaller
        tiles, or the first step does where these see more than the steps before have made.
        """
        source, region = self._source, region or self._source.region
        runs = plan_steps(self._steps, source.size, region, self._settings, self._plans)
        needed = runs[0].needed if runs else region
        number, part, plans = 0, source.part(needed), list[RunPlan]()
        before = part  # the picture before the last enlargement
        while number < len(runs):
            self._runs, run = runs, runs[number]
            before = before if run.merges else part
            try:
                part, plan = self._run_step(run, part, before)
            except OutOfMemoryError:
                smaller = run.smaller()
                if smaller is None:
                    raise
                runs = route([*runs[:number], smaller, *runs[number + 1 :]], region)
                if not part.region.holds(runs[number].needed):
                    number, part, plans = 0, source.part(runs[0].needed), []
            else:
                plans.append(plan)
                number += 1
        restored = self._encoder.encode(part) if runs else self._encoder.keep(part)
        notes = (*restored.notes, *step_notes(runs, plans, self._chosen))
        account = account_of(
            asked_steps(self._steps),
            plans,
            self._settings,
            source.file,
            self._references.files if self._references else (),
            generative=is_generative(runs),
            found=self._chosen.found if self._chosen else "",
        )
        return with_provenance(replace(restored, notes=notes), account), tuple(plans)

    def _run_step(self, run: StepRun, part: Part, before: Part) -> tuple[Part, RunPlan]:
        """Return the result of a step, in float32 on the CPU where it does not agree otherwise."""
        try:
            return self._try_step(run, part, before)
        except DisagreementError as error:
            safe = run.safest(str(error))
            if safe is None:
                raise
            self._runs[run.number] = safe
            return self._try_step(safe, part, before)

    def _try_step(self, run: StepRun, part: Part, before: Part) -> tuple[Part, RunPlan]:
        """Return the result of a step: color through the network, alpha beside it."""
        if run.spec.condition == "sensor_noise":
            return self._demosaic_noisy(run, part)
        if run.spec.traits.mosaic:
            return self._demosaic(run, part), run.plan
        known = usual(part.colors)
        condition = condition_of(
            run.spec,
            run.step,
            levels=self._levels(run, part, known),
            jpeg_quality=lambda: self._jpeg_quality(part),
            white=self._source.white,
            known=run.repeated,
        )
        planes = planes_of(run.spec, known, condition.levels(part.region))

        def complete(run: StepRun, restored: FloatArray, part: Part) -> Part:
            return self._complete(run, restored, part, before)

        restored = self._run_network(run, planes, part, complete)
        given = run.computed.of(planes, part.region)[..., : restored.shape[2]]
        self._compare(run, given, restored, condition)
        return complete(run, restored, part), condition.recorded(run.plan)

    def _complete(self, run: StepRun, restored: FloatArray, part: Part, before: Part) -> Part:
        """Return the result of a step from that of its network, which may be changed."""
        scale, known = run.spec.scale, usual(part.colors)
        colored = any(each.spec.traits.mosaic for each in self._runs[: run.number])
        gray = self._source.gray and not colored
        restored = merged(run.spec, run.computed.of(known, part.region), restored, gray=gray)
        if known is not part.colors:  # highlights beyond the network's range pass beside it
            brightest = max(0.0, self._source.limits[1] - HEADROOM)
            highlights = color.resample(part.colors - known, scale, (0.0, brightest))
            restored = restored + run.computed.scaled(scale).of(
                highlights, part.region.scaled(scale)
            )
        if self._source.is_integer:
            np.clip(restored, 0, 1, out=restored)
        elif self._source.curve is not None:  # an overshoot beside a highlight would be brighter
            darkest, brightest = self._source.limits
            np.clip(restored, min(darkest, 0), max(brightest, 1), out=restored)
        colors, own = self._blend(run, restored, part, before)
        inside, around = run.wanted.scaled(scale), run.computed.scaled(scale)
        alpha = part.alpha
        if alpha is not None:
            alpha = np.clip(color.resample(alpha, scale, (0.0, 1.0)), 0, 1)
            alpha = inside.of(alpha, part.region.scaled(scale))
        colors, own = inside.of(colors, around), inside.of(own, around)
        return Part(inside, run.result_size, colors, own, alpha)

    def _demosaic(self, run: StepRun, part: Part) -> Part:
        """Map a mosaic to color: shifted to the pattern that the network knows, and back."""
        pattern = bayer.shifted(run.bayer_pattern, part.region.top, part.region.left)
        planes = bayer.spread(bayer.raw_samples(part.colors, pattern), pattern)
        restored = self._run_network(run, planes, part, self._colored)
        here = run.computed.of(planes, part.region)
        shifted = bayer.shifted(run.bayer_pattern, run.computed.top, run.computed.left)
        self._compare(run, bayer.sampled(here, shifted), bayer.sampled(restored, shifted))
        return self._colored(run, restored, part)

    def _demosaic_noisy(self, run: StepRun, part: Part) -> tuple[Part, RunPlan]:
        """Map a mosaic to color by a network conditioned on the noise of each sample.

        Noisy colors, for strengths below 1, are those of the same network conditioned on none.
        """
        source, shares = self._source, run.step.shares
        pattern = bayer.shifted(run.bayer_pattern, part.region.top, part.region.left)
        samples = bayer.raw_samples(part.colors, pattern)
        noise, origin = source.sensor_noise(run.bayer_pattern)
        planes = network_planes(source.linear(samples), pattern, noise)

        def complete(run: StepRun, restored: FloatArray, part: Part) -> Part:
            source.leave_curve(restored, noise.knee)
            return self._colored(run, restored, part)

        plain = not source.gives_samples and not run.step.mixes_input
        restored = self._run_network(run, planes, part, complete if plain else None)
        here = run.computed.of(planes, part.region)
        shifted = bayer.shifted(run.bayer_pattern, run.computed.top, run.computed.left)
        condition = Condition(sigma=sigma_of(noise), origin=origin)
        colors = here[..., : run.spec.channels]
        self._compare(
            run, bayer.sampled(colors, shifted), bayer.sampled(restored, shifted), condition
        )
        source.leave_curve(restored, noise.knee)
        if source.gives_samples:
            before = run.computed.of(samples, part.region)
            restored = strength.mixed_samples(before, restored, shifted, *shares)
        elif run.step.mixes_input:
            planes[..., run.spec.channels :] = 0
            noisy = self._run_network(run, planes, part, turn=1)
            source.leave_curve(noisy, noise.knee)
            restored = strength.mixed(noisy, restored, *shares)
        restored = run.wanted.of(restored, run.computed)
        return self._colored(run, restored, part), condition.recorded(run.plan)

    def _colored(self, run: StepRun, restored: FloatArray, part: Part) -> Part:
        """Return the result of demosaicing in the colors that are wanted."""
        if self._source.rendering is not None:
            restored = self._source.rendering.shown(restored)
        elif self._source.is_integer:
            np.clip(restored, 0, 1, out=restored)
        alpha = None if part.alpha is None else run.wanted.of(part.alpha, part.region)
        return Part(run.wanted, part.size, restored, restored, alpha)

    def _compare(
        self,
        run: StepRun,
        given: FloatArray,
        restored: FloatArray,
        condition: Condition | None = None,
    ) -> None:
        """Raise DisagreementError where the result of a network does not agree with its input."""
        gate = Gate.of(run, condition or Condition())
        gate.add(given, restored)
        gate.close()

    def _run_network(
        self,
        run: StepRun,
        planes: FloatArray,
        part: Part,
        complete: _Complete | None = None,
        turn: int = 0,
    ) -> FloatArray:
        """Run the network on the planes of a part; return the result of the computed region.

        Args:
            run: The step.
            planes: Input of the network.
            part: The part.
            complete: Makes the result of the step from that of the network, for parts of it.
            turn: Number of the pass of the network, from 0.
        """
        predictor, frame = run.predictor, run.frame
        on_tile = ticker(self._runs, run, self._on_tile, turn)
        if run.tiles is None:
            restored = predictor.run_whole(
                frame.fill(frame.region, planes, part.region),
                memory_bytes=run.memory_bytes,
                device_bytes=run.device_bytes,
                seed=run.plan.seed,
                on_tile=on_tile,
                cancel=self._cancel,
            )
            return run.inner.scaled(run.spec.scale).of(restored)
        if run.merges:
            assert self._references is not None, "checked before the first step"
            return self._references.merge(
                run, self._source, planes, part.region, on_tile=on_tile, cancel=self._cancel
            )
        covered = frame.fill(run.tiles.cover(run.inner), planes, part.region)
        if run.takes_references:
            assert self._references is not None, "checked before the first step"
            return self._references.transfer(
                run, self._source, covered, on_tile=on_tile, cancel=self._cancel
            )
        return predictor.run(
            covered,
            run.tiles,
            region=run.inner,
            seed=run.plan.seed,
            self_ensemble=run.plan.self_ensemble,
            batch=run.at_once,
            on_tile=on_tile,
            on_part=self._shows(run, part, complete),
            start=self._place(run),
            cancel=self._cancel,
        )

    def _shows(
        self, run: StepRun, part: Part, complete: _Complete | None
    ) -> Callable[[Region, FloatArray], None] | None:
        """Return a callback that completes and hands over parts of the result of the last step.

        None if nobody listens, and where neighbors that are not there yet change the edges.
        """
        listen = self._on_part
        if listen is None or complete is None or run.number + 1 < len(self._runs):
            return None
        if run.computed != run.wanted:
            return None

        def show(region: Region, values: FloatArray) -> None:
            own = replace(run, wanted=run.frame.inside(region))
            image = self._encoder.encode(complete(own, values, _cut(part, own)))
            listen(own.wanted.scaled(run.spec.scale), image)

        return show

    def _place(self, run: StepRun) -> tuple[int, int] | None:
        """Return where the tiles of the last step begin, in pixels of its frame."""
        if self._start is None or run.number + 1 < len(self._runs):
            return None
        scale = prod(each.spec.scale for each in self._runs[: run.number])
        top, left = (n * scale for n in self._start)
        place = run.frame.around(Region(top, left, 1, 1))
        return place.top, place.left

    def _blend(
        self, run: StepRun, restored: FloatArray, part: Part, before: Part
    ) -> tuple[FloatArray, FloatArray]:
        """Blend input and result as the step asks; return `Part.colors` and `Part.own`."""
        if not run.step.mixes_input:
            return restored, restored
        scale, around = run.spec.scale, run.computed.scaled(run.spec.scale)
        if run.merges:  # with the picture before it was enlarged
            scale, part = run.input_scale, before

        def blend(values: FloatArray) -> FloatArray:
            here = around.of(values, part.region.scaled(scale))
            blended = strength.mixed(here, restored, *run.step.shares, scale)
            return np.clip(blended, 0, 1) if self._source.is_integer else blended

        colors = blend(color.resample(part.colors, scale, self._source.limits))
        hidden = part.own is not part.colors and scale == 1
        return colors, blend(part.own) if hidden else colors

    def _levels(self, run: StepRun, part: Part, known: FloatArray) -> Levels:
        """Return the noise levels of the picture; a later step knows those of its part."""
        if not run.number:
            return self._source.levels
        size, corner = (known.shape[0], known.shape[1]), (part.region.top, part.region.left)
        return Levels(size, lambda a, b: known[a:b], lambda: color.is_gray(known), corner)

    def _jpeg_quality(self, part: Part) -> tuple[int, Origin]:
        """Return the quality of the source, whatever the steps before did, unless they enlarged."""
        if part.size != self._source.size:
            known = usual(part.colors)
            return lowest_jpeg_quality(known.shape[:2], lambda a, b: known[a:b])
        return self._source.jpeg_quality()


def _cut(part: Part, run: StepRun) -> Part:
    """Return what a step needs of a part beside the result of its network."""
    region = run.computed.grown(color.CUBIC_REACH, run.size)
    of = part.region
    colors = region.of(part.colors, of)
    own = colors if part.own is part.colors else region.of(part.own, of)
    alpha = None if part.alpha is None else region.of(part.alpha, of)
    return Part(region, part.size, colors, own, alpha)

"""Estimate the damage of an animation once for all frames.

Estimates of single frames differ a little, and a strength that changes from frame to frame is seen
as flicker. The first step takes the median of several frames; a later one takes what the first
frame gave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median, median_low

from restorer.image import Image
from restorer.models.catalog import model_spec
from restorer.restoration.source import Source
from restorer.settings import RunPlan, Step

SAMPLES = 5  # frames that are looked at, evenly spread over the animation


def sample_numbers(count: int) -> list[int]:
    """Return the numbers of the frames to estimate from, of `count`."""
    return sorted({number * count // SAMPLES for number in range(SAMPLES)})


def needs_estimate(steps: Sequence[Step]) -> bool:
    """Whether the first step is conditioned on a damage that nobody has given."""
    condition = model_spec(steps[0].model).condition
    return bool(condition) and getattr(steps[0], condition) is None


def with_estimates(steps: Sequence[Step], frames: Iterable[Image]) -> tuple[Step, ...]:
    """Return the steps, the first with the noise level or JPEG quality of some frames."""
    first, spec = steps[0], model_spec(steps[0].model)
    if spec.condition == "sigma":
        level = median(Source(frame).levels.sigma(spec.noise) for frame in frames)
        first = replace(first, sigma=min(float(level), spec.condition_max))
    else:
        first = replace(
            first, jpeg_quality=median_low(Source(frame).jpeg_quality()[0] for frame in frames)
        )
    return (first, *steps[1:])


def with_plans(steps: Sequence[Step], plans: Sequence[RunPlan]) -> tuple[Step, ...]:
    """Return the steps with the damage that the plans of a frame hold."""
    known = {plan.model: plan for plan in reversed(plans)}
    return tuple(
        replace(step, sigma=plan.sigma, jpeg_quality=plan.jpeg_quality)
        if (plan := known.get(model_spec(step.model).id))
        else step
        for step in steps
    )

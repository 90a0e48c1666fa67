"""Chosen: the steps that `auto` chose for a picture, and the steps that it may choose."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from restorer.models.catalog import ModelSpec, model_spec
from restorer.settings import Step
from restorer.tasks import AUTO, AUTO_SR, conditioned_task, default_model, usual_task

_LEVEL = re.compile(r" of (level|quality) [\d.]+")
_ENLARGEMENT = 2  # that of `auto-sr` where no scale is given


@dataclass(frozen=True)
class Chosen:
    """The steps that `auto` chose for a picture.

    Attributes:
        steps: In order; none for a picture that needs no repair.
        found: What was found, in words.
        kinds: The damages that were found, see `Finding`.
        strengths: The strength of each of them; the quality of JPEG.
    """

    steps: tuple[Step, ...]
    found: str
    kinds: tuple[str, ...] = ()
    strengths: tuple[float, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found and done, for the user; without levels, which differ from file to file."""
        if not self.steps:
            return ("nothing to repair",)
        found = _LEVEL.sub("", self.found)
        return (f"found {found}: {', '.join(map(_words, self.steps))}",)


def is_automatic(step: Step) -> bool:
    """Whether a step stands for those that suit the picture."""
    return step.model in (AUTO, AUTO_SR)


def step_scale(step: Step) -> int:
    """Return the scale of a step, which is known before the picture is. Raises ModelError."""
    if step.model == AUTO:
        return step.scale or 1
    if step.model == AUTO_SR:
        return step.scale or _ENLARGEMENT
    return model_spec(step.model).scale


def scale_of_steps(steps: Sequence[Step]) -> int:
    """Return the scale of all steps together, which does not depend on the picture.

    Examples:
        >>> restorer.scale_of_steps([restorer.Step("auto", scale=2)])
        2
    """
    return math.prod(map(step_scale, steps))


def expected_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps; in place of an automatic one, all that it does to a bad picture.

    Time and memory of the picture are no larger. Raises UnknownModelError for a scale that no
    model has.

    Examples:
        >>> [step.model for step in restorer.expected_steps([restorer.Step("auto")])]
        ['panet-deblock-lite', 'panet-denoise-lite']
    """
    return tuple(own for step in steps for own in (_most(step) if is_automatic(step) else (step,)))


def expected_specs(steps: Sequence[Step]) -> list[ModelSpec]:
    """Return the models of `expected_steps`."""
    return [model_spec(step.model) for step in expected_steps(steps)]


def repairing(step: Step, model: str) -> Step:
    """Return the step of a model with the options of an automatic one that it takes."""
    condition = model_spec(model).condition
    return Step(
        model,
        sigma=step.sigma if condition == "sigma" else None,
        jpeg_quality=step.jpeg_quality if condition == "jpeg_quality" else None,
        strength=step.strength,
        detail=step.detail,
    )


def _most(step: Step) -> tuple[Step, ...]:
    found: list[Step] = []
    if step.model == AUTO:
        tasks = (conditioned_task("jpeg_quality"), conditioned_task("sigma"))
        found = [repairing(step, default_model(task)) for task in tasks]
    if (scale := step_scale(step)) != 1:
        found.append(Step(default_model(usual_task(), scale)))
    return tuple(found)


def _words(step: Step) -> str:
    label = model_spec(step.model).traits.label
    return f"{label[:1].lower()}{label[1:]}"


def named_alike(chosen: Chosen, models: Sequence[str]) -> Chosen:
    """Return what was chosen, with other names of the models."""
    pairs = zip(chosen.steps, models, strict=True)
    return replace(chosen, steps=tuple(replace(step, model=model) for step, model in pairs))

"""`auto`: choose the steps that suit a picture when it is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from restorer.errors import SettingsError
from restorer.estimate.findings import Finding
from restorer.formats import Rows
from restorer.image import Image
from restorer.models.catalog import model_spec
from restorer.restoration.chosen import Chosen, expected_steps, is_automatic, repairing
from restorer.restoration.conditioning import condition_of
from restorer.restoration.diagnosis import diagnose
from restorer.restoration.resolve import Model, OneStep, open_each, open_steps, steps_of
from restorer.restoration.source import UNCOMPRESSED, Source
from restorer.restoration.step import OpenStep
from restorer.settings import Settings, Step
from restorer.tasks import AUTO, TASKS, conditioned_task, default_model

# Rows of a picture larger than memory that are looked at, in bands of whole JPEG blocks.
_BANDS, _BAND_ROWS = 16, 128


def open_chosen(
    model: Model,
    source: Source | Callable[[], Source],
    settings: Settings,
    bits: int,
    known: Chosen | None = None,
) -> tuple[list[OpenStep], Chosen | None]:
    """Return the steps for a picture with their models, and what was chosen in place of `auto`.

    Args:
        model: The steps, see `restore`; an automatic one has to be the first.
        source: The picture, or a function that gives it, or a part of it, to choose by.
        settings: What holds for all steps.
        bits: See `open_steps`.
        known: What was chosen in an earlier run, which is repeated.

    Raises ModelError, SettingsError.
    """
    first, *others = _named(model)
    pattern = source.pattern if isinstance(source, Source) else ""
    if not isinstance(first, Step) or not is_automatic(first):
        return open_steps(model, settings, bits, pattern), None
    if known is None:
        source = source if isinstance(source, Source) else source()
        known = choose_steps(first, source, settings)
    return open_each([*known.steps, *others], settings, bits, pattern), known


def look_ahead(
    steps: Sequence[Step], source: Source, settings: Settings, known: Chosen | None = None
) -> Chosen | None:
    """Return what `open_chosen` would choose, and estimate what the first step needs to know.

    The source keeps the estimates. No network runs, so that those of another picture can meanwhile.

    Args:
        steps: What is asked for.
        source: The picture.
        settings: What holds for all steps.
        known: What was chosen in an earlier run, which is repeated.

    Raises ModelError, SettingsError.
    """
    chosen = known
    if chosen is None and is_automatic(steps[0]):
        chosen = choose_steps(steps[0], source, settings)
    for step in (steps if chosen is None else chosen.steps)[:1]:
        if not source.pattern:  # the colors of a mosaic come from its first step
            condition_of(
                model_spec(step.model),
                step,
                levels=source.levels,
                jpeg_quality=source.jpeg_quality,
                white=source.white,
            )
    return chosen


def is_chosen(model: Model) -> bool:
    """Whether the steps depend on the picture."""
    first = _named(model)[0]
    return isinstance(first, Step) and is_automatic(first)


def expected_model(model: Model) -> Model:
    """Return the steps; in place of an automatic one, all that it does to a bad picture."""
    found: list[OneStep] = []
    for each in _named(model):
        found += expected_steps([each]) if isinstance(each, Step) else [each]
    return found


def choose_steps(step: Step, source: Source, settings: Settings | None = None) -> Chosen:
    """Return what an automatic step stands for, for a picture.

    A noise level or a JPEG quality that the step gives holds in place of what is found.

    Raises SettingsError, UnknownModelError for a scale that no model has.

    Examples:
        >>> source = restorer.Source(restorer.read("noisy.png"))
        >>> chosen = restorer.choose_steps(restorer.Step("auto", scale=2), source)
        >>> restorer.scale_of_steps(chosen.steps)
        2
    """
    settings = settings or Settings()
    if step.bayer is not None:
        raise SettingsError(
            "bayer: auto reads the pattern from the file; choose a demosaicing model to set it"
        )
    scale = step.scale
    if scale is None:
        scale = 1 if step.model == AUTO else 2
    diagnosis = diagnose(source, scale=scale, settings=settings)
    found = [_at_strength(each, step) for each in diagnosis.treatment.steps]
    if step.model != AUTO and not source.pattern:
        found = [each for each in found if model_spec(each.model).traits.enlarges]
    elif not source.pattern:
        found = _as_given(found, step)
    kinds = tuple(damage.kind for damage in diagnosis.damages)
    strengths = tuple(damage.strength for damage in diagnosis.damages)
    return Chosen(tuple(found), _words(diagnosis.content, diagnosis.damages), kinds, strengths)


def sampled(rows: Rows) -> Image:
    """Return bands that are spread over a picture larger than memory, to choose by."""
    height = rows.header.height
    last = max(0, height - _BAND_ROWS)
    tops = sorted({number * last // (_BANDS - 1) // 16 * 16 for number in range(_BANDS)})
    bands = [rows.read(top, min(top + _BAND_ROWS, height)) for top in tops]
    pixels: Any = np.concatenate(bands)
    return replace(rows.first, pixels=pixels)


def choose_for_frames(step: Step, frames: Iterable[Image], settings: Settings) -> Chosen:
    """Return what `choose_steps` does for most frames of an animation."""
    found = [choose_steps(step, Source(frame), settings) for frame in frames]
    (steps, _), *_ = Counter(each.steps for each in found).most_common()
    return next(each for each in found if each.steps == steps)


def _named(model: Model) -> list[OneStep]:
    """Return the steps, ids as a `Step`. Raises SettingsError where `auto` is not the first."""
    steps: list[OneStep] = []
    for each in steps_of(model):
        steps.append(Step(each) if isinstance(each, str) else each)
    for each in steps[1:]:
        if isinstance(each, Step) and is_automatic(each):
            raise SettingsError(f"{each.model}: examines the picture, so it must be the first step")
    return steps


def _at_strength(chosen: Step, asked: Step) -> Step:
    """Return a step that repairs with the strength that was asked for."""
    if model_spec(chosen.model).traits.enlarges:
        return chosen
    return replace(chosen, strength=asked.strength, detail=asked.detail)


def _as_given(steps: Sequence[Step], asked: Step) -> list[Step]:
    """Return the steps with the damage that was stated, which one of them removes."""
    found = list(steps)
    for condition, none in (("sigma", 0), ("jpeg_quality", UNCOMPRESSED)):
        value = getattr(asked, condition)
        if value is None:
            continue
        task = conditioned_task(condition)
        found = [each for each in found if model_spec(each.model).task != task]
        if value != none:
            found.append(repairing(asked, default_model(task)))
    return sorted(found, key=lambda each: TASKS[model_spec(each.model).task].place)


_CLEAN = {"art": "clean art", "raw": "a clean RAW picture"}  # others take "a clean"


def _words(content: Finding, damages: Sequence[Finding]) -> str:
    repairable = [damage for damage in damages if not damage.is_size]
    if not repairable:
        return _CLEAN.get(content.kind, f"a clean {content.kind}")
    return ", ".join(map(_damage, repairable))


def _damage(finding: Finding) -> str:
    if "jpeg" in finding.kind:
        again = ", saved again" if finding.kind == "resaved-jpeg" else ""
        return f"JPEG compression of quality {finding.strength:.0f}{again}"
    if finding.kind.endswith(("noise", "grain")):
        return f"{finding.kind.replace('-', ' ')} of level {finding.strength:.1f}"
    return finding.kind

"""Ways to restore a region: the current settings, automatic ones, presets, and single models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication

from restorer import (
    AUTO,
    Cancelled,
    CancelToken,
    Image,
    ModelSpec,
    Region,
    RestorerError,
    Sample,
    Settings,
    Source,
    Step,
    choose_steps,
    compare_models,
    read_preset,
    read_presets,
    scale_of_steps,
)

from ..session.choices import Choices, automatic_choices
from ..session.convert import with_pixels
from ..session.preset_options import PRESET_NAMES, from_options
from ..widgets.model_names import model_name, model_use, step_name
from ..widgets.words import error_text


@dataclass(frozen=True)
class Way:
    """One way to restore the region.

    Attributes:
        key: Tells it from the others.
        title: The name on its card.
        tip: What it is good for, or its steps.
        steps: Its steps; empty for automatic restoration, which finds them.
        settings: Its settings.
        choices: What adopting it chooses; None for a single model.
    """

    key: str
    title: str
    tip: str
    steps: tuple[Step, ...]
    settings: Settings
    choices: Choices | None = None

    def steps_for(self, picture: Source) -> tuple[Step, ...]:
        """Return the steps for a picture, which takes a while for automatic restoration."""
        return self.steps or choose_steps(Step(AUTO), picture, self.settings).steps


def model_way(spec: ModelSpec, choices: Choices, strength: float = 1.0) -> Way:
    """Return the way of a single model."""
    step = replace(choices.step(spec), strength=strength, detail=None)
    title = model_name(spec) if strength == 1 else f"{model_name(spec)}, {round(strength * 100)} %"
    return Way(f"{spec.id} {strength}", title, model_use(spec), (step,), choices.settings)


def recipes(choices: Choices, presets: Path) -> Iterator[Way]:
    """Yield the current settings, automatic ones and the presets, as far as they can be compared.

    Steps that need reference pictures cannot. A current single step at full strength is the card of
    its model.
    """
    translate = QCoreApplication.translate
    plain = [replace(step, strength=1.0, detail=None) for step in choices.steps[:1]]
    automatic = choices if choices.automatic else automatic_choices().for_kind(raw=choices.raw)
    if list(choices.steps) != plain and not (choices.automatic or choices.needs_references):
        yield _recipe("current", translate("ways", "Current settings"), choices)
    tip = translate("ways", "Automatic repair")
    title = translate("ways", "Automatic")
    yield Way("auto", title, tip, automatic.steps, choices.settings, automatic)
    for name in _names(presets):
        try:
            kept = from_options(read_preset(presets, name, PRESET_NAMES)).for_kind(raw=choices.raw)
        except (RestorerError, ValueError):  # the menu of presets tells
            continue
        title = translate("ways", "Preset “%1”").replace("%1", name)
        if kept.automatic:
            yield Way(f"preset {name}", title, "", (), kept.settings, kept)
        elif kept.steps and not kept.needs_references:
            yield _recipe(f"preset {name}", title, kept)


def _recipe(key: str, title: str, choices: Choices) -> Way:
    tip = " → ".join(map(step_name, choices.steps))
    return Way(key, title, tip, choices.steps, choices.settings, choices)


def _names(presets: Path) -> list[str]:
    try:
        return list(read_presets(presets)) if presets.exists() else []
    except RestorerError:
        return []


def samples_of(
    picture: Source,
    ways: Sequence[Way],
    region: Region,
    truth: Image | None,
    cancel: CancelToken | None,
) -> Iterator[tuple[int, Sample]]:
    """Yield the numbers of cards with their samples: 0 for the original, 1 for the first way.

    The original comes again where a way enlarges more than those before.
    """
    plain = with_pixels(picture.plain, np.ascontiguousarray(region.of(picture.plain.pixels)))
    original = Sample("", plain, 1)
    yield 0, original
    for number, way in enumerate(ways, 1):
        try:
            steps = list(way.steps_for(picture))
            if not steps:  # nothing to repair
                yield number, Sample("", plain, 1)
                continue
            height = picture.size[0] * scale_of_steps(steps)
            fitting = truth if truth is not None and truth.height == height else None
            before, sample = compare_models(
                picture, [steps], region, truth=fitting, settings=way.settings, cancel=cancel
            )
        except Cancelled:
            raise
        except RestorerError as error:
            yield number, Sample(way.key, None, 1, error=error_text(error))
            continue
        if before.scale > original.scale or (before.psnr is not None and original.psnr is None):
            original = before
            yield 0, original
        yield number, sample

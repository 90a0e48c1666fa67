"""Resolve a request: open the models of its steps, and check steps, settings and references."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from restorer.errors import SettingsError
from restorer.inference.loading import Openable, open_model, suited, with_denoise
from restorer.inference.merging import merging
from restorer.inference.predictor import Predictor
from restorer.inputs import Picture, to_image
from restorer.models.catalog import ModelSpec, model_family, model_spec
from restorer.restoration.reference.files import Reference, open_references
from restorer.restoration.reference.run import ReferenceRun
from restorer.restoration.source import Source
from restorer.restoration.step import OpenStep
from restorer.sensor.noise import sigma_of
from restorer.settings import STEP_OPTIONS, Settings, Step
from restorer.tasks import conditioned_task, default_model, mosaic_task, raw_model

# One step: a model, a `Step` that names its model, or a model with the options of a `Step`.
OneStep: TypeAlias = Openable | Step | tuple[Openable, Step]
Model: TypeAlias = OneStep | Sequence[OneStep]
Named: TypeAlias = str | Path | ModelSpec  # a model on the disk

# See `sigma_of`: the noise of ISO 1,100 with a BaselineNoise of 1. Below, the network for mosaics
# without noise has the higher PSNR: by 0.55 dB at ISO 400; 0.26 dB less at ISO 1,600.
_LITTLE_NOISE = 2.2


def open_steps(model: Model, settings: Settings, bits: int, pattern: str = "") -> list[OpenStep]:
    """Return the steps with their models, opened and checked.

    A model that merges references into an enlargement becomes two steps: its base model, which
    enlarges, and the merging.

    Args:
        model: The steps, see `restore`.
        settings: What holds for all steps.
        bits: Depth of the picture. The precision ``auto`` suits it and the depth of the result.
        pattern: Bayer pattern of RAW samples, which are demosaiced first; empty for an image.

    Raises ModelError, SettingsError.
    """
    return open_each(steps_of(model), settings, bits, pattern)


def open_each(
    steps: Sequence[OneStep], settings: Settings, bits: int, pattern: str = ""
) -> list[OpenStep]:
    """Return what `open_steps` does; none of no steps, for a picture that needs none."""
    pairs = [model_and_step(each, settings) for each in steps]
    if pattern and pairs:
        pairs = _demosaicing(pairs, pattern)
    for named, step in pairs:
        spec = spec_of(named)
        _check_step(step, spec)
        _check_settings(settings, spec)
    opened = [
        (with_denoise(opened_model(named, settings), step.denoise), step) for named, step in pairs
    ]
    bits = max(bits, settings.bits or 0)
    return [each for predictor, step in opened for each in _base_and_merging(predictor, step, bits)]


def model_and_step(each: OneStep, settings: Settings) -> tuple[Named | Predictor, Step]:
    """Return a step with its model: the name of one on the disk, one in memory opened."""
    if isinstance(each, Step):
        return each.model, each
    model, step = each if isinstance(each, tuple) else (each, None)
    if isinstance(model, str | Path):
        return model, step or Step(str(model))
    if not isinstance(model, Predictor | ModelSpec):
        model = open_model(model, device=settings.device, precision=settings.precision)
    return model, step or Step(spec_of(model).id)


def opened_model(model: Named | Predictor, settings: Settings) -> Predictor:
    """Return the model of a step; one in memory is returned as it is."""
    if isinstance(model, Predictor):
        return model
    return open_model(model, device=settings.device, precision=settings.precision)


def spec_of(model: Named | Predictor) -> ModelSpec:
    """Return the description of the model of a step."""
    if isinstance(model, Predictor):
        return model.spec
    return model if isinstance(model, ModelSpec) else model_spec(model)


def open_reference_run(
    steps: Sequence[OpenStep], references: Sequence[Picture | Reference], *, needed: bool = True
) -> ReferenceRun | None:
    """Return the references for the step that takes them; None where no step does.

    Args:
        steps: The steps with their models.
        references: The reference pictures.
        needed: Whether references may not be missing. A model with a base does without them.

    Raises SettingsError for references without such a step, and for the step without references.
    """
    taking = [n for n, (p, _) in enumerate(steps) if p.spec.traits.needs_references]
    if not taking and not references:
        return None
    if not taking:
        raise SettingsError("references: no step uses any; choose the task reference-sr")
    spec = steps[taking[0]][0].spec
    if not references and (needed or not spec.base):
        raise SettingsError(
            f"{spec.id}: takes its texture from reference pictures; give at least one"
        )
    before = steps[: taking[0] - bool(spec.base)]
    if len(taking) > 1 or any(p.spec.scale != 1 for p, _ in before):
        raise SettingsError(f"{spec.id}: must be the only step that enlarges, or the first one")
    return ReferenceRun(
        [_opened_reference(each, str(number)) for number, each in enumerate(references, 1)]
    )


def _opened_reference(reference: Picture | Reference, name: str) -> Reference:
    if isinstance(reference, Reference):
        return reference
    if isinstance(reference, str | os.PathLike):
        return open_references([Path(reference)])[0]
    return Reference.of(to_image(reference), name)


def _demosaicing(
    pairs: Sequence[tuple[Named | Predictor, Step]], pattern: str
) -> list[tuple[Named | Predictor, Step]]:
    """Return steps that begin with demosaicing, by the model for camera RAW if none does."""
    model, step = pairs[0]
    if spec_of(model).traits.mosaic:
        return [(model, replace(step, bayer=step.bayer or pattern)), *pairs[1:]]
    name = raw_model()
    if denoises_samples(step, spec_of(model)):
        return [(name, replace(step, bayer=pattern)), *pairs[1:]]
    return [(name, Step(name, bayer=pattern)), *pairs]


def suiting_noise(steps: Sequence[OpenStep], source: Source, settings: Settings) -> list[OpenStep]:
    """Return the steps; RAW with little noise is demosaiced by the model for mosaics without.

    Args:
        steps: The steps with their models, opened.
        source: The picture.
        settings: What holds for all steps.
    """
    if not steps:
        return []
    (predictor, step), *others = steps
    if step.model != raw_model() or step.mixes_input:
        return list(steps)
    pattern = step.bayer or str(predictor.spec.trained_for["bayer"])
    if sigma_of(source.sensor_noise(pattern)[0]) >= _LITTLE_NOISE:
        return list(steps)
    name = default_model(mosaic_task())
    precision = "auto" if predictor.automatic else predictor.precision
    bits = max(source.bits, settings.bits or 0)
    plain = open_model(name, device=predictor.device, precision=precision, bits=bits)
    return [(plain, replace(step, model=name)), *others]


def denoises_samples(step: Step, spec: ModelSpec) -> bool:
    """Whether a step removes the noise of camera RAW before the colors are reconstructed.

    The default model for denoising does, unless it is given a noise level, which is one of colors.
    """
    return spec.condition == "sigma" and step.sigma is None and spec.id == default_model(spec.task)


def steps_of(model: Model) -> list[OneStep]:
    """Return the steps; a pair of a model and a step is one, and a module never is several.

    Raises SettingsError for no steps.
    """
    if isinstance(model, str) or not isinstance(model, Sequence):
        return [model]
    steps = list(model)
    if not steps:
        raise SettingsError("no steps: choose a task or a model")
    if isinstance(model, tuple) and len(steps) == 2 and isinstance(steps[1], Step):
        first, step = steps[0], steps[1]
        if not isinstance(first, str | Path | Step | tuple):
            return [(first, step)]
    return steps


def _base_and_merging(predictor: Predictor, step: Step, bits: int) -> list[OpenStep]:
    """Return the one or two steps of a model, in a precision for this depth."""
    precision = "auto" if predictor.automatic else predictor.precision
    predictor = suited(predictor, bits)
    if not predictor.spec.base:
        return [(predictor, step)]
    base = open_model(predictor.spec.base, device=predictor.device, precision=precision, bits=bits)
    return [(base, Step(base.spec.id)), (merging(predictor), step)]


def _check_settings(settings: Settings, spec: ModelSpec) -> None:
    """Refuse settings that do not go with the model, or with each other."""
    if not spec.traits.whole_context and (settings.context, settings.tiling) != ("tile", "blend"):
        raise SettingsError(f"{spec.id}: uses references tile by tile; leave out context and chop")
    family = model_family(spec.architecture)
    if settings.tiling == "chop" and (family is None or family.chop is None):
        raise SettingsError(f"chop: {spec.id} has no test procedure of its authors'")
    if settings.tiling == "chop" and (settings.tile, settings.overlap) != (None, None):
        raise SettingsError("chop: sets its own tiles; leave out tile and overlap")
    if settings.context == "whole" and (settings.tiling == "chop" or settings.self_ensemble):
        raise SettingsError("context whole: uses no tiles; leave out chop and self-ensemble")
    if settings.context == "whole" and (settings.tile, settings.overlap) != (None, None):
        raise SettingsError("context whole: uses no tiles; leave out tile and overlap")
    if settings.self_ensemble and spec.traits.mosaic:
        raise SettingsError(f"self-ensemble: {spec.id} cannot take flipped mosaics")


def _check_step(step: Step, spec: ModelSpec) -> None:
    """Refuse options that the model does not take; `Step` itself has checked their values."""
    if step.bayer is not None and not spec.traits.mosaic:
        raise SettingsError(f"bayer: {spec.id} is for {spec.task}, not for mosaics")
    if step.scale not in (None, spec.scale):
        raise SettingsError(f"scale {step.scale}: {spec.id} has scale {spec.scale}")
    if step.mixes_input and spec.traits.mosaic and not spec.condition:
        raise SettingsError(
            f"strength: {spec.id} makes colors, which cannot be blended with a mosaic"
        )
    for option in (each for each in STEP_OPTIONS if each.conditional):
        value = getattr(step, option.field)
        if value is not None and spec.condition != option.field:
            task = conditioned_task(option.field)
            raise SettingsError(
                f"{option.title} {value:g}: {spec.id} takes none;"
                f" use a model for {task} that takes it"
            )
    if step.denoise is not None and not spec.twin:
        raise SettingsError(f"denoise {step.denoise:g}: {spec.id} has no twin that keeps noise")
    if spec.condition == "sigma" and step.sigma is not None and step.sigma > spec.condition_max:
        raise SettingsError(f"sigma {step.sigma:g}: {step.model} knows 0 to {spec.condition_max:g}")

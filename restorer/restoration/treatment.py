"""Treatment: what is done about the damage of a picture, and what that takes on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from restorer.errors import SettingsError
from restorer.estimate.findings import Finding, Kind
from restorer.formats.codec import Header
from restorer.models.catalog import ModelSpec, model_spec
from restorer.restoration.footprint import job_bytes
from restorer.restoration.source import Source
from restorer.restoration.timing import expected_seconds
from restorer.settings import Settings, Step
from restorer.tasks import conditioned_task, default_model, raw_model, usual_task

_CAMERA_MODEL = "panet-denoise-photo-lite"
_WEB_MODELS = {2: "panet-sr-x2-photo-lite", 4: "panet-sr-x4-photo-lite"}


class _Repair(NamedTuple):
    """What removes a damage.

    Attributes:
        model: The model.
        limits: The least and the greatest strength at which it does more good than harm.
    """

    model: str
    limits: tuple[float, float]


# The model by damage.
_REPAIRS: Mapping[Kind, _Repair] = {
    "white-noise": _Repair(default_model(conditioned_task("sigma")), (3, 255)),
    "camera-noise": _Repair(_CAMERA_MODEL, (3, 255)),
    "coarse-noise": _Repair(_CAMERA_MODEL, (3, 255)),
    "film-grain": _Repair(_CAMERA_MODEL, (5, 255)),
    "chroma-noise": _Repair(_CAMERA_MODEL, (3, 255)),
    "jpeg": _Repair(default_model(conditioned_task("jpeg_quality")), (1, 90)),
    "resaved-jpeg": _Repair(default_model(conditioned_task("jpeg_quality")), (1, 90)),
}


@dataclass(frozen=True)
class Treatment:
    """The steps that suit a picture.

    Attributes:
        steps: In order; none where there is nothing to do.
        reason: Why, one sentence.
        seconds: Expected time on this machine; that of two CPU cores where it was not measured.
        memory: Expected peak in bytes.
    """

    steps: tuple[Step, ...]
    reason: str
    seconds: float
    memory: int


def treat(source: Source, damages: Sequence[Finding], scale: int, settings: Settings) -> Treatment:
    """Return what removes the damage of a picture and enlarges it.

    Args:
        source: The picture.
        damages: Its damage, the strongest first.
        scale: Factor of the enlargement; 1 for none.
        settings: What holds for all steps.

    Raises SettingsError for a scale without a model.
    """
    steps = [*_repairs(source, damages)]
    if scale > 1:
        enlarging = default_model(usual_task(), scale)
        if steps and not source.pattern and scale in _WEB_MODELS:
            steps, enlarging = [], _WEB_MODELS[scale]
        steps.append(Step(enlarging))
    elif scale < 1:
        raise SettingsError(f"scale {scale}: expected 1 or more")
    specs = [model_spec(step.model) for step in steps]
    return Treatment(
        tuple(steps),
        _reason(damages, steps),
        _seconds(source.size, specs, settings),
        _memory(source, specs, settings),
    )


def _repairs(source: Source, damages: Sequence[Finding]) -> Iterator[Step]:
    """Yield the steps that remove the damage, in order."""
    if source.pattern:
        yield Step(raw_model(), bayer=source.pattern)
        return
    for damage in damages[:1]:
        repair = _REPAIRS.get(damage.kind)
        if repair is not None and repair.limits[0] <= damage.strength <= repair.limits[1]:
            yield Step(repair.model)


def _reason(damages: Sequence[Finding], steps: Sequence[Step]) -> str:
    if not steps:
        return "The damage is too small to repair." if damages else "The picture is clean."
    return damages[0].reason if damages else "The picture is clean and is enlarged."


def _seconds(size: tuple[int, int], specs: Sequence[ModelSpec], settings: Settings) -> float:
    total = 0.0
    for spec in specs:
        total += expected_seconds(spec, size, settings)
        size = size[0] * spec.scale, size[1] * spec.scale
    return total


def _memory(source: Source, specs: Sequence[ModelSpec], settings: Settings) -> int:
    if not specs:
        return 0
    image = source.image
    header = Header("", image.height, image.width, image.pixels.shape[2], image.bits)
    return job_bytes(header, specs, settings.bits, side=settings.tile)

"""Treatment: the steps against the damage of a picture, and their cost on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from restorer.errors import SettingsError
from restorer.estimate.findings import DRAWN, NOISES, Finding, Kind
from restorer.formats.codec import Header
from restorer.models.catalog import ModelSpec, model_spec
from restorer.restoration.footprint import job_bytes
from restorer.restoration.source import Source
from restorer.restoration.timing import expected_seconds
from restorer.settings import Settings, Step
from restorer.tasks import conditioned_task, default_model, raw_model, usual_task

_JPEGS: tuple[Kind, ...] = ("jpeg", "resaved-jpeg")
_PHOTO_NOISES: tuple[Kind, ...] = ("camera-noise", "coarse-noise", "film-grain", "chroma-noise")
_WHITE_MODEL = default_model(conditioned_task("sigma"))
_CAMERA_MODEL = "panet-denoise-photo-lite"
_JPEG_MODEL = default_model(conditioned_task("jpeg_quality"))
_WEB_MODELS = {2: "panet-sr-x2-photo-lite", 4: "panet-sr-x4-photo-lite"}


class _Repair(NamedTuple):
    """What removes a damage.

    Attributes:
        model: The model.
        least: Strength below which it does more harm than good.
    """

    model: str
    least: float = 0.0


# The model by damage, by PSNR on the pictures of tests/benchmarks/diagnosis.py. One step is better
# than noise and JPEG one after the other: by 0.1 to 1.5 dB, noise of sigma 12 to 25, quality 60 to
# 90. Nothing sharpens.
_REPAIRS: Mapping[Kind, _Repair] = {
    "white-noise": _Repair(_WHITE_MODEL, 3),
    **dict.fromkeys(_PHOTO_NOISES, _Repair(_CAMERA_MODEL, 3)),
    **dict.fromkeys(_JPEGS, _Repair(_JPEG_MODEL)),
}
_GOALS: Mapping[Kind, str] = {
    **dict.fromkeys(NOISES, "Removing the noise"),
    **dict.fromkeys(_JPEGS, "Removing the traces of JPEG"),
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


def treat(
    source: Source, content: Finding, damages: Sequence[Finding], scale: int, settings: Settings
) -> Treatment:
    """Return what removes the damage of a picture and enlarges it.

    Args:
        source: The picture.
        content: What it shows.
        damages: Its damage, the strongest first.
        scale: Factor of the enlargement; 1 for none.
        settings: What holds for all steps.

    Raises SettingsError for a scale without a model.
    """
    if scale < 1:
        raise SettingsError(f"scale {scale}: expected 1 or more")
    repaired = _repaired(damages)
    steps = [] if repaired is None else [Step(_REPAIRS[repaired.kind].model)]
    if source.pattern:
        steps = [Step(raw_model(), bayer=source.pattern)]
    if scale > 1:
        web = scale in _WEB_MODELS and _is_web(content, damages)
        model = _WEB_MODELS[scale] if web else default_model(usual_task(), scale)
        steps = [Step(model)] if web else [*steps, Step(model)]
    seconds, memory = expected_cost(steps, source, settings)
    return Treatment(tuple(steps), _reason(source, damages, repaired), seconds, memory)


def expected_cost(
    steps: Sequence[Step], source: Source, settings: Settings | None = None
) -> tuple[float, int]:
    """Return the expected time of steps on this machine in seconds, and their peak memory in bytes.

    The time is that of two CPU cores where it was not measured here.

    Args:
        steps: In order, each with a model; none costs nothing.
        source: The picture.
        settings: What holds for all steps.

    Raises UnknownModelError.

    Examples:
        >>> source = restorer.Source(restorer.read("noisy.png"))
        >>> seconds, memory = restorer.expected_cost([restorer.Step("panet-denoise-lite")], source)
        >>> seconds > 0 and memory > 0
        True
    """
    settings = settings or Settings()
    specs = [model_spec(step.model) for step in steps]
    return _seconds(source.size, specs, settings), _memory(source, specs, settings)


def _repaired(damages: Sequence[Finding]) -> Finding | None:
    """Return the damage that is removed; None where nothing removes any."""
    for damage in damages:
        repair = _REPAIRS.get(damage.kind)
        if repair and damage.strength >= repair.least:
            return damage
    return None


def _is_web(content: Finding, damages: Sequence[Finding]) -> bool:
    """Return whether a model for web pictures enlarges better than a repair and a sharp model.

    It sharpens. Noise and JPEG of photographs are better removed first: white noise by 0.3 to
    0.9 dB, that of cameras by 3, JPEG by 0.2 to 0.5 (x2); noise under JPEG is the exception, by 0.1
    to 0.3. Drawings and text were not shrunk by a bicubic filter, and get rings from a sharp model:
    the SSIM of drawings rises from 0.982 to 0.986 (x2) and 0.968 to 0.975 (x4), of those saved as
    JPEG from 0.926 to 0.955 and 0.917 to 0.956, of black and white text from 0.67 to 0.81 (x4).
    """
    return content.kind in DRAWN or any(damage.kind == "blur" for damage in damages)


def _reason(source: Source, damages: Sequence[Finding], repaired: Finding | None) -> str:
    if source.pattern:
        return "The colors of all pixels are made of the samples, without their noise."
    if repaired is not None:
        return f"{_GOALS[repaired.kind]} does the most good."
    found = not all(damage.is_size for damage in damages)
    return "Nothing that was found can be repaired without harm." if found else "It is clean."


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

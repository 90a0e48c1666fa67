"""Catalog entries for models that users add: ids, titles and settings derived from the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from restorer.errors import SettingsError
from restorer.models.catalog import ModelKind, ModelSpec, WeightsFile, is_shipped, list_models
from restorer.models.checkpoint_info import CheckpointInfo
from restorer.networks import reference_use
from restorer.tasks import TASKS, default_model, usual_task

_CONDITION_MAX = {"": 0.0, "sigma": 75.0, "jpeg_quality": 100.0, "sensor_noise": 0.0}
_SETTINGS = {
    "sigma": "noise with a sigma of {}",
    "jpeg_quality": "JPEG quality {}",
    "bayer": "{} mosaics",
}


def describe_model(
    checkpoint: CheckpointInfo,
    *,
    id: str = "",
    title: str = "",
    task: str = "",
    license: str = "",
    trained_for: Mapping[str, Any] | None = None,
    kind: ModelKind | None = None,
) -> ModelSpec:
    """Return a model entry for a checkpoint, with a generated id if none is given.

    Args:
        checkpoint: The checkpoint.
        id: Model id: lower-case letters and digits, joined by hyphens.
        title: What the model is for, in a few words.
        task: Task of the model; required if the checkpoint fits several.
        license: License of the weights, overriding that of the checkpoint.
        trained_for: Setting of the training; required for networks with scale 1 that support one
            noise level or JPEG quality.
        kind: Whether the model is faithful or invents texture, overriding that of the checkpoint.

    Raises SettingsError for a task that the network does not support, and for an id that is invalid
    or belongs to a model of the catalog.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("mine.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("mine.pth"))
        >>> spec = restorer.describe_model(checkpoint, id="mine-x2", title="My network")
        >>> restorer.add_weights(spec, Path("mine.pth")).id
        'mine-x2'
    """
    if id and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise SettingsError(f"id {id!r}: expected lower-case letters and digits, joined by hyphens")
    if is_shipped(id):
        raise SettingsError(f"id {id!r}: belongs to another model; choose a new one")
    task = task or (checkpoint.tasks[0] if len(checkpoint.tasks) == 1 else "")
    if task not in checkpoint.tasks:
        raise SettingsError(
            f"task {task!r}: {checkpoint.title} supports {', '.join(checkpoint.tasks)}"
        )
    settings = {**(checkpoint.trained_for or {}), **(trained_for or {})}
    if TASKS[task].mosaic:
        settings.setdefault("bayer", "grbg")  # as in the papers
    return ModelSpec(
        id=id or _free_id(checkpoint, task, settings),
        title=title or _title(checkpoint, settings),
        task=task,
        architecture=checkpoint.architecture,
        params=checkpoint.params,
        scale=checkpoint.scale,
        license=license or checkpoint.license or "unknown",
        source=checkpoint.source,
        tile=checkpoint.tile,
        weights=WeightsFile(""),
        channels=checkpoint.channels,
        peak=checkpoint.peak,
        condition=checkpoint.condition,
        condition_max=_CONDITION_MAX[checkpoint.condition],
        trained_for=settings,
        base=_base(checkpoint),
        kind=kind or checkpoint.kind,
    )


def missing_setting(checkpoint: CheckpointInfo, task: str) -> Literal["", "sigma", "jpeg_quality"]:
    """Return the setting of `trained_for` that `describe_model` requires besides the file.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("x2.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("x2.pth"))
        >>> restorer.missing_setting(checkpoint, "super-resolution")  # the file is enough
        ''
    """
    any_value = checkpoint.condition or checkpoint.scale > 1
    # Many networks of spandrel support all levels.
    if (
        any_value
        or checkpoint.trained_for is not None
        or checkpoint.architecture in ("spandrel", "ncnn")
        or task not in TASKS
    ):
        return ""
    condition = TASKS[task].condition
    return "" if condition == "sensor_noise" else condition


def fits_model(checkpoint: CheckpointInfo, spec: ModelSpec) -> bool:
    """Whether the file fits the network of a catalog entry.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("x2.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("x2.pth"))
        >>> restorer.fits_model(checkpoint, restorer.model_spec("panet-sr-x3-lite"))
        False
    """
    return checkpoint.architecture == spec.architecture and (
        spec.id in checkpoint.published or spec.architecture == "spandrel"
    )


def _base(checkpoint: CheckpointInfo) -> str:
    """Return the id of the model whose enlargement the network takes as input, or nothing."""
    if reference_use(checkpoint.architecture) != "registered":
        return ""
    return default_model(usual_task(), checkpoint.scale)


def _title(checkpoint: CheckpointInfo, settings: Mapping[str, Any]) -> str:
    words = [_SETTINGS[key].format(value) for key, value in settings.items() if key in _SETTINGS]
    return ", ".join([checkpoint.title, *words])


def _free_id(checkpoint: CheckpointInfo, task: str, settings: Mapping[str, Any]) -> str:
    """Return an unused id in the style of the catalog."""
    network = checkpoint.architecture
    if network in ("spandrel", "ncnn"):
        network = "".join(c for c in checkpoint.title.lower() if c.isalnum()) or "community"
    kind = f"x{checkpoint.scale}" if checkpoint.scale > 1 else TASKS[task].suffix
    values = [f"{settings[key]:g}" for key in ("sigma", "jpeg_quality") if key in settings]
    base = "-".join([network, kind, *values])
    taken = {spec.id for spec in list_models()}
    names = (f"{base}-{n}" if n > 1 else base for n in range(1, 1000))
    return next(name for name in names if name not in taken and not is_shipped(name))

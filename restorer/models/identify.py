"""What a checkpoint file is: its network, told by names and shapes, and the model it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from restorer.errors import CheckpointError, SettingsError
from restorer.models import community
from restorer.models.catalog import ModelSpec, WeightsFile, is_shipped, list_models, model_family
from restorer.models.checkpoint import listed, misfits, not_finite, read_state
from restorer.models.download import file_sha256
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import DIV2K_MEAN
from restorer.tasks import TASKS, Task, default_model, usual_task
from restorer.tiling.plan import TileNeeds, round_up

Shapes = Mapping[str, tuple[int, ...]]

_SETTINGS = {
    "sigma": "noise of sigma {}",
    "jpeg_quality": "JPEG of quality {}",
    "bayer": "{} mosaics",
}


@dataclass(frozen=True)
class CheckpointInfo:
    """A checkpoint that can be used.

    Attributes:
        architecture: A key of ``ARCHITECTURES``, or ``spandrel``; `params` are its arguments.
        title: The network by the name of its paper.
        details: Its size, in words.
        tasks: What it may be for; one where names and shapes tell.
        scale: Factor of enlargement.
        channels: Color planes in and out.
        peak: What white is to the network.
        condition: ``sigma`` where it is told the noise level.
        parameters: How many numbers were learned.
        sha256: Of the file.
        license: Of the weights, if known.
        source: Paper and repository of the network.
        published: Ids of the catalog's models of just this layout, which it may be.
    """

    architecture: str
    params: Mapping[str, Any]
    title: str
    details: str
    tasks: tuple[str, ...]
    scale: int
    channels: int
    peak: float
    condition: str
    parameters: int
    sha256: str
    license: str
    source: str
    tile: TileNeeds
    published: tuple[str, ...] = field(default=())


def identify_checkpoint(path: Path) -> CheckpointInfo:
    """Return what the checkpoint at `path` is; the file is read, nothing in it is run.

    Raises CheckpointError: not readable, or of no known network; then it names the nearest, with
    what is missing and what is too much.
    """
    state = read_state(path)
    if spoilt := not_finite(state):
        raise CheckpointError(
            f"{path}: holds NaN or infinity, the training or the copy went wrong:"
            f" {listed(sorted(spoilt))}"
        )
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    candidates = [_Candidate.of(name, shapes) for name in ARCHITECTURES]
    fitting = next((candidate for candidate in candidates if not candidate.problems), None)
    if fitting is not None:
        return _own(fitting, state, file_sha256(path))
    if community.available():
        found = community.identify_checkpoint(state)
        if found is not None:
            return _foreign(found, state, file_sha256(path))
    nearest = max(candidates, key=lambda candidate: candidate.shared)
    raise CheckpointError(f"{path}: {_explanation(nearest)}")


def describe_model(
    recognition: CheckpointInfo,
    *,
    id: str = "",
    title: str = "",
    task: str = "",
    license: str = "",
    trained_for: Mapping[str, Any] | None = None,
) -> ModelSpec:
    """Return the model that a recognized checkpoint makes, with a name if none is given.

    Args:
        recognition: The checkpoint.
        id: For the catalog, small letters and digits joined by hyphens.
        title: What it is good at.
        task: Needed where the recognition leaves several open.
        license: Of the weights, if known better.
        trained_for: The setting it was trained for; needed by networks without enlargement that
            serve one noise level or JPEG quality each.

    Raises SettingsError for a task that the network cannot have, and for an id that is no name or
    that of a model which ships: its weights would be taken for those of this network.
    """
    if id and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise SettingsError(f"id {id!r}: expected small letters and digits, joined by hyphens")
    if is_shipped(id):
        raise SettingsError(f"id {id!r}: is that of another model; choose a new one")
    task = task or (recognition.tasks[0] if len(recognition.tasks) == 1 else "")
    if task not in recognition.tasks:
        raise SettingsError(
            f"task {task!r}: {recognition.title} may be for {', '.join(recognition.tasks)}"
        )
    settings = dict(trained_for or {})
    if TASKS[task].mosaic:
        settings.setdefault("bayer", "grbg")  # the papers' order
    return ModelSpec(
        id=id or _free_id(recognition, task, settings),
        title=title or _title(recognition, settings),
        task=task,
        architecture=recognition.architecture,
        params=recognition.params,
        scale=recognition.scale,
        license=license or recognition.license or "unknown",
        source=recognition.source,
        tile=recognition.tile,
        weights=WeightsFile(""),
        channels=recognition.channels,
        peak=recognition.peak,
        condition=recognition.condition,
        condition_max=75.0 if recognition.condition else 0.0,
        trained_for=settings,
        base=_base(recognition),
    )


def missing_setting(recognition: CheckpointInfo, task: str) -> Literal["", "sigma", "jpeg_quality"]:
    """Return which setting of `trained_for` a file does not tell and `describe_model` needs."""
    told = recognition.condition or recognition.scale > 1
    # Of those that spandrel knows, many are for all levels.
    if told or recognition.architecture == "spandrel" or task not in TASKS:
        return ""
    return TASKS[task].condition


def fits_model(recognition: CheckpointInfo, spec: ModelSpec) -> bool:
    """Say whether the file may hold the weights that an entry of the catalog asks for."""
    return recognition.architecture == spec.architecture and (
        spec.id in recognition.published or spec.architecture == "spandrel"
    )


def _base(recognition: CheckpointInfo) -> str:
    """Return the model that enlarges for a network that takes an enlargement, else nothing."""
    network = ARCHITECTURES.get(recognition.architecture)
    if network is None or network.references != "registered":
        return ""
    return default_model(usual_task(), recognition.scale)


@dataclass(frozen=True)
class _Candidate:
    """An architecture with the arguments that would suit best, and what speaks against it."""

    architecture: str
    params: Mapping[str, Any]
    network: nn.Module
    problems: list[str]
    shared: float

    @classmethod
    def of(cls, name: str, shapes: Shapes) -> _Candidate:
        build = ARCHITECTURES[name]
        params = build.arguments(shapes)
        guessed = {} if params is None else params
        try:
            with torch.device("meta"):
                network = build(**guessed)
        except (ValueError, ZeroDivisionError, RuntimeError):  # shapes of no network at all
            params, guessed = None, {}
            with torch.device("meta"):
                network = build()
        problems = misfits(network, shapes)
        wanted = set(network.state_dict())
        shared = len(wanted & set(shapes)) / max(1, len(wanted | set(shapes)))
        if params is None and not problems:
            problems = ["its shapes do not tell the arguments"]
        return cls(name, guessed, network, problems, shared)


def _own(found: _Candidate, state: Mapping[str, Tensor], sha256: str) -> CheckpointInfo:
    family = model_family(found.architecture)
    assert family is not None, "the catalog has a family for every architecture"
    params = dict(found.params)
    peak = _peak(state)
    if peak != 1:
        params["peak"] = peak
    scale = int(found.network.scale)  # type: ignore[arg-type]  # every architecture has one
    channels = params.get("colors", 3)
    learned = {id(p): p.numel() for p in found.network.parameters()}
    return CheckpointInfo(
        architecture=found.architecture,
        params=params,
        title=family.title,
        details=", ".join(f"{key} {value}" for key, value in params.items()),
        tasks=_possible_tasks(found.architecture, params, scale),
        scale=scale,
        channels=channels,
        peak=peak,
        condition="sigma" if params.get("conditions") else "",
        parameters=sum(learned.values()),
        sha256=sha256,
        license="",
        source=family.source,
        tile=family.tile,
        published=tuple(_published(found.architecture, state)),
    )


def _possible_tasks(architecture: str, params: Mapping[str, Any], scale: int) -> tuple[str, ...]:
    """Return the tasks that a network may be for, the likeliest first.

    What a network without enlargement was trained for leaves no trace in its shapes.
    """
    tasks = _tasks_of_scale(scale)
    references = ARCHITECTURES[architecture].references != "none"
    if scale > 1:
        tasks = [task for task in tasks if task.needs_references == references]
    elif params.get("conditions"):
        tasks = [task for task in tasks if task.condition == "sigma"]
    elif params.get("colors", 3) == 1:  # the published networks of one plane are for luma
        tasks = sorted((task for task in tasks if not task.mosaic), key=lambda task: not task.luma)
    return tuple(task.id for task in tasks)


def _tasks_of_scale(scale: int) -> list[Task]:
    return [task for task in TASKS.values() if task.enlarges == (scale > 1)]


def _published(architecture: str, state: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield the models that a browser gets from their authors and that have this very layout."""
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    for spec in list_models():
        if spec.architecture == architecture and spec.weights.page:
            with torch.device("meta"):
                network = ARCHITECTURES[architecture](**spec.params)
            if not misfits(network, shapes):
                yield spec.id


def _peak(state: Mapping[str, Tensor]) -> float:
    """Return what white was in training, as the stored mean shift of the EDSR family tells."""
    bias = state.get("sub_mean.bias")
    if bias is None or bias.shape != (3,):
        return 1.0
    return 255.0 if float(-bias[0]) > 2 * DIV2K_MEAN[0] else 1.0


def _foreign(
    found: community.CommunityModel, state: Mapping[str, Tensor], sha256: str
) -> CheckpointInfo:
    unit = max(1, found.multiple_of)
    # Networks that look at the whole picture get large tiles; the rest is a matter of memory.
    side = 512 if found.tiling == "discouraged" else 256
    tile = TileNeeds(
        multiple_of=unit,
        min_side=round_up(max(found.min_side, 8), unit),
        side=round_up(side, unit),
        overlap=32,
        border=0,
        bytes_per_pixel=16_000 * max(1, found.scale**2 // 2),
        global_context=found.tiling != "supported",
    )
    return CheckpointInfo(
        architecture="spandrel",
        params={},
        title=found.name,
        details=", ".join(found.tags),
        tasks=tuple(
            task.id
            for task in _tasks_of_scale(found.scale)
            if not task.mosaic and not task.needs_references
        ),
        scale=found.scale,
        channels=found.channels,
        peak=1.0,
        condition="",
        parameters=sum(tensor.numel() for tensor in state.values()),
        sha256=sha256,
        license="",
        source=f"{found.name}, through spandrel",
        tile=tile,
    )


def _explanation(nearest: _Candidate) -> str:
    family = model_family(nearest.architecture)
    name = nearest.architecture if family is None else family.title
    hint = (
        ""
        if community.available()
        else "; many more networks are known with: pip install 'restorer[community]'"
    )
    if nearest.shared < 0.1:
        return f"a state dict of no known network{hint}"
    share = f"{nearest.shared:.0%}"
    return (
        f"no known network; the nearest is {name}, which shares {share} of the names:"
        f" {listed(nearest.problems)}{hint}"
    )


def _title(recognition: CheckpointInfo, settings: Mapping[str, Any]) -> str:
    told = [_SETTINGS[key].format(value) for key, value in settings.items() if key in _SETTINGS]
    return ", ".join([recognition.title, *told])


def _free_id(recognition: CheckpointInfo, task: str, settings: Mapping[str, Any]) -> str:
    """Return an id as the catalog has them, that no model has yet."""
    network = recognition.architecture
    if network == "spandrel":
        network = "".join(c for c in recognition.title.lower() if c.isalnum()) or "community"
    kind = f"x{recognition.scale}" if recognition.scale > 1 else TASKS[task].suffix
    told = [f"{settings[key]:g}" for key in ("sigma", "jpeg_quality") if key in settings]
    base = "-".join([network, kind, *told])
    taken = {spec.id for spec in list_models()}
    return next(
        name for n in range(1, 1000) if (name := f"{base}-{n}" if n > 1 else base) not in taken
    )

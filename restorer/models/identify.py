"""Identification of checkpoints: their network by names and shapes, and a model entry for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from restorer.errors import CheckpointError, SettingsError
from restorer.formats.files import file_sha256
from restorer.models import community
from restorer.models.adapter import BorrowedNetwork
from restorer.models.catalog import (
    Family,
    ModelKind,
    ModelSpec,
    WeightsFile,
    is_shipped,
    list_models,
    model_family,
)
from restorer.models.checkpoint import (
    load_state,
    misfits,
    not_finite,
    read_record,
    read_state,
    summarize,
)
from restorer.models.ncnn.files import holds_network
from restorer.models.ncnn.identify import NcnnModel, identify_network
from restorer.models.ncnn.pairs import graph_beside, weights_beside
from restorer.models.packages import package_tables
from restorer.models.probing import measure_needs
from restorer.models.seams import measured_tile
from restorer.networks import ARCHITECTURES, reference_use
from restorer.networks.layers import DIV2K_MEAN
from restorer.sensor.bayer import PATTERNS
from restorer.tasks import TASKS, Task, default_model, named_task, usual_task
from restorer.tiling.plan import TileNeeds

Shapes = Mapping[str, tuple[int, ...]]

_CONDITION_MAX = {"": 0.0, "sigma": 75.0, "jpeg_quality": 100.0, "sensor_noise": 0.0}
_MAX_BLOCKS = 1000  # the deepest published networks have 80
_MAX_ARGUMENT = 1000  # in a record; the chunks of NLSN have 144 pixels, and white may be 255
_SETTINGS = {
    "sigma": "noise with a sigma of {}",
    "jpeg_quality": "JPEG quality {}",
    "bayer": "{} mosaics",
}


@dataclass(frozen=True)
class CheckpointInfo:
    """The properties of a supported checkpoint.

    Attributes:
        architecture: A key of ``ARCHITECTURES``, ``spandrel``, or ``ncnn``; `params` are its
            arguments.
        title: Name of the network in its paper.
        details: Size of the network, as text.
        tasks: Possible tasks, the most likely first; a single one if the file determines it.
        scale: Scale of the result.
        channels: Input and output channels.
        peak: Value of white in the network's input.
        condition: ``sigma`` or ``jpeg_quality`` if the network takes that as an input.
        parameters: Number of trained parameters.
        sha256: SHA-256 of the file.
        license: License of the weights, if known.
        source: Paper and repository of the network.
        published: Ids of the catalog's published models with the same layout.
        trained_for: Setting of the training (`ModelSpec.trained_for`), as recorded in the file;
            None if unknown.
        kind: What such networks do; see `ModelSpec.kind`. Weights do not show whether they were
            trained with an adversarial loss: networks of other projects count as ``generative``,
            but for those that are published for faithful restoration only.
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
    trained_for: Mapping[str, Any] | None = None
    kind: ModelKind = "faithful"


def identify_checkpoint(path: Path | str) -> CheckpointInfo:
    """Identify the checkpoint at `path` without running code in it.

    The tiles that a network of spandrel needs are measured once, in up to a minute.

    Raises CheckpointError if the file is not readable, or its network is unknown; the message then
    names the most similar network and lists missing and unexpected tensors; InferenceError for a
    network of spandrel that fails.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("x2.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("x2.pth"))
        >>> checkpoint.architecture, checkpoint.scale, checkpoint.tasks
        ('panet-lite', 2, ('super-resolution',))
    """
    path = Path(path)
    if holds_network(path):
        return _graph(identify_network(path), path)
    state = read_state(path)
    if invalid := not_finite(state):
        raise CheckpointError(
            f"{path}: contains NaN or infinity, possibly from a failed training or copy:"
            f" {summarize(sorted(invalid))}"
        )
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    candidates = [_Candidate.of(name, shapes) for name in ARCHITECTURES]
    fitting = next((candidate for candidate in candidates if not candidate.problems), None)
    if fitting is not None:
        return _recorded(_known(fitting, state, file_sha256(path)), read_record(path))
    if community.available():
        found = community.identify_checkpoint(state)
        if found is not None:
            return _foreign(found, state, path)
    nearest = max(candidates, key=lambda candidate: candidate.shared)
    raise CheckpointError(f"{path}: {_explain(nearest, shapes)}")


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


@dataclass(frozen=True)
class _Candidate:
    """An architecture with the best arguments for a checkpoint, and the remaining differences."""

    architecture: str
    params: Mapping[str, Any]
    network: nn.Module
    problems: list[str]
    shared: float

    @classmethod
    def of(cls, name: str, shapes: Shapes) -> _Candidate:
        build = ARCHITECTURES[name]
        params, guessed = None, {}
        try:
            params = build.arguments(shapes)
            guessed = params or {}
            _check_blocks(guessed.get("blocks", 0))
            with torch.device("meta"):
                network = build(**guessed)
        except (ValueError, ArithmeticError, RuntimeError, TypeError, LookupError):
            # The shapes fit no network.
            params, guessed = None, {}
            with torch.device("meta"):
                network = build()
        problems = misfits(network, shapes)
        wanted = set(network.state_dict())
        shared = len(wanted & set(shapes)) / max(1, len(wanted | set(shapes)))
        if params is None and not problems:
            problems = ["its shapes do not determine the arguments"]
        return cls(name, guessed, network, problems, shared)


def _check_blocks(blocks: int | tuple[int, ...]) -> None:
    """Raise ValueError for a network whose construction would take seconds."""
    if sum(blocks if isinstance(blocks, tuple) else (blocks,)) > _MAX_BLOCKS:
        raise ValueError


def _known(found: _Candidate, state: Mapping[str, Tensor], sha256: str) -> CheckpointInfo:
    family = model_family(found.architecture) or _new_family(found, state)
    params = dict(found.params)
    peak = _peak(state)
    if peak != 1:
        params["peak"] = peak
    scale = int(found.network.scale)  # type: ignore[arg-type]  # every architecture has one
    channels = params.get("colors", 3)
    trained = {id(p): p.numel() for p in found.network.parameters()}
    return CheckpointInfo(
        architecture=found.architecture,
        params=params,
        title=family.title,
        details=_details(params),
        tasks=_possible_tasks(found.architecture, params, scale),
        scale=scale,
        channels=channels,
        peak=peak,
        condition="sigma" if params.get("conditions") else "",
        parameters=sum(trained.values()),
        sha256=sha256,
        license="",
        source=family.source,
        tile=family.tile,
        published=tuple(_published(found.architecture, state)),
    )


def _new_family(found: _Candidate, state: Mapping[str, Tensor]) -> Family:
    """Return the family of an architecture that the catalog lacks, with its measured needs."""
    network = ARCHITECTURES[found.architecture](**found.params)
    load_state(network, state, name=found.architecture)
    seeded = BorrowedNetwork(network)

    def run(x: Tensor) -> Tensor:
        with torch.no_grad():
            y: Tensor = seeded(x)
        return y

    needs = measure_needs(run, name=found.architecture, planes=(found.params.get("colors", 3), 1))
    return Family(type(network).__name__, "", "", needs.tile())


def _details(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in params.items())


def _recorded(found: CheckpointInfo, record: Mapping[str, Any]) -> CheckpointInfo:
    """Return the checkpoint with what its training recorded, where names and shapes allow it.

    Only arguments that the shapes leave open are taken, such as the levels of a pyramid.
    """
    task, settings, params = (
        str(record.get("task")),
        record.get("trained_for"),
        record.get("params"),
    )
    if record.get("architecture") != found.architecture or task not in TASKS:
        return found
    conditioned = bool(found.condition)
    rare = not TASKS[task].default_models and TASKS[task].enlarges == (found.scale > 1)
    if task not in found.tasks and not (TASKS[task].condition if conditioned else rare):
        return found
    if isinstance(params, Mapping):
        numbers = {k: v for k, v in params.items() if isinstance(v, int | float)}
        bounded = {k: v for k, v in numbers.items() if abs(v) <= _MAX_ARGUMENT}
        texts = {k: v for k, v in params.items() if isinstance(v, str)}
        params = {**texts, **bounded, **found.params}
    else:
        params = found.params
    try:
        with torch.device("meta"):
            ARCHITECTURES[found.architecture](**params)
    except (TypeError, ValueError, ZeroDivisionError, RuntimeError):  # not written by a training
        return found
    return replace(
        found,
        params=params,
        details=_details(params),
        tasks=(task,),
        condition=TASKS[task].condition if conditioned else "",
        trained_for=_recorded_settings(settings) if isinstance(settings, Mapping) else {},
    )


def _recorded_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the valid settings of a record."""
    highest = {"sigma": 255, "jpeg_quality": 100}
    return {
        key: value
        for key, value in settings.items()
        if (key == "bayer" and value in PATTERNS)
        or (key == "noise" and value == "photo")
        or (key in highest and isinstance(value, int | float) and 0 <= value <= highest[key])
    }


def _possible_tasks(architecture: str, params: Mapping[str, Any], scale: int) -> tuple[str, ...]:
    """Return the possible tasks of a network, the most likely first.

    The shapes of a network with scale 1 do not show what it was trained for. It is one of the tasks
    that have models of the catalog, unless its training recorded another one.
    """
    tasks = _tasks_of_scale(scale)
    references = reference_use(architecture) != "none"
    if scale > 1:
        tasks = [task for task in tasks if task.needs_references == references]
    elif params.get("conditions"):
        tasks = [task for task in tasks if task.condition == "sigma"]
    elif params.get("colors", 3) == 1:  # published networks with one channel are for luma
        tasks = sorted((task for task in tasks if not task.mosaic), key=lambda task: not task.luma)
    return tuple(task.id for task in tasks)


def _tasks_of_scale(scale: int) -> list[Task]:
    fitting = (task for task in TASKS.values() if task.enlarges == (scale > 1))
    return [task for task in fitting if task.default_models]


def _published(architecture: str, state: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield the ids of published models, which are not included, that have the same layout."""
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    for spec in list_models():
        if spec.architecture == architecture and (spec.weights.page or spec.weights.url):
            with torch.device("meta"):
                network = ARCHITECTURES[architecture](**spec.params)
            if not misfits(network, shapes):
                yield spec.id


def _peak(state: Mapping[str, Tensor]) -> float:
    """Return the value of white during training, from the mean shift stored by the EDSR family."""
    bias = state.get("sub_mean.bias")
    if bias is None or bias.shape != (3,):
        return 1.0
    return 255.0 if float(-bias[0]) > 2 * DIV2K_MEAN[0] else 1.0


def _foreign(
    found: community.CommunityModel, state: Mapping[str, Tensor], path: Path
) -> CheckpointInfo:
    sha256 = file_sha256(path)
    return CheckpointInfo(
        architecture="spandrel",
        params={},
        title=found.name,
        details=", ".join(found.tags),
        tasks=_general_tasks(found.scale, path.stem, found.name),
        scale=found.scale,
        channels=found.channels,
        peak=1.0,
        condition="",
        parameters=sum(tensor.numel() for tensor in state.values()),
        sha256=sha256,
        license="",
        source=f"{found.name}, through spandrel",
        tile=measured_tile(found, state, sha256),
        kind=community.kind_of(found),
    )


def _graph(found: NcnnModel, path: Path) -> CheckpointInfo:
    """Return a network of ncnn; the hash is that of the file with its weights."""
    graph_file, params = graph_beside(path), dict(found.params)
    weights = path
    if graph_file is not None:
        weights = weights_beside(graph_file)
        params["param_sha256"] = file_sha256(graph_file)
    sha256 = file_sha256(weights)
    known = next((t for t in package_tables() if t["weights"]["sha256"] == sha256), {})
    usual = "faithful" if found.title == "UpConv7" else "generative"
    return CheckpointInfo(
        architecture="ncnn",
        params=params,
        title=found.title,
        details=found.details,
        tasks=_general_tasks(found.scale, weights.stem, found.title),
        scale=found.scale,
        channels=found.channels,
        peak=1.0,
        condition="",
        parameters=found.parameters,
        sha256=sha256,
        license=known.get("license", ""),
        source=known.get("source", f"{found.title}, a graph of ncnn"),
        tile=found.tile,
        kind=known.get("kind", usual),
    )


def _general_tasks(scale: int, *names: str) -> tuple[str, ...]:
    """Return the possible tasks of a network that maps pictures to pictures.

    The one that the names tell comes first.
    """
    tasks = [
        task.id
        for task in TASKS.values()
        if task.enlarges == (scale > 1) and not (task.mosaic or task.needs_references)
    ]
    likely = tasks[0] if scale > 1 else named_task(*names)
    return (likely, *(task for task in tasks if task != likely))


def _explain(nearest: _Candidate, shapes: Shapes) -> str:
    hints = {
        "restorer[community]": community.available(),
        "spandrel_extra_arches": community.has_restricted(),
    }
    missing = next((package for package, installed in hints.items() if not installed), "")
    hint = f"; for more networks: pip install '{missing}'" if missing else ""
    if nearest.shared < 0.1:
        key = next(iter(shapes), "")
        return (
            f"state dict of an unknown network, with tensors such as {key} of {shapes.get(key)};"
            " models can be added (restore weights add FILE) for the networks of the catalog and of"
            f" spandrel, and from the weights of the generator only{hint}"
        )
    family = model_family(nearest.architecture)
    name = nearest.architecture if family is None else family.title
    return (
        f"unknown network; the most similar is {name}, which shares {nearest.shared:.0%} of the"
        f" names: {summarize(nearest.problems)}{hint}"
    )


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

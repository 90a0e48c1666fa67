"""Candidate architectures for a checkpoint, with the arguments that its shapes show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from restorer.models.adapter import BorrowedNetwork
from restorer.models.catalog import Family, list_models, model_family
from restorer.models.checkpoint import load_state, misfits
from restorer.models.checkpoint_info import CheckpointInfo
from restorer.models.probing import measure_needs
from restorer.networks import ARCHITECTURES, reference_use
from restorer.networks.layers import DIV2K_MEAN
from restorer.sensor.bayer import PATTERNS
from restorer.tasks import TASKS, Task

Shapes = Mapping[str, tuple[int, ...]]

_MAX_BLOCKS = 1000  # the deepest published networks have 80
_MAX_ARGUMENT = 1000  # in a record; the chunks of NLSN have 144 pixels, and white may be 255


@dataclass(frozen=True)
class Candidate:
    """An architecture with the best arguments for a checkpoint, and the remaining differences.

    Attributes:
        architecture: A key of ``ARCHITECTURES``.
        params: Its arguments, as far as the shapes show them.
        network: The network, without memory for its parameters.
        problems: Missing, unexpected and misfitting tensors; none where the checkpoint fits.
        shared: Share of all names of tensors that network and checkpoint have both.
    """

    architecture: str
    params: Mapping[str, Any]
    network: nn.Module
    problems: list[str]
    shared: float

    @classmethod
    def of(cls, name: str, shapes: Shapes) -> Candidate:
        """Return the candidate of an architecture for tensors of these shapes, by their names."""
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


def known_network(found: Candidate, state: Mapping[str, Tensor], sha256: str) -> CheckpointInfo:
    """Return what names, shapes and values tell of a checkpoint that fits a candidate."""
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


def _new_family(found: Candidate, state: Mapping[str, Tensor]) -> Family:
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


def with_record(found: CheckpointInfo, record: Mapping[str, Any]) -> CheckpointInfo:
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

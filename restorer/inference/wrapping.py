"""Wrap networks that are already in memory as predictors: modules, and descriptors of spandrel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from restorer.errors import ModelError, SettingsError
from restorer.inference.devices import Precision, check_precision
from restorer.inference.predictor import Predictor
from restorer.models import community
from restorer.models.adapter import BorrowedNetwork
from restorer.models.catalog import ModelKind, ModelSpec, WeightsFile
from restorer.models.community import ModelDescriptor
from restorer.models.probing import measure_needs
from restorer.models.seams import tile_needs
from restorer.settings import torch_word
from restorer.tasks import TASKS, conditioned_task, named_task, usual_task
from restorer.tiling.plan import TileNeeds

Wrappable: TypeAlias = nn.Module | ModelDescriptor

_LARGEST_SIGMA = 75.0

# Measured once for each module, as long as it lives, with the need of squares.
_measured: WeakKeyDictionary[nn.Module, tuple[ModelSpec, bool]] = WeakKeyDictionary()


def wrap_model(
    module: Wrappable,
    *,
    scale: int | None = None,
    channels: int | None = None,
    multiple_of: int | None = None,
    min_side: int | None = None,
    radius: int | None = None,
    local: bool | None = None,
    condition: str = "",
    peak: float = 1.0,
    task: str = "",
    name: str = "",
    kind: ModelKind | None = None,
    precision: str | torch.dtype = "fp32",
) -> Predictor:
    """Return a module as a model that `restore` takes; what is not given is measured.

    The module maps (N, C, H, W) to (N, C, scale * H, scale * W). It is measured by runs on small
    noise, which take as long as some tiles: its scale and channels, the sizes that it takes, and
    whether it is convolutional, and how far it sees. Tiles of a convolutional network then overlap
    so that they give the result of the whole image. Tiles of others (global attention, pooling over
    the image) are blended; a warning says so. An uncommon network may need to be told.

    The result is that of the module: the setting ``keep_colors`` does not apply to it.

    The module stays the caller's. It runs where it is, in evaluation mode, with its own parameters
    and types, and is in its former mode afterwards. A keyword ``seed`` of its forward is passed on;
    random numbers of torch are seeded.

    Args:
        module: The network, or a descriptor of spandrel, which says its own needs.
        scale: Side of the result divided by that of the input, to be checked.
        channels: Channels of the result: 3 is RGB, 1 is gray.
        multiple_of: Sides must be multiples of this.
        min_side: The smallest side.
        radius: Input pixels to each side that a pixel of the result depends on.
        local: False for a network without such a radius, which is then not searched.
        condition: ``sigma`` or ``jpeg_quality`` where the last plane of the input is the level of
            damage: sigma / 255, or (100 - quality) / 255.
        peak: Value of white in the input and the result.
        task: A key of `TASKS`; by default super-resolution, or where the size stays, what the
            condition or the name tells, else ``restoration``.
        name: The name in messages; by default that of the class.
        kind: ``generative`` for a network that invents texture (`ModelSpec.kind`); by default
            ``faithful``, or that of a descriptor of spandrel.
        precision: ``fp32`` leaves the computation to the module, ``bf16`` or ``fp16`` runs it under
            autocast; or a ``torch.dtype``.

    Raises:
        ModelError: The module fails for all sizes tried, with its own error, or its result has
            another size or other channels than expected.
        SettingsError: The condition, task or precision is unknown.

    Examples:
        >>> import torch
        >>> layers = torch.nn.Conv2d(3, 12, 3, padding=1), torch.nn.PixelShuffle(2)
        >>> model = restorer.wrap_model(torch.nn.Sequential(*layers))
        >>> (model.spec.scale, model.spec.channels, model.spec.tile.radius)
        (2, 3, 1)
        >>> restorer.restore(np.zeros((10, 15, 3), np.uint8), model).shape
        (20, 30, 3)
    """
    how: Precision = check_precision(torch_word(precision)) or "fp32"
    if condition not in ("", "sigma", "jpeg_quality"):
        raise SettingsError(f"condition {condition!r}: expected sigma or jpeg_quality")
    if task and task not in TASKS:
        raise SettingsError(f"task {task!r} is unknown; expected one of {', '.join(TASKS)}")
    if community.is_descriptor(module):
        return _of_descriptor(module, name, task, kind, how)
    assert isinstance(module, nn.Module), "checked by the caller or its type checker"
    name = name or type(module).__name__
    borrowed = BorrowedNetwork(module)
    counts = (3, 1) if channels is None else (channels,)
    needs = measure_needs(
        _quiet(borrowed, peak),
        name=name,
        device=str(borrowed.device),
        planes=[count + bool(condition) for count in counts],
        multiple_of=multiple_of,
        min_side=min_side,
        radius=radius,
        local=local,
    )
    expected = needs.planes - bool(condition)
    if needs.channels != expected or expected not in (1, 3):
        raise ModelError(
            f"{name}: maps {needs.planes} planes to {needs.channels}, expected gray to gray or RGB"
            " to RGB" + (f", and a plane of {condition}" if condition else "")
        )
    if scale not in (None, needs.scale):
        raise ModelError(f"{name}: has scale {needs.scale}, not {scale}")
    borrowed.square = needs.square
    spec = _spec(name, needs.scale, needs.channels, needs.tile(), task, condition, peak)
    spec = replace(spec, kind=kind or "faithful")
    return Predictor(spec, borrowed, str(borrowed.device), how)


def wrapped(module: Wrappable, precision: Precision | None) -> Predictor:
    """Return a module as a model, measured at its first use only."""
    if community.is_descriptor(module):
        return wrap_model(module, precision=precision or "fp32")
    assert isinstance(module, nn.Module), "the other kind"
    if module not in _measured:
        model = wrap_model(module)
        assert isinstance(model.network, BorrowedNetwork), "of the module"
        _measured[module] = model.spec, model.network.square
    spec, square = _measured[module]
    borrowed = BorrowedNetwork(module, square=square)
    return Predictor(spec, borrowed, str(borrowed.device), precision or "fp32")


def _of_descriptor(
    descriptor: ModelDescriptor,
    name: str,
    task: str,
    kind: ModelKind | None,
    precision: Precision,
) -> Predictor:
    found = community.describe(descriptor)
    borrowed = BorrowedNetwork(descriptor.model, descriptor)
    name, needs = name or found.name, tile_needs(found)
    spec = _spec(name, found.scale, found.channels, needs, task, "", 1.0)
    spec = replace(spec, kind=kind or community.kind_of(found))
    return Predictor(spec, borrowed, str(borrowed.device), precision)


def _spec(
    name: str,
    scale: int,
    channels: int,
    tile: TileNeeds,
    task: str,
    condition: str,
    peak: float,
) -> ModelSpec:
    same_size = conditioned_task(condition) if condition else named_task(name)
    usual = usual_task() if scale > 1 else same_size
    return ModelSpec(
        id=name,
        title=name,
        task=task or usual,
        architecture=name,
        params={},
        scale=scale,
        license="unknown",
        source="in memory",
        tile=tile,
        weights=WeightsFile(""),
        channels=channels,
        peak=peak,
        condition=condition,
        condition_max=_LARGEST_SIGMA if condition == "sigma" else 0.0,
    )


def _quiet(network: nn.Module, peak: float) -> Callable[[Tensor], Tensor]:
    def run(x: Tensor) -> Tensor:
        with torch.no_grad():
            y: Tensor = network(x * peak, seed=0)
        return y.float() / peak

    return run

"""The training loop: Adam, L1, cosine schedule, moving average; resumable."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn

from restorer.devices import has_fast_bf16
from restorer.errors import SettingsError
from restorer.image import FloatArray
from restorer.metrics import psnr
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import channels_last
from restorer.training.patches import DEGRADATIONS, Degradation, PatchSource, split_photographs

_VALIDATION_SIDE = 128  # input pixels of a validation patch


@dataclass(frozen=True)
class Recipe:
    """One TOML file of ``weights/recipes``: all that fixes a network but the photographs."""

    model: str
    architecture: str
    params: Mapping[str, Any]
    degradation: Mapping[str, Any]
    iterations: int
    batch: int
    patch: int
    learning_rate: float
    seed: int = 0
    warmup: int = 200
    average: float = 0.999
    checkpoint_every: int = 250


@dataclass(frozen=True)
class Report:
    """How the training stands after `step` iterations; PSNR in dB on the validation patches."""

    step: int
    loss: float
    validation_psnr: float | None = field(default=None)


def read_recipe(table: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a parsed TOML table; raise SettingsError for unknown or missing keys."""
    try:
        return Recipe(**table)
    except TypeError as error:
        raise SettingsError(f"recipe: {error}") from error


def train(recipe: Recipe, data: Path, out: Path, *, device: str = "cpu") -> Iterator[Report]:
    """Train, or go on with what `out` holds, and leave ``<model>.safetensors`` there.

    Every `checkpoint_every` iterations the state is saved and a report with a validation figure is
    given; between two of them one report an iteration. Batches depend on (seed, step) only, so that
    an interrupted run goes on as if it had not been.

    Args:
        recipe: What to train.
        data: Folder of photographs; one in 25 is kept for validation.
        out: Folder for the state (``state.pt``) and the result.
        device: Where to train.
    """
    degradation = _degradation(recipe.degradation)
    training, validation = split_photographs(data, recipe.patch * degradation.scale)
    source = PatchSource(training, degradation)
    held_out = PatchSource(validation or training, degradation)

    torch.manual_seed(recipe.seed)
    network = ARCHITECTURES[recipe.architecture](**recipe.params)
    network = channels_last(network.to(device))
    average = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    out.mkdir(parents=True, exist_ok=True)
    start = _resume(out / "state.pt", network, average, optimizer, device)

    for step in range(start, recipe.iterations):
        for group in optimizer.param_groups:
            group["lr"] = _learning_rate(recipe, step)
        inputs, targets = source.batch(recipe.batch, recipe.patch, recipe.seed, step)
        loss = _update(network, optimizer, _tensor(inputs, device), _tensor(targets, device))
        _follow(average, network, min(recipe.average, (1 + step) / (10 + step)))
        done = step + 1
        if done % recipe.checkpoint_every == 0 or done == recipe.iterations:
            _save(out / "state.pt", done, network, average, optimizer)
            yield Report(done, loss, _validate(average, held_out, device))
        else:
            yield Report(done, loss)
    export(average, out / f"{recipe.model}.safetensors")


def export(network: nn.Module, path: Path) -> None:
    """Write the network's parameters as float32 safetensors, whole or not at all."""
    part = path.with_name(path.name + ".part")
    state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    part.write_bytes(save(state))  # save_file would make it readable by the owner alone
    os.replace(part, path)


def _degradation(table: Mapping[str, Any]) -> Degradation:
    options = dict(table)
    kind = options.pop("kind", None)
    if kind not in DEGRADATIONS:
        raise SettingsError(f"recipe: degradation {kind!r}; known are {', '.join(DEGRADATIONS)}")
    degradation: Degradation = DEGRADATIONS[kind](**options)
    return degradation


def _learning_rate(recipe: Recipe, step: int) -> float:
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.iterations - recipe.warmup)
    return recipe.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


def _update(
    network: nn.Module, optimizer: torch.optim.Optimizer, inputs: Tensor, targets: Tensor
) -> float:
    kind = inputs.device.type
    with torch.autocast(kind, torch.bfloat16, enabled=has_fast_bf16(kind)):
        restored = network(inputs, seed=0)
    loss = F.l1_loss(restored.float(), targets)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def _follow(average: nn.Module, network: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
            slow.lerp_(fast, 1 - keep)


def _validate(network: nn.Module, source: PatchSource, device: str) -> float:
    """Return the mean RGB PSNR over 32 fixed validation patches."""
    side = min([_VALIDATION_SIDE] + [n for pair in source.pairs for n in pair[0].shape[:2]])
    inputs, targets = source.batch(32, side - side % 8, seed=0, step=0)
    with torch.no_grad():
        restored = [network(_tensor(x[None], device), seed=0).cpu().numpy()[0] for x in inputs]
    pairs = zip(restored, targets, strict=True)
    return float(np.mean([psnr(np.clip(r, 0, 1) * 255, t * 255) for r, t in pairs]))


def _tensor(values: FloatArray, device: str) -> Tensor:
    return torch.from_numpy(values).to(device, memory_format=torch.channels_last)


def _save(
    path: Path, step: int, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    part = path.with_name(path.name + ".part")
    state = {
        "step": step,
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, part)
    os.replace(part, path)


def _resume(
    path: Path,
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: str,
) -> int:
    """Load what an earlier run left and return the number of iterations it had done."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])

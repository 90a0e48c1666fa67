"""The files of a training run: the state for resuming, the log, and the weights."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from restorer.errors import SettingsError
from restorer.models.checkpoint import RECORD
from restorer.training.degradations import Degradation, Mosaic
from restorer.training.learner import Learner
from restorer.training.noisy_photo import NoisyPhoto
from restorer.training.recipe import Recipe

LOG = "log.jsonl"
STATE = "state.pt"


def forget(out: Path) -> None:
    """Delete state and log, so that the training starts again."""
    for name in (STATE, LOG):
        (out / name).unlink(missing_ok=True)


def add_line(out: Path, line: Mapping[str, Any]) -> None:
    """Add a line to the log."""
    with (out / LOG).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


def save_state(out: Path, step: int, seconds: float, learner: Learner) -> None:
    """Write the state after `step` iterations and `seconds`, atomically."""
    part = out / f"{STATE}.part"
    torch.save({"step": step, "seconds": seconds, **learner.state()}, part)
    os.replace(part, out / STATE)


def load_state(out: Path, learner: Learner, device: str) -> tuple[int, float]:
    """Load the state of an earlier run; return its completed iterations and their seconds.

    Raises SettingsError if it belongs to other networks.
    """
    path = out / STATE
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    try:
        learner.load(state)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
    return int(state["step"]), float(state.get("seconds", 0))


def export(network: nn.Module, recipe: Recipe, out: Path) -> Path:
    """Write the weights as float16 safetensors, atomically, with a record of the network.

    The record (see `RECORD`) says what names and shapes leave open, so that the file can be
    installed without questions.
    """
    path = out / f"{recipe.model}.safetensors"
    part = path.with_name(path.name + ".part")
    degradation = recipe.degrade()
    record = {
        "architecture": recipe.architecture,
        "params": dict(recipe.params),
        "task": degradation.task,
        "trained_for": _trained_for(degradation),
    }
    if recipe.teacher is not None:
        record["teacher"] = Path(recipe.teacher).name
    state = {k: v.detach().cpu().half().contiguous() for k, v in network.state_dict().items()}
    # save_file would make the file readable by the owner only
    part.write_bytes(save(state, {RECORD: json.dumps(record)}))
    os.replace(part, path)
    return path


def _trained_for(degradation: Degradation) -> dict[str, str]:
    """Return the setting of a model that a degradation decides; see `ModelSpec.trained_for`."""
    if isinstance(degradation, Mosaic):
        return {"bayer": degradation.pattern}
    return {"noise": "photo"} if isinstance(degradation, NoisyPhoto) else {}

"""State dicts: safe reading without running code, and strict loading into networks."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from restorer.errors import CheckpointError, ImageWriteError
from restorer.formats.files import created

RECORD = "restorer"  # metadata of safetensors files that the training writes; see `read_record`

# Keys under which training scripts store a state dict, moving averages first.
_WRAPPERS = (
    "params_ema",
    "average",
    "params",
    "state_dict",
    "model_state_dict",
    "model",
    "network",
    "net",
    "generator",
)


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a ``.safetensors`` file or a pickled state dict (``.pt``, ``.pth``).

    The content determines the format, not the suffix. Unpickling is restricted to tensors, numbers
    and containers; a file that contains anything else is refused before any of its code runs. A
    state dict wrapped by a training script (``params_ema``, ``state_dict``) is unwrapped, and a
    ``module.`` before every key (DataParallel) is removed. Raises CheckpointError.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    state = _unwrap(_read(path))
    if state is None:
        raise CheckpointError(f"{path}: contains no state dict (a mapping of names to tensors)")
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    return state


def read_record(path: Path) -> dict[str, Any]:
    """Return what a training recorded about its network, an empty dict for other files.

    The keys are ``architecture``, ``params``, ``task`` and ``trained_for``. The file may come from
    anyone, so check the values.
    """
    try:
        with safe_open(path, "pt") as file:
            record = json.loads((file.metadata() or {}).get(RECORD, "{}"))
    except (OSError, ValueError, SafetensorError):
        return {}
    return record if isinstance(record, dict) else {}


def load_state(
    network: nn.Module, state: Mapping[str, Tensor], *, name: str = "checkpoint"
) -> None:
    """Copy `state` into `network`; names and shapes must match exactly.

    A ``module.`` prefix and the network's `ignored_keys` are ignored. Half-precision tensors are
    converted. Raises CheckpointError, which lists the differences.
    """
    named = {key.removeprefix("module."): value for key, value in state.items()}
    problems = [
        *misfits(network, {key: tuple(value.shape) for key, value in named.items()}),
        *(f"{key} contains NaN or infinity" for key in not_finite(named)),
    ]
    if problems:
        raise CheckpointError(
            f"{name}: does not fit {type(network).__name__}: {summarize(problems)}"
        )
    network.load_state_dict(
        {key: value for key, value in named.items() if _is_relevant(network, key)}
    )


def write_state(state: Mapping[str, Tensor], path: Path) -> None:
    """Write a state dict atomically, as safetensors or a pickle according to the suffix.

    Raises CheckpointError if the file exists, cannot be written, or has another suffix.
    """
    # safetensors takes tensors that own their memory, in row-major order: tied parameters are
    # copied for each of their names, and a loaded network has channels-last convolutions.
    tensors = {
        key: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for key, tensor in state.items()
    }
    if path.suffix not in (".safetensors", ".pt", ".pth"):
        raise CheckpointError(f"{path}: unknown suffix; expected .safetensors, .pt or .pth")
    try:
        with created(path, "fail") as file:
            if path.suffix == ".safetensors":
                file.write(save(tensors))
            else:
                torch.save(tensors, file)
    except ImageWriteError as error:
        raise CheckpointError(str(error)) from error


def misfits(network: nn.Module, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return the differences between `shapes` and those of `network`; empty if they fit."""
    given = {key: shape for key, shape in shapes.items() if _is_relevant(network, key)}
    wanted = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    return [
        *(f"missing {key}" for key in wanted if key not in given),
        *(f"unexpected {key}" for key in given if key not in wanted),
        *(
            f"{key} is {given[key]}, expected {shape}"
            for key, shape in wanted.items()
            if key in given and given[key] != shape
        ),
    ]


def not_finite(state: Mapping[str, Tensor]) -> list[str]:
    """Return the keys of tensors that contain NaN or infinity."""
    return [k for k, t in state.items() if t.is_floating_point() and not bool(t.isfinite().all())]


def summarize(problems: list[str]) -> str:
    """Join the first five problems and count the others."""
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    return "; ".join(problems[:5]) + more


def _is_relevant(network: nn.Module, key: str) -> bool:
    ignored: Iterable[str] = getattr(network, "ignored_keys", ())
    return not key.startswith(tuple(ignored))


def _read(path: Path) -> Any:
    try:
        if _is_safetensors(path):
            return load_file(path)
        # Given a path instead of a file, newer versions of torch would look at the suffix.
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # about pickle protocols, which lead to errors anyway
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(f"{path}: {_reason(path, error)}") from error


def _is_safetensors(path: Path) -> bool:
    """Whether the file starts like safetensors: header length, then a JSON header."""
    with path.open("rb") as file:
        head = file.read(9)
        size = file.seek(0, 2)
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= size - 8


def _reason(path: Path, error: Exception) -> str:
    """Explain why a file is no checkpoint, without the advice of torch to trust it."""
    text = str(error)
    if found := re.search(r"GLOBAL ([\w.]+)", text):
        wanted = found[1]
        if wanted.startswith("torch.") or ".nn." in wanted:
            return (
                f"refused: contains a pickled object ({wanted}), which could run code when it is"
                " read; save its state_dict() instead"
            )
        return (
            f"refused: would call {wanted} while it is read, which a state dict never needs; no"
            " code in it was run"
        )
    if "TorchScript" in text:
        return "a TorchScript program, not a state dict; save its state_dict() instead"
    with path.open("rb") as file:
        if file.read(256).lstrip().lower().startswith((b"<!doctype", b"<html")):
            return "a web page, not a checkpoint; download the file itself"
    first = (text.splitlines() or [""])[0][:100]
    detail = (
        f" ({first})" if isinstance(error, RuntimeError) or path.suffix == ".safetensors" else ""
    )
    return f"no readable checkpoint; the file is incomplete or has another format{detail}"


def _unwrap(value: Any) -> dict[str, Tensor] | None:
    """Return the state dict within the contents of a file, or None."""
    if not isinstance(value, Mapping):
        return None
    for wrapper in _WRAPPERS:
        inner = _unwrap(value[wrapper]) if wrapper in value else None
        if inner:
            return inner
    plain = {str(key): tensor for key, tensor in value.items() if isinstance(tensor, Tensor)}
    return plain if len(plain) == len(value) else None

"""State dicts: read without running code, fitted strictly to their network."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from restorer.errors import CheckpointError


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a ``.safetensors`` file or a pickled state dict (``.pt``, ``.pth``).

    Unpickling is restricted to tensors and containers; anything else in the file is refused unread.
    Raises CheckpointError.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on foreign pickle protocols, which are errors anyway
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(
            f"{path}: no readable checkpoint, the file is cut or of another kind ({reason})"
        ) from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise CheckpointError(f"{path}: holds no plain state dict")
    return {str(key): tensor for key, tensor in state.items()}


def load_state(
    network: nn.Module, state: Mapping[str, Tensor], *, name: str = "checkpoint"
) -> None:
    """Copy `state` into `network`; every parameter must be there, with its shape, and nothing else.

    Keys that carry nothing are passed over: a ``module.`` prefix (DataParallel) and what the
    network lists as `ignored_keys`. Half-precision tensors are widened. Raises CheckpointError with
    what does not fit.
    """
    ignored: tuple[str, ...] = tuple(getattr(network, "ignored_keys", ()))
    named = {key.removeprefix("module."): value for key, value in state.items()}
    given = {key: value for key, value in named.items() if not key.startswith(ignored)}
    wanted = network.state_dict()
    problems = [f"missing {key}" for key in wanted if key not in given]
    problems += [f"unexpected {key}" for key in given if key not in wanted]
    problems += [
        f"{key} is {tuple(given[key].shape)}, expected {tuple(tensor.shape)}"
        for key, tensor in wanted.items()
        if key in given and given[key].shape != tensor.shape
    ]
    problems += [
        f"{key} holds NaN or infinity"
        for key, tensor in given.items()
        if tensor.is_floating_point() and not bool(tensor.isfinite().all())
    ]
    if problems:
        shown = "; ".join(problems[:5])
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise CheckpointError(f"{name}: does not fit {type(network).__name__}: {shown}{more}")
    network.load_state_dict(given)

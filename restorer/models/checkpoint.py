"""Read state dicts safely, without running code, and load them strictly into networks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from restorer.errors import CheckpointError, ImageWriteError
from restorer.formats.files import created
from restorer.models.containers import SLACK_BYTES, Contents, read_contents, read_header
from restorer.models.pickles import OtherTensor, Refused, StoredTensor

_MAX_TENSORS = 10_000  # the largest networks of spandrel have about 3,000
_MAX_NAME = 256
_MAX_WRAPPERS = 100  # dicts that are searched for the state dict
_MAX_SHARING = 8  # tensors in relation to the file; tied weights have several names

RECORD = "restorer"  # metadata of safetensors files that this program writes; see `read_record`

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

    The content determines the format, not the suffix. Pickles are read as data, and a file that
    contains anything but tensors, numbers and containers is refused. A state dict wrapped by a
    training script (``params_ema``, ``state_dict``) is unwrapped, and a ``module.`` before every
    key (DataParallel) is removed. Time and memory are proportional to the size of the file. Raises
    CheckpointError.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    try:
        with path.open("rb") as file:
            contents = read_contents(file)
            state = _load_state(contents)
    except Refused as error:
        words = "".join(c if c.isprintable() else "?" for c in str(error))  # names of the file
        raise CheckpointError(f"{path}: {words}") from error
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise CheckpointError(f"{path}: not enough memory to read it") from error
    except Exception as error:  # damaged files lead to all kinds of errors
        raise CheckpointError(f"{path}: {_reason(path)}") from error
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    return state


def read_record(path: Path) -> dict[str, Any]:
    """Return what this program recorded about the network, an empty dict for other files.

    The keys are ``architecture``, ``params``, ``task`` and ``trained_for``. The file may come from
    anyone, so check the values.
    """
    try:
        record = json.loads(read_metadata(path).get(RECORD, "{}"))
    except (ValueError, TypeError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of a safetensors file, an empty dict for other files."""
    try:
        with path.open("rb") as file:
            header, _ = read_header(file)
    except (OSError, ValueError, RecursionError, Refused):
        return {}
    metadata = header.get("__metadata__", {})
    return metadata if isinstance(metadata, dict) else {}


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


def write_state(
    state: Mapping[str, Tensor], path: Path, record: Mapping[str, Any] | None = None
) -> None:
    """Write a state dict atomically, as safetensors or a pickle according to the suffix.

    Safetensors hold the record that `read_record` returns; a pickle has no place for it.

    Raises CheckpointError if the file already exists, cannot be written, or has another suffix.
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
                file.write(save(tensors, None if record is None else {RECORD: json.dumps(record)}))
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


def _load_state(contents: Contents) -> dict[str, Tensor]:
    """Check the state dict within the contents of a file, then load it. Raises Refused."""
    state = _unwrap(contents.value, set())
    if state is None:
        raise Refused("contains no state dict (a mapping of names to tensors)")
    if len(state) > _MAX_TENSORS:
        raise Refused(f"contains {len(state):,} tensors, expected at most {_MAX_TENSORS:,}")
    for key in state:
        _check_name(key, len(state))
    checked = {key: _checked(key, tensor, contents) for key, tensor in state.items()}
    total = sum(math.prod(t.size) * t.dtype.itemsize for t in checked.values())
    if total > _MAX_SHARING * contents.size + SLACK_BYTES:
        raise Refused(
            f"its tensors take {total:,} bytes, but the file has {contents.size:,}: many of them"
            " share values; save a copy of each"
        )
    load = cache(contents.load)
    return {
        key: load(tensor.storage.key, tensor.dtype)
        .as_strided(tensor.size, tensor.stride, tensor.storage.start + tensor.offset)
        .contiguous()
        for key, tensor in checked.items()
    }


def _check_name(key: str, count: int) -> None:
    """Raise Refused for a name that no network has, such as block 1,000,000 of 10 tensors."""
    if len(key) > _MAX_NAME or not key.isprintable():
        raise Refused(f"contains a tensor with an invalid name ({key[:40]!r}...)")
    # Networks are built with as many blocks as the names number; blocks without tensors are few.
    if any(int(part) > 8 * count + 100 for part in key.split(".") if re.fullmatch("[0-9]+", part)):
        raise Refused(f"{key} numbers more parts of a network than the file has tensors")


def _checked(key: str, tensor: StoredTensor | OtherTensor, contents: Contents) -> StoredTensor:
    """Return a tensor that lies within its storage and has every value once. Raises Refused."""
    if isinstance(tensor, OtherTensor):
        raise Refused(
            f"{key} is {tensor.kind}; save it as a plain tensor of float32, for example with"
            " to_dense(), dequantize() or float()"
        )
    numel = min(tensor.storage.numel, contents.size_of(tensor.storage.key) // tensor.dtype.itemsize)
    sides = sorted(
        (stride, size) for stride, size in zip(tensor.stride, tensor.size, strict=True) if size != 1
    )
    reach = 0  # of the dimensions with smaller strides
    for stride, size in sides:
        if stride <= reach and 0 not in tensor.size:
            raise Refused(f"{key} repeats its values; save it with contiguous()")
        reach += stride * (size - 1)
    is_inside = 0 in tensor.size or tensor.offset + reach < numel
    if not is_inside or max(tensor.size, default=0) > contents.size:
        raise Refused(f"{key} is larger than its data in the file, which is damaged or incomplete")
    return tensor


def _reason(path: Path) -> str:
    """Explain why a file is no checkpoint."""
    with suppress(OSError), path.open("rb") as file:
        if file.read(256).lstrip().lower().startswith((b"<!doctype", b"<html")):
            return "a web page, not a checkpoint; download the file itself"
    if path.suffix.lower() == ".bin":
        return "no readable checkpoint; weights of ncnn need their .param file (text) beside them"
    return "no readable checkpoint; the file is incomplete or has another format"


def _unwrap(value: Any, seen: set[int]) -> dict[str, StoredTensor | OtherTensor] | None:
    """Return the state dict within the contents of a file, or None.

    Each dict is looked at once, because a pickle can contain a dict in itself or many times.
    """
    if not isinstance(value, dict) or id(value) in seen or len(seen) > _MAX_WRAPPERS:
        return None
    seen.add(id(value))
    for wrapper in _WRAPPERS:
        inner = _unwrap(value[wrapper], seen) if wrapper in value else None
        if inner:
            return inner
    is_plain = all(
        isinstance(key, str) and isinstance(tensor, (StoredTensor, OtherTensor))
        for key, tensor in value.items()
    )
    return value if is_plain and value else None

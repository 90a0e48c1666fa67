"""The weights of an ncnn network: the blobs of a ``.bin`` file in the order of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from restorer.errors import CheckpointError
from restorer.models.ncnn.graph import Graph
from restorer.models.ncnn.layers import KINDS, Weight

# Tags of blobs. Any other one but zero is a table of 256 values with an index for each weight.
_FLOAT32, _FLOAT16, _INT8, _RAW = 0, 0x01306B47, 0x000D4B38, 0x0002C056
_TABLE_BYTES = 1024


def weights_of(graph: Graph) -> Iterator[tuple[int, list[Weight]]]:
    """Yield the numbers of the layers that have weights, with these.

    Raises CheckpointError for a layer that is not supported; the message lists all such kinds.
    """
    if missing := sorted(set(graph.kinds()) - set(KINDS)):
        counts = ", ".join(f"{graph.kinds()[kind]} {kind}" for kind in missing)
        raise CheckpointError(f"has layers that are not supported: {counts:.300}")
    for number, layer in enumerate(graph.layers):
        kind = KINDS[layer.kind]
        try:
            params = kind.params(layer.params)
            weights = kind.weights(params)
        except ValueError as error:
            raise CheckpointError(f"{layer}: {error}") from error
        if weights:
            yield number, weights


def read_blobs(path: Path, graph: Graph) -> dict[str, Tensor]:
    """Return the weights in a ``.bin`` file: ``<number of the layer with weights>.<name>``.

    Half-precision weights stay as they are. Raises CheckpointError for a file with too few or too
    many bytes, and for quantized weights.
    """
    if not path.is_file():
        raise CheckpointError(
            f"{path}: no such file; it must contain the weights of the .param file next to it"
        )
    with path.open("rb") as file:
        data = file.read()
    state, at = {}, 0
    for number, (index, weights) in enumerate(weights_of(graph)):
        for weight in weights:
            try:
                blob, at = _blob(data, at, weight)
            except ValueError as error:
                raise CheckpointError(f"{path}: {graph.layers[index]}: {error}") from error
            state[f"{number}.{weight.name}"] = blob.reshape(weight.shape)
    if at != len(data):
        raise CheckpointError(
            f"{path}: has {len(data):,} bytes, but the layers of the .param file take {at:,}; it"
            " belongs to another graph"
        )
    return state


def _blob(data: bytes, at: int, weight: Weight) -> tuple[Tensor, int]:
    """Return a vector and the position of the next one. Raises ValueError."""
    count = 1
    for side in weight.shape:
        count *= side
    tag = _FLOAT32
    if weight.tagged:
        tag = int.from_bytes(_bytes(data, at, 4), "little")
        at += 4
    if tag == _INT8:
        raise ValueError("has int8 weights; get the file with weights of fp32 or fp16")
    if tag == _FLOAT16:
        blob = _vector(_bytes(data, at, 2 * count), torch.float16)
        return blob, at + (2 * count + 3) // 4 * 4  # padded
    if tag in (_FLOAT32, _RAW):
        return _vector(_bytes(data, at, 4 * count), torch.float32), at + 4 * count
    table = _vector(_bytes(data, at, _TABLE_BYTES), torch.float32)
    at += _TABLE_BYTES
    places = _vector(_bytes(data, at, count), torch.uint8)
    return table[places.long()], at + (count + 3) // 4 * 4


def _bytes(data: bytes, at: int, size: int) -> bytearray:
    part = bytearray(data[at : at + size])
    if len(part) < size:
        raise ValueError(
            f"needs {size:,} bytes at {at:,}, but the file has {len(data):,}; it is incomplete, or"
            " belongs to another graph"
        )
    return part


def _vector(data: bytearray, dtype: torch.dtype) -> Tensor:
    return torch.frombuffer(data, dtype=dtype)

"""Files of ncnn networks: a pair ``.param`` and ``.bin``, or both as one ``.safetensors`` file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from restorer.errors import CheckpointError
from restorer.formats.files import file_sha256
from restorer.models.checkpoint import not_finite, read_metadata, read_state, summarize
from restorer.models.ncnn.blobs import read_blobs, weights_of
from restorer.models.ncnn.graph import MAX_BYTES, Graph, read_graph
from restorer.models.ncnn.network import GraphNetwork
from restorer.models.ncnn.pairs import graph_beside, weights_beside

_RECORD = "ncnn"  # metadata of the safetensors file: the graph and the hashes of both files


def read_network(path: Path) -> tuple[Graph, dict[str, Tensor]]:
    """Return graph and weights of a pair, given either file, or of a file of `pack`.

    Raises CheckpointError, which names the file.
    """
    graph_file = graph_beside(path)
    if graph_file is None:
        text, state = _record(path).get("graph"), read_state(path)
        if not isinstance(text, str):
            raise CheckpointError(f"{path}: contains no ncnn graph")
        return _graph(path, text), state
    graph = _graph(graph_file, _text(graph_file))
    weights = weights_beside(graph_file)
    state = read_blobs(weights, graph)
    if invalid := not_finite(state):
        raise CheckpointError(f"{weights}: contains NaN or infinity: {summarize(sorted(invalid))}")
    return graph, state


def holds_network(path: Path) -> bool:
    """Whether a file is one of a pair, or one of `pack`."""
    return graph_beside(path) is not None or bool(_record(path))


def pack(path: Path) -> bytes:
    """Return a pair as one safetensors file, with the number formats of its weights.

    Raises CheckpointError.
    """
    graph_file = graph_beside(path)
    assert graph_file is not None, "one of a pair"
    graph, state = read_network(path)
    record = {
        "graph": graph.text(),
        "param_sha256": file_sha256(graph_file),
        "bin_sha256": file_sha256(weights_beside(graph_file)),
    }
    return save(state, {_RECORD: json.dumps(record)})


def build(path: Path, params: Mapping[str, Any], scale: int) -> GraphNetwork:
    """Return the network of a file with the arguments of a catalog entry.

    Raises CheckpointError, also for a pair whose graph has another hash than the entry.
    """
    arguments = dict(params)
    digest, graph_file = arguments.pop("param_sha256", ""), graph_beside(path)
    if graph_file is not None and digest and file_sha256(graph_file) != digest:
        raise CheckpointError(f"{graph_file}: was modified; install it again")
    return GraphNetwork(*read_network(path), scale=scale, **arguments)


def _record(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(read_metadata(path).get(_RECORD, "{}"))
    except (ValueError, TypeError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CheckpointError(
            f"{path}: is larger than {MAX_BYTES >> 20} MB, which is too large for a graph"
        )
    return data.decode("utf-8", "replace")


def _graph(path: Path, text: str) -> Graph:
    try:
        graph = read_graph(text)
        list(weights_of(graph))  # all layers are supported
        return graph
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error

"""The two files of an ncnn network, found without PyTorch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from restorer.models.ncnn.graph import MAGIC


def graph_beside(path: Path) -> Path | None:
    """Return the ``.param`` file of an ncnn network, given that or its ``.bin``; otherwise None."""
    if path.suffix.lower() not in (".param", ".bin"):
        return None
    graph = path if path.suffix.lower() == ".param" else path.with_suffix(".param")
    with suppress(OSError), graph.open("rb") as file:
        if file.read(64).lstrip().startswith(MAGIC.encode()):
            return graph
    return None


def weights_beside(graph: Path) -> Path:
    """Return the ``.bin`` file of a ``.param`` file."""
    return graph.with_suffix(".bin")

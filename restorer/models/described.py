"""Descriptions of checkpoints given by path; known files need no PyTorch."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import msgspec

from restorer.errors import CheckpointError
from restorer.formats.files import file_sha256
from restorer.models import kept
from restorer.models.catalog import ModelSpec, WeightsFile
from restorer.models.ncnn.pairs import graph_beside, weights_beside

_FOLDER = "checkpoints"


def checkpoint_spec(path: Path | str, task: str | None = None) -> ModelSpec:
    """Return a model entry for a checkpoint that stays where it is.

    The file is identified once and recognized by its hash from then on.

    Args:
        path: The file.
        task: Decides where names and shapes leave several tasks open; None takes the likeliest.

    Raises CheckpointError, and SettingsError for a task that the network does not support.
    """
    path = Path(path).expanduser().absolute()
    try:
        graph_file = graph_beside(path)
        weights = path if graph_file is None else weights_beside(graph_file)
        status = weights.stat()
        changed = status.st_mtime_ns, graph_file and graph_file.stat().st_mtime_ns
        return _checkpoint_spec(weights, task, changed, status.st_size)
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}") from error


@lru_cache(maxsize=16)
def _checkpoint_spec(
    path: Path, task: str | None, changed: tuple[int, int | None], size_bytes: int
) -> ModelSpec:
    sha256, graph_file = file_sha256(path), graph_beside(path)
    graph = "" if graph_file is None else file_sha256(graph_file)
    key = kept.key(sha256, graph, task or "", path.stem)  # the name may tell the task
    spec = _known(key)
    if spec is None:
        from restorer.models.entries import describe_model
        from restorer.models.identify import identify_checkpoint  # loads torch

        found = identify_checkpoint(path)
        spec = describe_model(found, task=task or found.tasks[0])
        kept.store(_FOLDER, key, asdict(spec))
    return replace(spec, weights=WeightsFile(str(path), sha256, size_bytes))


def _known(key: str) -> ModelSpec | None:
    try:
        return msgspec.convert(kept.load(_FOLDER, key), ModelSpec)
    except msgspec.ValidationError:  # none, or that of another version
        return None

"""Identify checkpoints: find the known network that a file of weights belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from restorer.errors import CheckpointError
from restorer.formats.files import file_sha256
from restorer.models import community
from restorer.models.candidates import Candidate, Shapes, known_network, with_record
from restorer.models.catalog import model_family
from restorer.models.checkpoint import not_finite, read_record, read_state, summarize
from restorer.models.checkpoint_info import CheckpointInfo
from restorer.models.ncnn.files import holds_network
from restorer.models.ncnn.identify import NcnnModel, identify_network
from restorer.models.ncnn.pairs import graph_beside, weights_beside
from restorer.models.packages import package_tables
from restorer.models.seams import measured_tile
from restorer.networks import ARCHITECTURES
from restorer.tasks import TASKS, named_task


def identify_checkpoint(path: Path | str) -> CheckpointInfo:
    """Identify the checkpoint at `path` without running code in it.

    The tiles that a network of spandrel needs are measured once, in up to a minute.

    Raises CheckpointError if the file is not readable, or its network is unknown; the message then
    names the most similar network and lists missing and unexpected tensors; InferenceError for a
    network of spandrel that fails.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("x2.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("x2.pth"))
        >>> checkpoint.architecture, checkpoint.scale, checkpoint.tasks
        ('panet-lite', 2, ('super-resolution',))
    """
    path = Path(path)
    if holds_network(path):
        return _graph(identify_network(path), path)
    state = read_state(path)
    if invalid := not_finite(state):
        raise CheckpointError(
            f"{path}: contains NaN or infinity, possibly from a failed training or copy:"
            f" {summarize(sorted(invalid))}"
        )
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    candidates = [Candidate.of(name, shapes) for name in ARCHITECTURES]
    fitting = next((candidate for candidate in candidates if not candidate.problems), None)
    if fitting is not None:
        return with_record(known_network(fitting, state, file_sha256(path)), read_record(path))
    if community.available():
        found = community.identify_checkpoint(state)
        if found is not None:
            return _foreign(found, state, path)
    nearest = max(candidates, key=lambda candidate: candidate.shared)
    raise CheckpointError(f"{path}: {_explain(nearest, shapes)}")


def _foreign(
    found: community.CommunityModel, state: Mapping[str, Tensor], path: Path
) -> CheckpointInfo:
    sha256 = file_sha256(path)
    return CheckpointInfo(
        architecture="spandrel",
        params={},
        title=found.name,
        details=", ".join(found.tags),
        tasks=_general_tasks(found.scale, path.stem, found.name),
        scale=found.scale,
        channels=found.channels,
        peak=1.0,
        condition="",
        parameters=sum(tensor.numel() for tensor in state.values()),
        sha256=sha256,
        license="",
        source=f"{found.name}, through spandrel",
        tile=measured_tile(found, state, sha256),
        kind=community.kind_of(found),
    )


def _graph(found: NcnnModel, path: Path) -> CheckpointInfo:
    """Return a network of ncnn; the hash is that of the file with its weights."""
    graph_file, params = graph_beside(path), dict(found.params)
    weights = path
    if graph_file is not None:
        weights = weights_beside(graph_file)
        params["param_sha256"] = file_sha256(graph_file)
    sha256 = file_sha256(weights)
    known = next((t for t in package_tables() if t["weights"]["sha256"] == sha256), {})
    usual = "faithful" if found.title == "UpConv7" else "generative"
    return CheckpointInfo(
        architecture="ncnn",
        params=params,
        title=found.title,
        details=found.details,
        tasks=_general_tasks(found.scale, weights.stem, found.title),
        scale=found.scale,
        channels=found.channels,
        peak=1.0,
        condition="",
        parameters=found.parameters,
        sha256=sha256,
        license=known.get("license", ""),
        source=known.get("source", f"{found.title}, a graph of ncnn"),
        tile=found.tile,
        kind=known.get("kind", usual),
    )


def _general_tasks(scale: int, *names: str) -> tuple[str, ...]:
    """Return the possible tasks of a network that maps pictures to pictures.

    The one that the names tell comes first.
    """
    tasks = [
        task.id
        for task in TASKS.values()
        if task.enlarges == (scale > 1) and not (task.mosaic or task.needs_references)
    ]
    likely = tasks[0] if scale > 1 else named_task(*names)
    return (likely, *(task for task in tasks if task != likely))


def _explain(nearest: Candidate, shapes: Shapes) -> str:
    hints = {
        "restorer[community]": community.available(),
        "spandrel_extra_arches": community.has_restricted(),
    }
    missing = next((package for package, installed in hints.items() if not installed), "")
    hint = f"; for more networks: pip install '{missing}'" if missing else ""
    if nearest.shared < 0.1:
        key = next(iter(shapes), "")
        return (
            f"state dict of an unknown network, with tensors such as {key} of {shapes.get(key)};"
            " models can be added (restore weights add FILE) for the networks of the catalog and of"
            f" spandrel, and from the weights of the generator only{hint}"
        )
    family = model_family(nearest.architecture)
    name = nearest.architecture if family is None else family.title
    return (
        f"unknown network; the most similar is {name}, which shares {nearest.shared:.0%} of the"
        f" names: {summarize(nearest.problems)}{hint}"
    )

"""Check that a node has the program, the weights and the files of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import restorer
from restorer.batch.claims import mark_name, remove_marks
from restorer.batch.engines.cluster.connection import requires_token
from restorer.batch.jobs import Job
from restorer.batch.stores.address import Location
from restorer.batch.stores.store import FileState
from restorer.errors import RestorerError
from restorer.inference.memory import free_bytes
from restorer.models.catalog import model_spec
from restorer.models.store import weights_path
from restorer.restoration.chosen import expected_steps


@dataclass(frozen=True)
class Expectation:
    """What this machine has, and what every node must have.

    Attributes:
        folder: The current folder, from which paths may start.
        version: Version of this package.
        weights: SHA-256 of the weights by model.
        source: A picture; for an address, the node asks its store.
        source_state: Its state; None where it is not on this machine.
        mark: A file beside the results, None where none can be written; it holds its name.
    """

    folder: str
    version: str
    weights: dict[str, str]
    source: Location
    source_state: FileState | None
    mark: Path | None


@dataclass(frozen=True)
class Finding:
    """What a node has.

    Attributes:
        problem: What differs from this machine; empty if nothing does.
        process: Id of the worker process.
        free_bytes: Free memory.
        requires_token: Whether the node requires a token.
    """

    problem: str
    process: int
    free_bytes: int
    requires_token: bool


@contextmanager
def expected(job: Job) -> Iterator[Expectation]:
    """Return what a job needs on every node; a mark lies in its output folder meanwhile."""
    weights = {}
    for step in expected_steps(job.steps):
        with suppress(RestorerError):  # the results will say so
            weights[step.model] = model_spec(step.model).weights.sha256
    mark = _make_mark(job.target.parent) if isinstance(job.target, Path) else None
    try:
        state = FileState.of(job.source)
        yield Expectation(os.getcwd(), restorer.__version__, weights, job.source, state, mark)
    finally:
        if mark is not None:
            with suppress(OSError):
                mark.unlink()


def _make_mark(folder: Path) -> Path | None:
    mark = folder / mark_name()
    remove_marks(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(mark.name, "utf-8")
    except OSError:  # the results will say so
        return None
    return mark


def inspect(wanted: Expectation) -> Finding:
    """Return what this machine has of it; enter the folder, if it is there."""
    with suppress(OSError):
        os.chdir(wanted.folder)
    return Finding(_problem(wanted), os.getpid(), free_bytes("cpu"), requires_token())


def _problem(wanted: Expectation) -> str:
    if restorer.__version__ != wanted.version:
        return f"restorer {restorer.__version__} is installed, expected {wanted.version}"
    for model, digest in wanted.weights.items():
        try:
            spec = model_spec(model)
            weights_path(spec)
        except RestorerError as error:
            return str(error)
        if spec.weights.sha256 != digest:
            return f"{model}: weights with SHA-256 {spec.weights.sha256}, expected {digest}"
    if wanted.source_state is not None and FileState.of(wanted.source) != wanted.source_state:
        return f"{wanted.source.parent}: not the folder that this path names on the first machine"
    if wanted.mark is not None and not _is_there(wanted.mark):
        return f"{wanted.mark.parent}: not the folder that this path names on the first machine"
    return ""


def _is_there(mark: Path) -> bool:
    try:
        return mark.read_text("utf-8") == mark.name
    except (OSError, UnicodeError):
        return False

"""Jobs, and the events that running them yields: plain data that can be pickled."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar

import restorer
from restorer.batch.stores.address import Address, Location, absolute, location
from restorer.batch.stores.store import FileState
from restorer.batch.stores.writing import check_writable
from restorer.errors import SettingsError, UnknownModelError
from restorer.models.catalog import model_spec
from restorer.restoration.chosen import Chosen
from restorer.settings import CancelToken, RunPlan, Settings, Step, plain
from restorer.tasks import AUTO

if TYPE_CHECKING:  # it needs torch
    from restorer.batch.memory import MemoryBudget

P = ParamSpec("P")
T = TypeVar("T")
Status: TypeAlias = Literal["done", "skipped", "failed", "cancelled"]
Phase: TypeAlias = Literal["read", "page", "restore", "write"]
OnProgress: TypeAlias = Callable[[Phase, int, int], None]  # (phase, done, total)


@dataclass(frozen=True)
class Job:
    """One file to restore; the steps run in order.

    Paths and addresses may be strings, and steps may be model ids.

    Attributes:
        references: Sharp images of the same subject, for a step that takes references; the ones
            that share most with the source are used.
        explain: Whether maps that show the origin of the detail are written beside the target.
        plans: The plans of an earlier run, which is repeated; none for a new one.
        chosen: What `auto` chose in that run for each page; one holds for all.
    """

    source: Location
    target: Location
    steps: tuple[Step, ...] = (Step(AUTO),)
    settings: Settings = field(default_factory=Settings)
    references: tuple[Path, ...] = ()
    explain: bool = False
    plans: tuple[RunPlan, ...] = ()
    chosen: tuple[Chosen, ...] = ()

    def __post_init__(self) -> None:
        """Convert strings to paths and steps. Raises SettingsError for anything else.

        And for a target at a store that can be read only.
        """
        try:  # a batch has very many jobs, and most need no conversion
            for name in ("source", "target"):
                if not isinstance(getattr(self, name), Path):
                    object.__setattr__(self, name, location(getattr(self, name)))
            if self.references:
                object.__setattr__(self, "references", tuple(map(Path, self.references)))
            if type(self.steps) is not tuple or not all(type(each) is Step for each in self.steps):
                steps = tuple(Step(s) if isinstance(s, str) else s for s in self.steps)
                object.__setattr__(self, "steps", steps)
        except TypeError as error:
            raise SettingsError(f"job: {error}") from error
        if isinstance(self.target, Address):
            check_writable(self.target)
        for option in (*self.steps, self.settings):
            if not isinstance(option, (Step, Settings)):  # a union takes ten times as long
                raise SettingsError(f"job: {option!r}, expected steps and settings")

    @property
    def known_steps(self) -> tuple[Step, ...]:
        """The steps, or the most of those that `auto` chose in an earlier run."""
        return max((each.steps for each in self.chosen), key=len, default=self.steps)

    @cached_property
    def id(self) -> str:
        """16 hexadecimal digits: a hash of `request`."""
        text = json.dumps(self.request, sort_keys=True, default=str)
        if isinstance(self.source, Address):  # two may differ in the query only
            text += self.source.identity
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def request(self) -> dict[str, Any]:
        """What decides the result: absolute places, options, weights and program version.

        The hash of the weights is empty for a model whose weights the catalog does not know.
        """
        return {
            "source": absolute(self.source),
            "target": absolute(self.target),
            **self.options,
        }

    @property
    def options(self) -> dict[str, Any]:
        """The part of `request` that the jobs of a batch share."""
        return {
            "steps": [asdict(step) for step in self.steps],
            "settings": asdict(self.settings),
            "references": [os.path.abspath(path) for path in self.references],
            "explain": self.explain,
            "weights": {step.model: _weights_hash(step.model) for step in self.steps},
            "version": restorer.__version__,
            **({"plans": [plain(plan) for plan in self.plans]} if self.plans else {}),
            **({"chosen": [plain(each) for each in self.chosen]} if self.chosen else {}),
        }


@dataclass(frozen=True)
class LocalJob(Job):
    """A job whose files are on this machine, so that formats and networks can work on them."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Result:
    """The outcome of a job.

    Attributes:
        target: The file that was written; it differs from the job's where names were numbered.
        size: Height and width of the written picture, or of the first page; None where none was
            written.
        plans: The plan of each step that ran; of several pages, those of each, one after another,
            unless all are the same.
        error: Why the job failed, or why it was skipped.
        notes: What the user should know, such as what a format could not hold or what was
            converted.
        source_state: State of the source before it was read.
        target_state: State of the target after it was written; None where none was written.
        pages: Number of pages, or frames, that were written.
        missing: Numbers, from 1, of the pages that could not be read and are missing in the result.
    """

    status: Status
    target: Location
    seconds: float = 0.0
    plans: tuple[RunPlan, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    source_state: FileState | None = None
    target_state: FileState | None = None
    pages: int = 1
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class Started:
    """A worker has begun a job."""

    id: str


@dataclass(frozen=True)
class Progress:
    """Progress of a job within one phase.

    The phase ``restore`` counts tiles over all steps and, as if they were alike, all pages; the
    phase ``page`` tells which page begins, and of how many.
    """

    id: str
    phase: Phase
    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """A job has ended; the one event that carries a result."""

    id: str
    result: Result


Event: TypeAlias = Started | Progress | Finished


@dataclass(frozen=True)
class JobContext:
    """The resources of the process that runs a job; the engine creates it in the worker.

    Attributes:
        report: Called with (phase, done, total); None reports nothing.
        cancel: Checked between tiles.
        networks: Runs the networks, while this thread decodes and encodes files; None runs
            everything in this thread.
        memory: The budget of all pictures in flight; None for a job that runs alone.
    """

    report: OnProgress | None = None
    cancel: CancelToken | None = None
    networks: Executor | None = None
    memory: MemoryBudget | None = None

    def progress(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Report progress, if anybody listens."""
        if self.report is not None:
            self.report(phase, done, total)

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of `work`, which runs networks, where these run."""
        if self.networks is None:
            return work(*args, **kwargs)
        return self.networks.submit(work, *args, **kwargs).result()

    def check_cancel(self) -> None:
        """Raise Cancelled if a stop was requested."""
        if self.cancel is not None:
            self.cancel.check()

    def on_tile(self, done: int, total: int) -> None:
        """Report tiles of the phase ``restore``."""
        self.progress("restore", done, total)


def _weights_hash(model: str) -> str:
    try:
        return model_spec(model).weights.sha256
    except UnknownModelError:
        return ""

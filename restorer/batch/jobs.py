"""Jobs and what comes of them: plain data that pickles."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from restorer.settings import RunPlan, Settings, Step


@dataclass(frozen=True)
class Job:
    """One file to restore; the steps run in order.

    Attributes:
        references: Sharp pictures of the same thing, for a step that takes such; of many the ones
            that have most in common with the source.
        explain: Whether pictures of what came from where are written beside the target.
    """

    source: Path
    target: Path
    steps: tuple[Step, ...]
    settings: Settings = field(default_factory=Settings)
    references: tuple[Path, ...] = ()
    explain: bool = False


@dataclass(frozen=True)
class Result:
    """How a job ended.

    Attributes:
        target: The file that was written; it differs from the job's where names were numbered.
        plans: The plan of each step that ran.
        error: Why it failed, or why it was skipped, in words.
        notes: What the user should know: what a format could not hold, what was converted.
    """

    job: Job
    status: Literal["done", "skipped", "failed", "cancelled"]
    target: Path
    seconds: float = 0.0
    plans: tuple[RunPlan, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Tiles of a job, over all its steps."""

    job: Job
    done: int
    total: int


Event: TypeAlias = Progress | Result

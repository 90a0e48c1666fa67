"""Work: what is being done, how far it is, and what is said about it; frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Doing: TypeAlias = Literal["nothing", "opening", "previewing", "restoring", "saving"]


@dataclass(frozen=True)
class Work:
    """The current work and its progress.

    Attributes:
        done: Number of finished tiles.
        total: Number of tiles; 0 while it is unknown.
        seconds_left: Estimated rest; None while it is unknown.
    """

    doing: Doing = "nothing"
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True)
class FileProgress:
    """How far a picture is whose result goes straight to a file.

    Attributes:
        done: Number of finished tiles.
        total: Number of tiles; 0 until the network runs.
        seconds_left: Estimated rest; None while it is unknown.
    """

    done: int = 0
    total: int = 0
    seconds_left: float | None = None

    @property
    def part(self) -> float:
        """Finished share, 0 to 1."""
        return self.done / max(1, self.total)


@dataclass(frozen=True)
class FileWork:
    """The queue of the pictures whose results go straight to files.

    Attributes:
        running: Whether a job may be running.
        stopping: Whether the current tiles are the last ones.
        progress: How far the running ones are, by the ids of their documents.
        seconds_left: Estimated time until all of them are done; None while it is unknown.
    """

    running: bool = False
    stopping: bool = False
    progress: Mapping[int, FileProgress] = field(default_factory=dict)
    seconds_left: float | None = None


@dataclass(frozen=True)
class Message:
    """A sentence for the user.

    Attributes:
        kind: An error stays until it is dismissed or resolved; a note disappears by itself.
        action: Id of the remedy that a button offers, or empty.
    """

    text: str
    kind: Literal["error", "note"] = "error"
    action: Literal["", "models", "open", "continue"] = ""

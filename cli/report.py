"""Report: counts results, finds the words for them, owns the exit code and the JSON lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from .words import duration, tell, warn

if TYPE_CHECKING:
    from restorer import Ignored, Result, RunPlan

_STATUSES = ("done", "skipped", "failed", "cancelled", "ignored")


class Report:
    """What came of a run, one result after another.

    Args:
        verbose: Name every file and note as it comes.
        journal: Takes one JSON object a file as it comes, then the summary; flushed each time,
            so that a crash leaves all lines but the one being written. A full disk ends it, with
            a warning, but not the run.
    """

    def __init__(self, *, verbose: bool = False, journal: TextIO | None = None) -> None:
        self._verbose = verbose
        self._journal = journal
        self._counts: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._failed: list[str] = []
        self._cut = False
        self._start = time.monotonic()
        self._seconds = 0.0

    def add(self, result: Result) -> None:
        """Count a result."""
        self._counts[result.status] += 1
        self._notes.update(result.notes)
        if result.status == "failed":
            self._failed.append(told(result.job.source, result.error))
        if self._verbose and result.status != "cancelled":
            warn(in_words(result))
        self._write(result)

    def ignore(self, ignored: Ignored) -> None:
        """Count a file that was no part of the run; a folder that cannot be read is a failure."""
        status = "failed" if ignored.failed else "ignored"
        self._counts[status] += 1
        if ignored.failed:
            self._failed.append(told(ignored.path, ignored.reason))
        else:
            self._reasons[ignored.reason] += 1
        if self._verbose:
            warn(f"{status}: {ignored.path}: {ignored.reason}")
        self._write(ignored)

    @property
    def exit_code(self) -> int:
        """130 if the run was stopped, 1 if a file failed or the journal did, else 0.

        Skipped files are fine.
        """
        if self._counts["cancelled"]:
            return 130
        return 1 if self._counts["failed"] or self._cut else 0

    def close(self) -> None:
        """Stop the clock and end the JSON lines with the summary."""
        self._seconds = time.monotonic() - self._start
        seconds = round(self._seconds, 3)
        self._write({"summary": {**self._said(), "seconds": seconds, "exit_code": self.exit_code}})

    def show(self, *, quiet: bool = False) -> None:
        """Print how it went: the summary, failures and why, what was ignored, what to know."""
        if not quiet:
            said = [f"{n} {word}" for word, n in self._said().items() if n or word == "done"]
            tell(f"{', '.join(said)} in {duration(self._seconds)}")
        for failure in self._failed:
            warn(f"failed: {failure}")
        if not quiet:
            for reason, count in self._reasons.most_common():
                tell(f"ignored: {count} {reason}")
            for note, count in self._notes.most_common():
                tell(f"note: {note}" + (f" ({count} files)" if count > 1 else ""))

    def _said(self) -> dict[str, int]:
        return {status: self._counts[status] for status in _STATUSES}

    def _write(self, event: Result | Ignored | Mapping[str, Any]) -> None:
        from restorer import journal_line

        if self._journal is None or self._cut:
            return
        try:
            self._journal.write(journal_line(event))
            self._journal.flush()
        except OSError as error:
            self._cut = True
            warn(f"--report: cut short: {error.strerror}")


@contextmanager
def journal(path: Path | None) -> Iterator[TextIO | None]:
    """Open the file for the JSON lines before the work begins, so that a bad path fails early."""
    from restorer import SUFFIXES

    if path is None:
        yield None
        return
    if path.suffix.lower() in SUFFIXES:
        raise click.UsageError(f"--report {path}: is the name of a picture; none is overwritten")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--report {path}: {error.strerror}") from error
    try:
        yield file
    finally:
        with suppress(OSError):  # what does not fit was told when it was written
            file.close()


def in_words(result: Result) -> str:
    """Say one result in one line: what was written, or why not."""
    if result.status == "done":
        return "; ".join([_written(result), *result.notes])
    if result.status == "skipped":
        return f"skipped: {result.error}"
    return f"{result.status}: {told(result.job.source, result.error)}"


def told(path: Path, trouble: str) -> str:
    """Put the file's name before its trouble, once."""
    return trouble if trouble.startswith(str(path)) else f"{path}: {trouble}"


def _written(result: Result) -> str:
    models = ", then ".join(map(_step, result.plans))
    devices = " and ".join(dict.fromkeys(plan.device for plan in result.plans))
    return (
        f"{result.target}: {_extent(result.target)}, {duration(result.seconds)},"
        f" {models} on {devices}"
    )


def _step(plan: RunPlan) -> str:
    """Say what ran, and what it was told."""
    if plan.sigma is not None:
        return f"{plan.model} (sigma {plan.sigma:.1f})"
    if plan.jpeg_quality == 100 and plan.origin == "estimated":
        return f"{plan.model} (no traces of JPEG)"
    if plan.jpeg_quality is not None:
        words = {"file": ", from the file", "estimated": ", estimated"}.get(plan.origin, "")
        return f"{plan.model} (JPEG quality {plan.jpeg_quality}{words})"
    return plan.model


def _extent(path: Path) -> str:
    from restorer import ImageError, probe

    try:
        header = probe(path)
    except ImageError:  # somebody has taken it away meanwhile
        return "size unknown"
    return f"{header.width} x {header.height}"

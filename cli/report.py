"""Report: count results, put them into words, set the exit code and write the journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TextIO

import click

from .words import counted, duration, tell, warn

if TYPE_CHECKING:
    from restorer import Address, Decision, Ignored, Job, Journal, OutputFolder, Result, RunPlan

    from .page import Page

P = ParamSpec("P")
_NAMED = 3  # files that a note names
_STATUSES = ("done", "skipped", "failed", "cancelled", "ignored")


class Report:
    """The results of a run, one after another.

    Args:
        verbose: Name every file and note as it comes.
        file: Gets the journal of the run. A full disk ends the journal with a warning, and the
            run goes on.
        show: Called with each result.
        output: Records what runs, too.
        page: Gets every file, and is written at the end.
    """

    def __init__(
        self,
        *,
        verbose: bool = False,
        file: TextIO | None = None,
        show: Callable[[Job, Result], None] | None = None,
        output: OutputFolder | None = None,
        page: Page | None = None,
    ) -> None:
        self._output = output
        self._page = page
        self._verbose = verbose
        self._show = show
        self._file = file
        self._journal: Journal | None = None
        self._counts: Counter[str] = Counter()
        self._notes: dict[str, list[str]] = {}
        self._reasons: Counter[str] = Counter()
        self._again: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._begun: set[str] = set()
        self._failed: list[str] = []
        self._incomplete: list[str] = []
        self._cut = self._unrecorded = False
        self._start = time.monotonic()
        self._seconds = 0.0

    def start(self, job: Job) -> None:
        """Record that a job has begun."""
        self._begun.add(job.id)
        if self._output is not None:
            self._record(self._output.start, job)
        self._write(lambda journal: journal.start(job))

    def decide(self, decision: Decision) -> None:
        """Count a job that does not run, and why another runs again."""
        if decision.skipped is not None:
            self.add(decision.job, decision.skipped)
        elif decision.again:
            self._again[decision.again] += 1
            if self._verbose:
                warn(f"again: {decision.job.target}: {decision.again}")

    def add(self, job: Job, result: Result) -> None:
        """Count a result."""
        self._counts[result.status] += 1
        for note in result.notes:
            shared = note.replace(result.target.name, "*")  # one line for all sidecars
            self._notes.setdefault(shared, []).append(job.source.name)
        if result.status == "skipped":
            self._skipped[result.error.removeprefix(f"{result.target}: ")] += 1
        if result.status == "failed":
            self._failed.append(named(job.source, result.error))
        if result.missing:
            lost, all_pages = len(result.missing), len(result.missing) + result.pages
            verb = "was" if lost == 1 else "were"
            words = f"{lost} of {all_pages} pages could not be read and {verb} left out"
            self._incomplete.append(f"{result.target}: {words}")
        if self._show is not None:
            self._show(job, result)
        elif self._verbose and result.status != "cancelled":
            warn(in_words(job, result))
        # The id takes time, and of a batch that is done nothing has begun.
        if self._output is not None and self._begun and job.id in self._begun:
            self._record(self._output.finish, job, result)
        if self._page is not None:
            self._page.add(job, result)
        self._write(lambda journal: journal.finish(job, result))

    def ignore(self, ignored: Ignored) -> None:
        """Count a file that is not part of the run; a folder that cannot be read is a failure."""
        status = "failed" if ignored.failed else "ignored"
        self._counts[status] += 1
        if ignored.failed:
            self._failed.append(named(ignored.path, ignored.reason))
        else:
            self._reasons[ignored.reason] += 1
        if self._verbose:
            warn(f"{status}: {ignored.path}: {ignored.reason}")
        if self._page is not None:
            self._page.ignore(ignored)
        self._write(lambda journal: journal.ignore(ignored))

    @property
    def exit_code(self) -> int:
        """130 if the run was stopped, 1 if a file, a journal or the page failed, else 0.

        A result that lacks pages is a failure, too. Skipped files are fine.
        """
        if self._counts["cancelled"]:
            return 130
        failed = self._counts["failed"] or self._incomplete or self._cut or self._unrecorded
        return 1 if failed else 0

    def close(self) -> None:
        """Stop the clock, write the page, and end the journal with the summary."""
        self._seconds = time.monotonic() - self._start
        if self._output is not None:
            self._record(self._output.sync)
        if self._page is not None:
            try:
                self._page.write(self._summary())
            except OSError as error:
                self._cut = True
                warn(f"--html: cannot be written: {error.strerror}")
        self._write(
            lambda journal: journal.summarize(self._totals(), self._seconds, self.exit_code)
        )

    def show(self, *, quiet: bool = False) -> None:
        """Print the summary, the failures, the ignored files and the notes."""
        if not quiet:
            tell(self._summary())
        for failure in self._failed:
            warn(f"failed: {failure}")
        for lack in self._incomplete:
            warn(f"incomplete: {lack}")
        if not quiet:
            for word, reasons in (
                ("again", self._again), ("skipped", self._skipped), ("ignored", self._reasons)
            ):  # fmt: skip
                for reason, count in reasons.most_common():
                    tell(f"{word}: {counted(reason, count)}")
            for note, names in sorted(self._notes.items(), key=lambda own: -len(own[1])):
                tell(f"note: {note} ({_listed(names)})")

    def _summary(self) -> str:
        counts = self._totals() | {"incomplete": len(self._incomplete)}
        said = [f"{n} {word}" for word, n in counts.items() if n or word == "done"]
        return f"{', '.join(said)} in {duration(self._seconds)}"

    def _totals(self) -> dict[str, int]:
        return {status: self._counts[status] for status in _STATUSES}

    def _record(self, write: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Write into the journal of the folder; without it, a later run redoes more."""
        try:
            write(*args, **kwargs)
        except OSError as error:
            if not self._unrecorded:
                self._unrecorded = True
                warn(
                    f"the journal in the folder of results cannot be written: {error.strerror};"
                    " run the command again, which restores what is missing"
                )

    def _write(self, write: Callable[[Journal], None]) -> None:
        from restorer import Journal

        if self._file is None or self._cut:
            return
        try:
            if self._journal is None:
                self._journal = Journal(self._file)
            write(self._journal)
        except OSError as error:
            self._cut = True
            warn(f"--report: cut short: {error.strerror}")


@contextmanager
def journal(path: Path | None) -> Iterator[TextIO | None]:
    """Open the file of the journal before the work begins, so that a bad path fails early."""
    from restorer import READABLE, WRITABLE, open_journal

    if path is None:
        yield None
        return
    if path.suffix.lower() in READABLE | WRITABLE:
        raise click.UsageError(
            f"--report {path}: is the name of a picture, which is not"
            " overwritten; choose another name"
        )
    try:
        file = open_journal(path)
    except OSError as error:
        raise click.UsageError(f"--report {path}: {error.strerror}") from error
    except ValueError as error:
        raise click.UsageError(f"--report {error}") from error
    try:
        yield file
    finally:
        with suppress(OSError):  # a full disk was reported when it was written
            file.close()


def _listed(names: Sequence[str]) -> str:
    """Return the first names of a list, and the number of the others."""
    more = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"and {more} more"] if more > 0 else [])])


def in_words(job: Job, result: Result) -> str:
    """Return one line on a result: the file that was written, or the reason why not."""
    if result.status == "done":
        return "; ".join([_written(result), *result.notes])
    if result.status == "skipped":
        return f"skipped: {result.error}"
    return f"{result.status}: {named(job.source, result.error)}"


def models_in_words(result: Result) -> str:
    """Return the models that made a result and where they ran."""
    if not result.plans:
        return "no model"
    models = ", then ".join(_steps(result))
    devices = " and ".join(dict.fromkeys(plan.device for plan in result.plans))
    return f"{models} on {devices}"


def named(path: Path | Address, trouble: str) -> str:
    """Return a message that begins with the name of its file."""
    return trouble if trouble.startswith(str(path)) else f"{path}: {trouble}"


def _written(result: Result) -> str:
    assert result.size is not None, "a picture was written"
    height, width = result.size
    seconds = duration(result.seconds)
    missing = f" ({len(result.missing)} missing)" if result.missing else ""
    pages = f", {result.pages} pages{missing}" if result.pages > 1 or missing else ""
    return f"{result.target}: {width} x {height}{pages}, {seconds}, {models_in_words(result)}"


def _steps(result: Result) -> list[str]:
    """Return the words for each step; of several pages those for all, with the span of sigma."""
    count = len(result.plans) // result.pages  # 0 where the plans of one page hold for all
    models = [plan.model for plan in result.plans]
    if not count or models != models[:count] * result.pages:
        return [*map(_step, result.plans)]
    return [_span(result.plans[number::count]) for number in range(count)]


def _span(plans: Sequence[RunPlan]) -> str:
    """Return the words for a step on several pages."""
    levels = sorted(plan.sigma for plan in plans if plan.sigma is not None)
    if levels and levels[0] != levels[-1]:
        return f"{plans[0].model} (sigma {levels[0]:.1f} to {levels[-1]:.1f})"
    return _step(plans[0])


def _step(plan: RunPlan) -> str:
    """Return the model of a step with the condition of its network."""
    if plan.sigma is not None:
        return f"{plan.model} (sigma {plan.sigma:.1f})"
    if plan.jpeg_quality == 100 and plan.origin == "estimated":
        return f"{plan.model} (no traces of JPEG)"
    if plan.jpeg_quality is not None:
        words = {"file": ", from the file", "estimated": ", estimated"}.get(plan.origin, "")
        return f"{plan.model} (JPEG quality {plan.jpeg_quality}{words})"
    return plan.model

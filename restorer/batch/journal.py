"""The journal of a run as JSON lines, and lists of jobs as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol, TextIO, TypeVar

import msgspec

import restorer
from restorer.batch.jobs import Job, Result, Status
from restorer.batch.stores.address import Location, absolute, location
from restorer.batch.stores.store import FileState
from restorer.batch.walk import Ignored
from restorer.errors import SettingsError
from restorer.settings import RunPlan, Settings, Step, plain

JOURNAL_VERSION = 1  # raised when a reader of an older version would misread a record

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="record"):
    """One line of a journal; its field ``record`` names its kind.

    A reader ignores fields and kinds that it does not know, so that new ones can be added.
    """


class HeaderRecord(Record, frozen=True, kw_only=True, tag="header"):
    """First line of a run: version of the journal, version of the program, UTC time in ISO 8601.

    `command` holds the words of the command that makes the run, in the folder `cwd`; `output` is
    the folder of its results.
    """

    version: int
    program: str
    time: str
    command: tuple[str, ...] = ()
    cwd: str = ""
    output: str = ""


class StartRecord(Record, frozen=True, kw_only=True, tag="started"):
    """A worker has begun a job; `request` is that of `Job`, with the hashes of the weights."""

    id: str
    time: str
    request: dict[str, Any]


class FinishRecord(Record, frozen=True, kw_only=True, tag="finished"):
    """A job has ended, see `Result`; `requested` is its target where that got a number."""

    status: Status
    id: str
    time: str
    source: str
    target: str
    requested: str = ""
    size: tuple[int, int] | None = None
    seconds: float = 0.0
    plans: tuple[RunPlan, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()
    source_state: FileState | None = None
    target_state: FileState | None = None
    pages: int = 1
    missing: tuple[int, ...] = ()


class WaitRecord(Record, frozen=True, kw_only=True, tag="waiting"):
    """A job that ended waits again, or was taken out of a queue."""

    source: str
    target: str


class IgnoredRecord(Record, frozen=True, kw_only=True, tag="ignored"):
    """A file that is not part of the run; ``failed`` where pictures may be missing for it."""

    status: str
    source: str
    error: str


class SummaryRecord(Record, frozen=True, kw_only=True, tag="summary"):
    """Last line: the number of files in each state."""

    counts: dict[str, int]
    seconds: float
    exit_code: int


_Line = HeaderRecord | StartRecord | FinishRecord | WaitRecord | IgnoredRecord | SummaryRecord


def open_journal(path: Path | str) -> TextIO:
    """Return the open file of a journal, to append the records of one more run; or a new file.

    Raises OSError, and ValueError for a file that is no journal.

    Examples:
        >>> with restorer.open_journal("night.jsonl") as file:
        ...     restorer.Journal(file).summarize({"done": 0}, seconds=0.0, exit_code=0)
        >>> len(restorer.read_journal("night.jsonl"))  # the header and the summary
        2
    """
    path, cut = Path(path), False
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size:  # no pipe or device
        with path.open("rb") as file:
            if not _is_header(file.readline()):
                raise ValueError(
                    f"{path}: is a different kind of file, which is not overwritten;"
                    " choose another name"
                )
            file.seek(-1, os.SEEK_END)
            cut = file.read(1) != b"\n"
    lines = path.open("a", encoding="utf-8")
    if cut:  # the last run ended in the middle of a record
        lines.write("\n")
    return lines


def _is_header(line: bytes) -> bool:
    try:
        return isinstance(msgspec.convert(json.loads(line), _Line), HeaderRecord)
    except ValueError:
        return False


class Lines(Protocol):
    """What a journal needs of a file."""

    def write(self, text: str, /) -> object:
        """Append a text."""

    def flush(self) -> object:
        """Pass on what was appended."""


class Journal:
    """Writes and flushes each record immediately, so that a crash damages at most the last line.

    Args:
        file: Open for writing; an empty or new one gets a header.
        continued: Whether the file has a header already.
        command: The words of the command that makes the run.
        output: The folder of its results.

    All methods raise OSError.
    """

    def __init__(
        self,
        file: Lines,
        *,
        continued: bool = False,
        command: Sequence[str] = (),
        output: Location | None = None,
    ) -> None:
        self._file = file
        if not continued:
            self._write(
                HeaderRecord(
                    version=JOURNAL_VERSION,
                    program=restorer.__version__,
                    time=_now(),
                    command=tuple(command),
                    cwd=os.getcwd() if command else "",
                    output="" if output is None else absolute(output),
                )
            )

    def start(self, job: Job) -> None:
        """Record that a worker has begun a job."""
        self._write(StartRecord(id=job.id, time=_now(), request=job.request))

    def finish(self, job: Job, result: Result) -> None:
        """Record the result of a job."""
        self._write(
            FinishRecord(
                id=job.id,
                time=_now(),
                status=result.status,
                source=str(job.source),
                target=str(result.target),
                requested="" if result.target == job.target else str(job.target),
                size=result.size,
                seconds=round(result.seconds, 3),
                plans=result.plans,
                error=result.error,
                notes=result.notes,
                source_state=result.source_state,
                target_state=result.target_state,
                pages=result.pages,
                missing=result.missing,
            )
        )

    def wait(self, job: Job) -> None:
        """Record that a job waits again, or was taken out of the queue."""
        self._write(WaitRecord(source=str(job.source), target=str(job.target)))

    def ignore(self, ignored: Ignored) -> None:
        """Record a file that is not part of the run."""
        status = "failed" if ignored.failed else "ignored"
        self._write(IgnoredRecord(status=status, source=str(ignored.path), error=ignored.reason))

    def summarize(self, counts: Mapping[str, int], seconds: float, exit_code: int) -> None:
        """Record the number of files in each state, at the end of the run."""
        summary = SummaryRecord(counts=dict(counts), seconds=round(seconds, 3), exit_code=exit_code)
        self._write(summary)

    def _write(self, record: Record) -> None:
        # ASCII escapes carry file names that are not valid UTF-8.
        self._file.write(json.dumps(plain(record)) + "\n")
        self._file.flush()


def read_journal(path: Path | str) -> list[Record]:
    """Return the records of a journal in order, without a line that was cut.

    Raises OSError, and ValueError for a journal of a newer version of the program.

    Examples:
        >>> (job,) = restorer.plan_sources(["small.png"], "large", ["panet-sr-x2-lite"]).jobs
        >>> with open("night.jsonl", "w", encoding="utf-8") as file:
        ...     journal = restorer.Journal(file)
        ...     journal.start(job)
        ...     journal.finish(job, restorer.run_job(job))
        >>> restorer.read_journal("night.jsonl")[-1].status
        'done'
    """
    return list(iterate_journal(path))


def iterate_journal(path: Path | str) -> Iterator[Record]:
    """Yield what `read_journal` returns, so that a long journal takes little memory."""
    with Path(path).open("rb") as file:
        yield from iterate_lines(file, str(path))


def iterate_lines(lines: Iterable[bytes], name: str) -> Iterator[Record]:
    """Yield the records of the lines of a journal; `name` stands in messages."""
    decoder = msgspec.json.Decoder(_Line)
    for line in lines:
        record = _decoded(line, decoder)
        if isinstance(record, HeaderRecord) and record.version > JOURNAL_VERSION:
            raise ValueError(f"{name}: written by a newer version of the program")
        if record is not None:
            yield record


def _decoded(line: bytes, decoder: msgspec.json.Decoder[_Line]) -> Record | None:
    """Return the record of a line; None for one that was cut, or of a kind that is not known."""
    found: Record | None = None
    try:
        found = decoder.decode(line)
    except ValueError:  # a file name that is not valid UTF-8, perhaps, which the decoder refuses
        with suppress(ValueError):
            found = msgspec.convert(json.loads(line.decode("utf-8", "replace")), _Line)
    return found


class _Group(msgspec.Struct):
    """Neighboring jobs that differ in their files only."""

    steps: tuple[Step, ...]
    settings: Settings
    files: list[tuple[str, str]]
    references: tuple[str, ...] = ()
    explain: bool = False

    @property
    def jobs(self) -> Iterable[Job]:
        references = tuple(map(Path, self.references))
        for source, target in self.files:
            places = location(source), location(target)
            yield Job(*places, self.steps, self.settings, references, self.explain)


class _JobList(msgspec.Struct):
    jobs: list[_Group]


def dump_jobs(jobs: Iterable[Job]) -> str:
    """Return jobs as JSON for `load_jobs`; neighbors share the record of what they do.

    Examples:
        >>> batch = restorer.plan_jobs("photos", "large", ["panet-sr-x2-lite"])
        >>> text = restorer.dump_jobs(batch.jobs)
        >>> restorer.load_jobs(text) == list(batch.jobs)
        True
    """
    groups = []
    for (steps, settings, references, explain), alike in groupby(jobs, key=_request):
        files = [(str(job.source), str(job.target)) for job in alike]
        groups.append(_Group(steps, settings, files, references, explain))
    return json.dumps(plain(_JobList(groups)))


def load_jobs(text: str) -> list[Job]:
    """Return the jobs that `dump_jobs` wrote, perhaps by another version of the program.

    Options that this version does not know are left out. Raises ValueError for any other text.

    Examples:
        >>> batch = restorer.plan_jobs("photos", "large", ["panet-sr-x2-lite"])
        >>> [job.source.name for job in restorer.load_jobs(restorer.dump_jobs(batch.jobs))]
        ['a.jpg', 'b.png']
    """
    try:
        groups = msgspec.convert(json.loads(text), _JobList).jobs
        return [job for group in groups for job in group.jobs]
    except (ValueError, SettingsError) as error:
        raise ValueError(f"no list of jobs: {error}") from error


def _request(job: Job) -> tuple[tuple[Step, ...], Settings, tuple[str, ...], bool]:
    return job.steps, job.settings, tuple(map(str, job.references)), job.explain


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")

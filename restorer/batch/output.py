"""The output folder of a batch: what earlier runs have done there, and what remains.

Each run writes a journal of its own into a hidden subfolder. A result of an earlier run is skipped
only if its source, its request and the file itself are those of the journal.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType

from restorer import formats
from restorer.batch.claims import Claims, remove_marks, run_name
from restorer.batch.home import JournalFile, create_journal, journals, open_claims
from restorer.batch.jobs import Job, Result
from restorer.batch.journal import HeaderRecord, Journal
from restorer.batch.kept_rows import FOLDER
from restorer.batch.past import CHANGES, Past, RelativePaths, read_past, request_text
from restorer.batch.staging import local_copy
from restorer.batch.stores.address import Address, Location, location, without_secrets
from restorer.batch.stores.claims import StoreClaims
from restorer.batch.stores.store import FileState, Listing
from restorer.batch.stores.writing import check_writable, leftovers_at, remove
from restorer.batch.syncing import DelayedSync
from restorer.errors import ImageError, SettingsError
from restorer.formats.files import leftovers

log = logging.getLogger(__name__)

_TIME = "%Y%m%dT%H%M%S"  # how the names of runs begin
_SYNC_S = 0.5  # about this much of the journal is lost in a power cut; the results are not


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a job runs, and why.

    Attributes:
        job: The job, which replaces an earlier result of its own.
        skipped: The result of a job that does not run, or None.
        again: Why a job that has run before runs again; else empty.
    """

    job: Job
    skipped: Result | None = None
    again: str = ""


class OutputFolder:
    """The folder of the results of one run; a context manager that ends the journal.

    Args:
        path: The folder, or its address. It need not exist; `open` creates it.
        command: The words of the command that makes the run, for `last_command`.

    Raises SettingsError for a folder that cannot be read.
    """

    def __init__(self, path: Location | str, command: Sequence[str] = ()) -> None:
        self.path, self._command = location(path), command
        self._home = self.path / FOLDER
        self._journal: Journal | None = None
        self._claims: Claims | StoreClaims | None = None
        self._file: JournalFile | None = None
        self._relative = RelativePaths(self.path)
        self._requests: dict[object, str] = {}
        self._folders: dict[str, bool] = {}  # of targets, and whether they exist
        self._judged: dict[str, FileState | None] = {}  # targets that will be replaced
        self._syncing: DelayedSync | None = None
        self._warned: set[str] = set()
        if isinstance(self.path, Address):
            check_writable(self.path)
        try:
            self._past = read_past(self._home)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SettingsError(f"{self._home}: cannot be read: {reason}") from error

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the command without the secrets of addresses."""
        return tuple(map(without_secrets, self._command))

    @property
    def targets(self) -> dict[str, Path]:
        """The targets of earlier runs by the absolute paths of their sources, relative to here."""
        return {past.source: Path(target) for target, past in self._past.items()}

    def decide(self, jobs: Sequence[Job]) -> list[Decision]:
        """Return which jobs run, in their order; with ``existing`` other than ``skip``, all do.

        Raises SettingsError for a folder of results that cannot be read.
        """
        listing = Listing()
        try:
            return [self._decide(job, listing) for job in jobs]
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be read: {error.strerror}") from error

    def open(self) -> None:
        """Begin the journal of this run, and remove what killed runs left beside its targets.

        Raises SettingsError if that is not possible.
        """
        try:
            name = run_name(self._time())
            self._file = create_journal(self._home, name)
            self._journal = Journal(self._file, command=self.command, output=self.path)
            self._sync()
            self._syncing = DelayedSync(self._sync, _SYNC_S)
            self._claims = open_claims(self._home, name)
            self._remove_leftovers(self._claims)
        except OSError as error:
            self._close()
            raise SettingsError(f"{self._home}: cannot be written: {error.strerror}") from error

    def claim(self, job: Job) -> bool:
        """Claim the target of a job; return False if another run is, or was, at work on it."""
        assert self._claims is not None, "open"
        name = self._name(job.target)
        try:
            if not self._claims.take(name):
                return False
            if self._is_done_since(job, name):
                self._claims.release(name)
                return False
            return True
        except OSError as error:  # the job will say what is wrong with the folder
            self._warn(f"{job.target}: cannot be claimed: {error.strerror}", "claims")
            return True

    def start(self, job: Job) -> None:
        """Record that a job has begun. Raises OSError."""
        assert self._journal is not None, "open"
        with self._recording():
            self._journal.start(job)

    def finish(self, job: Job, result: Result) -> None:
        """Record the result of a job, and release its claim. Raises OSError."""
        assert self._journal is not None, "open"
        assert self._claims is not None, "open"
        try:
            with self._recording():
                self._journal.finish(job, result)
        finally:
            self._claims.release(self._name(job.target))

    def sync(self) -> None:
        """Sync the journal, if it is open. Raises OSError, also where the folder is gone."""
        if self._file is not None:
            with self._recording():
                self._sync()

    def __enter__(self) -> OutputFolder:
        """Return this folder."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Sync and close the journal, and end the claims."""
        self._close()

    def _close(self) -> None:
        for each in (self._syncing, self._file, self._claims):
            try:
                if each is not None:
                    each.close()
            except OSError as error:
                self._warn(f"{self._home}: cannot be written: {error.strerror}", "journal")
        self._claims = self._syncing = self._journal = self._file = None

    @contextmanager
    def _recording(self) -> Iterator[None]:
        assert self._syncing is not None, "open"
        try:
            with self._syncing.change():
                yield
        except OSError:
            self._warned.add("journal")  # by the caller
            raise

    def _warn(self, text: str, topic: str) -> None:
        """Warn once of a topic: what befalls a folder befalls all of its files."""
        if topic not in self._warned:
            self._warned.add(topic)
            log.warning("%s", text)

    def _time(self) -> str:
        """Return the time, or a later one: the next run must read the journals in their order."""
        now = datetime.now(timezone.utc)
        newest = next((name for name, _ in journals(self._home, newest_first=True)), "")
        with suppress(ValueError, OverflowError):
            last = datetime.strptime(newest.partition("-")[0], _TIME).replace(tzinfo=timezone.utc)
            now = max(now, last + timedelta(seconds=1))
        return now.strftime(_TIME)

    def _is_done_since(self, job: Job, name: str) -> bool:
        """Whether another run has ended a job since its journal was read. Raises OSError."""
        assert self._claims is not None, "open"
        past = self._past.get(name)
        if past is not None and past.crashed and self._claims.is_live(past.run):
            return True  # it has released its claim
        return name in self._judged and FileState.of(job.target) != self._judged[name]

    def _remove_leftovers(self, claims: Claims | StoreClaims) -> None:
        for inner in self._relative.folders:
            folder = self.path / inner
            if isinstance(folder, Path):
                remove_marks(folder)
            found: Iterator[tuple[Location, str]]
            found = leftovers_at(folder) if isinstance(folder, Address) else leftovers(folder)
            for left, target in found:
                name = self._name(folder / target)
                if claims.take(name):  # no other run is at work on it
                    _remove(left)
                    claims.release(name)

    def _sync(self) -> None:
        assert self._file is not None, "open"
        self._file.sync()

    def _name(self, target: Location) -> str:
        return self._relative.of(target)

    def _request(self, job: Job) -> str:
        """Return the request of a job like that of `Past`; most jobs of a run share one."""
        key = job.steps, job.settings, job.references, job.explain
        if key not in self._requests:
            self._requests[key] = request_text(job.options)
        return self._requests[key]

    def _decide(self, job: Job, listing: Listing) -> Decision:
        past = self._past.get(self._name(job.target))
        if job.settings.existing != "skip" or not self._has(job.target, listing):
            done = past is not None and past.done is not None
            gone = done and (isinstance(job.target, Address) or not os.path.lexists(job.target))
            return Decision(job, again="the result is gone" if gone else "")
        again, skipped = _judge(job, past, self._request(job), listing)
        if skipped:
            return Decision(job, Result("skipped", job.target, error=f"{job.target}: {skipped}"))
        self._judged[self._name(job.target)] = listing.state(job.target)
        return Decision(
            replace(job, settings=replace(job.settings, existing="replace")), None, again
        )

    def _has(self, target: Location, listing: Listing) -> bool:
        """Whether a target exists; a new folder has none, and a file is not asked for there."""
        if isinstance(target, Address):
            return listing.state(target) is not None
        folder = os.path.dirname(target)
        if folder not in self._folders:
            self._folders[folder] = os.path.isdir(folder)
        return self._folders[folder] and os.path.isfile(target)


def last_command(folder: Location | str) -> tuple[tuple[str, ...], str]:
    """Return the last command that wrote into a folder, as words, and the folder where it ran.

    Raises SettingsError for a folder that no such run has written.

    Examples:
        >>> with restorer.OutputFolder("large", ["batch", "photos", "large"]) as output:
        ...     output.open()
        >>> restorer.last_command("large")[0]
        ('batch', 'photos', 'large')
    """
    folder = location(folder)
    try:
        for _, journal in journals(folder / FOLDER, newest_first=True):
            with suppress(OSError, ValueError):
                for record in journal:
                    if isinstance(record, HeaderRecord) and record.command:
                        return record.command, record.cwd
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be read: {error.strerror}") from error
    raise SettingsError(f"{folder}: no batch has written into this folder")


def _judge(job: Job, past: Past | None, request: str, listing: Listing) -> tuple[str, str]:
    """Return why a job whose target exists runs again, or else why it is skipped."""
    target, source = listing.state(job.target), listing.state(job.source)
    if target is not None and target.size_bytes == 0:
        return "the result was empty", ""
    if past is None:
        older = target is not None and source is not None and target.mtime_ns < source.mtime_ns
        return "", "exists already, and is older than its source" if older else "exists already"
    if past.crashed:
        return "it never finished", ""
    if past.done is None:  # the job failed, and the file is not ours
        return "", "exists already"
    if target != past.done.target_state:
        if _is_whole(job.target):
            return "", "was changed after it was written"
        return "the result was damaged", ""
    if source != past.done.source_state:
        return "the source has changed", ""
    if past.request == request:
        lacking = ", without the pages that could not be read" if past.done.missing else ""
        return "", f"done before{lacking}"
    before, now = json.loads(past.request), json.loads(request)
    for key, words in CHANGES:
        if before.get(key) != now[key]:
            return words, ""
    return "", "done before"


def _is_whole(place: Location) -> bool:
    try:
        with local_copy(place) as path:
            formats.read(path)
    except ImageError:
        return False
    return True


def _remove(place: Location) -> None:
    if isinstance(place, Address):
        remove(place)
    else:
        place.unlink(missing_ok=True)

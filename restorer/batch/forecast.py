"""Forecast a batch: what happens to each file, the disk space and the time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from restorer import formats
from restorer.batch.checks import check_result, chosen_pages, scale_of
from restorer.batch.disk_space import DiskNeed, DiskSpace
from restorer.batch.jobs import Job
from restorer.batch.model_speeds import ModelSpeeds
from restorer.batch.output import Decision
from restorer.batch.staging import local_job, named, open_job
from restorer.batch.stores.store import FileState
from restorer.batch.target_folders import TargetFolders
from restorer.errors import ImageError, ImageTooLargeError, ImageWriteError, RestorerError
from restorer.restoration.chosen import Chosen, is_automatic
from restorer.restoration.output import output_size

_LARGE = 1 << 26  # pixels

Outcome: TypeAlias = Literal["restore", "skip", "fail"]
Problem: TypeAlias = Literal["source", "limit", "target", "request"]
OnForecast: TypeAlias = Callable[["FileForecast"], object]


@dataclass(frozen=True, slots=True)
class FileForecast:
    """What would become of one file.

    Attributes:
        decision: Its job, and what an earlier run did.
        outcome: Whether it would be restored, skipped, or fail.
        reason: Why it would be skipped, fail, or be restored once more; else empty.
        problem: What a failure is about: the *source*, a *limit* of the target's format, the
            *target*, which cannot be created, or the *request*. None if it would not fail.
        format: Name of the format of the source; empty where its header was not read, so that the
            sizes are 0.
        size: Height and width of the source.
        result_size: Height and width of the result.
        result_format: Name of its format.
        size_bytes: Estimated size of its file.
        pages: Number of pages, or frames, that would be restored; all are taken to be of the size
            of the first.
        seconds: Estimated time on this machine; None where it was not measured.
        chosen: What `auto` would do, to the first of several pages; None where no one looked.
    """

    decision: Decision
    outcome: Outcome
    reason: str = ""
    problem: Problem | None = None
    format: str = ""
    size: tuple[int, int] = (0, 0)
    result_size: tuple[int, int] = (0, 0)
    result_format: str = ""
    size_bytes: int = 0
    seconds: float | None = None
    pages: int = 1
    chosen: Chosen | None = None

    @property
    def pixels(self) -> int:
        """Pixels of the source, over all pages."""
        return math.prod(self.size) * self.pages

    @property
    def result_pixels(self) -> int:
        """Pixels of the result, over all pages."""
        return math.prod(self.result_size) * self.pages


@dataclass(frozen=True)
class Forecast:
    """What a batch would do.

    Attributes:
        outcomes: Number of files by outcome.
        headers: Number of files whose headers were read.
        unread: Number of files that would be restored, or would fail for their source, the limits
            of a format or the request: their headers were not read. They count as restored. What
            follows of sizes and time is estimated for them from the other files.
        formats: Number of files that would be restored, by the format of the source, as far as
            headers were read.
        result_formats: The same by the format of the result.
        problems: Number of files that would fail, by what the failure is about.
        skipped: Number of files that would be skipped, by reason.
        again: Number of files that would be restored once more, by reason.
        pixels: Pixels of the sources that would be restored.
        result_pixels: Pixels of the results.
        disks: Disk space on each file system of the results.
        seconds: Estimated time on this machine; None where a model was not measured. It is good to
            a factor of two, and leaves out reading and writing.
        unmeasured: The models that `try_workers` has not measured on the device in use.
    """

    outcomes: Mapping[str, int]
    headers: int
    unread: int
    formats: Mapping[str, int]
    result_formats: Mapping[str, int]
    problems: Mapping[str, int]
    skipped: Mapping[str, int]
    again: Mapping[str, int]
    pixels: int
    result_pixels: int
    disks: tuple[DiskNeed, ...]
    seconds: float | None
    unmeasured: tuple[str, ...]


def forecast_batch(
    decisions: Iterable[Decision],
    *,
    workers: int | None = None,
    headers: int | None = None,
    looks: int | None = 0,
    on_file: OnForecast | None = None,
) -> Forecast:
    """Forecast what `run_jobs` would do, from headers and measurements; nothing is written.

    Targets are checked for all files in any case.

    Args:
        decisions: From `OutputFolder.decide`.
        workers: How many images go through networks at a time; None takes the measured number.
        headers: The largest number of headers to read, from files evenly spread over the batch;
            None reads all. Each takes 0.5 ms on a local disk.
        looks: The largest number of pictures to decode, evenly spread, to find what `auto` would
            do; None decodes all. The time of the others is extrapolated from these.
        on_file: Called with the forecast of each file as soon as its header has been read.

    Examples:
        >>> batch = restorer.plan_jobs("photos", "large", ["panet-sr-x2-lite"])
        >>> decisions = restorer.OutputFolder("large").decide(batch.jobs)
        >>> forecast = restorer.forecast_batch(decisions)
        >>> forecast.outcomes, forecast.formats
        ({'restore': 2}, {'JPEG': 1, 'PNG': 1})
        >>> any(disk.short for disk in forecast.disks)
        False
    """
    decisions = [*decisions]
    speeds, folders, sums = ModelSpeeds(workers), TargetFolders(), _Sums()
    chosen = _sample([n for n, each in enumerate(decisions) if each.skipped is None], headers)
    seen = _sample([n for n in sorted(chosen) if is_automatic(decisions[n].job.steps[0])], looks)
    for number, decision in enumerate(decisions):
        file = _forecast_file(decision, speeds, folders, read=number in chosen, look=number in seen)
        sums.add(file, looks=bool(seen))
        if on_file is not None:
            on_file(file)
    return sums.forecast(len(chosen), tuple(sorted(speeds.unmeasured)))


class _Sums:
    """Adds up the forecasts of files."""

    _COUNTED = ("outcomes", "formats", "result_formats", "problems", "skipped", "again")

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {key: Counter() for key in self._COUNTED}
        self._space = DiskSpace()
        self._pixels = self._result_pixels = 0
        self._seconds: float | None = 0.0
        self._timed = self._untimed = 0  # pixels of the sources whose time is known, and not known

    def add(self, file: FileForecast, *, looks: bool) -> None:
        """Add a file; with `looks`, what `auto` does is known of the pictures that were decoded."""
        self._counts["outcomes"][file.outcome] += 1
        if file.outcome == "restore":
            self._add_result(file, looks=looks)
        if file.problem:
            self._counts["problems"][file.problem] += 1
        if file.outcome != "fail" and file.reason:
            key = "again" if file.outcome == "restore" else "skipped"
            self._counts[key][file.reason] += 1

    def _add_result(self, file: FileForecast, *, looks: bool) -> None:
        job = file.decision.job
        self._counts["result_formats"][file.result_format] += 1
        self._space.add(job, file.size_bytes, known=bool(file.format))
        if not file.format:
            return
        self._counts["formats"][file.format] += 1
        self._pixels += file.pixels
        self._result_pixels += file.result_pixels
        if looks and file.chosen is None and is_automatic(job.steps[0]):
            self._untimed += file.pixels
        else:
            self._timed += file.pixels
            self._seconds = _sum(self._seconds, file.seconds)

    def forecast(self, headers: int, unmeasured: tuple[str, ...]) -> Forecast:
        """Return the sums; files without a known header, or time, are taken to be like the others.

        Args:
            headers: Number of files whose headers were read.
            unmeasured: The models without a known speed.
        """
        known = self._counts["formats"].total()
        unread = self._counts["outcomes"]["restore"] - known
        scale = 1 + unread / max(1, known)
        seconds = self._seconds
        if seconds is not None:
            seconds *= (1 + self._untimed / max(1, self._timed)) * scale
        return Forecast(
            **{key: dict(count.most_common()) for key, count in self._counts.items()},
            headers=headers,
            unread=unread,
            pixels=round(self._pixels * scale),
            result_pixels=round(self._result_pixels * scale),
            disks=self._space.needs(),
            seconds=seconds,
            unmeasured=unmeasured,
        )


def _sample(numbers: Sequence[int], count: int | None) -> Set[int]:
    """Return at most `count` of the numbers, evenly spread."""
    if count is None or count >= len(numbers):
        return frozenset(numbers)
    return frozenset(numbers[n * len(numbers) // count] for n in range(count))


def _forecast_file(
    decision: Decision, speeds: ModelSpeeds, folders: TargetFolders, *, read: bool, look: bool
) -> FileForecast:
    reason = _skip_reason(decision, folders)
    if reason is not None:
        return FileForecast(decision, "skip", reason)
    return _read_file(decision, speeds, look=look) if read else _unread_file(decision, folders)


def _skip_reason(decision: Decision, folders: TargetFolders) -> str | None:
    """Return why a file would be skipped; None where it would not."""
    job = decision.job
    if decision.skipped is not None:
        return decision.skipped.error.removeprefix(f"{job.target}: ")
    skips = job.settings.existing == "skip" and isinstance(job.target, Path)
    return "exists already" if skips and folders.has_file(str(job.target)) else None


def _unread_file(decision: Decision, folders: TargetFolders) -> FileForecast:
    """Return the forecast of a file whose header is not read."""
    try:
        format = _checked_target(decision.job, folders)
    except ImageError as error:
        return FileForecast(decision, "fail", str(error), _problem(error))
    return FileForecast(decision, "restore", decision.again, result_format=format.name)


def _read_file(decision: Decision, speeds: ModelSpeeds, *, look: bool) -> FileForecast:
    """Return the forecast of a file by its header, and by its pixels where `look` says so."""
    job = decision.job
    try:
        with open_job(job) as (source, _):
            header, state = source.header, FileState.of(job.source)
            word, chosen = source.page_word, _look(job, source) if look else None
    except (RestorerError, OSError) as error:
        return FileForecast(decision, "fail", str(error), "source")
    scale = scale_of(job)
    try:
        local, names = local_job(job)
        with named(names):
            format = check_result(local, header, scale)
            pages = len(chosen_pages(local, header)) if formats.holds_pages(format, word) else 1
    except RestorerError as error:
        return FileForecast(decision, "fail", str(error), _problem(error), header.format)
    size = header.height, header.width
    result_size = output_size(header.height * scale, header.width * scale, job.settings)
    bits = format.written_bits(job.settings.bits or header.bits)
    raw_bytes = math.prod(result_size) * header.channels * pages * bits / 8
    seconds = speeds.seconds(job, size, chosen)
    return FileForecast(
        decision,
        "restore",
        decision.again,
        format=header.format,
        size=size,
        result_size=result_size,
        result_format=format.name,
        size_bytes=int(raw_bytes * min(_share(header, format, state), 1.0)),
        seconds=None if seconds is None else seconds * pages,
        pages=pages,
        chosen=chosen,
    )


def _share(header: formats.Header, format: formats.Format, state: FileState | None) -> float:
    """Return the share of the uncompressed size that a result takes.

    A result of the format of its source compresses about as well.
    """
    if state is None or header.format != format.name:
        return format.usual_share
    samples = header.height * header.width * header.channels * header.pages
    return 8 * state.size_bytes / (samples * header.bits)


def _look(job: Job, source: formats.ImageFile) -> Chosen:
    """Return what `auto` would do to a picture; of a very large one, parts are decoded."""
    from restorer.restoration import automatic  # they load torch, which headers do not need
    from restorer.restoration.source import Source

    large = source.has_rows and source.header.height * source.header.width > _LARGE
    page = automatic.sampled(source.rows()) if large else source.read_page()
    return automatic.choose_steps(job.steps[0], Source(page, settings=job.settings), job.settings)


def _checked_target(job: Job, folders: TargetFolders) -> formats.Format:
    """Return the format of a target that can be created, whatever its size. Raises ImageError."""
    if isinstance(job.target, Path):
        return folders.check(job.target)
    local, names = local_job(job)
    with named(names):
        return folders.check(local.target)


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


def _problem(error: RestorerError) -> Problem:
    """Return what an error of `check_result` is about."""
    if isinstance(error, ImageTooLargeError):
        return "limit"
    if isinstance(error, ImageWriteError):
        return "target"
    return "limit" if isinstance(error, ImageError) else "request"

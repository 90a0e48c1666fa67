"""Forecast a batch: what would become of each file, the disk space and the time."""

from __future__ import annotations

import math
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from restorer import formats
from restorer.batch.checks import check_result, chosen_pages, scale_of
from restorer.batch.jobs import Job
from restorer.batch.output import Decision
from restorer.batch.staging import local_job, named, open_job
from restorer.batch.stores.address import Address
from restorer.batch.stores.store import FileState
from restorer.errors import ImageError, ImageTooLargeError, ImageWriteError, RestorerError
from restorer.inference.calibration import known_speed
from restorer.models.catalog import ModelSpec, model_spec
from restorer.restoration.chosen import Chosen, expected_specs, is_automatic
from restorer.restoration.output import output_size
from restorer.restoration.timing import computed_pixels
from restorer.settings import Settings

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
class DiskNeed:
    """Disk space that results need on one file system.

    Attributes:
        folder: The folder of the first of these results, or the nearest one that exists.
        needed_bytes: Estimated size of all results, less that of the files that they replace.
        free_bytes: Free space.
    """

    folder: Path
    needed_bytes: int
    free_bytes: int

    @property
    def short(self) -> bool:
        """Whether the results would not fit."""
        return self.needed_bytes > self.free_bytes


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
        headers: The largest number of headers to read, 0.5 ms each on a local disk, of files that
            are evenly spread over the batch; None reads all.
        looks: The largest number of pictures to decode, evenly spread, to find what `auto` would
            do; None for all. The time for the others follows from theirs.
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
    counts: dict[str, Counter[str]] = {key: Counter() for key in _COUNTED}
    pixels = result_pixels = 0
    seconds: float | None = 0.0
    speeds, space, folders = _Speeds(workers), _Space(), _Folders()
    decisions = [*decisions]
    chosen = _sample([n for n, each in enumerate(decisions) if each.skipped is None], headers)
    seen = _sample([n for n in sorted(chosen) if is_automatic(decisions[n].job.steps[0])], looks)
    looked = unseen = 0
    for number, decision in enumerate(decisions):
        file = _forecast_file(decision, speeds, folders, read=number in chosen, look=number in seen)
        counts["outcomes"][file.outcome] += 1
        if file.outcome == "restore":
            counts["result_formats"][file.result_format] += 1
            space.add(file)
            if file.format:
                counts["formats"][file.format] += 1
                pixels, result_pixels = pixels + file.pixels, result_pixels + file.result_pixels
                if seen and file.chosen is None and is_automatic(decision.job.steps[0]):
                    unseen += file.pixels
                else:
                    looked += file.pixels
                    seconds = _sum(seconds, file.seconds)
        if file.problem:
            counts["problems"][file.problem] += 1
        if file.outcome != "fail" and file.reason:
            counts["again" if file.outcome == "restore" else "skipped"][file.reason] += 1
        if on_file is not None:
            on_file(file)
    known = counts["formats"].total()
    unread = counts["outcomes"]["restore"] - known
    scale = 1 + unread / max(1, known)
    if seconds is not None:
        seconds *= 1 + unseen / max(1, looked)
    return Forecast(
        **{key: dict(count.most_common()) for key, count in counts.items()},
        headers=len(chosen),
        unread=unread,
        pixels=round(pixels * scale),
        result_pixels=round(result_pixels * scale),
        disks=space.needs(),
        seconds=None if seconds is None else seconds * scale,
        unmeasured=tuple(sorted(speeds.unmeasured)),
    )


_COUNTED = ("outcomes", "formats", "result_formats", "problems", "skipped", "again")


def _sample(numbers: Sequence[int], count: int | None) -> Set[int]:
    """Return at most `count` of the numbers, evenly spread."""
    if count is None or count >= len(numbers):
        return frozenset(numbers)
    return frozenset(numbers[n * len(numbers) // count] for n in range(count))


def _forecast_file(
    decision: Decision, speeds: _Speeds, folders: _Folders, *, read: bool, look: bool
) -> FileForecast:
    job = decision.job
    if decision.skipped is not None:
        reason = decision.skipped.error.removeprefix(f"{job.target}: ")
        return FileForecast(decision, "skip", reason)
    skips = job.settings.existing == "skip" and isinstance(job.target, Path)
    if skips and folders.has_file(str(job.target)):
        return FileForecast(decision, "skip", "exists already")
    if not read:
        try:
            format = _checked_target(job, folders)
        except ImageError as error:
            return FileForecast(decision, "fail", str(error), _problem(error))
        return FileForecast(decision, "restore", decision.again, result_format=format.name)
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
    raw = math.prod(result_size) * header.channels * pages
    bits = max((b for b in format.bits if b <= (job.settings.bits or header.bits)), default=8)
    share = format.usual_share
    if (
        state is not None and header.format == format.name
    ):  # a file of the same format compresses about as well
        samples = math.prod(size) * header.channels * header.pages
        share = 8 * state.size_bytes / (samples * header.bits)
    return FileForecast(
        decision,
        "restore",
        decision.again,
        None,
        header.format,
        size,
        result_size,
        format.name,
        int(raw * bits / 8 * min(share, 1.0)),
        _times(speeds.seconds(job, size, chosen), pages),
        pages,
        chosen,
    )


def _look(job: Job, source: formats.ImageFile) -> Chosen:
    """Return what `auto` would do to a picture; of a very large one, parts are decoded."""
    from restorer.restoration import automatic  # they load torch, which headers do not need
    from restorer.restoration.source import Source

    large = source.has_rows and source.header.height * source.header.width > _LARGE
    page = automatic.sampled(source.rows()) if large else source.read_page()
    return automatic.choose_steps(job.steps[0], Source(page, settings=job.settings), job.settings)


def _checked_target(job: Job, folders: _Folders) -> formats.Format:
    """Return the format of a target that can be created, whatever its size. Raises ImageError."""
    if isinstance(job.target, Path):
        return folders.check(job.target)
    local, names = local_job(job)
    with named(names):
        return folders.check(local.target)


def _times(seconds: float | None, count: int) -> float | None:
    return None if seconds is None else seconds * count


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


def _problem(error: RestorerError) -> Problem:
    """Return what an error of `check_result` is about."""
    if isinstance(error, ImageTooLargeError):
        return "limit"
    if isinstance(error, ImageWriteError):
        return "target"
    return "limit" if isinstance(error, ImageError) else "request"


class _Speeds:
    """What the models of jobs were measured to do on this machine."""

    def __init__(self, workers: int | None) -> None:
        self.unmeasured: set[str] = set()
        self._workers = workers
        self._specs: dict[object, tuple[ModelSpec, ...]] = {}
        self._speeds: dict[tuple[str, str], float | None] = {}

    def specs(self, job: Job) -> tuple[ModelSpec, ...]:
        """Return the models of the steps."""
        if job.steps not in self._specs:
            self._specs[job.steps] = tuple(expected_specs(job.steps))
        return self._specs[job.steps]

    def seconds(self, job: Job, size: tuple[int, int], chosen: Chosen | None) -> float | None:
        """Return the time for a picture of `size`; None where it is not known."""
        if job.settings.context != "tile":
            return None
        total: float | None = 0.0
        specs = self.specs(job) if chosen is None else expected_specs(chosen.steps)
        for spec in specs:
            if spec.base:  # enlarges first; its tiles count pixels of the result
                total = self._added(total, model_spec(spec.base), job.settings, size)
                size = size[0] * spec.scale, size[1] * spec.scale
            total = self._added(total, spec, job.settings, size)
            if not spec.base:
                size = size[0] * spec.scale, size[1] * spec.scale
        return total

    def _added(
        self, total: float | None, spec: ModelSpec, settings: Settings, size: tuple[int, int]
    ) -> float | None:
        key = spec.id, settings.device
        if key not in self._speeds:
            self._speeds[key] = known_speed(spec, settings.device, self._workers)
        speed = self._speeds[key]
        if speed is None:
            self.unmeasured.add(spec.id)
        pixels = computed_pixels(spec, size, settings)
        return _sum(total, None if speed is None else pixels / speed)


class _Folders:
    """Checks that targets can be created, without regard to their size."""

    def __init__(self) -> None:
        self._longest: dict[str, int] = {}
        self._exist: dict[str, bool] = {}
        self._formats: dict[str, formats.Format] = {}

    def check(self, target: Path) -> formats.Format:
        """Return the format of a target, or raise what `check_result` does.

        A folder in which a name can be created takes all names that are no longer and do not exist.
        """
        folder, name = os.path.split(target)
        length = len(os.fsencode(name))
        longest = self._longest.get(folder, -1)
        if length > longest or (self._exists(folder) and os.path.lexists(target)):
            formats.check_creatable(target)
            self._longest[folder] = max(length, longest)
        suffix = os.path.splitext(name)[1]
        if suffix not in self._formats:
            self._formats[suffix] = formats.check_target(target, 1, 1)
        return self._formats[suffix]

    def has_file(self, path: str) -> bool:
        """Whether there is a file; none is looked for in a folder that does not exist."""
        return self._exists(os.path.dirname(path)) and os.path.isfile(path)

    def _exists(self, folder: str) -> bool:
        if folder not in self._exist:
            self._exist[folder] = os.path.lexists(folder)
        return self._exist[folder]


class _Space:
    """Adds up the sizes of results by file systems."""

    def __init__(self) -> None:
        self._disks: dict[str, int] = {}  # by folder
        self._folders: dict[int, Path] = {}
        self._needed: Counter[int] = Counter()
        self._replaced: Counter[int] = Counter()
        self._files: Counter[int] = Counter()
        self._known: Counter[int] = Counter()  # files, of those whose headers were read

    def add(self, file: FileForecast) -> None:
        """Add a result, less the file that it replaces."""
        job = file.decision.job
        if isinstance(job.target, Address):  # stores do not tell what they have left
            return
        disk = self._disk(os.path.dirname(job.target))
        state = FileState.of(job.target) if job.settings.existing == "replace" else None
        self._replaced[disk] += 0 if state is None else state.size_bytes
        self._needed[disk] += file.size_bytes
        self._files[disk] += 1
        self._known[disk] += bool(file.format)

    def needs(self) -> tuple[DiskNeed, ...]:
        """Return the sums; the results of sources that were not read are as large as the others."""
        return tuple(
            DiskNeed(folder, max(0, self._need(disk)), shutil.disk_usage(folder).free)
            for disk, folder in self._folders.items()
        )

    def _need(self, disk: int) -> int:
        whole = self._needed[disk] * self._files[disk] / max(1, self._known[disk])
        return round(whole) - self._replaced[disk]

    def _disk(self, name: str) -> int:
        if name not in self._disks:
            folder = Path(name)
            while not folder.exists() and folder != folder.parent:
                folder = folder.parent
            disk = folder.stat().st_dev
            self._folders.setdefault(disk, folder)
            self._disks[name] = disk
        return self._disks[name]

"""Plan a batch: jobs from pictures and their targets."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from restorer.batch.jobs import Job
from restorer.batch.naming import target_name, target_names
from restorer.batch.originals import PlaceIdentities, spare_originals
from restorer.batch.pictures import find_pictures, unread
from restorer.batch.staging import open_job
from restorer.batch.stores.address import Address, Location, absolute, joined, location
from restorer.batch.stores.writing import check_writable
from restorer.batch.walk import Ignored
from restorer.errors import ImageError, SettingsError
from restorer.formats import FORMATS, READABLE, WRITABLE
from restorer.formats.files import numbered
from restorer.formats.identity import folded, path_identity
from restorer.restoration.reference.pairing import check_references, pair_references
from restorer.settings import Settings, Step
from restorer.tasks import AUTO, raw_model

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """The jobs of a folder in the order of their paths, and the ignored files.

    Attributes:
        renamed: Targets that were renamed because several sources would have had the same one: the
            target from the template, and that of the job.
    """

    jobs: tuple[Job, ...]
    ignored: tuple[Ignored, ...]
    renamed: tuple[tuple[Location, Location], ...] = ()


def plan_jobs(
    source: Location | str,
    target: Location | str,
    steps: Sequence[Step | str] = (AUTO,),
    *,
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
    settings: Settings | None = None,
    earlier: Mapping[str, Path] | None = None,
) -> Batch:
    """Plan the restoration of a folder into another, with the same tree of subfolders.

    Links to folders are followed, each folder once. `target` may lie inside `source`; its files are
    ignored. Sources with the same target (``a.jpg`` and ``a.png`` with a common suffix) keep their
    suffix in its name: ``a_jpg.png``, ``a_png.png``.

    Args:
        source: The folder to read, or its address.
        target: The folder to write, or its address; created with the first result.
        steps: Steps for each file; a string is a model id.
        recursive: Whether subfolders are included.
        include: Shell patterns for names or paths below `source`, without regard to case; only
            matching files are taken. Without patterns, all files are.
        exclude: Shell patterns of ignored files and folders.
        name: Template of the target's name with ``{stem}``, ``{suffix}``, ``{model}``, ``{scale}``.
        suffix: Suffix, with its dot, of all targets; None keeps each file's own.
        settings: For every job.
        earlier: Targets of earlier runs, relative to `target`, by absolute paths of sources. They
            keep their names when sources with the same target are added.

    Raises:
        SettingsError: No such folder, an unknown suffix, a template with an unknown field.

    Examples:
        >>> batch = restorer.plan_jobs("photos", "large", ["panet-sr-x2-lite"], suffix=".png")
        >>> [job.target.as_posix() for job in batch.jobs]
        ['large/a.png', 'large/b.png']
    """
    source, target = location(source), location(target)
    if not _is_folder(source):
        raise SettingsError(f"{source}: no such folder")
    if isinstance(target, Address):
        check_writable(target)
    if suffix is not None and suffix.lower() not in WRITABLE:
        raise SettingsError(f"suffix {suffix!r}; expected one of {', '.join(sorted(WRITABLE))}")
    if not steps:
        raise SettingsError("no steps: choose a task or a model")
    chain = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    settings = settings or Settings()
    headerless = settings.raw_size is not None
    taken, ignored = find_pictures(source, target, recursive, include, exclude, headerless)
    whole = absolute(source)
    kept = {p: earlier.get(joined(whole, p)) for p in taken} if earlier else {}
    names, renamed = target_names(taken, chain, name, suffix, kept)
    jobs = tuple(Job(source / p, target / names[p], chain, settings) for p in taken)
    if settings.existing == "replace":
        spare_originals(jobs)
    apart = tuple((target / wanted, target / names[p]) for p, wanted in renamed.items())
    return Batch(jobs, tuple(ignored), apart)


def plan_sources(
    sources: Sequence[Location | str],
    target: Location | str | None,
    steps: Sequence[Step | str] = (AUTO,),
    *,
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
    settings: Settings | None = None,
) -> Batch:
    """Plan a mix of files and folders, such as those dropped on a window.

    Each folder is planned like in `plan_jobs`; files go into `target` itself. Equal targets are
    numbered.

    Args:
        sources: Files and folders, or their addresses; a file that is given twice counts once.
        target: The folder to write; None writes beside the sources.
        steps: Steps for each file; a string is a model id.
        name: Template of the target's name, see `plan_jobs`.
        suffix: Suffix, with its dot, of all targets; None keeps each file's own.
        settings: For every job.

    Raises:
        SettingsError: As for `plan_jobs`, and where a source would be its own target.

    Examples:
        >>> batch = restorer.plan_sources(["photo.jpg", "photos"], "large", ["panet-sr-x2-lite"])
        >>> [job.target.as_posix() for job in batch.jobs]
        ['large/photo.jpg', 'large/a.jpg', 'large/b.png']
    """
    if not steps:
        raise SettingsError("no steps: choose a task or a model")
    chain = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    jobs: dict[Location, Job] = {}
    ignored: list[Ignored] = []
    renamed: list[tuple[Location, Location]] = []
    target = None if target is None else location(target)
    for source in map(location, sources):
        if _is_folder(source):
            folder = plan_jobs(
                source, target or source, chain, name=name, suffix=suffix, settings=settings
            )
            jobs.update({job.source: job for job in folder.jobs})
            ignored += folder.ignored
            renamed += folder.renamed
        elif source.suffix.lower() not in READABLE:
            ignored.append(unread(source))
        else:
            made = (target or source.parent) / target_name(source, chain, name, suffix)
            jobs[source] = Job(source, made, chain, settings or Settings())
    batch = exclude_results(Batch(tuple(jobs.values()), tuple(ignored)))
    apart = number_targets(batch.jobs)
    for before, after in zip(batch.jobs, apart, strict=True):
        if before is not after:
            renamed.append((before.target, after.target))
    if settings is not None and settings.existing == "replace":
        spare_originals(apart)  # numbers may lead to one
    return replace(batch, jobs=apart, renamed=tuple(renamed))


def exclude_results(batch: Batch) -> Batch:
    """Leave out the results of an earlier run, where results are written beside the sources.

    Raises SettingsError if a source would be its own target.

    Examples:
        >>> restorer.write(restorer.read("photo.jpg"), "photos/a-restored.jpg")
        ()
        >>> batch = restorer.plan_jobs(
        ...     "photos", "photos", ["panet-sr-x2-lite"], name="{stem}-restored{suffix}"
        ... )
        >>> [job.source.name for job in restorer.exclude_results(batch).jobs]
        ['a.jpg', 'b.png']
    """
    identity = PlaceIdentities().of
    folders = {identity(job.source)[:-1] for job in batch.jobs}
    made = (identity(job.target) for job in batch.jobs)
    targets = {target for target in made if target[:-1] in folders}
    if not targets:
        return batch
    chosen, ignored = [], list(batch.ignored)
    for job in batch.jobs:
        source = identity(job.source)
        if source == identity(job.target):
            raise SettingsError(
                f"{job.source}: would be overwritten by its result; choose another folder,"
                " or a name such as {stem}-restored{suffix}"
            )
        if source in targets:
            ignored.append(Ignored(job.source, "result of an earlier run"))
        else:
            chosen.append(job)
    return replace(batch, jobs=tuple(chosen), ignored=tuple(ignored))


def with_references(jobs: Iterable[Job], folder: Path | str) -> tuple[Job, ...]:
    """Return the jobs with their references from a folder; see `pair_references`.

    References that cannot help are skipped, so that a job may get none.

    Raises SettingsError for a folder without pictures.

    Examples:
        >>> jobs = restorer.plan_sources(["small.png"], "large", ["ttsr-x4-lite"]).jobs
        >>> (job,) = restorer.with_references(jobs, Path("photos"))
        >>> [path.name for path in job.references]
        ['a.jpg', 'b.png']
    """
    folder = Path(folder)
    return tuple(replace(job, references=(*job.references, *_fitting(job, folder))) for job in jobs)


def with_raw_steps(jobs: Iterable[Job], steps: Sequence[Step] = ()) -> tuple[Job, ...]:
    """Return the jobs, those on RAW samples with these steps.

    Without steps, they are demosaiced, without their noise.

    Raises SettingsError where a model of the steps is unknown.

    Examples:
        >>> jobs = restorer.plan_sources(["photo.nef"], "large", ["panet-sr-x2-lite"]).jobs
        >>> (job,) = restorer.with_raw_steps(jobs)
        >>> [step.model for step in job.steps]
        ['panet-demosaic-noisy-lite']
    """
    steps = tuple(steps) or (Step(raw_model()),)
    raw = frozenset(FORMATS["raw"].suffixes)
    return tuple(
        replace(job, steps=steps)
        if job.settings.mosaic or job.source.suffix.lower() in raw
        else job
        for job in jobs
    )


def number_targets(jobs: Iterable[Job], taken: Iterable[Location | str] = ()) -> tuple[Job, ...]:
    """Add numbers to targets that other jobs, or earlier ones among these, already have.

    Examples:
        >>> batch = restorer.plan_sources(["photo.jpg"], "large", ["panet-sr-x2-lite"])
        >>> (job,) = restorer.number_targets(batch.jobs, taken=[Path("large/photo.jpg")])
        >>> job.target.name
        'photo-2.jpg'
    """
    names = {folded(str(path)) for path in taken}
    apart = []
    for job in jobs:
        target = next(t for t in numbered(job.target) if folded(str(t)) not in names)
        names.add(folded(str(target)))
        apart.append(job if target is job.target else replace(job, target=target))
    return tuple(apart)


def _is_folder(place: Location) -> bool:
    """Whether there is a folder. Raises SettingsError where an address tells nothing."""
    try:
        return place.is_dir()
    except OSError as error:
        raise SettingsError(f"{place}: cannot be read: {error.strerror}") from error


def _fitting(job: Job, folder: Path) -> Iterator[Path]:
    known = {path_identity(path) for path in job.references}
    try:
        with open_job(job) as (source, local):
            header = source.header
    except ImageError as error:
        log.debug("%s", error)
        return
    for path in pair_references(local.source, folder):
        if path_identity(path) in known:
            continue
        try:
            check_references(local.source, [path], header)
        except (ImageError, SettingsError) as error:
            log.debug("%s", error)
        else:
            yield path

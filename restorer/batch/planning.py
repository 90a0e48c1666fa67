"""Plan a batch: pair the pictures of a folder with targets in another."""

from __future__ import annotations

import itertools
import logging
import math
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from restorer.batch.jobs import Job
from restorer.batch.walk import Ignored, matches, walk
from restorer.errors import ImageError, SettingsError
from restorer.formats import READABLE, WRITABLE, unreadable_picture
from restorer.models.catalog import model_spec
from restorer.restoration.reference.files import check_references, pair_references
from restorer.settings import Settings, Step

log = logging.getLogger(__name__)

_FIELD = re.compile(r"\{(\w+)\}")
# Windows and network shares refuse these in names, and results travel.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]|[. ]$')


@dataclass(frozen=True)
class Batch:
    """The jobs of a folder in the order of their paths, and the ignored files."""

    jobs: tuple[Job, ...]
    ignored: tuple[Ignored, ...]


def plan_jobs(
    source: Path | str,
    target: Path | str,
    steps: Sequence[Step | str],
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
        source: The folder to read.
        target: The folder to write; created with the first result.
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
    source, target = Path(source), Path(target)
    if not source.is_dir():
        raise SettingsError(f"{source}: no such folder")
    if suffix is not None and suffix.lower() not in WRITABLE:
        raise SettingsError(f"suffix {suffix!r}; known are {', '.join(sorted(WRITABLE))}")
    if not steps:
        raise SettingsError("no steps: say what to do with the pictures")
    chain = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    taken, ignored = find_pictures(source, target, recursive, include, exclude)
    kept = {p: (earlier or {}).get(os.path.abspath(source / p)) for p in taken}
    names = target_names(taken, chain, name, suffix, kept)
    settings = settings or Settings()
    jobs = tuple(Job(source / p, target / names[p], chain, settings) for p in taken)
    if settings.existing == "replace":
        _spare_originals(jobs)
    return Batch(jobs, tuple(ignored))


def plan_sources(
    sources: Sequence[Path | str],
    target: Path | str | None,
    steps: Sequence[Step | str],
    *,
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
    settings: Settings | None = None,
) -> Batch:
    """Plan files and folders together, such as those dropped on a queue.

    Each folder is planned like in `plan_jobs`; files go into `target` itself. Equal targets are
    numbered.

    Args:
        sources: Files and folders; a file that is given twice counts once.
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
        raise SettingsError("no steps: say what to do with the pictures")
    chain = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    jobs: dict[Path, Job] = {}
    ignored: list[Ignored] = []
    target = None if target is None else Path(target)
    for source in map(Path, sources):
        if source.is_dir():
            folder = plan_jobs(
                source, target or source, chain, name=name, suffix=suffix, settings=settings
            )
            jobs.update({job.source: job for job in folder.jobs})
            ignored += folder.ignored
        elif source.suffix.lower() not in READABLE:
            ignored.append(_unread(source))
        else:
            made = (target or source.parent) / target_name(source, chain, name, suffix)
            jobs[source] = Job(source, made, chain, settings or Settings())
    batch = exclude_results(Batch(tuple(jobs.values()), tuple(ignored)))
    return replace(batch, jobs=number_targets(batch.jobs))


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
    targets = {os.path.realpath(job.target) for job in batch.jobs}
    chosen, ignored = [], list(batch.ignored)
    for job in batch.jobs:
        source = os.path.realpath(job.source)
        if source == os.path.realpath(job.target):
            raise SettingsError(
                f"{job.source}: would be overwritten by its result; choose another folder,"
                " or a name such as {stem}-restored{suffix}"
            )
        if source in targets:
            ignored.append(Ignored(job.source, "result of an earlier run"))
        else:
            chosen.append(job)
    return Batch(tuple(chosen), tuple(ignored))


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


def number_targets(jobs: Iterable[Job], taken: Iterable[Path | str] = ()) -> tuple[Job, ...]:
    """Number the targets that other jobs, or earlier ones of these, have already.

    Examples:
        >>> batch = restorer.plan_sources(["photo.jpg"], "large", ["panet-sr-x2-lite"])
        >>> (job,) = restorer.number_targets(batch.jobs, taken=[Path("large/photo.jpg")])
        >>> job.target.name
        'photo-2.jpg'
    """
    names = {str(path).casefold() for path in taken}
    apart = []
    for job in jobs:
        target = next(t for t in numbered(job.target) if str(t).casefold() not in names)
        names.add(str(target).casefold())
        apart.append(replace(job, target=target))
    return tuple(apart)


def find_pictures(
    source: Path,
    target: Path,
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> tuple[list[Path], list[Ignored]]:
    """Return the pictures of a folder, relative to it, and the ignored files; see `plan_jobs`."""
    taken: list[Path] = []
    ignored: list[Ignored] = []
    for found in walk(source, target, recursive, exclude):
        if isinstance(found, Ignored):
            ignored.append(found)
        elif include and not matches(found.relative_to(source), include):
            ignored.append(Ignored(found, "not included"))
        elif found.suffix.lower() not in READABLE:
            ignored.append(_unread(found))
        else:
            taken.append(found.relative_to(source))
    return taken, ignored


def target_names(
    sources: Iterable[Path],
    steps: Sequence[Step],
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
    kept: Mapping[Path, Path | None] | None = None,
) -> dict[Path, Path]:
    """Return the path of the result for each relative path of a source; no two are equal.

    `kept` are earlier results, whose names change only if the template does.
    """
    names = {p: p.parent / target_name(p, steps, name, suffix) for p in sources}
    fixed = {}
    for path, made in names.items():
        before = (kept or {}).get(path)
        if before and before.suffix == made.suffix and before.name.startswith(made.stem):
            fixed[path] = before
    return _apart(names | fixed, fixed)


def target_name(
    path: Path | str,
    steps: Sequence[Step],
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
) -> str:
    """Return the file name of the result for `path` by a template.

    Raises SettingsError for an unknown field, and for characters that file systems refuse.

    Examples:
        >>> step = restorer.Step("panet-sr-x2-lite")
        >>> restorer.target_name(Path("photo.jpg"), [step], "{stem}-large{suffix}")
        'photo-large.jpg'
    """
    path = Path(path)
    specs = [model_spec(step.model) for step in steps]
    fields = {
        "stem": path.stem,
        "suffix": suffix or path.suffix,
        "model": "+".join(spec.id for spec in specs),
        "scale": str(math.prod(spec.scale for spec in specs)),
    }
    literal = _FIELD.sub("", name)
    if not fields.keys() >= {*_FIELD.findall(name)} or "{" in literal or "}" in literal:
        raise SettingsError(f"name {name!r}: fields are {', '.join(map('{{{}}}'.format, fields))}")
    if found := _FORBIDDEN.search(literal):
        raise SettingsError(f"name {name!r}: {found[0]!r} is not allowed there in a file name")
    made = _FIELD.sub(lambda field: fields[field[1]], name)
    if not made or Path(made).name != made:
        raise SettingsError(f"name {name!r}: gives {made!r}, which is no file name")
    return made if Path(made).suffix.lower() in WRITABLE else f"{made}{fields['suffix']}"


def numbered(target: Path) -> Iterator[Path]:
    """Yield `target` and numbered names: ``photo.png``, ``photo-2.png`` and so on."""
    yield target
    for number in itertools.count(2):
        yield target.with_name(f"{target.stem}-{number}{target.suffix}")


def _unread(path: Path) -> Ignored:
    """Return a file without the suffix of a picture; a picture that is not read is a failure."""
    kind = unreadable_picture(path)
    reason = f"{kind}, which cannot be read" if kind else "not a picture"
    return Ignored(path, reason, failed=bool(kind))


def _spare_originals(jobs: Sequence[Job]) -> None:
    """Refuse a batch that would replace one of its own sources."""
    sources = {os.path.realpath(job.source) for job in jobs}
    for job in jobs:
        if os.path.realpath(job.target) in sources:
            raise SettingsError(
                f"{job.target}: is an original of this batch; choose another folder or name"
            )


def _apart(names: dict[Path, Path], fixed: Collection[Path] = ()) -> dict[Path, Path]:
    """Return targets that differ, even without regard to case; those of `fixed` stay.

    Sources that differ in their suffix get it into the name; remaining clashes are numbered.
    """
    for group in _clashes(names):
        for path in group:
            if path in fixed:
                continue
            made = names[path]
            own = f"{made.stem}_{path.suffix[1:].lower()}{made.suffix}"
            names[path] = made.with_name(own)
    while groups := _clashes(names):
        for group in groups:
            free = sorted(group, key=lambda path: path not in fixed)
            for number, path in enumerate(free[1:], start=2):
                made = names[path]
                names[path] = made.with_name(f"{made.stem}-{number}{made.suffix}")
    return names


def _clashes(names: dict[Path, Path]) -> list[list[Path]]:
    groups: dict[str, list[Path]] = defaultdict(list)
    for path, made in names.items():
        groups[str(made).casefold()].append(path)
    return [group for group in groups.values() if len(group) > 1]


def _fitting(job: Job, folder: Path) -> Iterator[Path]:
    named = {os.path.realpath(path) for path in job.references}
    for path in pair_references(job.source, folder):
        if os.path.realpath(path) in named:
            continue
        try:
            check_references(job.source, [path])
        except (ImageError, SettingsError) as error:
            log.debug("%s", error)
        else:
            yield path

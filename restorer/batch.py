"""Plan a batch: which files of a folder become which files of another."""

from __future__ import annotations

import itertools
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from restorer.catalog import model_spec
from restorer.errors import SettingsError
from restorer.formats import SUFFIXES
from restorer.jobs import Job, Settings, Step


@dataclass(frozen=True)
class Ignored:
    """A file or folder that is not part of the batch, and why.

    Attributes:
        failed: Whether pictures may be missing for it, as below a folder that cannot be read.
    """

    path: Path
    reason: str
    failed: bool = False


@dataclass(frozen=True)
class Batch:
    """The jobs of a folder in the order of their paths, and what was left out."""

    jobs: tuple[Job, ...]
    ignored: tuple[Ignored, ...]


def plan_jobs(
    source: Path,
    target: Path,
    steps: Sequence[Step | str],
    *,
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
    settings: Settings | None = None,
) -> Batch:
    """Plan the restoration of a folder into another; the tree below `source` is mirrored.

    Folders that are links are followed, each folder once. `target` may lie inside `source`: what is
    in it is not restored again. Inputs that would write one output (``a.jpg`` and ``a.png`` with a
    common suffix) get their own suffix into their names: ``a_jpg.png``, ``a_png.png``.

    Args:
        source: The folder to read.
        target: The folder to write; made when the first result is ready.
        steps: What to do with each file; a string is a model id.
        recursive: Whether to go into subfolders.
        include: Shell patterns on names or paths below `source`; given, only matching files are
            taken.
        exclude: Shell patterns of files and folders to leave out.
        name: Template of the target's name with ``{stem}``, ``{suffix}``, ``{model}``, ``{scale}``.
        suffix: Suffix, with its dot, of all targets; None keeps each file's own.
        settings: For every job.

    Raises:
        SettingsError: No such folder, an unknown suffix, a template with an unknown field.
    """
    if not source.is_dir():
        raise SettingsError(f"{source}: no such folder")
    if suffix is not None and suffix.lower() not in SUFFIXES:
        raise SettingsError(f"suffix {suffix!r}; known are {', '.join(sorted(SUFFIXES))}")
    if not steps:
        raise SettingsError("no steps: say what to do with the pictures")
    chain = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    taken: list[Path] = []
    ignored: list[Ignored] = []
    for found in _walk(source, target, recursive, exclude):
        if isinstance(found, Ignored):
            ignored.append(found)
        elif include and not _matches(found.relative_to(source), include):
            ignored.append(Ignored(found, "not included"))
        elif found.suffix.lower() not in SUFFIXES:
            ignored.append(Ignored(found, "not a picture"))
        else:
            taken.append(found.relative_to(source))
    names = _apart({p: p.parent / target_name(p, chain, name, suffix) for p in taken})
    wishes = settings or Settings()
    jobs = tuple(Job(source / p, target / names[p], chain, wishes) for p in taken)
    if wishes.existing == "replace":
        _spare_originals(jobs)
    return Batch(jobs, tuple(ignored))


def target_name(
    path: Path, steps: Sequence[Step], name: str = "{stem}{suffix}", suffix: str | None = None
) -> str:
    """Return the file name that a template gives to the result for `path`."""
    specs = [model_spec(step.model) for step in steps]
    fields = {
        "stem": path.stem,
        "suffix": suffix or path.suffix,
        "model": "+".join(spec.id for spec in specs),
        "scale": math.prod(spec.scale for spec in specs),
    }
    try:
        made = name.format_map(fields)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{field}}}" for field in fields)
        raise SettingsError(f"name {name!r}: fields are {known}") from error
    if not made or Path(made).name != made:
        raise SettingsError(f"name {name!r}: gives {made!r}, which is no file name")
    return made if Path(made).suffix.lower() in SUFFIXES else f"{made}{fields['suffix']}"


def numbered(target: Path) -> Iterator[Path]:
    """Yield names to try, `target` itself first: ``photo.png``, ``photo-2.png`` and so on."""
    yield target
    for number in itertools.count(2):
        yield target.with_name(f"{target.stem}-{number}{target.suffix}")


def _walk(
    source: Path, target: Path, recursive: bool, exclude: Sequence[str]
) -> Iterator[Path | Ignored]:
    """Yield every file below `source` in sorted order, and what was left out."""
    out = os.path.realpath(target)
    inside = out != os.path.realpath(source)
    seen: set[str] = set()
    stack = [source]
    while stack:
        folder = stack.pop()
        real = os.path.realpath(folder)
        if real in seen:
            yield Ignored(folder, "folder already visited through another link")
            continue
        if real == out and inside:
            yield Ignored(folder, "folder of the results")
            continue
        seen.add(real)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Ignored(folder, f"folder cannot be read: {error.strerror}", failed=True)
            continue
        folders = []
        for entry in entries:
            path = folder / entry.name
            if _matches(path.relative_to(source), exclude):
                yield Ignored(path, "excluded")
            elif _is_folder(entry):
                folders.append(path)
            else:
                yield path
        if recursive:
            stack += reversed(folders)


def _spare_originals(jobs: Sequence[Job]) -> None:
    """Refuse a batch that would replace one of its own sources."""
    sources = {os.path.realpath(job.source) for job in jobs}
    for job in jobs:
        if os.path.realpath(job.target) in sources:
            raise SettingsError(
                f"{job.target}: is an original of this batch; choose another folder or name"
            )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: reading it will say so
        return False


def _matches(relative: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatch(relative.name, p) or fnmatch(relative.as_posix(), p) for p in patterns)


def _apart(names: dict[Path, Path]) -> dict[Path, Path]:
    """Return targets of which no two are equal, even where case does not count.

    Inputs that differ in their suffix get it into the name; what still clashes is numbered.
    """
    for group in _clashes(names):
        for path in group:
            made = names[path]
            own = f"{made.stem}_{path.suffix[1:].lower()}{made.suffix}"
            names[path] = made.with_name(own)
    while groups := _clashes(names):
        for group in groups:
            for number, path in enumerate(group[1:], start=2):
                made = names[path]
                names[path] = made.with_name(f"{made.stem}-{number}{made.suffix}")
    return names


def _clashes(names: dict[Path, Path]) -> list[list[Path]]:
    groups: dict[str, list[Path]] = defaultdict(list)
    for path, made in names.items():
        groups[str(made).casefold()].append(path)
    return [group for group in groups.values() if len(group) > 1]

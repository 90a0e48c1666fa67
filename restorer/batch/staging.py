"""Stage files at addresses: fetch sources to local copies, and upload whole results.

Copies lie in a folder of their own below that of temporary files, and go with their job; those of
a killed process go when the next one begins.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

from restorer import formats
from restorer.batch.claims import machine, remove_ended
from restorer.batch.jobs import Job, JobContext, LocalJob, Result
from restorer.batch.stores.address import Address, Location, exists
from restorer.batch.stores.store import fetch, has_content, open_head
from restorer.batch.stores.writing import write
from restorer.errors import ImageFormatError, ImageWriteError, RestorerError, TargetExistsError
from restorer.formats.files import numbered
from restorer.formats.history import sidecar_of
from restorer.formats.table import writable_format
from restorer.inputs import plain_mosaic_of
from restorer.settings import Settings

_NO_TIMES = "files at an address get the time of their upload"


@contextmanager
def local_copy(place: Location) -> Iterator[Path]:
    """Yield the path of a file; for an address, that of a copy that exists as long as the context.

    Raises ImageFormatError if the file cannot be fetched. ImageErrors raised in the body name the
    address.

    Examples:
        >>> with restorer.local_copy(restorer.location("photo.jpg")) as path:
        ...     restorer.probe(path).width
        64
    """
    if not isinstance(place, Address):
        yield place
        return
    with _working_folder() as folder:
        path = _prepared(place, folder / "in")
        with named({str(path): str(place)}):
            _fetch(place, path, lambda: None)
            yield path


def local_job(job: Job, folder: Path | None = None) -> tuple[LocalJob, dict[str, str]]:
    """Return a job as it is done on this machine, and the users' names of its paths.

    Nothing is fetched; without a `folder`, the paths of what has an address exist nowhere.
    """
    names: dict[str, str] = {}

    def path(place: Location, part: str) -> Path:
        if not isinstance(place, Address):
            return place
        whole = folder or Path(tempfile.gettempdir(), f"{_prefix()}planned")
        made = whole / part / (place.name or "picture")
        names[str(made)] = str(place)
        return made

    source, target = path(job.source, "in"), path(job.target, "out")
    own = job.steps, job.settings, job.references, job.explain, job.plans, job.chosen
    return LocalJob(source, target, *own), names


@contextmanager
def open_job(job: Job) -> Iterator[tuple[formats.ImageFile, LocalJob]]:
    """Open the source of a job to look at its headers; of a file at an address, little is fetched.

    Raises what `formats.open_source` raises, about the names that the user knows.
    """
    local, names = local_job(job)
    with named(names):
        if not isinstance(job.source, Address):
            with open_picture(job, local.source) as source:
                yield source, local
            return
        try:
            with open_head(job.source) as file:
                if file.seekable():
                    with open_picture(job, local.source, file) as source:
                        yield source, local
                    return
        except OSError as error:
            raise ImageFormatError(f"{job.source}: cannot be read: {error.strerror}") from error
    with local_copy(job.source) as path, open_picture(job, path) as source:
        yield source, local


def open_picture(
    job: Job, path: Path, file: BinaryIO | None = None
) -> AbstractContextManager[formats.ImageFile]:
    """Open the source of a job, which lies at `path`, as its settings say; see `open_source`."""
    budget, plain = pixel_budget(job.settings), plain_mosaic_of(job.settings)
    return formats.open_source(path, max_pixels=budget, file=file, plain=plain)


def run_local(job: Job, context: JobContext, run: Callable[[LocalJob], Result]) -> Result:
    """Return the result of `run`, which works on local files only.

    Raises what it raises, ImageFormatError where the source cannot be fetched, and ImageWriteError
    where the result cannot be written at its address.
    """
    if not isinstance(job.source, Address) and not isinstance(job.target, Address):
        return run(local_job(job)[0])
    with _working_folder() as folder:
        local, names = local_job(job, folder)
        with named(names):
            if isinstance(job.source, Address):
                context.progress("read")
                _prepared(job.source, folder / "in")
                _fetch(job.source, local.source, context.check_cancel)
            if isinstance(job.target, Address):
                _fetch_sidecar(job.target, local)
            result = run(local)
            if isinstance(job.target, Address):
                context.check_cancel()
                result = _publish(job, job.target, result)
        notes = tuple(_translated(note, names) for note in result.notes)
        return replace(result, notes=notes)


def _publish(job: Job, target: Address, result: Result) -> Result:
    """Write a result, and the maps beside it, at its address."""
    made = result.target
    assert isinstance(made, Path), "of a local job"
    final = _write(target, made, job.settings.existing)
    for path in made.parent.iterdir():  # maps, or a sidecar
        if path != made:
            replaced = job.settings.existing == "replace" or path == sidecar_of(made)
            name = f"{final.stem}{path.name.removeprefix(made.stem)}"
            _write(target.with_name(name), path, "replace" if replaced else "number")
    notes = (*result.notes, *([_NO_TIMES] if job.settings.keep_times else []))
    return replace(result, target=final, notes=notes)


def _write(target: Address, content: Path, existing: str) -> Address:
    """Write a file under its name, or a numbered one where that was asked and is needed.

    What is there already, byte by byte, is not written again: the network may have lost the answer
    to an earlier attempt, or the process its journal.
    """
    try:
        for place in numbered(target):
            try:
                if existing == "replace" and has_content(place, content):
                    return place
                write(place, content, new=existing != "replace")
            except FileExistsError:
                if existing == "number":
                    continue
                if not has_content(place, content):
                    raise
                return place
            else:
                return place
    except FileExistsError as error:
        raise TargetExistsError(f"{target}: cannot be written: the file already exists") from error
    except OSError as error:
        raise ImageWriteError(f"{target}: cannot be written: {error.strerror}") from error
    raise AssertionError("numbers do not end")


def _fetch(source: Address, path: Path, check: Callable[[], None]) -> None:
    try:
        fetch(source, path, check)
    except OSError as error:
        raise ImageFormatError(f"{source}: cannot be read: {error.strerror}") from error


def _fetch_sidecar(target: Address, local: LocalJob) -> None:
    """Fetch the sidecar of a target, which other programs may have written, to add to it."""
    embeds = "xmp" in writable_format(local.target).carries
    if local.settings.provenance == "none" or (local.settings.provenance == "embed" and embeds):
        return
    path = sidecar_of(local.target)
    place = target.with_name(path.name)
    if exists(place):
        path.parent.mkdir(exist_ok=True)
        _fetch(place, path, lambda: None)


def _prepared(place: Address, folder: Path) -> Path:
    folder.mkdir()
    return folder / (place.name or "picture")


def pixel_budget(settings: Settings) -> int:
    """Return the largest number of pixels that a source may have."""
    return formats.DEFAULT_MAX_PIXELS if settings.max_pixels is None else settings.max_pixels


@contextmanager
def named(names: Mapping[str, str]) -> Iterator[None]:
    """Name in errors the places that the user knows, see `local_job`."""
    try:
        yield
    except RestorerError as error:
        text = _translated(str(error), names)
        if text == str(error):
            raise
        raise type(error)(text) from error.__cause__


def _translated(text: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    return text


@contextmanager
def _working_folder() -> Iterator[Path]:
    _remove_leftovers()
    with tempfile.TemporaryDirectory(prefix=_prefix(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _prefix() -> str:
    return f"restorer-{machine()}-{os.getpid()}-"


@cache
def _remove_leftovers() -> None:
    """Remove the folders of processes of this machine that were killed, once."""
    remove_ended(Path(tempfile.gettempdir()), f"restorer-{machine()}-*")

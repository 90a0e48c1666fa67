"""Result files of jobs: under the target's name or a numbered one, with maps next to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from restorer import formats
from restorer.batch.jobs import LocalJob
from restorer.batch.stores.address import Address, Location
from restorer.batch.stores.store import kind
from restorer.errors import ImageWriteError, TargetExistsError
from restorer.formats.files import numbered
from restorer.formats.identity import path_identity
from restorer.image import Image
from restorer.restoration.reference.provenance import ReferenceMaps
from restorer.settings import Existing

T = TypeVar("T")


def write_result(job: LocalJob, write: Callable[[Path, formats.Existing], T]) -> tuple[Path, T]:
    """Write under the job's target, or under a numbered name where that was asked and is needed.

    Args:
        job: Its target and `existing` are used.
        write: Writes a file; its second argument says what to do about an existing one.

    Returns the path that was written, and what `write` returns. Raises what `write` raises.
    """
    existing = job.settings.existing
    if existing != "number":
        return job.target, write(job.target, "replace" if existing == "replace" else "fail")
    for target in numbered(job.target):
        try:
            if not _exists(target):
                return target, write(target, "fail")
        except TargetExistsError:  # another process was faster
            continue
    raise AssertionError("numbers do not end")


def write_maps(maps: ReferenceMaps, job: LocalJob, target: Path) -> str:
    """Write the pictures of what came from where beside a result; return a note that names them."""
    existing: Existing = "replace" if job.settings.existing == "replace" else "number"
    settings = replace(job.settings, existing=existing)

    def write(word: str, image: Image) -> str:
        path = target.with_name(f"{target.stem}-{word}.png")
        beside = replace(job, target=path, settings=settings)
        return write_result(beside, lambda to, how: formats.write(image, to, existing=how))[0].name

    trust = write("confidence", Image(maps.confidence_picture()))
    source = write("source", Image(maps.source_picture()))
    return f"{trust} shows how much came from references, {source} from where"


def check_unchanged(job: LocalJob, source: formats.ImageFile) -> None:
    """Raise ImageWriteError where a result is to replace a source that has changed since."""
    if job.settings.existing != "replace" or path_identity(job.source) != path_identity(job.target):
        return
    try:
        changed = job.source.stat().st_mtime_ns != source.times[1]
    except OSError:
        changed = True
    if changed:
        raise ImageWriteError(
            f"{job.source}: changed while it was being restored, so it was not replaced; run the"
            " command again"
        )


def is_taken(place: Location) -> bool:
    """Whether there is anything but a folder at a place."""
    if isinstance(place, Address):
        try:
            return kind(place) == "file"
        except OSError:  # writing will say so
            return False
    return _exists(place) and not place.is_dir()


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:  # a name too long, a link to itself: writing will say so
        return False

"""Find the pictures in a folder, leaving out companions such as the JPEG of a RAW file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from restorer.batch.naming import split_suffix
from restorer.batch.stores.address import Address, Location
from restorer.batch.stores.store import read_start
from restorer.batch.walk import Ignored, matches, walk
from restorer.formats import FORMATS, READABLE, unreadable_picture
from restorer.formats.history import SIDECAR
from restorer.formats.kinds import START_BYTES, unreadable_kind
from restorer.formats.raw.sidecar import sidecar_names
from restorer.formats.table import HEADERLESS


def find_pictures(
    source: Location,
    target: Location,
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    headerless: bool = False,
) -> tuple[list[str], list[Ignored]]:
    """Return the pictures of a folder, relative to it, and the ignored files; see `plan_jobs`.

    Files with the usual suffixes of headerless samples are among the pictures where it is said so.
    """
    taken: list[str] = []
    ignored: list[Ignored] = []
    sidecars: list[str] = []
    readable = frozenset(READABLE) | frozenset(HEADERLESS if headerless else ())
    for found in walk(source, target, recursive, exclude):
        if isinstance(found, Ignored):
            ignored.append(found)
        elif include and not matches(found, include):
            ignored.append(Ignored(source / found, "not included"))
        elif split_suffix(found)[1].lower() == SIDECAR:
            sidecars.append(found)
        elif split_suffix(found)[1].lower() not in readable:
            ignored.append(unread(source / found))
        else:
            taken.append(found)
    ignored += [unread(source / path) for path in _of_none(sidecars, taken)]
    return _without_doubles(source, taken, ignored), ignored


def _of_none(sidecars: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Return the sidecars that belong to no RAW file among the pictures."""
    raw = FORMATS["raw"].suffixes
    files = (path for path in taken if split_suffix(path)[1].lower() in raw) if sidecars else ()
    known = {name for path in files for name in sidecar_names(path)}
    return [path for path in sidecars if split_suffix(path)[0] + SIDECAR not in known]


def _without_doubles(source: Location, taken: list[str], ignored: list[Ignored]) -> list[str]:
    """Return the pictures without the JPEG that a camera wrote beside a RAW file of its name."""
    split = ((path, *split_suffix(path)) for path in taken)
    raw = {stem: path for path, stem, suffix in split if suffix.lower() in FORMATS["raw"].suffixes}
    if not raw:
        return taken
    kept = []
    for path in taken:
        stem, suffix = split_suffix(path)
        if stem in raw and suffix.lower() in FORMATS["jpeg"].suffixes:
            name = os.path.basename(raw[stem])
            ignored.append(Ignored(source / path, f"the camera's own picture of {name}"))
        else:
            kept.append(path)
    return kept


def unread(path: Location) -> Ignored:
    """Return a file without the suffix of a picture; a picture that is not read is a failure."""
    if isinstance(path, Address):
        kind = unreadable_kind(read_start(path, START_BYTES))
    else:
        kind = unreadable_picture(path)
    reason = f"{kind}, which cannot be read" if kind else "not a picture"
    return Ignored(path, reason, failed=bool(kind))

"""Find the files of a folder tree, skipping what systems and devices leave there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate

from restorer.batch.stores.address import Address, Location, file_identity
from restorer.batch.stores.store import Entry, entries
from restorer.formats.identity import Identity

# Thumbnails, recycle bins and metadata of macOS, Windows, Linux, Synology and QNAP, and files of
# unfinished runs.
_SYSTEM_NAMES = (
    *("._*", ".ds_store", ".apdisk", ".localized", "thumbs.db", "ehthumbs.db", "desktop.ini"),
    *(".thumbnails", "@eadir", ".@__thumb", "__macosx", "#recycle", "@recycle", "$recycle.bin"),
    *("recycler", "system volume information", ".trash*", ".spotlight-v100", ".fseventsd"),
    *(
        ".documentrevisions-v100",
        ".temporaryitems",
        ".appledouble",
        ".picasaoriginals",
        ".*.part",
        ".restorer",
    ),
)
_SYSTEM = re.compile("|".join(map(translate, _SYSTEM_NAMES)))


@dataclass(frozen=True)
class Ignored:
    """A file or folder that is not part of the batch, and the reason.

    Attributes:
        failed: Whether pictures may be missing because of it, for example in an unreadable folder.
    """

    path: Location
    reason: str
    failed: bool = False


def walk(
    source: Location, target: Location, recursive: bool, exclude: Sequence[str]
) -> Iterator[str | Ignored]:
    """Yield the path of every file relative to `source`, and the ignored files and folders.

    The order is that of the names in each folder, with the files before the subfolders. Links to
    folders are followed, each folder once. `target` is ignored if it lies inside `source`.
    """
    out = file_identity(target)
    inside = out != file_identity(source)
    seen: set[Identity] = set()
    stack = [""]
    while stack:
        inner = stack.pop()
        folder = source / inner
        identity = file_identity(folder)
        if identity in seen:
            yield Ignored(folder, "folder already visited through another link")
            continue
        if identity == out and inside:
            yield Ignored(folder, "folder of the results")
            continue
        seen.add(identity)
        try:
            found = sorted(_scan(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Ignored(folder, f"folder cannot be read: {error.strerror}", failed=True)
            continue
        folders = []
        for entry in found:
            path = os.path.join(inner, entry.name)
            if _SYSTEM.match(entry.name.casefold()):
                yield Ignored(source / path, "system file or folder")
            elif exclude and matches(path, exclude):
                yield Ignored(source / path, "excluded")
            elif _is_folder(entry):
                folders.append(path)
            else:
                yield path
        if recursive:
            stack += reversed(folders)


def matches(relative: str, patterns: Sequence[str]) -> bool:
    """Whether the name or the path matches a shell pattern, or equals it; case is ignored."""
    path = relative.replace(os.sep, "/").casefold()
    names = path.rpartition("/")[2], path
    return any(
        name == pattern or fnmatchcase(name, pattern)
        for pattern in map(str.casefold, patterns)
        for name in names
    )


def _scan(folder: Location) -> Iterable[os.DirEntry[str] | Entry]:
    return entries(folder) if isinstance(folder, Address) else os.scandir(folder)


def _is_folder(entry: os.DirEntry[str] | Entry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: reading it will say so
        return False

"""Identities of files: which paths lead to one, also where a file system ignores upper case.

Two spellings of a path may name one file: through links, by letters of another case (Windows,
macOS, some network shares), or by another normalization of Unicode (macOS). What would overwrite an
original is therefore found by the identity of folders on their disk, never by comparing texts.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

Identity: TypeAlias = tuple[object, ...]


def folded(name: str) -> str:
    """Return what all names share that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def path_identity(path: str | os.PathLike[str]) -> Identity:
    """Return a value that is equal for all paths of a file or folder, for its hard links, too.

    Without such a file, it is that of its folder with the folded name.
    """
    try:
        found = os.stat(path)
    except OSError:
        real = os.path.realpath(path)
        folder, name = os.path.split(real)
        return (*path_identity(folder), folded(name)) if name else (os.path.normcase(real),)
    if found.st_ino:
        return found.st_dev, found.st_ino
    return (os.path.normcase(os.path.realpath(path)),)  # file systems of Windows without numbers


class FileIdentities:
    """Identities of many files: each folder is listed once, because stores may be slow.

    Unlike `path_identity`, this tells hard links apart: replacing one keeps the others.
    """

    def __init__(self) -> None:
        self._folders: dict[str, _Folder] = {}

    def of(self, path: str | os.PathLike[str]) -> Identity:
        """Return the identity of the folder and the name there, after links."""
        text = os.fspath(path)
        start = text.rfind(os.sep) + 1
        place, name = text[:start], text[start:]
        folder = self._folders.get(place)
        if folder is None:
            folder = self._folders[place] = _Folder(place)
        entry = folder.entry(name)
        if entry in folder.links:
            real = os.path.realpath(place + entry)
            if real != place + entry:  # no link to itself
                return self.of(real)
        return (*folder.identity, entry)


@dataclass(frozen=True)
class _Folder:
    """A folder, which may be absent; `path` ends with a separator, or is empty."""

    path: str

    @cached_property
    def identity(self) -> Identity:
        return path_identity(self.path or os.curdir)

    @cached_property
    def names(self) -> frozenset[str]:
        return self._listed[0]

    @cached_property
    def links(self) -> frozenset[str]:
        return self._listed[1]

    def entry(self, name: str) -> str:
        """Return the name as the folder lists it, or `name` if it has none."""
        if name in self.names:
            return name
        other = self._by_folded.get(folded(name))
        return other if other is not None and os.path.lexists(self.path + name) else name

    @cached_property
    def _listed(self) -> tuple[frozenset[str], frozenset[str]]:
        try:
            with os.scandir(self.path or os.curdir) as entries:
                found = [(entry.name, entry.is_symlink()) for entry in entries]
        except OSError:
            found = []
        return frozenset(n for n, _ in found), frozenset(n for n, link in found if link)

    @cached_property
    def _by_folded(self) -> dict[str, str]:
        return {folded(name): name for name in self.names}

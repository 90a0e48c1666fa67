"""A file system that ignores case and Unicode normalization, as those of macOS and Windows do.

Below one folder, the calls of Python that take paths find a file by any spelling of its name; new
files keep theirs. `os.path.realpath` returns the spelling that it is given, as it does on macOS.
"""

from __future__ import annotations

import builtins
import io
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_ONE_PATH = ("stat", "lstat", "scandir", "listdir", "open", "mkdir", "rmdir", "unlink", "remove")
_MORE = ("access", "chmod", "utime", "readlink", "replace", "rename", "link", "symlink", "pathconf")


def ignore_case(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Let all names below `root`, an absolute path without links, be found in any case."""
    real_listdir, real_lexists = os.listdir, os.path.lexists
    start = str(root)

    def spelled(path: Any) -> Any:
        """Return a path as the disk spells it."""
        if not isinstance(path, (str, os.PathLike)):
            return path  # a descriptor, or bytes
        text = os.path.abspath(os.fspath(path))
        if not text.startswith(start + os.sep):
            return path
        found = start
        for name in text[len(start) + 1 :].split(os.sep):
            exact = os.path.join(found, name)
            if not real_lexists(exact) and os.path.isdir(found):
                same = [n for n in real_listdir(found) if _plain(n) == _plain(name)]
                exact = os.path.join(found, *same[:1]) if same else exact
            found = exact
        return found

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        depth: list[int] = []

        def run(*args: Any, **kwargs: Any) -> Any:
            if depth or ("dir_fd" in kwargs and kwargs["dir_fd"] is not None):
                return call(*args, **kwargs)
            depth.append(1)
            try:
                paths = [spelled(each) for each in args[:2]]
            finally:
                depth.pop()
            return call(*paths, *args[2:], **kwargs)

        return run

    real_lexists = _lexists_by(os.lstat)
    for name in (*_ONE_PATH, *_MORE):
        patch.setattr(os, name, wrapped(getattr(os, name)))
    patch.setattr(io, "open", wrapped(io.open))
    patch.setattr(builtins, "open", io.open)


def _lexists_by(lstat: Callable[[str], object]) -> Callable[[str], bool]:
    def lexists(path: str) -> bool:
        try:
            lstat(path)
        except OSError:
            return False
        return True

    return lexists


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

"""Parameter types that several commands share."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import click

T = TypeVar("T")
_WINDOWS = os.name == "nt"


def expanded(words: Iterable[str]) -> list[str]:
    """Return words with the files in place of those with ``*`` and ``?``, on Windows.

    Its shells leave that to programs. Brackets stay as they are: they are usual in names of files,
    such as ``photo[1].jpg``, and no name contains ``*``. A word that matches nothing stays, too.
    """
    if not _WINDOWS:
        return list(words)
    found = []
    for word in words:
        wild = "://" not in word and any(mark in word for mark in "*?")
        found += (wild and sorted(glob.glob(word.replace("[", "[[]")))) or [word]
    return found


class AutoOr(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A number, or the word ``auto``, which becomes None."""

    name = "auto"

    def __init__(self, number: click.IntRange | click.FloatRange) -> None:
        self.number = number

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leave ``auto`` to the program."""
        return None if value == "auto" else self.number.convert(value, param, ctx)


class Listed(click.ParamType, Generic[T]):  # type: ignore[type-arg]  # generic since click 8.5 only
    """Values separated by commas: a tuple.

    Args:
        parse: Makes a value of a word, or raises ValueError or KeyError.
        expected: What stands in the message where that fails.
    """

    name = "list"

    def __init__(self, parse: Callable[[str], T], expected: str) -> None:
        self._parse = parse
        self._expected = expected

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[T, ...]:
        """Split and parse; a default may be a tuple already."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self._parse(word.strip()) for word in str(value).split(","))
        except (ValueError, KeyError):
            self.fail(f"{value!r}: expected {self._expected}", param, ctx)


class FolderType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A folder: a path, or an address such as ``s3://bucket/folder``.

    Args:
        exists: Whether a path must be one of a folder that exists.
    """

    name = "folder"

    def __init__(self, *, exists: bool = False) -> None:
        self._path = click.Path(exists=exists, file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path or an address, of which the command will see whether it exists."""
        from restorer import Address, location

        place = location(value)
        return place if isinstance(place, Address) else self._path.convert(place, param, ctx)


def model_or_path(word: str) -> str | Path:
    """Return a path where the word is one of a file and no id; the core refuses unknown ids."""
    from restorer import list_models

    known = any(spec.id == word for spec in list_models())
    separated = os.sep in word or (os.altsep is not None and os.altsep in word)
    return Path(word) if not known and (separated or Path(word).is_file()) else word

"""The hidden folder in which runs keep their records, at a path or an address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from restorer.batch.claims import Claims
from restorer.batch.journal import Lines, Record, iterate_journal, iterate_lines
from restorer.batch.stores.address import Address, Location
from restorer.batch.stores.claims import StoreClaims
from restorer.batch.stores.segments import Segments, segment_lines, segmented_runs
from restorer.formats.sync import sync_file


class JournalFile(Lines, Protocol):
    """The open file of a journal. All methods raise OSError."""

    def sync(self) -> None:
        """Make all text survive a power cut."""

    def close(self) -> None:
        """Sync and end."""


def journals(
    home: Location, *, newest_first: bool = False
) -> Iterator[tuple[str, Iterator[Record]]]:
    """Yield name and records of each run in a folder, in the order of their beginnings.

    Both iterators raise OSError, and ValueError for a journal of a newer version of the program.
    """
    if isinstance(home, Address):
        for name, segments in sorted(segmented_runs(home).items(), reverse=newest_first):
            yield name, iterate_lines(segment_lines(segments), str(home / name))
    else:
        for path in sorted(home.glob("*.jsonl"), reverse=newest_first):
            yield path.stem, iterate_journal(path)


def create_journal(home: Location, name: str) -> JournalFile:
    """Return the open file of the journal of a run. Raises OSError."""
    if isinstance(home, Address):
        return Segments(home / name)
    return _LocalFile(home / f"{name}.jsonl")


def open_claims(home: Location, name: str) -> Claims | StoreClaims:
    """Return the claims of a run. Raises OSError."""
    folder = home / "claims"
    if isinstance(folder, Address):
        return StoreClaims(folder, name)
    folder.mkdir(parents=True, exist_ok=True)
    return Claims(folder, name)


class _LocalFile:
    """The journal of a run at a path."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._file = path, path.open("x", encoding="utf-8")
        self.write, self.flush = self._file.write, self._file.flush

    def sync(self) -> None:
        os.stat(self._path)  # writing to a file that was removed or moved does not fail
        sync_file(self._file.fileno())

    def close(self) -> None:
        with self._file:
            self.sync()

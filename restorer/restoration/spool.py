"""Spool: the finished rows of a picture in a file, from which a later process can continue."""

from __future__ import annotations

import json
import os
import tempfile
import time
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO

import numpy as np

_BAND = Struct("<QI")  # the size of a band in bytes, and its checksum
_SYNC_S = 1.0  # at most this much of the work is lost in a power cut


@dataclass(frozen=True)
class Resumption:
    """The place where the rows of a job are kept, until it ends.

    Attributes:
        path: Beginning of the names of the files; the folder must exist.
        identity: What decides the result; rows of another identity are dropped.
    """

    path: Path
    identity: dict[str, Any]

    def of(self, step: int) -> Path:
        """Return the file of a step."""
        return self.path.with_name(f"{self.path.name}-{step}.rows")

    def remove(self) -> None:
        """Remove the files of all steps."""
        with suppress(OSError):
            for path in self.path.parent.glob(f"{self.path.name}-*.rows"):
                path.unlink(missing_ok=True)


class Spool:
    """A file of rows, each (W, C) samples of one type, that grows from top to bottom.

    It begins with a line of JSON that says what the rows are. Each band of rows has a checksum, so
    that what a killed process or a power cut left half written is not taken for rows.

    Args:
        file: Open for reading and writing in binary mode; may have rows already.

    All methods raise OSError. `close` it at the end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._tops: list[int] = []
        self._places: list[tuple[int, int]] = []  # offset and size in bytes
        self._synced = time.monotonic()
        self._row_shape: tuple[int, int] = (0, 0)
        self._dtype: np.dtype[Any] = np.dtype(np.float32)
        self.rows = 0
        self.head: dict[str, Any] = {}
        file.seek(0)
        with suppress(ValueError):  # a line that was cut
            found = json.loads(file.readline(1 << 20) or b"{}")
            self.head = found if isinstance(found, dict) else {}

    @classmethod
    def open(cls, path: Path | None, folder: Path) -> Spool:
        """Return the spool in a file, which is created where it is missing.

        Args:
            path: The file; None for one without a name, that nobody can continue.
            folder: Of the file without a name.
        """
        if path is None:
            return cls(tempfile.TemporaryFile(dir=folder))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        return cls(os.fdopen(descriptor, "r+b"))

    def announce(self, head: dict[str, Any]) -> None:
        """Write the head of the rows that are to come into an empty file."""
        if not self.head:
            self._file.seek(0)
            self._file.write(json.dumps(head).encode() + b"\n")
            self._file.truncate()
            self._file.flush()
            os.fsync(self._file.fileno())

    def begin(self, head: dict[str, Any], width: int, channels: int, dtype: Any) -> int:
        """Return the number of whole rows that the file has of these; drop all others.

        Args:
            head: What the rows are; rows of another head are dropped.
            width: Columns.
            channels: Channels.
            dtype: Type of the samples.
        """
        self._row_shape, self._dtype = (width, channels), np.dtype(dtype)
        self._tops, self._places, self.rows = [], [], 0
        line = json.dumps({**head, "row": [width, channels, self._dtype.str]}) + "\n"
        self._file.seek(0)
        if self._file.readline(1 << 20) == line.encode():
            self._scan()
        else:
            self._file.seek(0)
            self._file.write(line.encode())
        self._file.truncate()
        return self.rows

    def append(self, rows: Any) -> None:
        """Append rows, (h, W, C) of the type."""
        data = np.ascontiguousarray(rows).data.cast("B")
        self._file.seek(0, os.SEEK_END)
        self._file.write(_BAND.pack(len(data), zlib.crc32(data)))
        place = self._file.tell(), len(data)
        self._file.write(data)
        self._add(place)
        if time.monotonic() - self._synced > _SYNC_S:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def read(self, top: int, bottom: int) -> Any:
        """Return rows, (bottom - top, W, C)."""
        parts, at = [], top
        while at < bottom:
            number = bisect_right(self._tops, at) - 1
            first = self._tops[number]
            rows = self._places[number][1] // self._row_bytes
            taken = min(bottom, first + rows) - at
            self._file.seek(self._places[number][0] + (at - first) * self._row_bytes)
            values = np.empty((taken, *self._row_shape), self._dtype)
            count = self._file.readinto(values)  # type: ignore[attr-defined]  # of all binary files
            assert count == values.nbytes, "all rows were written"
            parts.append(values)
            at += taken
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def bands(self) -> Iterator[Any]:
        """Yield all rows, band by band."""
        for top, (_, size) in zip([*self._tops], [*self._places], strict=True):
            yield self.read(top, top + size // self._row_bytes)

    def clear(self) -> None:
        """Drop all rows and give their room on the disk back."""
        self._tops, self._places, self.rows = [], [], 0
        self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def _row_bytes(self) -> int:
        return self._row_shape[0] * self._row_shape[1] * self._dtype.itemsize

    def _scan(self) -> None:
        """Find the whole bands; leave the file behind the last one."""
        end = self._file.tell()
        length = self._file.seek(0, os.SEEK_END)
        self._file.seek(end)
        while len(header := self._file.read(_BAND.size)) == _BAND.size:
            size, checksum = _BAND.unpack(header)
            if not 0 < size <= length - self._file.tell() or size % self._row_bytes:
                break
            place = self._file.tell(), size
            if zlib.crc32(self._file.read(size)) != checksum:
                break
            self._add(place)
            end = self._file.tell()
        self._file.seek(end)

    def _add(self, place: tuple[int, int]) -> None:
        self._tops.append(self.rows)
        self._places.append(place)
        self.rows += place[1] // self._row_bytes

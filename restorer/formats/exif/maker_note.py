"""Move maker notes: many hold offsets from the start of their EXIF block or TIFF file.

The formats of maker notes are not documented. Most are a directory behind a short header, and its
values follow it. The base that places the values behind the table is therefore the right one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from restorer.formats.exif import ifd
from restorer.formats.exif.ifd import Directory, Layout

MAKER_NOTE = 0x927C
_MAX_HEADER = 32  # bytes; the longest known header has 22
_MAX_ENTRIES = 512


@dataclass(frozen=True)
class _Table:
    """A directory in a note: where it ends, and (entry, offset, size) of its outer values."""

    order: Literal["<", ">"]
    end: int
    values: tuple[tuple[int, int, int], ...]

    def inside(self, base: int, size: int) -> list[int]:
        """Return the positions of offsets from `base` that lead behind the table in a note."""
        return [
            at
            for at, offset, length in self.values
            if self.end <= offset - base and offset - base + length <= size
        ]

    def gap(self, base: int) -> int:
        """Return the distance between the table and its first value."""
        return min(offset for _, offset, _ in self.values) - base - self.end


def movable(layout: Layout, directory: Directory) -> Directory:
    """Return the directory without a maker note whose offsets cannot be found."""
    exif = directory.children.get(ifd.EXIF, Directory({}))
    note = exif.fields.get(MAKER_NOTE)
    if note is None or _absolute(note.data, note.value_at, layout.order) is not None:
        return directory
    fields = {tag: field for tag, field in exif.fields.items() if tag != MAKER_NOTE}
    children = {**directory.children, ifd.EXIF: replace(exif, fields=fields)}
    return replace(directory, children=children)


def rebase(
    file: BinaryIO,
    source: Directory,
    directory: Directory | None = None,
    layout: Layout | None = None,
) -> None:
    """Correct the maker note in a TIFF structure of the same byte order, copied from `source`.

    Args:
        file: The structure.
        source: Where the note was copied from.
        directory: The directory that it was copied to; None for the first one.
        layout: That of the structure; None reads it.
    """
    if directory is None or layout is None:
        layout, at = ifd.read_layout(file)
        directory = ifd.read_directory(file, layout, at)
    note = source.children.get(ifd.EXIF, Directory({})).fields.get(MAKER_NOTE)
    found = note and _absolute(note.data, note.value_at, layout.order)
    if not note or not found:
        return
    order, positions = found
    copy = directory.children[ifd.EXIF].fields[MAKER_NOTE]
    data = bytearray(copy.data)
    for position in positions:
        (offset,) = struct.unpack_from(order + "I", data, position)
        moved = offset + copy.value_at - note.value_at
        if 0 <= moved < 2**32:
            struct.pack_into(order + "I", data, position, moved)
    file.seek(copy.value_at)
    file.write(data)


def _absolute(note: bytes, at: int, order: str) -> tuple[str, list[int]] | None:
    """Return byte order and positions of the offsets in a note that count from outside it.

    None where there are offsets whose base is not known.
    """
    if any(mark in note[:_MAX_HEADER] for mark in (b"II*\0", b"MM\0*")):
        return order, []  # a TIFF structure of its own
    table = next(_tables(note, order), None)
    if table is None or not table.values:
        return order, []
    own = max(range(0, -_MAX_HEADER, -2), key=lambda base: _rank(table, base, len(note)))
    absolute, relative = _rank(table, at, len(note)), _rank(table, own, len(note))
    if 2 * max(absolute, relative)[0] <= len(table.values):
        return None
    return table.order, table.inside(at, len(note)) if absolute > relative else []


def _rank(table: _Table, base: int, size: int) -> tuple[int, int]:
    """Rank a base by the values that it places in the note, then by their distance."""
    return len(table.inside(base, size)), -abs(table.gap(base))


def _tables(note: bytes, order: str) -> Iterator[_Table]:
    """Yield what may be directories, by the length of the header before them."""
    orders: tuple[Literal["<", ">"], ...] = ("<", ">") if order == "<" else (">", "<")
    for start in range(0, min(_MAX_HEADER, len(note) - 14) + 1, 2):
        for each in orders:
            table = _table(note, start, each)
            if table is not None:
                yield table


def _table(note: bytes, start: int, order: Literal["<", ">"]) -> _Table | None:
    (count,) = struct.unpack_from(order + "H", note, start)
    end = start + 2 + 12 * count
    if not 0 < count <= _MAX_ENTRIES or end > len(note):
        return None
    values = []
    for at in range(start + 2, end, 12):
        _, kind, number, offset = struct.unpack_from(order + "HHII", note, at)
        if not 0 < kind <= 13:
            return None
        size = ifd.SIZES[kind] * number
        if size > 4:
            values.append((at + 8, offset, size))
    return _Table(order, end, tuple(values))

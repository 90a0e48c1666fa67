"""Directories (IFDs) of a TIFF structure: an EXIF block or a TIFF file, classic or BigTIFF.

Values stay raw bytes in the byte order of their structure, so that nothing is reinterpreted.
Whatever is damaged raises ValueError or is left out; sizes are bounded before they are read.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, TypeAlias

EXIF, GPS, INTEROP = 34665, 34853, 40965
POINTERS: dict[int, tuple[int, ...]] = {0: (EXIF, GPS), EXIF: (INTEROP,)}  # directory -> children

Order: TypeAlias = Literal["<", ">"]

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
SIZES |= {16: 8, 17: 8, 18: 8}  # BigTIFF: LONG8, SLONG8, IFD8
_MAX_VALUE_BYTES = 2**26  # all values of a directory; a large ICC profile has 2 MB


@dataclass(frozen=True)
class Layout:
    """Byte order ('<' or '>') and width of offsets."""

    order: Order = "<"
    big: bool = False

    def unpack(self, codes: str, data: bytes) -> tuple[int, ...]:
        """Unpack integers; raises ValueError where data do not fit."""
        try:
            return struct.unpack(self.order + codes, data)
        except struct.error as error:
            raise ValueError(f"directory ends early: {error}") from error

    def pack(self, codes: str, *values: int) -> bytes:
        """Pack integers."""
        return struct.pack(self.order + codes, *values)

    @property
    def entry(self) -> str:
        """Tag, kind and count."""
        return "HHQ" if self.big else "HHI"

    @property
    def offset(self) -> str:
        """An offset in the file."""
        return "Q" if self.big else "I"

    @property
    def inline(self) -> int:
        """Bytes of a value that fits into its entry."""
        return 8 if self.big else 4


@dataclass(frozen=True)
class Field:
    """One entry: raw value bytes, and where entry and value lie (for patching in place)."""

    kind: int
    count: int
    data: bytes
    entry_at: int = 0
    value_at: int = 0


@dataclass(frozen=True)
class Directory:
    """One IFD with those below it; `spans` are its own bytes in the structure."""

    fields: Mapping[int, Field]
    children: Mapping[int, Directory] = field(default_factory=dict)
    next_at: int = 0
    next_offset: int = 0
    spans: tuple[tuple[int, int], ...] = ()


def read_layout(file: BinaryIO) -> tuple[Layout, int]:
    """Return layout and offset of the first directory; raises ValueError for anything else."""
    head = _take(file, 0, 8)
    orders: dict[bytes, Order] = {b"II": "<", b"MM": ">"}
    order = orders.get(head[:2])
    if order is None:
        raise ValueError(f"a TIFF structure starts with II or MM, not {head[:2]!r}")
    (version,) = Layout(order).unpack("H", head[2:4])
    if version == 43:
        layout = Layout(order, big=True)
        return layout, layout.unpack("Q", _take(file, 8, 8))[0]
    if version != 42:
        raise ValueError(f"TIFF version {version}, expected 42 or 43")
    return Layout(order), Layout(order).unpack("I", head[4:])[0]


def read_directory(file: BinaryIO, layout: Layout, at: int, name: int = 0) -> Directory:
    """Read the directory at an offset with its EXIF, GPS and interoperability directories.

    Raises ValueError for a damaged one.
    """
    count_code = "Q" if layout.big else "H"
    count_size, entry_size = struct.calcsize("<" + count_code), 20 if layout.big else 12
    (count,) = layout.unpack(count_code, _take(file, at, count_size))
    if count > 4096:  # more than all known tags
        raise ValueError(f"directory of {count} entries")
    next_at = at + count_size + count * entry_size
    table = _take(file, at + count_size, count * entry_size)
    fields: dict[int, Field] = {}
    budget = _MAX_VALUE_BYTES
    for index in range(count):
        entry = table[index * entry_size : (index + 1) * entry_size]
        entry_at = at + count_size + index * entry_size
        tag, found = _read_field(file, layout, entry, entry_at, budget)
        if found is not None:
            fields.setdefault(tag, found)
            budget -= len(found.data)
    tail = _take(file, next_at, layout.inline, short=True)
    following = layout.unpack(layout.offset, tail)[0] if len(tail) == layout.inline else 0
    spans = [(at, next_at + layout.inline)]
    spans += [(f.value_at, f.value_at + len(f.data)) for f in fields.values()]
    children = _read_children(file, layout, fields, name)
    kept = {tag: f for tag, f in fields.items() if tag not in POINTERS.get(name, ())}
    return Directory(kept, children, next_at, following, tuple(spans))


def serialize(directory: Directory, layout: Layout, start: int) -> bytes:
    """Return the bytes of a directory and all below it, to be placed at an even offset."""
    tags = sorted({*directory.fields, *directory.children})
    count = layout.pack("Q" if layout.big else "H", len(tags))
    entry_size = 20 if layout.big else 12
    tail_at = start + len(count) + len(tags) * entry_size + layout.inline
    entries, tail = count, b""
    for tag in tags:
        if tag in directory.children:
            kind, number = (18, 1) if layout.big else (4, 1)
            value = layout.pack(layout.offset, tail_at + len(tail))
            tail += serialize(directory.children[tag], layout, tail_at + len(tail))
        else:
            kind, number = directory.fields[tag].kind, directory.fields[tag].count
            value = directory.fields[tag].data
            if len(value) > layout.inline:
                value, tail = layout.pack(layout.offset, tail_at + len(tail)), tail + value
        tail += b"\0" * (len(tail) % 2)
        entries += layout.pack(layout.entry, tag, kind, number) + value.ljust(layout.inline, b"\0")
    return entries + b"\0" * layout.inline + tail


def extend(file: BinaryIO, added: Directory) -> None:
    """Add fields and children to the first directory of a TIFF file of the same byte order.

    The directory is written anew at the end of the file and the header pointed at it; pixels stay.
    """
    layout, at = read_layout(file)
    first = read_directory(file, layout, at)
    merged = Directory({**added.fields, **first.fields}, {**added.children, **first.children})
    start = file.seek(0, 2)
    start += file.write(b"\0" * (start % 2))
    file.write(serialize(merged, layout, start))
    file.seek(8 if layout.big else 4)
    file.write(layout.pack(layout.offset, start))


def _read_field(
    file: BinaryIO, layout: Layout, entry: bytes, entry_at: int, budget: int
) -> tuple[int, Field | None]:
    head = struct.calcsize("<" + layout.entry)
    tag, kind, count = layout.unpack(layout.entry, entry[:head])
    size = SIZES.get(kind, 0) * count
    if not 0 < size <= budget:
        return tag, None
    if size <= layout.inline:
        return tag, Field(kind, count, entry[head : head + size], entry_at, entry_at + head)
    (value_at,) = layout.unpack(layout.offset, entry[head:])
    data = _take(file, value_at, size, short=True)
    return tag, Field(kind, count, data, entry_at, value_at) if len(data) == size else None


def _read_children(
    file: BinaryIO, layout: Layout, fields: Mapping[int, Field], name: int
) -> dict[int, Directory]:
    children = {}
    for tag in POINTERS.get(name, ()):
        pointer = fields.get(tag)
        if pointer is not None and pointer.kind in (4, 13, 16, 18):
            code = "I" if pointer.kind in (4, 13) else "Q"
            (at,) = layout.unpack(code, pointer.data[: struct.calcsize("<" + code)])
            try:
                children[tag] = read_directory(file, layout, at, tag)
            except ValueError:
                continue  # a damaged branch does not take the tree with it
    return children


def _take(file: BinaryIO, at: int, size: int, *, short: bool = False) -> bytes:
    file.seek(at)
    data = file.read(size)
    if len(data) < size and not short:
        raise ValueError(f"{size} bytes at {at} lie behind the end")
    return data

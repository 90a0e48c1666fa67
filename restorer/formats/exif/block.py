"""An EXIF block, patched in place: what it states moves nowhere, as maker notes have offsets."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from restorer.formats.exif import ifd
from restorer.formats.exif.ifd import Directory, Field, Layout, Order
from restorer.formats.exif.maker_note import MAKER_NOTE

EMPTY = b"II*\0\x08\0\0\0" + bytes(6)  # a block whose directory has no entries


# Reading and writing a picture asks a dozen times for the directory of four blocks; the threads of
# a batch have as many pictures at work.
@lru_cache(maxsize=16)
def first_directory(exif: bytes | None) -> tuple[Layout, Directory] | None:
    """Layout and first directory, or None where the block is absent or damaged."""
    if exif is None:
        return None
    file = io.BytesIO(exif)
    try:
        layout, at = ifd.read_layout(file)
        return layout, ifd.read_directory(file, layout, at)
    except ValueError:
        return None


def child(directory: Directory, name: int) -> Directory:
    """Return a directory below another one; an empty one where there is none."""
    return directory.children.get(name, Directory({}))


def integer_of(layout: Layout, field: Field) -> int:
    """Return the first number of a field; 0 for one that holds no integers."""
    code: Any = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(field.kind)
    if code is None:
        return 0
    return layout.unpack(code, field.data[: {"B": 1, "H": 2, "I": 4, "Q": 8}[code]])[0]


def set_integer(block: bytearray, layout: Layout, field: Field, value: int) -> None:
    """Overwrite a single number, widening SHORT to LONG inside its entry where it must grow."""
    if field.count != 1 or field.kind not in (3, 4):
        return
    kind = 4 if value > 0xFFFF else field.kind
    data = layout.pack("I" if kind == 4 else "H", value).ljust(4, b"\0")
    place(block, field.entry_at + 2, layout.pack("H", kind))
    place(block, field.value_at, data)


def remove(block: bytearray, layout: Layout, directory: Directory, tag: int) -> None:
    """Remove an entry of a directory and zero its value; nothing else moves."""
    field, (at, end) = directory.fields[tag], directory.spans[0]
    if end > len(block):
        return
    if len(field.data) > layout.inline:
        place(block, field.value_at, bytes(len(field.data)))
    (count,) = layout.unpack("H", bytes(block[at : at + 2]))
    place(block, at, layout.pack("H", count - 1))
    place(block, field.entry_at, bytes(block[field.entry_at + 12 : end]) + bytes(12))


def with_fields(exif: bytes, fields: Mapping[int, Field]) -> bytes | None:
    """Return a block whose first directory has these fields, too; None for a damaged block.

    The directory is written anew at the end; nothing else moves.
    """
    first = first_directory(exif)
    if first is None or first[0].big:
        return None
    layout, directory = first
    (at, _), end = directory.spans[0], directory.next_at + layout.inline
    rows = [exif[start : start + 12] for start in range(at + 2, directory.next_at, 12)]
    entries = {layout.unpack("H", row[:2])[0]: row for row in rows}
    start = len(exif) + len(exif) % 2
    number = len(entries.keys() | fields.keys())
    tail_at, tail = start + 2 + 12 * number + 4, b""
    for tag, field in fields.items():
        value = field.data
        if len(value) > layout.inline:
            value, tail = (
                layout.pack("I", tail_at + len(tail)),
                tail + value + bytes(len(value) % 2),
            )
        entries[tag] = layout.pack("HHI", tag, field.kind, field.count) + value.ljust(4, b"\0")
    table = layout.pack("H", number) + b"".join(entries[tag] for tag in sorted(entries))
    whole = exif.ljust(start, b"\0") + table + exif[directory.next_at : end].ljust(4, b"\0") + tail
    return whole[:4] + layout.pack("I", start) + whole[8:]


def reordered(exif: bytes | None, order: Order) -> tuple[bytes | None, tuple[str, ...]]:
    """Return a block in a byte order, and notes; a maker note, whose order nobody knows, is lost.

    A damaged block becomes None.
    """
    found = first_directory(exif)
    if found is None or found[0].order == order:
        return (exif if found else None), ()
    inner = child(found[1], ifd.EXIF)
    turned = _reordered(found[1])
    layout = Layout(order)
    head = (b"II*\0" if order == "<" else b"MM\0*") + layout.pack("I", 8)
    lost = ("not kept: maker note",) if MAKER_NOTE in inner.fields else ()
    return head + ifd.serialize(turned, layout, 8), lost


def _reordered(directory: Directory) -> Directory:
    fields = {
        tag: replace(field, data=_swapped(field))
        for tag, field in directory.fields.items()
        if tag != MAKER_NOTE
    }
    children = {tag: _reordered(each) for tag, each in directory.children.items()}
    return Directory(fields, children)


def _swapped(field: Field) -> bytes:
    """Return the bytes of a value in the other byte order."""
    size = 4 if field.kind in (5, 10) else ifd.SIZES[field.kind]
    return b"".join(field.data[at : at + size][::-1] for at in range(0, len(field.data), size))


def place(block: bytearray, at: int, data: bytes) -> None:
    """Overwrite bytes of a block, as far as it goes."""
    block[at : at + len(data)] = data[: max(0, len(block) - at)]


def spans_of(directory: Directory) -> list[tuple[int, int]]:
    """Return the bytes, (start, stop), of a directory and all below it."""
    below = [span for child in directory.children.values() for span in spans_of(child)]
    return [*directory.spans, *below]

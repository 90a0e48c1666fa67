"""The items of a HEIF file: read from its meta box, and packed into a new file."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from restorer.errors import ImageFormatError
from restorer.formats.boxes import (
    HEIF_KINDS,
    Box,
    Cursor,
    boxes_in,
    file_boxes,
    pack_box,
    pack_full_box,
)
from restorer.formats.codec import exactly

_MAX_META = 2**26  # bytes of the meta box
_MAX_EXTENTS = 100_000  # of all items
_FULL_BOX = 4  # version and flags, before the content of a full box


@dataclass(frozen=True)
class Property:
    """A property of an item.

    Attributes:
        kind: Four letters.
        body: The content of its box.
        essential: Whether readers that do not know it must not show the item.
    """

    kind: bytes
    body: bytes
    essential: bool = False


@dataclass(frozen=True)
class Item:
    """An item: a picture, or metadata.

    Attributes:
        kind: Four letters, such as ``av01``, ``grid``, ``Exif`` or ``mime``.
        content: The type of MIME, with its encoding.
        places: Where its parts lie: (construction method, offset, size).
        properties: In the order of the file.
        references: The items that it refers to, by kind of reference.
    """

    kind: bytes
    content: bytes = b""
    places: tuple[tuple[int, int, int], ...] = ()
    properties: tuple[Property, ...] = ()
    references: Mapping[bytes, tuple[int, ...]] = field(default_factory=dict)

    def find(self, kind: bytes) -> list[bytes]:
        """Return the bodies of the properties of a kind."""
        return [each.body for each in self.properties if each.kind == kind]


@dataclass(frozen=True)
class Items:
    """The items of a file.

    Attributes:
        primary: The number of the picture to show.
        by_id: All items.
        brands: The content of the box `ftyp`.
        idat: Data inside the meta box.
        other_boxes: The boxes of the file beside those of items.
    """

    primary: int
    by_id: Mapping[int, Item]
    brands: bytes = b""
    idat: bytes = b""
    other_boxes: tuple[Box, ...] = ()

    def data(self, file: BinaryIO, number: int) -> bytes:
        """Return the data of an item. Raises ImageFormatError where they are cut short."""
        length, parts = file.seek(0, 2), []
        left = length + len(self.idat)  # parts that overlap could make a small file endless
        for method, offset, size in self.by_id[number].places:
            if method > 1:
                raise ImageFormatError(
                    "the file stores the data of a picture where they cannot be found"
                )
            end = len(self.idat) if method else length
            size = size or max(0, end - offset)
            left -= size
            if offset + size > end or left < 0:
                raise ImageFormatError("the file is cut short: a part of the picture is missing")
            if method:
                parts.append(self.idat[offset : offset + size])
            else:
                file.seek(offset)
                parts.append(exactly(file, size))
        return b"".join(parts)


def read_items(file: BinaryIO) -> Items:
    """Read what the boxes say of the items. Raises ImageFormatError where that is damaged."""
    brands, meta, other = b"", b"", []
    for box in file_boxes(file, HEIF_KINDS):
        file.seek(box.start)
        if box.kind == b"ftyp":
            brands = exactly(file, min(box.stop - box.start, 1024))
        elif box.kind == b"meta" and not meta:
            if box.stop - box.start > _MAX_META:
                raise ImageFormatError("the meta box of the file is too large")
            meta = exactly(file, box.stop - box.start)
        elif box.kind not in (b"mdat", b"free", b"skip"):
            other.append(box)
    if not meta:
        raise ImageFormatError("the file has no meta box, so it has no still picture")
    found = {box.kind: box for box in boxes_in(meta, _FULL_BOX)}

    def body(kind: bytes) -> bytes:
        return meta[found[kind].start : found[kind].stop] if kind in found else b""

    kinds = _kinds(body(b"iinf"))
    places = _places(body(b"iloc"))
    properties = _properties(body(b"iprp"))
    references = _references(body(b"iref"))
    items = {
        number: Item(
            kind,
            content,
            places.get(number, ()),
            properties.get(number, ()),
            references.get(number, {}),
        )
        for number, (kind, content) in kinds.items()
    }
    primary = Cursor(body(b"pitm"))
    version, _ = primary.number(1), primary.number(3)
    number = primary.number(4 if version else 2)
    if number not in items:
        raise ImageFormatError("the file refers to a picture that it does not contain")
    return Items(number, items, brands, body(b"idat"), tuple(other))


def pack_items(items: Items, data: Mapping[int, bytes]) -> bytes:
    """Return a file of items whose numbers are below 65,536.

    Args:
        items: The items; their places are ignored.
        data: The data of each item.
    """
    head = pack_box(b"ftyp", items.brands)
    shared = list(dict.fromkeys(p for item in items.by_id.values() for p in item.properties))
    boxes = list(dict.fromkeys((each.kind, each.body) for each in shared))
    links = b"".join(
        struct.pack(">HB", number, len(item.properties))
        + b"".join(
            struct.pack(">H", each.essential << 15 | boxes.index((each.kind, each.body)) + 1)
            for each in item.properties
        )
        for number, item in items.by_id.items()
    )
    parts = [
        pack_full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        pack_full_box(b"pitm", 0, struct.pack(">H", items.primary)),
        pack_full_box(b"iinf", 0, struct.pack(">H", len(items.by_id)), *_entries(items)),
        *_packed_references(items),
        pack_box(
            b"iprp",
            pack_box(b"ipco", *(pack_box(kind, body) for kind, body in boxes)),
            pack_full_box(b"ipma", 0, struct.pack(">I", len(items.by_id)), links, flags=1),
        ),
    ]
    size = 14 * len(data) + 16
    at = len(head) + 12 + sum(map(len, parts)) + size + 8
    table = struct.pack(">HH", 0x4400, len(data))
    for number, body in data.items():
        table += struct.pack(">HHHII", number, 0, 1, at, len(body))
        at += len(body)
    parts.insert(2, pack_full_box(b"iloc", 0, table))
    return head + pack_full_box(b"meta", 0, *parts) + pack_box(b"mdat", *data.values())


def _entries(items: Items) -> Iterable[bytes]:
    for number, item in items.by_id.items():
        content = item.content + b"\0" if item.kind == b"mime" else b""
        yield pack_full_box(b"infe", 2, struct.pack(">HH", number, 0), item.kind, b"\0", content)


def _packed_references(items: Items) -> list[bytes]:
    boxes = [
        pack_box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
        for number, item in items.by_id.items()
        for kind, targets in item.references.items()
    ]
    return [pack_full_box(b"iref", 0, *boxes)] if boxes else []


def _kinds(body: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Return kind and type of MIME of each item."""
    found: dict[int, tuple[bytes, bytes]] = {}
    if not body:
        return found
    for box in boxes_in(body, 8 if body[0] else 6):
        cursor = Cursor(body[box.start : box.stop])
        version, _ = cursor.number(1), cursor.number(3)
        if box.kind != b"infe" or version < 2:
            continue
        number, _, kind = cursor.number(4 if version > 2 else 2), cursor.number(2), cursor.take(4)
        cursor.text()
        content = b" ".join(filter(None, (cursor.text(), cursor.text())))
        found[number] = kind, content if kind == b"mime" else b""
    return found


def _places(body: bytes) -> dict[int, tuple[tuple[int, int, int], ...]]:
    """Return where the parts of each item lie."""
    if not body:
        return {}
    cursor, total = Cursor(body), 0
    version, _, sizes = cursor.number(1), cursor.number(3), cursor.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> s & 15 for s in (12, 8, 4, 0))
    index_size = index_size if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    found: dict[int, tuple[tuple[int, int, int], ...]] = {}
    for _ in range(cursor.number(wide)):
        number = cursor.number(wide)
        method = cursor.number(2) & 15 if version in (1, 2) else 0
        elsewhere, base, count = cursor.number(2), cursor.number(base_size), cursor.number(2)
        parts = []
        total += count
        if total > _MAX_EXTENTS:
            raise ImageFormatError(f"the file has more than {_MAX_EXTENTS:,} parts of items")
        for _ in range(count):
            cursor.number(index_size)
            offset, length = cursor.number(offset_size), cursor.number(length_size)
            parts.append((9 if elsewhere else method, base + offset, length))
        found[number] = tuple(parts)
    return found


def _properties(body: bytes) -> dict[int, tuple[Property, ...]]:
    """Return the properties of each item."""
    shared: list[tuple[bytes, bytes]] = []
    found: dict[int, tuple[Property, ...]] = {}
    for box in boxes_in(body):
        if box.kind == b"ipco":
            shared = [
                (each.kind, body[each.start : each.stop]) for each in boxes_in(body, *_span(box))
            ]
        if box.kind != b"ipma":
            continue
        cursor = Cursor(body[box.start : box.stop])
        version, flags = cursor.number(1), cursor.number(3)
        for _ in range(cursor.number(4)):
            number, links = cursor.number(4 if version else 2), []
            for _ in range(cursor.number(1)):
                link = cursor.number(2 if flags & 1 else 1)
                essential = bool(link >> (15 if flags & 1 else 7))
                index = link & (0x7FFF if flags & 1 else 0x7F)
                if 0 < index <= len(shared):
                    links.append(Property(*shared[index - 1], essential))
            found[number] = found.get(number, ()) + tuple(links)
    return found


def _references(body: bytes) -> dict[int, dict[bytes, tuple[int, ...]]]:
    """Return the items that each item refers to."""
    found: dict[int, dict[bytes, tuple[int, ...]]] = {}
    if not body:
        return found
    wide = 4 if body[0] else 2
    for box in boxes_in(body, _FULL_BOX):
        cursor = Cursor(body[box.start : box.stop])
        number, count = cursor.number(wide), cursor.number(2)
        targets = tuple(cursor.number(wide) for _ in range(count))
        kinds = found.setdefault(number, {})
        kinds[box.kind] = kinds.get(box.kind, ()) + targets
    return found


def _span(box: Box) -> tuple[int, int]:
    return box.start, box.stop

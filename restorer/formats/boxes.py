"""The boxes of ISO base media files, of which HEIF, AVIF and JPEG XL files are made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import BinaryIO

from restorer.errors import ImageFormatError

TRAILER = b""
# The boxes of HEIF files; mpvd and sefd are the videos and texts of Samsung's motion photos.
HEIF_KINDS = frozenset(
    b"ftyp meta mdat moov free skip wide uuid pdin moof mfra styp sidx emsg udta mpvd sefd".split()
)
_MOST = 10_000  # boxes beside each other; a picture of 500 tiles has 20


@dataclass(frozen=True)
class Box:
    """A box: four letters, and where its content lies."""

    kind: bytes
    start: int
    stop: int


class Cursor:
    """Big-endian numbers and bytes, one after the other. Raises ImageFormatError at the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        """Return the next bytes. Raises ImageFormatError where there are fewer."""
        found = self.data[self.at : self.at + size]
        if len(found) < size:
            raise ImageFormatError("a box of the file is cut short")
        self.at += size
        return found

    def number(self, size: int) -> int:
        """Return the next number, unsigned, of so many bytes; 0 for none."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> bytes:
        """Return the next text, which ends at a zero byte."""
        end = self.data.find(b"\0", self.at)
        end = len(self.data) if end < 0 else end
        found, self.at = self.data[self.at : end], end + 1
        return found


def file_boxes(file: BinaryIO, kinds: Set[bytes]) -> Iterator[Box]:
    """Yield the boxes of a file; data from the first of another kind on are the box ``TRAILER``.

    Raises ImageFormatError where a box is cut short.
    """
    length = file.seek(0, os.SEEK_END)
    at = 0
    for _ in _counted():
        if at >= length:
            return
        file.seek(at)
        head = file.read(16)
        box = _box(head, at, length) if head[4:8] in kinds else Box(TRAILER, at, length)
        yield box
        at = box.stop


def boxes_in(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[Box]:
    """Yield the boxes in a part of some data; raise ImageFormatError where one is cut short."""
    at, stop = start, len(data) if stop is None else stop
    for _ in _counted():
        if at >= stop:
            return
        box = _box(data[at : min(at + 16, stop)], at, stop)
        yield box
        at = box.stop


def pack_box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box."""
    body = b"".join(parts)
    if len(body) + 8 < 2**32:
        return (len(body) + 8).to_bytes(4, "big") + kind + body
    return b"\0\0\0\1" + kind + (len(body) + 16).to_bytes(8, "big") + body


def pack_full_box(kind: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    """Return a box with version and flags."""
    return pack_box(kind, bytes([version]), flags.to_bytes(3, "big"), *parts)


def _counted() -> Iterator[int]:
    yield from range(_MOST)
    raise ImageFormatError(f"the file has more than {_MOST:,} boxes beside each other")


def _box(head: bytes, at: int, end: int) -> Box:
    size, kind, inner = int.from_bytes(head[:4], "big"), head[4:8], 8
    if size == 1:
        size, inner = int.from_bytes(head[8:16], "big"), 16
    elif size == 0:
        size = end - at
    if len(head) < inner or size < inner or at + size > end:
        raise ImageFormatError(
            f"the file is cut short or damaged: a box of {size:,} bytes where {end - at:,} are left"
        )
    return Box(kind, at + inner, at + size)

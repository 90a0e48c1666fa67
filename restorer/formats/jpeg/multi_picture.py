"""Several pictures in one JPEG file: those behind the first, and the index of them (MPF).

The index follows CIPA DC-007. Readers do not trust it, since many programs leave it stale: what
follows a picture is found by its markers.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator

from restorer.formats.exif import ifd

MPF = b"MPF\0"  # the start of an APP2 segment; offsets count from the byte behind it

SOI, EOI = 0xD8, 0xD9
_START = b"\xff\xd8\xff"
# In a scan: all but escapes, fill bytes and the markers without a body.
_MARKER = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd7])")
_MOST = 16  # pictures looked for behind the first, so that hostile files take no long time
_PRIMARY, _DEPENDENT = 0x20030000, 0  # representative picture; undefined, as libultrahdr writes it


def segments(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, stop) of the bodies of a picture's segments, from `at` behind its SOI.

    The last one is EOI or the SOI of the next picture, where EOI is missing: an empty body behind
    EOI or before SOI. A picture that is cut short has none.
    """
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker in (EOI, SOI):
            end = at if marker == EOI else found.start()
            yield marker, end, end
            return
        size = max(2, int.from_bytes(data[at : at + 2], "big"))
        yield marker, at + 2, at + size
        at += size


def pictures(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and stop of the whole JPEG pictures in what follows another one."""
    at = 0
    for _ in range(_MOST):
        start = data.find(_START, at)
        if start < 0:
            return
        *_, (marker, _, stop) = ((0, 0, 0), *segments(data, start + 2))
        at = stop if marker == EOI else start + 2
        if marker == EOI:
            yield start, stop


def count(index: bytes) -> int:
    """Return the number of pictures in an index, behind its mark; 1 where it is damaged."""
    file = io.BytesIO(index)
    try:
        layout, at = ifd.read_layout(file)
        number = ifd.read_directory(file, layout, at).fields[0xB001]
        return layout.unpack("I", number.data)[0]
    except (ValueError, KeyError):
        return 1


def joined(first: bytes, second: bytes) -> bytes:
    """Return a file of two JPEG pictures, with the index of them in the first."""
    at = _index_place(first)
    size = len(first) + len(_index(0, 0, 0))
    index = _index(size, len(second), size - (at + 4 + len(MPF)))
    return first[:at] + index + first[at:] + second


def _index_place(data: bytes) -> int:
    """Return where the index belongs: behind JFIF, EXIF and XMP."""
    end = 2
    for marker, _, stop in segments(data, 2):
        if marker not in (0xE0, 0xE1):
            break
        end = stop
    return end


def _index(first_bytes: int, second_bytes: int, second_at: int) -> bytes:
    """Return the segment for two pictures; the second starts at an offset from the TIFF header."""
    layout = ifd.Layout(">")
    entries = struct.pack(">3I4x", _PRIMARY, first_bytes, 0)
    entries += struct.pack(">3I4x", _DEPENDENT, second_bytes, second_at)
    fields = {
        0xB000: ifd.Field(7, 4, b"0100"),
        0xB001: ifd.Field(4, 1, layout.pack("I", 2)),
        0xB002: ifd.Field(7, len(entries), entries),
    }
    body = MPF + b"MM\0*\0\0\0\x08" + ifd.serialize(ifd.Directory(fields), layout, 8)
    return b"\xff\xe2" + (len(body) + 2).to_bytes(2, "big") + body

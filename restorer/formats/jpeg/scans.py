"""The scans of a JPEG: whether they hold the whole picture.

libjpeg fills what is missing with gray. Where that may have happened, other bytes are put in place
of the end: the pixels that change with them are missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.jpeg import multi_picture

END = b"\xff\xd9"

_SOS = 0xDA
_DRI = b"\xff\xdd\0\x04"
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_PROGRESSIVE = (0xC2, 0xCA)
_DECODABLE = {0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA}
_HUFFMAN = {0xC0, 0xC1, 0xC2}
_USUAL_SCANS = 30
_MOST_DECODED = 1_000_000_000  # pixels of all scans; some 10 s
_CODED_ZEROS = 16  # at most so many bytes of zeros at the end are codes, not a filling
_FILLS = tuple(byte * 4096 for byte in (b"\xaa", b"\x55"))
_MOST_MISSING = 0.1  # share of the pixels behind damaged data; 512 of 10,000 bytes cost 0.05

CUT = "the file is cut short: a part of the picture is missing; get another copy of the file"


def check_frame(kind: int, precision: int, components: int) -> None:
    """Refuse what neither Pillow nor imagecodecs decodes, by the marker of the frame header."""
    known = kind in _DECODABLE and 2 <= precision <= 16 and components in (1, 3, 4)
    if not known or (precision != 8 and components == 4):
        raise ImageFormatError(
            f"JPEG of kind SOF{kind - 0xC0} with {precision} bits and {components} components"
            " cannot be decoded; convert it to an ordinary JPEG, PNG or TIFF first"
        )


def check_cost(kind: int, height: int, width: int, data: bytes) -> None:
    """Refuse scans that cannot hold so many pixels, or would take minutes to decode.

    Args:
        kind: Marker of the frame header.
        height: Height by that header.
        width: Width by that header.
        data: The scans.
    """
    blocks = -(-height // 8) * -(-width // 8)
    if kind in _HUFFMAN and 8 * len(data) < blocks:  # a code has one bit at least
        raise ImageFormatError(CUT)
    count = sum(marker == _SOS for marker, *_ in multi_picture.segments(data, 0))
    if count > _USUAL_SCANS and count * height * width > _MOST_DECODED:
        raise ImageFormatError(
            f"the JPEG has {count} scans of {width} x {height} pixels, which would take too long"
            " to decode; normal files have about 10"
        )


def split(data: bytes) -> tuple[bytes, bool]:
    """Return the scans, without the end marker and what follows, and whether there is a marker."""
    *_, (marker, _, stop) = ((0, 0, len(data)), *multi_picture.segments(data, 0))
    if marker == multi_picture.EOI:
        return data[: stop - len(END)], True
    scans = data[:stop] if marker == multi_picture.SOI else data
    return scans.removesuffix(b"\xff"), False  # the half of a marker


def check_whole(
    head: bytes,
    frame: tuple[int, bytes],
    scans: bytes,
    decode: Callable[[bytes], Any],
    found: Any,
    *,
    ended: bool,
    damaged: bool = False,
) -> None:
    """Refuse a picture whose scans, without their end marker, do not hold all pixels.

    Args:
        head: The file before the first scan.
        frame: Marker and body of its frame header.
        scans: The file from the first scan to the end marker.
        decode: Returns the pixels of a file.
        found: The pixels of the file with an end marker.
        ended: Whether it has one.
        damaged: Whether the data before the marker are damaged, so that some pixels may be missing.
    """
    if not ended and not (has_all_scans(frame, scans) and _has_all_intervals(head, frame, scans)):
        raise ImageFormatError(CUT)
    allowed = _MOST_MISSING if ended and damaged else 0
    coded = scans.rstrip(b"\0")
    if len(scans) - len(coded) > _CODED_ZEROS:  # a failed download, filled up
        scans = coded
    for fill in _FILLS:
        try:
            other = decode(head + scans + fill + END)
        except (ImageFormatError, OSError):
            raise ImageFormatError(CUT) from None
        if np.any(found != other, axis=2).mean() > allowed:
            raise ImageFormatError(CUT)


def _has_all_intervals(head: bytes, frame: tuple[int, bytes], scans: bytes) -> bool:
    """Whether a sequential picture has as many restart markers as its restart interval asks for.

    Behind the end of an interval, a decoder looks for the next marker, whatever lies before it.
    """
    kind, body = frame
    at = head.rfind(_DRI)
    interval = int.from_bytes(head[at + 4 : at + 6], "big") if at >= 0 else 0
    if not interval or kind in _PROGRESSIVE:
        return True
    height, width = (int.from_bytes(body[i : i + 2], "big") for i in (1, 3))
    factors = body[7 : 6 + 3 * body[5] : 3] if body[5] > 1 else b"\x11"
    down, across = (8 * max(n & 15 for n in factors), 8 * max(n >> 4 for n in factors))
    units = -(-height // down) * -(-width // across)
    return len(_RESTART.findall(scans)) >= -(-units // interval) - 1


def has_all_scans(frame: tuple[int, bytes], scans: bytes) -> bool:
    """Whether each band of each component gets its last bit, by the headers of the scans."""
    kind, body = frame
    components, progressive = body[6 : 6 + 3 * body[5] : 3], kind in _PROGRESSIVE
    missing = {(component, band) for component in components for band in range(64)}
    for marker, start, stop in multi_picture.segments(scans, 0):
        header = scans[start:stop]
        if marker != _SOS or not header or len(header) != 4 + 2 * header[0]:
            continue
        first, last, bits = header[-3:]
        bands = range(64) if not progressive else range(first, last + 1) if not bits & 15 else ()
        for component in header[1:-3:2]:
            missing -= {(component, band) for band in bands}
    return not missing

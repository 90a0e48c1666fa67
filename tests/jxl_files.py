"""JPEG XL codestreams for tests, whose headers say something else than libjxl wrote."""

from __future__ import annotations

from typing import Any

import imagecodecs

from restorer.formats.boxes import boxes_in
from restorer.formats.jxl.bits import ENUM, BitWriter
from restorer.formats.jxl.codestream import read_codestream


def coded(pixels: Any, **options: Any) -> bytes:
    """Return a codestream of libjxl."""
    data = bytes(imagecodecs.jpegxl_encode(pixels, effort=1, **options))
    if data.startswith(b"\xff\x0a"):
        return data
    (box,) = [each for each in boxes_in(data) if each.kind == b"jxlc"]
    return data[box.start : box.stop]


def lossless(pixels: Any) -> bytes:
    """Return a codestream that holds exactly these pixels."""
    return coded(pixels, lossless=True)


def with_enums(data: bytes, primaries: int, transfer: int, *, gray: bool = False) -> bytes:
    """Return a codestream that states other primaries and another tone curve."""
    header, bits = read_codestream(data), BitWriter()
    bits.copy(data, 0, header._color[0])
    bits.number(0, 2)
    bits.choice(int(gray), ENUM)
    bits.choice(1, ENUM)
    if not gray:
        bits.choice(primaries, ENUM)
    bits.number(0, 1)
    bits.choice(transfer, ENUM)
    bits.choice(1, ENUM)
    bits.copy(data, header._color[1], header._end)
    return bits.finish() + data[header.frames_at :]

"""Write animated PNG: each frame is a whole picture, compressed like a file of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

from restorer.formats.animation import opened
from restorer.formats.png.chunks import SIGNATURE, metadata_chunks, pack_chunk
from restorer.formats.png.png import START_BYTES, PngOptions, compressed, encode
from restorer.image import Frame, Image

_MOST = 65_535  # of the numerator and denominator of a time in seconds
_MOST_LOOPS = 2**31 - 1


def write_pages(pages: Iterator[Image], file: BinaryIO, options: PngOptions) -> tuple[str, ...]:
    """Write frames; a single one becomes an ordinary PNG."""
    animated, frames = opened(pages)
    if not animated:
        return encode(next(frames), file, options)
    count = number = 0
    for frame in frames:
        data = compressed(frame, options)
        time = frame.metadata.frame or Frame()
        if not count:
            file.write(data[:START_BYTES])
            control_at, loops = file.tell(), min(time.loops, _MOST_LOOPS)
            file.write(_control(0, loops))
            file.write(metadata_chunks(frame.metadata))
        shown = _seconds(time.delay_ms)
        size = frame.width, frame.height
        head = struct.pack(">5I2H2B", number, *size, 0, 0, *shown.as_integer_ratio(), 0, 0)
        file.write(pack_chunk(b"fcTL", head))
        number += 1
        for body in _bodies(data):
            if count:
                file.write(pack_chunk(b"fdAT", number.to_bytes(4, "big") + bytes(body)))
                number += 1
            else:
                file.write(pack_chunk(b"IDAT", body))
        count += 1
    file.write(pack_chunk(b"IEND", b""))
    file.seek(control_at)
    file.write(_control(count, loops))
    return ()


def _control(count: int, loops: int) -> bytes:
    return pack_chunk(b"acTL", struct.pack(">II", count, loops))


def _seconds(delay_ms: float) -> Fraction:
    """Return the time in seconds as a ratio that fits."""
    exact = Fraction(delay_ms) / 1000
    limit = min(_MOST, max(1, int(_MOST / exact))) if exact else 1
    return min(exact.limit_denominator(limit), Fraction(_MOST))


def _bodies(data: memoryview) -> Iterator[memoryview]:
    """Yield the bodies of the IDAT chunks."""
    at = len(SIGNATURE)
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if name == b"IDAT":
            yield data[at + 8 : at + 8 + size]
        at += size + 12

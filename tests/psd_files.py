"""Photoshop documents for tests."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np

RGB = 3


def resource(number: int, body: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(body)) + body + bytes(len(body) % 2)


def predicted(plane: Any) -> bytes:
    """Differences between neighbors; floats as planes of bytes first."""
    if plane.dtype.itemsize == 2:
        values = plane.astype(np.uint16)
        return np.diff(values, axis=1, prepend=np.uint16(0)).astype(">u2").tobytes()
    rows = plane.reshape(*plane.shape, 1).view(np.uint8)
    rows = np.moveaxis(rows, 2, 1).reshape(len(plane), -1)
    return np.diff(rows, axis=1, prepend=np.uint8(0)).tobytes()


def psd(
    pixels: Any,
    mode: int = RGB,
    compression: int = 0,
    *,
    large: bool = False,
    layers: int = 0,
    resources: bytes = b"",
    palette: bytes = b"",
) -> bytes:
    planes = np.moveaxis(pixels.astype(pixels.dtype.newbyteorder(">")), 2, 0)
    rows = [row.tobytes() for plane in planes for row in plane]
    if compression == 1:
        packed = [imagecodecs.packbits_encode(row) for row in rows]
        sizes = b"".join(len(row).to_bytes(4 if large else 2, "big") for row in packed)
        data = sizes + b"".join(packed)
    elif compression == 2:
        data = zlib.compress(b"".join(rows))
    elif compression == 3:
        data = zlib.compress(b"".join(map(predicted, planes)))
    else:
        data = b"".join(rows)
    depth, size = pixels.dtype.itemsize * 8, ">Q" if large else ">I"
    head = struct.pack(
        ">4sH6xHIIHH", b"8BPS", 1 + large, len(planes), *pixels.shape[:2], depth, mode
    )
    info = struct.pack(">h", layers) + bytes(2) if layers else b""
    section = struct.pack(size, len(info)) + info + bytes(4)
    if layers and depth > 8:
        block = b"8BIMLr16" + struct.pack(size, len(info)) + info
        section = struct.pack(size, 0) + bytes(4) + block
    return b"".join(
        [
            *(head, struct.pack(">I", len(palette)), palette),
            *(struct.pack(">I", len(resources)), resources),
            *(struct.pack(size, len(section)), section, struct.pack(">H", compression), data),
        ]
    )

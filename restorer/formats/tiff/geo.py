"""GeoTIFF: where the pixels of a TIFF file lie on the earth, kept true of another size."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from restorer.formats.exif import ifd
from restorer.formats.exif.ifd import Directory, Field, Layout

BLOCK = "GeoTIFF"  # a TIFF structure of these tags and the size that they refer to
SCALE, TIE_POINTS, MATRIX, KEYS = 33550, 33922, 34264, 34735
# With GeoDoubleParams, GeoAsciiParams and GDAL_NODATA.
KINDS = {SCALE: 12, TIE_POINTS: 12, MATRIX: 12, KEYS: 3, 34736: 12, 34737: 2, 42113: 2}
_CODES = {2: "u1", 3: "u2", 4: "u4", 12: "f8"}
_WIDTH, _HEIGHT = 256, 257
_RASTER_TYPE, _POINT = 1025, 2  # the key that tells whether coordinates count from pixel centers


def read_tags(layout: Layout, directory: Directory, height: int, width: int) -> dict[str, bytes]:
    """Return the block of a TIFF directory for pixels of this size; empty without GeoTIFF tags."""
    fields = {tag: field for tag, field in directory.fields.items() if KINDS.get(tag) == field.kind}
    counts = {tag: field.count for tag, field in fields.items()}
    sound = counts.get(MATRIX, 16) == 16 and counts.get(SCALE, 3) == 3
    if not fields or not sound or counts.get(TIE_POINTS, 0) % 6:
        return {}
    tags = {tag: _values(field, layout.order) for tag, field in fields.items()}
    return {BLOCK: _block({**tags, _HEIGHT: [height], _WIDTH: [width]})}


def cropped(block: bytes, box: tuple[float, float, float, float]) -> bytes:
    """Return the block for a part of its area, (left, top, right, bottom) in fractions of it."""
    tags = _tags(block)
    sides = np.array([tags[_WIDTH][0], tags[_HEIGHT][0]], float)
    corner, size = box[:2] * sides, np.subtract(box[2:], box[:2]) * sides
    if TIE_POINTS in tags:
        tags[TIE_POINTS].reshape(-1, 6)[:, :2] -= corner
    if MATRIX in tags:
        matrix = tags[MATRIX].reshape(4, 4)
        matrix[:, 3] += matrix[:, :2] @ corner
    width, height = np.rint(size)
    return _block({**tags, _HEIGHT: [height], _WIDTH: [width]})


def with_size(block: bytes, height: int, width: int) -> bytes:
    """Return the block for the same area in pixels of another size."""
    tags = _tags(block)
    across, down = width / tags[_WIDTH][0], height / tags[_HEIGHT][0]
    keys = tags.get(KEYS, np.zeros(0))
    half = 0.5 if (_RASTER_TYPE, _POINT) in zip(keys[::4], keys[3::4], strict=False) else 0.0
    scales = np.array([across, down])
    if SCALE in tags:
        tags[SCALE][:2] /= scales
    if TIE_POINTS in tags:
        points = tags[TIE_POINTS].reshape(-1, 6)
        points[:, :2] = (points[:, :2] + half) * scales - half
    if MATRIX in tags:
        matrix = tags[MATRIX].reshape(4, 4)
        matrix[:, 3] += matrix[:, :2] @ (half / scales - half)
        matrix[:, :2] /= scales
    return _block({**tags, _HEIGHT: [height], _WIDTH: [width]})


def fields_of(block: bytes, order: Literal["<", ">"]) -> dict[int, Field]:
    """Return the fields of a block for a TIFF file of this byte order."""
    return {tag: _field(KINDS[tag], v, order) for tag, v in _tags(block).items() if tag in KINDS}


def _tags(block: bytes) -> dict[int, NDArray[Any]]:
    fields = ifd.read_directory(io.BytesIO(block), Layout(), 8).fields
    return {tag: _values(field, "<") for tag, field in fields.items()}


def _block(tags: Mapping[int, object]) -> bytes:
    fields = {tag: _field(KINDS.get(tag, 4), values, "<") for tag, values in tags.items()}
    return b"II*\0\x08\0\0\0" + ifd.serialize(Directory(fields), Layout(), 8)


def _values(field: Field, order: str) -> NDArray[Any]:
    return np.frombuffer(field.data, order + _CODES[field.kind]).copy()


def _field(kind: int, values: object, order: str) -> Field:
    data = np.asarray(values).astype(order + _CODES[kind])
    return Field(kind, data.size, data.tobytes())

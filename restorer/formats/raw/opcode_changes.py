"""What the opcodes of a DNG do to linear values, from their parameters.

Functions raise ValueError for damaged parameters.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.formats.raw.bad_pixels import fill
from restorer.image import FloatArray

_BAND = 256  # rows that are corrected at once
_MOST_DEGREE = 8
_LARGEST = 1e6  # gain, coefficient or place

Change: TypeAlias = Callable[[FloatArray], None]


@dataclass(frozen=True)
class Spec:
    """The area, planes and pitch that an opcode applies to."""

    top: int
    left: int
    bottom: int
    right: int
    plane: int
    planes: int
    row_pitch: int
    column_pitch: int

    @classmethod
    def of(cls, data: bytes) -> Spec:
        """Read the start of the parameters. Raises ValueError for an area without a pitch."""
        spec = cls(*numbers(">8I", data))
        if not spec.row_pitch or not spec.column_pitch or not spec.planes:
            raise ValueError("an area without a pitch")
        return spec

    def bands(self, values: FloatArray, plane: int) -> Iterator[tuple[Any, Any, NDArray[Any]]]:
        """Yield rows, columns and the view of their values, some rows at once."""
        height, width = values.shape[:2]
        bottom, right = min(self.bottom, height), min(self.right, width)
        columns = np.arange(self.left, right, self.column_pitch)
        step = self.row_pitch * _BAND
        for top in range(self.top, bottom, step):
            rows = np.arange(top, min(top + step, bottom), self.row_pitch)
            if len(rows) and len(columns):
                down = slice(top, min(top + step, bottom), self.row_pitch)
                across = slice(self.left, right, self.column_pitch)
                yield rows, columns, values[down, across, plane]


def scale_area(
    values: FloatArray, spec: Spec, factor: Callable[[Any, Any], NDArray[Any]], plane: int = 0
) -> None:
    """Multiply an area of (H, W, C) values, in place, by a factor of row and column."""
    for rows, columns, view in spec.bands(values, plane):
        view *= factor(rows, columns)


def vignette(data: bytes) -> Change:
    """Gain 1 + k0 r^2 + ... + k4 r^10, r = 1 in the corner that is farthest from the center."""
    *k, across, down = _floats(">7d", data)

    def change(values: FloatArray) -> None:
        height, width, planes = values.shape
        y, x = down * (height - 1), across * (width - 1)
        most = max(y, height - 1 - y) ** 2 + max(x, width - 1 - x) ** 2 or 1.0

        def factor(rows: Any, columns: Any) -> NDArray[Any]:
            square = ((rows[:, None] - y) ** 2 + (columns[None] - x) ** 2) / most
            return _polynomial([1.0, *k], square).astype(np.float32)

        for plane in range(planes):
            scale_area(values, Spec(0, 0, height, width, 0, 1, 1, 1), factor, plane)

    return change


def gain_map(
    data: bytes,
) -> tuple[Spec, Callable[[int, tuple[int, int], Any, Any], NDArray[np.float32]]]:
    """Return the area, and gains by plane of the area, size of the picture, rows and columns."""
    spec = Spec.of(data)
    down, across = numbers(">2I", data, 32)
    spacing_y, spacing_x, origin_y, origin_x = _floats(">4d", data, 40)
    (planes,) = numbers(">I", data, 72)
    if not down or not across or not planes or down * across * planes * 4 > len(data) - 76:
        raise ValueError("a gain map without gains")
    gains = np.frombuffer(data, ">f4", down * across * planes, 76).astype(np.float32)
    if not (np.abs(gains) < _LARGEST).all() or not spacing_y > 0 < spacing_x:
        raise ValueError("a gain map without gains")
    grid = gains.reshape(down, across, planes)

    def factor(plane: int, size: tuple[int, int], rows: Any, columns: Any) -> NDArray[np.float32]:
        layer = grid[..., min(plane, planes - 1)]
        y = np.clip(((rows + 0.5) / size[0] - origin_y) / spacing_y, 0, down - 1)
        x = np.clip(((columns + 0.5) / size[1] - origin_x) / spacing_x, 0, across - 1)
        top, left = y.astype(int), x.astype(int)
        bottom, right = np.minimum(top + 1, down - 1), np.minimum(left + 1, across - 1)
        part_y, part_x = (y - top).astype(np.float32)[:, None], (x - left).astype(np.float32)
        lines = layer[top] * (1 - part_y) + layer[bottom] * part_y
        found: NDArray[np.float32] = lines[:, left] * (1 - part_x) + lines[:, right] * part_x
        return found

    return spec, factor


def tone_curve(data: bytes, *, table: bool) -> Change:
    """Map values by a table of 16 bits, or by a polynomial; noise below 0 stays."""
    spec = Spec.of(data)
    (count,) = numbers(">I", data, 32)
    if table:
        if not 0 < count <= 65_536 or len(data) < 36 + 2 * count:
            raise ValueError("a table without values")
        entries = np.frombuffer(data, ">u2", count, 36).astype(np.float32) / 65_535
        levels = np.arange(count, dtype=np.float32) / 65_535
    elif count > _MOST_DEGREE:
        raise ValueError("a polynomial of too high a degree")
    else:
        terms = _floats(f">{count + 1}d", data, 36)

    def change(values: FloatArray) -> None:
        for plane in range(spec.plane, min(spec.plane + spec.planes, values.shape[2])):
            for _, _, view in spec.bands(values, plane):
                below, inside = np.minimum(view, 0), np.clip(view, 0, 1)
                if table:
                    found = np.interp(inside, levels, entries)
                else:
                    found = np.clip(_polynomial(terms, inside), 0, 1)
                view[...] = found + below

    return change


def lines(data: bytes, *, rows: bool, scale: bool) -> Change:
    """Add a number to each row or column, or multiply it by one."""
    spec = Spec.of(data)
    (count,) = numbers(">I", data, 32)
    if len(data) < 36 + 4 * count:
        raise ValueError("rows without numbers")
    terms = np.frombuffer(data, ">f4", count, 36).astype(np.float32)
    first, last, pitch = (
        (spec.top, spec.bottom, spec.row_pitch)
        if rows
        else (spec.left, spec.right, spec.column_pitch)
    )
    if not (np.abs(terms) < _LARGEST).all() or count < -(-(last - first) // pitch):
        raise ValueError("rows without numbers")

    def change(values: FloatArray) -> None:
        for plane in range(spec.plane, min(spec.plane + spec.planes, values.shape[2])):
            for down, across, view in spec.bands(values, plane):
                places = (down if rows else across) - first
                own = terms[places // pitch]
                own = own[:, None] if rows else own[None]
                if scale:
                    view *= own
                else:
                    view += own

    return change


def bad_list(data: bytes, origin: tuple[int, int]) -> Change:
    """Fill points and rectangles."""
    _, points, rectangles = numbers(">3I", data)
    if len(data) < 12 + 8 * points + 16 * rectangles:
        raise ValueError("a list that is cut short")
    places = np.frombuffer(data, ">u4", 2 * points, 12).reshape(-1, 2).astype(np.int64)
    corners = np.frombuffer(data, ">u4", 4 * rectangles, 12 + 8 * points).reshape(-1, 4)

    def change(values: FloatArray) -> None:
        height, width = values.shape[:2]
        bad = np.zeros((height, width), np.bool_)
        rows, columns = (places - origin).T
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        bad[rows[inside], columns[inside]] = True
        for top, left, bottom, right in corners.astype(np.int64) - (origin * 2):
            bad[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
        fill(values, bad)

    return change


def _polynomial(terms: Sequence[float], x: NDArray[Any]) -> NDArray[Any]:
    result = np.zeros_like(x)
    for term in reversed(terms):
        result = result * x + term
    return result


def numbers(layout: str, data: bytes, at: int = 0) -> tuple[Any, ...]:
    """Unpack numbers. Raises ValueError where they are missing."""
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error as error:
        raise ValueError(str(error)) from None


def _floats(layout: str, data: bytes, at: int = 0) -> tuple[float, ...]:
    """Unpack numbers within reason. Raises ValueError for others, and where they are missing."""
    found = numbers(layout, data, at)
    if not (np.abs(found) < _LARGEST).all():
        raise ValueError("numbers beyond reason")
    return found

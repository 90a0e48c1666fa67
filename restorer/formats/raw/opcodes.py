"""The corrections that a DNG file lists: bad pixels, lens shading, curves, rows and columns.

Source: Adobe, Digital Negative Specification 1.7.1, chapter 7 "Opcode List Processing". All numbers
are big-endian. Coordinates are those of the whole sensor in the first list, and of the area that
saw light in the others.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from restorer.formats.raw.area import Area
from restorer.formats.raw.bad_pixels import fill
from restorer.formats.raw.opcode_changes import (
    Change,
    bad_list,
    gain_map,
    lines,
    numbers,
    scale_area,
    tone_curve,
    vignette,
)
from restorer.image import FloatArray
from restorer.sensor import bayer

_NEWEST = (1, 7, 1, 0)  # version of the specification
_BAD_CONSTANT, _BAD_LIST, _TRIM = 4, 5, 6
_VIGNETTE, _GAIN_MAP = 3, 9
_NAMES = {
    1: "WarpRectilinear (lens distortion)",
    2: "WarpFisheye (lens distortion)",
    14: "WarpRectilinear2 (lens distortion)",
    _VIGNETTE: "FixVignetteRadial (vignetting)",
    _BAD_CONSTANT: "FixBadPixelsConstant (bad pixels)",
    _BAD_LIST: "FixBadPixelsList (bad pixels)",
    _TRIM: "TrimBounds (crop)",
    7: "MapTable (curve)",
    8: "MapPolynomial (curve)",
    _GAIN_MAP: "GainMap (lens shading)",
    10: "DeltaPerRow (rows)",
    11: "DeltaPerColumn (columns)",
    12: "ScalePerRow (rows)",
    13: "ScalePerColumn (columns)",
}
_MOST = 200  # opcodes of a list; each takes as long as the picture is large


@dataclass(frozen=True)
class Opcode:
    """One correction of a list.

    Attributes:
        id: Its number in the specification.
        version: The first version of the specification that knows it.
        data: Its parameters.
        flags: 1 where readers that do not know it may leave it out.
    """

    id: int
    version: tuple[int, ...]
    data: bytes
    flags: int = 0

    @property
    def name(self) -> str:
        """Its name, with its purpose in parentheses."""
        return _NAMES.get(self.id, f"opcode {self.id}" if self.id else "a damaged list")


DAMAGED = Opcode(0, (0,), b"")  # in place of a list that cannot be read


def read_opcodes(block: bytes) -> list[Opcode]:
    """Return the opcodes of a list. Raises ValueError for a damaged one."""
    (count,) = numbers(">I", block)
    if count > _MOST:
        raise ValueError("too many opcodes")
    found, at = list[Opcode](), 4
    for _ in range(count):
        number, *version, flags, size = numbers(">I4BII", block, at)
        data = block[at + 16 : at + 16 + size]
        if len(data) < size:
            raise ValueError("an opcode is cut short")
        found.append(Opcode(number, tuple(version), data, flags))
        at += 16 + size
    return found


def trimmed(opcodes: Sequence[Opcode], area: Area) -> Area:
    """Return the part of an area that is left by the opcodes that trim the picture."""
    for each in opcodes:
        if each.id == _TRIM and len(each.data) >= 16:
            top, left, bottom, right = numbers(">4i", each.data)
            area = area.overlap(Area(top, left, bottom - top, right - left)) or area
    return area


def correct_samples(
    values: FloatArray,
    opcodes: Sequence[Opcode],
    origin: tuple[int, int] = (0, 0),
    curve: Callable[[int], float] = float,
) -> list[str]:
    """Fill the bad pixels of the first list in (H, W, 1); return the names of other opcodes.

    Args:
        values: Samples, as the sensor counted.
        opcodes: The list.
        origin: Row and column of the first sample on the sensor.
        curve: Maps a number of the file to what became of it in `values`.
    """

    def change(opcode: Opcode) -> Change | None:
        if opcode.id == _BAD_CONSTANT:
            constant = np.float32(curve(numbers(">I", opcode.data)[0]))
            return lambda values: fill(values, values[..., 0] == constant)
        return bad_list(opcode.data, origin) if opcode.id == _BAD_LIST else None

    return _run(values, opcodes, change)


def correct_linear(values: FloatArray, opcodes: Sequence[Opcode]) -> list[str]:
    """Apply opcodes to (H, W, C) in place; return the names of those that were not applied.

    Args:
        values: Linear values with white 1.
        opcodes: Those of the second list; of the third one for a picture in full color.
    """
    return _run(values, opcodes, _change)


def correct_mosaic(values: FloatArray, pattern: str, opcodes: Sequence[Opcode]) -> list[str]:
    """Apply those opcodes of the third list to a mosaic that factors do; return the other names.

    Smooth factors of a color are the same before its interpolation.
    """
    return _run(values, opcodes, partial(_mosaic_change, pattern=pattern))


def left_of_mosaic(block: bytes) -> bytes:
    """Return the third list of a file without what `correct_mosaic` applies; empty for nothing."""
    try:
        opcodes = read_opcodes(block)
    except ValueError:
        return b""
    left = [each for each in opcodes if not _is_applied(each)]
    return struct.pack(">I", len(left)) + b"".join(map(_block, left)) if left else b""


def _is_applied(opcode: Opcode) -> bool:
    """Whether `correct_mosaic` applies an opcode."""
    try:
        found = _mosaic_change(opcode, bayer.PATTERNS[0]) is not None
    except ValueError:
        return False
    return found and opcode.version <= _NEWEST


def _block(opcode: Opcode) -> bytes:
    head = struct.pack(">I4BII", opcode.id, *opcode.version, opcode.flags, len(opcode.data))
    return head + opcode.data


def _mosaic_change(opcode: Opcode, pattern: str) -> Change | None:
    """Return what an opcode for colors does to a mosaic; None where that is not the same.

    Raises ValueError for a damaged one.
    """
    if opcode.id != _GAIN_MAP:
        return vignette(opcode.data) if opcode.id == _VIGNETTE else None
    spec, factor = gain_map(opcode.data)
    if (spec.row_pitch, spec.column_pitch) != (1, 1):
        return None
    sites = [
        (
            replace(
                spec,
                top=spec.top + (y - spec.top) % 2,
                left=spec.left + (x - spec.left) % 2,
                row_pitch=2,
                column_pitch=2,
            ),
            number - spec.plane,
        )
        for y, x, number in bayer.sites(pattern)
        if spec.plane <= number < spec.plane + spec.planes
    ]

    def change(values: FloatArray) -> None:
        for site, plane in sites:
            scale_area(values, site, partial(factor, plane, values.shape[:2]))

    return change


def _run(
    values: FloatArray, opcodes: Sequence[Opcode], find: Callable[[Opcode], Change | None]
) -> list[str]:
    left = list[str]()
    for each in opcodes:
        if each.id == _TRIM:
            continue
        change = None
        if each.version <= _NEWEST:
            try:
                change = find(each)
            except ValueError:
                left.append(f"a damaged {each.name}")
                continue
        if change is None:
            left.append(each.name)
            continue
        with np.errstate(over="ignore", invalid="ignore"):  # of senseless numbers
            change(values)
        np.nan_to_num(values, copy=False)
    return left


def _change(opcode: Opcode) -> Change | None:
    """Return what an opcode does to linear values; None for one that is not known.

    Raises ValueError for a damaged one.
    """
    data = opcode.data
    if opcode.id == _BAD_LIST:
        return bad_list(data, (0, 0))
    if opcode.id == _VIGNETTE:
        return vignette(data)
    if opcode.id == _GAIN_MAP:
        spec, factor = gain_map(data)

        def shade(values: FloatArray) -> None:
            for plane in range(spec.plane, min(spec.plane + spec.planes, values.shape[2])):
                scale_area(
                    values, spec, partial(factor, plane - spec.plane, values.shape[:2]), plane
                )

        return shade
    if opcode.id in (7, 8):
        return tone_curve(data, table=opcode.id == 7)
    if opcode.id in (10, 11, 12, 13):
        return lines(data, rows=opcode.id in (10, 12), scale=opcode.id in (12, 13))
    return None

"""Plain mosaics: the samples of a Bayer sensor without a word on them, in a picture or alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageFormatError
from restorer.formats.codec import Header, PagedReader, Reader, exactly
from restorer.formats.format import Format
from restorer.formats.raw.camera_color import unknown_color
from restorer.image import FloatArray, Image, Metadata
from restorer.sensor.mosaic import Mosaic, Page

_ASPECTS = (Fraction(1), Fraction(5, 4), Fraction(4, 3), Fraction(3, 2), Fraction(16, 9))
_CLOSE = 0.02  # to an aspect ratio of cameras, relative
_MOST_SIZES = 4


@dataclass(frozen=True)
class Packing:
    """How samples lie in a headerless file, row after row.

    Attributes:
        bits: Bits of a sample.
        group: Samples that lie in whole bytes together.
        group_bytes: Number of these bytes.
        unpack: Turns bytes into samples.
    """

    bits: int
    group: int
    group_bytes: int
    unpack: Callable[[bytes], NDArray[Any]]


def _unpack_10(data: bytes) -> NDArray[Any]:
    """Return samples of MIPI CSI-2 RAW10: the high bytes of four, then their low bits."""
    groups = np.frombuffer(data, np.uint8).reshape(-1, 5).astype(np.uint16)
    low = groups[:, 4:] >> np.array([0, 2, 4, 6], np.uint16) & 3
    return (groups[:, :4] << 2 | low).ravel()


def _unpack_12(data: bytes) -> NDArray[Any]:
    """Return samples of MIPI CSI-2 RAW12: the high bytes of two, then their low bits."""
    groups = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.uint16)
    low = groups[:, 2:] >> np.array([0, 4], np.uint16) & 15
    return (groups[:, :2] << 4 | low).ravel()


PACKINGS = {
    "8": Packing(8, 1, 1, lambda data: np.frombuffer(data, np.uint8)),
    "10": Packing(10, 4, 5, _unpack_10),
    "12": Packing(12, 2, 3, _unpack_12),
    "16": Packing(16, 1, 2, lambda data: np.frombuffer(data, "<u2")),
    "16be": Packing(16, 1, 2, lambda data: np.frombuffer(data, ">u2")),
}


@dataclass(frozen=True)
class PlainMosaic:
    """What the user says of samples that say nothing of themselves.

    Attributes:
        pattern: Colors of the first two rows, such as ``rggb``.
        size: Height and width of a file without a header; None for pictures.
        packing: One of `PACKINGS`, for a file without a header; None goes by its size.
        black: The sample without light.
        white: The sample value at which the sensor saturates; None for the largest possible.
    """

    pattern: str
    size: tuple[int, int] | None = None
    packing: str | None = None
    black: float = 0.0
    white: float | None = None

    def mosaic(self, samples: NDArray[Any], most: float, metadata: Metadata) -> Mosaic:
        """Return samples (H, W, 1), of which `most` is the largest that there can be, as a mosaic.

        Raises ImageFormatError where black is not below white.
        """
        white = most if self.white is None else self.white
        if not self.black < white:
            raise ImageFormatError(
                f"the black level {self.black:g} is not below the white level {white:g}"
            )
        notes = ["the file does not state the colors of the camera; they were treated as sRGB"]
        highest = float(samples.max())
        if self.white is None and 0 < highest <= most / 4 and most > 255:
            notes.append(f"no sample is above {highest:g} of {white:g}; set the white level")
        values: FloatArray = samples.astype(np.float32)
        values -= np.float32(self.black)
        values /= np.float32(white - self.black)
        np.minimum(values, 1, out=values)
        kept = replace(metadata, icc=None)
        return Mosaic(values, self.pattern, unknown_color([1.0, 1.0, 1.0]), kept, tuple(notes))

    def of_image(self, image: Image) -> Mosaic:
        """Return an image with one channel as a mosaic. Raises ImageFormatError like `mosaic`."""
        most = {8: 255.0, 16: 65_535.0, 32: 1.0}[image.bits]
        found = self.mosaic(image.pixels, most, image.metadata)
        return replace(found, notes=(*image.notes, *found.notes))

    def open(self, file: BinaryIO, path: Path) -> tuple[Format, Reader]:
        """Return the reader of a file without a header, and a format for it.

        Raises ImageFormatError where the file has another size.
        """
        assert self.size is not None, "or the file has a header"
        row = Format("headerless RAW", (path.suffix.lower(),))
        return row, _HeaderlessReader(file, self, *self.size)

    def of_gray(self, format: Format, reader: Reader) -> tuple[Format, Reader]:
        """Return a reader that gives the samples of a gray picture as a mosaic."""
        return replace(format, row_reader=""), _GrayReader(reader, self)


class _HeaderlessReader:
    """A file that holds nothing but samples."""

    def __init__(self, file: BinaryIO, plain: PlainMosaic, height: int, width: int) -> None:
        self._file, self._plain = file, plain
        size_bytes = file.seek(0, os.SEEK_END)
        self._packing = _packing_of(plain, size_bytes, height, width)
        self.header = Header("headerless RAW", height, width, 3, 16)
        self.metadata = Metadata()
        self.notes: tuple[str, ...] = ()

    def decode(self) -> Mosaic:
        """Return the samples."""
        height, width = self.header.height, self.header.width
        self._file.seek(0)
        row_bytes = _row_bytes(self._packing, width)
        samples = self._packing.unpack(exactly(self._file, height * row_bytes))
        samples = samples.reshape(height, -1)[:, :width, None]
        return self._plain.mosaic(samples, 2**self._packing.bits - 1, self.metadata)


class _GrayReader:
    """A picture with one channel, whose values are samples."""

    def __init__(self, reader: Reader, plain: PlainMosaic) -> None:
        if reader.header.channels != 1:
            raise ImageFormatError(
                f"has {reader.header.channels} channels, but a mosaic has one; leave out the"
                " mosaic setting"
            )
        self._reader, self._plain = reader, plain
        self.header = replace(reader.header, channels=3, bits=16)
        self.metadata, self.notes = reader.metadata, reader.notes

    def decode(self) -> Page:
        """Return the samples."""
        page = self._reader.decode()
        assert isinstance(page, Image), "no camera RAW has one channel"
        return self._plain.of_image(page)

    def open_page(self, number: int) -> Reader:
        """Return the reader of one of several pages."""
        paged: PagedReader = self._reader  # type: ignore[assignment]  # asked of these alone
        return _GrayReader(paged.open_page(number), self._plain)


def _row_bytes(packing: Packing, width: int) -> int:
    return -(-width // packing.group) * packing.group_bytes


def _packing_of(plain: PlainMosaic, size_bytes: int, height: int, width: int) -> Packing:
    """Return the packing that fills the file. Raises ImageFormatError where none does."""
    fitting = [
        name for name, each in PACKINGS.items() if height * _row_bytes(each, width) == size_bytes
    ]
    wanted = [plain.packing] if plain.packing else fitting
    if wanted and wanted[0] in fitting:
        return PACKINGS[wanted[0]]
    names = [plain.packing] if plain.packing else list(PACKINGS)
    expected = ", ".join(
        f"{height * _row_bytes(PACKINGS[name], width):,} at {name} bits" for name in names
    )
    words = f"{size_bytes:,} bytes, expected of {width} x {height} samples {expected}"
    if fitting:
        words += f"; {' or '.join(fitting)} bits would fit"
    else:
        sizes = [
            f"{w} x {h} at {name} bits"
            for name in dict.fromkeys(names)
            for w, h in _fitting_sizes(PACKINGS[name], size_bytes)
            if name != "16be" or len(names) == 1
        ]
        if sizes:
            words += f"; these would fit: {', '.join(sizes[:_MOST_SIZES])}"
    raise ImageFormatError(words)


def _fitting_sizes(packing: Packing, size_bytes: int) -> list[tuple[int, int]]:
    """Return widths and heights, both even, that fill a file and have the shape of a picture."""
    groups, rest = divmod(size_bytes, packing.group_bytes)
    samples = groups * packing.group
    if rest or samples % 4:
        return []
    found = []
    for low in range(2, isqrt(samples) + 1, 2):
        high, over = divmod(samples, low)
        if not over and high % 2 == 0 and high % packing.group == 0:
            distance = min(abs(high / low / float(aspect) - 1) for aspect in _ASPECTS)
            if distance < _CLOSE:
                found.append((distance, high, low))
    return [(high, low) for _, high, low in sorted(found)]

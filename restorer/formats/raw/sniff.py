"""Recognize camera RAW files; needs no library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from restorer.formats.exif import ifd
from restorer.formats.exif.block import integer_of
from restorer.formats.exif.ifd import Directory, Layout

DNG_VERSION, PHOTOMETRIC, COMPRESSION = 50706, 262, 259
SUB_IFDS = 330
SENSOR = frozenset({32803, 34892})  # photometric interpretations: color filter array, linear RAW
# Sony, Epson, Samsung, Nikon, Kodak, Pentax
RAW = frozenset({32767, 32769, 32770, 34713, 65000, 65535})

_START_BYTES = 24
_MOST = 16  # directories that are looked at
_TIFF = rb"(?:II\*\0|MM\0\*)"
_CAMERAS = re.compile(
    rb"FUJIFILMCCD-RAW"  # RAF
    rb"|.{4}ftypcrx "  # CR3
    rb"|II.{4}HEAPCCDR"  # CRW
    rb"|IIRO|IIRS|MMOR"  # ORF
    rb"|IIU\0"  # RW2
    rb"|FOVb"  # X3F
    rb"|\0MRM"  # MRW
    rb"|" + _TIFF + rb".{4}(?:CR|IIII|MMMM)",  # CR2, IIQ
    re.DOTALL,
)


def sniff(file: BinaryIO) -> int:
    """Return 2 for a RAW file; one that is built like a TIFF is told by its first directory."""
    start = file.read(_START_BYTES)
    if _CAMERAS.match(start):
        return 2
    if not re.match(_TIFF, start):
        return 0
    return 2 if any(_is_raw(layout, found) for layout, found in _directories(file)) else 0


def _directories(file: BinaryIO) -> Iterator[tuple[Layout, Directory]]:
    """Yield the first directories of a TIFF structure and those below them, with their layout."""
    count = 0
    with suppress(ValueError, OSError):  # the reader will say what is wrong
        layout, at = ifd.read_layout(file)
        while at and count < _MOST:
            directory = ifd.read_directory(file, layout, at)
            yield layout, directory
            pointers = directory.fields.get(SUB_IFDS)
            below: tuple[int, ...] = ()
            if pointers is not None and pointers.kind in (4, 13):
                number = min(len(pointers.data) // 4, _MOST)
                below = layout.unpack(f"{number}I", pointers.data[: 4 * number])
            for inner in below:
                yield layout, ifd.read_directory(file, layout, inner)
            count += 1 + len(below)
            at = directory.next_offset


def _is_raw(layout: Layout, directory: Directory) -> bool:
    """Whether a directory describes the samples of a sensor."""
    fields = directory.fields

    def value(tag: int) -> int:
        return integer_of(layout, fields[tag]) if tag in fields else 0

    return DNG_VERSION in fields or value(PHOTOMETRIC) in SENSOR or value(COMPRESSION) in RAW

"""The directories of a TIFF file: which of them are pages, opened one by one."""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from restorer.errors import ImageFormatError
from restorer.formats.codec import MOST_PAGES, decoding
from restorer.formats.exif import ifd
from restorer.formats.tiff.stacks import planes_of

# Without a handler of its own, tifffile's remarks on damaged files would reach the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_REDUCED_OR_MASK = 0b101  # bits of NewSubfileType: a thumbnail or a mask is no page
_OLD_REDUCED = 2  # SubfileType
_MAX_ENTRIES = 4096  # more than all known tags


def tiff_errors() -> tuple[type[Exception], ...]:
    """Return what tifffile and its decoders raise for damaged files, beside OSError.

    tifffile does not check tags. Its own error is a ValueError in newer versions only.
    """
    from tifffile import TiffFileError

    general = (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError)
    return (TiffFileError, *general, struct.error, zlib.error)


class Directories:
    """The directories of an open file. Raises ImageFormatError for one without a page.

    Attributes:
        every: Where the directories lie.
        pages: Those of the pages. ImageJ stores a stack behind a single one, which is then that of
            all pages.
        reduced: The number of thumbnails and masks beside them.
    """

    def __init__(self, file: BinaryIO) -> None:
        import tifffile

        with decoding(*tiff_errors()):
            self._tiff = tifffile.TiffFile(file)
            found = [*_walk(file)]
        if not found:
            raise ImageFormatError("the TIFF has no page that can be read; get another copy of it")
        self.every = [at for at, _ in found]
        self.pages = [at for at, reduced in found if not reduced]
        self.reduced = len(found) - len(self.pages)
        if not self.pages:
            raise ImageFormatError("the TIFF contains only a preview, as camera RAW files do")
        self._plane_bytes = 0
        if len(self.pages) == 1:
            self._find_planes(file)

    def open(self, number: int) -> Any:
        """Return a page of tifffile. Raises ImageFormatError for a damaged directory."""
        import tifffile

        with decoding(*tiff_errors(), OSError):
            first = self._tiff.pages.first  # tifffile has read it already
            if number == 0 and first.offset == self.pages[0]:
                return first
            self._tiff.filehandle.seek(self.pages[number])
            page: Any = tifffile.TiffPage(self._tiff, number)
        if self._plane_bytes:
            offset = number * self._plane_bytes
            page.dataoffsets = tuple(at + offset for at in page.dataoffsets)
        return page

    def _find_planes(self, file: BinaryIO) -> None:
        """Find the planes that ImageJ stores one behind the other, uncompressed."""
        page = self.open(0)
        count = min(planes_of(page.description or ""), MOST_PAGES)
        if count < 2 or page.compression != 1 or not page.dataoffsets:
            return
        size, start = sum(page.databytecounts), page.dataoffsets[0]
        strips = zip(page.dataoffsets, page.databytecounts, strict=False)
        end = start
        for at, length in strips:
            if at != end:
                return
            end = at + length
        if size > 0 and start + count * size <= file.seek(0, os.SEEK_END):
            self._plane_bytes, self.pages = size, self.pages * count


def _walk(file: BinaryIO) -> Iterator[tuple[int, bool]]:
    """Yield where each directory lies, and whether it describes a thumbnail or a mask.

    A damaged one behind others ends the list, so that whoever opens it is told. Behind a single
    page, many programs leave an offset that leads nowhere.
    """
    layout, at = ifd.read_layout(file)
    length = file.seek(0, os.SEEK_END)
    known = set[int]()
    while at and len(known) < MOST_PAGES:
        read = None if at in known else _read(file, layout, at, length)
        if read is None:
            if len(known) > 1:
                yield length if at in known else at, False
            return
        known.add(at)
        reduced, following = read
        yield at, reduced
        at = following


def _read(file: BinaryIO, layout: ifd.Layout, at: int, length: int) -> tuple[bool, int] | None:
    """Return whether a directory is no page, and the offset of the next; None if damaged."""
    counter, size = ("Q", 20) if layout.big else ("H", 12)
    head = struct.calcsize("<" + counter)
    if at + head > length:
        return None
    file.seek(at)
    (count,) = layout.unpack(counter, file.read(head))
    if not 0 < count <= _MAX_ENTRIES or at + head + count * size > length:
        return None
    table = file.read(count * size)
    tail = file.read(layout.inline)
    following = layout.unpack(layout.offset, tail)[0] if len(tail) == layout.inline else 0
    kinds = dict[int, int]()
    for start in range(0, len(table), size):
        tag, kind = layout.unpack("HH", table[start : start + 4])
        if tag > _SUBFILE_TYPE:
            break  # tags are sorted
        if tag in (NEW_SUBFILE_TYPE, _SUBFILE_TYPE) and kind in (3, 4):
            value = table[start + size - layout.inline : start + size]
            code = "H" if kind == 3 else "I"
            kinds[tag] = layout.unpack(code, value[: struct.calcsize("<" + code)])[0]
    reduced = bool(kinds.get(NEW_SUBFILE_TYPE, 0) & _REDUCED_OR_MASK)
    old = not kinds.get(NEW_SUBFILE_TYPE) and kinds.get(_SUBFILE_TYPE) == _OLD_REDUCED
    return reduced or old, following

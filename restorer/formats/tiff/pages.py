"""Write the pages of a TIFF file as they come, a BigTIFF where their number asks for it.

Each page is written like a file of its own into a window of the whole. Its directory is then
written anew, with offsets from the start of the whole, and linked to the one before.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from restorer.formats.exif import ifd, maker_note
from restorer.formats.exif.block import EMPTY, reordered
from restorer.formats.exif.ifd import Directory, Field, Layout
from restorer.formats.metadata import described_by
from restorer.formats.tiff import stacks, tiff
from restorer.formats.tiff.directories import NEW_SUBFILE_TYPE
from restorer.image import Image

_PAGE = 2  # of NewSubfileType: one of several pages
_OFFSETS = (273, 324)  # of strips and tiles
_HEADER = 16  # bytes: room for that of a BigTIFF


def write_pages(
    pages: Iterator[Image], file: BinaryIO, options: tiff.TiffOptions
) -> tuple[str, ...]:
    """Write pages of any sizes and kinds, each with its own tags; return notes."""
    chain: _Chain | None = None
    notes: tuple[str, ...] = ()
    block, kinds = b"", set[tuple[int, int, int]]()
    for page in pages:
        if chain is None:
            chain = _Chain(file, described_by(page.metadata.exif)[0].order)
            block = page.metadata.blocks.get(stacks.BLOCK, b"")
        kinds.add((page.height, page.width, page.bits))
        notes += chain.add(page, options)
    if chain is None or not block:
        return notes
    height, width, bits = kinds.pop() if len(kinds) == 1 else (0, 0, 0)
    if options.compression == "none" and b"ImageJ=" in block:
        return (
            *notes,
            f"not kept: ImageJ {stacks.BLOCK}, which ImageJ reads only from compressed pages",
        )
    return (*notes, *chain.describe(block, (height, width), bits))


class _Chain:
    """The list of directories of a file, to which pages are added."""

    def __init__(self, file: BinaryIO, order: ifd.Order) -> None:
        self._file, self._layout = file, Layout(order)
        self._places = list[int]()
        self._next_at = 4  # where the offset of the next directory belongs
        file.write((b"II*\0" if order == "<" else b"MM\0*").ljust(_HEADER, b"\0"))

    def add(self, page: Image, options: tiff.TiffOptions) -> tuple[str, ...]:
        """Write a page at the end of the file; return notes."""
        order = self._layout.order
        exif, lost = reordered(page.metadata.exif, order)
        exif = exif or reordered(EMPTY, order)[0]  # it says in which order to write
        page = replace(page, metadata=replace(page.metadata, exif=exif))
        base = self._end()
        window = _Window(self._file, base)
        notes = tiff.encode(page, window, options)  # type: ignore[arg-type]  # it is what is used
        own, at = ifd.read_layout(window)  # type: ignore[arg-type]  # likewise
        directory = ifd.read_directory(window, own, at)  # type: ignore[arg-type]  # likewise
        if not self._layout.big and self._end() > tiff.BIG:
            self._widen()
        self._append(_moved(directory, own, base, self._layout), directory)
        if len(self._places) == 2:
            self._mark_first()
        return (*notes, *lost)

    def describe(self, block: bytes, size: tuple[int, int], bits: int) -> tuple[str, ...]:
        """Describe the axes of all pages in the first one, which is written anew; return notes."""
        fields, notes = stacks.described(block, size, bits, len(self._places), self._layout)
        if not fields:
            return notes
        first = ifd.read_directory(self._file, self._layout, self._places[0])
        whole = replace(first, fields={**first.fields, **fields})
        start, at = self._end(), 8 if self._layout.big else 4
        self._file.write(ifd.serialize(whole, self._layout, start))
        written = ifd.read_directory(self._file, self._layout, start)
        maker_note.rebase(self._file, first, written, self._layout)
        for place, offset in ((at, start), (written.next_at, first.next_offset)):
            self._file.seek(place)
            self._file.write(self._layout.pack(self._layout.offset, offset))
        return notes

    def _append(self, directory: Directory, source: Directory | None = None) -> None:
        """Write a directory at the end, and link it; `source` holds what its maker note meant."""
        kind = self._layout.pack("I", _PAGE if self._places else 0)
        fields = {**directory.fields, NEW_SUBFILE_TYPE: Field(4, 1, kind)}
        directory = replace(directory, fields=fields)
        start = self._end()
        self._file.write(ifd.serialize(directory, self._layout, start))
        self._file.seek(self._next_at)
        self._file.write(self._layout.pack(self._layout.offset, start))
        self._places.append(start)
        written = ifd.read_directory(self._file, self._layout, start)
        self._next_at = written.next_at
        if source is not None:
            maker_note.rebase(self._file, source, written, self._layout)

    def _mark_first(self) -> None:
        """Say of the first page, too, that it is one of several."""
        first = ifd.read_directory(self._file, self._layout, self._places[0])
        self._file.seek(first.fields[NEW_SUBFILE_TYPE].value_at)
        self._file.write(self._layout.pack("I", _PAGE))

    def _widen(self) -> None:
        """Turn the file into a BigTIFF: write all directories anew, with offsets of 64 bits."""
        before, places = self._layout, self._places
        self._layout, self._places, self._next_at = Layout(before.order, big=True), [], 8
        self._file.seek(2)
        self._file.write(self._layout.pack("HHHQ", 43, 8, 0, 0))
        for at in places:
            directory = ifd.read_directory(self._file, before, at)
            self._append(_moved(directory, before, 0, self._layout), directory)

    def _end(self) -> int:
        end = self._file.seek(0, io.SEEK_END)
        return end + self._file.write(b"\0" * (end % 2))


class _Window(io.RawIOBase):
    """The part of a file from `base` on, as a file of its own."""

    def __init__(self, file: BinaryIO, base: int) -> None:
        self._file, self._base, self._at = file, base, 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        if start is None:
            start = self._file.seek(0, io.SEEK_END) - self._base
        self._at = start + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower in stubs
        self._file.seek(self._base + self._at)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def write(self, data: bytes) -> int:  # type: ignore[override]  # narrower in stubs
        self._file.seek(self._base + self._at)
        count = self._file.write(data)
        self._at += count
        return count


def _moved(directory: Directory, own: Layout, base: int, layout: Layout) -> Directory:
    """Return a directory whose pixels lie `base` bytes later, for a file of another layout."""
    fields = dict(directory.fields)
    for tag in _OFFSETS:
        if tag in fields:
            field = fields[tag]
            code = {3: "H", 4: "I", 16: "Q"}[field.kind]
            places = own.unpack(code * field.count, field.data)
            kind, code = (16, "Q") if layout.big else (4, "I")
            data = layout.pack(code * field.count, *(place + base for place in places))
            fields[tag] = Field(kind, field.count, data)
    return replace(directory, fields=fields)

"""The boxes of a JPEG XL file (ISO/IEC 18181-2), of which a bare codestream has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from restorer.errors import ImageFormatError
from restorer.formats.boxes import TRAILER, Box, file_boxes, pack_box
from restorer.formats.codec import exactly, name_trailer
from restorer.formats.jxl.codestream import SIGNATURE

CONTAINER = bytes.fromhex("0000000c4a584c200d0a870a")
_TYPE = pack_box(b"ftyp", b"jxl \0\0\0\0jxl ")
_STRUCTURE = (b"JXL ", b"ftyp", b"jxll", b"jxli", b"jbrd", b"free", b"skip")
_KINDS = frozenset(
    (*_STRUCTURE, b"jxlc", b"jxlp", b"Exif", b"xml ", b"jumb", b"jhgm", b"brob", b"uuid")
)
_NAMES = {b"jhgm": "gain map", b"Exif": "second EXIF", b"xml ": "second XMP packet"}
_MAX_BLOCK = 2**25  # bytes of EXIF or XMP, which may be compressed


@dataclass
class Container:
    """What a file holds.

    Attributes:
        parts: Where the parts of the codestream lie: start and stop.
        exif: EXIF, without its header.
        xmp: An XMP packet.
        jpeg: Whether the codestream was a JPEG file, and the rest of that is there.
        notes: What of the metadata is damaged.
        unkept: The names of boxes that nobody reads.
    """

    parts: list[tuple[int, int]] = field(default_factory=list)
    exif: bytes = b""
    xmp: bytes = b""
    jpeg: bool = False
    notes: list[str] = field(default_factory=list)
    unkept: list[str] = field(default_factory=list)

    def codestream(self, file: BinaryIO, most: int | None = None) -> bytes:
        """Return the codestream, or so many bytes of it."""
        parts, left = [], sum(stop - start for start, stop in self.parts)
        left = left if most is None else min(left, most)
        for start, stop in self.parts:
            file.seek(start)
            parts.append(exactly(file, min(stop - start, left)))
            left -= len(parts[-1])
        return b"".join(parts)


def read_container(file: BinaryIO) -> Container:
    """Read the boxes of a file. Raises ImageFormatError where they are damaged."""
    found = Container()
    file.seek(0)
    if file.read(2) == SIGNATURE:
        found.parts.append((0, file.seek(0, 2)))
        return found
    for box in file_boxes(file, _KINDS):
        file.seek(box.start)
        if box.kind == b"jxlc":
            found.parts.append((box.start, box.stop))
        elif box.kind == b"jxlp":
            found.parts.append((min(box.start + 4, box.stop), box.stop))
        elif box.kind == b"jbrd":
            found.jpeg = True
        elif box.kind in (b"Exif", b"xml ", b"brob"):
            _read_metadata(file, box, found)
        elif box.kind not in _STRUCTURE:
            found.unkept += _name(file, box)
    if not found.parts:
        raise ImageFormatError("the JPEG XL has no codestream")
    return found


def pack_container(codestream: bytes, level: bytes, exif: bytes | None, xmp: bytes | None) -> bytes:
    """Return a file of a codestream with metadata; bare where there are none.

    Args:
        codestream: The codestream.
        level: The content of the box `jxll`, which codestreams of many bits need, or nothing.
        exif: An EXIF block.
        xmp: An XMP packet.
    """
    boxes = [
        pack_box(b"jxll", level) if level else b"",
        pack_box(b"Exif", bytes(4), exif) if exif else b"",
        pack_box(b"xml ", xmp) if xmp else b"",
    ]
    if not any(boxes):
        return codestream
    return b"".join([CONTAINER, _TYPE, *boxes, pack_box(b"jxlc", codestream)])


def _read_metadata(file: BinaryIO, box: Box, found: Container) -> None:
    """Read EXIF or XMP, the first ones of several."""
    import imagecodecs

    kind, size = box.kind, box.stop - box.start
    if size > _MAX_BLOCK:
        raise ImageFormatError(f"the JPEG XL has metadata of {size:,} bytes")
    data = exactly(file, size)
    if kind == b"brob":
        kind = data[:4]
        try:
            data = bytes(imagecodecs.brotli_decode(data[4:], out=_MAX_BLOCK))
        except (imagecodecs.BrotliError, ValueError):
            found.notes.append(f"a damaged {_printable(kind)} box was left out")
            return
    if kind == b"Exif" and not found.exif:
        found.exif = data[4 + int.from_bytes(data[:4], "big") :]
    elif kind == b"xml " and not found.xmp:
        found.xmp = data
    else:
        found.unkept.append(_NAMES.get(kind, _printable(kind)))


def _name(file: BinaryIO, box: Box) -> Iterator[str]:
    """Yield the name of a box that is not read; nothing for a filling of zeros."""
    size = box.stop - box.start
    start = exactly(file, min(64, size))
    if box.kind == TRAILER:
        if start[:8].strip(b"\0"):
            yield name_trailer(start[:8], size)
    elif box.kind == b"jumb":
        yield "jumb (C2PA)" if b"c2pa" in start else "jumb"
    else:
        yield _NAMES.get(box.kind, _printable(box.kind))


def _printable(kind: bytes) -> str:
    return kind.decode("latin-1").strip()

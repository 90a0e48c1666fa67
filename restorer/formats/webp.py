"""WebP: 8-bit RGB and RGBA, lossy or lossless.

imagecodecs decodes, because Pillow's decoder allocates two canvases before the size can be checked.
Pillow encodes, because it keeps the colors under transparent pixels (`exact`) and the metadata.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as PilImage

from restorer.errors import ImageFormatError
from restorer.formats.codec import (
    Header,
    WriterOptions,
    decoding,
    exactly,
    name_trailer,
    not_kept,
)
from restorer.formats.metadata import clean_exif
from restorer.image import Image, Metadata
from restorer.options import Flag, Integer, option

_KEPT = (b"VP8X", b"ICCP", b"EXIF", b"XMP ")
_ALPHA_FLAG = 0x10
_START_BYTES = 10  # the part of a bitstream that gives its size


@dataclass(frozen=True)
class WebPOptions(WriterOptions):
    """How WebP files are written.

    Attributes:
        quality: Quality of lossy files; how hard lossless ones are compressed.
        lossless: None makes files of quality 100 lossless.
        effort: Effort of compression; 0 is fast, 6 makes the smallest files.
    """

    quality: int = option(95, Integer(1, 100), "WebP quality, 1 to 100.")
    lossless: bool | None = option(None, Flag(), "Lossless compression.")
    effort: int = option(4, Integer(0, 6), "Effort of compression, 0 to 6.")


def sniff(file: BinaryIO) -> int:
    """Return 1 for a RIFF container of WebP."""
    start = file.read(12)
    return int(start[:4] == b"RIFF" and start[8:12] == b"WEBP")


class WebPReader:
    """A WebP file. Raises ImageFormatError where it is shorter than its header says."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        chunks, frames, unread = _chunks(file)
        height, width, alpha = _size(chunks)
        self.header = Header("WebP", height, width, 4 if alpha else 3, pages=max(1, frames))
        exif, notes = clean_exif(chunks.get(b"EXIF", b""))
        self.notes = (*notes, *not_kept(unread))
        self.metadata = Metadata(exif, chunks.get(b"XMP ") or None, chunks.get(b"ICCP") or None)

    def decode(self) -> Image:
        """Decode the first frame, on its whole canvas."""
        import imagecodecs

        self._file.seek(0)
        data = self._file.read()
        with decoding(imagecodecs.WebpError):
            pixels = imagecodecs.webp_decode(data, hasalpha=self.header.channels == 4)
        return Image(np.ascontiguousarray(pixels), self.metadata, self.notes)


def encode(image: Image, file: BinaryIO, options: WebPOptions) -> tuple[str, ...]:
    """Write (H, W, 3|4) uint8."""
    metadata = image.metadata
    extra: dict[str, Any] = {
        "exif": metadata.exif,
        "xmp": metadata.xmp,
        "icc_profile": metadata.icc,
    }
    lossless = options.quality == 100 if options.lossless is None else options.lossless
    PilImage.fromarray(image.pixels).save(
        file,
        "WEBP",
        quality=options.quality,
        lossless=lossless,
        method=options.effort,
        exact=True,
        **{key: value for key, value in extra.items() if value},
    )
    return ()


def _chunks(file: BinaryIO) -> tuple[dict[bytes, bytes], int, list[str]]:
    """Return the chunks by name (bitstreams: their start), the number of frames, and the rest.

    The rest are the names of chunks and trailing data that nobody reads.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    end = int.from_bytes(exactly(file, 12)[4:8], "little") + 8
    if end > length:
        raise ImageFormatError(f"the file is cut short: {length:,} of {end:,} bytes")
    chunks: dict[bytes, bytes] = {}
    frames, unread = 0, []
    while file.tell() + 8 <= end:
        head = exactly(file, 8)
        name, size = head[:4], int.from_bytes(head[4:], "little")
        following = file.tell() + size + size % 2
        frames += name == b"ANMF"
        if name in chunks:
            unread.append(f"second {name.decode('ascii').strip()}")
        elif name in _KEPT:
            chunks[name] = exactly(file, size)
        elif name in (b"VP8 ", b"VP8L", b"ALPH"):
            chunks[name] = file.read(min(size, _START_BYTES))
        elif name not in (b"ANIM", b"ANMF"):
            unread.append(name.decode("latin-1").strip())
        file.seek(following)
    file.seek(end)
    if trailer := file.read(8):
        unread.append(name_trailer(trailer, length - end))
    return chunks, frames, unread


def _size(chunks: dict[bytes, bytes]) -> tuple[int, int, bool]:
    """Return height, width and alpha of the canvas, or else of the bitstream."""
    canvas, lossless, lossy = (chunks.get(name, b"") for name in (b"VP8X", b"VP8L", b"VP8 "))
    if len(canvas) >= 10:
        width, height = (int.from_bytes(canvas[i : i + 3], "little") + 1 for i in (4, 7))
        return height, width, bool(canvas[0] & _ALPHA_FLAG)
    if lossless[:1] == b"\x2f":
        packed = int.from_bytes(lossless[1:5], "little")
        return (packed >> 14 & 0x3FFF) + 1, (packed & 0x3FFF) + 1, bool(packed >> 28 & 1)
    if lossy[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(lossy[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        return height, width, False
    raise ImageFormatError("the WebP holds no picture")

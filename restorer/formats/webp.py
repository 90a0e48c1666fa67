"""WebP: 8-bit RGB and RGBA, lossy or lossless, and animations.

imagecodecs decodes, because Pillow's decoder allocates two canvases before the size can be checked.
Pillow encodes, because it keeps the colors under transparent pixels (`exact`) and the metadata.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as PilImage

from restorer.errors import ImageFormatError
from restorer.formats.animation import (
    Animation,
    FrameReader,
    Part,
    check_count,
    delays,
    opened,
    shows_through,
)
from restorer.formats.codec import (
    MOST_PAGES,
    Header,
    WriterOptions,
    decoding,
    exactly,
    name_trailer,
    not_kept,
)
from restorer.formats.metadata import clean_exif
from restorer.image import Frame, Image, Metadata
from restorer.settings.kinds import Flag, Integer
from restorer.settings.options import option

_KEPT = (b"VP8X", b"ICCP", b"EXIF", b"XMP ", b"ANIM")
_ALPHA_FLAG = 0x10
_REPLACES = 2  # the flag of a frame that is not laid over the canvas
_FRAME_BYTES = 16  # before the pixels of a frame
_START_BYTES = 10  # the part of a bitstream that gives its size


@dataclass(frozen=True)
class WebPOptions(WriterOptions):
    """How WebP files are written.

    Attributes:
        quality: Quality of lossy files; how hard lossless ones are compressed.
        lossless: None makes files of quality 100 lossless.
        effort: Effort of compression; 1 is fast, 9 makes the smallest files.
    """

    quality: int = option(95, Integer(1, 100), "WebP quality, 1 to 100.")
    lossless: bool | None = option(None, Flag(), "Lossless compression.")
    effort: int = option(6, Integer(1, 9), "Effort of compression, 1 to 9.")

    @property
    def method(self) -> int:
        """The method of libwebp, 0 to 6."""
        return round((self.effort - 1) * 6 / 8)


class WebPReader:
    """A WebP file. Raises ImageFormatError where it is shorter than its header says."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        chunks, self._frames, unread = _chunks(file)
        height, width, alpha = _size(chunks)
        exif, notes = clean_exif(chunks.get(b"EXIF", b""))
        self.notes = (*notes, *not_kept(unread))
        self.metadata = Metadata(exif, chunks.get(b"XMP ") or None, chunks.get(b"ICCP") or None)
        self._animation: Animation | None = None
        self.header = Header("WebP", height, width, 4 if alpha else 3)
        if self._frames:
            check_count(len(self._frames))
            parts = [_part(head, height, width, n) for n, (head, *_) in enumerate(self._frames, 1)]
            channels = 4 if alpha or shows_through(parts, height, width) else 3
            self.header = replace(self.header, channels=channels, pages=len(parts))
            loops = int.from_bytes(chunks.get(b"ANIM", b"")[4:6], "little")
            self._animation = Animation(self.header, parts, loops, self._part_pixels)

    def open_page(self, number: int) -> FrameReader:
        """Return the reader of a frame."""
        assert self._animation is not None, "of several pages"
        return self._animation.reader(number, self.metadata, () if number else self.notes)

    def decode(self) -> Image:
        """Decode the picture, or the first frame on its whole canvas."""
        if self._animation is not None:
            return replace(self.open_page(0).decode(), metadata=self.metadata)
        self._file.seek(0)
        pixels = _decoded(self._file.read(), alpha=self.header.channels == 4)
        return Image(np.ascontiguousarray(pixels), self.metadata, self.notes)

    def _part_pixels(self, number: int) -> Any:
        head, at, size = self._frames[number]
        self._file.seek(at)
        data = exactly(self._file, size)
        canvas = b""
        if data[:4] == b"ALPH":
            canvas = pack_chunk(b"VP8X", bytes([_ALPHA_FLAG, 0, 0, 0]) + head[6:12])
        pixels = _decoded(_riff(canvas + data), alpha=self.header.channels == 4)
        if pixels.shape[:2] != tuple(_numbers(head, (9, 6), 1)):
            raise ImageFormatError("damaged: its size differs from its header")
        return pixels


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
        method=options.method,
        exact=True,
        **{key: value for key, value in extra.items() if value},
    )
    return ()


def write_pages(pages: Iterator[Image], file: BinaryIO, options: WebPOptions) -> tuple[str, ...]:
    """Write the frames of an animation, each a whole picture; a single one becomes a still."""
    animated, frames = opened(pages)
    if not animated:
        return encode(next(frames), file, options)
    first: Image | None = None
    for frame, delay_ms in delays(frames, 1, 2**24 - 1):
        if first is None:
            first = frame
            file.write(_riff(b""))
            file.write(_canvas(first))
        still = io.BytesIO()
        encode(replace(frame, metadata=Metadata()), still, options)
        size = b"".join((side - 1).to_bytes(3, "little") for side in (frame.width, frame.height))
        head = bytes(6) + size + delay_ms.to_bytes(3, "little") + bytes([_REPLACES])
        file.write(pack_chunk(b"ANMF", head + _bitstream(still)))
    assert first is not None, "several were announced"
    for name, block in ((b"EXIF", first.metadata.exif), (b"XMP ", first.metadata.xmp)):
        if block:
            file.write(pack_chunk(name, block))
    end = file.tell()
    file.seek(4)
    file.write((end - 8).to_bytes(4, "little"))
    return ()


def pack_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of RIFF, padded to an even size."""
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _canvas(first: Image) -> bytes:
    """Return the chunks before the frames."""
    kept = first.metadata
    flags = 2 + (_ALPHA_FLAG if first.has_alpha else 0)
    flags += (0x20 if kept.icc else 0) + (8 if kept.exif else 0) + (4 if kept.xmp else 0)
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (first.width, first.height))
    loops = min((kept.frame or Frame()).loops, 2**16 - 1)
    return b"".join(
        (
            pack_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides),
            pack_chunk(b"ICCP", kept.icc) if kept.icc else b"",
            pack_chunk(b"ANIM", bytes(4) + loops.to_bytes(2, "little")),
        )
    )


def _bitstream(still: BinaryIO) -> bytes:
    """Return the chunks of the pixels of a file."""
    still.seek(12)
    found = []
    while head := still.read(8):
        size = int.from_bytes(head[4:], "little")
        body = still.read(size + size % 2)
        if head[:4] in (b"ALPH", b"VP8 ", b"VP8L"):
            found.append(head + body)
    return b"".join(found)


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks


def _decoded(data: bytes, *, alpha: bool) -> Any:
    import imagecodecs

    with decoding(imagecodecs.WebpError):
        return imagecodecs.webp_decode(data, hasalpha=alpha)


def _part(head: bytes, height: int, width: int, number: int) -> Part:
    """Return what a frame changes, by the start of its chunk."""
    left, top = (2 * each for each in _numbers(head, (0, 3), 0))
    columns, rows = _numbers(head, (6, 9), 1)
    if left + columns > width or top + rows > height:
        raise ImageFormatError(f"frame {number}: is outside the picture")
    (delay_ms,) = _numbers(head, (12,), 0)
    flags = head[15]
    return Part(
        top, left, rows, columns, delay_ms, "clear" if flags & 1 else "keep", not flags & _REPLACES
    )


def _numbers(head: bytes, places: Iterable[int], plus: int) -> list[int]:
    return [int.from_bytes(head[at : at + 3], "little") + plus for at in places]


def _chunks(
    file: BinaryIO,
) -> tuple[dict[bytes, bytes], list[tuple[bytes, int, int]], list[str]]:
    """Return the chunks by name (bitstreams: their start), the frames, and the rest.

    A frame is the start of its chunk, and where its pixels lie (offset, size). The rest are the
    names of chunks and trailing data that nobody reads.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    end = int.from_bytes(exactly(file, 12)[4:8], "little") + 8
    if end > length:
        raise ImageFormatError(f"the file is cut short: {length:,} of {end:,} bytes")
    chunks: dict[bytes, bytes] = {}
    frames: list[tuple[bytes, int, int]] = []
    unread: list[str] = []
    while file.tell() + 8 <= end:
        head = exactly(file, 8)
        name, size = head[:4], int.from_bytes(head[4:], "little")
        at = file.tell()
        if name == b"ANMF" and size >= _FRAME_BYTES and len(frames) <= MOST_PAGES:
            frames.append((exactly(file, _FRAME_BYTES), at + _FRAME_BYTES, size - _FRAME_BYTES))
        elif name in chunks:
            unread.append(f"second {name.decode('ascii').strip()}")
        elif name in _KEPT:
            chunks[name] = exactly(file, size)
        elif name in (b"VP8 ", b"VP8L", b"ALPH"):
            chunks[name] = file.read(min(size, _START_BYTES))
        elif name != b"ANMF":
            unread.append(name.decode("latin-1").strip())
        file.seek(at + size + size % 2)
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
    raise ImageFormatError("the WebP file contains no picture")

"""PNG: gray, RGB, palette, with and without alpha, 8 and 16 bits, exact.

Pillow silently reduces 16-bit RGB and gray with alpha to 8 bits. imagecodecs (libpng) keeps them,
but prints warnings to the terminal, always for interlaced files. Therefore the stream is inflated
here, with its size bounded, and libpng gets clean data without ancillary chunks, pass by pass.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageFormatError
from restorer.formats.animation import (
    Animation,
    Disposal,
    FrameReader,
    Part,
    check_count,
    claimed,
    shows_through,
)
from restorer.formats.codec import Header, WriterOptions, decoding, exactly, not_kept, others
from restorer.formats.color.hdr_transfer import to_light
from restorer.formats.png.chunks import (
    SIGNATURE,
    Chunks,
    hdr_transfer,
    metadata_chunks,
    pack_chunk,
    read_chunks,
    read_metadata,
)
from restorer.image import Bits, Image, Metadata
from restorer.settings.kinds import Integer
from restorer.settings.options import option

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type: gray, RGB, palette, gray+A, RGBA
_PALETTE = 3
START_BYTES = len(SIGNATURE) + 25  # IHDR is the first chunk and takes 25 bytes
_IDAT_BYTES = 8192  # data of a chunk by libpng
# First row and column, and steps down and across, of each pass.
_ADAM7 = (
    *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
    *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
)
_Pass: TypeAlias = tuple[tuple[slice, slice], int, int]  # target, height, width

# zlib levels by depth. 8 bits: level 6 takes three times as long for 12 %. 16 bits: level 3 takes
# twice as long as 1 for 0.5 %, since the low bytes of a photograph are noise (12 MP, measured).
_LEVELS = {8: 3, 16: 1}


@dataclass(frozen=True)
class _Frame:
    """The IHDR chunk."""

    width: int
    height: int
    depth: int
    color: int
    interlaced: bool

    def raw_bytes(self, height: int, width: int) -> int:
        """Return the size of filtered rows."""
        row = 1 + (width * self.depth * _SAMPLES[self.color] + 7) // 8
        return height * row if width else 0


@dataclass(frozen=True)
class PngOptions(WriterOptions):
    """How PNG files are written.

    Attributes:
        compression: Level of zlib, 0 to 9; None chooses a fast one by the bit depth.
    """

    compression: int | None = option(None, Integer(0, 9), "Level of compression, 0 to 9.")


class PngReader:
    """A PNG file; a note names texts and unknown color descriptions, which are left out.

    The picture before an animation, which programs without animation show, is left out as well.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._chunks = chunks = read_chunks(file)
        self._frame = frame = _frame(chunks)
        self.metadata, self.notes = read_metadata(chunks, gray=frame.color in (0, 4))
        self._channels = channels = _channels(chunks, frame, self.metadata)
        self._hdr = hdr_transfer(chunks)
        bits: Bits = 32 if self._hdr else 16 if frame.depth == 16 else 8
        self.header = Header("PNG", frame.height, frame.width, channels, bits)
        if self._hdr and len(chunks.frames) > 1:
            raise ImageFormatError("is an animated HDR picture, which cannot be read")
        self._animation = self._opened() if len(chunks.frames) > 1 else None
        if chunks.still and self._animation is None:
            self.notes += not_kept(others(1, "frame"))

    def open_page(self, number: int) -> FrameReader:
        """Return the reader of a frame."""
        assert self._animation is not None, "of several pages"
        return self._animation.reader(number, self.metadata, () if number else self.notes)

    def decode(self) -> Image:
        """Decode the pixels, at 16 bits exactly; transparency chunks become alpha."""
        if self._animation is not None:
            image = self.open_page(0).decode()
            return replace(image, metadata=self.metadata)
        pixels = self._pixels(self._frame, self._chunks.data)
        pixels = to_light(pixels, self._hdr) if self._hdr else pixels
        return Image(np.ascontiguousarray(pixels), self.metadata, self.notes)

    def _opened(self) -> Animation:
        chunks, frame = self._chunks, self._frame
        check_count(len(chunks.frames))
        parts = [_part(each.control, frame, number) for number, each in enumerate(chunks.frames)]
        control = chunks.named.get(b"acTL", b"").ljust(8, b"\0")
        claim, loops = struct.unpack(">II", control[:8])
        self.notes += claimed(claim, len(parts)) if b"acTL" in chunks.named else ()
        self.notes += not_kept(["the picture before the animation"] if chunks.still else [])
        alpha = self._channels in (1, 3) and shows_through(parts, frame.height, frame.width)
        channels = self._channels + alpha
        self.header = replace(self.header, channels=channels, pages=len(parts))
        return Animation(self.header, parts, loops, self._part_pixels)

    def _part_pixels(self, number: int) -> Any:
        control, data = self._chunks.frames[number].control, self._chunks.frames[number].data
        width, height = struct.unpack(">II", control[4:12])
        frame = replace(self._frame, width=width, height=height)
        if not data and not number:
            return self._pixels(frame, self._chunks.data)
        return self._pixels(frame, data, b"fdAT")

    def _pixels(self, frame: _Frame, data: Sequence[tuple[int, int]], name: bytes = b"IDAT") -> Any:
        passes = list(_passes(frame))
        size = sum(frame.raw_bytes(height, width) for _, height, width in passes)
        raw = memoryview(_inflated(self._file, data, size, name))
        if frame.interlaced:
            pixels = _woven(raw, self._chunks, frame, passes)
        else:
            pixels = _decoded(raw, self._chunks, frame, frame.height, frame.width)
        return pixels[..., -self._channels :]  # of a gray palette one channel is enough


def encode(image: Image, file: BinaryIO, options: PngOptions) -> tuple[str, ...]:
    """Write uint8 or uint16 of 1 to 4 channels, with iCCP, pHYs, eXIf and XMP behind IHDR."""
    data = compressed(image, options)
    file.write(data[:START_BYTES])
    file.write(metadata_chunks(image.metadata))
    file.write(data[START_BYTES:])
    return ()


def compressed(image: Image, options: PngOptions) -> memoryview:
    """Return a file with the pixels alone; its IHDR chunk ends at `START_BYTES`."""
    import imagecodecs

    pixels = image.pixels[..., 0] if image.pixels.shape[2] == 1 else image.pixels
    contiguous = np.ascontiguousarray(pixels)  # imagecodecs refuses views, even gray[..., None]
    level = _LEVELS[image.bits] if options.compression is None else options.compression
    # imagecodecs makes room for the pixels only, which narrow images without redundancy exceed.
    data = imagecodecs.png_encode(contiguous, level=level, out=_most_bytes(contiguous))
    return memoryview(data)


def _most_bytes(pixels: NDArray[Any]) -> int:
    """Return the most bytes of a file with these pixels: zlib's compressBound, in chunks."""
    filtered = pixels.nbytes + len(pixels)  # each row begins with the number of its filter
    bound = filtered + (filtered >> 12) + (filtered >> 14) + (filtered >> 25) + 13
    return bound + 12 * (bound // _IDAT_BYTES + 2) + 64  # IHDR, IEND and the signature


def _frame(chunks: Chunks) -> _Frame:
    if len(chunks.named[b"IHDR"]) != 13:
        raise ImageFormatError("the IHDR chunk of the PNG is damaged")
    width, height, depth, color, method, filters, lace = struct.unpack(
        ">IIBBBBB", chunks.named[b"IHDR"]
    )
    depths = {0: (1, 2, 4, 8, 16), _PALETTE: (1, 2, 4, 8)}.get(color, (8, 16))
    if color not in _SAMPLES or depth not in depths or method or filters or lace > 1:
        raise ImageFormatError(
            f"the PNG claims color type {color} of {depth} bits, which do not exist"
        )
    if color == _PALETTE and b"PLTE" not in chunks.named:
        raise ImageFormatError("the PNG has no palette")
    return _Frame(width, height, depth, color, bool(lace))


def _channels(chunks: Chunks, frame: _Frame, metadata: Metadata) -> int:
    """Return the channels after expansion; a gray palette without a profile stays gray."""
    palette = np.frombuffer(chunks.named.get(b"PLTE", b""), np.uint8)
    gray = frame.color in (0, 4) or (
        frame.color == _PALETTE
        and metadata.icc is None
        and _transparency(chunks, frame) is None
        and not np.ptp(palette[: palette.size // 3 * 3].reshape(-1, 3), axis=1).any()
    )
    alpha = frame.color in (4, 6) or _transparency(chunks, frame) is not None
    return (1 if gray else 3) + alpha


def _transparency(chunks: Chunks, frame: _Frame) -> bytes | None:
    """Return the tRNS chunk, None where it does not fit the color type."""
    body = chunks.named.get(b"tRNS")
    limit = {0: 2, 2: 6, _PALETTE: len(chunks.named.get(b"PLTE", b"")) // 3}.get(frame.color, 0)
    if not body or len(body) > limit or (frame.color != _PALETTE and len(body) < limit):
        return None
    return body


def _part(control: bytes, frame: _Frame, number: int) -> Part:
    """Return what a frame changes, by its fcTL chunk."""
    if len(control) != 26:
        raise ImageFormatError(f"frame {number + 1}: its fcTL chunk is damaged")
    _, width, height, left, top, time, unit, disposal, blend = struct.unpack(">5I2H2B", control)
    inside = left + width <= frame.width and top + height <= frame.height
    if not inside or not width or not height or disposal > 2:
        raise ImageFormatError(f"frame {number + 1}: is outside the picture, or is damaged")
    kinds: tuple[Disposal, ...] = ("keep", "clear", "restore")
    delay_ms = 1000 * time / (unit or 100)
    return Part(top, left, height, width, delay_ms, kinds[disposal], bool(blend))


def _passes(frame: _Frame) -> Iterator[_Pass]:
    """Yield (target slices, height, width) of each pass; one where nothing is interlaced."""
    table = _ADAM7 if frame.interlaced else ((0, 0, 1, 1),)
    for top, left, down, across in table:
        height, width = -(-(frame.height - top) // down), -(-(frame.width - left) // across)
        yield (slice(top, None, down), slice(left, None, across)), max(0, height), max(0, width)


def _inflated(
    file: BinaryIO, pieces: Sequence[tuple[int, int]], size: int, name: bytes = b"IDAT"
) -> bytes:
    """Inflate the chunks of pixels to exactly `size` bytes; what follows them is ignored."""
    inflater, found, parts = zlib.decompressobj(), 0, []
    for at, length in pieces:
        file.seek(at)
        body = exactly(file, length)
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(exactly(file, 4), "big"):
            raise ImageFormatError(f"the checksum of an {name.decode()} chunk is wrong")
        body = body[4:] if name == b"fdAT" else body  # behind its number
        if found < size:
            with decoding(zlib.error):
                parts.append(inflater.decompress(body, size - found))
            found += len(parts[-1])
    if found < size:
        raise ImageFormatError(f"the file is cut short: {found:,} of {size:,} bytes of pixels")
    return b"".join(parts)


def _woven(raw: memoryview, chunks: Chunks, frame: _Frame, passes: list[_Pass]) -> Any:
    """Decode the passes one by one and put their pixels in place."""
    pixels = None
    for target, height, width in passes:
        size = frame.raw_bytes(height, width)
        if size:
            values = _decoded(raw[:size], chunks, frame, height, width)
            if pixels is None:  # the first pass is never empty
                pixels = np.empty((frame.height, frame.width, values.shape[2]), values.dtype)
            pixels[target] = values
        raw = raw[size:]
    return pixels


def _decoded(raw: memoryview, chunks: Chunks, frame: _Frame, height: int, width: int) -> Any:
    """Undo the filters of one pass: (height, width, C), palette and transparency expanded."""
    import imagecodecs

    head = struct.pack(">IIBBBBB", width, height, frame.depth, frame.color, 0, 0, 0)
    stream = memoryview(zlib.compress(raw, 0))
    parts = [SIGNATURE, pack_chunk(b"IHDR", head), *_expansion(chunks, frame)]
    parts += [pack_chunk(b"IDAT", stream[at : at + 2**30]) for at in range(0, len(stream), 2**30)]
    with decoding(imagecodecs.PngError):
        pixels = imagecodecs.png_decode(b"".join([*parts, pack_chunk(b"IEND", b"")]))
    return pixels.reshape(height, width, -1)


def _expansion(chunks: Chunks, frame: _Frame) -> list[bytes]:
    """Return palette and transparency; a full palette, so that it contains every index."""
    parts, colors = [], 1 << frame.depth
    transparency = _transparency(chunks, frame)
    if frame.color == _PALETTE:
        palette = chunks.named[b"PLTE"].ljust(3 * colors, b"\0")[: 3 * colors]
        parts.append(pack_chunk(b"PLTE", palette))
        transparency = transparency and transparency[:colors]
    if transparency:
        parts.append(pack_chunk(b"tRNS", transparency))
    return parts

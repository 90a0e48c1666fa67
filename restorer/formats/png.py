"""PNG: gray, RGB, palette, with and without alpha, 8 and 16 bits, exact.

Pillow halves 16-bit RGB and gray with alpha without a word; imagecodecs (libpng) keeps them but
prints its warnings to the terminal, for interlaced files always. So libpng gets a clean picture:
the stream is inflated here, with its size bounded, and handed over pass by pass, free of all
that libpng might comment on. Metadata chunks are read and spliced here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import profiles
from restorer.formats.header import Header, Scan, exactly
from restorer.formats.metadata import clean_exif
from restorer.image import Image, Metadata

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type: gray, RGB, palette, gray+A, RGBA
_PALETTE = 3
_ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)
_XMP = b"XML:com.adobe.xmp"
_RAW_EXIF = b"Raw profile type exif"  # ImageMagick's way before the eXIf chunk existed
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_KEPT = (
    b"IHDR",
    b"PLTE",
    b"tRNS",
    b"iCCP",
    b"eXIf",
    b"pHYs",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"cICP",
    b"acTL",
    *_TEXT,
)
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_MAX_INFLATED = 2**25  # of a compressed chunk; a large profile has 2 MB
_METRES = 0.0254  # an inch
_SRGB_GAMMA, _GAMMA_TOLERANCE = 1 / 2.2, 0.05  # the tolerance that the PNG specification suggests
_LEVEL = 3  # zlib; 6 takes twice the time for 3 to 10 % (12 MP photographs)


@dataclass(frozen=True)
class _Chunks:
    """The chunks by name, text by keyword, and where the IDATs lie (offset, length)."""

    named: dict[bytes, bytes]
    text: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    data: list[tuple[int, int]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Frame:
    """IHDR."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    def raw_bytes(self, height: int, width: int) -> int:
        """Size of filtered rows."""
        row = 1 + (width * self.depth * _SAMPLES[self.colour] + 7) // 8
        return height * row if width else 0


def accepts(start: bytes) -> bool:
    """Whether the file starts with PNG's signature."""
    return start.startswith(_SIGNATURE)


def scan(file: BinaryIO) -> Scan:
    """Walk all chunks; texts and unknown colour descriptions are noted as left out."""
    chunks = _chunks(file)
    frame = _frame(chunks)
    metadata, notes = _metadata(chunks, frame)
    frames = int.from_bytes(chunks.named.get(b"acTL", b"\0\0\0\1")[:4], "big")
    channels = _channels(chunks, frame, metadata)
    header = Header(
        "PNG", frame.height, frame.width, channels, 16 if frame.depth == 16 else 8, frames
    )
    return Scan(header, metadata, notes)


def decode(file: BinaryIO, scan: Scan) -> Image:
    """Decode the pixels, at 16 bits exactly; transparency chunks become alpha."""
    file.seek(0)
    chunks = _chunks(file)
    frame = _frame(chunks)
    sizes = list(_passes(frame))
    total = sum(frame.raw_bytes(height, width) for _, height, width in sizes)
    raw = memoryview(_inflated(file, chunks.data, total))
    pixels = (
        _decoded(raw, chunks, frame, frame.height, frame.width) if not frame.interlaced else None
    )
    for target, height, width in sizes if pixels is None else ():
        size = frame.raw_bytes(height, width)
        part, raw = raw[:size], raw[size:]
        if not size:
            continue
        values = _decoded(part, chunks, frame, height, width)
        if pixels is None:
            pixels = np.empty((frame.height, frame.width, values.shape[2]), values.dtype)
        pixels[target] = values
    assert pixels is not None
    pixels = np.ascontiguousarray(
        pixels[..., -scan.header.channels :]
    )  # a gray palette: one is enough
    return Image(pixels, scan.metadata, scan.notes)


def encode(image: Image, file: BinaryIO, quality: int) -> tuple[str, ...]:
    """Write uint8 or uint16 of 1 to 4 channels, with iCCP, pHYs, eXIf and XMP behind IHDR."""
    import imagecodecs

    data = imagecodecs.png_encode(image.pixels, level=_LEVEL)
    split = len(_SIGNATURE) + 25  # IHDR is the first chunk and takes 25 bytes
    file.write(data[:split])
    metadata = image.metadata
    if metadata.icc:
        file.write(_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc)))
    if metadata.dpi:
        x, y = (round(value / _METRES) for value in metadata.dpi)
        file.write(_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if metadata.exif:
        file.write(_chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        file.write(_chunk(b"iTXt", _XMP + bytes(5) + metadata.xmp))
    file.write(memoryview(data)[split:])
    return ()


def _chunks(file: BinaryIO) -> _Chunks:
    """Read what is needed; damaged ancillary chunks are listed, critical ones raise."""
    exactly(file, len(_SIGNATURE))
    chunks = _Chunks({})
    name = b""
    while name != b"IEND":
        head = file.read(8)
        if len(head) < 8 and chunks.data:
            break  # all that is missing is the end; the stream tells whether pixels are
        size, name = struct.unpack(">I4s", head if len(head) == 8 else exactly(file, 8))
        if not chunks.named and name != b"IHDR":
            raise ImageFormatError(f"the PNG starts with {name!r}, not with IHDR")
        if name == b"IDAT":
            chunks.data.append((file.tell(), size))
        if name not in _KEPT:
            file.seek(size + 4, 1)
            continue
        body = exactly(file, size)
        if zlib.crc32(name + body) != int.from_bytes(exactly(file, 4), "big"):
            if name in _CRITICAL:
                raise ImageFormatError(f"the checksum of the {name.decode()} chunk is wrong")
            chunks.damaged.append(name.decode())
        elif name in _TEXT:
            keyword, _, rest = body.partition(b"\0")
            chunks.text.setdefault(keyword, (name, rest))
        else:
            chunks.named.setdefault(name, body)
    return chunks


def _frame(chunks: _Chunks) -> _Frame:
    if len(chunks.named[b"IHDR"]) != 13:
        raise ImageFormatError("the IHDR chunk of the PNG is damaged")
    width, height, depth, colour, method, filters, lace = struct.unpack(
        ">IIBBBBB", chunks.named[b"IHDR"]
    )
    depths = {0: (1, 2, 4, 8, 16), _PALETTE: (1, 2, 4, 8)}.get(colour, (8, 16))
    if colour not in _SAMPLES or depth not in depths or method or filters or lace > 1:
        raise ImageFormatError(
            f"the PNG claims colour type {colour} of {depth} bits, which do not exist"
        )
    if colour == _PALETTE and b"PLTE" not in chunks.named:
        raise ImageFormatError("the PNG has no palette")
    return _Frame(width, height, depth, colour, bool(lace))


def _channels(chunks: _Chunks, frame: _Frame, metadata: Metadata) -> int:
    """Channels after expansion; a gray palette without a profile stays gray."""
    palette = np.frombuffer(chunks.named.get(b"PLTE", b""), np.uint8)
    gray = frame.colour in (0, 4) or (
        frame.colour == _PALETTE
        and metadata.icc is None
        and _transparency(chunks, frame) is None
        and not np.ptp(palette[: palette.size // 3 * 3].reshape(-1, 3), axis=1).any()
    )
    alpha = frame.colour in (4, 6) or _transparency(chunks, frame) is not None
    return (1 if gray else 3) + alpha


def _transparency(chunks: _Chunks, frame: _Frame) -> bytes | None:
    """The tRNS chunk, None where it does not fit the colour type."""
    body = chunks.named.get(b"tRNS")
    limit = {0: 2, 2: 6, _PALETTE: len(chunks.named.get(b"PLTE", b"")) // 3}.get(frame.colour, 0)
    if not body or len(body) > limit or (frame.colour != _PALETTE and len(body) < limit):
        return None
    return body


def _passes(frame: _Frame) -> Iterator[tuple[Any, int, int]]:
    """Yield (target slices, height, width) of each pass; one where nothing is interlaced."""
    table = _ADAM7 if frame.interlaced else ((0, 0, 1, 1),)
    for top, left, down, across in table:
        height, width = -(-(frame.height - top) // down), -(-(frame.width - left) // across)
        yield (slice(top, None, down), slice(left, None, across)), max(0, height), max(0, width)


def _inflated(file: BinaryIO, pieces: list[tuple[int, int]], size: int) -> bytes:
    """Inflate the IDAT chunks to exactly `size` bytes; what follows them is ignored."""
    inflater, found, parts = zlib.decompressobj(), 0, []
    for at, length in pieces:
        file.seek(at)
        body = exactly(file, length)
        if zlib.crc32(body, zlib.crc32(b"IDAT")) != int.from_bytes(exactly(file, 4), "big"):
            raise ImageFormatError("the checksum of an IDAT chunk is wrong")
        if found < size:
            parts.append(inflater.decompress(body, size - found))
            found += len(parts[-1])
    if found < size:
        raise ImageFormatError(f"the file is cut short: {found:,} of {size:,} bytes of pixels")
    return b"".join(parts)


def _decoded(raw: memoryview, chunks: _Chunks, frame: _Frame, height: int, width: int) -> Any:
    """Undo the filters of one pass: (height, width, C), palette and transparency expanded."""
    import imagecodecs

    head = struct.pack(">IIBBBBB", width, height, frame.depth, frame.colour, 0, 0, 0)
    parts = [_SIGNATURE, _chunk(b"IHDR", head)]
    if frame.colour == _PALETTE:  # of full length, so that no index lies outside
        parts.append(
            _chunk(
                b"PLTE", chunks.named[b"PLTE"].ljust(3 << frame.depth, b"\0")[: 3 << frame.depth]
            )
        )
    transparency = _transparency(chunks, frame)
    if transparency is not None:
        parts.append(
            _chunk(
                b"tRNS",
                transparency[: 1 << frame.depth] if frame.colour == _PALETTE else transparency,
            )
        )
    stream = memoryview(zlib.compress(raw, 0))
    parts += [_chunk(b"IDAT", stream[at : at + 2**30]) for at in range(0, len(stream), 2**30)]
    pixels = imagecodecs.png_decode(b"".join([*parts, _chunk(b"IEND", b"")]))
    return pixels.reshape(height, width, -1)


def _chunk(name: bytes, body: bytes | memoryview) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(name))
    return b"".join([len(body).to_bytes(4, "big"), name, body, checksum.to_bytes(4, "big")])


def _metadata(chunks: _Chunks, frame: _Frame) -> tuple[Metadata, tuple[str, ...]]:
    notes = [f"the damaged {name} chunk was left out" for name in chunks.damaged]
    block = chunks.named.get(b"eXIf") or _raw_exif(chunks)
    exif, exif_notes = clean_exif(block)
    icc, icc_notes = _profile(chunks, frame)
    texts = sorted(set(chunks.text) - {_XMP, _RAW_EXIF})
    if texts:
        names = ", ".join(text.decode("latin-1") for text in texts)
        notes.append(f"PNG texts cannot be carried and were left out: {names}")
    metadata = Metadata(exif, _text(chunks, _XMP), icc, _density(chunks.named.get(b"pHYs", b"")))
    return metadata, (*notes, *exif_notes, *icc_notes)


def _density(phys: bytes) -> tuple[float, float] | None:
    if len(phys) != 9 or phys[8] != 1:
        return None
    x, y = struct.unpack(">II", phys[:8])
    return (x * _METRES, y * _METRES) if x and y else None


def _text(chunks: _Chunks, keyword: bytes) -> bytes | None:
    """The text of a keyword, inflated, without language tags; None where absent or damaged."""
    name, body = chunks.text.get(keyword, (b"", b""))
    try:
        if name == b"zTXt":
            return _expanded(body[1:])
        if name == b"iTXt":
            packed, body = body[0], body[2:].split(b"\0", 2)[2]
            return _expanded(body) if packed else body
    except (IndexError, zlib.error):
        return None
    return body or None


def _raw_exif(chunks: _Chunks) -> bytes:
    """EXIF as hexadecimal text: an empty line, the name, the length, then the digits."""
    lines = (_text(chunks, _RAW_EXIF) or b"").split(b"\n")
    try:
        return bytes.fromhex(b"".join(lines[3:]).decode("ascii"))
    except ValueError:
        return b""


def _expanded(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MAX_INFLATED)


def _profile(chunks: _Chunks, frame: _Frame) -> tuple[bytes | None, tuple[str, ...]]:
    """The embedded profile, else one made from gAMA and cHRM where these differ from sRGB."""
    named, notes = chunks.named, []
    code = named.get(b"cICP", b"\1\x0d\0\1")  # sRGB, full range
    if code[:2] != b"\1\x0d":
        notes.append(f"the cICP colour description {tuple(code)} is not known and was left out")
    if b"iCCP" in named:
        try:
            return _expanded(named[b"iCCP"].partition(b"\0")[2][1:]) or None, tuple(notes)
        except zlib.error:
            return None, (*notes, "the damaged ICC profile was left out")
    if b"sRGB" in named or len(named.get(b"gAMA", b"")) != 4:
        return None, tuple(notes)
    return _gamma_profile(chunks, gray=frame.colour in (0, 4), notes=notes)


def _gamma_profile(
    chunks: _Chunks, *, gray: bool, notes: list[str]
) -> tuple[bytes | None, tuple[str, ...]]:
    gamma = int.from_bytes(chunks.named[b"gAMA"], "big") / 100_000
    places = profiles.SRGB_CHROMATICITIES
    if len(chunks.named.get(b"cHRM", b"")) == 32 and not gray:
        places = tuple(v / 100_000 for v in struct.unpack(">8I", chunks.named[b"cHRM"]))
    usual = abs(gamma / _SRGB_GAMMA - 1) <= _GAMMA_TOLERANCE
    if usual and np.allclose(places, profiles.SRGB_CHROMATICITIES, atol=0.002):
        return None, tuple(notes)
    try:
        profile = profiles.gamma_profile(1 / gamma, places, gray=gray)
    except (ValueError, ZeroDivisionError, RuntimeError):
        return None, (*notes, "the PNG's gamma makes no sense and was left out")
    return profile, (*notes, f"gAMA {gamma:g} and cHRM were turned into an ICC profile")

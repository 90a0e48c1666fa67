"""Chunks of a PNG: walked and checked, and what those beside the pixels say."""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import photoshop
from restorer.formats.codec import MOST_PAGES, exactly, name_trailer, not_kept
from restorer.formats.color.code_points import coded_profile, is_hdr, is_known
from restorer.formats.color.matrix import SRGB_CHROMATICITIES, matrix_profile
from restorer.formats.metadata import clean_exif
from restorer.image import Metadata

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_XMP, _COMMENT = b"XML:com.adobe.xmp", b"Comment"
_RAW = b"Raw profile type "  # ImageMagick's way before the eXIf chunk existed, and of IPTC today
_RAW_KINDS = (b"exif", b"APP1", b"xmp", b"iptc", b"8bim")
_EXIF_MARK, _XMP_MARK = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_COLOR = (b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"cICP")
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"pHYs", b"acTL", *_COLOR, *_TEXT)
_ANIMATION = (b"fcTL", b"fdAT")
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_MAX_INFLATED = 2**25  # of a compressed chunk; a large profile has 2 MB
_METERS = 0.0254  # an inch
_SRGB_GAMMA, _GAMMA_TOLERANCE = 1 / 2.2, 0.05  # the tolerance that the PNG specification suggests

_RGB_FULL_RANGE = (0, 1)  # matrix and range of cICP


@dataclass(frozen=True)
class FrameChunks:
    """A frame of an animation.

    Attributes:
        control: The fcTL chunk.
        data: Where the chunks of its pixels lie (offset, length); none for those in the IDATs.
    """

    control: bytes
    data: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Chunks:
    """The chunks by name, text by keyword, and where the IDATs lie (offset, length).

    Attributes:
        frames: The frames of an animation.
        unread: The names of chunks and trailing data that nobody here reads.
    """

    named: dict[bytes, bytes]
    text: dict[bytes, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    data: list[tuple[int, int]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    frames: list[FrameChunks] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def still(self) -> bool:
        """Whether the picture is none of the frames of the animation."""
        return bool(self.frames) and bool(self.frames[0].data)


def read_chunks(file: BinaryIO) -> Chunks:
    """Read from the start of the file; damaged chunks are listed, critical ones raise."""
    exactly(file, len(SIGNATURE))
    chunks = Chunks({})
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
        if name == b"fcTL" and len(chunks.frames) <= MOST_PAGES:
            chunks.frames.append(FrameChunks(exactly(file, size)))
            file.seek(-size, os.SEEK_CUR)
        if name == b"fdAT" and chunks.frames:
            chunks.frames[-1].data.append((file.tell(), size))
        if name not in _KEPT:
            if name not in (*_CRITICAL, *_ANIMATION):
                chunks.unread.append(name.decode("latin-1"))
            file.seek(size + 4, 1)
            continue
        body = exactly(file, size)
        if zlib.crc32(name + body) != int.from_bytes(exactly(file, 4), "big"):
            if name in _CRITICAL:
                raise ImageFormatError(f"the checksum of the {name.decode()} chunk is wrong")
            chunks.damaged.append(name.decode())
        elif name in _TEXT:
            keyword, _, rest = body.partition(b"\0")
            chunks.text.setdefault(keyword, []).append((name, rest))
        elif name in chunks.named:
            chunks.unread.append(f"second {name.decode()}")
        else:
            chunks.named[name] = body
    end = file.tell()
    size = file.seek(0, os.SEEK_END) - end
    file.seek(end)
    if size > 0:
        chunks.unread.append(name_trailer(file.read(8), size))
    return chunks


def read_metadata(chunks: Chunks, *, gray: bool) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata, with notes of what was damaged or left out."""
    notes = [f"the damaged {name} chunk was left out" for name in chunks.damaged]
    unkept = [*chunks.unread]

    def first(name: str, *found: bytes | None) -> bytes:
        distinct = list(dict.fromkeys(filter(None, found)))
        unkept.extend([f"second {name}"] if len(distinct) > 1 else [])
        return distinct[0] if distinct else b""

    blocks = _texts(chunks)
    raw = {kind: found for kind in _RAW_KINDS if (found := _raw_profile(chunks, kind))}
    for kind in raw:
        del blocks[f"text {(_RAW + kind).decode()}"]
    app1 = raw.get(b"APP1", b"")
    xmp = _text(chunks, _XMP)
    if xmp is None and _XMP in chunks.text:
        notes.append("the damaged XMP was left out")
    app1_xmp = app1.removeprefix(_XMP_MARK) if app1.startswith(_XMP_MARK) else b""
    app1_exif = b"" if app1_xmp else app1.removeprefix(_EXIF_MARK)
    raw_exif = raw.get(b"exif", b"").removeprefix(_EXIF_MARK)
    exif, exif_notes = clean_exif(first("EXIF", chunks.named.get(b"eXIf"), raw_exif, app1_exif))
    xmp = first("XMP packet", xmp, raw.get(b"xmp"), app1_xmp) or None
    icc, icc_notes = _profile(chunks, gray=gray)
    iptc_blocks, iptc_unkept = _iptc(first("IPTC", raw.get(b"iptc"), raw.get(b"8bim")))
    dpi = _density(chunks.named.get(b"pHYs", b""))
    if b"pHYs" in chunks.named and not dpi:
        unkept.append("pHYs (aspect ratio)")
    metadata = Metadata(exif, xmp, icc, dpi, {**blocks, **iptc_blocks})
    return metadata, (*notes, *exif_notes, *icc_notes, *not_kept([*unkept, *iptc_unkept]))


def metadata_chunks(metadata: Metadata) -> bytes:
    """Return the chunks that carry metadata, to be put behind IHDR."""
    parts = []
    if metadata.icc:
        parts.append(pack_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc)))
    if metadata.dpi:
        x, y = (round(value / _METERS) for value in metadata.dpi)
        parts.append(pack_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if metadata.exif:
        parts.append(pack_chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        parts.append(pack_chunk(b"iTXt", _XMP + bytes(5) + metadata.xmp))
    if resources := photoshop.pack_resources(metadata.blocks):
        digits = resources.hex().encode()
        lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
        text = b"\niptc\n%8d\n%s\n" % (len(resources), b"\n".join(lines))
        parts.append(pack_chunk(b"zTXt", _RAW + b"iptc\0\0" + zlib.compress(text)))
    if comment := metadata.blocks.get("comment"):
        parts.append(_comment_chunk(comment))
    parts += [block for name, block in metadata.blocks.items() if name.startswith("text ")]
    return b"".join(parts)


def hdr_transfer(chunks: Chunks) -> int:
    """Return the code point of the transfer function of an HDR picture; 0 for others."""
    code = tuple(chunks.named.get(b"cICP", b""))
    known = len(code) == 4 and code[2:] == _RGB_FULL_RANGE and is_known(*code[:2])
    return code[1] if known and is_hdr(code[1]) else 0


def pack_chunk(name: bytes, body: bytes | memoryview) -> bytes:
    """Return a chunk with length and checksum."""
    checksum = zlib.crc32(body, zlib.crc32(name))
    return b"".join([len(body).to_bytes(4, "big"), name, body, checksum.to_bytes(4, "big")])


def _density(phys: bytes) -> tuple[float, float] | None:
    if len(phys) != 9 or phys[8] != 1:
        return None
    x, y = struct.unpack(">II", phys[:8])
    return (x * _METERS, y * _METERS) if x and y else None


def _text(chunks: Chunks, keyword: bytes) -> bytes | None:
    """The text of a keyword, inflated, without language tags; None where absent or damaged."""
    name, body = chunks.text.get(keyword, [(b"", b"")])[0]
    try:
        if name == b"zTXt":
            return _expanded(body[1:])
        if name == b"iTXt":
            packed, body = body[0], body[2:].split(b"\0", 2)[2]
            return _expanded(body) if packed else body
    except (IndexError, zlib.error):
        return None
    return body or None


def _texts(chunks: Chunks) -> dict[str, bytes]:
    """Return the chunks of each keyword but that of XMP, and the text of a comment alone."""
    blocks = {}
    for keyword, texts in chunks.text.items():
        if keyword == _COMMENT and len(texts) == 1 and (comment := _text(chunks, keyword)):
            blocks["comment"] = comment
        elif keyword != _XMP:
            packed = (pack_chunk(name, keyword + b"\0" + body) for name, body in texts)
            blocks[f"text {keyword.decode('latin-1')}"] = b"".join(packed)
    return blocks


def _comment_chunk(comment: bytes) -> bytes:
    """Return a comment as text, which is Latin-1, or as international text, which is UTF-8."""
    try:
        plain = comment.decode().isascii()
    except UnicodeDecodeError:
        plain = True
    if plain:
        return pack_chunk(b"tEXt", _COMMENT + b"\0" + comment)
    return pack_chunk(b"iTXt", _COMMENT + bytes(5) + comment)


def _iptc(data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """Return the blocks of a raw profile: image resources, or the IPTC records themselves."""
    return ({"IPTC": data}, []) if data[:1] == b"\x1c" else photoshop.read_resources(data)


def _raw_profile(chunks: Chunks, kind: bytes) -> bytes:
    """Return what hexadecimal text says: an empty line, the name, the length, then the digits."""
    lines = (_text(chunks, _RAW + kind) or b"").split(b"\n")
    try:
        return bytes.fromhex(b"".join(lines[3:]).decode("ascii"))
    except ValueError:
        return b""


def _expanded(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    expanded = inflater.decompress(data, _MAX_INFLATED)
    if not inflater.eof:
        raise zlib.error("cut short, or too large")
    return expanded


def _profile(chunks: Chunks, *, gray: bool) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the profile of the first of cICP, iCCP, sRGB, gAMA and cHRM that is understood.

    sRGB needs no profile.
    """
    named, notes = chunks.named, []
    if b"cICP" in named:
        code = tuple(named[b"cICP"])
        if len(code) == 4 and code[2:] == _RGB_FULL_RANGE and is_known(*code[:2]):
            return coded_profile(*code[:2], "cICP", gray=gray)
        notes.append(f"the cICP color description {code} is not known and was left out")
    if b"iCCP" in named:
        try:
            return _expanded(named[b"iCCP"].partition(b"\0")[2][1:]) or None, tuple(notes)
        except zlib.error:
            return None, (*notes, "the damaged ICC profile was left out")
    if b"sRGB" in named or len(named.get(b"gAMA", b"")) != 4:
        return None, tuple(notes)
    return _gamma_profile(chunks, gray=gray, notes=notes)


def _gamma_profile(
    chunks: Chunks, *, gray: bool, notes: list[str]
) -> tuple[bytes | None, tuple[str, ...]]:
    gamma = int.from_bytes(chunks.named[b"gAMA"], "big") / 100_000
    places = SRGB_CHROMATICITIES
    if len(chunks.named.get(b"cHRM", b"")) == 32 and not gray:
        places = tuple(v / 100_000 for v in struct.unpack(">8I", chunks.named[b"cHRM"]))
    usual = abs(gamma / _SRGB_GAMMA - 1) <= _GAMMA_TOLERANCE
    if usual and np.allclose(places, SRGB_CHROMATICITIES, atol=0.002):
        return None, tuple(notes)
    try:
        profile = matrix_profile(f"gamma {gamma:g}", places, (1 / gamma,), gray=gray)
    except (ValueError, ArithmeticError):
        return None, (*notes, "the PNG's gamma value makes no sense and was ignored")
    return profile, (*notes, f"gAMA {gamma:g} and cHRM were turned into an ICC profile")

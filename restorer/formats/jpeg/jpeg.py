"""JPEG: gray, RGB and converted CMYK of any depth.

The segments are read here, and the decoders get the image without its metadata, of which they would
silently drop unknown blocks. Pillow encodes.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from PIL import Image as PilImage

from restorer.errors import ImageFormatError
from restorer.formats import photoshop, xmp
from restorer.formats.codec import (
    Header,
    WriterOptions,
    exactly,
    name_trailer,
    not_kept,
)
from restorer.formats.color import profiles
from restorer.formats.jpeg import decoder, gain_map, multi_picture, scans
from restorer.formats.jpeg.decoder import Decoded
from restorer.formats.metadata import clean_exif
from restorer.image import Image, Metadata
from restorer.settings.kinds import Choice, Integer
from restorer.settings.options import option

_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_LONG_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_ICC, _PHOTOSHOP, _ADOBE, _JFIF = b"ICC_PROFILE\0", b"Photoshop 3.0\0", b"Adobe", b"JFIF\0"
# What a first picture says where others follow it: the index, gain maps, the directory of Google.
_MORE = (multi_picture.MPF, gain_map.ISO_MARK)
_MORE_XMP = (gain_map.HDRGM_SPACE.encode(), b"http://ns.google.com/photos/1.0/container/")
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI, _COMMENT = 0xDA, 0xD9, 0xFE
_MAX_SEGMENT = 65533  # bytes behind the length
_PART = 65400  # bytes of a block that is longer than a segment
DAMAGED = "the JPEG data are damaged; parts of the picture may be wrong"

_JUMBF = b"JP"  # the container of C2PA's signatures


@dataclass(frozen=True)
class JpegOptions(WriterOptions):
    """How JPEG files are written.

    Attributes:
        quality: libjpeg's quality.
        subsampling: Resolution of the colors; None keeps it full from quality 90 on and halves it
            both ways below.
    """

    quality: int = option(95, Integer(1, 100), "JPEG quality, 1 to 100.")
    subsampling: str | None = option(
        None, Choice(dict.fromkeys(("4:4:4", "4:2:2", "4:2:0"), "")), "Resolution of the colors."
    )


class JpegReader:
    """A JPEG file; the segments before the first scan give size, channels and metadata."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._segments = list(_segments(file))
        self._scan_at = file.tell()
        frames = [segment for segment in self._segments if segment[0] in _SOF]
        if not frames or len(frames[0][1]) < 6:
            raise ImageFormatError("the JPEG has no frame header")
        kind, frame = self._frame = frames[0]
        precision, components = frame[0], frame[5]
        scans.check_frame(kind, precision, components)
        self._kind = kind, precision, components
        height, width = (int.from_bytes(frame[i : i + 2], "big") for i in (1, 3))
        channels = 1 if components == 1 else 3
        self.header = Header("JPEG", height, width, channels, 16 if precision > 8 else 8)
        self.metadata, self._read_notes, self._unkept = _metadata(self._segments)
        self._knows_all = _has_more(self._segments)
        if self._knows_all:
            self._read_more(file.read())
        self.notes = (*self._read_notes, *not_kept(self._unkept))

    def decode(self) -> Image:
        """Decode the first image; a note names data behind it, too."""
        self._file.seek(self._scan_at)
        needed = [
            _segment(marker, body)
            for marker, body in self._segments
            if marker != _COMMENT
            and (not 0xE0 <= marker <= 0xEF or body.startswith((_JFIF, _ADOBE)))
        ]
        data = self._file.read()
        behind = () if self._knows_all else _behind(data)[1]
        unkept = not_kept([*self._unkept, *behind])
        head = b"\xff\xd8" + b"".join(needed)
        found, ended = scans.split(data)
        scans.check_cost(self._frame[0], self.header.height, self.header.width, found)
        decoded = self._decoded(head, found, ended=ended)
        pixels, damaged, notes = decoded.pixels, decoded.damaged, decoded.notes
        if damaged is not False or not ended:
            again = lambda data: decoder.decode(data, *self._kind).pixels  # noqa: E731  # short
            scans.check_whole(
                head, self._frame, found, again, pixels, ended=ended, damaged=bool(damaged)
            )
        if damaged:
            notes = (*notes, DAMAGED)
        if not scans.has_all_scans(self._frame, found):
            notes = (*notes, "some scans of the JPEG are missing, and with them fine detail")
        if not ended:
            notes = (*notes, "the file has no end marker; all its pixels were read")
        notes, quality = (*self._read_notes, *unkept, *notes), decoded.quality
        if pixels.shape[2] != 4:
            return Image(pixels, self.metadata, notes, quality)
        if any(marker == 0xEE and body.startswith(_ADOBE) for marker, body in self._segments):
            pixels = 255 - pixels  # Adobe stores CMYK inverted
        rgb, note = profiles.cmyk_to_rgb(pixels, self.metadata.icc)
        metadata = replace(self.metadata, icc=profiles.srgb_profile())
        return Image(rgb, metadata, (*notes, note), quality)

    def _decoded(self, head: bytes, found: bytes, *, ended: bool) -> Decoded:
        """Decode scans; what seems damaged behind them may be a filling, which harms nothing."""
        try:
            decoded = decoder.decode(head + found + scans.END, *self._kind)
        except ImageFormatError as error:
            raise error if ended else ImageFormatError(scans.CUT) from error
        if decoded.damaged and found.endswith(b"\0"):
            again = decoder.decode(head + found.rstrip(b"\0") + scans.END, *self._kind)
            return decoded if again.damaged else again
        return decoded

    def _read_more(self, data: bytes) -> None:
        """Add the gain map behind the first picture to the metadata; name all other data there."""
        trailer, names = _behind(data)
        others = _count_pictures(self._segments) - 1
        try:
            found = gain_map.find(trailer)
        except ValueError as error:
            found = None
            self._read_notes = (*self._read_notes, f"{error}; it was left out")
        if found:
            start, stop = found
            blocks = {**self.metadata.blocks, gain_map.BLOCK: trailer[start:stop]}
            self.metadata = replace(self.metadata, blocks=blocks)
            names, others = [*names[:-1], *_trailers(trailer[:start], trailer[stop:])], others - 1
        elif any(body.startswith(gain_map.ISO_MARK) for _, body in self._segments):
            names = ["gain map", *names]
        self._unkept += [f"other pictures: {others} (MPF)"] if others > 0 else []
        self._unkept += names


def encode(image: Image, file: BinaryIO, options: JpegOptions) -> tuple[str, ...]:
    """Write (H, W, 1|3) uint8."""
    metadata, notes = image.metadata, []
    extra: dict[str, Any] = {}
    for key, name, block, free in (
        ("exif", "EXIF", metadata.exif and _EXIF + metadata.exif, _MAX_SEGMENT),
        ("comment", "comment", metadata.blocks.get("comment"), _MAX_SEGMENT),
    ):
        if block is None:
            continue
        if len(block) > free:
            notes.append(f"{name} of {len(block):,} bytes is too large for JPEG; it was left out")
        else:
            extra[key] = block
    limit = _MAX_SEGMENT - len(_XMP) - xmp.ULTRA_HDR_BYTES
    packet, extension, digest = xmp.split_extension(metadata, limit)
    gain, announced = b"", packet
    if gain_map.BLOCK in metadata.blocks:
        gain, announced, problem = _gain_map(metadata.blocks[gain_map.BLOCK], packet)
        notes += problem
    if announced:
        extra["xmp"] = announced
    elif metadata.xmp:
        size = len(metadata.xmp)
        notes.append(f"XMP of {size:,} bytes is too large for JPEG; it was left out")
    segments = [
        _segment(0xED, _PHOTOSHOP + part)
        for part in _parts(photoshop.pack_resources(metadata.blocks))
    ]
    for index, part in enumerate(_parts(extension)):
        place = struct.pack(">II", len(extension), index * _PART)
        segments.append(_segment(0xE1, _LONG_XMP + digest + place + part))
    if gain_map.ISO_MARK in gain:
        segments.append(_segment(0xE2, gain_map.ISO_MARK + bytes(4)))  # the versions
    if segments:
        extra["extra"] = b"".join(segments)
    if metadata.icc:
        extra["icc_profile"] = metadata.icc
    if metadata.dpi:
        extra["dpi"] = metadata.dpi
    pixels = image.pixels[..., 0] if image.pixels.shape[2] == 1 else image.pixels
    extra["quality"] = options.quality
    extra["subsampling"] = options.subsampling or ("4:4:4" if options.quality >= 90 else "4:2:0")
    whole = _compressed(PilImage.fromarray(pixels), extra)
    file.write(multi_picture.joined(whole.getvalue(), gain) if gain else whole.getbuffer())
    return tuple(notes)


def _gain_map(block: bytes, packet: bytes | None) -> tuple[bytes, bytes | None, list[str]]:
    """Return the gain map to write or nothing, the XMP packet that announces it, and notes."""
    try:
        found = gain_map.read(block)
    except ValueError as error:
        return b"", packet, [f"{error}; it was left out"]
    if found is None:
        return b"", packet, ["the gain map states no parameters; it was left out"]
    if gain_map.HDRGM not in found.kinds:
        return block, packet, []
    announced = xmp.with_ultra_hdr(packet, len(block))
    if announced is None:
        return (
            b"",
            packet,
            ["the XMP is damaged and cannot describe the gain map, which was left out"],
        )
    return block, announced, []


def _compressed(picture: PilImage.Image, extra: dict[str, Any]) -> io.BytesIO:
    """Return the file; in memory, as Pillow takes a write cut short by a full disk for a whole one.

    With optimized tables, unless these need more memory than Pillow reserves: 16 bits a pixel,
    which noise of quality 100 can exceed.
    """
    for optimize in (True, False):
        whole = io.BytesIO()
        try:
            picture.save(whole, "JPEG", optimize=optimize, **extra)
        except OSError:
            if not optimize:
                raise
        else:
            break
    return whole


def _parts(data: bytes) -> list[bytes]:
    """Return data in parts that fit into segments."""
    return [data[at : at + _PART] for at in range(0, len(data), _PART)]


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, body) up to the first scan; leave the file before its marker."""
    exactly(file, 2)
    while True:
        marker = exactly(file, 2)
        if marker[0] != 0xFF:
            raise ImageFormatError("the JPEG's segments are damaged")
        while marker[1] == 0xFF:  # fill bytes
            marker = marker[1:] + exactly(file, 1)
        if marker[1] in (_SOS, _EOI):
            file.seek(-2, 1)
            return
        if marker[1] == 0x01 or 0xD0 <= marker[1] <= 0xD7:  # markers without a body
            continue
        size = int.from_bytes(exactly(file, 2), "big")
        yield marker[1], exactly(file, max(0, size - 2))


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _metadata(
    segments: list[tuple[int, bytes]],
) -> tuple[Metadata, tuple[str, ...], list[str]]:
    """Return the metadata, notes, and the names of segments that are not understood."""
    understood: set[int] = set()

    def bodies(marker: int, start: bytes) -> list[bytes]:
        found = []
        for index, (other, body) in enumerate(segments):
            if other == marker and body.startswith(start):
                understood.add(index)
                found.append(body[len(start) :])
        return found

    exif, notes = clean_exif(b"".join(bodies(0xE1, _EXIF)))
    packets = bodies(0xE1, _XMP)
    packet = packets[0] if packets else None
    dpi = [_density(body) for body in bodies(0xE0, _JFIF)]
    icc, icc_notes = _profile(bodies(0xE2, _ICC))
    bodies(0xEE, _ADOBE)  # which decides how the pixels are decoded
    for mark in _MORE:  # which `_read_more` takes
        bodies(0xE2, mark)
    comment = b"\n".join(bodies(_COMMENT, b""))
    blocks, unkept = photoshop.read_resources(b"".join(bodies(0xED, _PHOTOSHOP)))
    extensions = bodies(0xE1, _LONG_XMP)
    if extension := _extension(packet or b"", extensions):
        blocks[xmp.EXTENDED] = extension
    elif extensions:
        unkept.append("incomplete extended XMP")
    if comment:
        blocks["comment"] = comment
    metadata = Metadata(
        exif,
        packet,
        icc,
        dpi[0] if dpi else None,
        blocks,
    )
    unkept += [
        _name(marker, body)
        for index, (marker, body) in enumerate(segments)
        if index not in understood and marker >= 0xE0
    ]
    unkept += ["second XMP packet"] if len(packets) > 1 else []
    return metadata, (*notes, *icc_notes), unkept


def _extension(packet: bytes, parts: list[bytes]) -> bytes | None:
    """Join the parts of the extension that an XMP packet names; None where some are missing."""
    digest = xmp.extension_id(packet)
    placed = {part[36:40]: part[40:] for part in parts if part[:32] == digest and len(part) > 40}
    whole = b""
    while (part := placed.get(len(whole).to_bytes(4, "big"))) is not None:
        whole += part
    sizes = {part[32:36] for part in parts if part[:32] == digest}
    return whole if sizes == {len(whole).to_bytes(4, "big")} else None


def _name(marker: int, body: bytes) -> str:
    """Return the name of a segment: ``APP1 (FLIR)``."""
    if 0xE0 <= marker <= 0xEF:
        number = f"APP{marker - 0xE0}"
    else:
        number = "comment" if marker == _COMMENT else f"segment {marker:#04x}"
    found = re.match(rb"[ -~]{2,}", body[:40])
    kind = found[0].decode("ascii").strip() if found else ""
    if marker == 0xEB and body.startswith(_JUMBF):
        kind = "C2PA" if b"c2pa" in body else "JUMBF"
    return f"{number} ({kind})" if kind and marker != _COMMENT else number


def _has_more(segments: list[tuple[int, bytes]]) -> bool:
    """Whether a first picture announces others."""
    return any(
        (marker == 0xE2 and body.startswith(_MORE))
        or (marker == 0xE1 and body.startswith(_XMP) and any(name in body for name in _MORE_XMP))
        for marker, body in segments
    )


def _count_pictures(segments: list[tuple[int, bytes]]) -> int:
    """Return the number of pictures that the index states."""
    mark = multi_picture.MPF
    found = (body for marker, body in segments if marker == 0xE2 and body.startswith(mark))
    return max((multi_picture.count(body.removeprefix(mark)) for body in found), default=1)


def _behind(data: bytes) -> tuple[bytes, list[str]]:
    """Return what follows the image, and its name behind those of segments between the scans."""
    unkept: list[str] = []
    for marker, start, stop in multi_picture.segments(data, 0):
        if marker in (multi_picture.SOI, multi_picture.EOI):
            return data[stop:], [*unkept, *_trailers(data[stop:])]
        if marker >= 0xE0:
            unkept.append(_name(marker, data[start:stop]))
    return b"", unkept


def _trailers(*data: bytes) -> list[str]:
    return [name_trailer(part[:8], len(part)) for part in data if part.strip(b"\0")]


def _profile(parts: list[bytes]) -> tuple[bytes | None, tuple[str, ...]]:
    """Join the numbered parts of an ICC profile."""
    if not parts:
        return None, ()
    parts = sorted((part for part in parts if len(part) > 2), key=lambda part: part[0])
    if [part[0] for part in parts] != list(range(1, len(parts) + 1)) or parts[0][1] != len(parts):
        return None, ("the ICC profile is incomplete and was left out",)
    return b"".join(part[2:] for part in parts), ()


def _density(jfif: bytes) -> tuple[float, float] | None:
    per_inch = {1: 1.0, 2: 2.54}.get(jfif[2] if len(jfif) >= 7 else 0)
    x, y = int.from_bytes(jfif[3:5], "big"), int.from_bytes(jfif[5:7], "big")
    return (x * per_inch, y * per_inch) if per_inch and x and y else None

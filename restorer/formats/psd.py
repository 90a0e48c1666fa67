"""PSD and PSB: the composite of a Photoshop document, with the metadata of its image resources.

Libraries for layers hold the whole document in memory; the composite is a plain part of the file.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import photoshop
from restorer.formats.codec import Header, decoding, exactly, not_kept, others
from restorer.formats.color import profiles
from restorer.formats.metadata import clean_exif
from restorer.formats.samples import finite
from restorer.image import Bits, Image, Metadata, Transfer

_BITMAP, _GRAY, _INDEXED, _RGB, _CMYK, _DUOTONE, _LAB = 0, 1, 2, 3, 4, 8, 9
_COLORS = {_BITMAP: 1, _GRAY: 1, _INDEXED: 1, _RGB: 3, _CMYK: 4, _DUOTONE: 1, _LAB: 3}
_DEPTHS: dict[int, tuple[int, ...]] = {
    _BITMAP: (1,),
    _GRAY: (8, 16, 32),
    _INDEXED: (8,),
    _RGB: (8, 16, 32),
    _CMYK: (8, 16),
    _DUOTONE: (8, 16),
    _LAB: (8, 16),
}
_PLAIN, _RUNS, _ZIP, _PREDICTED = 0, 1, 2, 3
_RESOLUTION, _ICC, _EXIF, _XMP, _VERSION, _IPTC = 0x03ED, 0x040F, 0x0422, 0x0424, 0x0421, 0x0404
_LAYERS = (b"Lr16", b"Lr32", b"Layr")
_LONG_BLOCKS = (  # with 8 bytes of size in PSB
    *(*_LAYERS, b"LMsk", b"Mt16", b"Mt32", b"Mtrn", b"Alph", b"FMsk", b"lnk2", b"FEid"),
    *(b"FXid", b"PxSD", b"lnkE", b"extd", b"cinf"),
)
_MOST_BYTES = 1 << 26  # of the resources, which are held in memory


@dataclass(frozen=True)
class _Head:
    """The fixed part of the file.

    Attributes:
        large: Whether it is a PSB, whose sizes have more bits.
    """

    large: bool
    channels: int
    height: int
    width: int
    depth: int
    mode: int


@dataclass
class _Contents:
    """What the sections between head and pixels say.

    Attributes:
        layers: The number of layers.
        transparent: Whether the first channel behind the colors is alpha.
        pixels_at: Where the composite starts.
    """

    palette: bytes = b""
    resources: bytes = b""
    layers: int = 0
    transparent: bool = False
    pixels_at: int = 0
    unread: list[str] = field(default_factory=list)


class PsdReader:
    """A Photoshop document; layers are named in a note.

    Raises ImageFormatError where the document was saved without a composite.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._head = head = _read_head(file)
        self._contents = contents = _read_contents(file, head, self._size)
        self.metadata, self.notes, unread = _metadata(contents.resources)
        if _lacks_composite(contents.resources):
            raise ImageFormatError(
                "the document has no composite, only layers; save it again in Photoshop with"
                " Maximize Compatibility, or as TIFF"
            )
        colors = _COLORS[head.mode]
        self._alpha = contents.transparent and head.channels > colors
        extra = others(head.channels - colors - self._alpha, "channel", "extra")
        layers = [f"{contents.layers} layer{'s' * (contents.layers > 1)}"] * (contents.layers > 0)
        self.notes = (*self.notes, *not_kept([*layers, *extra, *contents.unread, *unread]))
        channels = {_INDEXED: 3, _CMYK: 3}.get(head.mode, colors) + self._alpha
        bits: Bits = {16: 16, 32: 32}.get(head.depth, 8)  # type: ignore[assignment]  # closed
        self.header = Header("PSD", head.height, head.width, channels, bits)
        self._check_size()

    def decode(self) -> Image:
        """Decode the composite."""
        head, notes, metadata = self._head, self.notes, self.metadata
        colors = _COLORS[head.mode]
        stored = self._planes(colors + self._alpha)
        transfer: Transfer = "encoded"
        if head.depth == 32:
            stored, more = finite(stored)
            notes, transfer = (*notes, *more), "linear"
        pixels, alpha = stored[..., :colors], stored[..., colors:]
        if head.mode == _INDEXED:
            table = np.frombuffer(self._contents.palette, np.uint8).reshape(3, -1).T
            pixels = table[pixels[..., 0]]
        elif head.mode == _CMYK:  # full ink is 0
            ink = np.ascontiguousarray(np.iinfo(pixels.dtype).max - pixels)
            pixels, note = profiles.cmyk_to_rgb(ink, metadata.icc)
            notes = (*notes, note)
        elif head.mode == _LAB:
            rgb = profiles.lab_to_rgb(_lab(pixels))
            pixels = Image(rgb).with_float(rgb, bits=self.header.bits).pixels
            notes = (*notes, "Lab was converted to sRGB")
        elif head.mode == _DUOTONE:
            notes = (*notes, "the inks of the duotone were treated as gray")
        if head.mode in (_CMYK, _LAB):
            metadata = Metadata(
                metadata.exif, metadata.xmp, profiles.srgb_profile(), metadata.dpi, metadata.blocks
            )
        pixels = np.ascontiguousarray(np.concatenate([pixels, alpha], axis=-1))
        return Image(pixels, metadata, notes, transfer=transfer)

    def _check_size(self) -> None:
        """Refuse a file that is too short for its pixels."""
        head = self._head
        row = (head.width * head.depth + 7) // 8
        count = (_COLORS[head.mode] + self._alpha) * head.height
        self._file.seek(self._contents.pixels_at)
        self._compression = int.from_bytes(exactly(self._file, 2), "big")
        left = self._size - self._file.tell()
        least = {_PLAIN: row * count, _RUNS: (2 + 2 * head.large) * count}
        if self._compression > _PREDICTED:
            raise ImageFormatError(f"PSD compression {self._compression} is not known")
        needed = least.get(self._compression, row * count // 1032)  # the most that Deflate saves
        if left < needed:
            raise ImageFormatError(f"the file is cut short: {left:,} of {needed:,} bytes of pixels")

    def _planes(self, count: int) -> Any:
        """Return the first channels, (H, W, count), in the type of images."""
        head = self._head
        row = (head.width * head.depth + 7) // 8
        self._file.seek(self._contents.pixels_at + 2)
        size = row * head.height * count
        if self._compression == _PLAIN:
            data = exactly(self._file, size)
        elif self._compression == _RUNS:
            data = self._unpacked(count, row)
        else:
            with decoding(zlib.error):
                data = zlib.decompressobj().decompress(self._file.read(), size)
            if len(data) < size:
                raise ImageFormatError("the file is cut short")
        rows = np.frombuffer(data, np.uint8).reshape(count, head.height, row)
        if self._compression == _PREDICTED:
            rows = _unpredicted(rows, head)
        if head.depth == 1:
            bits = np.unpackbits(rows, axis=2)[..., : head.width]
            planes: Any = np.where(bits, np.uint8(0), np.uint8(255))
        else:
            kind = {8: "u1", 16: ">u2", 32: ">f4"}[head.depth]
            planes = np.ascontiguousarray(rows).view(kind)
        native = planes.astype(planes.dtype.newbyteorder("="), copy=False)
        return np.moveaxis(native, 0, 2)

    def _unpacked(self, count: int, row: int) -> bytes:
        """Undo the runs of all rows of the first channels."""
        import imagecodecs

        head = self._head
        width = 4 if head.large else 2
        table = exactly(self._file, width * head.channels * head.height)
        sizes = np.frombuffer(table, f">u{width}")[: count * head.height].tolist()
        parts = []
        for size in sizes:
            packed = exactly(self._file, size)
            with decoding(imagecodecs.PackbitsError, ValueError):
                part = imagecodecs.packbits_decode(packed)
            if len(part) != row:
                raise ImageFormatError(f"damaged: a row of {len(part):,} bytes, expected {row:,}")
            parts.append(part)
        return b"".join(parts)


def _read_head(file: BinaryIO) -> _Head:
    _, version, channels, height, width, depth, mode = struct.unpack(
        ">4sH6xHIIHH", exactly(file, 26)
    )
    if mode not in _COLORS:
        raise ImageFormatError(
            f"Photoshop colors of mode {mode} (multichannel) are not known; save it as RGB first"
        )
    if depth not in _DEPTHS[mode] or not _COLORS[mode] <= channels <= 56:
        raise ImageFormatError(
            f"the PSD claims {channels} channels of {depth} bits in mode {mode}, which do not exist"
        )
    return _Head(version == 2, channels, height, width, depth, mode)


def _read_contents(file: BinaryIO, head: _Head, size: int) -> _Contents:
    found = _Contents()
    data = _section(file, size)
    if head.mode == _INDEXED:
        if len(data) != 768:
            raise ImageFormatError("the PSD has no palette")
        found.palette = data
    found.resources = _section(file, size)
    wide = 8 if head.large else 4
    length = int.from_bytes(exactly(file, wide), "big")
    start = file.tell()
    found.pixels_at = start + length
    if found.pixels_at > size:
        raise ImageFormatError("the file is cut short")
    if length >= wide:
        found.layers, found.transparent = _count_layers(file, head, start, start + length)
    return found


def _section(file: BinaryIO, size: int) -> bytes:
    """Return a section that starts with its length."""
    length = int.from_bytes(exactly(file, 4), "big")
    if length > min(_MOST_BYTES, size - file.tell()):
        raise ImageFormatError("the file is cut short")
    return exactly(file, length)


def _count_layers(file: BinaryIO, head: _Head, at: int, end: int) -> tuple[int, bool]:
    """Return the number of layers and whether the composite is transparent.

    Documents of 16 and 32 bits have them in a tagged block at the end of the section.
    """
    wide = 8 if head.large else 4
    file.seek(at)
    length = int.from_bytes(exactly(file, wide), "big")
    if length >= 2:
        return _layer_count(file)
    file.seek(at + wide + length)
    mask = int.from_bytes(file.read(4), "big")
    at = file.tell() + mask
    while at + 12 <= end:
        file.seek(at)
        signature, key = file.read(4), file.read(4)
        if signature not in (b"8BIM", b"8B64"):
            break
        bytes_of_size = 8 if head.large and key in _LONG_BLOCKS else 4
        length = int.from_bytes(file.read(bytes_of_size), "big")
        if key in _LAYERS and length >= 2:
            return _layer_count(file)
        at = file.tell() + -(-length // 4) * 4
    return 0, False


def _layer_count(file: BinaryIO) -> tuple[int, bool]:
    """A negative number says that the composite is transparent."""
    (count,) = struct.unpack(">h", exactly(file, 2))
    return abs(count), count < 0


def _lacks_composite(resources: bytes) -> bool:
    """Whether the document says that its composite is blank."""
    body = photoshop.resources_by_number(resources).get(_VERSION, b"")
    return len(body) > 4 and body[4] == 0


def _metadata(data: bytes) -> tuple[Metadata, tuple[str, ...], list[str]]:
    """Return metadata, notes and the names of what is not kept of the image resources."""
    resources = photoshop.resources_by_number(data)
    blocks, unkept = photoshop.read_resources(data)
    known = {_ICC, _EXIF, _XMP, _VERSION}
    count = sum(name.startswith("Photoshop resource") for name in unkept) - len(
        known & resources.keys()
    )
    damaged = [name for name in unkept if not name.startswith("Photoshop resource")]
    exif, notes = clean_exif(resources.get(_EXIF, b"").removeprefix(b"Exif\0\0"))
    dpi = None
    if len(resolution := resources.get(_RESOLUTION, b"")) >= 16:
        across, down = struct.unpack(">I4xI", resolution[:12])
        dpi = (across / 65536, down / 65536) if across and down else None
    metadata = Metadata(exif, resources.get(_XMP) or None, resources.get(_ICC) or None, dpi, blocks)
    names = [f"{count} Photoshop resource{'s' * (count > 1)}"] if count > 0 else []
    return metadata, notes, [*names, *damaged]


def _lab(stored: Any) -> Any:
    """Return CIE L*a*b* from unsigned samples; the middle of a and b is half of white."""
    white = np.iinfo(stored.dtype).max
    values = stored.astype(np.float32)
    light = values[..., :1] * np.float32(100 / white)
    ab = values[..., 1:] * np.float32(255 / white) - 128
    return np.concatenate([light, ab], axis=-1)


def _unpredicted(rows: Any, head: _Head) -> Any:
    """Undo the differences between neighbors; floats are split into planes of bytes."""
    if head.depth == 16:
        values = np.ascontiguousarray(rows).view(">u2").astype(np.uint16)
        return np.cumsum(values, axis=2, dtype=np.uint16).astype(">u2").view(np.uint8)
    sums = np.cumsum(rows, axis=2, dtype=np.uint8)
    if head.depth == 32:
        planes = sums.reshape(*rows.shape[:2], 4, head.width)
        return np.ascontiguousarray(np.moveaxis(planes, 2, 3)).reshape(rows.shape)
    return sums

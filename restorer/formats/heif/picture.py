"""What the items of a HEIF file say of its picture: size, depth, colors, turn and metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.boxes import TRAILER, Box, Cursor, boxes_in
from restorer.formats.codec import Header, exactly, name_trailer, not_kept, others
from restorer.formats.color.code_points import (
    BT709_PRIMARIES,
    SRGB_TRANSFER,
    UNSPECIFIED,
    coded_profile,
    is_hdr,
    is_known,
)
from restorer.formats.color.hdr_transfer import to_light
from restorer.formats.exif import thumbnail
from restorer.formats.heif.coded_size import av1_pixels, hevc_pixels
from restorer.formats.heif.items import Item, Items, pack_items, read_items
from restorer.formats.metadata import clean_exif, with_stated_orientation
from restorer.formats.samples import normal
from restorer.image import Bits, Image, Metadata

Codec: TypeAlias = Literal[b"av01", b"hvc1"]
Rectangle: TypeAlias = tuple[int, int, int, int]

_CONFIGURATION = {b"av01": b"av1C", b"hvc1": b"hvcC"}
_DERIVED = (b"grid", b"iovl", b"iden")
XMP_TYPE = b"application/rdf+xml"
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
_AUXILIARY = {  # what the end of a type of auxiliary pictures says
    b"hdrgainmap": "gain map",
    b"depth": "depth map",
    b"auxid:2": "depth map",
    b"disparity": "depth map",
    b"alpha": "second alpha",
    b"auxid:1": "second alpha",
}
_TURNS = {  # by angle, then without a mirror, top to bottom, left to right: EXIF orientation
    0: (1, 4, 2),
    1: (8, 5, 7),
    2: (3, 2, 4),
    3: (6, 7, 5),
}
# How the picture is shown, and with what.
_SHOWN = (b"irot", b"imir", b"clap", b"pasp", b"clli", b"mdcv", b"cclv", b"amve")
_MOST_CODED, _SMALL = 4, 2**22  # pixels coded for one shown, as tiles and alpha need them
_MAX_TRACK = 2**24  # bytes of the description of a sequence


@dataclass(frozen=True)
class Picture:
    """The picture of a file.

    Attributes:
        items: The items of the file.
        height: Rows that are coded.
        width: Columns that are coded.
        crop: The part to be shown, (left, top, right, bottom).
        turn: How it is shown: an EXIF orientation.
        bits: Bits of a sample.
        gray: Whether it has no colors.
        hdr: Code point of the transfer function of an HDR picture; 0 for others.
        alpha: The item of its alpha, or 0.
        metadata: With the turn as orientation.
        notes: What is left out.
    """

    items: Items
    height: int
    width: int
    crop: Rectangle
    turn: int
    bits: int
    gray: bool
    hdr: int
    alpha: int
    metadata: Metadata
    notes: tuple[str, ...]

    def header(self, format: str) -> Header:
        """Return the header of the part to be shown, not yet upright."""
        left, top, right, bottom = self.crop
        channels = (1 if self.gray else 3) + bool(self.alpha)
        bits: Bits = 32 if self.hdr else 8 if self.bits == 8 else 16
        return Header(format, bottom - top, right - left, channels, bits)

    def alone(self, file: BinaryIO, brands: bytes) -> bytes:
        """Return a file of the coded picture and its alpha, without all else in `file`.

        How the picture is shown is gone, too, since decoders differ in what they apply. Raises
        ImageFormatError where the coded parts are far larger than the picture.
        """
        items = self.items
        numbers = {old: new for new, old in enumerate(_needed(items, self.alpha), 1)}
        data = {new: items.data(file, old) for old, new in numbers.items()}
        coded = sum(_pixels(items.by_id[old], data[new]) for old, new in numbers.items())
        if coded > _MOST_CODED * self.height * self.width + _SMALL:
            raise ImageFormatError(f"damaged: {coded:,} pixels are coded, far more than are stated")
        kept = {new: _bare(items.by_id[old], numbers) for old, new in numbers.items()}
        return pack_items(Items(numbers[items.primary], kept, brands), data)

    def image(self, pixels: Any) -> Image:
        """Return the image of decoded pixels; samples are stretched to 8 or 16 bits.

        Raises ImageFormatError where they are not those that the header tells of.
        """
        pixels = pixels if pixels.ndim == 3 else pixels[..., None]
        itemsize = 1 if self.bits == 8 else 2
        expected = self.height, self.width, self.header("").channels
        if pixels.shape != expected or pixels.dtype.itemsize != itemsize:
            raise ImageFormatError(
                f"damaged: the picture has the shape {pixels.shape}, expected {expected}"
            )
        if itemsize == 2 and int(pixels.max()) >> self.bits:
            raise ImageFormatError(
                f"damaged: the picture has samples of more than {self.bits} bits"
            )
        left, top, right, bottom = self.crop
        pixels = np.ascontiguousarray(normal(pixels[top:bottom, left:right], self.bits)[0])
        pixels = to_light(pixels, self.hdr) if self.hdr else pixels
        return Image(pixels, self.metadata, self.notes)


def read_picture(file: BinaryIO, codec: Codec) -> Picture:
    """Read what a file says of its picture; a note names all else that it holds.

    Raises ImageFormatError where it is damaged or of another codec.
    """
    items = read_items(file)
    primary = items.by_id[items.primary]
    tiles = [items.by_id.get(number) for number in primary.references.get(b"dimg", ())]
    coded = next(filter(None, tiles), primary) if primary.kind in _DERIVED else primary
    if coded.kind != codec:
        kind = coded.kind.decode("latin-1")
        raise ImageFormatError(f"the picture is of the kind {kind!r}, which cannot be read")
    height, width = _size(primary)
    bits, gray = _samples(primary, coded)
    alpha = _alpha(items)
    icc, notes, hdr = _profile(primary, coded, gray=gray)
    block, xmp, used = _metadata(file, items)
    exif, exif_notes = clean_exif(block)
    small = _thumbnail(file, items)
    unkept = [*_others(items, {*used, alpha}), *_beside(file, items)]
    turn = _turn(primary)
    metadata = Metadata(exif, xmp or None, icc, blocks={thumbnail.BLOCK: small} if small else {})
    metadata, turn_notes = with_stated_orientation(metadata, turn)
    notes = (*notes, *exif_notes, *turn_notes, *not_kept(unkept))
    crop = _crop(primary, height, width)
    return Picture(items, height, width, crop, turn, bits, gray, hdr, alpha, metadata, notes)


def _needed(items: Items, alpha: int) -> Iterator[int]:
    """Yield the items of the pixels, those of the picture first."""
    for number in filter(None, (items.primary, alpha)):
        yield number
        yield from (n for n in items.by_id[number].references.get(b"dimg", ()) if n in items.by_id)


def _pixels(item: Item, data: bytes) -> int:
    """Return how many pixels a decoder makes of an item; 0 of one that is made of others."""
    if item.kind == b"av01":
        return av1_pixels(data)
    if item.kind == b"hvc1" and (configurations := item.find(b"hvcC")):
        return hevc_pixels(configurations[0], data)
    if item.kind in _DERIVED:
        return 0
    kind = item.kind.decode("latin-1")
    raise ImageFormatError(f"a part of the picture is of the kind {kind!r}, which cannot be read")


def _bare(item: Item, numbers: Mapping[int, int]) -> Item:
    """Return an item with new numbers in its references, and without how it is shown."""
    references = {
        kind: tuple(numbers[target] for target in targets)
        for kind, targets in item.references.items()
        if all(target in numbers for target in targets)
    }
    properties = (
        each
        for each in item.properties
        if each.kind not in _SHOWN and (each.kind != b"colr" or each.body.startswith(b"nclx"))
    )
    return replace(item, properties=tuple(properties), references=references)


def _size(item: Item) -> tuple[int, int]:
    sizes = item.find(b"ispe")
    if not sizes:
        raise ImageFormatError("the file does not state the size of its picture")
    cursor = Cursor(sizes[0], 4)
    width, height = cursor.number(4), cursor.number(4)
    return height, width


def _samples(primary: Item, coded: Item) -> tuple[int, bool]:
    """Return the bits of a sample, and whether the picture is gray, as the codec says."""
    av1, hevc = coded.find(b"av1C"), coded.find(b"hvcC")
    if av1 and len(av1[0]) > 2:
        flags = av1[0][2]
        return (12 if flags & 0x20 else 10) if flags & 0x40 else 8, bool(flags & 0x10)
    if hevc and len(hevc[0]) > 17:
        return 8 + (hevc[0][17] & 7), not hevc[0][16] & 3
    raise ImageFormatError("the file does not state the bit depth of its picture")


def _alpha(items: Items) -> int:
    """Return the item of the transparency of the picture, or 0."""
    for number, item in items.by_id.items():
        if items.primary in item.references.get(b"auxl", ()) and _auxiliary(item) in _ALPHA:
            return number
    return 0


def _auxiliary(item: Item) -> bytes:
    bodies = item.find(b"auxC")
    return Cursor(bodies[0], 4).text() if bodies else b""


def _profile(
    primary: Item, coded: Item, *, gray: bool
) -> tuple[bytes | None, tuple[str, ...], int]:
    """Return the ICC profile, or that which the code points mean, notes, and the HDR transfer."""
    colors = primary.find(b"colr") or coded.find(b"colr")
    icc = [body[4:] for body in colors if body[:4] in (b"prof", b"rICC")]
    if icc:
        return icc[0] or None, (), 0
    codes = [Cursor(body, 4) for body in colors if body[:4] == b"nclx"]
    if not codes:
        return None, (), 0
    primaries, transfer = codes[0].number(2), codes[0].number(2)
    primaries = BT709_PRIMARIES if primaries == UNSPECIFIED else primaries
    transfer = SRGB_TRANSFER if transfer == UNSPECIFIED else transfer
    if not is_known(primaries, transfer):
        code = primaries, transfer
        return None, (f"the nclx color description {code} is not known and was left out",), 0
    profile, notes = coded_profile(primaries, transfer, "nclx", gray=gray)
    return profile, notes, transfer if is_hdr(transfer) else 0


def _turn(item: Item) -> int:
    """Return the EXIF orientation of rotation and mirror; EXIF itself does not count in HEIF."""
    angles, mirrors = item.find(b"irot"), item.find(b"imir")
    mirror = 1 + (mirrors[0][0] & 1) if mirrors and mirrors[0] else 0
    return _TURNS[angles[0][0] & 3 if angles and angles[0] else 0][mirror]


def _crop(item: Item, height: int, width: int) -> Rectangle:
    """Return the clean aperture; all of the picture where it lies outside."""
    whole = 0, 0, width, height
    bodies = item.find(b"clap")
    if not bodies or len(bodies[0]) != 32:
        return whole
    cursor = Cursor(bodies[0])
    unsigned = [cursor.number(4) for _ in range(8)]
    signed = [value - 2**32 if value >= 2**31 else value for value in unsigned]
    if not all(signed[1::2]):
        return whole
    across, down, right, below = (Fraction(*signed[i : i + 2]) for i in range(0, 8, 2))
    left, top = floor(right + (width - across) / 2), floor(below + (height - down) / 2)
    box = left, top, left + floor(across), top + floor(down)
    inside = 0 <= left < box[2] <= width and 0 <= top < box[3] <= height
    return box if inside else whole


def _metadata(file: BinaryIO, items: Items) -> tuple[bytes, bytes, set[int]]:
    """Return EXIF and XMP of the picture, and the items that hold them."""
    exif, xmp, used = b"", b"", set()
    for number, item in items.by_id.items():
        if items.primary not in item.references.get(b"cdsc", (items.primary,)):
            continue
        if item.kind == b"Exif" and not exif:
            data = items.data(file, number)
            exif = data[4 + int.from_bytes(data[:4], "big") :]
            used.add(number)
        elif item.kind == b"mime" and item.content == XMP_TYPE and not xmp:
            xmp = items.data(file, number)
            used.add(number)
    return exif, xmp, used


def _thumbnail(file: BinaryIO, items: Items) -> bytes:
    """Return the data of a thumbnail; nothing where there is none."""
    for number, item in items.by_id.items():
        if items.primary in item.references.get(b"thmb", ()):
            return items.data(file, number)
    return b""


def _others(items: Items, used: set[int]) -> list[str]:
    """Return the names of the items that are not read."""
    primary, names, pictures = items.by_id[items.primary], [], 0
    parts = {
        number
        for item in items.by_id.values()
        if item.kind in (*_DERIVED, b"tmap")
        for number in item.references.get(b"dimg", ())
    }
    parts |= {*primary.references.get(b"dimg", ()), items.primary, *used}
    maps = [number for number, item in items.by_id.items() if item.kind == b"tmap"]
    for number, item in items.by_id.items():
        refers, type_ = item.references, _auxiliary(item)
        if number in maps:
            names.append("gain map")
        elif b"thmb" in refers:
            pass  # thumbnails are made anew
        elif b"auxl" in refers and number not in used:
            known = (word for end, word in _AUXILIARY.items() if type_.endswith(end))
            names.append(next(known, f"auxiliary picture ({type_.decode('latin-1')})"))
        elif number in parts:
            continue
        elif item.kind in (b"Exif", b"mime", b"uri "):
            if items.primary in refers.get(b"cdsc", (items.primary,)):
                names.append(_metadata_name(item))
        else:
            pictures += 1
    return [*names, *others(pictures, "picture")]


def _metadata_name(item: Item) -> str:
    if item.kind == b"Exif":
        return "second EXIF"
    if item.content == XMP_TYPE:
        return "second XMP packet"
    content = item.content.decode("latin-1")
    return f"metadata ({content})" if content else "metadata of an unknown kind"


def _beside(file: BinaryIO, items: Items) -> Iterator[str]:
    """Yield the names of what lies beside the items."""
    for box in items.other_boxes:
        size = box.stop - box.start
        if box.kind == b"moov" and size <= _MAX_TRACK:
            file.seek(box.start)
            yield from others(_frames(exactly(file, size)) - 1, "frame")
        elif box.kind == b"uuid":
            file.seek(box.start)
            signed = exactly(file, min(16, size)) == _C2PA
            yield "uuid (C2PA)" if signed else "uuid"
        elif box.kind == TRAILER:
            file.seek(box.start)
            start = exactly(file, min(8, size))
            if start.strip(b"\0"):  # zeros are a filling
                yield name_trailer(start, size)
        else:
            yield box.kind.decode("latin-1")


def _frames(moov: bytes) -> int:
    """Return the most samples of a track."""
    counts = [0]
    pending = [Box(b"", 0, len(moov))]
    while pending:
        outer = pending.pop()
        for box in boxes_in(moov, outer.start, outer.stop):
            if box.kind in (b"trak", b"mdia", b"minf", b"stbl"):
                pending.append(box)
            elif box.kind == b"stsz":
                counts.append(Cursor(moov[box.start : box.stop], 8).number(4))
    return max(counts)


_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")

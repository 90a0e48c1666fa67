"""AVIF: gray and RGB, with and without alpha, of 8, 10 and 12 bits.

libavif, by imagecodecs, codes the pixels and knows no metadata; the items are read and packed here.
It gets files of the picture alone, since imagecodecs writes beyond its memory where a sequence
follows.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from restorer.formats.codec import WriterOptions, decoding
from restorer.formats.color.code_points import BT709_PRIMARIES, SRGB_TRANSFER
from restorer.formats.color.profiles import THREADS
from restorer.formats.heif.items import Item, Property, pack_items, read_items
from restorer.formats.heif.picture import XMP_TYPE, read_picture
from restorer.formats.samples import normal
from restorer.image import Image, Metadata
from restorer.settings.kinds import Choice, Flag, Integer
from restorer.settings.options import option

_BRANDS = (b"avif", b"avis")
_STILL = b"avif" + bytes(4) + b"avifmif1miaf"
_MOST_BRANDS = 12
_THREADS = max(2, THREADS)  # one thread gives another file than any other number
_FASTEST = 10  # libavif's speed


@dataclass(frozen=True)
class AvifOptions(WriterOptions):
    """How AVIF files are written.

    Attributes:
        quality: Quality of lossy files.
        lossless: None makes files of quality 100 lossless.
        effort: Effort of compression; 1 is fast, 9 makes the smallest files.
        bits: Bits of a sample where the image has more than 8.
        subsampling: Resolution of the colors; None keeps it full from quality 90 on and halves it
            both ways below. Lossless files keep it full.
    """

    quality: int = option(95, Integer(1, 100), "AVIF quality, 1 to 100.")
    lossless: bool | None = option(None, Flag(), "Lossless compression.")
    effort: int = option(4, Integer(1, 9), "Effort of compression, 1 to 9.")
    bits: int = option(12, Choice({10: "", 12: ""}), "Bits of a sample of deep pictures.")
    subsampling: str | None = option(
        None, Choice(dict.fromkeys(("4:4:4", "4:2:2", "4:2:0"), "")), "Resolution of the colors."
    )


def sniff(file: BinaryIO) -> int:
    """Return 2 for a file that names a brand of AVIF, more than for a file of any boxes."""
    start = file.read(12)
    if start[4:8] != b"ftyp":
        return 0
    more = file.read(min(4 + 4 * _MOST_BRANDS, max(0, int.from_bytes(start[:4], "big") - 12)))
    brands = start[8:12], *(more[at : at + 4] for at in range(4, len(more), 4))
    return 2 * any(brand in brands for brand in _BRANDS)


class AvifReader:
    """An AVIF file; a note names the items that are left out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._picture = picture = read_picture(file, b"av01")
        self.metadata, self.notes = picture.metadata, picture.notes
        self.header = picture.header("AVIF")

    def decode(self) -> Image:
        """Decode the picture; 10 and 12 bits are stretched to 16."""
        import imagecodecs

        picture = self._picture
        data = picture.alone(self._file, _STILL)
        with decoding(imagecodecs.AvifError):
            pixels = imagecodecs.avif_decode(data, numthreads=THREADS)
        return picture.image(pixels)


def encode(image: Image, file: BinaryIO, options: AvifOptions) -> tuple[str, ...]:
    """Write uint8 or uint16 of 1 to 4 channels; samples of 16 bits are rounded to 10 or 12."""
    import imagecodecs

    lossless = options.quality == 100 if options.lossless is None else options.lossless
    bits = 8 if image.bits == 8 else options.bits
    pixels, notes = (image.pixels, ()) if bits == 8 else _rounded(image.pixels, bits)
    colors = options.subsampling or ("4:4:4" if options.quality >= 90 else "4:2:0")
    data = imagecodecs.avif_encode(
        np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels),
        level=100 if lossless else min(options.quality, 99),
        speed=round(_FASTEST * (9 - options.effort) / 8),
        bitspersample=bits,
        pixelformat="400" if image.pixels.shape[2] < 3 else _format(colors, lossless=lossless),
        numthreads=_THREADS,
    )
    file.write(_with_metadata(bytes(data), image.metadata))
    return notes


def _format(colors: str, *, lossless: bool) -> str:
    return "444" if lossless else colors.replace(":", "")


def _rounded(pixels: Any, bits: int) -> tuple[Any, tuple[str, ...]]:
    """Return samples of 16 bits with 10 or 12, and a note unless they were made of such."""
    values = np.rint(pixels * np.float32(((1 << bits) - 1) / 65535)).astype(np.uint16)
    exact = np.array_equal(normal(values, bits)[0], pixels)
    note = f"AVIF holds at most 12 bits; 16-bit values were rounded to {bits}"
    return values, () if exact else (note,)


def _with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Return a file of libavif with its colors and items of metadata."""
    file = BytesIO(data)
    items = read_items(file)
    by_id, contents = dict(items.by_id), {n: items.data(file, n) for n in items.by_id}
    primary = by_id[items.primary]
    properties = [each if each.kind != b"colr" else _srgb(each) for each in primary.properties]
    if metadata.icc:
        properties = [*primary.properties, Property(b"colr", b"prof" + metadata.icc)]
    by_id[items.primary] = replace(primary, properties=tuple(properties))
    for kind, content, body in (
        (b"Exif", b"", metadata.exif and bytes(4) + metadata.exif),
        (b"mime", XMP_TYPE, metadata.xmp),
    ):
        if body:
            number = max(by_id) + 1
            by_id[number] = Item(kind, content, references={b"cdsc": (items.primary,)})
            contents = {number: body, **contents}  # OpenCV reads no metadata behind the pixels
    return pack_items(replace(items, by_id=by_id), contents)


def _srgb(color: Property) -> Property:
    """Return code points that state sRGB, with the matrix and range of `color`."""
    codes = struct.pack(">HH", BT709_PRIMARIES, SRGB_TRANSFER)
    return replace(color, body=color.body[:4] + codes + color.body[8:])

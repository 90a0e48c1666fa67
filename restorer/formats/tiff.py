"""TIFF: 8 and 16 bits and float32, gray, RGB, alpha, palette, CMYK and Lab, through tifffile.

tifffile decodes and writes pixels; tags are read and added as raw bytes by `ifd`, since tifffile
drops the EXIF and GPS directories.
"""

from __future__ import annotations

import logging
import math
import os
import struct
import zlib
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import geo, ifd, lzw, maker_note, photoshop, profiles
from restorer.formats.codec import Header, WriterOptions, decoding, not_kept
from restorer.formats.metadata import (
    DESCRIPTIVE,
    ICC,
    XMP,
    described_by,
    exif_from,
    resolution_of,
)
from restorer.image import Bits, Document, Image, Metadata
from restorer.options import Choice, option

# Without a handler of its own, tifffile's remarks on damaged files would reach the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR, _CIELAB, _ICCLAB = (
    0,
    1,
    2,
    3,
    5,
    6,
    8,
    9,
)
_COLORS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3}  # samples without extra ones
_ASSOCIATED, _STRAIGHT = 1, 2
_JPEG = (6, 7)  # compressions that turn YCbCr into RGB themselves
_LZW = 5
_UNSIGNED, _FLOAT = 1, 3
_REDUCED_OR_MASK = 0b101  # bits of NewSubfileType: a thumbnail or a mask is no page
_MAX_PAGES = 1000  # more are not counted
_BIG = 2**32 - 2**26  # size of the pixels in bytes above which offsets need 64 bits
_DNG, _INK_SET, _IPTC, _PHOTOSHOP = 50706, 332, 33723, 34377
_COMPRESSIONS = {"deflate": "zlib", "lzw": "lzw", "zstd": "zstd", "none": None}  # by tifffile
# The tags that say how the pixels are stored, which the reader obeys: NewSubfileType to
# Threshholding, FillOrder, StripOffsets to MaxSampleValue, resolution, PlanarConfiguration, free
# space, T4 and T6 options, ResolutionUnit, Predictor, ColorMap, tiles, fax lines, InkSet,
# ExtraSamples to SMaxSampleValue, JPEG, YCbCr.
_LAYOUT = frozenset({254, 255, 256, 257, 258, 259, 262, 263, 266, 273, *range(277, 285), 288, 289})
_LAYOUT |= {
    292,
    293,
    296,
    317,
    320,
    322,
    323,
    324,
    325,
    326,
    327,
    328,
    332,
    338,
    339,
    340,
    341,
    347,
}
_LAYOUT |= frozenset({*range(512, 522), 529, 530, 531, 532})

# What tifffile and its decoders raise for damaged files, beside OSError: it does not check tags.
TIFF_ERRORS = (
    *(ValueError, TypeError, LookupError, ArithmeticError, RuntimeError),
    *(struct.error, zlib.error),
)


@dataclass(frozen=True)
class TiffOptions(WriterOptions):
    """How TIFF files are written.

    Attributes:
        compression: All kinds are lossless.
    """

    compression: str = option(
        "deflate", Choice(dict.fromkeys(("deflate", "lzw", "zstd", "none"), "")), "Compression."
    )


def sniff(start: bytes) -> int:
    """Return 1 for a classic or a big TIFF of either byte order."""
    return int(start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))


class TiffReader:
    """A TIFF file with one full page, whose pixels become gray or RGB with straight alpha.

    Attributes:
        file: The open file.
        page: The page of tifffile.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.page, pages, others = _still_page(file)
        _check(self.page)
        self.metadata, notes, unkept = _metadata(file, self.page)
        photometric = self.page.photometric
        channels = {_CMYK: 3, _PALETTE: 3}.get(photometric, _COLORS[photometric])
        alpha, alpha_notes = _alpha(self.page)
        unkept += [f"{others} reduced pages or masks"] if others else []
        self.notes = (*notes, *alpha_notes, *not_kept(unkept))
        size = self.page.imagelength, self.page.imagewidth
        self.header = Header("TIFF", *size, channels + alpha, _bits(self.page), pages)

    def decode(self) -> Document:
        """Decode the pixels. Raises ImageFormatError for NaN."""
        page, file = self.page, self.file
        self.check_strips()
        if page.compression == _LZW:
            for at, size in zip(page.dataoffsets, page.databytecounts, strict=False):
                file.seek(at)
                check_codes(page, file.read(size))
        with decoding(*TIFF_ERRORS):
            values: Any = page.asarray(squeeze=False)[:, 0]  # (planes, H, W, samples)
        values = np.moveaxis(values[..., 0], 0, -1) if len(values) > 1 else values[0]
        return Document((self.image(values),))

    def image(self, values: Any) -> Image:
        """Bring samples as stored, (rows, W, samples) of any rows, to gray or RGB."""
        _check_samples(self.page, values)
        pixels, notes, icc = self._normal(values)
        metadata = replace(self.metadata, icc=icc)
        contiguous: Any = np.ascontiguousarray(pixels)
        return Image(contiguous, metadata, (*self.notes, *notes))

    def check_strips(self) -> None:
        """Refuse missing strips, which tifffile would fill with black."""
        page, length = self.page, self.file.seek(0, os.SEEK_END)
        spans = list(zip(page.dataoffsets, page.databytecounts, strict=False))
        if not all(isinstance(number, int) for span in spans for number in span):
            raise ImageFormatError("the offsets of the TIFF are damaged")
        if len(spans) < math.prod(page.chunked) or any(at <= 0 or size <= 0 for at, size in spans):
            raise ImageFormatError("strips or tiles of the TIFF are missing")
        if any(at + size > length for at, size in spans):
            raise ImageFormatError("the file is cut short: strips or tiles lie behind its end")

    def _normal(self, values: Any) -> tuple[Any, tuple[str, ...], bytes | None]:
        """Return the samples with the depth of the header, notes and color profile."""
        page, icc, photometric = self.page, self.metadata.icc, self.page.photometric
        if photometric == _PALETTE:
            return _palette(page)[values[..., 0].astype(np.uint8)], (), icc
        if photometric in (_CIELAB, _ICCLAB):
            lab = _lab(values, page.bitspersample, icc=photometric == _ICCLAB)
            rgb = profiles.lab_to_rgb(lab)
            pixels: Any = Image(rgb).with_float(rgb, bits=self.header.bits).pixels
            return pixels, ("Lab was converted to sRGB",), profiles.srgb_profile()
        pixels = _stretched(values, page.bitspersample)
        alpha = self.header.channels % 2 == 0
        pixels = pixels[..., : _COLORS[photometric] + alpha]
        notes: tuple[str, ...] = ()
        if alpha and page.extrasamples[:1] == (_ASSOCIATED,):
            pixels, notes = _straight(pixels), ("premultiplied alpha was made straight",)
        if photometric == _CMYK:
            color, note = profiles.cmyk_to_rgb(np.ascontiguousarray(pixels[..., :4]), icc)
            pixels = np.concatenate([color, pixels[..., 4:]], axis=-1)
            return pixels, (*notes, note), profiles.srgb_profile()
        if photometric == _WHITE_IS_ZERO:
            white = 1 if self.header.bits == 32 else np.iinfo(pixels.dtype).max
            pixels = np.concatenate([white - pixels[..., :1], pixels[..., 1:]], axis=-1)
        return pixels, notes, icc


def encode(image: Image, file: BinaryIO, options: TiffOptions) -> tuple[str, ...]:
    """Write with predictor; EXIF's own byte order, BigTIFF where the size asks for it."""
    pixels = image.pixels
    data = pixels if pixels.shape[2] > 1 else pixels[..., 0]
    return write(data, file, image.metadata, pixels.shape[2], pixels.nbytes, options)


def write(
    data: Any,
    file: BinaryIO,
    metadata: Metadata,
    channels: int,
    size_bytes: int,
    options: TiffOptions,
    **layout: Any,
) -> tuple[str, ...]:
    """Write pixels of 1 to 4 channels and all tags into an empty file; return notes.

    Args:
        data: (H, W) or (H, W, channels), or an iterator over tiles of such.
        file: Readable, writable and seekable.
        metadata: The metadata of the pixels, with EXIF's sizes set.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        size_bytes: The size of all pixels.
        options: The options of the writer.
        layout: More options of tifffile's writer; an iterator needs shape, dtype and tile.
    """
    import tifffile

    structure, described, others = described_by(metadata.exif)
    resolution: dict[str, Any] = {"resolution": metadata.dpi, "resolutionunit": "INCH"}
    with tifffile.TiffWriter(file, bigtiff=size_bytes > _BIG, byteorder=structure.order) as writer:
        writer.write(
            data,
            photometric="rgb" if channels >= 3 else "minisblack",
            planarconfig="contig" if channels > 1 else None,
            extrasamples=["unassalpha"] if channels in (2, 4) else None,
            compression=_COMPRESSIONS[options.compression],
            predictor=options.compression != "none",
            metadata=None,
            software=False,
            **(resolution if metadata.dpi else {}),
            **layout,
        )
    fields = dict(described.fields)
    if metadata.xmp:
        fields[XMP] = ifd.Field(1, len(metadata.xmp), metadata.xmp)  # BYTE
    if metadata.icc:
        fields[ICC] = ifd.Field(7, len(metadata.icc), metadata.icc)  # UNDEFINED
    iptc = metadata.blocks.get("IPTC")
    for tag, block in ((_IPTC, iptc), (_PHOTOSHOP, metadata.blocks.get("Photoshop"))):
        if block:
            fields[tag] = ifd.Field(7, len(block), block)
    if geo.BLOCK in metadata.blocks:
        fields |= geo.fields_of(metadata.blocks[geo.BLOCK], structure.order)
    added = maker_note.movable(structure, replace(described, fields=fields))
    if fields or described.children:
        ifd.extend(file, added)
        maker_note.rebase(file, added)
    unkept = ["maker note"] if added.children != described.children else []
    unkept += [_tag_name(tag) for tag in others if tag not in _LAYOUT]
    return not_kept(unkept)


def _still_page(file: BinaryIO) -> tuple[Any, int, int]:
    """Return the first full page and the numbers of full pages and of thumbnails and masks."""
    import tifffile

    with decoding(*TIFF_ERRORS):
        pages: list[Any] = list(islice(tifffile.TiffFile(file).pages, _MAX_PAGES))
    if not pages:
        raise ImageFormatError("the TIFF has no page")
    if _DNG in pages[0].tags or any(page.photometric in (32803, 34892) for page in pages):
        raise ImageFormatError("a camera RAW file (DNG), which cannot be read as a picture")
    full = [page for page in pages if not _is_reduced(page)]
    if not full:
        raise ImageFormatError("the TIFF holds only a preview, as camera RAW files do")
    return full[0], len(full), len(pages) - len(full)


def _is_reduced(page: Any) -> bool:
    """Whether a page is a thumbnail or a mask."""
    kind = page.subfiletype
    return isinstance(kind, int) and bool(kind & _REDUCED_OR_MASK)


def _check(page: Any) -> None:
    """Refuse what could not be shown as gray or RGB."""
    photometric, bits, kind = page.photometric, page.bitspersample, page.sampleformat
    with decoding(*TIFF_ERRORS):
        chunks = page.chunks, page.chunked
    numbers = (
        page.imagewidth,
        page.imagelength,
        page.samplesperpixel,
        photometric,
        *sum(chunks, ()),
    )
    if not all(isinstance(number, int) for number in numbers):  # tags of several values
        raise ImageFormatError("the size tags of the TIFF are damaged")
    if photometric not in _COLORS or (photometric == _YCBCR and page.compression not in _JPEG):
        raise ImageFormatError(
            f"TIFF colors of kind {getattr(photometric, 'name', photometric)} are not known"
        )
    if not isinstance(bits, int) or bits < 1 or page.imagedepth != 1:
        raise ImageFormatError(f"TIFF of {bits} bits and depth {page.imagedepth} is not known")
    floating = kind == _FLOAT and bits in (16, 24, 32, 64) and photometric in (0, 1, 2)
    signed_lab = photometric in (_CIELAB, _ICCLAB) and bits in (8, 16)
    if not floating and not signed_lab and (kind != _UNSIGNED or bits > 16):
        name = {1: "unsigned", 2: "signed", 3: "float"}.get(kind, "complex or void")
        raise ImageFormatError(
            f"TIFF samples are {name} of {bits} bits; known are unsigned up to 16 and float"
        )
    extra = page.samplesperpixel - _COLORS[photometric]
    if not 0 <= extra <= (1 if photometric in (0, 1, 2, 5) else 0):
        raise ImageFormatError(
            f"TIFF of {page.samplesperpixel} channels; known are up to 4 with alpha"
        )
    if photometric == _CMYK and (bits not in (8, 16) or _tag(page, _INK_SET, 1) != 1):
        raise ImageFormatError("TIFF of inks other than 8 or 16-bit CMYK is not known")
    if photometric in (_CIELAB, _ICCLAB) and bits not in (8, 16):
        raise ImageFormatError(f"TIFF of Lab colors of {bits} bits is not known")
    table = np.shape(page.colormap)
    if photometric == _PALETTE and (bits > 8 or len(table) != 2 or table[0] != 3 or not table[1]):
        raise ImageFormatError(f"TIFF palette of {bits} bits is not known")
    if math.prod(page.chunks) > max(
        2**26, 4 * page.imagelength * page.imagewidth * page.samplesperpixel
    ):
        raise ImageFormatError(f"TIFF tiles of {page.chunks} are larger than the picture")


def _check_samples(page: Any, values: Any) -> None:
    """Refuse decoded samples, (rows, W, samples), that are not such as the tags say."""
    bits, dtype = page.bitspersample, values.dtype
    limit = len(page.colormap[0]) if page.photometric == _PALETTE else 1 << bits
    sound = (
        values.shape[1:] == (page.imagewidth, page.samplesperpixel)
        and (dtype.kind == "f") == (page.sampleformat == _FLOAT)
        and (bits not in (8, 16) or dtype.itemsize * 8 == bits)
        and (dtype.kind != "u" or limit > np.iinfo(dtype).max or values.max() < limit)
    )
    if not sound:
        raise ImageFormatError("the pixels of the TIFF are damaged: they contradict its tags")


def check_codes(page: Any, data: bytes) -> None:
    """Refuse the data of a strip or tile that would crash the decoder."""
    import imagecodecs

    if page.compression == _LZW:
        lzw.check(imagecodecs.bitorder_decode(data) if page.fillorder == 2 else data)


def _bits(page: Any) -> Bits:
    if page.sampleformat == _FLOAT:
        return 32
    if page.photometric == _PALETTE:
        return 8 if _palette(page).dtype == np.uint8 else 16
    return 8 if page.bitspersample <= 8 else 16


def _alpha(page: Any) -> tuple[bool, tuple[str, ...]]:
    """Whether the extra sample is alpha; unknown ones are dropped, unlabeled ones kept."""
    if page.samplesperpixel == _COLORS[page.photometric]:
        return False, ()
    if not page.extrasamples:
        return True, ("the last channel has no label and was taken for alpha",)
    if page.extrasamples[0] in (_ASSOCIATED, _STRAIGHT):
        return True, ()
    return False, ("a channel of unspecified meaning was left out",)


def _palette(page: Any) -> Any:
    """Return (N, 3) colors, in 8 bits where the 16-bit table holds nothing finer."""
    table = np.asarray(page.colormap, np.uint16).T
    if table.max() < 256:  # a common fault: 8-bit values in a 16-bit table
        return table.astype(np.uint8)
    high = (table >> 8).astype(np.uint8)
    coarse = not (table & 255).any() or bool((high.astype(np.uint16) * 257 == table).all())
    return high if coarse else np.ascontiguousarray(table)


def _stretched(values: Any, bits: int) -> Any:
    """Scale 1..7 bits to 8 and 9..15 to 16, floats to float32. Raises ImageFormatError for NaN."""
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise ImageFormatError("the picture holds NaN or infinity")
        return values
    target, top = (np.uint8, 255) if bits <= 8 else (np.uint16, 65535)
    if bits in (8, 16):
        return values.astype(target, copy=False)
    levels = np.rint(np.arange(1 << bits) * (top / ((1 << bits) - 1))).astype(target)
    return levels[values.astype(np.uint16)]


def _straight(pixels: Any) -> Any:
    """Divide colors by their alpha; invisible ones become black."""
    white = 1.0 if pixels.dtype == np.float32 else float(np.iinfo(pixels.dtype).max)
    alpha = pixels[..., -1:].astype(np.float64)
    color = np.divide(
        pixels[..., :-1] * white,
        alpha,
        out=np.zeros_like(pixels[..., :-1], np.float64),
        where=alpha > 0,
    )
    if pixels.dtype != np.float32:
        color = np.minimum(np.rint(color), white)
    return np.concatenate([color.astype(pixels.dtype), pixels[..., -1:]], axis=-1)


def _lab(values: Any, bits: int, *, icc: bool) -> Any:
    """Decode L*a*b*: CIE has signed a and b, ICC an offset (16 bits: white at 0xFF00)."""
    unsigned = values.view(np.uint8 if bits == 8 else np.uint16)
    step = 1 if bits == 8 else 256
    if icc:
        lightness = unsigned[..., :1] * (100 / (255 * step))
        ab = unsigned[..., 1:] / step - 128.0
    else:
        lightness = unsigned[..., :1] * (100 / (2**bits - 1))
        ab = unsigned[..., 1:].view(np.int8 if bits == 8 else np.int16) / step
    return np.concatenate([lightness, ab], axis=-1).astype(np.float32)


def _metadata(file: BinaryIO, page: Any) -> tuple[Metadata, tuple[str, ...], list[str]]:
    """Return the metadata in the raw tags of a page, notes, and the names of all other tags."""
    try:
        layout, _ = ifd.read_layout(file)
        directory = ifd.read_directory(file, layout, page.offset)
    except ValueError:
        return Metadata(), ("the tags are damaged; metadata were left out",), []
    moved = maker_note.movable(layout, directory)
    understood = {XMP, ICC, _IPTC, _PHOTOSHOP} | DESCRIPTIVE | _LAYOUT
    blocks, unkept = photoshop.read_resources(_data(directory, _PHOTOSHOP))
    if located := geo.read_tags(layout, directory, page.imagelength, page.imagewidth):
        blocks |= located
        understood |= {tag for tag, kind in geo.KINDS.items() if _kind(directory, tag) == kind}
    if iptc := _data(directory, _IPTC):
        other = blocks.get("IPTC", iptc)
        unkept += ["second IPTC"] if other.rstrip(b"\0") != iptc.rstrip(b"\0") else []
        blocks["IPTC"] = iptc
    unkept += [_tag_name(tag) for tag in directory.fields if tag not in understood]
    dpi = resolution_of(layout, directory)
    packet, icc = (_data(directory, tag) or None for tag in (XMP, ICC))
    unkept += ["maker note"] if moved is not directory else []
    metadata = Metadata(exif_from(layout, moved), packet, icc, dpi, blocks)
    return metadata, (), unkept


def _data(directory: ifd.Directory, tag: int) -> bytes:
    return directory.fields[tag].data if tag in directory.fields else b""


def _kind(directory: ifd.Directory, tag: int) -> int:
    return directory.fields[tag].kind if tag in directory.fields else 0


def _tag_name(code: int) -> str:
    import tifffile

    names: Any = tifffile.TIFF.TAGS
    name = names.get(code)
    return f"tag {code} ({name})" if name else f"tag {code}"


def _tag(page: Any, code: int, default: int) -> Any:
    tag = page.tags.get(code)
    return default if tag is None else tag.value

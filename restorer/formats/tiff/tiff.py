"""TIFF: samples of all types, gray, RGB, alpha, palette, CMYK, Lab and YCbCr, through tifffile.

tifffile decodes and writes pixels; tags are read and added as raw bytes by `ifd`, since tifffile
drops the EXIF and GPS directories.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import photoshop, samples
from restorer.formats.codec import (
    Header,
    WriterOptions,
    decoding,
    name_trailer,
    not_kept,
    others,
)
from restorer.formats.color import profiles
from restorer.formats.exif import ifd, maker_note
from restorer.formats.metadata import (
    DESCRIPTIVE,
    ICC,
    XMP,
    described_by,
    exif_from,
    resolution_of,
)
from restorer.formats.tiff import geo, lzw, stacks, ycbcr
from restorer.formats.tiff.directories import Directories, tiff_errors
from restorer.image import Bits, Image, Metadata
from restorer.settings.kinds import Choice
from restorer.settings.options import option

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
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_AS_RGB = "save it as gray or RGB of 8 or 16 bits first"
_MAX_ENDS = 100  # pages whose data are looked for where a file may have a trailer
BIG = 2**32 - 2**26  # size of the pixels in bytes above which offsets need 64 bits
_INK_SET, _IPTC, _PHOTOSHOP, _SUB_IFDS = 332, 33723, 34377, 330
_MAX_SUB_PAGES = 16
_DATA = ((273, 279), (324, 325), (513, 514))  # offsets and sizes: strips, tiles, a JPEG thumbnail
_NOTHING = ifd.Field(0, 0, b"")
_NO_LOOP = {_SUB_IFDS: _NOTHING}  # directories below those below are not looked for
_SLACK = 64  # bytes without a use; tifffile leaves 22 behind the pages of a stack
_TRAILER_START = 2**16  # zeros, with which some programs fill a file, are no trailer
_MAX_EXTRA = 32  # channels beside color
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


@dataclass(frozen=True)
class TiffOptions(WriterOptions):
    """How TIFF files are written.

    Attributes:
        compression: All kinds are lossless.
    """

    compression: str = option(
        "deflate", Choice(dict.fromkeys(("deflate", "lzw", "zstd", "none"), "")), "Compression."
    )


class TiffReader:
    """A TIFF file with one full page, whose pixels become gray or RGB with straight alpha.

    Attributes:
        file: The open file.
        page: The page of tifffile.
    """

    def __init__(
        self, file: BinaryIO, directories: Directories | None = None, number: int = 0
    ) -> None:
        self.file = file
        self._directories = directories or Directories(file)
        self.page = self._directories.open(number)
        _check(self.page)
        self.metadata, notes, unkept = self._read_metadata(number)
        photometric = self.page.photometric
        channels = {_CMYK: 3, _PALETTE: 3}.get(photometric, _COLORS[photometric])
        self._alpha, alpha_notes, extra = _alpha(self.page)
        unkept += others(extra, "channel", "extra")
        if number == 0:
            reduced = self._directories.reduced
            unkept += [f"{reduced} reduced pages or masks"] if reduced else []
            unkept += _trailer(file, self._directories)
        self.notes = (*notes, *alpha_notes, *not_kept(unkept))
        alpha = self._alpha is not None
        size, pages = (self.page.imagelength, self.page.imagewidth), len(self._directories.pages)
        self.header = Header("TIFF", *size, channels + alpha, _bits(self.page), pages)

    def open_page(self, number: int) -> TiffReader:
        """Return the reader of a page."""
        return TiffReader(self.file, self._directories, number) if number else self

    def _read_metadata(self, number: int) -> tuple[Metadata, tuple[str, ...], list[str]]:
        """Return metadata, notes and unread parts, with the axes of a stack in its first page."""
        metadata, notes, unkept = _metadata(self.file, self.page)
        count = len(self._directories.pages)
        if number or count == 1:
            return metadata, notes, unkept
        try:
            layout, _ = ifd.read_layout(self.file)
            directory = ifd.read_directory(self.file, layout, self.page.offset)
        except ValueError:
            return metadata, notes, unkept
        size = int(self.page.imagelength), int(self.page.imagewidth)
        stack = stacks.Stack("", *size, _bits(self.page), count)
        metadata, more = stacks.taken(metadata, layout, directory, stack)
        return metadata, (*notes, *more), unkept

    def decode(self) -> Image:
        """Decode the pixels. Raises ImageFormatError for NaN."""
        page, file = self.page, self.file
        self.check_strips()
        if page.compression == _LZW:
            for at, size in zip(page.dataoffsets, page.databytecounts, strict=False):
                file.seek(at)
                check_codes(page, file.read(size))
        if self.is_raw_ycbcr:
            return self.image(ycbcr.decode(page, file))
        with decoding(*tiff_errors()):
            values: Any = page.asarray(squeeze=False)[:, 0]  # (planes, H, W, samples)
        values = np.moveaxis(values[..., 0], 0, -1) if len(values) > 1 else values[0]
        return self.image(values)

    @property
    def is_raw_ycbcr(self) -> bool:
        """Whether the colors are YCbCr that no JPEG decoder turns into RGB."""
        return bool(self.page.photometric == _YCBCR and self.page.compression not in _JPEG)

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
            return samples.palette(page.colormap)[values[..., 0].astype(np.uint8)], (), icc
        if photometric in (_CIELAB, _ICCLAB):
            lab = samples.lab(values, page.bitspersample, icc=photometric == _ICCLAB)
            rgb = profiles.lab_to_rgb(lab)
            converted: Any = Image(rgb).with_float(rgb, bits=self.header.bits).pixels
            return converted, ("Lab was converted to sRGB",), profiles.srgb_profile()
        if self.is_raw_ycbcr:
            return ycbcr.to_rgb(page, values), (), icc
        colors = _COLORS[photometric]
        kept = values[..., [*range(colors), *([] if self._alpha is None else [self._alpha])]]
        pixels, notes = samples.normal(kept, page.bitspersample)
        if self._alpha is not None:
            if kept.dtype.kind != "f" and pixels.dtype == np.float32:
                pixels[..., -1] /= np.iinfo(kept.dtype).max
            if page.extrasamples[self._alpha - colors : self._alpha - colors + 1] == (_ASSOCIATED,):
                pixels = samples.straight(pixels)
                notes = (*notes, "premultiplied alpha was made straight")
        if photometric == _CMYK:
            color, note = profiles.cmyk_to_rgb(np.ascontiguousarray(pixels[..., :4]), icc)
            pixels = np.concatenate([color, pixels[..., 4:]], axis=-1)
            return pixels, (*notes, note), profiles.srgb_profile()
        if photometric == _WHITE_IS_ZERO:
            color = samples.inverted(pixels[..., :1], kept[..., :1])
            pixels = np.concatenate([color, pixels[..., 1:]], axis=-1)
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

    structure, _, _ = described_by(metadata.exif)
    resolution: dict[str, Any] = {"resolution": metadata.dpi, "resolutionunit": "INCH"}
    with tifffile.TiffWriter(file, bigtiff=size_bytes > BIG, byteorder=structure.order) as writer:
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
    return add_metadata(file, metadata)


def add_metadata(file: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Add the metadata to the first directory of a file in EXIF's byte order; return notes."""
    structure, described, others = described_by(metadata.exif)
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


def _check(page: Any) -> None:
    """Refuse what could not be shown as gray or RGB."""
    photometric, bits, kind = page.photometric, page.bitspersample, page.sampleformat
    with decoding(*tiff_errors()):
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
    if photometric not in _COLORS:
        kind = getattr(photometric, "name", photometric)
        raise ImageFormatError(f"TIFF colors of kind {kind} are not known; {_AS_RGB}")
    if not isinstance(bits, int) or bits < 1:
        raise ImageFormatError(f"TIFF of {bits} bits is not known; {_AS_RGB}")
    if page.imagedepth != 1:
        raise ImageFormatError(
            f"TIFF volume of {page.imagedepth} slices; save the slices as pictures first"
        )
    plain = photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)
    floating = kind == _FLOAT and bits in (16, 24, 32, 64) and plain
    measured = kind in (_UNSIGNED, _SIGNED) and bits in (8, 16, 32, 64) and plain
    signed_lab = photometric in (_CIELAB, _ICCLAB) and bits in (8, 16)
    if not floating and not measured and not signed_lab and (kind != _UNSIGNED or bits > 16):
        name = {1: "unsigned", 2: "signed", 3: "float"}.get(kind, "complex or void")
        raise ImageFormatError(
            f"TIFF samples are {name} of {bits} bits; known are integers and floats of"
            f" up to 64 bits, for gray and RGB; {_AS_RGB}"
        )
    extra = page.samplesperpixel - _COLORS[photometric]
    if not 0 <= extra <= (_MAX_EXTRA if plain or photometric == _CMYK else 0):
        raise ImageFormatError(
            f"TIFF of {page.samplesperpixel} channels; known are up to {_MAX_EXTRA} beside the"
            " colors; save those that you need as an image of their own"
        )
    if photometric == _YCBCR and page.compression not in _JPEG:
        ycbcr.check(page)
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
    if page.photometric in (_CIELAB, _ICCLAB):
        return 8 if page.bitspersample == 8 else 16
    if page.sampleformat != _UNSIGNED or page.bitspersample > 16:
        return 32
    if page.photometric == _PALETTE:
        return 8 if samples.palette(page.colormap).dtype == np.uint8 else 16
    return 8 if page.bitspersample <= 8 else 16


def _alpha(page: Any) -> tuple[int | None, tuple[str, ...], int]:
    """Return the index of the alpha channel, notes, and the number of other extra channels.

    A single channel without a label is taken for alpha.
    """
    colors = _COLORS[page.photometric]
    extra = page.samplesperpixel - colors
    if extra == 1 and not page.extrasamples:
        return colors, ("the last channel has no label and was taken for alpha",), 0
    for index, kind in enumerate(page.extrasamples[:extra], colors):
        if kind in (_ASSOCIATED, _STRAIGHT):
            return index, (), extra - 1
    return None, (), extra


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


def _trailer(file: BinaryIO, directories: Directories) -> list[str]:
    """Return the name of data behind all that the directories of a file refer to, if any."""
    if len(directories.every) > _MAX_ENDS:
        return []
    try:
        layout, _ = ifd.read_layout(file)
        end = max(
            _end(file, layout, ifd.read_directory(file, layout, at)) for at in directories.every
        )
    except ValueError:
        return []
    size = file.seek(0, os.SEEK_END) - end
    file.seek(end)
    start = file.read(_TRAILER_START) if size > 0 else b""
    return [name_trailer(start, size)] if len(start.rstrip(b"\0")) > _SLACK else []


def _end(file: BinaryIO, layout: ifd.Layout, directory: ifd.Directory) -> int:
    """Return where the last part of a directory, its pixels or the directories below it ends."""
    ends = [end for _, end in directory.spans]
    for tags in _DATA:
        pairs = [_integers(layout, directory, tag) for tag in tags]
        ends += map(sum, zip(*pairs, strict=False))
    ends += [_end(file, layout, child) for child in directory.children.values()]
    for at in _integers(layout, directory, _SUB_IFDS)[:_MAX_SUB_PAGES]:
        below = ifd.read_directory(file, layout, at, _SUB_IFDS)
        ends.append(_end(file, layout, replace(below, fields={**below.fields, **_NO_LOOP})))
    return max(ends)


def _integers(layout: ifd.Layout, directory: ifd.Directory, tag: int) -> tuple[int, ...]:
    """Return the unsigned integers of a tag; none where it is absent or holds others."""
    field = directory.fields.get(tag, _NOTHING)
    code = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(field.kind, "")
    return layout.unpack(code * field.count, field.data) if code else ()


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

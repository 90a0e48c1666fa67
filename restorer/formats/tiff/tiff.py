"""TIFF: samples of all types, gray, RGB, alpha, palette, CMYK, Lab and YCbCr, through tifffile.

tifffile decodes and writes pixels; metadata are read and added as raw tags, see `metadata`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from restorer.formats import samples
from restorer.formats.codec import Header, WriterOptions, decoding, not_kept, others
from restorer.formats.color import profiles
from restorer.formats.exif import ifd
from restorer.formats.metadata import described_by
from restorer.formats.tiff import stacks, tags, ycbcr
from restorer.formats.tiff.checks import check_codes, check_page, check_samples, check_strips
from restorer.formats.tiff.directories import Directories, tiff_errors
from restorer.formats.tiff.metadata import add_metadata, find_trailer, read_metadata
from restorer.image import Bits, Image, Metadata
from restorer.settings.kinds import Choice
from restorer.settings.options import option

BIG = 2**32 - 2**26  # size of the pixels in bytes above which offsets need 64 bits
_COMPRESSIONS = {"deflate": "zlib", "lzw": "lzw", "zstd": "zstd", "none": None}  # by tifffile


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
        check_page(self.page)
        self.metadata, notes, unkept = self._own_metadata(number)
        photometric = self.page.photometric
        channels = {tags.CMYK: 3, tags.PALETTE: 3}.get(photometric, tags.COLORS[photometric])
        self._alpha, alpha_notes, extra = _alpha(self.page)
        unkept += others(extra, "channel", "extra")
        if number == 0:
            reduced = self._directories.reduced
            unkept += [f"{reduced} reduced pages or masks"] if reduced else []
            unkept += find_trailer(file, self._directories)
        self.notes = (*notes, *alpha_notes, *not_kept(unkept))
        alpha = self._alpha is not None
        size, pages = (self.page.imagelength, self.page.imagewidth), len(self._directories.pages)
        self.header = Header("TIFF", *size, channels + alpha, _bits(self.page), pages)

    def open_page(self, number: int) -> TiffReader:
        """Return the reader of a page."""
        return TiffReader(self.file, self._directories, number) if number else self

    def _own_metadata(self, number: int) -> tuple[Metadata, tuple[str, ...], list[str]]:
        """Return metadata, notes and unread parts, with the axes of a stack in its first page."""
        metadata, notes, unkept = read_metadata(self.file, self.page)
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
        check_strips(page, file)
        if page.compression == tags.LZW:
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
        return bool(self.page.photometric == tags.YCBCR and self.page.compression not in tags.JPEG)

    def image(self, values: Any) -> Image:
        """Bring samples as stored, (rows, W, samples) of any rows, to gray or RGB."""
        check_samples(self.page, values)
        pixels, notes, icc = self._normal(values)
        metadata = replace(self.metadata, icc=icc)
        contiguous: Any = np.ascontiguousarray(pixels)
        return Image(contiguous, metadata, (*self.notes, *notes))

    def _normal(self, values: Any) -> tuple[Any, tuple[str, ...], bytes | None]:
        """Return the samples with the depth of the header, notes and color profile."""
        page, icc, photometric = self.page, self.metadata.icc, self.page.photometric
        if photometric == tags.PALETTE:
            return samples.palette(page.colormap)[values[..., 0].astype(np.uint8)], (), icc
        if photometric in (tags.CIELAB, tags.ICCLAB):
            lab = samples.lab(values, page.bitspersample, icc=photometric == tags.ICCLAB)
            rgb = profiles.lab_to_rgb(lab)
            converted: Any = Image(rgb).with_float(rgb, bits=self.header.bits).pixels
            return converted, ("Lab was converted to sRGB",), profiles.srgb_profile()
        if self.is_raw_ycbcr:
            return ycbcr.to_rgb(page, values), (), icc
        colors = tags.COLORS[photometric]
        kept = values[..., [*range(colors), *([] if self._alpha is None else [self._alpha])]]
        pixels, notes = samples.normal(kept, page.bitspersample)
        if self._alpha is not None:
            if kept.dtype.kind != "f" and pixels.dtype == np.float32:
                pixels[..., -1] /= np.iinfo(kept.dtype).max
            if page.extrasamples[self._alpha - colors : self._alpha - colors + 1] == (
                tags.ASSOCIATED,
            ):
                pixels = samples.straight(pixels)
                notes = (*notes, "premultiplied alpha was made straight")
        if photometric == tags.CMYK:
            color, note = profiles.cmyk_to_rgb(np.ascontiguousarray(pixels[..., :4]), icc)
            pixels = np.concatenate([color, pixels[..., 4:]], axis=-1)
            return pixels, (*notes, note), profiles.srgb_profile()
        if photometric == tags.WHITE_IS_ZERO:
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


def _bits(page: Any) -> Bits:
    if page.photometric in (tags.CIELAB, tags.ICCLAB):
        return 8 if page.bitspersample == 8 else 16
    if page.sampleformat != tags.UNSIGNED or page.bitspersample > 16:
        return 32
    if page.photometric == tags.PALETTE:
        return 8 if samples.palette(page.colormap).dtype == np.uint8 else 16
    return 8 if page.bitspersample <= 8 else 16


def _alpha(page: Any) -> tuple[int | None, tuple[str, ...], int]:
    """Return the index of the alpha channel, notes, and the number of other extra channels.

    A single channel without a label is taken for alpha.
    """
    colors = tags.COLORS[page.photometric]
    extra = page.samplesperpixel - colors
    if extra == 1 and not page.extrasamples:
        return colors, ("the last channel has no label and was treated as alpha",), 0
    for index, kind in enumerate(page.extrasamples[:extra], colors):
        if kind in (tags.ASSOCIATED, tags.STRAIGHT):
            return index, (), extra - 1
    return None, (), extra

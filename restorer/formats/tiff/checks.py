"""Checks of TIFF files: what cannot be shown as gray or RGB, and what is damaged."""

from __future__ import annotations

import math
import os
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.codec import decoding
from restorer.formats.tiff import lzw, tags, ycbcr
from restorer.formats.tiff.directories import tiff_errors

_AS_RGB = "save it as gray or RGB of 8 or 16 bits first"
_INK_SET = 332
_MAX_EXTRA = 32  # channels beside color


def check_page(page: Any) -> None:
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
    if photometric not in tags.COLORS:
        kind = getattr(photometric, "name", photometric)
        raise ImageFormatError(f"TIFF colors of kind {kind} are not known; {_AS_RGB}")
    if not isinstance(bits, int) or bits < 1:
        raise ImageFormatError(f"TIFF of {bits} bits is not known; {_AS_RGB}")
    if page.imagedepth != 1:
        raise ImageFormatError(
            f"TIFF volume of {page.imagedepth} slices; save the slices as pictures first"
        )
    plain = photometric in (tags.WHITE_IS_ZERO, tags.BLACK_IS_ZERO, tags.RGB)
    floating = kind == tags.FLOAT and bits in (16, 24, 32, 64) and plain
    measured = kind in (tags.UNSIGNED, tags.SIGNED) and bits in (8, 16, 32, 64) and plain
    signed_lab = photometric in (tags.CIELAB, tags.ICCLAB) and bits in (8, 16)
    if not floating and not measured and not signed_lab and (kind != tags.UNSIGNED or bits > 16):
        name = {1: "unsigned", 2: "signed", 3: "float"}.get(kind, "complex or void")
        raise ImageFormatError(
            f"TIFF samples are {name} of {bits} bits; supported are integers and floats of up to"
            f" 64 bits, for gray and RGB; {_AS_RGB}"
        )
    extra = page.samplesperpixel - tags.COLORS[photometric]
    if not 0 <= extra <= (_MAX_EXTRA if plain or photometric == tags.CMYK else 0):
        raise ImageFormatError(
            f"TIFF of {page.samplesperpixel} channels; at most {_MAX_EXTRA} besides the colors"
            " are supported; save the ones you need as a separate image"
        )
    if photometric == tags.YCBCR and page.compression not in tags.JPEG:
        ycbcr.check(page)
    if photometric == tags.CMYK and (bits not in (8, 16) or _tag(page, _INK_SET, 1) != 1):
        raise ImageFormatError("TIFF files with inks other than 8 or 16-bit CMYK are not supported")
    if photometric in (tags.CIELAB, tags.ICCLAB) and bits not in (8, 16):
        raise ImageFormatError(f"TIFF of Lab colors of {bits} bits is not known")
    table = np.shape(page.colormap)
    if photometric == tags.PALETTE and (
        bits > 8 or len(table) != 2 or table[0] != 3 or not table[1]
    ):
        raise ImageFormatError(f"TIFF palette of {bits} bits is not known")
    if math.prod(page.chunks) > max(
        2**26, 4 * page.imagelength * page.imagewidth * page.samplesperpixel
    ):
        raise ImageFormatError(f"TIFF tiles of {page.chunks} are larger than the picture")


def check_samples(page: Any, values: Any) -> None:
    """Refuse decoded samples, (rows, W, samples), that are not such as the tags say."""
    bits, dtype = page.bitspersample, values.dtype
    limit = len(page.colormap[0]) if page.photometric == tags.PALETTE else 1 << bits
    sound = (
        values.shape[1:] == (page.imagewidth, page.samplesperpixel)
        and (dtype.kind == "f") == (page.sampleformat == tags.FLOAT)
        and (bits not in (8, 16) or dtype.itemsize * 8 == bits)
        and (dtype.kind != "u" or limit > np.iinfo(dtype).max or values.max() < limit)
    )
    if not sound:
        raise ImageFormatError("the pixels of the TIFF are damaged: they contradict its tags")


def check_codes(page: Any, data: bytes) -> None:
    """Refuse the data of a strip or tile that would crash the decoder."""
    import imagecodecs

    if page.compression == tags.LZW:
        lzw.check(imagecodecs.bitorder_decode(data) if page.fillorder == 2 else data)


def check_strips(page: Any, file: BinaryIO) -> None:
    """Refuse missing strips, which tifffile would fill with black."""
    length = file.seek(0, os.SEEK_END)
    spans = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if not all(isinstance(number, int) for span in spans for number in span):
        raise ImageFormatError("the offsets of the TIFF are damaged")
    if len(spans) < math.prod(page.chunked) or any(at <= 0 or size <= 0 for at, size in spans):
        raise ImageFormatError("strips or tiles of the TIFF are missing")
    if any(at + size > length for at, size in spans):
        raise ImageFormatError("the file is cut short: strips or tiles are stored beyond its end")


def _tag(page: Any, code: int, default: int) -> Any:
    tag = page.tags.get(code)
    return default if tag is None else tag.value

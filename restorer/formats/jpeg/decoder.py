"""The samples of a JPEG file without metadata, and whether its decoder found damaged data.

simplejpeg decodes 8 bits. It is the libjpeg-turbo that Pillow has, with the same pixels, in half
the time; but it passes the warnings on. Pillow takes what its programming interface refuses, such
as unusual factors of subsampling, and imagecodecs other depths and lossless files. These two fill
what is damaged without a word.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import JpegImagePlugin

from restorer.errors import ImageFormatError
from restorer.formats import samples
from restorer.formats.codec import PILLOW_ERRORS, decoding
from restorer.formats.jpeg.quantization import nearest_quality

_LOSSLESS = 0xC3
_MODES = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_WARNINGS = ("Corrupt JPEG data", "Premature end")  # others are about files that are whole


@dataclass(frozen=True, eq=False)
class Decoded:
    """A decoded picture.

    Attributes:
        pixels: (H, W, C) uint8 or uint16; C is 4 for CMYK, as it is stored.
        damaged: Whether the decoder found damaged data; None if it does not say.
        quality: That of 8 bits, by the quantization table of the luma; None for other depths.
        notes: Conversions.
    """

    pixels: Any
    damaged: bool | None
    quality: int | None = None
    notes: tuple[str, ...] = ()


def decode(data: bytes, kind: int, precision: int, components: int) -> Decoded:
    """Decode a file; kind (the marker), precision and components are those of its frame header.

    Raises ImageFormatError for what no decoder takes.
    """
    if kind == _LOSSLESS or precision != 8:
        return _decode_deep(data, precision)
    with decoding(*PILLOW_ERRORS, OSError):
        picture = JpegImagePlugin.JpegImageFile(io.BytesIO(data))  # reads the header
        quality = _quality(picture)
    pixels, damaged = _decode_usual(data, components)
    if pixels is None:
        with decoding(*PILLOW_ERRORS, OSError):
            pixels = np.array(picture).reshape(picture.height, picture.width, -1)
        pixels = 255 - pixels if components == 4 else pixels  # Pillow inverts CMYK
    return Decoded(pixels, damaged, quality)


def _decode_usual(data: bytes, components: int) -> tuple[Any, bool | None]:
    """Return pixels and damage; None for a file with unusual factors of subsampling."""
    import simplejpeg

    try:
        simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError:
        return None, None
    try:
        return simplejpeg.decode_jpeg(data, _MODES[components]), False
    except ValueError as warning:
        damaged = str(warning).startswith(_WARNINGS)
    with decoding(ValueError):
        return simplejpeg.decode_jpeg(data, _MODES[components], strict=False), damaged


def _quality(picture: JpegImagePlugin.JpegImageFile) -> int | None:
    (_, _, _, table), *_ = picture.layer
    steps = picture.quantization.get(table)
    return None if steps is None else nearest_quality(np.reshape(steps, (8, 8)))


def _decode_deep(data: bytes, precision: int) -> Decoded:
    import imagecodecs

    with decoding(imagecodecs.Jpeg8Error):
        found = imagecodecs.jpeg8_decode(data)
    pixels: Any = found.reshape(*found.shape[:2], -1)
    if pixels.max() >> precision:
        raise ImageFormatError("damaged: a sample has more bits than the header says")
    if precision in (8, 16):
        return Decoded(pixels, None)
    top = 8 if precision < 8 else 16
    stretched, _ = samples.normal(pixels, precision)
    note = f"JPEG samples of {precision} bits were stretched to {top} bits"
    return Decoded(stretched, None, notes=(note,))

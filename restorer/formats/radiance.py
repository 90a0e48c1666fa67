"""Radiance HDR (RGBE): linear colors of any brightness, three mantissas with one exponent."""

from __future__ import annotations

import os
import re
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.codec import Header, WriterOptions, decoding, not_kept
from restorer.formats.color.matrix import (
    LINEAR_CURVE,
    SRGB_CHROMATICITIES,
    chromaticities_of,
    matrix_profile,
)
from restorer.image import FloatArray, Image, Metadata

BLOCK = "Radiance"  # the lines of the header that describe the picture
_HEAD_BYTES = 1 << 16
_SIZE = re.compile(rb"([-+])([XY]) +(\d{1,9}) +([-+])([XY]) +(\d{1,9})\n")
_LEAST_PACKED, _MOST_PACKED = 8, 32767  # width of rows that may be written in runs
_PRIMARIES, _GAMMA = b"PRIMARIES=", b"GAMMA="
_SMALLEST, _BIAS = 1e-38, 128
_BAND = 256  # rows that are converted at once


class RadianceReader:
    """A Radiance picture; the lines of its header are kept, but for those on how it is stored."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        head, found, _ = file.read(_HEAD_BYTES).partition(b"\n\n")
        file.seek(len(head) + 2)
        size = _SIZE.match(file.read(64))
        if not found or not size or size[2] == size[5]:
            raise ImageFormatError("the header of the Radiance picture is damaged")
        lines = [line.rstrip(b"\r") for line in head.split(b"\n")[1:]]
        kind = next((line[7:].strip() for line in lines if line.startswith(b"FORMAT=")), b"")
        if kind == b"32-bit_rle_xyze":
            raise ImageFormatError(
                "Radiance colors in XYZ are not supported; convert them with ra_xyze"
            )
        if kind not in (b"32-bit_rle_rgbe", b""):
            raise ImageFormatError(f"Radiance format {kind[:40]!r} is not known")
        self._at = len(head) + 2 + size.end()
        # The first axis is that of the scan lines.
        self._lines, self._across = int(size[3]), int(size[6])
        self._upright = size[2] == b"Y"
        self._flips = (
            size[1] == (b"+" if self._upright else b"-"),
            size[4] == (b"-" if self._upright else b"+"),
        )
        height, width = (
            (self._lines, self._across) if self._upright else (self._across, self._lines)
        )
        self.header = Header("Radiance HDR", height, width, 3, 32)
        kept = [line for line in lines if not line.startswith((b"FORMAT=", _PRIMARIES, _GAMMA))]
        block = b"\n".join(line for line in kept if line.strip())
        profile, unread = _profile(lines)
        self._gamma = _gamma(lines)
        self.metadata = Metadata(icc=profile, blocks={BLOCK: block} if block else {})
        self.notes = not_kept(unread)
        # A run of up to 127 bytes takes 2, and a row 4 bytes more.
        packed = _LEAST_PACKED <= self._across <= _MOST_PACKED
        least = 4 + 8 * -(-self._across // 127) if packed else 4 * self._across
        if length - self._at < self._lines * min(least, 4 * self._across):
            raise ImageFormatError(f"the file is cut short: {length - self._at:,} bytes of pixels")

    def decode(self) -> Image:
        """Decode the pixels."""
        import imagecodecs

        self._file.seek(self._at)
        data = self._file.read()
        head = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (self._lines, self._across)
        with decoding(imagecodecs.RgbeError, ValueError):
            pixels: Any = imagecodecs.rgbe_decode(head + data)
        if pixels.shape != (self._lines, self._across, 3) or not np.isfinite(pixels).all():
            raise ImageFormatError("damaged: the pixels do not fit the size")
        first, second = self._flips
        pixels = pixels[::-1] if first else pixels
        pixels = pixels[:, ::-1] if second else pixels
        if not self._upright:
            pixels = pixels.swapaxes(0, 1)
        values, notes = np.ascontiguousarray(pixels, np.float32), self.notes
        if self._gamma != 1:
            values = values ** np.float32(1 / self._gamma)
            notes = (*notes, f"the gamma of {self._gamma:g} in the file was undone")
        return Image(values, self.metadata, notes, transfer="linear")


def encode(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write linear RGB, without runs; values below 0 become 0."""
    metadata = image.metadata
    lines = [b"#?RADIANCE", *metadata.blocks.get(BLOCK, b"").split(b"\n")]
    if metadata.icc:
        figures = np.roll(chromaticities_of(metadata.icc), -2)  # white comes last
        lines.append(_PRIMARIES + b" ".join(b"%.5f" % figure for figure in figures))
    file.write(b"\n".join([*filter(None, lines), b"FORMAT=32-bit_rle_rgbe"]) + b"\n\n")
    file.write(b"-Y %d +X %d\n" % (image.height, image.width))
    pixels: Any = image.pixels
    for top in range(0, image.height, _BAND):
        file.write(_packed(pixels[top : top + _BAND]).data)
    negative = float((pixels < 0).mean())
    below = f"; {100 * negative:.2g} % were below 0 and became 0" if negative else ""
    return (f"Radiance HDR holds 8 bits per color and an exponent; values were rounded{below}",)


def _packed(values: FloatArray) -> Any:
    """Return (H, W, 4) mantissas and exponents, rounded to the nearest."""
    values = np.maximum(values, 0).astype(np.float64)
    brightest = values.max(2, keepdims=True)
    _, exponent = np.frexp(brightest)
    exponent += np.rint(np.ldexp(brightest, 8 - exponent)) > 255  # rounded up to the next power
    mantissas = np.minimum(np.rint(np.ldexp(values, 8 - exponent)), 255)
    packed = np.concatenate([mantissas, exponent + _BIAS], axis=2)
    packed[np.broadcast_to(brightest < _SMALLEST, packed.shape)] = 0
    return np.ascontiguousarray(np.clip(packed, 0, 255).astype(np.uint8))


def _gamma(lines: list[bytes]) -> float:
    """Return the exponent by which the values are encoded already; 1 for none."""
    text = next((line for line in lines if line.startswith(_GAMMA)), _GAMMA + b"1")
    with decoding(ValueError):
        gamma = float(text.removeprefix(_GAMMA))
    return gamma if 0.1 <= gamma <= 10 else 1.0


def _profile(lines: list[bytes]) -> tuple[bytes | None, list[str]]:
    """Return a profile for other primaries than those of sRGB, and what is not understood."""
    figures = next((line for line in lines if line.startswith(_PRIMARIES)), b"")
    if not figures:
        return None, []
    try:
        numbers = [float(word) for word in figures.removeprefix(_PRIMARIES).split()]
        red, green, blue, white = np.reshape(numbers, (4, 2)).tolist()
        found = (*white, *red, *green, *blue)
        if np.allclose(found, SRGB_CHROMATICITIES, atol=1e-3):
            return None, []
        return matrix_profile("linear RGB", found, LINEAR_CURVE), []
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None, ["primaries"]

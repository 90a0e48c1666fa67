"""Uncompressed or losslessly packed YCbCr of TIFF files, which tifffile does not decode.

A data unit holds the luma of `across` x `down` pixels, row by row, then one Cb and one Cr.
"""

from __future__ import annotations

import math
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.codec import decoding, exactly

_COEFFICIENTS, _SUBSAMPLING, _REFERENCE = 529, 530, 532
_BT601 = (0.299, 0.587, 0.114)
_FULL_RANGE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)  # black and white of Y, Cb, Cr
_FACTORS = (1, 2, 4)
_LSB_FIRST, _PLANAR = 2, 2


def check(page: Any) -> None:
    """Refuse what `decode` does not know."""
    if page.bitspersample != 8 or page.samplesperpixel != 3 or page.planarconfig == _PLANAR:
        raise ImageFormatError("YCbCr TIFF files need three interleaved 8-bit samples")
    if page.predictor != 1 or not set(_numbers(page, _SUBSAMPLING, (2, 2))) <= set(_FACTORS):
        raise ImageFormatError(
            "the YCbCr layout of the TIFF is not supported; save it as RGB first"
        )


def decode(page: Any, file: BinaryIO) -> Any:
    """Return (H, W, 3) uint8 Y, Cb, Cr; colors are repeated over the pixels of their unit."""
    height, width = page.imagelength, page.imagewidth
    rows, columns = page.chunks[:2]
    table = [(top, left) for top in range(0, height, rows) for left in range(0, width, columns)]
    pixels = np.empty((height, width, 3), np.uint8)
    for index, (top, left) in enumerate(table):
        tall = rows if page.is_tiled else min(rows, height - top)
        part = _segment(page, file, index, tall, columns)
        area = pixels[top : top + rows, left : left + columns]
        area[...] = part[: area.shape[0], : area.shape[1]]
    return pixels


def to_rgb(page: Any, values: Any) -> Any:
    """Convert (rows, W, 3) Y, Cb, Cr to RGB by the coefficients and reference levels of a page."""
    levels = _numbers(page, _REFERENCE, _FULL_RANGE)
    red, green, blue = _numbers(page, _COEFFICIENTS, _BT601)
    spans = [white - black for black, white in zip(levels[::2], levels[1::2], strict=True)]
    if not all(spans) or not green:
        raise ImageFormatError("the YCbCr levels of the TIFF are damaged")
    y, cb, cr = (
        (values[..., i] - levels[2 * i]) * (peak / spans[i])
        for i, peak in enumerate((255.0, 127.0, 127.0))
    )
    r, b = y + cr * (2 - 2 * red), y + cb * (2 - 2 * blue)
    rgb = np.stack([r, (y - red * r - blue * b) / green, b], axis=-1)
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


def _segment(page: Any, file: BinaryIO, index: int, rows: int, columns: int) -> Any:
    """Return the (rows or more, columns or more, 3) pixels of a strip or tile."""
    across, down = (int(factor) for factor in _numbers(page, _SUBSAMPLING, (2, 2)))
    units = -(-rows // down), -(-columns // across)
    size = math.prod(units) * (across * down + 2)
    file.seek(page.dataoffsets[index])
    data = _unpacked(page, exactly(file, page.databytecounts[index]), size)
    if len(data) < size:
        raise ImageFormatError("the file is cut short: a strip or tile of YCbCr is too small")
    stored = np.frombuffer(data, np.uint8, size).reshape(*units, across * down + 2)
    blocks = stored[..., :-2].reshape(*units, down, across).swapaxes(1, 2)
    luma = blocks.reshape(units[0] * down, units[1] * across)
    chroma = stored[..., -2:].repeat(down, axis=0).repeat(across, axis=1)
    return np.concatenate([luma[..., None], chroma], axis=-1)


def _unpacked(page: Any, data: bytes, size: int) -> bytes:
    """Return up to `size` bytes of a strip or tile."""
    import imagecodecs
    import tifffile

    if page.fillorder == _LSB_FIRST:
        data = bytes(imagecodecs.bitorder_decode(data))
    if page.compression == 1:
        return data
    with decoding(RuntimeError, ValueError, TypeError, LookupError):
        unpack: Any = tifffile.TIFF.DECOMPRESSORS[page.compression]
        unpacked: Any = unpack(data, out=size)
    return bytes(unpacked)


def _numbers(page: Any, code: int, default: tuple[float, ...]) -> tuple[float, ...]:
    """Return as many numbers of a tag as the default has; fractions are pairs of integers."""
    tag = page.tags.get(code)
    found = () if tag is None else np.ravel(tag.value).tolist()
    if len(found) == 2 * len(default):
        found = [a / b if b else 0.0 for a, b in zip(found[::2], found[1::2], strict=True)]
    if len(found) != len(default) or not all(math.isfinite(number) for number in found):
        return default
    return tuple(found)

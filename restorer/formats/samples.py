"""Bring the samples of files, of any type and depth, to uint8, uint16 or float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from restorer.errors import ImageFormatError
from restorer.image import FloatArray

_LARGEST = 65504.0  # of 16-bit floats


def normal(values: Any, bits: int) -> tuple[Any, tuple[str, ...]]:
    """Return samples of a type that images have, and notes.

    Unsigned samples of 1 to 7 bits are stretched to 8, of 9 to 15 bits to 16. Signed ones and those
    of more bits are measurements more often than colors, whose white nobody knows: they become
    floats of the same value. Raises ImageFormatError for NaN.
    """
    if values.dtype.kind in "bu" and bits <= 16:
        return _stretched(values, bits), ()
    with np.errstate(over="ignore"):
        floats = values.astype(np.float32)
    if not np.isfinite(floats).all():
        raise ImageFormatError(
            "the picture contains NaN or infinity; replace these with numbers first"
        )
    rounded = values.itemsize > 2 and bool((floats.astype(np.float64) != values).any())
    exact = "rounded to 24 binary digits" if rounded else "which keep their values"
    if values.dtype.kind == "f":
        return floats, (f"floats of {bits} bits were rounded to 32 bits",) if rounded else ()
    signed = "signed" if values.dtype.kind == "i" else "unsigned"
    return floats, (f"{signed} samples of {bits} bits became floats, {exact}",)


def finite(values: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Return values without NaN and infinity, and a note that tells how many were replaced.

    NaN becomes 0, infinity the largest number of 16-bit floats, from which it mostly comes.
    """
    sound = np.isfinite(values)
    if sound.all():
        return values, ()
    nans, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    found = [f"{nans:,} NaN became 0"] if nans else []
    found += [f"{infinite:,} infinite values became {_LARGEST:g}"] if infinite else []
    replaced: FloatArray = np.nan_to_num(values, nan=0, posinf=_LARGEST, neginf=-_LARGEST)
    return replaced, ("; ".join(found),)


def straight(pixels: Any) -> Any:
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


def inverted(pixels: Any, stored: Any) -> Any:
    """Exchange black and white, whose places the type of the stored samples tells."""
    if stored.dtype.kind == "f":
        return 1 - pixels
    if pixels.dtype != np.float32:
        return np.iinfo(pixels.dtype).max - pixels
    limits = np.iinfo(stored.dtype)
    return (float(limits.max) + float(limits.min) - stored.astype(np.float64)).astype(np.float32)


def lab(values: Any, bits: int, *, icc: bool) -> Any:
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


def palette(colormap: Any) -> Any:
    """Return (N, 3) colors, in 8 bits where the 16-bit table holds nothing finer."""
    table = np.asarray(colormap, np.uint16).T
    if table.max() < 256:  # a common fault: 8-bit values in a 16-bit table
        return table.astype(np.uint8)
    high = (table >> 8).astype(np.uint8)
    coarse = not (table & 255).any() or bool((high.astype(np.uint16) * 257 == table).all())
    return high if coarse else np.ascontiguousarray(table)


def _stretched(values: Any, bits: int) -> Any:
    target, top = (np.uint8, 255) if bits <= 8 else (np.uint16, 65535)
    if bits in (8, 16):
        return values.astype(target, copy=False)
    levels = np.rint(np.arange(1 << bits) * (top / ((1 << bits) - 1))).astype(target)
    return levels[values.astype(np.uint16)]

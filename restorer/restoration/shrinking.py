"""Shrink pictures band by band, in linear light and weighted by opacity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image as PilImage
from PIL.Image import Resampling

from restorer import color
from restorer.formats.color.matrix import decoded, encoded
from restorer.image import FloatArray, Image

_ROWS = 64  # of the result that are made at once
_BAND = 1024  # rows of a picture whose linear values are held at once
_REACH = 3  # pixels of the result on each side that Lanczos' kernel spans
_CLEAR = 1e-4  # alpha below which a color cannot be told from the product of both


def shrink(image: Image, size: tuple[int, int], *, dither_seed: int | None = None) -> Image:
    """Return an image of another size (height, width), no side larger, by Lanczos resampling.

    The mean of black and white pixels is as bright as both together from afar. Colors weigh by
    their alpha, so that what is hidden does not show.

    Args:
        image: An image of any depth and color profile.
        size: Height and width of the result.
        dither_seed: As for `Image.with_float`.
    """
    if size == (image.height, image.width):
        return image
    bands = shrink_rows(
        (replace(image, pixels=image.pixels[t : t + _BAND]) for t in range(0, image.height, _BAND)),
        (image.height, image.width),
        size,
        white=image.white,
        dither_seed=dither_seed,
    )
    return replace(image, pixels=np.concatenate([band.pixels for band in bands]))


def shrink_rows(
    bands: Iterable[Image],
    size: tuple[int, int],
    target: tuple[int, int],
    *,
    white: float = 1.0,
    dither_seed: int | None = None,
) -> Iterator[Image]:
    """Yield the rows of `shrink` for an image that comes in bands, from top to bottom.

    Args:
        bands: Images of rows.
        size: Height and width of all bands together.
        target: Height and width of the result.
        white: `Image.white` of all bands together.
        dither_seed: As for `Image.with_float`.
    """
    (height, width), step = size, size[0] / target[0]
    coming, top = iter(bands), 0
    first = next(coming)
    kept = _light(first, white)
    # One generator for all bands, which `default_rng` takes as it is: as if they were one.
    noise: Any = None if dither_seed is None else np.random.default_rng(dither_seed)
    for start in range(0, target[0], _ROWS):
        stop = min(start + _ROWS, target[0])
        wanted = max(0, math.floor((start - _REACH) * step) - 1)
        bottom = min(height, math.ceil((stop + _REACH) * step) + 1)
        parts, kept, top = [kept[wanted - top :]], kept[:0], wanted
        while top + sum(map(len, parts)) < bottom:
            parts.append(_light(next(coming), white))
        kept = np.concatenate(parts)
        box = (0, start * step - top, width, stop * step - top)
        small = _resized(kept[: bottom - top], (stop - start, target[1]), box)
        values = _displayed(small, first, white)
        yield first.with_float(values, bits=first.bits, dither_seed=noise)


def _light(image: Image, white: float) -> FloatArray:
    """Return (H, W, C) linear values, colors multiplied by alpha, and their plain ones behind."""
    if image.bits == 32:
        colors, alpha = color.split(image.to_float() / np.float32(white))
        colors = colors if image.is_linear else decoded(colors)
    else:
        levels = np.linspace(0, 1, 1 << image.bits, dtype=np.float32)
        table = levels if image.is_linear else decoded(levels)
        own, hidden = color.split(image.pixels)  # type: ignore[arg-type]  # of any dtype
        colors = table[own]
        alpha = None if hidden is None else levels[hidden]
    if alpha is None:
        return colors
    return np.concatenate([colors * alpha, colors, alpha], axis=2)


def _resized(values: FloatArray, size: tuple[int, int], box: tuple[float, ...]) -> FloatArray:
    """Return planes resampled by Pillow, which widens the kernel as it shrinks."""
    planes = [PilImage.fromarray(np.ascontiguousarray(p)) for p in np.moveaxis(values, 2, 0)]
    small = [plane.resize(size[::-1], Resampling.LANCZOS, box=box) for plane in planes]  # type: ignore[arg-type]  # four numbers
    return np.stack([np.asarray(plane) for plane in small], axis=2)


def _displayed(small: FloatArray, image: Image, white: float) -> FloatArray:
    """Return values as `image` holds them: straight alpha, its tone curve and white level."""
    alpha = small[..., -1:] if image.has_alpha else None
    colors = small
    if alpha is not None:
        colors, plain = np.split(small[..., :-1], 2, axis=2)
        divisor = np.where(alpha > _CLEAR, alpha, 1)
        colors = np.where(alpha > _CLEAR, colors / divisor, plain)
        alpha = np.clip(alpha, 0, 1)
    if not image.is_linear:
        colors = encoded(np.maximum(colors, 0) if image.bits != 32 else colors)
    colors = (colors * np.float32(white)).astype(np.float32)
    return color.join(colors, alpha)

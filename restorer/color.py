"""Conversion between images and network planes, alpha handling, and bicubic resampling.

Arrays are (H, W, C) float32 with encoded values and white = 1.0.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL.Image import Resampling

from restorer.image import FloatArray

CUBIC_REACH = 2  # input pixels on each side that `resample` uses
_BAND = 32  # rows that are enlarged at once, so that they fit into the cache
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # JPEG (ITU-T T.871), full range


def split(values: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Return color (H, W, 1|3) and alpha (H, W, 1) or None, as views."""
    if values.shape[2] in (2, 4):
        return values[..., :-1], values[..., -1:]
    return values, None


def join(colors: FloatArray, alpha: FloatArray | None) -> FloatArray:
    """Join color (H, W, 1|3) and alpha (H, W, 1) or None; the inverse of `split`."""
    return colors if alpha is None else np.concatenate([colors, alpha], axis=-1)


def network_planes(colors: FloatArray, channels: int = 3) -> FloatArray:
    """Return the planes for a network of 3 or 1 channels.

    Gray is repeated in all three planes; a network with one channel processes each plane in turn.
    """
    return np.repeat(colors, channels, axis=2) if colors.shape[2] == 1 else colors


def luma(colors: FloatArray) -> FloatArray:
    """Return the luma Y' (H, W, 1) of gray or R'G'B' as defined for JPEG files.

    Adding the same value to all three colors changes Y' but neither Cb nor Cr.
    """
    if colors.shape[2] == 1:
        return colors
    # The last bit of a matrix product would depend on the number of rows.
    weighted: FloatArray = (colors * _LUMA).sum(2, keepdims=True)
    return weighted


def is_gray(colors: NDArray[Any]) -> bool:
    """Whether all planes of (H, W, C) are equal, as in a gray image stored as RGB."""
    first, *others = np.moveaxis(colors, 2, 0)
    return all(np.array_equal(first, plane) for plane in others)


def extend_under_alpha(colors: FloatArray, alpha: FloatArray) -> FloatArray:
    """Replace the colors of fully transparent pixels by colors diffused from the visible ones.

    This prevents invisible colors from bleeding into visible edges in networks and in resampling.
    The method is pull-push on a pyramid of premultiplied means (Gortler et al. 1996, The
    Lumigraph). Pixels with alpha above 0 keep their exact values, and so does an image that is
    fully transparent.
    """
    hidden = alpha[..., 0] <= 0
    if not hidden.any() or hidden.all():
        return colors
    weight = np.clip(alpha, 0, 1)
    filled = _filled(colors * weight, weight)
    return np.where(hidden[..., None], filled, colors)


def resample(
    values: FloatArray, scale: int, limits: tuple[float, float] | None = None
) -> FloatArray:
    """Return (H * scale, W * scale, C) by bicubic interpolation; a scale of 1 returns the input.

    Sample centers lie at half pixels, as in the networks' outputs; edge pixels are repeated. The
    kernel is Pillow's (a = -0.5), which preserves linear ramps, unlike OpenCV's (a = -0.75). Each
    output pixel depends, to the last bit, only on 4x4 input pixels.

    Args:
        values: (H, W, C).
        scale: 1 or more.
        limits: Range to which the result is clipped; the default is the range of the input, so
            that nothing overshoots and alpha stays in [0, 1].
    """
    if scale == 1:
        return values
    height, width, channels = values.shape
    enlarged = np.empty((height * scale, width * scale, channels), np.float32)
    for top in range(0, height, _BAND):
        bottom = min(top + _BAND, height)
        first, last = max(0, top - CUBIC_REACH), min(bottom + CUBIC_REACH, height)
        band = _cubic(_cubic(values[first:last], scale, axis=1), scale, axis=0)
        enlarged[top * scale : bottom * scale] = band[(top - first) * scale :][
            : (bottom - top) * scale
        ]
    lowest, highest = limits or (values.min(), values.max())
    return np.clip(enlarged, lowest, highest, out=enlarged)


def _filled(premultiplied: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the mean color where the weight is positive, and that of a coarser level elsewhere."""
    height, width = weight.shape[:2]
    divisor: FloatArray = np.maximum(weight, np.finfo(np.float32).tiny, dtype=np.float32)
    covered = premultiplied / divisor
    if height == width == 1 or (weight > 0).all():
        return covered
    coarse = _filled(_halved(premultiplied), _halved(weight))
    smooth = _enlarged(coarse, 2, Resampling.BILINEAR)[:height, :width]
    return np.where(weight > 0, covered, smooth)


def _halved(values: FloatArray) -> FloatArray:
    """Return the mean of 2x2 blocks, padded with zeros."""
    height, width = values.shape[:2]
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2, -1)
    means: FloatArray = blocks.mean((1, 3), dtype=np.float32)
    return means


def _cubic(values: FloatArray, scale: int, *, axis: int) -> FloatArray:
    """Enlarge along one axis; each phase of the output is a weighted sum of four shifted inputs."""
    moved = np.moveaxis(values, axis, 0)
    length = len(moved)
    padded = np.pad(moved, ((CUBIC_REACH, CUBIC_REACH), (0, 0), (0, 0)), mode="edge")

    def phase(number: int) -> FloatArray:
        center = (number + 0.5) / scale - 0.5  # offset from the center of its input pixel
        first = math.floor(center) - 1
        terms = (
            padded[CUBIC_REACH + tap :][:length] * _cubic_weight(center - tap)
            for tap in range(first, first + 4)
        )
        return reduce(np.add, terms)

    phases = np.stack([phase(number) for number in range(scale)], axis=1)
    return np.moveaxis(phases.reshape(length * scale, *moved.shape[1:]), 0, axis)


def _cubic_weight(distance: float) -> np.float32:
    """Return Keys' cubic kernel (1981) with a = -0.5 at a distance below 2."""
    x = abs(distance)
    if x <= 1:
        return np.float32((1.5 * x - 2.5) * x**2 + 1)
    return np.float32(((-0.5 * x + 2.5) * x - 4) * x + 2)


def _enlarged(values: FloatArray, scale: int, filter: Resampling) -> FloatArray:
    """Enlarge with Pillow."""
    size = (values.shape[1] * scale, values.shape[0] * scale)
    planes = [PilImage.fromarray(np.ascontiguousarray(p)) for p in np.moveaxis(values, 2, 0)]
    return np.stack([np.asarray(plane.resize(size, filter)) for plane in planes], axis=2)

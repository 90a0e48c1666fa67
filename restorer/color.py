"""What goes through a network, and back: color as three planes, alpha beside them.

Arrays are (H, W, C) float32 with white = 1.0, encoded values.
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

CUBIC_REACH = 2  # input pixels that `resample` looks to each side
_BAND = 32  # rows that are enlarged at once, so that they stay in the cache
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of JPEG files (ITU-T T.871), full range


def split(values: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Return color (H, W, 1|3) and alpha (H, W, 1) or None, as views."""
    if values.shape[2] in (2, 4):
        return values[..., :-1], values[..., -1:]
    return values, None


def join(colors: FloatArray, alpha: FloatArray | None) -> FloatArray:
    """Undo `split`."""
    return colors if alpha is None else np.concatenate([colors, alpha], axis=-1)


def network_planes(colors: FloatArray, channels: int = 3) -> FloatArray:
    """Return the planes for a network of 3 or 1 channels.

    Gray goes into all three; a network of one channel gets every plane in turn.
    """
    return np.repeat(colors, channels, axis=2) if colors.shape[2] == 1 else colors


def luma(colors: FloatArray) -> FloatArray:
    """Return Y' (H, W, 1) of gray or R'G'B' as JPEG files define it.

    Adding a change of Y' to all three colors leaves Cb and Cr as they are.
    """
    if colors.shape[2] == 1:
        return colors
    # Not a matrix product, whose last bit depends on how many rows it is given.
    weighted: FloatArray = (colors * _LUMA).sum(2, keepdims=True)
    return weighted


def is_gray(colors: NDArray[Any]) -> bool:
    """Whether all planes are equal, as in a gray picture that a file holds as RGB."""
    first, *others = np.moveaxis(colors, 2, 0)
    return all(np.array_equal(first, plane) for plane in others)


def extend_under_alpha(colors: FloatArray, alpha: FloatArray) -> FloatArray:
    """Return the colors with those of fully transparent pixels diffused from the visible ones.

    Pull-push on a pyramid of premultiplied means (Gortler et al. 1996, The Lumigraph), so that
    neither network nor resampling draws invisible colors into visible edges. Every pixel with
    any alpha stays as it is, bit for bit; so does a picture without any.
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
    """Return (H * scale, W * scale, C) by bicubic interpolation; 1 returns the input.

    Sample centers lie at half pixels, as in the networks' outputs; edges repeat. The cubic is
    Pillow's (a = -0.5), which keeps ramps straight; OpenCV's (-0.75) does not. A pixel of the
    result depends on 4x4 pixels, to the last bit.

    Args:
        values: (H, W, C).
        scale: 1 or more.
        limits: The range of the results; by default nothing overshoots, results stay between the
            extremes of the input, so alpha stays in [0, 1].
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
    """Return the mean color where there is weight, elsewhere that of a coarser level."""
    height, width = weight.shape[:2]
    divisor: FloatArray = np.maximum(weight, np.finfo(np.float32).tiny, dtype=np.float32)
    covered = premultiplied / divisor
    if height == width == 1 or (weight > 0).all():
        return covered
    coarse = _filled(_halved(premultiplied), _halved(weight))
    smooth = _enlarged(coarse, 2, Resampling.BILINEAR)[:height, :width]
    return np.where(weight > 0, covered, smooth)


def _halved(values: FloatArray) -> FloatArray:
    """Mean of 2x2 blocks; what lies outside counts as nothing."""
    height, width = values.shape[:2]
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2, -1)
    means: FloatArray = blocks.mean((1, 3), dtype=np.float32)
    return means


def _cubic(values: FloatArray, scale: int, *, axis: int) -> FloatArray:
    """Enlarge along one axis; all pixels of one phase are the same sum of four shifted inputs."""
    moved = np.moveaxis(values, axis, 0)
    length = len(moved)
    padded = np.pad(moved, ((CUBIC_REACH, CUBIC_REACH), (0, 0), (0, 0)), mode="edge")

    def phase(number: int) -> FloatArray:
        center = (number + 0.5) / scale - 0.5  # from that of the input pixel it lies in
        first = math.floor(center) - 1
        terms = (
            padded[CUBIC_REACH + tap :][:length] * _cubic_weight(center - tap)
            for tap in range(first, first + 4)
        )
        return reduce(np.add, terms)

    phases = np.stack([phase(number) for number in range(scale)], axis=1)
    return np.moveaxis(phases.reshape(length * scale, *moved.shape[1:]), 0, axis)


def _cubic_weight(distance: float) -> np.float32:
    """Return Keys' cubic (1981) with a = -0.5, of a distance below 2."""
    x = abs(distance)
    if x <= 1:
        return np.float32((1.5 * x - 2.5) * x**2 + 1)
    return np.float32(((-0.5 * x + 2.5) * x - 4) * x + 2)


def _enlarged(values: FloatArray, scale: int, filter: Resampling) -> FloatArray:
    """Enlarge with Pillow."""
    size = (values.shape[1] * scale, values.shape[0] * scale)
    planes = [PilImage.fromarray(np.ascontiguousarray(p)) for p in np.moveaxis(values, 2, 0)]
    return np.stack([np.asarray(plane.resize(size, filter)) for plane in planes], axis=2)

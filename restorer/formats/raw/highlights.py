"""Highlights: estimates of samples beyond the saturation of the sensor.

A color that saturates in one or two channels is estimated from the others, with the ratios of the
channels in the neighborhood, as in Masood, Zhu and Tappen (2009, "Automatic correction of saturated
regions in photographs using cross-channel correlation"). The ratios are carried into saturated
areas by pulling and pushing means of blocks, as in Gortler et al. (1996, "The Lumigraph", section
3.4.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from restorer.image import FloatArray
from restorer.sensor import bayer

_SATURATED = 0.99  # share of the saturation from which a sample says "or more"; noise is below it
_DARKEST = 1e-3  # least value of which ratios are taken
_SURE = 0.8  # share of saturation from which the least saturated channel tells less of the color
_WEIGHT_POWER = 4  # of brightness: the colors of highlights continue into saturated areas
_PAIRS = ((0, 1), (2, 1), (0, 2))  # channels of which the ratios are carried
_GRAY = 0.05  # weight of gray in each block; measured on CBSD68, see docs/quality.md


def reconstruct(values: FloatArray, pattern: str, saturation: NDArray[np.float32]) -> None:
    """Replace the saturated samples of a mosaic by estimates of at least their value.

    Where all channels are saturated, and near that, the estimate is gray. None is above the
    largest saturation. Memory is about that of the mosaic.

    Args:
        values: (H, W, 1) balanced linear samples; changed in place.
        pattern: Colors of the first two rows.
        saturation: (3,) values at which the channels saturate.
    """
    if not any(
        (values[y::2, x::2] >= _SATURATED * saturation[n]).any() for y, x, n in bayer.sites(pattern)
    ):
        return
    height, width = values.shape[:2]
    padded = np.pad(values[..., 0], ((0, height % 2), (0, width % 2)), "reflect")
    quads = np.zeros((*(side // 2 for side in padded.shape), 3), np.float32)
    count = np.zeros(3, np.float32)
    saturated = np.zeros(quads.shape, np.bool_)
    for y, x, number in bayer.sites(pattern):
        quads[..., number] += padded[y::2, x::2]
        count[number] += 1
        saturated[..., number] |= padded[y::2, x::2] >= _SATURATED * saturation[number]
    quads /= count
    estimate = _estimate(quads, saturated, saturation)
    for y, x, number in bayer.sites(pattern):
        site = values[y::2, x::2, 0]
        rows, columns = site.shape
        high = site >= _SATURATED * saturation[number]
        np.maximum(site, estimate[:rows, :columns, number], out=site, where=high)


def _estimate(
    quads: FloatArray, saturated: NDArray[np.bool_], saturation: NDArray[np.float32]
) -> FloatArray:
    """Return (h, w, 3) estimates of the colors of quads of samples."""
    most, known = saturation.max(), ~saturated
    logs = np.log(np.maximum(quads, _DARKEST))
    bright = np.clip(quads / saturation, 0, 1) ** _WEIGHT_POWER
    # Each ratio from all places that know it, so that it continues where a channel saturates.
    weights = [np.where(known[..., n] & known[..., m], bright[..., m], 0) for n, m in _PAIRS]
    ratios = _carried(
        np.stack([logs[..., n] - logs[..., m] for n, m in _PAIRS], 2),
        np.stack(weights, 2).astype(np.float32),
    )
    sums, number = np.zeros_like(quads), np.zeros(quads.shape, np.float32)
    for pair, (n, m) in enumerate(_PAIRS):
        for target, source, sign in ((n, m, 1), (m, n, -1)):
            found = logs[..., source] + sign * ratios[..., pair]
            sums[..., target] += np.where(known[..., source], found, 0)
            number[..., target] += known[..., source]
    found = np.minimum(np.exp(sums / np.maximum(number, 1)), most)
    # The more channels saturate, the less do the others tell of the color.
    least = np.where(known, quads / saturation, 1).min(2, keepdims=True)
    unsure = np.clip((least - _SURE) / (_SATURATED - _SURE), 0, 1)
    mixed: FloatArray = found * (1 - unsure) + most * unsure
    return mixed


def _carried(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return (h, w, C) values that are kept where weights are 1, and come from around elsewhere."""
    height, width = weights.shape[:2]
    if min(height, width) <= 1:
        total = weights.sum((0, 1), keepdims=True)
        coarse = (values * weights).sum((0, 1), keepdims=True) / (total + _GRAY)
    else:
        edges = (0, height % 2), (0, width % 2), (0, 0)
        total = _blocks(np.pad(weights, edges))
        means = _blocks(np.pad(values * weights, edges)) / (total + _GRAY)
        coarse = _enlarged(_carried(means, np.minimum(total, 1)), (height, width))
    result: FloatArray = coarse + weights * (values - coarse)
    return result


def _blocks(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return sums of 2 x 2."""
    return values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]


def _enlarged(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Return values of twice the size, by linear interpolation."""
    height, width = values.shape[:2]
    planes = [
        PilImage.fromarray(np.ascontiguousarray(values[..., n])).resize(
            (2 * width, 2 * height), PilImage.Resampling.BILINEAR
        )
        for n in range(3)
    ]
    return np.stack([np.asarray(plane) for plane in planes], 2)[: size[0], : size[1]]

"""Blend input and result, with separate shares for coarse and fine changes.

The change that a network made is split by a Gaussian: its mean over a few input pixels is the
coarse band (blotches of noise, blocks, tone), the rest the fine band (grain, texture, new detail).
No network runs again, so that the picture can follow a slider.

Arrays are (H, W, C) float32 with white = 1.0, encoded values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restorer import color
from restorer.image import FloatArray, Image
from restorer.restoration.source import Source
from restorer.sensor import bayer
from restorer.tiling.plan import Region

# In input pixels. Structure up to eight pixels wide (half amplitude), a JPEG block, is fine.
_SIGMA = 1.5
STRENGTH_REACH = 5  # radius of the Gaussian in input pixels, about 3.5 sigma
_ROWS = 32  # rows that are smoothed at once, so that they stay in the cache


@dataclass(frozen=True, eq=False)
class Change:
    """The change that a restoration made, prepared for blending at any strength.

    Attributes:
        before: The input, resampled to the size of the result.
        restored: The result.
        coarse: The coarse band of their difference.
    """

    before: FloatArray
    restored: FloatArray
    coarse: FloatArray

    def at(self, strength: float, detail: float) -> FloatArray:
        """Return the input with these shares of the coarse and the fine band of the change.

        Shares of 1 return the result itself, shares of 0 the input, equal shares a linear blend.
        """
        if strength == detail:
            return _mean(self.before, self.restored, strength)
        mean = _mean(self.before, self.restored, detail)
        return mean + np.float32(strength - detail) * self.coarse


def split_change(before: FloatArray, restored: FloatArray, scale: int = 1) -> Change:
    """Return the change between input and result, both of the result's size.

    Args:
        before: The input, resampled.
        restored: The result.
        scale: Width of an input pixel in pixels of the result.

    Examples:
        >>> image = restorer.read("noisy.png")
        >>> clean = restorer.restore(image, "panet-denoise-lite")
        >>> change = restorer.split_change(image.to_float(), clean.to_float())
        >>> grainy = change.at(strength=1, detail=0.5)  # half of the fine grain stays
    """
    return Change(before, restored, smooth(restored - before, scale))


def mixed(
    before: FloatArray, restored: FloatArray, strength: float, detail: float, scale: int = 1
) -> FloatArray:
    """Return `split_change(...).at(strength, detail)`; equal shares need no split."""
    if strength == detail:
        return _mean(before, restored, strength)
    return split_change(before, restored, scale).at(strength, detail)


def mixed_samples(
    before: FloatArray, restored: FloatArray, pattern: str, strength: float, detail: float
) -> FloatArray:
    """Return samples (H, W, 1) of a mosaic, each color mixed for itself.

    Args:
        before: The samples of the input.
        restored: (H, W, 3) restored colors.
        pattern: Bayer pattern of both.
        strength: Share of the coarse change.
        detail: Share of the fine change.
    """
    result = np.empty_like(before)
    for y, x, number in bayer.sites(pattern):
        own = restored[y::2, x::2, number : number + 1]
        result[y::2, x::2] = mixed(before[y::2, x::2], own, strength, detail)
    return result


def smooth(values: FloatArray, scale: int = 1) -> FloatArray:
    """Return (H, W, C) after a Gaussian of `_SIGMA` input pixels; edges repeat.

    It adds shifted arrays, so that a pixel is the same to the last bit in a part of the picture and
    in the whole; libraries do not guarantee that.
    """
    kernel = _gaussian(scale)
    reach = len(kernel) - 1
    smoothed = np.empty(values.shape, np.float32)
    padded = np.pad(values, ((reach, reach), (0, 0), (0, 0)), mode="edge")
    for top in range(0, len(values), _ROWS):
        band = _convolved(padded[top : top + _ROWS + 2 * reach], kernel)
        across = np.pad(band, ((0, 0), (reach, reach), (0, 0)), mode="edge").swapaxes(0, 1)
        smoothed[top : top + _ROWS] = _convolved(across, kernel).swapaxes(0, 1)
    return smoothed


def at_strength(
    picture: Source,
    restored: Image,
    strength: float,
    detail: float | None = None,
    *,
    region: Region | None = None,
) -> Image:
    """Return the result of a step at this strength from its result at full strength.

    For a float result of `restore` with one step the two are equal, encoded ones to the last bit;
    several steps count as one change. Only colors change; alpha is that of the result.

    Args:
        picture: The input.
        restored: The result of the whole input, or of a region.
        strength: The share of the coarse band, 0 to 1.
        detail: The share of the fine band; None takes `strength`.
        region: Region of the input that `restored` shows. Within `STRENGTH_REACH` input pixels of
            its edges the bands are split without their neighbors, as at the border of a picture.

    Examples:
        >>> source = restorer.Source(restorer.read("noisy.png"))
        >>> clean = restorer.restore(source.image, "panet-denoise-lite")
        >>> half = restorer.at_strength(source, clean, 0.5)
    """
    region = region or picture.region
    scale = restored.height // region.height
    detail = strength if detail is None else detail
    if strength == detail == 1:
        return restored
    part = picture.part(region.grown(color.CUBIC_REACH, picture.size))
    before = part.own
    if scale > 1:
        before = color.resample(part.colors, scale, picture.limits)
    before = region.scaled(scale).of(before, part.region.scaled(scale))
    colors, alpha = color.split(restored.to_float() / np.float32(picture.white))
    curve = picture.curve if restored.is_linear else None
    if curve is not None:
        colors = curve.encode(colors)
    result = mixed(before, colors, strength, detail, scale)
    if picture.is_integer:
        result = np.clip(result, 0, 1)
    if curve is not None:
        result = curve.decode(result)
    return restored.with_float(color.join(result, alpha) * np.float32(picture.white))


def _mean(before: FloatArray, restored: FloatArray, share: float) -> FloatArray:
    if share == 1:
        return restored
    if share == 0:
        return before
    return before + np.float32(share) * (restored - before)


def _convolved(padded: FloatArray, kernel: FloatArray) -> FloatArray:
    """Convolve along the first axis with a symmetric kernel, given as its right half."""
    reach = len(kernel) - 1
    length = len(padded) - 2 * reach
    total: FloatArray = padded[reach : reach + length] * kernel[0]
    pair = np.empty_like(total)
    for distance in range(1, reach + 1):
        above, below = padded[reach - distance :], padded[reach + distance :]
        np.add(above[:length], below[:length], out=pair)
        pair *= kernel[distance]
        total += pair
    return total


def _gaussian(scale: int) -> FloatArray:
    """Return the right half of the kernel, from its center on."""
    distances = np.arange(STRENGTH_REACH * scale + 1) / (_SIGMA * scale)
    weights = np.exp(-(distances**2) / 2)
    kernel: FloatArray = (weights / (2 * weights.sum() - weights[0])).astype(np.float32)
    return kernel

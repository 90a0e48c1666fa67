"""Estimate the noise level of an image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.color import is_gray
from restorer.image import FloatArray

Rows: TypeAlias = Callable[[int, int], FloatArray]  # (top, bottom) to (bottom - top, W, C)

_SIDE = 8  # patches of 8x8 pixels, as in the paper
_PATCHES = 40_000  # enough for a stable covariance, on a grid over the whole image
# Share of gray patches: clean CBSD68 images then give 2.9 instead of 6.6; sigma 15 gives 14.7.
_SMOOTH_SHARE = 0.3
# Ratio of half size to full size: 6 to 10 for camera noise (RNI15), at most 3.5 for clean photos.
_CORRELATED = 5.0
# Pixel art that was enlarged and saved as JPEG has hardly any fine noise, but 51 to 153 at smaller
# sizes; photographs with noise of sigma 75 have at most 49 after JPEG of quality 20 to 80.
_MOST_CORRELATED = 50.0
# Neighbors closer than this share of sigma count as alike, which hardly any are where there is
# noise: at most 0.11 of the neighbors in photographs with noise (Set12, Set14, CBSD68, RNI15), 0.35
# in clean ones, 0.46 to 0.92 in pixel art, text and halftones.
_ALIKE = 1 / 8
_ART_SHARE = 0.42
_LEVELS = 2  # noise takes more 8-bit levels than this times sigma
_FEW = 8  # samples for each level below which their number says nothing
_BAND = 1024  # pixels in whose rows patches start are read at once: all of a tiny picture
_SAMPLE = 3  # each third patch is compared with these; odd, as the step of patches is


def estimate_sigma(colors: FloatArray) -> float:
    """Return the noise level of (H, W, 1 or 3) values with white = 1, as sigma on the 0-255 scale.

    Natural patches vary in few directions; the others contain only noise. The largest eigenvalues
    of the patch covariance are removed until the mean of the rest equals its median, which is the
    noise variance (Chen, Zhu and Heng, ICCV 2015).

    The method assumes white noise, but demosaicing and JPEG leave correlated noise. Halving the
    image halves white noise, while correlated noise keeps its level and becomes nearly white. The
    estimate at half size is therefore used if it is larger; the one at a quarter is used only if
    there is almost no noise at full size, because fine texture resembles noise at that size. Gray
    patches have no other channel to separate texture from noise, so only the smoothest ones are
    used, at full size only. An image smaller than 8x8 counts as clean.

    Pixel art, text and halftones have no such directions either, and would count as very noisy.
    The result is 0 where most pixels equal their neighbors, or take few levels, which noise would
    prevent, and where strong noise would have no fine part. Uniform patches, such as those of a
    frame around a photograph, have no vote.
    """
    height, width = colors.shape[:2]
    return sigma_of_rows((height, width), lambda a, b: colors[a:b], gray=is_gray(colors))


def sigma_of_rows(size: tuple[int, int], rows: Rows, *, gray: bool) -> float:
    """Return the result of `estimate_sigma` for an image that is read a few rows at a time.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
        gray: Whether all planes are equal.
    """
    if min(size) < _SIDE:
        return 0.0
    patches = _patches(size, (lambda a, b: rows(a, b)[..., :1]) if gray else rows)
    fine = _white_sigma(patches)
    if _is_art(patches, fine):
        return 0.0
    if gray:
        return fine
    coarse = 2 * _sigma_at(*_halved(size, rows))
    if coarse > _CORRELATED * max(fine, 1):
        coarse = max(coarse, 4 * _sigma_at(*_halved(*_halved(size, rows))))
        return coarse if coarse <= _MOST_CORRELATED else 0.0
    return max(fine, coarse)


def _sigma_at(size: tuple[int, int], rows: Rows) -> float:
    """Return the sigma of white noise of an image that is read a few rows at a time."""
    return _white_sigma(_patches(size, rows)) if min(size) >= _SIDE else 0.0


def _white_sigma(patches: NDArray[np.float64]) -> float:
    """Return the sigma of white noise."""
    if patches.shape[1] == _SIDE**2:
        patches = _smoothest(patches)
    if len(patches) < 2:
        return 0.0
    return float(np.sqrt(_noise_variance(_eigenvalues(patches))) * 255)


def _eigenvalues(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the eigenvalues of the covariance of patches, rising.

    Fewer patches than dimensions have as many zeros as there are too few, and their Gram matrix,
    which is smaller, has the others.
    """
    count, dimensions = patches.shape
    centered = patches - patches.mean(0)
    if count >= dimensions:
        # One matrix and its transpose take half of the products of `np.cov`, which copies one.
        return np.clip(np.linalg.eigvalsh(centered.T @ centered / (count - 1)), 0, None)
    others = np.clip(np.linalg.eigvalsh(centered @ centered.T / (count - 1)), 0, None)
    return np.concatenate([np.zeros(dimensions - count), others])


def _is_art(patches: NDArray[np.float64], sigma: float) -> bool:
    """Return whether patches have too little variety for noise of this sigma."""
    values = patches[::_SAMPLE].reshape(-1, patches.shape[1] // _SIDE**2, _SIDE, _SIDE) * 255
    levels = len(np.unique(np.rint(values)))
    if levels < min(_LEVELS * sigma, values[:, 0].size / _FEW):
        return True
    alike = [
        (np.abs(np.diff(values, axis=axis)) <= _ALIKE * sigma).all(1).reshape(len(values), -1)
        for axis in (2, 3)
    ]
    shares = np.concatenate(alike, axis=1).mean(1)
    varied = shares < 1
    return bool(varied.any()) and float(shares[varied].mean()) > _ART_SHARE


def _halved(size: tuple[int, int], rows: Rows) -> tuple[tuple[int, int], Rows]:
    """Return size and rows of the image averaged over 2x2 pixels."""
    height, width = size[0] // 2, size[1] // 2

    def halved(top: int, bottom: int) -> FloatArray:
        values = rows(2 * top, 2 * bottom)[:, : width * 2]
        blocks = values.reshape(bottom - top, 2, width, 2, values.shape[2])
        means: FloatArray = blocks.mean((1, 3), dtype=np.float32)
        return means

    return (height, width), halved


def _patches(size: tuple[int, int], rows: Rows) -> NDArray[np.float64]:
    """Return about `_PATCHES` patches on a regular grid as rows, one plane after the other."""
    down, across = (n - _SIDE + 1 for n in size)
    # An odd step covers every phase of 2x2 and 8x8 structures.
    step = math.ceil(math.sqrt(down * across / _PATCHES)) | 1

    count = max(1, _BAND // (size[1] * step))

    def band(starts: Sequence[int]) -> NDArray[np.float64]:
        values = rows(starts[0], starts[-1] + _SIDE)
        windows = np.lib.stride_tricks.sliding_window_view(values, (_SIDE, _SIDE), (0, 1))
        chosen = windows[::step, ::step]
        return chosen.reshape(-1, values.shape[2] * _SIDE**2).astype(np.float64)

    starts = range(0, down, step)
    return np.concatenate([band(starts[n : n + count]) for n in range(0, len(starts), count)])


def _smoothest(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the patches whose quarters have the most similar means, which noise hardly changes."""
    half = _SIDE // 2
    quarters = patches.reshape(-1, 2, half, 2, half).mean((2, 4)).reshape(-1, 4)
    structure = quarters.var(1)
    smooth: NDArray[np.bool_] = structure <= np.quantile(structure, _SMOOTH_SHARE)
    return patches[smooth]


def _noise_variance(eigenvalues: NDArray[np.float64]) -> float:
    """Return the mean of the largest set of lowest eigenvalues whose mean equals its median.

    The eigenvalues rise.
    """
    for count in range(len(eigenvalues), 1, -1):
        kept = eigenvalues[:count]
        mean = np.add.reduce(kept) / count  # as `mean` does, in a third of its time
        if count - kept.searchsorted(mean, "right") >= kept.searchsorted(mean, "left"):
            return float(mean)
    return float(eigenvalues[0])

"""Estimate how noisy a picture is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.color import is_gray
from restorer.image import FloatArray

Rows: TypeAlias = Callable[[int, int], FloatArray]  # (top, bottom) to (bottom - top, W, C)

_SIDE = 8  # patches of 8x8 pixels, as in the paper
_PATCHES = 40_000  # enough for the covariance to settle; a grid over the whole picture
# Of gray patches: clean CBSD68 pictures then read 2.9 instead of 6.6, sigma 15 reads 14.7.
_SMOOTH_SHARE = 0.3
# Half against full size: 6 to 10 for camera noise (RNI15), at most 3.5 for clean photographs.
_CORRELATED = 5.0


def estimate_sigma(colors: FloatArray) -> float:
    """Return sigma of the noise in (H, W, 1 or 3) values of white 1, on the 0-255 scale.

    Natural patches vary in few directions; in all others only noise is left. The eigenvalues of the
    patch covariance are cut from the top until what remains is spread evenly about its median: that
    is the noise variance (Chen, Zhu and Heng, ICCV 2015). It takes the noise for white; demosaicing
    and JPEG leave it correlated, with empty directions. Halving the picture averages neighbors,
    which halves white noise and leaves correlated noise, nearly white again, so the figure at half
    size counts if it tells of more; that at a quarter only where the full size is all but empty of
    noise, since fine texture looks like noise there. Gray patches have no other channel to be told
    from noise by: only the smoothest are taken, at full size alone. A picture smaller than 8x8
    counts as clean.
    """
    height, width = colors.shape[:2]
    return sigma_of_rows((height, width), lambda a, b: colors[a:b], gray=is_gray(colors))


def sigma_of_rows(size: tuple[int, int], rows: Rows, *, gray: bool) -> float:
    """Return what `estimate_sigma` returns, of a picture that is read a few rows at a time.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values of white 1.
        gray: Whether all planes are equal.
    """
    if gray:
        return _white_sigma(size, lambda a, b: rows(a, b)[..., :1])
    fine, coarse = _white_sigma(size, rows), 2 * _white_sigma(*_halved(size, rows))
    if coarse > _CORRELATED * max(fine, 1):
        return max(coarse, 4 * _white_sigma(*_halved(*_halved(size, rows))))
    return max(fine, coarse)


def _white_sigma(size: tuple[int, int], rows: Rows) -> float:
    """Return sigma of white noise."""
    if min(size) < _SIDE:
        return 0.0
    patches = _patches(size, rows)
    if patches.shape[1] == _SIDE**2:
        patches = _smoothest(patches)
    if len(patches) < 2:
        return 0.0
    covariance = np.cov(patches, rowvar=False)
    eigenvalues = np.clip(np.linalg.eigvalsh(covariance), 0, None)
    return float(np.sqrt(_noise_variance(eigenvalues)) * 255)


def _halved(size: tuple[int, int], rows: Rows) -> tuple[tuple[int, int], Rows]:
    """Return the size and the rows of the means of 2x2 pixels."""
    height, width = size[0] // 2, size[1] // 2

    def halved(top: int, bottom: int) -> FloatArray:
        values = rows(2 * top, 2 * bottom)[:, : width * 2]
        blocks = values.reshape(bottom - top, 2, width, 2, values.shape[2])
        means: FloatArray = blocks.mean((1, 3), dtype=np.float32)
        return means

    return (height, width), halved


def _patches(size: tuple[int, int], rows: Rows) -> NDArray[np.float64]:
    """Return about `_PATCHES` patches on an even grid as rows, one plane after the other."""
    down, across = (n - _SIDE + 1 for n in size)
    # An odd step meets every phase of 2x2 and 8x8 structures.
    step = math.ceil(math.sqrt(down * across / _PATCHES)) | 1

    def strip(top: int) -> NDArray[np.float64]:
        values = rows(top, top + _SIDE)
        windows = np.lib.stride_tricks.sliding_window_view(values, (_SIDE, _SIDE), (0, 1))
        chosen = windows[0, ::step]
        return chosen.reshape(len(chosen), -1).astype(np.float64)

    return np.concatenate([strip(top) for top in range(0, down, step)])


def _smoothest(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the patches whose quarters differ least in their means, which noise hardly moves."""
    half = _SIDE // 2
    quarters = patches.reshape(-1, 2, half, 2, half).mean((2, 4)).reshape(-1, 4)
    structure = quarters.var(1)
    smooth: NDArray[np.bool_] = structure <= np.quantile(structure, _SMOOTH_SHARE)
    return patches[smooth]


def _noise_variance(eigenvalues: NDArray[np.float64]) -> float:
    """Return the mean of the lowest eigenvalues, as many as have their mean at their median."""
    for count in range(len(eigenvalues), 1, -1):
        kept = eigenvalues[:count]
        mean = kept.mean()
        if (kept > mean).sum() >= (kept < mean).sum():
            return float(mean)
    return float(eigenvalues[0])

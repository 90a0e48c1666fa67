"""Estimate how noisy a picture is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray

_SIDE = 8  # patches of 8x8 pixels, as in the paper
_PATCHES = 40_000  # enough for the covariance to settle; a grid over the whole picture
# Of gray patches: clean CBSD68 pictures then read 2.9 instead of 6.6, sigma 15 reads 14.7.
_SMOOTH_SHARE = 0.3


def estimate_sigma(colour: FloatArray) -> float:
    """Return sigma of the white noise in (H, W, 1 or 3) values of white 1, on the 0-255 scale.

    Natural patches vary in few directions; in all others only noise is left. The eigenvalues of the
    patch covariance are cut from the top until what remains is spread evenly about its median: that
    is the noise variance (Chen, Zhu and Heng, ICCV 2015). Gray patches have no other channel to be
    told from noise by: only the smoothest of them are taken. Assumes noise that is alike everywhere
    and independent from pixel to pixel. A picture smaller than 8x8 counts as clean.
    """
    if min(colour.shape[:2]) < _SIDE:
        return 0.0
    gray = colour.shape[2] == 1 or bool(np.ptp(colour, axis=2).max() == 0)
    if gray:
        patches = _smoothest(_patches(colour[..., 0]))
    else:
        patches = np.concatenate([_patches(colour[..., c]) for c in range(3)], 1)
    if len(patches) < 2:
        return 0.0
    covariance = np.cov(patches, rowvar=False)
    eigenvalues = np.clip(np.linalg.eigvalsh(covariance), 0, None)
    return float(np.sqrt(_noise_variance(eigenvalues)) * 255)


def _patches(plane: FloatArray) -> NDArray[np.float64]:
    """Return up to `_PATCHES` patches on an even grid as rows."""
    windows = np.lib.stride_tricks.sliding_window_view(plane, (_SIDE, _SIDE))
    count = windows.shape[0] * windows.shape[1]
    # An odd step meets every phase of 2x2 and 8x8 structures.
    step = math.ceil(math.sqrt(count / _PATCHES)) | 1
    return windows[::step, ::step].reshape(-1, _SIDE**2).astype(np.float64)


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

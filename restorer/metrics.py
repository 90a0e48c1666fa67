"""PSNR and SSIM with the border and luma conventions of the literature.

Images are (H, W, C) or (H, W) arrays with white = 255, uint8 or float. Round to 8 bits first if a
paper compares files.

Sources: the `calc_psnr` of the EDSR family and the MATLAB scripts of PANet@a267cf8,
`calc_psnr_and_ssim` of TTSR@550e4c9, and Wang et al. 2004 for SSIM.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[Any]

# BT.601 studio-range weights per unit of 8-bit RGB: MATLAB's rgb2ycbcr (sums to 219 / 255).
_LUMA = np.array([65.481, 128.553, 24.966]) / 255
# The same weights in 256ths, as in the reference code.
_LUMA_256 = np.array([65.738, 129.057, 25.064]) / 256

_WINDOW = 11  # side of the Gaussian window of SSIM


def luma(image: _Array) -> NDArray[np.float64]:
    """Return Y (H, W), 16 to 235 and not rounded, of (H, W, 3) RGB with white = 255."""
    return np.asarray(image.astype(np.float64) @ _LUMA + 16)


def psnr(image: _Array, truth: _Array, *, shave: int = 0) -> float:
    """Return the peak signal-to-noise ratio in dB over all channels; infinity for equal images.

    Args:
        image: The restored image, white = 255.
        truth: The ground truth, with the same shape.
        shave: Rows and columns to ignore on each side.

    Raises:
        ValueError: The shapes differ, or no pixels remain.
    """
    _check_shapes(image, truth)
    difference = _shaved(image.astype(np.float64) - truth, shave)
    return _ratio(difference)


def psnr_luma(image: _Array, truth: _Array, *, shave: int = 0) -> float:
    """Return the PSNR on Y of (H, W, 3) RGB, as in the tables of super-resolution papers."""
    _check_shapes(image, truth)
    difference = _shaved((image.astype(np.float64) - truth) @ _LUMA_256, shave)
    return _ratio(difference)


def ssim(image: _Array, truth: _Array, *, shave: int = 0) -> float:
    """Return the mean structural similarity; channels are averaged.

    The Gaussian window is 11x11 with a sigma of 1.5; borders are 'valid', K1 = 0.01, K2 = 0.03,
    and the peak is 255.

    Raises ValueError if the shapes differ or the images are smaller than the window.
    """
    _check_shapes(image, truth)
    a, b = (_shaved(x.astype(np.float64), shave) for x in (image, truth))
    if min(a.shape[:2]) < _WINDOW:
        raise ValueError(
            f"SSIM: {a.shape[0]} x {a.shape[1]} pixels remain without the border; at least"
            f" {_WINDOW} x {_WINDOW} are required"
        )
    if a.ndim == 2:
        a, b = a[..., None], b[..., None]
    return float(np.mean([_ssim_plane(a[..., c], b[..., c]) for c in range(a.shape[2])]))


def _check_shapes(image: _Array, truth: _Array) -> None:
    """Raise ValueError for different shapes, which numpy might broadcast."""
    if image.shape != truth.shape:
        raise ValueError(f"images differ in shape: {image.shape} and {truth.shape}")


def _shaved(x: _Array, shave: int) -> _Array:
    if min(x.shape[:2]) <= 2 * shave:
        raise ValueError(f"{x.shape[0]} x {x.shape[1]} pixels: too small for a border of {shave}")
    return x[shave : x.shape[0] - shave, shave : x.shape[1] - shave]


def _ratio(difference: _Array) -> float:
    error = float(np.mean(difference**2))
    return 10 * math.log10(255**2 / error) if error else math.inf


def _ssim_plane(a: _Array, b: _Array) -> float:
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = _window(a), _window(b)
    var_a = _window(a * a) - mean_a**2
    var_b = _window(b * b) - mean_b**2
    covariance = _window(a * b) - mean_a * mean_b
    similarity = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    )
    return float(similarity.mean())


def _window(x: _Array) -> _Array:
    """Filter (H, W) with the 11x11 Gaussian with a sigma of 1.5 and 'valid' borders."""
    kernel = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(x, 11, axis=axis)
        x = windows @ kernel
    return x

"""PSNR and SSIM with the border and luma conventions of the literature.

Pictures are what `restore` takes: uint8 with white 255, uint16 with white 65535, or float with
white 1. Round to 8 bits first if a paper compares files.

Sources: the `calc_psnr` of the EDSR family and the MATLAB scripts of PANet@a267cf8,
`calc_psnr_and_ssim` of TTSR@550e4c9, and Wang et al. 2004 for SSIM.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer.inputs import Picture, to_image

_Array = NDArray[Any]

# BT.601 studio-range weights per unit of 8-bit RGB: MATLAB's rgb2ycbcr (sums to 219 / 255).
_LUMA = np.array([65.481, 128.553, 24.966]) / 255
# The same weights in 256ths, as in the reference code.
_LUMA_256 = np.array([65.738, 129.057, 25.064]) / 256

_WINDOW = 11  # side of the Gaussian window of SSIM


def luma(image: _Array) -> NDArray[np.float64]:
    """Return Y (H, W), 16 to 235 and not rounded, of (H, W, 3) RGB with white = 255."""
    return np.asarray(image.astype(np.float64) @ _LUMA + 16)


def psnr(image: Picture, truth: Picture, *, shave: int = 0, white: float | None = None) -> float:
    """Return the peak signal-to-noise ratio in dB over all channels; infinity for equal images.

    Args:
        image: The restored image, of any kind that `restore` takes.
        truth: The ground truth, with the same height, width and channels.
        shave: Rows and columns to ignore on each side.
        white: The value of white in two arrays, such as 255 for floats of that range; None takes
            that of each type: 255, 65535, or 1 for floats.

    Raises:
        ValueError: The shapes differ, no pixels remain, or floats are not of 0 to 1.

    Examples:
        >>> truth = np.full((16, 16, 3), 100, np.uint8)
        >>> round(restorer.psnr(truth + np.uint8(5), truth), 2)
        34.15
    """
    a, b = _pair(image, truth, shave, white)
    return _ratio(a - b)


def psnr_luma(
    image: Picture, truth: Picture, *, shave: int = 0, white: float | None = None
) -> float:
    """Return the PSNR in dB on Y of RGB, as in the tables of super-resolution papers.

    Papers ignore as many rows and columns on each side (`shave`) as the scale. The other arguments
    and the errors are those of `psnr`; images without three channels raise ValueError, too.

    Examples:
        >>> truth = np.full((16, 16, 3), 100, np.uint8)
        >>> round(restorer.psnr_luma(truth + np.uint8(5), truth, shave=2), 2)
        35.47
    """
    a, b = _pair(image, truth, shave, white)
    if a.shape[-1] != len(_LUMA_256):
        raise ValueError(f"{a.shape[-1]} channels, expected 3 (RGB)")
    return _ratio((a - b) @ _LUMA_256)


def ssim(image: Picture, truth: Picture, *, shave: int = 0, white: float | None = None) -> float:
    """Return the mean structural similarity, at most 1; channels are averaged.

    The Gaussian window is 11x11 with a sigma of 1.5; borders are 'valid', K1 = 0.01, K2 = 0.03,
    and the peak is white. The arguments are those of `psnr`.

    Raises ValueError as `psnr` does, and if the images are smaller than the window.

    Examples:
        >>> truth = np.full((16, 16, 3), 100, np.uint8)
        >>> restorer.ssim(truth, truth)
        1.0
    """
    a, b = _pair(image, truth, shave, white)
    if min(a.shape[:2]) < _WINDOW:
        raise ValueError(
            f"SSIM: {a.shape[0]} x {a.shape[1]} pixels remain without the border; at least"
            f" {_WINDOW} x {_WINDOW} are required"
        )
    return float(np.mean([_ssim_plane(a[..., c], b[..., c]) for c in range(a.shape[2])]))


def _pair(image: Picture, truth: Picture, shave: int, white: float | None) -> tuple[_Array, _Array]:
    """Return two pictures as (H, W, C) float64, white = 255, without the border."""
    a, b = (_values(each, white) for each in (image, truth))
    if a.shape != b.shape:  # numpy might broadcast them
        raise ValueError(f"images differ in shape: {a.shape} and {b.shape}")
    return _shaved(a, shave), _shaved(b, shave)


def _values(picture: Picture, white: float | None) -> _Array:
    if white is not None and isinstance(picture, np.ndarray):
        values = picture if picture.ndim == 3 else picture[..., None]
    else:
        image = to_image(picture)
        values, white = image.pixels, {8: 255, 16: 65535, 32: 1}[image.bits]
    scaled: _Array = values.astype(np.float64)
    if white != 255:
        scaled *= 255 / white
    return scaled


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

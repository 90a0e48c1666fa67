"""Baselines without a network: bicubic interpolation, non-local means, linear demosaicing.

Arrays are (H, W, C) RGB uint8, 0-255.
"""

from __future__ import annotations

import cv2
import numpy as np

from restorer.bayer import raw_samples, spread
from restorer.image import FloatArray
from restorer.training.degrade import Bytes, pillow_bicubic, quantize

# Malvar, He and Cutler 2004 (ICASSP), figure 2, in 16ths: bilinear interpolation of a color,
# corrected by the Laplacian of the color sampled at the pixel.
_GREEN = np.array(
    [
        [0, 0, -2, 0, 0],
        [0, 0, 4, 0, 0],
        [-2, 4, 8, 4, -2],
        [0, 0, 4, 0, 0],
        [0, 0, -2, 0, 0],
    ],
    np.float32,
)
_BESIDE = np.array(  # red at a green pixel in a red row; blue at a green pixel in a blue row
    [
        [0, 0, 1, 0, 0],
        [0, -2, 0, -2, 0],
        [-2, 8, 10, 8, -2],
        [0, -2, 0, -2, 0],
        [0, 0, 1, 0, 0],
    ],
    np.float32,
)
_ACROSS = np.array(  # red at a blue pixel; blue at a red pixel
    [
        [0, 0, -3, 0, 0],
        [0, 4, 0, 4, 0],
        [-3, 0, 12, 0, -3],
        [0, 4, 0, 4, 0],
        [0, 0, -3, 0, 0],
    ],
    np.float32,
)


def bicubic(small: Bytes, scale: int) -> Bytes:
    """Enlarge with the cubic kernel of MATLAB's imresize (a = -0.5), without antialiasing."""
    return pillow_bicubic(small, (small.shape[0] * scale, small.shape[1] * scale))


def non_local_means(noisy: Bytes, sigma: float) -> Bytes:
    """Denoise gray or RGB with OpenCV's non-local means and windows of 7 and 21 pixels."""
    strength = 0.6 * sigma  # h and hColor, tuned on training images
    if noisy.shape[2] == 1:
        cleaned = cv2.fastNlMeansDenoising(noisy, None, strength, 7, 21)[..., None]
    else:
        bgr = noisy[..., ::-1]
        cleaned = cv2.fastNlMeansDenoisingColored(bgr, None, strength, strength, 7, 21)[..., ::-1]
    return np.asarray(cleaned, np.uint8)


def malvar(mosaic: Bytes, pattern: str) -> Bytes:
    """Demosaic zero-filled RGB with the linear filters of Malvar, He and Cutler (2004).

    Borders are mirrored without repeating the edge pixel, which continues the pattern.
    """
    samples = raw_samples(mosaic.astype(np.float32), pattern)
    red, green, blue = np.moveaxis(spread(np.ones_like(samples), pattern), 2, 0) > 0
    rows_of_red, rows_of_blue = (sites.any(1, keepdims=True) for sites in (red, blue))
    plane = samples[..., 0]
    across, down, diagonal = (_filtered(plane, k) for k in (_BESIDE, _BESIDE.T, _ACROSS))
    beside_red = np.where(rows_of_red, across, down)
    beside_blue = np.where(rows_of_blue, across, down)
    colors = [
        np.where(red, plane, np.where(blue, diagonal, beside_red)),
        np.where(green, plane, _filtered(plane, _GREEN)),
        np.where(blue, plane, np.where(red, diagonal, beside_blue)),
    ]
    return quantize(np.stack(colors, 2))


def _filtered(plane: FloatArray, kernel: FloatArray) -> FloatArray:
    filtered = cv2.filter2D(plane, cv2.CV_32F, kernel / 16, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(filtered, np.float32)

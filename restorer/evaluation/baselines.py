"""Baselines without a network: bicubic interpolation, non-local means, linear demosaicing.

Arrays are (H, W, C) RGB uint8, 0-255.
"""

from __future__ import annotations

import cv2
import numpy as np

from restorer.sensor.bayer import interpolate, raw_samples
from restorer.training.degrade import Bytes, pillow_bicubic, quantize


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
    """Demosaic zero-filled RGB with the linear filters of Malvar, He and Cutler (2004)."""
    return quantize(interpolate(raw_samples(mosaic.astype(np.float32), pattern), pattern))

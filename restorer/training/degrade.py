"""The degradations of the papers, bit for bit where the originals are known.

All images are (H, W, C) or (H, W) RGB uint8, 0-255.
"""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from restorer import metrics
from restorer.image import FloatArray
from restorer.sensor.bayer import spread

Bytes = NDArray[np.uint8]
Border = Literal["mirrored", "replicated"]


def crop_to_multiple(image: Bytes, multiple: int) -> Bytes:
    """Remove rows and columns at the end so that both sizes are multiples of `multiple`."""
    height, width = (n - n % multiple for n in image.shape[:2])
    return image[:height, :width]


def bicubic_downscale(image: Bytes, scale: int, border: Border = "mirrored") -> Bytes:
    """Downscale like MATLAB's imresize: (H, W, C) to (H // scale, W // scale, C).

    The cubic kernel (a = -0.5) is widened by `scale` against aliasing. Rows come first, and
    results are rounded to uint8 between the passes. `mirrored` equals the Set5 and Set14 files in
    circulation bit for bit, and `replicated` those of an older MATLAB version (RNAN).
    """
    image = crop_to_multiple(image, scale)
    return _downscale_rows(
        _downscale_rows(image, scale, border).swapaxes(0, 1), scale, border
    ).swapaxes(0, 1)


def pillow_bicubic(image: Bytes, size: tuple[int, int]) -> Bytes:
    """Resize to (height, width) with Pillow's bicubic filter, as TTSR does."""
    resized = PilImage.fromarray(image).resize(size[::-1], PilImage.Resampling.BICUBIC)
    return np.asarray(resized)


def gaussian_noise(image: FloatArray, sigma: float, seed: int) -> FloatArray:
    """Add white Gaussian noise to every channel; `sigma` is on the scale of the values.

    The result is neither clipped nor rounded; `quantize` gives the papers' 8-bit inputs.
    """
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return (image + noise).astype(np.float32)


def quantize(values: NDArray[np.floating[Any]]) -> Bytes:
    """Round half to even and clip values on the 0-255 scale to uint8."""
    rounded: Bytes = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def mosaic(image: Bytes, pattern: str) -> Bytes:
    """Sample (H, W, 3) through a Bayer filter such as ``grbg``; missing samples are zero."""
    sites = spread(np.ones((*image.shape[:2], 1), np.float32), pattern)
    return image * sites.astype(np.uint8)


def luma(image: Bytes) -> Bytes:
    """Return the rounded BT.601 studio-range Y (H, W) of (H, W, 3) RGB, like MATLAB's rgb2ycbcr."""
    return quantize(metrics.luma(image))


def jpeg(image: Bytes, quality: int, *, subsampling: str = "4:2:0") -> Bytes:
    """Compress (H, W) gray or (H, W, 3) RGB with libjpeg and decode the result."""
    buffer = io.BytesIO()
    PilImage.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(PilImage.open(buffer))


def _downscale_rows(image: Bytes, scale: int, border: Border) -> Bytes:
    length = image.shape[0]
    taps = 4 * scale + 2
    center = (np.arange(length // scale) + 0.5) * scale - 0.5
    index = np.floor(center - 2 * scale).astype(np.intp)[:, None] + np.arange(taps)
    weight = _cubic((center[:, None] - index) / scale)
    weight /= weight.sum(1, keepdims=True)
    if border == "mirrored":
        index = np.mod(index, 2 * length)
        index = np.minimum(index, 2 * length - 1 - index)
    index = np.clip(index, 0, length - 1)
    shrunk = sum(
        weight[:, i].reshape((-1,) + (1,) * (image.ndim - 1)) * image[index[:, i]]
        for i in range(taps)
    )
    return np.clip(np.floor(np.asarray(shrunk) + 0.5), 0, 255).astype(np.uint8)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel with a = -0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))

"""What a step does to colour before and behind its network.

Each pixel by itself, so that a band of rows becomes what it would become in the whole picture.
Arrays are (H, W, C) float32 with white = 1.0, encoded values.
"""

from __future__ import annotations

import numpy as np

from restorer import color
from restorer.catalog import ModelSpec
from restorer.image import FloatArray


def planes_of(spec: ModelSpec, colour: FloatArray, sigma: float | None = None) -> FloatArray:
    """Return the planes that the network takes of (H, W, 1 or 3) colour.

    Networks for gray JPEG files are for the luma of colour ones; chroma passes beside them.

    Args:
        spec: The network's model.
        colour: Values that networks know: at most a few times white.
        sigma: The noise level, 0-255 scale, that a network is told in one more plane.
    """
    planes = color.luma(colour) if _luma_only(spec) else color.network_planes(colour, spec.channels)
    if sigma is None:
        return planes
    level = np.full((*colour.shape[:2], 1), sigma / 255, np.float32)
    return np.concatenate([planes, level], axis=2)


def merged(spec: ModelSpec, colour: FloatArray, restored: FloatArray, *, gray: bool) -> FloatArray:
    """Return the network's result (H * scale, W * scale, C') as colour of the input's planes.

    Args:
        spec: The network's model.
        colour: What `planes_of` was given.
        restored: What the network made of that.
        gray: Whether all planes of the whole picture are equal: networks tint gray pictures a
            little, and the eye sees it.
    """
    if _luma_only(spec):
        return colour + (restored - color.luma(colour))
    if gray:
        grays: FloatArray = restored.mean(2, keepdims=True)
        return grays.repeat(colour.shape[2], 2)
    return restored


def mixed(before: FloatArray, restored: FloatArray, strength: float) -> FloatArray:
    """Return the mean of input and result, both of the result's size; strength 1 is the result."""
    if strength == 1:
        return restored
    return before + np.float32(strength) * (restored - before)


def _luma_only(spec: ModelSpec) -> bool:
    return spec.task == "deblocking" and spec.channels == 1

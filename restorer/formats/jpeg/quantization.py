"""Quantization tables of JPEG files: libjpeg's table of a quality, and the quality of a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int64]  # (8, 8), rows are vertical frequencies, that of the mean at [0, 0]

_QUALITIES = range(1, 101)

# ITU-T T.81 (1992), table K.1, which libjpeg scales by the quality.
_LUMA: Steps = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)


def luma_steps(quality: int) -> Steps:
    """Return libjpeg's luma table of a quality of 1 to 100 (`jpeg_quality_scaling`)."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((_LUMA * percent + 50) // 100, 1, 255)


def nearest_quality(steps: Steps, known: NDArray[np.bool_] | None = None) -> int:
    """Return the quality of 1 to 100 whose luma table is nearest, by the ratios of the steps.

    Cameras, phones and Photoshop have tables of their own.

    Args:
        steps: (8, 8).
        known: The steps that count; all by default.
    """
    weights = _WEIGHTS if known is None else _WEIGHTS * known
    away = np.abs(np.log(_TABLES / np.maximum(steps, 1)))
    return _QUALITIES[int((away * weights).sum((1, 2)).argmin())]


_TABLES = np.stack([luma_steps(quality) for quality in _QUALITIES])
# With these weights, the nearest table also matches the mean squared error of Photoshop's tables.
_WEIGHTS = (1.0 + np.add.outer(np.arange(8), np.arange(8))) ** -0.3

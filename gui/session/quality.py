"""Metrics of a picture against its ground truth: PSNR, SSIM and an error map; without widgets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer import CancelToken, Image, displayed, psnr, psnr_luma, ssim

MAP_STEP = 4  # levels of the map for one step of 8 bit
_ROWS = 256  # compared at a time: a large picture in float64 would fill the memory
_WINDOW = 11  # side of the window of SSIM

OnRow = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Metrics:
    """A comparison of all pixels and colors; transparency is ignored.

    Attributes:
        psnr: PSNR in dB; infinity for equal pictures.
        psnr_luma: PSNR of the luma without `shave` pixels at each side, as in the papers; None if
            nothing remains.
        ssim: SSIM; None for pictures that are smaller than its window.
        errors: (H, W), mean absolute error of the colors in quarters of an 8-bit step, at most 255.
    """

    psnr: float
    psnr_luma: float | None
    ssim: float | None
    errors: NDArray[np.uint8]


def compare_pictures(
    image: Image,
    ground_truth: Image,
    *,
    shave: int = 0,
    on_row: OnRow | None = None,
    cancel: CancelToken | None = None,
) -> Metrics:
    """Compare two pictures of the same size, band by band; the results equal `psnr` and `ssim`.

    Raises Cancelled.
    """
    image, ground_truth = displayed(image), displayed(ground_truth)
    height, width = image.height, image.width
    inner = (height - 2 * shave, width - 2 * shave)
    small = min(height, width) < _WINDOW
    squares, luma_squares, similar = 0.0, 0.0, 0.0
    errors = []
    for top in range(0, height, _ROWS):
        if cancel is not None:
            cancel.check()
        bottom = min(height, top + _ROWS)
        a, b = _colors(image, top, bottom), _colors(ground_truth, top, bottom)
        squares += _square(psnr(a, b, white=255)) * (bottom - top)
        errors.append(np.abs(a - b).mean(2))
        first, last = max(top, shave), min(bottom, height - shave)
        if min(inner) > 0 and last > first:
            part = np.s_[first - top : last - top, shave : width - shave]
            luma_squares += _square(psnr_luma(a[part], b[part], white=255)) * (last - first)
        windows = min(bottom, height - _WINDOW + 1) - top  # whose first row is in this band
        if not small and windows > 0:
            below = bottom + _WINDOW - 1
            pair = [_colors(each, top, below) for each in (image, ground_truth)]
            similar += windows * ssim(*pair, white=255)
        if on_row is not None:
            on_row(bottom, height)
    mapped = np.rint(np.concatenate(errors) * MAP_STEP)
    return Metrics(
        _decibel(squares / height),
        _decibel(luma_squares / inner[0]) if min(inner) > 0 else None,
        None if small else similar / (height - _WINDOW + 1),
        np.minimum(mapped, 255).astype(np.uint8),
    )


def _colors(image: Image, top: int, bottom: int) -> NDArray[np.float64]:
    """Return rows as (H, W, 3) with white at 255; gray is repeated three times."""
    rows = image.pixels[top:bottom]
    colors = rows[..., :-1] if image.has_alpha else rows
    white = {8: 255.0, 16: 65535.0, 32: 1.0}[image.bits]
    values: NDArray[np.float64] = colors.astype(np.float64) * (255 / white)
    return np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values


def _square(decibel: float) -> float:
    """Return the mean squared error that a PSNR stands for."""
    return 255**2 / 10 ** (decibel / 10)


def _decibel(square: float) -> float:
    return 10 * math.log10(255**2 / square) if square else math.inf

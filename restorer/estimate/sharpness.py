"""Estimate the blur of a picture from the widths of its sharpest edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from restorer.estimate.noise_bands import planes_of
from restorer.estimate.samples import CELL
from restorer.image import FloatArray

_CONTRAST = 40.0  # of a strong edge, on the 0-255 scale; three quarters of it within a cell
_FEW = 60  # strong edges below which nothing is said
_SHARPEST = 0.1  # share of the strong edges that are in focus
_PEAK = np.sqrt(2 * np.pi)  # height over steepest slope of an edge of a Gaussian, sigma 1
_CUT_OFF = 0.25  # a cell holds less of the range of an edge the wider that is (sigmas 1.6, 2.5, 4)
_OWN = 0.5  # sigma of the edges of a sharp picture, by which its pixels were sampled


def edge_blur(strips: Sequence[FloatArray]) -> float | None:
    """Return the sigma of the Gaussian that the sharpest edges were blurred with, in pixels.

    Rows and columns of a cell are compared: their range with their steepest step. None without
    enough edges. 0 for a sharp picture.
    """
    found = [
        _widths(lines) for strip in strips for luma in planes_of(strip)[:1] / _norm(strip)
        for lines in (luma, luma.T)
    ]  # fmt: skip
    widths = np.concatenate(found) if found else np.empty(0)
    if len(widths) < _FEW:
        return None
    width = float(np.quantile(widths, _SHARPEST))
    sigma = float(np.sqrt(max(width**2 - _OWN**2, 0)))
    return sigma * (1 + _CUT_OFF * sigma)


def _norm(strip: FloatArray) -> np.float32:
    return np.float32(np.sqrt(strip.shape[2]))


def _widths(luma: FloatArray) -> NDArray[np.float64]:
    """Return the sigma of the strong edge in each stretch of a row, of those that have one."""
    height, width = luma.shape
    stretches = luma[:, : width // CELL * CELL].reshape(height * (width // CELL), CELL)
    ranges = np.ptp(stretches, axis=1)
    strong = stretches[ranges > _CONTRAST]
    steepest = np.abs(np.diff(strong, axis=1)).max(1)
    widths: NDArray[np.float64] = np.ptp(strong, axis=1) / (_PEAK * steepest)
    return widths

"""Classify the noise of a picture by its spectrum in luma and chroma.

A softmax of logarithms of the levels and of squared ratios between neighboring ones: white noise
has the same level everywhere, that of a camera less chroma in fine detail, a film no chroma at all.
The weights were fitted by ``tests/benchmarks/diagnosis.py --fit`` on photographs with made damage,
those without noise included: sharp, blurred, enlarged and compressed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from restorer.estimate.findings import Finding, Kind
from restorer.estimate.noise_bands import NoiseBands

_FLOOR = 0.5  # added to sigmas, about that of rounding to bytes and a little more
# Least probabilities that there is noise, and that it is of the likeliest kind: on the photographs
# of the fit, 95 of 100 without noise are called clean, and 94 of 100 with noise are not, by
# cross-validation over photographs.
_CERTAIN, _LIKELY = 0.8, 0.4
_LEAST = 2.0  # sigma that nobody sees
# Over the sigma of the sizes that are measured: most of the variance of blotches is coarser still.
_BLOTCHES = 1.37
_GRAIN = 1.15  # over that of flat areas: most are bright, where a film has less
_GRAY_RATIO = 1.5  # of luma to chroma, in noise that has little color
_COLOR_KINDS: tuple[Kind, ...] = (
    "white-noise", "camera-noise", "coarse-noise", "film-grain", "chroma-noise",
)  # fmt: skip
_GRAY_KINDS: tuple[Kind, ...] = ("white-noise", "coarse-noise", "film-grain")
# Rows: constant; luma by size; texture; squared steps of luma; and for color pictures: chroma by
# size, its squared steps, squared ratios of chroma to luma, unevenness. Columns: the kinds.
# fmt: off
_COLOR = np.array((
    (1.90, -2.91, -2.78, -6.81, -12.84),
    (1.32, -0.18, 0.87, -0.00, 0.13),
    (1.22, 0.36, 1.62, 1.97, 0.22),
    (1.05, -0.24, 2.09, 2.97, 0.38),
    (-1.58, -2.42, -2.02, -0.10, -0.18),
    (-1.95, -2.03, -1.62, -0.39, -0.75),
    (0.46, 0.67, -0.73, -1.16, 0.88),
    (-0.54, -1.15, -1.49, -2.28, -1.05),
    (-0.81, 2.08, 2.51, -0.06, -1.40),
    (-3.74, -4.68, -1.28, -1.86, -2.00),
    (-0.29, -0.04, -0.58, -0.61, -0.01),
    (1.60, 2.08, 0.09, -0.97, 0.42),
    (0.81, 1.21, 0.78, -0.04, 0.60),
    (-0.01, 1.29, 1.20, -0.02, 1.03),
    (-0.71, 1.73, -0.94, 0.44, 2.84),
    (-1.75, 0.60, 0.69, -1.38, -0.49),
    (-1.07, 1.93, 0.33, -0.54, 2.44),
    (-0.64, -0.68, -0.32, -2.18, 1.43),
    (-0.53, 0.64, -1.01, -0.25, 0.09),
    (-0.47, -0.14, -0.36, -0.62, -0.78),
    (0.27, 0.14, 0.62, 0.50, 0.10),
    (-0.04, -0.31, -0.55, -0.62, -0.34),
    (-1.41, -0.09, -0.23, 0.71, -2.14),
))
_GRAY = np.array((
    (0.93, -1.39, -2.52),
    (2.58, -0.08, -1.52),
    (1.97, 1.65, 1.76),
    (1.91, 2.94, 4.42),
    (-3.37, -3.08, -2.24),
    (-1.23, -0.81, -0.95),
    (0.36, -1.42, 0.11),
    (-1.46, -1.40, -1.55),
    (-4.08, 1.67, -1.18),
    (-3.77, 1.01, -2.45),
    (-0.86, -1.41, -1.69),
))
# fmt: on


def noise_features(bands: NoiseBands) -> NDArray[np.float64]:
    """Return what the kind of noise depends on, the constant 1 first."""
    luma, texture = np.log(bands.luma + _FLOOR), np.log(bands.texture[:3])
    gray = np.concatenate([[1.0], luma, texture, np.diff(luma) ** 2])
    if bands.gray:
        return gray
    chroma = np.log(bands.chroma + _FLOOR)
    ratios = np.concatenate([np.diff(chroma), chroma - luma])
    return np.concatenate([gray, chroma, ratios**2, [np.log(bands.unevenness)]])


def noise_of(bands: NoiseBands) -> Finding | None:
    """Return the noise of a picture; None for one that is clean, or nearly so."""
    kinds, weights = (_GRAY_KINDS, _GRAY) if bands.gray else (_COLOR_KINDS, _COLOR)
    scores = noise_features(bands) @ weights
    odds = np.exp(scores - max(scores.max(), 0.0))
    odds /= odds.sum() + np.exp(-max(scores.max(), 0.0))
    best = int(odds.argmax())
    sigma = _strength(kinds[best], bands)
    if odds.sum() < _CERTAIN or odds[best] < _LIKELY or sigma < _LEAST:
        return None
    return Finding(kinds[best], sigma, float(odds[best]), _REASONS[kinds[best]])


def _strength(kind: Kind, bands: NoiseBands) -> float:
    """Return the sigma of a channel."""
    if bands.gray:
        return bands.luma_sigma
    gray = bands.luma_sigma > _GRAY_RATIO * bands.chroma_sigma
    if kind in ("white-noise", "coarse-noise") and not gray:
        return bands.chroma_sigma  # the same as in luma, which has more texture
    if kind == "chroma-noise":
        return _BLOTCHES * bands.chroma_sigma
    if kind == "film-grain":
        return _GRAIN * bands.sigma()
    return bands.sigma(bands.rise if kind == "camera-noise" else 1.0)


_REASONS: dict[Kind, str] = {
    "white-noise": "Even areas vary from pixel to pixel, as much in color as in brightness.",
    "camera-noise": "Even areas vary in brightness and, in larger spots, in color, as after the"
    " processing of a camera.",
    "coarse-noise": "Even areas have spots of several pixels, as noise that was enlarged.",
    "film-grain": "Even areas have grain in brightness, but not in color.",
    "chroma-noise": "Even areas have blotches of color, but are smooth in brightness.",
}

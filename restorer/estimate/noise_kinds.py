"""The kind of the noise of a picture, from its spectrum in luma and chroma.

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
# of the fit, 97 of 100 without noise are called clean, and 95 of 100 with noise are not.
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
    (0.61, -4.16, -5.09, -6.92, -9.56),
    (1.17, 0.07, 0.75, 0.40, 0.38),
    (0.74, 0.41, 0.99, 1.16, 0.15),
    (0.47, -0.03, 1.14, 1.63, 0.20),
    (-1.10, -1.98, -0.64, 0.51, -0.15),
    (-1.31, -1.26, -1.09, -0.33, -0.41),
    (0.17, 0.32, -0.46, -0.36, 0.51),
    (-0.66, -0.91, -1.09, -1.46, -0.87),
    (-0.66, 1.30, 2.24, 0.31, -1.08),
    (-2.42, -3.34, -0.42, -0.81, -1.11),
    (-0.17, -0.13, -0.27, -0.29, -0.04),
    (1.62, 1.27, 0.40, -0.25, 0.64),
    (0.83, 1.12, 0.67, 0.15, 0.61),
    (0.15, 1.26, 0.59, 0.17, 0.81),
    (-0.44, 1.50, -0.22, 0.26, 1.73),
    (-1.15, 0.47, 0.70, -0.89, -0.16),
    (-0.87, 1.33, -0.05, -0.27, 2.05),
    (-0.87, -0.46, -0.32, -1.66, 1.31),
    (-0.37, 0.40, -0.79, -0.15, -0.03),
    (-0.35, -0.04, -0.25, -0.43, -0.61),
    (0.33, 0.24, 0.56, 0.47, 0.15),
    (-0.16, -0.26, -0.51, -0.39, -0.29),
    (-0.83, 0.23, 0.09, 0.56, -1.24),
))
_GRAY = np.array((
    (-0.23, -3.19, -4.49),
    (2.71, 0.63, -0.18),
    (1.69, 1.21, 1.22),
    (1.04, 1.64, 2.35),
    (-2.29, -1.58, -0.25),
    (-0.16, -0.13, -0.22),
    (-0.19, -0.98, 0.09),
    (-1.25, -1.04, -1.36),
    (-1.78, 2.42, -0.13),
    (-5.07, 1.25, -1.54),
    (-0.62, -0.76, -0.74),
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

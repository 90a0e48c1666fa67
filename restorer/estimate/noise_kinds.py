"""Classify the noise of a picture by its spectrum in luma and chroma.

A softmax of logarithms of the levels and of squared ratios between neighboring ones: white noise
has the same level everywhere, that of a camera less chroma in fine detail, a film no chroma at all.
What tells noise from texture comes with them (`texture_features`). The weights were fitted by
``tests/benchmarks/diagnosis.py --fit`` on photographs with made damage, those without noise
included: sharp, blurred, enlarged and compressed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from restorer.estimate.findings import Finding, Kind
from restorer.estimate.noise_bands import NoiseBands
from restorer.estimate.texture import OF_LUMA

_FLOOR = 0.5  # added to sigmas, about that of rounding to bytes and a little more
# Least probabilities that there is noise, and that it is of the likeliest kind: on the photographs
# of the fit, about 98 of 100 clean ones are called so, and 93 of 100 with noise are not, by
# cross-validation over photographs. A noisy one may be of a kind between two, of about 0.4 each.
_CERTAIN, _LIKELY = 0.9, 0.3
# Where more detail is at stake: 98 of 100 pictures with noise of this strength are as certain,
# while cloth and hedges that were taken for it had 0.92 and 0.96.
_STRONG, _CERTAIN_STRONG = 12.0, 0.97
_LEAST = 2.0  # sigma that nobody sees
# Over the sigma of the sizes that are measured: most of the variance of blotches is coarser still.
_BLOTCHES = 1.37
_GRAIN = 1.15  # over that of flat areas: most are bright, where a film has less
_GRAY_RATIO = 1.5  # of luma to chroma, in noise that has little color
_COLOR_KINDS: tuple[Kind, ...] = (
    "white-noise", "camera-noise", "coarse-noise", "film-grain", "chroma-noise",
)  # fmt: skip
_GRAY_KINDS: tuple[Kind, ...] = ("white-noise", "coarse-noise", "film-grain")
# Rows: constant; luma by size; texture; squared steps of luma; structure of flat and of rather flat
# areas; and for color pictures: chroma by size, its squared steps, squared ratios of chroma to
# luma, unevenness. Columns: the kinds.
# fmt: off
_COLOR = np.array((
    (-15.40, -8.54, -16.67, -24.74, -15.98),
    (0.41, -1.43, -0.04, -0.46, -0.44),
    (0.76, 0.02, 0.91, 0.84, -0.18),
    (1.04, 0.53, 2.01, 1.90, 0.34),
    (-0.22, -1.00, -0.38, 1.00, 0.24),
    (-1.24, -1.36, -1.40, -0.24, -0.66),
    (0.42, 1.14, -0.96, 0.03, 0.65),
    (-0.14, -0.08, 0.23, -0.56, -0.44),
    (0.07, 1.11, 1.89, 0.01, -1.08),
    (-0.63, -1.31, 1.29, 0.69, -0.21),
    (-0.41, -0.71, -0.67, -0.56, -0.17),
    (-0.85, -1.61, -0.12, -0.86, -0.49),
    (-0.65, -0.21, -2.84, -3.73, -1.36),
    (-1.02, -1.15, -0.20, -0.78, -0.23),
    (0.01, 1.89, -2.89, 0.43, 0.49),
    (0.28, -0.10, -1.58, -0.61, 0.72),
    (-0.57, -1.48, -1.60, -1.69, -0.97),
    (0.15, -0.42, 1.31, -1.32, -0.27),
    (-1.96, -0.55, -1.39, -1.24, -0.55),
    (1.33, 0.73, 0.07, 1.85, 0.77),
    (0.59, 1.58, 3.84, 1.74, 0.23),
    (-1.97, -0.64, -0.67, 0.34, -0.41),
    (-1.03, -4.47, -0.81, 1.11, -2.55),
    (0.48, 0.60, -0.61, -0.68, -1.18),
    (2.29, 4.77, 1.60, 0.34, 2.27),
    (3.19, 1.38, 3.44, 4.34, 2.97),
    (-0.49, 0.17, 1.67, -0.85, -0.32),
    (-1.38, -1.81, -0.40, -0.30, -0.36),
    (1.53, 4.81, -2.58, 0.59, 1.64),
    (0.93, 0.65, 2.35, 1.87, 1.10),
    (0.29, 0.37, -0.48, -0.55, 0.26),
    (-0.62, -2.99, 3.42, -4.40, -1.68),
    (-2.20, -1.27, -2.46, -1.77, -0.79),
    (-0.22, -3.68, -2.72, 0.20, -1.41),
    (-0.13, 1.12, 1.63, -0.11, 0.45),
    (-2.57, -0.67, -1.19, 0.08, -0.40),
    (-1.88, -8.90, -5.33, 1.66, -3.08),
    (0.65, 0.89, -1.17, 0.26, -0.86),
    (1.73, 1.86, -0.50, -0.14, 2.64),
    (0.48, 1.35, -0.43, -0.42, 0.19),
    (0.17, 0.73, 0.17, -0.00, 0.12),
    (0.39, 1.33, 0.83, 0.52, 0.81),
    (0.76, 1.84, 0.77, 0.92, 2.60),
    (-1.00, 0.36, 0.27, -0.33, -0.43),
    (-0.42, -0.10, -0.70, -0.76, 0.68),
    (-0.16, -0.64, -1.02, -1.12, 1.19),
    (-0.60, 0.44, -0.62, -0.14, -0.06),
    (-0.11, 0.29, 0.16, 0.05, -0.08),
    (-0.03, -0.18, 0.17, -0.02, -0.00),
    (-0.24, -0.49, -0.67, -0.20, -0.22),
    (-0.26, -0.68, 0.13, 0.34, -1.62),
))
_GRAY = np.array((
    (-9.97, -11.90, -25.84),
    (2.43, 0.09, -1.52),
    (1.09, 0.77, 0.89),
    (1.70, 2.38, 3.48),
    (-1.76, -1.46, 0.58),
    (-1.50, -0.48, -1.09),
    (0.45, -2.51, 0.70),
    (0.67, 0.13, 0.21),
    (-3.24, 1.23, -0.57),
    (-1.58, 1.69, -0.76),
    (-0.58, -1.08, -1.25),
    (-2.12, 1.05, 0.02),
    (-2.34, -3.12, -4.93),
    (-0.70, 0.44, -0.79),
    (1.36, -3.28, 0.98),
    (1.26, -1.32, -0.35),
    (-0.26, -1.56, -1.05),
    (1.00, 1.70, -2.56),
    (1.23, 4.68, 8.53),
    (-1.15, 1.48, -1.65),
    (-1.66, -0.05, -0.83),
    (1.65, -5.67, 0.11),
    (0.51, -1.49, 1.76),
    (-0.47, -1.89, -1.41),
    (-0.99, 4.66, -6.12),
))
# fmt: on


def noise_features(bands: NoiseBands) -> NDArray[np.float64]:
    """Return what the kind of noise depends on, the constant 1 first."""
    luma, texture = np.log(bands.luma + _FLOOR), np.log(bands.texture[:3])
    structure = bands.structure[:, :OF_LUMA] if bands.gray else bands.structure
    gray = np.concatenate([[1.0], luma, texture, np.diff(luma) ** 2, structure.ravel()])
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
    certain = _CERTAIN if sigma < _STRONG else _CERTAIN_STRONG
    if odds.sum() < certain or odds[best] < _LIKELY or sigma < _LEAST:
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

"""NoiseBands: the noise of flat areas by scale, in luma and chroma, and by brightness.

The planes are orthonormal combinations of red, green and blue, and the detail is that of the Haar
wavelet, so that white noise has the same level in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer.estimate.samples import CELL
from restorer.estimate.texture import cell_texture, texture_features
from restorer.image import FloatArray

SIZES = (1, 2, 4, 8)  # pixels of the halves that are compared
# Means of cells between which tones are told apart, so that each has its share of flat cells.
_TONES = np.array([0, 8, 32, 64, 100, 140, 190, 247, 256])
_FLAT = 0.15  # share of the cells of a tone that count as flat
_FEW, _LEAST = 12, 6  # cells of a tone that are too few; flat cells of one
# Share of black or white pixels of a cell, where noise is cut off; more if most cells have more.
_CLIPPED = 0.3
_FLATTEST = 0.06  # share of all cells; texture in luma is everywhere, except in some of them
_CALM, _BUSY = (
    0.02,
    0.25,
)  # shares of cells that differ little where there is more noise than texture
# Weights of the diagonal detail of each size, and of the geometric mean of neighboring sizes, which
# stands for the other two directions: they have the edges of the picture, too.
_SHARES = np.array([0.25 ** (n + 1) for n in range(len(SIZES))])
_SLIGHT = 0.25  # variance below that of rounding to bytes
_UNEVEN = 4.0  # most that the variance of a picture exceeds that of its flattest cells

Variances = NDArray[np.float64]  # (..., sizes, planes)


@dataclass(frozen=True, eq=False)
class NoiseBands:
    """The noise of a picture.

    Attributes:
        luma: Sigma of each size of detail, on the 0-255 scale.
        chroma: The same for the mean of the two color differences; 0 for gray pictures.
        luma_sigma: Of luma, all sizes together.
        chroma_sigma: Of the color differences, all sizes together.
        rise: Sigma of chroma over that in the flattest areas, which are of few tones.
        unevenness: Ratio of the sigmas of chroma in the noisiest and the quietest tones.
        texture: Ratio of luma in flat and in the flattest areas, for `SIZES`; 1 for even noise.
        structure: What tells noise from texture, see `texture_features`.
    """

    luma: NDArray[np.float64]
    chroma: NDArray[np.float64]
    luma_sigma: float
    chroma_sigma: float
    rise: float
    unevenness: float
    texture: NDArray[np.float64]
    structure: FloatArray

    @property
    def gray(self) -> bool:
        """Whether the colors have no noise of their own."""
        return not self.chroma.any()

    def sigma(self, rise: float = 1.0) -> float:
        """Return the noise of a channel, red, green or blue, with that of luma times `rise`."""
        return float(np.sqrt(((rise * self.luma_sigma) ** 2 + 2 * self.chroma_sigma**2) / 3))


def noise_bands(strips: Sequence[FloatArray]) -> NoiseBands | None:
    """Return the noise of strips as of `strips_of`; None without flat areas.

    Flat areas have the weakest edges in luma. Diagonal detail, which is measured, does not depend
    on them where there is only noise.
    """
    cells = [_cells(strip) for strip in strips]
    if not cells:
        return None
    details, edges, means, clipped, textures = (
        np.concatenate(each, axis=-1) for each in zip(*cells, strict=True)
    )
    if len(means) < _FEW:
        return None
    whole = np.flatnonzero(clipped <= max(_CLIPPED, float(np.quantile(clipped, _FLAT))))
    order = whole[np.argsort(edges[whole], kind="stable")]
    calm, flattest, busy = (
        details[..., order[: max(_LEAST, int(share * len(order)))]].mean(-1)
        for share in (_CALM, _FLATTEST, _BUSY)
    )
    texture = np.sqrt((busy[:, 0] + _SLIGHT) / (calm[:, 0] + _SLIGHT))
    structure = texture_features(textures, np.digitize(means, _TONES), edges, whole)
    tones = [*_by_tone(details, edges, means, whole)]
    if flattest.shape[1] == 1 or not tones:
        luma = flattest[:, :1]
        none, sigma = np.zeros(len(SIZES)), _sigma(luma)
        return NoiseBands(np.sqrt(luma[:, 0]), none, sigma, 0.0, 1.0, 1.0, texture, structure)
    shares = np.array([share for share, _ in tones])
    chroma = np.average([detail[:, 1:] for _, detail in tones], axis=0, weights=shares)
    sigmas = [_sigma(detail[:, 1:]) for _, detail in tones]
    more = np.clip(_sigma(chroma) ** 2 / max(_sigma(flattest[:, 1:]) ** 2, 1e-6), 1, _UNEVEN)
    luma = flattest[:, 0]
    return NoiseBands(
        np.sqrt(luma),
        np.sqrt(chroma.mean(1)),
        _sigma(luma[:, None]),
        _sigma(chroma),
        float(np.sqrt(more)),
        max(sigmas) / max(min(sigmas), 0.1),
        texture,
        structure,
    )


def _by_tone(
    details: Variances, edges: FloatArray, means: FloatArray, whole: NDArray[np.intp]
) -> Iterator[tuple[int, Variances]]:
    """Yield the number of cells and the detail (sizes, planes) of the flat ones of each tone."""
    tones = np.digitize(means[whole], _TONES)
    for tone in np.unique(tones):
        own = whole[tones == tone]
        if len(own) >= _FEW:
            flat = own[np.argsort(edges[own], kind="stable")[: max(_LEAST, int(_FLAT * len(own)))]]
            yield len(own), details[..., flat].mean(-1)


def _sigma(details: Variances) -> float:
    """Return the sigma of planes together, of details (sizes, planes)."""
    return float(np.sqrt(_total(details).mean()))


def _total(details: Variances) -> Variances:
    """Return the variance of all sizes and directions together, of (..., sizes, planes)."""
    between = np.sqrt(details[..., :-1, :] * details[..., 1:, :])
    directions = np.concatenate([between, details[..., -1:, :]], axis=-2)
    total: Variances = (_SHARES[:, None] * (details + 2 * directions)).sum(-2)
    return total


def _cells(strip: FloatArray) -> tuple[NDArray[Any], ...]:
    """Return the detail (sizes, planes, cells), edges, means, share of clipped pixels, texture."""
    clipped = (strip.min(2) <= 0) | (strip.max(2) >= 255)
    values = planes_of(strip)
    details, edges, fine = [], np.float32(0), []
    for size in SIZES:
        a, b = values[:, ::2, ::2], values[:, ::2, 1::2]
        c, d = values[:, 1::2, ::2], values[:, 1::2, 1::2]
        half = np.float32(size / 2)
        all_ways = np.stack([a - b - c + d, a + b - c - d, a - b + c - d]) * half
        details.append(_mean_of_cells(all_ways[0] ** 2, size))
        if size in (2, 4):
            edges = edges + _mean_of_cells((all_ways[1:, :1] ** 2).sum(0), size)[0]
        if size in (1, 2):
            fine.append(all_ways)
        values = (a + b + c + d) / np.float32(4)
    means = values[0].ravel() / np.float32(np.sqrt(len(values)))
    share = _mean_of_cells(clipped[None].astype(np.float32), 0.5)[0]
    return np.stack(details), np.asarray(edges), means, share, cell_texture(fine)


def planes_of(colors: FloatArray) -> FloatArray:
    """Return luma and two color differences (3, h, w), orthonormal; gray stays one plane."""
    if colors.shape[2] == 1:
        return colors.transpose(2, 0, 1)
    red, green, blue = np.moveaxis(colors, 2, 0)
    planes: FloatArray = np.stack(
        [
            (red + green + blue) / np.float32(np.sqrt(3)),
            (red - blue) / np.float32(np.sqrt(2)),
            (red - 2 * green + blue) / np.float32(np.sqrt(6)),
        ]
    )
    return planes


def _mean_of_cells(values: FloatArray, size: float) -> FloatArray:
    """Return the means (planes, cells) of values of which each covers `2 * size` pixels a side."""
    side = int(CELL / (2 * size))
    planes, height, width = values.shape
    blocks = values.reshape(planes, height // side, side, width // side, side)
    means: FloatArray = blocks.mean((2, 4)).reshape(planes, -1)
    return means

"""Tell texture from noise by statistics of fine detail.

The detail of noise is Gaussian, has no direction, is as strong in one place as in another of the
same tone, and that of one size does not depend on that of another, nor that of colors on that of
luma. Texture is stronger where there is something, and in all sizes and colors at once (Portilla,
Strela, Wainwright and Simoncelli, IEEE Transactions on Image Processing 2003).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from restorer.estimate.samples import CELL
from restorer.image import FloatArray

OF_LUMA = 7  # statistics of gray pictures, the first ones
SIDES = (CELL // 2, CELL // 4)  # of a cell, in samples of the detail of one and of two pixels
_SLIGHT = np.float32(0.25)  # variance below that of rounding to bytes
_LEAST = 0.02  # of a statistic, before its logarithm
_FLAT = (0.06, 0.25)  # shares of the flattest cells
_FEW = 12  # flat cells for a mean
# Rows of the statistics of a cell that are logarithms of levels; their spread counts.
_LEVELS = (2, 5, 10, 12)


def cell_texture(details: Sequence[FloatArray]) -> FloatArray:
    """Return the statistics (7 of gray, 14 of color; cells) of the detail of a strip.

    Args:
        details: Those of one and of two pixels: diagonal, down and across (3, planes, h, w), luma
            the first plane.
    """
    luma = [_in_cells(each[:, 0], side) for each, side in zip(details, SIDES, strict=True)]
    energies = [(each**2).sum(0) for each in luma]
    found: list[FloatArray] = []
    for (_, down, across), energy in zip(luma, energies, strict=True):
        found += [_burst(energy, energy), _coherence(down, across), _level(energy)]
    found.append(_across_sizes(energies))
    if details[0].shape[1] > 1:
        chroma = [
            _in_cells((each[:, 1:] ** 2).sum((0, 1))[None], side)[0]
            for each, side in zip(details, SIDES, strict=True)
        ]
        found += [_burst(*both) for both in zip(energies, chroma, strict=True)]
        for energy in chroma:
            found += [_burst(energy, energy), _level(energy)]
        found.append(_across_sizes(chroma))
    return np.stack(found)


def texture_features(
    cells: FloatArray, tones: NDArray[np.intp], edges: FloatArray, counted: NDArray[np.intp]
) -> FloatArray:
    """Return logarithms of the statistics (2, statistics): of flat and of rather flat cells.

    Each tone has its share of them: the flattest cells of all may be white, where a camera has
    hardly any noise.

    Args:
        cells: The statistics of all cells, as of `cell_texture`.
        tones: The tone of each cell.
        edges: The strength of the edges of each cell.
        counted: The cells that count.
    """
    order = counted[np.argsort(_ranks(edges[counted], tones[counted]), kind="stable")]
    found = []
    for share in _FLAT:
        flat = order[: max(_FEW, int(share * len(order)))]
        means = cells[:, flat].mean(1)
        for row in (each for each in _LEVELS if each < len(cells)):
            means[row] = _spread(cells[row, flat], tones[flat])
        found.append(means)
    features: FloatArray = np.log(np.maximum(np.stack(found), _LEAST))
    return features


def _ranks(edges: FloatArray, tones: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the rank of each cell in its tone, from 0 to 1."""
    ranks = np.empty(len(edges))
    for tone in np.unique(tones):
        own = np.flatnonzero(tones == tone)
        ranks[own[np.argsort(edges[own], kind="stable")]] = (np.arange(len(own)) + 0.5) / len(own)
    return ranks


def _in_cells(planes: FloatArray, side: int) -> FloatArray:
    """Return (planes, h, w) samples as (planes, cells, side * side)."""
    count, height, width = planes.shape
    blocks = planes.reshape(count, height // side, side, width // side, side)
    return blocks.swapaxes(2, 3).reshape(count, -1, side * side)


def _burst(energy: FloatArray, other: FloatArray) -> FloatArray:
    """Return how much stronger one energy is where the other is; 1 if they are independent."""
    product = (energy.mean(1) + _SLIGHT) * (other.mean(1) + _SLIGHT)
    ratios: FloatArray = (energy * other).mean(1) / product
    return ratios


def _coherence(down: FloatArray, across: FloatArray) -> FloatArray:
    """Return the share of the energy of edges that has one direction (structure tensor)."""
    vertical, horizontal = (down**2).mean(1), (across**2).mean(1)
    mixed = (down * across).mean(1)
    strength = np.sqrt((vertical - horizontal) ** 2 + 4 * mixed**2)
    shares: FloatArray = strength / (vertical + horizontal + _SLIGHT)
    return shares


def _level(energy: FloatArray) -> FloatArray:
    levels: FloatArray = np.log(energy.mean(1) + _SLIGHT)
    return levels


def _across_sizes(energies: Sequence[FloatArray]) -> FloatArray:
    """Return `_burst` of the energy of one pixel and that of two."""
    fine, coarse = energies
    side = SIDES[1]
    halved = fine.reshape(-1, side, 2, side, 2).mean((2, 4)).reshape(-1, side * side)
    return _burst(halved, coarse)


def _spread(levels: FloatArray, tones: NDArray[np.intp]) -> float:
    """Return the standard deviation of levels about the mean of those of their tone."""
    _, groups = np.unique(tones, return_inverse=True)
    means = np.bincount(groups, levels) / np.bincount(groups)
    return float((levels - means[groups]).std())

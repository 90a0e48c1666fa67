"""Estimate at which quality a picture was saved as JPEG, from its pixels alone.

JPEG rounds the cosine coefficients of 8x8 blocks to multiples of steps, which differ by frequency
and grow as the quality falls. On the right grid of blocks the coefficients of luma still lie near
multiples of the right steps. How much likelier that makes them than coefficients without order is
summed over all frequencies, for every grid and quality (Fan and de Queiroz 2003, Identification of
bitmap compression history; Neelamani et al. 2006, JPEG compression history estimation for color
images; Bianchi, Piva and Perez-Gonzalez 2013, Near optimal detection of quantized signals).

What was saved again at a better quality keeps the trace of the stronger compression: on the same
grid only some multiples of the last steps occur; on another one, as of a picture that was cropped
in between, the last compression is noise on the coefficients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from restorer.color import luma
from restorer.formats.quantization import luma_steps, nearest_quality
from restorer.image import FloatArray

_BLOCK = 8
_WINDOW = 2 * _BLOCK - 1  # holds one block of each of the 64 grids
_WINDOWS = 1500  # the most textured ones of an even sample of the picture
_SCOUTS = 400  # of those, to find the grid of the last compression
_FEW = 100  # windows without clipped values; clipping moves coefficients

_QUALITIES = range(1, 101)
_WEAKEST_AMID_NOISE = 95

_ROUNDING = 0.4  # sigma that rounding to 8-bit RGB has on a coefficient
# What a later compression on another grid has on the lowest frequency: 1.4 at quality 90, 2.8 at
# 75, 4.1 at 60 (CBSD68); an eighth more on each following one.
_NOISES = (1.0, 1.7, 2.9, 4.9)
_NOISE_GROWTH = 0.125
_OUTLIERS = 0.02  # share of coefficients that follow no rule
_ZERO = 4.0  # sigmas; a coefficient below is near a multiple of any step

# Least log-likelihood ratios of traces that count.
_CERTAIN, _CERTAIN_BEFORE = 60.0, 300.0
_AHEAD = 1.25  # how far evidence on the right grid is ahead of that on all others
_LIBJPEG_SHARE = 0.8  # of the evidence of the best steps, that libjpeg's have if they are right
_KNOWN, _LEAST_KNOWN = 10.0, 8  # evidence of a step that is known, and how many have to be

_FINE, _COARSE = (0.25, 1024), (1.0, 512)  # width and number of bins of absolute coefficients
_MULTIPLES = 64  # of a last step that are looked at

_FREQUENCY = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK)).ravel()
_ALL, _LOW = np.flatnonzero(_FREQUENCY >= 0), np.flatnonzero(_FREQUENCY < _BLOCK)

Coefficients = NDArray[np.float32]  # (grids, frequencies, windows), absolute values
Histograms = NDArray[np.float32]  # (grids, frequencies, bins)


@dataclass(frozen=True)
class _Trace:
    """A compression that was found.

    Attributes:
        quality: On the scale of libjpeg.
        grid: Where its blocks begin, 8 * top + left.
        steps: By frequency, 0 where they are unknown.
    """

    quality: int
    grid: int
    steps: NDArray[np.int64]

    @classmethod
    def of_table(cls, table: int, grid: int) -> _Trace:
        """Return that of a row of `_TABLES`."""
        return cls(_QUALITIES[table % len(_QUALITIES)], grid, _TABLES[table])


def estimate_jpeg_quality(colors: FloatArray) -> int | None:
    """Return the lowest quality that a picture was saved with as JPEG, on the scale of libjpeg.

    None where nothing tells of JPEG: a picture that never was one, was resized since, or was saved
    at quality 100, whose steps of 1 are hidden by rounding to bytes. Of small or plain pictures
    there may be too little to be certain. Blocks may begin anywhere, and the picture may have been
    turned. Of other tables than libjpeg's the nearest quality is told, but no earlier compression
    by such.

    Args:
        colors: (H, W, 1 or 3) of white 1.
    """
    windows = _windows(colors)
    if not len(windows):
        return None
    coefficients = _coefficients(windows)
    last = _last(coefficients)
    traces = [_before_on_other_grid(coefficients, last)]
    if last is not None:
        traces += [last, _before_on_same_grid(coefficients[last.grid], last)]
    return min((trace.quality for trace in traces if trace is not None), default=None)


def _windows(colors: FloatArray) -> FloatArray:
    """Return (n, 15, 15) of luma, 255 wide about its middle; no two alike."""
    if min(colors.shape[:2]) < _WINDOW:
        return np.empty((0, _WINDOW, _WINDOW), np.float32)
    places = np.lib.stride_tricks.sliding_window_view(colors, (_WINDOW, _WINDOW), axis=(0, 1))
    places = places[::_BLOCK, ::_BLOCK]
    stride = max(1, math.isqrt(places.shape[0] * places.shape[1] // (4 * _WINDOWS)))
    pixels = places[::stride, ::stride].reshape(-1, colors.shape[2], _WINDOW**2)
    pixels = pixels.transpose(0, 2, 1)
    whole = (pixels.min((1, 2)) > 0) & (pixels.max((1, 2)) < 1)
    values = luma(pixels[whole] if whole.sum() >= _FEW else pixels)[..., 0] * 255 - 128
    values = values[np.argsort(-values.var(1), kind="stable")[:_WINDOWS]]
    distinct: FloatArray = np.unique(values, axis=0)
    return distinct.reshape(-1, _WINDOW, _WINDOW)


def _coefficients(windows: FloatArray) -> Coefficients:
    """Return the absolute coefficients of all blocks of the windows, by their grid."""
    x, u = np.arange(_BLOCK), np.arange(_BLOCK)[:, None]
    cosines = np.sqrt(np.where(u == 0, 1, 2) / _BLOCK) * np.cos((2 * x + 1) * u * np.pi / 16)
    shifted = np.zeros((_BLOCK, _BLOCK, _WINDOW), np.float32)  # (start, frequency, pixel)
    for start in range(_BLOCK):
        shifted[start, :, start : start + _BLOCK] = cosines
    rows = shifted.reshape(-1, _WINDOW)
    found = np.abs(rows @ windows @ rows.T).reshape(-1, *[_BLOCK] * 4)
    # From (window, top, vertical frequency, left, horizontal frequency).
    coefficients = found.transpose(1, 3, 2, 4, 0).reshape(_BLOCK**2, _BLOCK**2, -1)
    plain = coefficients[:, 1:].max(1) < 1
    coefficients[:, 0][plain] = 0  # the mean of one color is a multiple of 8 by itself
    return coefficients


def _last(coefficients: Coefficients) -> _Trace | None:
    """Return the compression that nothing came after but rounding to bytes.

    The best step of each frequency tells the grid, whatever the table; at low quality, where many
    steps suit the few coefficients that are left, those of libjpeg tell more.
    """
    noise = np.full(len(_ALL), _ROUNDING)
    every = max(1, coefficients.shape[2] // _SCOUTS)
    scouts = _gains(_histograms(coefficients[:, :, ::every], *_FINE), noise, _FINE)
    by_steps = _outstanding(np.maximum(scouts.max(2), 0).sum(1))
    grid = _outstanding(_evidence(scouts, _ALL).max(0)) if by_steps is None else by_steps
    if grid is None:
        return None
    gains = _gains(_histograms(coefficients[grid, None], *_FINE), noise, _FINE)
    evidence, best = _evidence(gains, _ALL)[:, 0], gains[0].max(1)
    table = int(evidence.argmax())
    if by_steps is None or evidence[table] > _LIBJPEG_SHARE * best.sum():
        return _Trace.of_table(table, grid)
    steps, known = _STEPS[gains[0].argmax(1)], best > _KNOWN
    if known.sum() < _LEAST_KNOWN:
        return None
    quality = nearest_quality(steps.reshape(_BLOCK, _BLOCK), known.reshape(_BLOCK, _BLOCK))
    return _Trace(quality, grid, steps * known)


def _before_on_other_grid(coefficients: Coefficients, last: _Trace | None) -> _Trace | None:
    """Return a stronger compression that noise came after, such as that of the last one."""
    histograms = _histograms(coefficients[:, _LOW], *_COARSE)
    tables = _stronger(last)
    found, most = None, 0.0
    for noise in _NOISES if len(tables) else ():
        gains = _gains(histograms, noise * (1 + _NOISE_GROWTH * _FREQUENCY[_LOW]), _COARSE)
        evidence = _evidence(gains, _LOW)[tables]
        if last is not None:
            evidence[:, last.grid] = 0
        if evidence.max() <= most:
            continue
        most, found = evidence.max(), None
        grid = _outstanding(evidence.max(0))
        if grid is not None:
            table = int(tables[evidence[:, grid].argmax()])
            # The mean takes more values than any other coefficient; it has to agree.
            if gains[grid, 0, _COLUMNS[table, 0]] > 0:
                found = _Trace.of_table(table, grid)
    return found


def _before_on_same_grid(coefficients: Coefficients, last: _Trace) -> _Trace | None:
    """Return a stronger compression whose multiples the last one rounded to its own.

    Args:
        coefficients: (64, n), of the grid.
        last: The last compression.
    """
    tables = _stronger(last)
    evidence = np.zeros(len(tables))
    for frequency in np.flatnonzero(last.steps):
        step = int(last.steps[frequency])
        multiples = np.rint(coefficients[frequency] / step).astype(np.intp)
        counts = np.bincount(np.minimum(multiples, _MULTIPLES), minlength=_MULTIPLES)
        firsts, own = np.unique(_TABLES[tables, frequency], return_inverse=True)
        evidence += _evidence_before(counts[1:_MULTIPLES], firsts[:, None], step)[own]
    if not len(tables) or evidence.max() < _CERTAIN_BEFORE:
        return None
    return _Trace.of_table(int(tables[evidence.argmax()]), last.grid)


def _evidence_before(
    counts: NDArray[np.intp], firsts: NDArray[np.int64], last: int
) -> NDArray[np.float64]:
    """Return how much likelier first steps (n, 1) make the counts of 1, 2, ... last steps.

    Likelier than a geometric distribution, which those of photographs come near to.
    """
    if not counts.any():
        return np.zeros(len(firsts))
    multiples = np.arange(1, len(counts) + 1)
    rest = 1 - counts.sum() / (counts @ multiples)
    usual = (1 - rest) * rest ** (multiples - 1)
    away = multiples * last - firsts * np.rint(multiples * last / firsts)
    # A logistic function in place of the normal distribution's.
    slope = 0.851 / _ROUNDING
    reached = (np.tanh(slope * (last / 2 - away)) + np.tanh(slope * (last / 2 + away))) / 2
    expected = (reached * usual).sum(1, keepdims=True)
    ratios = (1 - _OUTLIERS) * reached / np.maximum(expected, _OUTLIERS) + _OUTLIERS
    evidence: NDArray[np.float64] = np.log(ratios) @ counts
    return evidence


def _outstanding(evidence: NDArray[np.float32]) -> int | None:
    """Return the grid whose evidence stands out of that of all others, if there is one.

    Ramps and patterns that repeat are regular on many grids.
    """
    second, first = np.partition(evidence, -2)[-2:]
    return int(evidence.argmax()) if first > _CERTAIN + _AHEAD * max(second, 0) else None


def _stronger(last: _Trace | None) -> NDArray[np.intp]:
    """Return the tables of qualities below the last one; the one just below is too much alike."""
    quality = _WEAKEST_AMID_NOISE + 1 if last is None else last.quality - 1
    return np.flatnonzero(np.tile(_QUALITIES, 2) < quality)


def _histograms(coefficients: Coefficients, width: float, count: int) -> Histograms:
    """Count in bins about the multiples of `width`; the last one takes what lies beyond."""
    grids, frequencies, _ = coefficients.shape
    bins = np.minimum((coefficients / np.float32(width) + 0.5).astype(np.int32), count - 1)
    bins += np.arange(grids * frequencies, dtype=np.int32).reshape(grids, frequencies, 1) * count
    counts = np.bincount(bins.ravel(), minlength=grids * frequencies * count)
    return counts.reshape(grids, frequencies, count).astype(np.float32)


def _gains(
    histograms: Histograms, noise: NDArray[np.float64], bins: tuple[float, int]
) -> NDArray[np.float32]:
    """Return the log-likelihood ratios (grids, frequencies, steps) of the coefficients.

    Args:
        histograms: Of absolute coefficients.
        noise: Its sigma on each frequency.
        bins: Their width and number.
    """
    gains = np.empty((*histograms.shape[:2], len(_STEPS)), np.float32)
    for sigma in np.unique(noise):
        own = noise == sigma
        gains[:, own] = histograms[:, own] @ _log_ratios(float(sigma), *bins)
    return gains


def _evidence(gains: NDArray[np.float32], frequencies: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the sum over the frequencies for each table (rows) on each grid (columns)."""
    every = np.arange(len(frequencies))
    return np.stack([gains[:, every, own].sum(1) for own in _COLUMNS[:, frequencies]])


@lru_cache(maxsize=64)
def _log_ratios(sigma: float, width: float, count: int) -> NDArray[np.float32]:
    """Return by bin and step how much likelier multiples make a coefficient than no order does.

    Multiples with normal noise against an even distribution over one step; coefficients about 0
    tell nothing.
    """
    values = np.arange(count)[:, None] * width
    spread = math.hypot(sigma, width / math.sqrt(12))
    away = values - _STEPS * np.rint(values / _STEPS)
    density = sum(np.exp(-0.5 * ((away + n * _STEPS) / spread) ** 2) for n in (-1, 0, 1))
    ratios = density * _STEPS / (spread * math.sqrt(2 * math.pi))
    logarithms = np.log((1 - _OUTLIERS) * ratios + _OUTLIERS)
    logarithms[values[:, 0] <= _ZERO * spread] = 0
    logarithms[-1] = 0
    table: NDArray[np.float32] = logarithms.astype(np.float32)
    return table


# Steps by table and frequency: of all qualities, then of pictures that lie on their side.
_TABLES = np.stack(
    [luma_steps(quality).ravel() for quality in _QUALITIES]
    + [luma_steps(quality).T.ravel() for quality in _QUALITIES]
)
_STEPS = np.unique(_TABLES)
_COLUMNS = np.searchsorted(_STEPS, _TABLES)

"""Estimate the quality at which an image was saved as JPEG, from its pixels.

JPEG quantizes the DCT coefficients of 8x8 blocks with steps that differ by frequency and grow as
the quality decreases. On the right block grid, the luma coefficients still lie near multiples of
the right steps. For every grid and quality, the log-likelihood ratio of quantized against
unquantized coefficients is summed over all frequencies (Fan and de Queiroz 2003, Identification of
bitmap compression history; Neelamani et al. 2006, JPEG compression history estimation for color
images; Bianchi, Piva and Perez-Gonzalez 2013, Near optimal detection of quantized signals).

An image that was saved again at a higher quality keeps traces of the stronger compression. On the
same grid, only some multiples of the last steps occur. On another grid, as after cropping, the
last compression acts as noise on the coefficients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from restorer.color import luma
from restorer.estimate.noise import Rows
from restorer.formats.jpeg.quantization import luma_steps, nearest_quality
from restorer.image import FloatArray

_BLOCK = 8
_WINDOW = 2 * _BLOCK - 1  # holds one block of each of the 64 grids
_WINDOWS = 1500  # windows to evaluate: those with most texture in a regular sample
_SCOUTS = 400  # windows used to find the grid of the last compression
_FEW = 100  # fewer windows without clipping are too few; clipping shifts coefficients

_QUALITIES = range(1, 101)
_WEAKEST_AMID_NOISE = 95

_ROUNDING = 0.4  # sigma of the error that rounding to 8-bit RGB adds to a coefficient
# Sigma of the error that a later compression on another grid adds to the lowest frequency: 1.4 at
# quality 90, 2.8 at 75, 4.1 at 60 (CBSD68); each following frequency has an eighth more.
_NOISES = (1.0, 1.7, 2.9, 4.9)
_NOISE_GROWTH = 0.125
_OUTLIERS = 0.02  # share of coefficients that the model does not explain
_ZERO = 4.0  # in sigmas; smaller coefficients are near a multiple of every step

# Minimum log-likelihood ratios for detecting a compression.
_CERTAIN, _CERTAIN_BEFORE = 60.0, 300.0
_AHEAD = 1.25  # minimum ratio of the evidence on the best grid to that on the second best
_LIBJPEG_SHARE = 0.8  # minimum share of the best steps' evidence for a libjpeg table to be right
_KNOWN, _LEAST_KNOWN = 10.0, 8  # minimum evidence of a known step, and number of known steps

_FINE, _COARSE = (0.25, 1024), (1.0, 512)  # width and number of bins of absolute coefficients
_MULTIPLES = 64  # multiples of a last step that are counted

_FREQUENCY = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK)).ravel()
_ALL, _LOW = np.flatnonzero(_FREQUENCY >= 0), np.flatnonzero(_FREQUENCY < _BLOCK)

Coefficients = NDArray[np.float32]  # (grids, frequencies, windows), absolute values
Histogram = NDArray[np.float32]  # (grids, bins)


@dataclass(frozen=True)
class _Trace:
    """A detected compression.

    Attributes:
        quality: Quality on libjpeg's scale.
        grid: Offset of the block grid, 8 * top + left.
        steps: Quantization steps by frequency, 0 if unknown.
    """

    quality: int
    grid: int
    steps: NDArray[np.int64]

    @classmethod
    def of_table(cls, table: int, grid: int) -> _Trace:
        """Return the trace of a row of `_TABLES`."""
        return cls(_QUALITIES[table % len(_QUALITIES)], grid, _TABLES[table])


def estimate_jpeg_quality(colors: FloatArray) -> int | None:
    """Return the lowest JPEG quality that an image was saved with, on libjpeg's scale.

    Returns None without traces of JPEG: the image was never compressed, was resized afterwards, or
    was saved at quality 100, whose steps of 1 are hidden by rounding to bytes. Small or uniform
    images may contain too little evidence. The block grid may have any offset, and the image may
    have been rotated. For quantization tables other than libjpeg's, the nearest quality is
    returned; earlier compressions with such tables are not detected.

    Args:
        colors: (H, W, 1 or 3) values with white = 1.
    """
    height, width = colors.shape[:2]
    return jpeg_quality_of_rows((height, width), lambda a, b: colors[a:b])


def jpeg_quality_of_rows(size: tuple[int, int], rows: Rows) -> int | None:
    """Return the result of `estimate_jpeg_quality` for an image that is read a few rows at a time.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
    """
    return min(jpeg_qualities_of_rows(size, rows), default=None)


def jpeg_qualities_of_rows(size: tuple[int, int], rows: Rows) -> list[int]:
    """Return the qualities of all compressions that left traces, the last one first.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
    """
    windows = _windows(size, rows)
    if not len(windows):
        return []
    coefficients = _coefficients(windows)
    last = _last(coefficients)
    traces = [last, _earlier_on_other_grid(coefficients, last)]
    if last is not None:
        traces.append(_earlier_on_same_grid(coefficients[last.grid], last))
    return [trace.quality for trace in traces if trace is not None]


def _windows(size: tuple[int, int], rows: Rows) -> FloatArray:
    """Return (n, 15, 15) distinct windows of luma, scaled to -128..127."""
    if min(size) < _WINDOW:
        return np.empty((0, _WINDOW, _WINDOW), np.float32)
    down, across = (-(-(n - _WINDOW + 1) // _BLOCK) for n in size)
    step = _BLOCK * max(1, math.isqrt(down * across // (4 * _WINDOWS)))

    def strip(top: int) -> FloatArray:
        values = rows(top, top + _WINDOW)
        places = np.lib.stride_tricks.sliding_window_view(values, (_WINDOW, _WINDOW), (0, 1))
        chosen = places[0, ::step]
        return chosen.reshape(len(chosen), chosen.shape[1], _WINDOW**2)

    tops = range(0, size[0] - _WINDOW + 1, step)
    pixels = np.concatenate([strip(top) for top in tops]).transpose(0, 2, 1)
    whole = (pixels.min((1, 2)) > 0) & (pixels.max((1, 2)) < 1)
    values = luma(pixels[whole] if whole.sum() >= _FEW else pixels)[..., 0] * 255 - 128
    values = values[np.argsort(-values.var(1), kind="stable")[:_WINDOWS]]
    distinct: FloatArray = np.unique(values, axis=0)
    return distinct.reshape(-1, _WINDOW, _WINDOW)


def _coefficients(windows: FloatArray) -> Coefficients:
    """Return the absolute coefficients of all blocks of the windows, sorted by grid."""
    x, u = np.arange(_BLOCK), np.arange(_BLOCK)[:, None]
    cosines = np.sqrt(np.where(u == 0, 1, 2) / _BLOCK) * np.cos((2 * x + 1) * u * np.pi / 16)
    shifted = np.zeros((_BLOCK, _BLOCK, _WINDOW), np.float32)  # (start, frequency, pixel)
    for start in range(_BLOCK):
        shifted[start, :, start : start + _BLOCK] = cosines
    rows = shifted.reshape(-1, _WINDOW)
    found = np.abs(rows @ windows @ rows.T).reshape(-1, *[_BLOCK] * 4)
    # Axes before: (window, top, vertical frequency, left, horizontal frequency).
    coefficients = found.transpose(1, 3, 2, 4, 0).reshape(_BLOCK**2, _BLOCK**2, -1)
    plain = coefficients[:, 1:].max(1) < 1
    coefficients[:, 0][plain] = (
        0  # the DC coefficient of a uniform block is a multiple of 8 without JPEG, too
    )
    return coefficients


def _last(coefficients: Coefficients) -> _Trace | None:
    """Return the last compression, which was followed only by rounding to bytes.

    The best step of each frequency reveals the grid for any table. At low quality, where few
    coefficients remain and many steps fit them, libjpeg's tables give more evidence.
    """
    noise = np.full(len(_ALL), _ROUNDING)
    every = max(1, coefficients.shape[2] // _SCOUTS)
    scouts = _gains(_histograms(coefficients[:, :, ::every], *_FINE), noise, _FINE)
    by_steps = _clear_maximum(np.maximum(scouts.max(2), 0).sum(1))
    grid = _clear_maximum(_evidence(scouts, _ALL).max(0)) if by_steps is None else by_steps
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


def _earlier_on_other_grid(coefficients: Coefficients, last: _Trace | None) -> _Trace | None:
    """Return a stronger, earlier compression on another grid, to which the last one added noise."""
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
        grid = _clear_maximum(evidence.max(0))
        if grid is not None:
            table = int(tables[evidence[:, grid].argmax()])
            # The DC coefficient takes the most values, so it must agree.
            if gains[grid, 0, _COLUMNS[table, 0]] > 0:
                found = _Trace.of_table(table, grid)
    return found


def _earlier_on_same_grid(coefficients: Coefficients, last: _Trace) -> _Trace | None:
    """Return a stronger, earlier compression on the same grid, requantized by the last one.

    Args:
        coefficients: (64, n) coefficients of the grid.
        last: The last compression.
    """
    tables = _stronger(last)
    evidence = np.zeros(len(tables))
    for frequency in np.flatnonzero(last.steps):
        step = int(last.steps[frequency])
        multiples = np.rint(coefficients[frequency] / step).astype(np.intp)
        counts = np.bincount(np.minimum(multiples, _MULTIPLES), minlength=_MULTIPLES)
        firsts, own = np.unique(_TABLES[tables, frequency], return_inverse=True)
        evidence += _earlier_evidence(counts[1:_MULTIPLES], firsts[:, None], step)[own]
    if not len(tables) or evidence.max() < _CERTAIN_BEFORE:
        return None
    return _Trace.of_table(int(tables[evidence.argmax()]), last.grid)


def _earlier_evidence(
    counts: NDArray[np.intp], firsts: NDArray[np.int64], last: int
) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of each first step (n, 1) for counts of 1, 2, ... last steps.

    The alternative is a geometric distribution, which approximates that of photographs.
    """
    if not counts.any():
        return np.zeros(len(firsts))
    multiples = np.arange(1, len(counts) + 1)
    rest = 1 - counts.sum() / (counts @ multiples)
    usual = (1 - rest) * rest ** (multiples - 1)
    away = multiples * last - firsts * np.rint(multiples * last / firsts)
    # The logistic function approximates the cumulative normal distribution.
    slope = 0.851 / _ROUNDING
    reached = (np.tanh(slope * (last / 2 - away)) + np.tanh(slope * (last / 2 + away))) / 2
    expected = (reached * usual).sum(1, keepdims=True)
    ratios = (1 - _OUTLIERS) * reached / np.maximum(expected, _OUTLIERS) + _OUTLIERS
    evidence: NDArray[np.float64] = np.log(ratios) @ counts
    return evidence


def _clear_maximum(evidence: NDArray[np.float32]) -> int | None:
    """Return the grid whose evidence clearly exceeds that of all others, or None.

    Ramps and repeating patterns look regular on many grids.
    """
    second, first = np.partition(evidence, -2)[-2:]
    return int(evidence.argmax()) if first > _CERTAIN + _AHEAD * max(second, 0) else None


def _stronger(last: _Trace | None) -> NDArray[np.intp]:
    """Return the tables of lower qualities, except the next lower one, which is too similar."""
    quality = _WEAKEST_AMID_NOISE + 1 if last is None else last.quality - 1
    return np.flatnonzero(np.tile(_QUALITIES, 2) < quality)


def _histograms(coefficients: Coefficients, width: float, count: int) -> list[Histogram]:
    """Count in bins centered at multiples of `width`, for each frequency as many as it needs.

    The last of `count` bins collects all larger values.
    """
    return [_histogram(own, width, count) for own in coefficients.swapaxes(0, 1)]


def _histogram(values: NDArray[np.float32], width: float, count: int) -> Histogram:
    """Return the histogram (grids, bins) of the values (grids, n) of one frequency."""
    bins = np.minimum((values / np.float32(width) + 0.5).astype(np.int32), count - 1)
    grids, used = len(bins), int(bins.max(initial=0)) + 1
    bins += np.arange(grids, dtype=np.int32)[:, None] * used
    counts = np.bincount(bins.ravel(), minlength=grids * used)
    return counts.reshape(grids, used).astype(np.float32)


def _gains(
    histograms: list[Histogram], noise: NDArray[np.float64], bins: tuple[float, int]
) -> NDArray[np.float32]:
    """Return the log-likelihood ratios (grids, frequencies, steps) of the coefficients.

    Args:
        histograms: Histograms of absolute coefficients, by frequency.
        noise: Sigma of the noise on each frequency.
        bins: Width and number of the bins.
    """
    gains = [
        own @ _log_ratios(float(sigma), *bins)[: own.shape[1]]
        for own, sigma in zip(histograms, noise, strict=True)
    ]
    return np.stack(gains, 1)


def _evidence(gains: NDArray[np.float32], frequencies: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the sum over the frequencies for each table (rows) and grid (columns)."""
    every = np.arange(len(frequencies))
    return np.stack([gains[:, every, own].sum(1) for own in _COLUMNS[:, frequencies]])


@lru_cache(maxsize=64)
def _log_ratios(sigma: float, width: float, count: int) -> NDArray[np.float32]:
    """Return the log-likelihood ratio of quantized coefficients, by bin and step.

    The model is multiples with normal noise, and the alternative is a uniform distribution over
    one step. Coefficients near 0 carry no evidence.
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


# Steps by table and frequency: all qualities, then all qualities for images rotated by 90 degrees.
_TABLES = np.stack(
    [luma_steps(quality).ravel() for quality in _QUALITIES]
    + [luma_steps(quality).T.ravel() for quality in _QUALITIES]
)
_STEPS = np.unique(_TABLES)
_COLUMNS = np.searchsorted(_STEPS, _TABLES)

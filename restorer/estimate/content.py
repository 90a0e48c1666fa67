"""Classify the content of a picture: photograph, art, screenshot or scanned page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from restorer.color import luma
from restorer.estimate.findings import Finding
from restorer.image import FloatArray

_LEVELS = 64  # of the histogram of luma
# Share of neighbors of equal color: at least 0.55 in drawings, also after JPEG of quality 60; at
# most 0.48 in 19 of 20 photographs, but 0.66 in one after JPEG of quality 10.
_EQUAL, _EQUAL_BLOCKY = 0.55, 0.75
_BLOCKY = 45  # JPEG quality below which blocks become flat
_GROUND = 0.33  # share of the commonest tone in pages; photographs have up to 0.25
_PAPER = 185.0  # darkest tone of paper
_EVEN = 0.4  # share of neighbors that differ by at most 2 in pages
_SCREEN = 0.5  # share of the commonest tone in screenshots, where half of all neighbors are equal
_SOFT = 0.2  # sigma of the edges of letters that a scanner has softened


@dataclass(frozen=True)
class ContentStatistics:
    """What tells drawings and pages from photographs.

    Attributes:
        equal: Share of neighbors, side by side, that have one color.
        even: Share of those that differ by at most 2 steps.
        ground: Share of the commonest tone of 64.
        tone: That tone, 0-255.
    """

    equal: float
    even: float
    ground: float
    tone: float


def content_statistics(strips: Sequence[FloatArray]) -> ContentStatistics:
    """Return the statistics of strips as of `strips_of`, of which there is one or more."""
    steps = [np.abs(np.diff(strip, axis=1)).max(2).ravel() for strip in strips]
    differences = np.concatenate(steps)
    counts = sum(
        np.histogram(luma(strip), _LEVELS, (0, 256))[0].astype(np.float64) for strip in strips
    )
    tones = np.asarray(counts)
    return ContentStatistics(
        float((differences < 0.5).mean()),
        float((differences < 2.5).mean()),
        float(tones.max() / tones.sum()),
        (int(tones.argmax()) + 0.5) * 256 / _LEVELS,
    )


def content_of(statistics: ContentStatistics, quality: int, blur: float | None) -> Finding:
    """Return the content of a picture.

    Args:
        statistics: Those of its pixels.
        quality: Its JPEG quality, 100 for none.
        blur: Sigma of its edges; None without any.
    """
    equal = statistics.equal
    page = statistics.ground > _GROUND and statistics.even > _EVEN
    if page and statistics.tone >= _PAPER and blur is not None and blur > _SOFT:
        words = "Most of it has the tone of paper, and the edges are soft."
        return Finding("scan", 0, _between(statistics.ground, _GROUND, 0.6), words)
    limit = _EQUAL_BLOCKY if quality < _BLOCKY else _EQUAL
    if page and (equal > limit or statistics.tone >= _PAPER) and statistics.ground > _SCREEN * 0.7:
        words = f"{statistics.ground:.0%} of it has one tone, and the edges are sharp."
        return Finding("screenshot", 0, _between(statistics.ground, _GROUND, 0.6), words)
    if equal > limit:
        words = f"{equal:.0%} of all neighboring pixels have exactly the same color."
        return Finding("art", 0, _between(equal, limit, 0.8), words)
    words = f"Only {equal:.0%} of all neighboring pixels have exactly the same color."
    return Finding("photograph", 0, _between(-equal, -limit, -limit / 2), words)


def _between(value: float, start: float, end: float) -> float:
    """Return a confidence that rises from a half to one."""
    return float(np.clip(0.5 + 0.5 * (value - start) / (end - start), 0.5, 1))

"""Register references to a picture: find where each fits, and sample its texture there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer import color
from restorer.image import FloatArray
from restorer.restoration.reference.alignment import (
    Homography,
    denser,
    follow,
    is_inside,
    local_scale,
    reduced,
    sample,
    scaled,
)
from restorer.restoration.reference.files import MOST, Reference, keypoints_of, shared_planes
from restorer.tiling.plan import Region

log = logging.getLogger(__name__)

_BLUR = 1.5  # sigma of the blend from one layer to another, target pixels
_LEAST_SHARE = 0.005  # smallest share of the picture for which a layer has to be the best
_NEAR = 15  # side of the square in which fits are compared, target pixels
_MARGIN = 0.15  # by which a later layer has to fit better where both fit
_LEAST_SIDE = 16  # shortest side of a target; smaller ones hold nothing that could be matched
_WINDOW = 5  # side of the window of a correlation, target pixels
_FAINT = 1e-4  # variance below which texture hardly counts: deviations of 2.5 of 255
_NONE = -2.0  # relevance where a layer shows nothing

# Maps (h, w, 3) of the target and of a registered reference to the fit (h, w), -1 to 1.
Judge = Callable[[FloatArray, FloatArray], FloatArray]
Report = Callable[[float], None]  # called with the finished part of the work, 0 to 1; may raise


@dataclass(frozen=True, eq=False)
class Layer:
    """A reference, registered on the target.

    Attributes:
        number: Number of the reference.
        picture: The reference, at about the resolution of the result.
        shrink: Reference pixels per pixel of `picture`, down and across.
        places: (h, w, 2), position in `picture` of each pixel of the target.
        spacing: Median distance in `picture` between neighboring pixels of the target.
    """

    number: int
    picture: FloatArray
    shrink: tuple[float, float]
    places: FloatArray
    spacing: float

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(h, w): the pixels of the target that it shows."""
        return is_inside(self.places, (self.picture.shape[0], self.picture.shape[1]))


@dataclass(frozen=True, eq=False)
class Layout:
    """References on a target of (h, w).

    Attributes:
        layers: The layers in use; may be empty.
        choice: (h, w) int16, the layer that fits best; -1 where none shows anything.
        relevance: (h, w) float32, its fit, -1 to 1.
        matches: Number of keypoints that each reference shares with the target.
    """

    layers: tuple[Layer, ...]
    choice: NDArray[np.int16]
    relevance: FloatArray
    matches: tuple[int, ...]

    @cached_property
    def _weights(self) -> list[FloatArray]:
        """(h, w) for each layer, with soft edges; they sum to one where there is a choice."""
        masks = [(self.choice == n).astype(np.float32) for n in range(len(self.layers))]
        if len(masks) == 1:
            return masks
        soft = [cv2.GaussianBlur(mask, (0, 0), _BLUR) for mask in masks]
        soft = [w * layer.inside for w, layer in zip(soft, self.layers, strict=True)]
        total = np.maximum(sum(soft), np.float32(1e-6))
        return [np.asarray(w / total, np.float32) for w in soft]

    def texture(self, region: Region, scale: int) -> FloatArray:
        """Return the texture that the references show in a region of the target, enlarged.

        Returns:
            (scale h, scale w, 4): three colors, and 1 where they show anything, else 0.
        """
        shown = np.zeros((region.height * scale, region.width * scale, 4), np.float32)
        shown[..., 3] = _spread(region.of(self.choice) >= 0, scale)
        for layer, weights in zip(self.layers, self._weights, strict=True):
            weight = region.of(weights)
            if weight.any():
                colors = sample(layer.picture, denser(layer.places, scale, region))
                shown[..., :3] += _spread(weight, scale)[..., None] * colors
        return shown

    def sources(self) -> tuple[NDArray[np.int16], FloatArray]:
        """Return the number of the reference (h, w), and row and column in it (h, w, 2)."""
        source = np.full(self.choice.shape, -1, np.int16)
        places = np.zeros((*self.choice.shape, 2), np.float32)
        for number, layer in enumerate(self.layers):
            here = self.choice == number
            source[here] = layer.number
            places[here] = layer.places[here][:, ::-1] * np.array(layer.shrink, np.float32)
        return source, places


def register(
    target: FloatArray, references: Sequence[Reference], scale: int, judge: Judge, report: Report
) -> Layout:
    """Return where references show the same as a target (h, w, 3).

    A reference can be registered in several ways, one for each plane that it shares with the
    target. Each pixel of the target takes the one that fits best. At most `MOST` references are
    used, those that share most with the target.

    Args:
        target: The picture, white 1.
        references: The references, of any size.
        scale: Scale of the result to the target.
        judge: Measures the fit of a registered reference.
        report: Called with the progress.
    """
    size = (target.shape[0], target.shape[1])
    if min(size) < _LEAST_SIDE:
        return Layout(
            (), np.full(size, -1, np.int16), np.zeros(size, np.float32), (0,) * len(references)
        )
    found = _find_planes(target, references, lambda part: report(0.3 * part))
    matches = tuple(sum(plane.support for plane in planes) for planes in found)
    order = sorted(range(len(references)), key=lambda number: -matches[number])[:MOST]
    jobs = [(number, plane) for number in order for plane in found[number]]
    best = np.full(size, _NONE, np.float32)
    choice = np.full(size, -1, np.int16)
    layers: list[Layer] = []
    for done, (number, plane) in enumerate(jobs):

        def tell(part: int, total: int, before: int = done) -> None:
            report(0.3 + 0.7 * (before + part / total) / len(jobs))

        layer = _layer(target, references[number].values, number, plane, scale, tell)
        fit = judge(target, _seen(layer))
        smooth = cv2.blur(fit, (_NEAR, _NEAR))
        better = layer.inside & (smooth > best + _MARGIN)
        if better.mean() > _LEAST_SHARE:
            choice[better], best[better] = len(layers), smooth[better]
            layers.append(layer)
    relevance = np.where(choice >= 0, best, np.float32(-1))
    return Layout(tuple(layers), choice, relevance.astype(np.float32), matches)


def correlate(target: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the correlation of the luma of two pictures (h, w, 3) in a window, (h, w), -1 to 1.

    A `Judge` for networks that have none of their own.
    """
    here, there = (color.luma(x)[..., 0] for x in (target, reference))

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(cv2.blur(values, (_WINDOW, _WINDOW)))

    mine, other = mean(here), mean(there)
    common = mean(here * there) - mine * other
    energy = (mean(here * here) - mine**2) * (mean(there * there) - other**2)
    return np.asarray(common / np.sqrt(np.maximum(energy, 0) + _FAINT**2), np.float32)


def _spread(values: NDArray[Any], scale: int) -> NDArray[Any]:
    """Repeat each value of (h, w) `scale` times, each way."""
    return values.repeat(scale, 0).repeat(scale, 1)


def _find_planes(
    target: FloatArray, references: Sequence[Reference], report: Report
) -> list[list[Homography]]:
    steps = 2 * len(references) + 1
    own = keypoints_of(target)
    report(1 / steps)
    found = []
    for number, reference in enumerate(references, 1):
        there = reference.keypoints
        report(2 * number / steps)
        planes = shared_planes(own, there)
        report((2 * number + 1) / steps)
        log.debug("%s: planes with %s matches", reference.name, [p.support for p in planes])
        found.append(planes)
    return found


def _layer(
    target: FloatArray,
    reference: FloatArray,
    number: int,
    plane: Homography,
    scale: int,
    tell: Callable[[int, int], None],
) -> Layer:
    size = (target.shape[0], target.shape[1])
    picture = reduced(reference, local_scale(plane.matrix, size) / scale)
    shrink = tuple(n / m for n, m in zip(reference.shape[:2], picture.shape[:2], strict=True))
    matrix = scaled(plane.matrix, (1 / shrink[0], 1 / shrink[1]))
    places = follow(target, picture, matrix, tell)
    return Layer(number, picture, (shrink[0], shrink[1]), places, local_scale(matrix, size))


def _seen(layer: Layer) -> FloatArray:
    """Return the texture of a layer at the resolution of the target, (h, w, 3)."""
    coarse = reduced(layer.picture, layer.spacing)
    ratio = [n / m for n, m in zip(coarse.shape[:2], layer.picture.shape[:2], strict=True)]
    return sample(coarse, layer.places * np.array(ratio[::-1], np.float32))

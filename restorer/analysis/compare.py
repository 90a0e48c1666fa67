"""Compare models and chains of steps on one region of an image: quality, time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TypeAlias

import numpy as np

from restorer import color, metrics
from restorer.errors import Cancelled, RestorerError, SettingsError
from restorer.image import FloatArray, Image
from restorer.inference.memory import MemoryMeter
from restorer.inference.predictor import Predictor
from restorer.inputs import Picture, to_image
from restorer.restoration.api import restore_region
from restorer.restoration.resolve import Named, OneStep, model_and_step, opened_model, spec_of
from restorer.restoration.source import Source
from restorer.settings import CancelToken, Settings, Step
from restorer.tiling.plan import Region

_WARM_UP = 16  # side of the region that a model restores before its time is measured
_CELLS = 32  # cells across the region, in which detail is measured
_SSIM_SIDE = 11  # side of the SSIM window
_TONES = 16  # of the picture, in each of which the noise is estimated
_SURE = 4.0  # a difference below two deviations of the noise is no detail

Chain: TypeAlias = list[tuple[Named | Predictor, Step]]


@dataclass(frozen=True, eq=False)
class Sample:
    """A region as restored by one model.

    Attributes:
        model: The model as given by the caller, those of a chain joined by `` + ``; empty for the
            input, enlarged by bicubic interpolation.
        image: The result; None if the model failed.
        scale: Scale of the result relative to the region.
        seconds: Time without opening the model.
        memory: Peak working memory in bytes; 0 if the machine does not report it.
        psnr: PSNR against the ground truth in dB over all colors; None without a ground truth of
            this scale.
        ssim: SSIM, likewise.
        error: Why the model failed.
    """

    model: str
    image: Image | None
    scale: int
    seconds: float = 0.0
    memory: int = 0
    psnr: float | None = None
    ssim: float | None = None
    error: str = ""


def compare_models(
    image: Picture | Source,
    models: Sequence[OneStep | list[OneStep] | list[Step]],
    region: Region,
    *,
    truth: Picture | None = None,
    settings: Settings | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[Sample]:
    """Yield a region of the image unchanged, then as restored by each model, in their order.

    The pixels equal those of the whole restored image (see `restore_region`). Models are opened
    one after the other. If one fails, its sample contains the reason, and the next one follows.

    Args:
        image: The image, of any kind that `restore` takes.
        models: Models and steps as for `restore`, each for itself; a list is a chain of steps.
        region: The region in image pixels.
        truth: Ground truth for the whole image, at the scale of the image or of one of the models.
        settings: Settings for all models.
        cancel: Stops the work between two tiles with Cancelled.

    Raises:
        SettingsError: There are no models, or the region or the ground truth does not fit the
            image.
        ModelError: A model does not exist.

    Examples:
        >>> image = restorer.read("noisy.png")
        >>> region = restorer.detailed_region(image, 24)
        >>> models = ["panet-denoise-lite", "panet-denoise-photo-lite"]
        >>> [sample.image.pixels.shape for sample in restorer.compare_models(image, models, region)]
        [(24, 24, 3), (24, 24, 3), (24, 24, 3)]
    """
    source = image if isinstance(image, Source) else Source(to_image(image))
    settings = settings or Settings()
    if not models:
        raise SettingsError("no models to compare")
    if min(region.height, region.width) < 1 or not source.region.holds(region):
        height, width = source.size
        raise SettingsError(f"{region}: outside the image of {width} x {height} pixels")
    trials = [
        [model_and_step(each, settings) for each in (model if isinstance(model, list) else [model])]
        for model in models
    ]
    if not all(trials):
        raise SettingsError("a chain to compare has no steps")
    scales = [_scale_of(chain) for chain in trials]
    right = None if truth is None else to_image(truth)
    truth_scale = max(scales) if right is None else _truth_scale(source, right, scales)
    wanted = None if right is None else region.scaled(truth_scale).of(right.to_float())

    def samples() -> Iterator[Sample]:
        yield _with_scores(Sample("", _enlarged(source, region, truth_scale), truth_scale), wanted)
        for chain in trials:
            sample = _sample(source, chain, region, settings, cancel)
            yield _with_scores(sample, wanted if sample.scale == truth_scale else None)

    return samples()


def detailed_region(picture: Picture, side: int) -> Region:
    """Return the square with the most detail beyond its noise, at most as large as the image.

    It starts at even pixels, so that it keeps the phase of a Bayer mosaic.

    Examples:
        >>> region = restorer.detailed_region(restorer.read("photo.jpg"), 24)
        >>> region.height, region.width
        (24, 24)
    """
    image = to_image(picture)
    height, width = min(side, image.height), min(side, image.width)
    cell = max(1, min(height, width) // _CELLS)
    gray, noise = _coarse(image, cell)
    change = np.zeros_like(gray)
    change[:-1] += _beyond(np.diff(gray, axis=0), noise[:-1] + noise[1:])
    change[:, :-1] += _beyond(np.diff(gray, axis=1), noise[:, :-1] + noise[:, 1:])
    sums = np.pad(change.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    down, across = min(height // cell, len(gray)), min(width // cell, gray.shape[1])
    totals = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
    totals += sums[:-down, :-across]
    row, column = np.unravel_index(int(totals.argmax()), totals.shape)
    top = min(int(row) * cell, image.height - height) // 2 * 2
    left = min(int(column) * cell, image.width - width) // 2 * 2
    return Region(top, left, height, width)


def _sample(
    source: Source,
    chain: Chain,
    region: Region,
    settings: Settings,
    cancel: CancelToken | None,
) -> Sample:
    """Run the models of a chain on the region; their errors are reported in the sample."""
    name, scale = " + ".join(step.model for _, step in chain), _scale_of(chain)
    try:
        steps = [(opened_model(model, settings), step) for model, step in chain]
        run = partial(restore_region, source, steps, settings=settings, cancel=cancel)
        corner = Region(region.top, region.left, *(min(n, _WARM_UP) for n in _size(region)))
        run(corner)
        meter = MemoryMeter(steps[0][0].device)
        restored: list[Image] = []
        start = time.perf_counter()
        memory = meter.peak(lambda: restored.append(run(region))) or 0
        seconds = time.perf_counter() - start
    except Cancelled:
        raise
    except RestorerError as error:
        return Sample(name, None, scale, error=str(error))
    return Sample(name, restored[0], scale, seconds, memory)


def _scale_of(chain: Chain) -> int:
    return prod(spec_of(model).scale for model, _ in chain)


def _size(region: Region) -> tuple[int, int]:
    return region.height, region.width


def _truth_scale(source: Source, truth: Image, scales: Sequence[int]) -> int:
    """Return the scale of the ground truth, which must be the scale of a model."""
    height, width = source.size
    scale = truth.height // height
    if (truth.height, truth.width) != (height * scale, width * scale) or scale not in scales:
        made = " or ".join(f"{width * s} x {height * s}" for s in sorted(set(scales)))
        raise SettingsError(
            f"ground truth: has {truth.width} x {truth.height} pixels; the models produce {made}"
        )
    return scale


def _enlarged(source: Source, region: Region, scale: int) -> Image:
    """Return the region enlarged by bicubic interpolation, using its neighboring pixels."""
    part = source.part(region.grown(color.CUBIC_REACH, source.size))
    colors = color.resample(part.own, scale, source.limits)
    alpha = part.alpha
    if alpha is not None:
        alpha = np.clip(color.resample(alpha, scale, (0.0, 1.0)), 0, 1)
    values = color.join(colors, alpha)
    return source.image_of(region.scaled(scale).of(values, part.region.scaled(scale)))


def _with_scores(sample: Sample, truth: FloatArray | None) -> Sample:
    """Add PSNR and SSIM against the ground truth (H, W, C) over all colors, without alpha."""
    if truth is None or sample.image is None:
        return sample
    pair = [color.split(values)[0] for values in (sample.image.to_float(), truth)]
    channels = max(values.shape[2] for values in pair)
    restored, wanted = (color.network_planes(values, channels) * 255 for values in pair)
    large = min(restored.shape[:2]) >= _SSIM_SIDE
    similarity = metrics.ssim(restored, wanted, white=255) if large else None
    return replace(sample, psnr=metrics.psnr(restored, wanted, white=255), ssim=similarity)


def _beyond(difference: FloatArray, noise: FloatArray) -> FloatArray:
    """Return the size of differences without that of noise, given its variance."""
    size: FloatArray = np.sqrt(np.maximum(difference**2 - _SURE * noise, 0))
    return size


def _coarse(image: Image, cell: int) -> tuple[FloatArray, FloatArray]:
    """Return the mean of visible colors in square cells, and the variance of its noise.

    Texture raises the variance within cells; the calmer half of those of a tone tells its noise.
    """
    height, width = image.height // cell, image.width // cell
    means, variances = (np.empty((height, width), np.float32) for _ in range(2))
    for row in range(height):
        values = image.pixels[row * cell : (row + 1) * cell, : width * cell]
        gray = values[..., :-1] if image.has_alpha else values
        shown = gray.mean(2, dtype=np.float32)
        if image.has_alpha:
            shown *= values[..., -1] > 0
        cells = shown.reshape(cell, width, cell)
        means[row], variances[row] = cells.mean((0, 2)), cells.var((0, 2))
    low, high = float(means.min()), float(means.max())
    tone = np.minimum((means - low) * (_TONES / max(high - low, 1e-6)), _TONES - 1).astype(int)
    for each in np.unique(tone):
        variances[tone == each] = np.median(variances[tone == each])
    return means, variances / np.float32(max(1, cell**2 - 1))

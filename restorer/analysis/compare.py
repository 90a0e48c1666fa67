"""The same region of a picture through several models: what each makes of it, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from restorer import color, metrics
from restorer.errors import Cancelled, RestorerError, SettingsError
from restorer.image import FloatArray, Image
from restorer.inference.devices import MemoryMeter
from restorer.inference.loading import open_model
from restorer.models.catalog import ModelSpec, model_spec
from restorer.models.identify import describe_model, identify_checkpoint
from restorer.restoration.api import restore_region
from restorer.restoration.source import Source
from restorer.restoration.step import OpenStep
from restorer.settings import CancelToken, Settings, Step
from restorer.tiling.plan import Region

_WARM_UP = 16  # side of what a model is given before its time counts
_CELLS = 32  # across the region, in which detail is measured
_SSIM_SIDE = 11  # of its window


@dataclass(frozen=True, eq=False)
class Sample:
    """A region as one model restores it.

    Attributes:
        model: As it was asked for; empty for the picture itself, enlarged by bicubic interpolation.
        image: The result; None where there is none.
        scale: How many times larger than the region it is.
        seconds: It took, without opening the model.
        memory: Peak working memory in bytes; 0 where the machine does not tell.
        psnr: To the truth in dB over all colors, None without a truth of its scale.
        ssim: Likewise.
        error: Why there is no result.
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
    image: Image | Source,
    models: Sequence[Step | str | Path],
    region: Region,
    *,
    truth: Image | None = None,
    settings: Settings | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[Sample]:
    """Yield a region of the picture as it is, then as each model restores it, in their order.

    The pixels are those of the whole restored picture (see `restore_region`), whose models are
    opened one after the other. Where one fails, its sample says why, and the next one follows.

    Args:
        image: Gray or RGB, with or without alpha.
        models: Ids, steps with their options, or paths of checkpoints.
        region: Of the picture, in its pixels.
        truth: How the whole picture should be: as large, or as many times larger as a model makes
            it.
        settings: For all models.
        cancel: Stops the work between two tiles, by Cancelled.

    Raises:
        SettingsError: There are no models, or region or truth do not fit the picture.
        ModelError: There is no such model.
    """
    picture = image if isinstance(image, Source) else Source(image)
    if not models:
        raise SettingsError("no models to compare")
    if min(region.height, region.width) < 1 or not picture.region.holds(region):
        height, width = picture.size
        raise SettingsError(f"{region}: not in a picture of {width} x {height} pixels")
    trials = [(model, _spec(model)) for model in models]
    scales = [spec.scale for _, spec in trials]
    truth_scale = max(scales) if truth is None else _truth_scale(picture, truth, scales)
    wanted = None if truth is None else region.scaled(truth_scale).of(truth.to_float())

    def samples() -> Iterator[Sample]:
        yield _judged(Sample("", _enlarged(picture, region, truth_scale), truth_scale), wanted)
        for model, spec in trials:
            sample = _sample(picture, model, spec, region, settings or Settings(), cancel)
            yield _judged(sample, wanted if spec.scale == truth_scale else None)

    return samples()


def detailed_region(image: Image, side: int) -> Region:
    """Return the square of the picture where most changes, at most as large as the picture.

    It begins at even pixels, as the cells of a Bayer mosaic do.
    """
    height, width = min(side, image.height), min(side, image.width)
    cell = max(1, min(height, width) // _CELLS)
    gray = _coarse(image, cell)
    change = np.zeros_like(gray)
    change[:-1] += np.abs(np.diff(gray, axis=0))
    change[:, :-1] += np.abs(np.diff(gray, axis=1))
    sums = np.pad(change.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    down, across = min(height // cell, len(gray)), min(width // cell, gray.shape[1])
    totals = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
    totals += sums[:-down, :-across]
    row, column = np.unravel_index(int(totals.argmax()), totals.shape)
    top = min(int(row) * cell, image.height - height) // 2 * 2
    left = min(int(column) * cell, image.width - width) // 2 * 2
    return Region(top, left, height, width)


def _sample(
    picture: Source,
    model: Step | str | Path,
    spec: ModelSpec,
    region: Region,
    settings: Settings,
    cancel: CancelToken | None,
) -> Sample:
    """Run one model on the region; what is wrong with it ends in the sample."""
    name = model.model if isinstance(model, Step) else str(model)
    try:
        steps = [_opened(model, spec, settings)]
        run = partial(restore_region, picture, steps, settings=settings, cancel=cancel)
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
        return Sample(name, None, spec.scale, error=str(error))
    return Sample(name, restored[0], spec.scale, seconds, memory)


def _spec(model: Step | str | Path) -> ModelSpec:
    if isinstance(model, Path):
        found = identify_checkpoint(model)
        return describe_model(found, task=found.tasks[0])
    return model_spec(model.model if isinstance(model, Step) else model)


def _opened(model: Step | str | Path, spec: ModelSpec, settings: Settings) -> OpenStep:
    step = model if isinstance(model, Step) else Step(spec.id)
    source = model if isinstance(model, Path) else spec.id
    return open_model(source, device=settings.device, precision=settings.precision), step


def _size(region: Region) -> tuple[int, int]:
    return region.height, region.width


def _truth_scale(picture: Source, truth: Image, scales: Sequence[int]) -> int:
    """Return how many times larger than the picture the truth is, which a model has to be too."""
    height, width = picture.size
    scale = truth.height // height
    if (truth.height, truth.width) != (height * scale, width * scale) or scale not in scales:
        made = " or ".join(f"{width * s} x {height * s}" for s in sorted(set(scales)))
        raise SettingsError(f"truth: is {truth.width} x {truth.height} pixels, models make {made}")
    return scale


def _enlarged(picture: Source, region: Region, scale: int) -> Image:
    """Return the region by bicubic interpolation, its neighbors considered."""
    part = picture.part(region.grown(color.CUBIC_REACH, picture.size))
    colors = color.resample(part.own, scale, picture.limits)
    alpha = part.alpha
    if alpha is not None:
        alpha = np.clip(color.resample(alpha, scale, (0.0, 1.0)), 0, 1)
    values = color.join(colors, alpha) * np.float32(picture.white)
    inside = region.scaled(scale).of(values, part.region.scaled(scale))
    return picture.image.with_float(inside)


def _judged(sample: Sample, truth: FloatArray | None) -> Sample:
    """Compare a sample with the truth (H, W, C) over all colors, alpha left out."""
    if truth is None or sample.image is None:
        return sample
    pair = [color.split(values)[0] for values in (sample.image.to_float(), truth)]
    channels = max(values.shape[2] for values in pair)
    restored, wanted = (color.network_planes(values, channels) * 255 for values in pair)
    large = min(restored.shape[:2]) >= _SSIM_SIDE
    similarity = metrics.ssim(restored, wanted) if large else None
    return replace(sample, psnr=metrics.psnr(restored, wanted), ssim=similarity)


def _coarse(image: Image, cell: int) -> FloatArray:
    """Return the means of square cells of the colors that are seen."""
    height, width = image.height // cell, image.width // cell
    means = np.empty((height, width), np.float32)
    for row in range(height):
        values = image.pixels[row * cell : (row + 1) * cell, : width * cell]
        gray = values[..., :-1] if image.has_alpha else values
        shown = gray.mean(2, dtype=np.float32)
        if image.has_alpha:
            shown *= values[..., -1] > 0
        means[row] = shown.reshape(cell, width, cell).mean((0, 2))
    return means

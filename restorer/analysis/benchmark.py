"""Benchmark models on this machine by image size, device and precision."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from restorer.image import Image
from restorer.inference.autotune import check_picture
from restorer.inference.loading import Openable, open_model
from restorer.inference.memory import MemoryMeter
from restorer.restoration.api import restore
from restorer.settings import Step
from restorer.tasks import Task

_PATCH = 256  # side of the pattern that fills the test image


@dataclass(frozen=True)
class Speed:
    """The time and memory of one model for images of one size.

    Attributes:
        megapixels: Size of the input image.
        seconds: Time from image to image, without reading and writing files.
        memory: Peak working memory in bytes, including the result; 0 if the machine does not
            report it. Measure sizes in ascending order: see `MemoryMeter`.
    """

    model: str
    device: str
    precision: str
    megapixels: float
    seconds: float
    memory: int

    @property
    def seconds_per_megapixel(self) -> float:
        """Seconds per megapixel, almost independent of the image size."""
        return self.seconds / self.megapixels


def measure_speed(
    models: Sequence[Openable],
    megapixels: Sequence[float],
    *,
    device: str | torch.device = "auto",
    precisions: Sequence[str | torch.dtype] = ("auto",),
    rounds: int = 1,
) -> Iterator[Speed]:
    """Run every model on images of every size in every precision; yield the best of `rounds`.

    Raises ModelError or SettingsError for an unavailable model or device.

    Examples:
        >>> for speed in restorer.measure_speed(["panet-denoise-lite"], [0.01], device="cpu"):
        ...     print(speed.model, round(speed.megapixels, 2))
        panet-denoise-lite 0.01
    """
    for model in models:
        for precision in precisions:
            predictor = open_model(model, device=device, precision=precision)
            spec = predictor.spec
            name = str(model) if isinstance(model, str | Path) else spec.id
            step = Step(  # fixed conditions, so that estimating them does not count
                name,
                sigma=25.0 if spec.condition == "sigma" else None,
                jpeg_quality=50 if spec.condition == "jpeg_quality" else None,
            )
            steps, meter = [(predictor, step)], MemoryMeter(predictor.device)
            small = _picture(0.1, spec.traits)
            # The first run warms up and makes lazy measurements.
            restore(small, steps, references=_references(small, spec.traits))
            for size in megapixels:
                image = _picture(size, spec.traits)
                seconds, memory = math.inf, 0
                for _ in range(rounds):
                    references = _references(image, spec.traits)
                    run = partial(restore, image, steps, references=references)
                    start = time.perf_counter()
                    memory = max(memory, meter.peak(run) or 0)
                    seconds = min(seconds, time.perf_counter() - start)
                yield Speed(
                    name,
                    predictor.device,
                    predictor.precision,
                    image.height * image.width / 1e6,
                    seconds,
                    memory,
                )


def _picture(megapixels: float, task: Task) -> Image:
    """Return an 8-bit test image with an aspect ratio of 3:2; gray if the task takes mosaics."""
    height = max(16, round(math.sqrt(megapixels * 1e6 / 1.5)))
    width = max(16, round(height * 1.5))
    patch = np.rint(check_picture(_PATCH) * 255).astype(np.uint8)
    repeats = (-(-height // _PATCH), -(-width // _PATCH), 1)
    pixels = np.tile(patch, repeats)[:height, :width]
    if task.needs_references:  # repeated patterns would match in many places
        shade = np.random.default_rng(0).random((height // 8 + 1, width // 8 + 1, 1))
        pixels = (pixels * shade.repeat(8, 0).repeat(8, 1)[:height, :width]).astype(np.uint8)
    return Image(np.ascontiguousarray(pixels[..., :1] if task.mosaic else pixels))


def _references(image: Image, task: Task) -> list[Image]:
    """Return the image itself as the reference, if the task takes references."""
    return [image] if task.needs_references else []

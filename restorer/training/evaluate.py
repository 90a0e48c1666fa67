"""The papers' evaluation: damage clean images, restore them, compare, all by their rules.

Super-resolution: MATLAB bicubic, PSNR and SSIM on Y, `scale` pixels shaved. Denoising: white
Gaussian noise of one sigma, seeded by the position of the file, PSNR and SSIM over all
channels (one for gray files), nothing shaved. Restored images are rounded to 8 bit, as files are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from restorer.color import is_gray
from restorer.errors import SettingsError
from restorer.formats import SUFFIXES
from restorer.image import FloatArray, Image
from restorer.jobs import Settings, Step
from restorer.metrics import luma, psnr, psnr_luma, ssim
from restorer.pipeline import restore
from restorer.training.degrade import (
    Bytes,
    bicubic_downscale,
    crop_to_multiple,
    gaussian_noise,
    pillow_bicubic,
    quantize,
)
from restorer.training.patches import load_rgb

BASELINES = ("input", "bicubic", "nlm")


@dataclass(frozen=True)
class Score:
    """One image restored by one method; PSNR in dB."""

    image: str
    method: str
    psnr: float
    ssim: float
    seconds: float


def evaluate(
    folder: Path,
    methods: Sequence[str],
    *,
    task: str,
    scale: int = 2,
    sigma: float = 25.0,
    quantized: bool = False,
    settings: Settings | None = None,
) -> Iterator[Score]:
    """Score every clean image directly in `folder` with every method, in the order of names.

    Args:
        folder: Ground truth.
        methods: Model ids, ``input`` (denoising: the noisy image), ``bicubic`` (super-resolution),
            ``nlm`` (denoising: OpenCV's non-local means, 7/21 windows, h = 0.6 sigma).
        task: ``super-resolution`` or ``denoising``.
        scale: Factor of super-resolution.
        sigma: Noise level, 0-255 scale; models are told it.
        quantized: Round and clip the noisy image to 8 bit, as PANet's test files; FFDNet's and
            DnCNN's tables are made without.
        settings: For the models.

    Raises SettingsError for an empty folder, a task without a protocol, or a method of another
    task.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise SettingsError(f"{folder}: no pictures")
    if task not in ("super-resolution", "denoising"):
        raise SettingsError(
            f"task {task!r} has no evaluation; known are super-resolution, denoising"
        )
    wishes = settings or Settings()
    for number, path in enumerate(paths):
        truth = load_rgb(path)
        if task == "super-resolution":
            truth = crop_to_multiple(truth, scale)
            damaged = bicubic_downscale(truth, scale).astype(np.float32)
            baselines = {"bicubic": lambda x: _bicubic(x, scale)}
        else:
            truth = truth[..., :1] if is_gray(truth) else truth
            damaged = gaussian_noise(truth.astype(np.float32), sigma, seed=number)
            damaged = quantize(damaged).astype(np.float32) if quantized else damaged
            baselines = {"input": quantize, "nlm": lambda x: _non_local_means(x, sigma)}
        for method in methods:
            start = time.monotonic()
            restored = _apply(method, damaged, baselines, sigma, wishes)
            seconds = time.monotonic() - start
            if restored.shape != truth.shape:
                raise SettingsError(f"method {method!r} does not give {task} at scale {scale}")
            scores = _compare(restored, truth, scale if task == "super-resolution" else 0)
            yield Score(path.name, method, *scores, seconds)


def _apply(
    method: str,
    damaged: FloatArray,
    baselines: Mapping[str, Callable[[FloatArray], Bytes]],
    sigma: float,
    settings: Settings,
) -> Bytes:
    if method in baselines:
        return baselines[method](damaged)
    if method in BASELINES:
        raise SettingsError(f"method {method!r} does not belong here; known are {list(baselines)}")
    image = Image(np.ascontiguousarray(damaged / 255, dtype=np.float32))
    return quantize(restore(image, Step(method, sigma=sigma), settings=settings).to_float() * 255)


def _compare(restored: Bytes, truth: Bytes, shave: int) -> tuple[float, float]:
    """Return PSNR and SSIM: on Y with a shaved border for super-resolution, on RGB otherwise."""
    if shave:
        similarity = ssim(luma(restored), luma(truth), shave=shave)
        return psnr_luma(restored, truth, shave=shave), similarity
    return psnr(restored, truth), ssim(restored, truth)


def _bicubic(damaged: FloatArray, scale: int) -> Bytes:
    """Enlarge with the cubic kernel of MATLAB's imresize (a = -0.5); enlarging needs no filter."""
    return pillow_bicubic(quantize(damaged), (damaged.shape[0] * scale, damaged.shape[1] * scale))


def _non_local_means(damaged: FloatArray, sigma: float) -> Bytes:
    strength = 0.6 * sigma  # tuned on training pictures (h and hColor alike)
    noisy = quantize(damaged)
    if noisy.shape[2] == 1:
        cleaned = cv2.fastNlMeansDenoising(noisy, None, strength, 7, 21)[..., None]
    else:
        bgr = noisy[..., ::-1]
        cleaned = cv2.fastNlMeansDenoisingColored(bgr, None, strength, strength, 7, 21)[..., ::-1]
    return np.asarray(cleaned, np.uint8)

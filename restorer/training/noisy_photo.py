"""Simulate noisy photographs of all kinds, and the noise level that a network receives."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, TypeAlias

import cv2
import numpy as np

from restorer.image import FloatArray
from restorer.training.camera import Exposure
from restorer.training.degrade import Bytes, jpeg, quantize
from restorer.training.grain import Grain, add_grain

Pair: TypeAlias = tuple[Bytes, FloatArray]  # a photograph, and the one to be learned, white 1

_GRID = 8  # side of a JPEG block
_AREA = 8.0  # pixels, sigma of the Gaussian window in which the noise is measured
_ERROR = 0.2  # logarithm of the ratio of estimated and true levels
_TEXTURE = 12.0  # highest level of texture that passes for noise, on the 0-255 scale
# Below this share of the true level, the network is asked to leave some of the noise.
_FULL = 0.7


class NoisyPhoto:
    """Photographs with noise of the camera, of film or of processing, and a plane of its level.

    The level is the local standard deviation of all that the network has to remove, on the 0-255
    scale, as inexact as an estimate, and for some pairs one value for the whole patch, as people
    give it. Where it is far too low, the target keeps as much of the noise, so that it sets the
    strength; at 0, the picture stays as it is. For one third, texture has raised the level, also
    that of clean pictures.
    """

    task: ClassVar[str] = "denoising"
    scale: int = 1
    margin: int = 2 * _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return the image unchanged; noise is drawn for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Take the photograph, and add the plane with level / 255."""
        top, left = (int(n) for n in rng.integers(_GRID, size=2))
        taken, truth = take_photo(clean[top:, left:], rng)
        inside = tuple(
            slice(self.margin - n, self.margin - n + length - 2 * self.margin)
            for n, length in zip((top, left), clean.shape[:2], strict=True)
        )
        noisy = taken.astype(np.float32) / np.float32(255)
        level, truth = tell(noisy, truth, rng)
        return np.concatenate([noisy, level], 2)[inside], truth[inside]


def take_photo(scene: Bytes, rng: np.random.Generator) -> Pair:
    """Return a photograph of a clean (H, W, 3) image, and the same without noise.

    One in ten is clean: it is its own target.
    """
    kind = rng.choice(("clean", "camera", "grain"), p=(0.1, 0.55, 0.35))
    quality = int(rng.integers(40, 99)) if rng.random() < 0.7 else None
    if kind == "camera" and rng.random() < 0.7:
        return Exposure.draw(rng).take(scene, rng)
    if kind == "camera":
        exposure = replace(Exposure.draw(rng), quality=None)
        stored, truth = exposure.take(scene, rng)
        noisy = stored.astype(np.float32) / np.float32(255)
    else:
        clean = scene.astype(np.float32) / np.float32(255)
        count = 0 if kind == "clean" else 1 + int(rng.random() < 0.4)
        noisy, truth = add_grain(clean, [Grain.draw(rng) for _ in range(count)], rng)
    if kind == "camera" or rng.random() < 0.2:
        radius, amount = float(rng.uniform(0.6, 2.0)), float(rng.uniform(0.2, 1.5))
        noisy, truth = (_sharpened(values, radius, amount) for values in (noisy, truth))
    taken = quantize(noisy * 255)
    if quality is not None:
        taken = jpeg(taken, quality, subsampling="4:2:0" if rng.random() < 0.6 else "4:4:4")
    if kind == "clean":
        truth = taken.astype(np.float32) / np.float32(255)
    return taken, truth


def tell(
    noisy: FloatArray, truth: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the plane (h, w, 1) of noise levels / 255 that a network gets, and its target."""
    noise = noisy - truth
    level = np.sqrt(cv2.GaussianBlur((noise**2).mean(2), (0, 0), _AREA))
    if rng.random() < 0.3:
        level = np.full_like(level, np.sqrt((noise**2).mean()))
    draw = rng.random()
    if draw < 0.18:
        share = max(0.0, float(rng.uniform(-0.2, _FULL)))  # 0 for one in five
        truth = truth + np.float32(1 - share / _FULL) * noise
    elif draw < 0.26:
        share = float(rng.uniform(1.3, 2.0))
    else:
        share = max(_FULL, float(np.exp(rng.normal(0, _ERROR))))
    level = level * np.float32(share)
    if draw >= 0.26 and rng.random() < 0.35:
        level = np.hypot(level, np.float32(rng.uniform(0, _TEXTURE) / 255))
    return level[..., None], truth


def _sharpened(values: FloatArray, radius: float, amount: float) -> FloatArray:
    """Apply an unsharp mask, as cameras do: it enlarges noise and leaves halos."""
    blurred = np.asarray(cv2.GaussianBlur(values, (0, 0), radius), np.float32)
    return np.clip(values + np.float32(amount) * (values - blurred), 0, 1)

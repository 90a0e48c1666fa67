"""Noise in photographs that the camera's sensor does not cause, such as film grain.

Grain of film and of gray pictures, coarse noise of enlarged or strongly processed pictures, and
blotches of color. A `Grain` is one kind of it; a photograph may have several.
Colors are (H, W, 3) float32 with white = 1.0, encoded values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from restorer.image import FloatArray

Planes = Literal["color", "gray", "chroma"]
Tone = Literal["even", "light", "middle", "dark"]

_BT601 = np.array([0.299, 0.587, 0.114], np.float32)

# Noise relative to that of a mid tone, by the clean value.
_TONES: dict[Tone, Callable[[FloatArray], FloatArray]] = {
    "even": np.ones_like,
    "light": lambda x: np.sqrt(2 * x),  # photons
    "middle": lambda x: 2 * np.sqrt(x * (1 - x)),  # the share of developed grains of film
    "dark": lambda x: np.float32(1.5) - x,  # shadows that were brightened
}


@dataclass(frozen=True)
class Grain:
    """One kind of noise.

    Attributes:
        sigma: Standard deviation in mid tones, on the 0-255 scale.
        size: Pixels from one random value to the next; 1 for noise of the full resolution.
        softness: Sigma in pixels of the Gaussian that smooths it.
        planes: Whether channels differ, are equal, or only the chroma has noise.
        tone: Dependence on the clean value.
    """

    sigma: float
    size: float = 1.0
    softness: float = 0.0
    planes: Planes = "color"
    tone: Tone = "even"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Grain:
        """Draw white noise, film grain, coarse noise, or blotches of color."""
        strength = float(rng.random(2).min())  # strong noise would dominate the loss
        tones: list[Tone] = ["even", "light", "dark"]
        tone = tones[int(rng.integers(len(tones)))]
        gray: Planes = "gray" if rng.random() < 0.5 else "color"
        kind = rng.choice(("white", "film", "coarse", "chroma"), p=(0.25, 0.3, 0.3, 0.15))
        if kind == "white":
            return cls(2 + 48 * strength, planes=gray, tone=tone)
        if kind == "film":
            softness = float(rng.uniform(0.4, 1.2))
            return cls(2 + 33 * strength, softness=softness, planes=gray, tone="middle")
        if kind == "coarse":
            size, softness = float(rng.uniform(1.5, 3.5)), float(rng.uniform(0, 0.8))
            return cls(2 + 33 * strength, size, softness, gray, tone)
        size = float(rng.uniform(2, 6))
        return cls(2 + 18 * strength, size, size / 3, "chroma", tone)

    def deviation(self, clean: FloatArray) -> FloatArray:
        """Return the standard deviation in every pixel and channel, white 1."""
        values = clean
        if self.planes != "color":
            values = np.broadcast_to((clean @ _BT601)[..., None], clean.shape)
        relative = _TONES[self.tone](values)
        return np.asarray(relative * np.float32(self.sigma / 255), np.float32)

    def field(self, size: tuple[int, int], rng: np.random.Generator) -> FloatArray:
        """Return noise (height, width, 3) with a standard deviation of 1."""
        count = 1 if self.planes == "gray" else 3
        small = [max(2, round(n / self.size)) for n in size]
        noise = rng.normal(0, 1, (*small, count)).astype(np.float32)
        if self.size > 1:
            enlarged = cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)
            noise = np.asarray(enlarged, np.float32)
        if self.softness:
            noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), self.softness), np.float32)
        noise = noise.reshape(*size, count)
        if self.planes == "chroma":
            noise = noise - (noise @ _BT601)[..., None]
        scaled: FloatArray = noise / noise.std()
        return np.broadcast_to(scaled, (*size, 3))


def add_grain(
    clean: FloatArray, kinds: Sequence[Grain], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return noisy colors, which may be beyond black and white, and their expected color.

    The latter is that of the noisy colors after clipping: a network that learns it keeps the means
    of shadows and highlights, whose noise is cut off on one side.
    """
    noisy, variance = clean, np.zeros_like(clean)
    for kind in kinds:
        deviation = kind.deviation(clean)
        noisy = noisy + deviation * kind.field(clean.shape[:2], rng)
        variance += deviation**2
    return noisy, np.clip(_clipped_mean(clean, np.sqrt(variance)), 0, 1)


def _clipped_mean(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Return the means of normal values after clipping to 0 and 1."""
    deviation = np.maximum(deviation, np.float32(1e-6))
    return mean + _excess(-mean, deviation) - _excess(mean - 1, deviation)


def _excess(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Return the mean of the positive part of normal values."""
    t = np.clip(mean / deviation, -6, 6)
    # The normal distribution function within 3e-4.
    below = (1 + np.tanh(np.sqrt(2 / np.pi) * (t + 0.044715 * t**3))) / 2
    density = np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(np.where(t < 6, deviation * (t * below + density), mean), np.float32)

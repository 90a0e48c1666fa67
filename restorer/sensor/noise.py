"""Sensor noise, and a curve on which it is nearly constant from shadows to highlights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from restorer.image import FloatArray
from restorer.sensor import bayer

# The curve is a square root that becomes straight near black. At the lower bound its slope there
# is that of sRGB; at the upper one it is nearly straight.
_STRAIGHTEST, _MOST_CURVED = 1.0, 0.0015
_MIDDLE = 0.18  # of white
LEVEL_GAIN = 4  # of the plane of noise levels, which are below 0.12 up to ISO 25,600


@dataclass(frozen=True)
class SensorNoise:
    """The variance of linear samples: ``scale * x + offset`` at a value x, where 1 is white.

    The model of the DNG specification (NoiseProfile) and of Foi et al. 2008 (Practical
    Poissonian-Gaussian noise modeling and fitting, IEEE TIP 17).

    Attributes:
        scale: The noise of the light, for red, green and blue.
        offset: The noise without light, for red, green and blue.
    """

    scale: tuple[float, float, float]
    offset: tuple[float, float, float]

    def balanced(self, neutral: Iterable[float]) -> SensorNoise:
        """Return the noise of samples that are divided by red, green and blue of gray objects."""
        red, green, blue = (float(value) for value in neutral)
        return SensorNoise(
            (self.scale[0] / red, self.scale[1] / green, self.scale[2] / blue),
            (self.offset[0] / red**2, self.offset[1] / green**2, self.offset[2] / blue**2),
        )

    @property
    def knee(self) -> float:
        """The value at which the noise of the light and that without light are equal, of green."""
        scale, offset = self.scale[1], self.offset[1]
        knee = offset / scale if scale > 0 else np.inf if offset > 0 else 0.0
        return float(np.clip(knee, _MOST_CURVED, _STRAIGHTEST))


def stabilized(
    samples: FloatArray, pattern: str, noise: SensorNoise
) -> tuple[FloatArray, FloatArray]:
    """Return a mosaic (H, W, 1) on a curve where its noise is nearly even, and its levels.

    The curve is that of Anscombe 1948 for green; the other colors follow it so that gray stays
    gray. 0 and 1 stay. Samples are lifted by what the curve takes from the mean of noisy ones, so
    that it is the curve of the mean, up to the square of `SensorNoise.scale`.

    Args:
        samples: Linear, balanced values.
        pattern: Their Bayer pattern.
        noise: Their noise, see `SensorNoise.balanced`.
    """
    knee = noise.knee
    values, levels = np.empty_like(samples), np.empty_like(samples)
    for y, x, color in bayer.sites(pattern):
        part = samples[y::2, x::2]
        scale, offset = np.float32(noise.scale[color]), np.float32(noise.offset[color])
        variance = scale * np.maximum(part, 0) + offset
        above = np.maximum(part + np.float32(knee), np.float32(knee / 2))
        values[y::2, x::2] = curved(part + variance / (4 * above), knee)
        slope = (np.sqrt(1 + knee) + np.sqrt(knee)) / 2
        levels[y::2, x::2] = np.sqrt(variance / above) * np.float32(slope)
    return values, levels


def curved(linear: FloatArray, knee: float) -> FloatArray:
    """Return linear values of any shape on the curve of `stabilized`; 0 and 1 stay."""
    root = np.float32(np.sqrt(knee))
    factor = np.float32(np.sqrt(1 + knee)) + root
    above = np.sqrt(np.maximum(linear + np.float32(knee), 0))
    values: FloatArray = linear * factor / (above + root)
    return values


def straightened(values: FloatArray, knee: float) -> FloatArray:
    """Return the inverse of `curved`; lower values than its start have that of its start."""
    root = np.float32(np.sqrt(knee))
    above = np.maximum(values * (np.float32(np.sqrt(1 + knee)) - root) + root, 0)
    linear: FloatArray = above * above - np.float32(knee)
    return linear


def network_planes(samples: FloatArray, pattern: str, noise: SensorNoise) -> FloatArray:
    """Return the four input planes (H, W, 4) of a network for a mosaic (H, W, 1).

    Three have the samples in their colors, on the curve of `stabilized`, with zeros between; the
    last has the noise levels, `LEVEL_GAIN` times as large. The arguments are those of `stabilized`.
    """
    values, levels = stabilized(samples, pattern, noise)
    planes = bayer.spread(values, pattern)
    return np.concatenate([planes, LEVEL_GAIN * levels], axis=2)


def sigma_of(noise: SensorNoise) -> float:
    """Return the noise of middle gray in green, on the curve of `stabilized`, 0-255 scale."""
    variance = noise.scale[1] * _MIDDLE + noise.offset[1]
    slope = (np.sqrt(1 + noise.knee) + np.sqrt(noise.knee)) / 2 / np.sqrt(_MIDDLE + noise.knee)
    return float(255 * np.sqrt(variance) * slope)

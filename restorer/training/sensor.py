"""A forward model of sensors: from a developed photograph to noisy samples and clean colors.

As in Brooks et al. 2019 (Unprocessing images for learned raw denoising, arXiv:1811.11127), but
without the tone curve of a camera. The noise is that of the DNG specification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restorer.formats.color import matrix
from restorer.image import FloatArray
from restorer.sensor import bayer
from restorer.sensor.noise import SensorNoise, curved, network_planes
from restorer.training.degrade import Bytes

# Of the noise of the light at white: ISO 25 to 60,000 of a camera with a BaselineNoise of 1.
_LEAST, _MOST = 5e-6, 1.2e-2
_CLEAN_SHARE = 0.05
_LARGEST_GAIN = 3.0  # of white balance
_DARKEST = 0.15  # exposure


@dataclass(frozen=True)
class Shot:
    """The settings of one RAW photograph.

    Attributes:
        mixing: (3, 3) color matrix from sensor colors to those of the photograph; rows sum to 1.
        exposure: Factor of the light.
        noise: The noise of balanced samples.
    """

    mixing: FloatArray
    exposure: float
    noise: SensorNoise

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Shot:
        """Draw random settings between daylight and night."""
        mixing = np.eye(3)
        if rng.random() < 0.5:
            mixing += rng.uniform(0.0, 0.4, (3, 3)) * (np.eye(3) - 1)
            np.fill_diagonal(mixing, 1 - (mixing.sum(1) - np.diag(mixing)))
        red, blue = np.exp(-rng.uniform(0, np.log(_LARGEST_GAIN), 2))
        scale = float(np.exp(rng.uniform(np.log(_LEAST), np.log(_MOST))))
        # From 4.5e-7 at 2e-5 to 1e-4 at 1.3e-3, with the scatter of cameras.
        offset = float((0.02 * scale + 55 * scale**2) * np.exp(rng.normal(0, 0.7)))
        if rng.random() < _CLEAN_SHARE:
            scale = offset = 0.0
        return cls(
            mixing.astype(np.float32),
            float(np.exp(rng.uniform(np.log(_DARKEST), 0))),
            SensorNoise((scale,) * 3, (offset,) * 3).balanced((red, 1.0, blue)),
        )

    def take(
        self, scene: Bytes, pattern: str, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Return the input planes of a network, and the clean colors on the same curve.

        Args:
            scene: Clean (H, W, 3) pixels.
            pattern: Bayer pattern of the sensor.
            rng: Draws the noise.
        """
        linear = matrix.decoded(scene.astype(np.float32) / np.float32(255))
        sensor = np.clip(linear @ np.linalg.inv(self.mixing).T, 0, 1) * self.exposure
        light: FloatArray = sensor.astype(np.float32)
        samples = np.empty((*light.shape[:2], 1), np.float32)
        for y, x, color in bayer.sites(pattern):
            clean = light[y::2, x::2, color : color + 1]
            variance = self.noise.scale[color] * clean + self.noise.offset[color]
            samples[y::2, x::2] = clean + rng.normal(size=clean.shape) * np.sqrt(variance)
        planes = network_planes(np.minimum(samples, 1), pattern, self.noise)
        return planes, curved(light, self.noise.knee)

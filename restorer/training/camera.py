"""A forward model of cameras: turn a developed image into a noisy photograph.

The steps and their ranges follow Brooks et al. 2019 (Unprocessing images for learned raw denoising,
arXiv:1811.11127). Inverse tone curve, gamma, color matrix and white balance give the light on the
sensor. Photons and electronics add noise whose variance grows with the light, and a Bayer filter
samples one color per pixel. The photograph is then developed with the same settings and stored as
JPEG, so that its noise is correlated and signal-dependent, as in real camera files.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from restorer.image import FloatArray
from restorer.sensor.bayer import PATTERNS, spread
from restorer.training.degrade import Bytes, jpeg, quantize

_GAMMA = 2.2
_BLACK = np.float32(0.1)  # black level relative to white
_STEPS = np.float32(65535 / 1.1)  # 16-bit steps up to white
# OpenCV names a pattern by the second and third sample of its second row.
_DEMOSAIC = {
    "rggb": (cv2.COLOR_BayerBG2RGB, cv2.COLOR_BayerBG2RGB_EA),
    "grbg": (cv2.COLOR_BayerGB2RGB, cv2.COLOR_BayerGB2RGB_EA),
    "gbrg": (cv2.COLOR_BayerGR2RGB, cv2.COLOR_BayerGR2RGB_EA),
    "bggr": (cv2.COLOR_BayerRG2RGB, cv2.COLOR_BayerRG2RGB_EA),
}


@dataclass(frozen=True)
class Exposure:
    """The camera settings of one photograph.

    Attributes:
        gains: White balance factors for red, green and blue.
        mixing: (3, 3) color matrix from sensor colors to image colors; rows sum to 1.
        brightness: Factor of the light before development.
        shot: Variance of the photon noise at white = 1.
        read: Variance of the read noise.
        pattern: Bayer pattern; None for sensors that measure all colors in each pixel.
        edge_aware: Whether the camera's demosaicing is edge-aware.
        smoothing: Sigma in pixels of the camera's chroma smoothing.
        quality: JPEG quality; None for lossless files.
        subsampling: Chroma subsampling of the JPEG file.
    """

    gains: tuple[float, float, float]
    mixing: FloatArray
    brightness: float
    shot: float
    read: float
    pattern: str | None
    edge_aware: bool
    smoothing: float
    quality: int | None
    subsampling: str

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Exposure:
        """Draw random settings between daylight and night."""
        mixing = np.eye(3) + rng.uniform(0.0, 0.5, (3, 3)) * (np.eye(3) - 1)
        np.fill_diagonal(mixing, 1 - (mixing.sum(1) - np.diag(mixing)))
        log_shot = rng.uniform(np.log(1e-4), np.log(2e-2))
        log_read = 2.18 * log_shot + 1.2 + rng.normal(0, 0.26)
        compressed = rng.random() < 0.8
        return cls(
            gains=(float(rng.uniform(1.4, 2.4)), 1.0, float(rng.uniform(1.3, 2.0))),
            mixing=mixing.astype(np.float32),
            brightness=float(rng.uniform(0.7, 1.0)),
            shot=float(np.exp(log_shot)),
            read=float(np.exp(log_read)),
            pattern=str(rng.choice(PATTERNS)) if rng.random() < 0.85 else None,
            edge_aware=bool(rng.random() < 0.5),
            smoothing=float(rng.uniform(0.5, 2.0)) if rng.random() < 0.3 else 0.0,
            quality=int(rng.integers(50, 99)) if compressed else None,
            subsampling="4:2:0" if rng.random() < 0.7 else "4:4:4",
        )

    def take(self, scene: Bytes, rng: np.random.Generator) -> tuple[Bytes, FloatArray]:
        """Return a uint8 photograph of a clean (H, W, 3) image, and the development without noise.

        The latter is a float image in [0, 1].
        """
        light = self._light(scene)
        noise = rng.normal(0, 1, light.shape).astype(np.float32)
        noisy = light + noise * np.sqrt(self.shot * light + self.read).astype(np.float32)
        if self.pattern is not None:
            noisy = self._demosaic(noisy)
        taken = self._develop(noisy)
        if self.smoothing:
            taken = _smooth_chroma(taken, self.smoothing)
        stored = quantize(taken * 255)
        if self.quality is not None:
            stored = jpeg(stored, self.quality, subsampling=self.subsampling)
        return stored, self._develop(light)

    def _light(self, scene: Bytes) -> FloatArray:
        """Return the light on the sensor; the brightest channel has white = 1."""
        values = scene.astype(np.float32) / 255
        values = 0.5 - np.sin(
            np.arcsin(np.clip(1 - 2 * values, -1, 1)) / 3
        )  # inverse of smoothstep
        linear = np.maximum(values, 1e-8) ** _GAMMA
        sensor = linear @ np.linalg.inv(self.mixing).T
        return np.clip(sensor / self.gains * self.brightness, 0, 1).astype(np.float32)

    def _develop(self, sensor: FloatArray) -> FloatArray:
        """Develop sensor samples into an image in [0, 1]."""
        balanced = sensor * self._gains() / self.brightness
        linear = np.clip(balanced, 0, 1) @ self.mixing.T
        values = np.clip(linear, 1e-8, 1) ** (1 / _GAMMA)
        developed: FloatArray = (values * values * (3 - 2 * values)).astype(np.float32)
        return developed

    def _demosaic(self, sensor: FloatArray) -> FloatArray:
        """Sample one color per pixel and demosaic in 16 bits, after white balance.

        The black level is above zero, as in sensors, so that clipping does not brighten dark noise.
        """
        assert self.pattern is not None
        gains = self._gains() / max(self.gains)
        balanced = np.clip(sensor * gains + _BLACK, 0, 1 + _BLACK)
        sites = spread(np.ones((*sensor.shape[:2], 1), np.float32), self.pattern)
        samples = np.rint((balanced * sites).sum(2) * _STEPS).astype(np.uint16)
        colors = cv2.demosaicing(samples, _DEMOSAIC[self.pattern][self.edge_aware])
        filled: FloatArray = (colors.astype(np.float32) / _STEPS - _BLACK) / gains
        return filled

    def _gains(self) -> FloatArray:
        return np.array(self.gains, np.float32)


def _smooth_chroma(values: FloatArray, sigma: float) -> FloatArray:
    """Smooth only the chroma, as cameras do to reduce color noise."""
    ycc = cv2.cvtColor(values, cv2.COLOR_RGB2YCrCb)
    ycc[..., 1:] = cv2.GaussianBlur(ycc[..., 1:], (0, 0), sigma)
    return np.clip(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB), 0, 1)

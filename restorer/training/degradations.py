"""How clean photographs become what each network takes: the degradations that recipes name.

Every class is one row of `DEGRADATIONS`; its fields are the other keys of a recipe's table. Images
are (H, W, 3) uint8, 0-255, RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray
from restorer.training.camera import Exposure
from restorer.training.degrade import (
    Bytes,
    bicubic_downscale,
    crop_to_multiple,
    gaussian_noise,
    jpeg,
    mosaic,
    quantize,
)
from restorer.training.reference import Referenced

_GRID = 8  # side of a JPEG block


class Degradation(Protocol):
    """How a clean image becomes the input of the network.

    Attributes:
        scale: How many times larger the clean image is than the input.
        margin: Pixels of the input that `finish` is given on each side beyond the patch.
    """

    scale: int
    margin: int

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return (input, clean) of a whole uint8 image; clean is `scale` times as large."""

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Return what the network takes and shall return, (h, w, C) with white 1, no margin."""


@dataclass(frozen=True)
class Bicubic:
    """Super-resolution of MATLAB-bicubic downscaled images."""

    scale: int
    margin: int = 0

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Shrink the whole image once, so that patches have their true surroundings."""
        return bicubic_downscale(image, self.scale), crop_to_multiple(image, self.scale)

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Scale to white 1."""
        return _white_one(patch), _white_one(clean)


@dataclass(frozen=True)
class Noise:
    """Gaussian noise of sigma 0 to `sigma_max`, told in an extra plane.

    Sigma is the smaller of two even draws: strong noise leaves the larger errors, and would else
    count for more in the loss than in decibels. One pair in `gray_share` is gray, with the same
    noise in the three channels, as a gray file gives it to a color network. Half of the inputs
    are rounded and clipped like files, half are not, as in the papers' unclipped protocol.
    """

    sigma_max: float
    gray_share: float = 0.15
    scale: int = 1
    margin: int = 0

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Leave the image: noise is drawn anew for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Add noise and the plane of sigma / 255."""
        truth = clean.astype(np.float32)
        sigma = rng.uniform(0, self.sigma_max, 2).min()
        if rng.random() < self.gray_share:
            truth = truth.mean(2, keepdims=True)
        noisy = gaussian_noise(truth, sigma, int(rng.integers(2**63)))
        if rng.random() < 0.5:
            noisy = quantize(noisy).astype(np.float32)
        noisy, truth = (np.broadcast_to(x, patch.shape) for x in (noisy, truth))
        return _white_one(_with_level(noisy, sigma)), _white_one(truth)


@dataclass(frozen=True)
class Jpeg:
    """JPEG of quality 5 to 95, told as the level 100 - quality in an extra plane.

    Color is stored 4:2:0 or 4:4:4; `gray_share` of the pairs are gray. `resaved_share` of them
    were saved twice, first at the quality that is told, then better, half of them on a shifted
    grid, as pictures are that were cropped on the way. What is told is off by a few steps, as
    estimates are.
    """

    gray_share: float = 0.3
    resaved_share: float = 0.25
    scale: int = 1
    margin: int = 2 * _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Leave the image: quality and grid are drawn anew for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Compress on a random grid and add the plane of the level / 255."""
        gray = rng.random() < self.gray_share
        truth = np.asarray(cv2.cvtColor(clean, cv2.COLOR_RGB2GRAY) if gray else clean, np.uint8)
        quality = int(rng.integers(5, 96))
        top, left = (int(n) for n in rng.integers(_GRID, size=2))
        stored = _saved(truth[top:, left:], quality, rng)
        if rng.random() < self.resaved_share:
            shifted = rng.random() < 0.5
            down, across = (int(n) * shifted for n in rng.integers(_GRID, size=2))
            again = int(rng.integers(max(quality, 60), 96))
            stored = _saved(stored[down:, across:], again, rng)
            top, left = top + down, left + across
        side = [n - 2 * self.margin for n in clean.shape[:2]]
        damaged = _window(stored, (self.margin - top, self.margin - left), side)
        truth = _window(truth, (self.margin, self.margin), side)
        told = np.clip(quality + rng.normal(0, 2), 0, 100)
        damaged, truth = (np.broadcast_to(x, (*side, 3)) for x in (damaged, truth))
        return _white_one(_with_level(damaged, 100 - told)), _white_one(truth)


@dataclass(frozen=True)
class Mosaic:
    """Bayer samples of clean pictures, in the planes of their colors with zeros between."""

    pattern: str
    scale: int = 1
    margin: int = 0

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Leave the image: flips and turns of a patch change the pattern."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Keep one color of each pixel."""
        return _white_one(mosaic(clean, self.pattern)), _white_one(clean)


@dataclass(frozen=True)
class Camera:
    """Photographs as a camera takes them in bad light; see `restorer.training.camera`.

    The clean image is developed from the same scene with the same settings, without noise, mosaic
    and JPEG.
    """

    scale: int = 1
    margin: int = _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Leave the image: exposures are drawn anew for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Take the photograph."""
        exposure = Exposure.draw(rng)
        top, left = (int(n) for n in rng.integers(_GRID, size=2))
        taken, truth = exposure.take(clean[top:, left:], rng)
        place = self.margin - top, self.margin - left
        side = [n - 2 * self.margin for n in clean.shape[:2]]
        return _white_one(_window(taken, place, side)), _window(truth, place, side)


@dataclass(frozen=True)
class Web:
    """Small pictures as the web has them: blurred, shrunk by any kernel, noisy, JPEG.

    Each of the damages is left out now and then, so that clean pictures come out clean.
    """

    scale: int
    margin: int = 2 * _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Keep the image; its small form only tells where patches lie."""
        clean = crop_to_multiple(image, self.scale)
        height, width = (n // self.scale for n in clean.shape[:2])
        return clean[:height, :width], clean

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Blur, shrink, add noise, compress."""
        stored = quantize(self._noisy(self._shrunk(clean.astype(np.float32), rng), rng))
        top = left = 0
        if rng.random() < 0.75:
            top, left = (int(n) for n in rng.integers(_GRID, size=2))
            stored = _saved(stored[top:, left:], int(rng.integers(30, 96)), rng)
        side = [n // self.scale - 2 * self.margin for n in clean.shape[:2]]
        corner = self.margin * self.scale
        truth = _window(clean, (corner, corner), [n * self.scale for n in side])
        damaged = _window(stored, (self.margin - top, self.margin - left), side)
        return _white_one(damaged), _white_one(truth)

    def _shrunk(self, image: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Blur now and then, and shrink by means of areas or by a Gaussian and sampling."""
        if rng.random() < 0.6:
            across, down = rng.uniform(0.2, 0.6 * self.scale, size=2)
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), across, sigmaY=down), np.float32)
        kernel = cv2.INTER_AREA
        if rng.random() < 0.5:
            kernel = cv2.INTER_LINEAR
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), self.scale / 2.5), np.float32)
        height, width = (n // self.scale for n in image.shape[:2])
        return np.asarray(cv2.resize(image, (width, height), interpolation=kernel), np.float32)

    @staticmethod
    def _noisy(image: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Add weak noise to every other image, colored or gray."""
        if rng.random() < 0.5:
            return image
        sigma, channels = rng.uniform(0, 12), 1 if rng.random() < 0.3 else 3
        noise = rng.normal(0, sigma, (*image.shape[:2], channels))
        return image + noise.astype(np.float32)


# Recipe name -> degradation; the keyword arguments are the recipe's other keys.
DEGRADATIONS = {
    "bicubic": Bicubic,
    "noise": Noise,
    "jpeg": Jpeg,
    "mosaic": Mosaic,
    "camera": Camera,
    "web": Web,
    "referenced": Referenced,
}


def _saved(image: Bytes, quality: int, rng: np.random.Generator) -> Bytes:
    """Compress color with either of the usual samplings of chroma."""
    return jpeg(image, quality, subsampling="4:2:0" if rng.random() < 0.6 else "4:4:4")


def _window(image: NDArray[Any], corner: tuple[int, int], side: list[int]) -> NDArray[Any]:
    """Return (height, width, C) of an image from `corner` on; gray has one channel."""
    image = image if image.ndim == 3 else image[..., None]
    return image[corner[0] : corner[0] + side[0], corner[1] : corner[1] + side[1]]


def _with_level(image: NDArray[Any], level: float) -> FloatArray:
    """Append the plane that tells the network how strong the damage is, on the 0-255 scale."""
    plane = np.full((*image.shape[:2], 1), level, np.float32)
    return np.concatenate([image.astype(np.float32), plane], 2)


def _white_one(values: NDArray[Any]) -> FloatArray:
    return values.astype(np.float32) / np.float32(255)

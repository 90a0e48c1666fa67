"""The degradations of recipes: turn clean photographs into network inputs.

Every class is a row of `DEGRADATIONS`, and its fields are the other keys of the recipe's table.
Images are (H, W, 3) RGB uint8, 0-255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.errors import SettingsError
from restorer.image import FloatArray, Image
from restorer.restoration.source import Source
from restorer.tasks import TASKS
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
from restorer.training.noisy_photo import NoisyPhoto
from restorer.training.photographs import to_rgb
from restorer.training.reference import Referenced
from restorer.training.sensor import Shot

_GRID = 8  # side of a JPEG block
_LEVEL_STEPS = 2  # a prepared level, at most 100, is stored in 8 bits


class Degradation(Protocol):
    """A degradation that turns clean images into network inputs.

    Attributes:
        task: The task of networks that restore it, a key of `TASKS`.
        scale: Scale of the clean image relative to the input.
        margin: Additional input pixels on each side of the patch that `finish` requires.
    """

    @property
    def task(self) -> str: ...  # noqa: D102  see above

    scale: int
    margin: int

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return (input, clean) for a whole uint8 image; clean is `scale` times larger."""

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Return network input and target, (h, w, C) with white = 1 and without the margin."""


@dataclass(frozen=True)
class Bicubic:
    """Downscaling with MATLAB's bicubic filter, for super-resolution."""

    task: ClassVar[str] = "super-resolution"
    scale: int
    margin: int = 0

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Downscale the whole image once, so that patches include their true surroundings."""
        return bicubic_downscale(image, self.scale), crop_to_multiple(image, self.scale)

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Scale to white = 1."""
        return _normalize(patch), _normalize(clean)


@dataclass(frozen=True)
class Noise:
    """Gaussian noise with a sigma of 0 to `sigma_max`, given in an additional plane.

    Sigma is the smaller of two uniform draws, because strong noise leaves larger errors and would
    dominate the loss. `gray_share` of the pairs are gray, with the same noise in all three
    channels, as a color network receives gray files. Half of the inputs are rounded and clipped
    like files; the others are not, as in the papers' unclipped protocol.
    """

    task: ClassVar[str] = "denoising"
    sigma_max: float
    gray_share: float = 0.15
    scale: int = 1
    margin: int = 0

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return the image unchanged; noise is drawn for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Add noise and a plane with sigma / 255."""
        truth = clean.astype(np.float32)
        sigma = rng.uniform(0, self.sigma_max, 2).min()
        if rng.random() < self.gray_share:
            truth = truth.mean(2, keepdims=True)
        noisy = gaussian_noise(truth, sigma, int(rng.integers(2**63)))
        if rng.random() < 0.5:
            noisy = quantize(noisy).astype(np.float32)
        noisy, truth = (np.broadcast_to(x, patch.shape) for x in (noisy, truth))
        return _normalize(_with_level(noisy, sigma)), _normalize(truth)


@dataclass(frozen=True)
class Jpeg:
    """JPEG with a quality of 5 to 95, given as the level 100 - quality in an additional plane.

    Color is stored as 4:2:0 or 4:4:4; `gray_share` of the pairs are gray. `resaved_share` of them
    are saved twice, first at the given quality and then at a higher one, half of these on a
    shifted grid, as after cropping. The given quality has a small error, like estimates.
    """

    task: ClassVar[str] = "deblocking"
    gray_share: float = 0.3
    resaved_share: float = 0.25
    scale: int = 1
    margin: int = 2 * _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return the image unchanged; quality and grid are drawn for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Compress on a random grid and add a plane with level / 255."""
        gray = rng.random() < self.gray_share
        truth = np.asarray(cv2.cvtColor(clean, cv2.COLOR_RGB2GRAY) if gray else clean, np.uint8)
        quality = int(rng.integers(5, 96))
        top, left = (int(n) for n in rng.integers(_GRID, size=2))
        stored = _compress(truth[top:, left:], quality, rng)
        if rng.random() < self.resaved_share:
            shifted = rng.random() < 0.5
            down, across = (int(n) * shifted for n in rng.integers(_GRID, size=2))
            again = int(rng.integers(max(quality, 60), 96))
            stored = _compress(stored[down:, across:], again, rng)
            top, left = top + down, left + across
        side = [n - 2 * self.margin for n in clean.shape[:2]]
        degraded = _window(stored, (self.margin - top, self.margin - left), side)
        truth = _window(truth, (self.margin, self.margin), side)
        given = np.clip(quality + rng.normal(0, 2), 0, 100)
        degraded, truth = (np.broadcast_to(x, (*side, 3)) for x in (degraded, truth))
        return _normalize(_with_level(degraded, 100 - given)), _normalize(truth)


@dataclass(frozen=True)
class Mosaic:
    """Bayer mosaics of clean images as color planes, with zeros for missing samples."""

    task: ClassVar[str] = "demosaicing"
    pattern: str
    scale: int = 1
    margin: int = 0

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return the image unchanged; flips and rotations of a patch would change the pattern."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Keep one color per pixel."""
        return _normalize(mosaic(clean, self.pattern)), _normalize(clean)


@dataclass(frozen=True)
class Raw(Mosaic):
    """Noisy samples of a sensor as color planes and a plane of noise levels.

    See `restorer.training.sensor`. Colors are balanced, and on the curve of the noise.
    """

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Simulate the sensor."""
        return Shot.draw(rng).take(clean, self.pattern, rng)


@dataclass(frozen=True)
class Camera:
    """Simulated photographs in low light; see `restorer.training.camera`.

    The clean image is developed from the same scene with the same settings, but without noise,
    mosaic and JPEG.
    """

    task: ClassVar[str] = "denoising"
    scale: int = 1
    margin: int = _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return the image unchanged; exposures are drawn for every patch."""
        return image, image

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Simulate the photograph."""
        exposure = Exposure.draw(rng)
        top, left = (int(n) for n in rng.integers(_GRID, size=2))
        taken, truth = exposure.take(clean[top:, left:], rng)
        place = self.margin - top, self.margin - left
        side = [n - 2 * self.margin for n in clean.shape[:2]]
        return _normalize(_window(taken, place, side)), _window(truth, place, side)


@dataclass(frozen=True)
class Web:
    """Low-quality web images: blur, downscaling with various kernels, noise and JPEG.

    Each degradation is omitted at random, so that clean images stay clean.
    """

    task: ClassVar[str] = "super-resolution"
    scale: int
    margin: int = 2 * _GRID

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return the image itself; the small image only determines the positions of patches."""
        clean = crop_to_multiple(image, self.scale)
        height, width = (n // self.scale for n in clean.shape[:2])
        return clean[:height, :width], clean

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Blur, downscale, add noise, and compress."""
        stored = quantize(self._add_noise(self._downscale(clean.astype(np.float32), rng), rng))
        top = left = 0
        if rng.random() < 0.75:
            top, left = (int(n) for n in rng.integers(_GRID, size=2))
            stored = _compress(stored[top:, left:], int(rng.integers(30, 96)), rng)
        side = [n // self.scale - 2 * self.margin for n in clean.shape[:2]]
        corner = self.margin * self.scale
        truth = _window(clean, (corner, corner), [n * self.scale for n in side])
        degraded = _window(stored, (self.margin - top, self.margin - left), side)
        return _normalize(degraded), _normalize(truth)

    def _downscale(self, image: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Blur at random; downscale by area averaging, or by Gaussian filtering and sampling."""
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
    def _add_noise(image: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Add weak color or gray noise to half of the images."""
        if rng.random() < 0.5:
            return image
        sigma, channels = rng.uniform(0, 12), 1 if rng.random() < 0.3 else 3
        noise = rng.normal(0, sigma, (*image.shape[:2], channels))
        return image + noise.astype(np.float32)


@dataclass(frozen=True)
class Paired:
    """Given pairs of degraded and clean images instead of a simulation.

    Attributes:
        task: The task of the network: by default super-resolution, or denoising for scale 1.
        conditioned: Whether the input gets a plane with the strength of the degradation. It is
            estimated on the whole image, as when the network restores a photograph.
    """

    scale: int
    task: str = ""
    conditioned: bool = False
    margin: int = 0

    def __post_init__(self) -> None:
        """Raise SettingsError for a task that pairs cannot train."""
        fitting = [
            task.id
            for task in TASKS.values()
            if task.enlarges == (self.scale > 1) and not (task.mosaic or task.needs_references)
        ]
        object.__setattr__(self, "task", self.task or fitting[0])
        if self.task not in fitting:
            known = ", ".join(fitting)
            raise SettingsError(
                f"recipe: pairs of scale {self.scale} cannot train {self.task}, but {known}"
            )

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Raise SettingsError: there is nothing to simulate."""
        raise SettingsError("recipe: degradation 'paired' requires a folder of inputs")

    def prepare_pair(self, taken: Image, clean: Bytes) -> tuple[Bytes, Bytes]:
        """Return the input, with a plane of its level if the network needs one, and the target."""
        height, width = taken.height * self.scale, taken.width * self.scale
        planes = to_rgb(taken)
        if self.conditioned:
            level = round(_level(Source(taken), TASKS[self.task].condition) * _LEVEL_STEPS)
            planes = np.concatenate([planes, np.full((*planes.shape[:2], 1), level, np.uint8)], 2)
        return planes, clean[:height, :width]

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Scale to white = 1."""
        planes = _normalize(patch)
        planes[..., 3:] /= _LEVEL_STEPS
        return planes, _normalize(clean)


# Degradations by name; their keyword arguments are the other keys of the recipe.
DEGRADATIONS = {
    "bicubic": Bicubic,
    "noise": Noise,
    "jpeg": Jpeg,
    "mosaic": Mosaic,
    "raw": Raw,
    "camera": Camera,
    "noisy-photo": NoisyPhoto,
    "web": Web,
    "referenced": Referenced,
    "paired": Paired,
}


def _level(source: Source, condition: str) -> float:
    """Return the estimated strength of the degradation on the 0-255 scale, at most 100."""
    if condition == "sigma":
        return min(source.sigma, 100.0)
    return 100.0 - source.jpeg_quality()[0]


def _compress(image: Bytes, quality: int, rng: np.random.Generator) -> Bytes:
    """Compress with a random chroma subsampling."""
    return jpeg(image, quality, subsampling="4:2:0" if rng.random() < 0.6 else "4:4:4")


def _window(image: NDArray[Any], corner: tuple[int, int], side: list[int]) -> NDArray[Any]:
    """Return the (height, width, C) window at `corner`; gray has one channel."""
    image = image if image.ndim == 3 else image[..., None]
    return image[corner[0] : corner[0] + side[0], corner[1] : corner[1] + side[1]]


def _with_level(image: NDArray[Any], level: float) -> FloatArray:
    """Append a plane with the strength of the degradation, on the 0-255 scale."""
    plane = np.full((*image.shape[:2], 1), level, np.float32)
    return np.concatenate([image.astype(np.float32), plane], 2)


def _normalize(values: NDArray[Any]) -> FloatArray:
    """Scale to white = 1; the results of a teacher have 16 bits."""
    return values.astype(np.float32) / np.float32(65535 if values.dtype == np.uint16 else 255)

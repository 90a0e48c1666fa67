"""Mosaic: the samples of a camera sensor with its color data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.image import Bits, FloatArray, Image, Metadata
from restorer.sensor.noise import SensorNoise

Matrix: TypeAlias = NDArray[np.float64]
# Of a TIFF: code, type, number of values, and the values.
RawTag: TypeAlias = tuple[int, int, int, Any]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a file says of the colors of its camera under one light.

    Attributes:
        color: (3, 3) ColorMatrix, from XYZ to the camera.
        camera: (3, 3) CameraCalibration, from the reference camera to this one.
        forward: (3, 3) ForwardMatrix, from balanced colors to XYZ D50; None where there is none.
        illuminant: LightSource of EXIF.
    """

    color: Matrix
    camera: Matrix = field(default_factory=lambda: np.eye(3))
    forward: Matrix | None = None
    illuminant: int = 21


@dataclass(frozen=True, eq=False)
class CameraColor:
    """How to convert the linear colors of a camera to XYZ.

    Attributes:
        neutral: (3,) red, green and blue of a gray object in the light of the picture, the largest
            of them 1.
        to_xyz: (3, 3) maps colors that were divided by `neutral` to XYZ; (1, 1, 1) becomes the
            white D50 with Y = 1.
        exposure: Exposure correction that the file asks for, in stops.
        calibrations: The one or two that the matrix was made of; none of an unknown camera.
        balance: The gains of red, green and blue before the samples became numbers.
    """

    neutral: NDArray[np.float64]
    to_xyz: NDArray[np.float64]
    exposure: float = 0.0
    calibrations: tuple[Calibration, ...] = ()
    balance: tuple[float, ...] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Mosaic:
    """The samples of a sensor behind a Bayer filter, linear in light.

    Attributes:
        samples: (H, W, 1) float32; black is 0, and 1 is where the sensor saturates. Noise goes
            below 0.
        pattern: Colors of the first two rows, such as ``rggb``.
        color: The colors of the camera.
        metadata: The metadata of the file.
        notes: What the user should know of the file, one sentence each.
        noise: The noise that the file states; None where it does not.
        noise_reduction: The share of the noise that was removed.
        tags: Tags of a DNG that writers of DNG carry, as they lie in the file.
    """

    samples: FloatArray
    pattern: str
    color: CameraColor
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    noise: SensorNoise | None = None
    noise_reduction: float = 0.0
    tags: tuple[RawTag, ...] = ()

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.samples.shape[0])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.samples.shape[1])

    @property
    def bits(self) -> Bits:
        """Bits per sample of the pictures that are made of it."""
        return 16


Page: TypeAlias = Image | Mosaic  # a file holds one, or several


def pattern_of(picture: Page) -> str:
    """Return the Bayer pattern of RAW samples; empty for an image."""
    return picture.pattern if isinstance(picture, Mosaic) else ""

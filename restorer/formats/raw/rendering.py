"""From the linear colors of a camera to a picture for people, and to values for networks.

Arrays are (H, W, C) float32. *Balanced* values are linear, gray objects have equal channels in
them, and 1 is where the first channel of the sensor saturates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.formats.color import matrix, profiles
from restorer.formats.raw.camera_color import BLOCK, to_block
from restorer.formats.raw.highlights import reconstruct
from restorer.image import HEADROOM, FloatArray, Image, Metadata
from restorer.sensor import bayer
from restorer.sensor.mosaic import CameraColor, Mosaic

Tone: TypeAlias = Literal["neutral", "linear"]
Space: TypeAlias = Literal["srgb", "display-p3", "rec2020", "camera"]
Highlights: TypeAlias = Literal["reconstruct", "clip"]

_BAND = 256  # rows that are converted at once
# A camera exposes middle gray at 12.7 % of saturation (ISO 12232, 7.1), and people expect it at
# 18 %: a curve with the slope 1.5 at black, which reaches white smoothly, shows it there.
_LIFT = 0.5
_HIGHEST = float(matrix.decoded(np.array([HEADROOM], np.float32))[0])

_CHROMATICITIES: dict[str, tuple[float, ...]] = {
    "srgb": matrix.SRGB_CHROMATICITIES,
    "display-p3": matrix.P3_CHROMATICITIES,
    "rec2020": matrix.REC2020_CHROMATICITIES,
}


@dataclass(frozen=True)
class Development:
    """What the photographer decides about the colors of a RAW picture.

    Attributes:
        white_balance: Gains of red and blue where green has 1; None takes those of the camera.
        exposure: Stops by which the picture becomes brighter, in addition to those that the maker
            of the file wants.
        tone: ``neutral`` brightens mid tones as cameras do in their own pictures; ``linear`` has
            no curve but that of the color space.
        space: Primaries of the picture, which has the tone curve of sRGB; ``camera`` keeps those
            of the camera, balanced, for DNG files.
        highlights: ``reconstruct`` estimates what saturated channels would have recorded, which
            shows at lower exposure; ``clip`` makes white of it.
    """

    white_balance: tuple[float, float] | None = None
    exposure: float = 0.0
    tone: Tone = "neutral"
    space: Space = "srgb"
    highlights: Highlights = "reconstruct"

    def applied(self, color: CameraColor) -> CameraColor:
        """Return the colors of a camera with this white balance and exposure."""
        neutral = color.neutral
        if self.white_balance is not None:
            red, blue = self.white_balance
            neutral = 1 / np.array([red, 1.0, blue])
        return replace(
            color, neutral=neutral / neutral.max(), exposure=color.exposure + self.exposure
        )


@dataclass(frozen=True, eq=False)
class Rendering:
    """How the colors of one picture become visible.

    Attributes:
        color: The colors of the camera.
        development: The decisions of the photographer.
        headroom: The largest balanced value. Those that keep the colors of the camera are divided
            by it.
    """

    color: CameraColor
    development: Development
    headroom: float = 1.0

    @cached_property
    def neutral(self) -> NDArray[np.float32]:
        """(3,) what the camera gives for an object that is to be gray, the largest 1."""
        neutral: NDArray[np.float32] = self._applied.neutral.astype(np.float32)
        return neutral

    @cached_property
    def _applied(self) -> CameraColor:
        return self.development.applied(self.color)

    def for_people(self) -> Rendering:
        """Return the same in colors that people see: sRGB where these are those of the camera."""
        if self.development.space != "camera":
            return self
        return replace(self, development=replace(self.development, space="srgb"))

    def of_result(self, color: CameraColor) -> Rendering:
        """Return how a result in the colors of the camera, which this one made, becomes visible."""
        tone = self.development.tone
        return Rendering(color, Development(tone=tone))

    def described(self, metadata: Metadata) -> Metadata:
        """Return the metadata of a picture with the values that `shown` returns."""
        if self.development.space != "camera":
            blocks = {name: block for name, block in metadata.blocks.items() if name != BLOCK}
            return replace(metadata, icc=self.profile, blocks=blocks)
        own = self._applied
        color = replace(own, exposure=own.exposure + math.log2(self.headroom))
        return replace(metadata, icc=None, blocks={**metadata.blocks, BLOCK: to_block(color)})

    @cached_property
    def profile(self) -> bytes:
        """The color profile of the values that `shown` returns."""
        space = self.development.space
        if space == "rec2020":
            name = "Rec. 2020 with the tone curve of sRGB"
            return matrix.matrix_profile(name, _CHROMATICITIES[space], matrix.SRGB_CURVE)
        return profiles.srgb_profile() if space == "srgb" else profiles.display_p3_profile()

    def for_network(self, mosaic: Mosaic) -> FloatArray:
        """Return balanced samples (H, W, 1), encoded like the photographs of the training.

        White is 1; reconstructed highlights are above it, at most at `HEADROOM`.
        """
        values, highest = mosaic.samples.copy(), 1.0
        for y, x, number in bayer.sites(mosaic.pattern):
            values[y::2, x::2] /= self.neutral[number]
        if self.development.highlights == "reconstruct":
            reconstruct(values, mosaic.pattern, np.float32(1) / self.neutral)
            highest = _HIGHEST
        for top in range(0, len(values), _BAND):
            band = values[top : top + _BAND]
            values[top : top + _BAND] = matrix.encoded(np.minimum(band, np.float32(highest)))
        return values

    def with_headroom(self, samples: FloatArray) -> Rendering:
        """Return the same for samples (H, W, 1) that `for_network` returned."""
        highest = matrix.decoded(np.maximum(samples.max(keepdims=True), 1))
        return replace(self, headroom=float(highest.item()))

    def shown(self, values: FloatArray) -> FloatArray:
        """Return (H, W, 3) in the color space from encoded balanced values, clipped to [0, 1]."""
        if self.development.space == "camera" and self.headroom == 1:
            return np.clip(values, 0, 1)
        result = np.empty_like(values)
        for top in range(0, len(values), _BAND):
            balanced = matrix.decoded(values[top : top + _BAND])
            result[top : top + _BAND] = self._shown(balanced)
        return result

    def _shown(self, balanced: FloatArray) -> FloatArray:
        if self.development.space == "camera":
            return matrix.encoded(np.clip(balanced / np.float32(self.headroom), 0, 1))
        gain = np.float32(2.0**self._applied.exposure)
        # Sums, since a matrix product would depend, in the last bit, on the number of rows.
        linear = np.stack([(balanced * row).sum(2) for row in self._to_space], 2) * gain
        np.maximum(linear, 0, out=linear)
        if self.development.tone == "neutral":
            linear = lifted(linear)
        return matrix.encoded(np.minimum(linear, 1))

    @cached_property
    def _to_space(self) -> NDArray[np.float32]:
        """(3, 3) from balanced values to linear ones of the color space."""
        primaries = matrix.colorants(_CHROMATICITIES[self.development.space])
        return np.linalg.solve(primaries, self.color.to_xyz).astype(np.float32)


def plain_picture(mosaic: Mosaic, development: Development | None = None) -> Image:
    """Return RAW samples as a picture of 16 bits by linear interpolation, without a network.

    Args:
        mosaic: The samples.
        development: White balance, exposure, tone and highlights; None for the defaults.

    Examples:
        >>> color = restorer.CameraColor(np.ones(3), np.eye(3))
        >>> samples = np.full((24, 32, 1), 0.5, np.float32)
        >>> restorer.plain_picture(restorer.Mosaic(samples, "rggb", color)).pixels.shape
        (24, 32, 3)
    """
    rendering = Rendering(mosaic.color, development or Development())
    samples = rendering.for_network(mosaic)
    rendering = rendering.with_headroom(samples)
    shown = rendering.shown(bayer.interpolate(samples, mosaic.pattern))
    return Image(shown, rendering.described(mosaic.metadata), mosaic.notes).with_float(
        shown, bits=16
    )


def lifted(linear: FloatArray) -> FloatArray:
    """Return linear values with the tone curve ``neutral``; 0 and 1 stay."""
    result: FloatArray = (1 + _LIFT) * linear / (1 + _LIFT * linear)
    return result

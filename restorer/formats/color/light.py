"""Linear light: values proportional to light, and their encoding for displays and networks.

Networks were trained with encoded values from 0 to 1. Linear ones are given to them through the
tone curve of sRGB, which goes on as a logarithm above white, so that highlights of any brightness
stay within the range that networks tolerate. The curve is odd, so that values below black, such as
noise and colors beyond the primaries, are not stretched more than those above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from restorer.formats.color.matrix import (
    LINEAR_CURVE,
    SRGB_CHROMATICITIES,
    SRGB_CURVE,
    decoded,
    encoded,
    is_linear,
    matrix_profile,
    with_curve,
)
from restorer.formats.color.profiles import srgb_linear_profile, srgb_profile, with_profile
from restorer.image import FloatArray, Image, Transfer

_BAND = 256  # rows that are converted at once
_SLOPE = 1.055 / 2.4  # of the tone curve at white
# Encoded units for a factor of e above white. With 0.1, 0.25, 0.5, 1 and 2 the relative error of
# denoising above white was 6.7, 3.7, 2.6, 2.1 and 2.0 %, in photographs 16 times as bright; with
# more, the rest of an enlargement gets worse (tests/benchmarks/linear_light.py). 450 times white
# becomes 4, the most that networks tolerate.
_UNIT = 0.5
_MIDDLE_GRAY = 0.18


@dataclass(frozen=True)
class NetworkCurve:
    """The encoding of a linear picture for networks, and its inverse.

    Attributes:
        level: The linear value that becomes 1.
    """

    level: float = 1.0

    @classmethod
    def of(cls, image: Image) -> NetworkCurve:
        """Return the curve for a linear image: 1 is white unless most of it is brighter.

        It has absolute units then, and its median becomes middle gray.
        """
        middle = float(np.median(_colors(image.to_float())))
        return cls(middle / _MIDDLE_GRAY if middle > 1 else 1.0)

    def encode(self, values: FloatArray) -> FloatArray:
        """Return linear (H, W, C) values encoded; alpha stays."""
        return _mapped(values, lambda band: _to_network(band / np.float32(self.level)))

    def decode(self, values: FloatArray) -> FloatArray:
        """Return encoded (H, W, C) values as linear ones, the inverse of `encode`."""
        return _mapped(values, lambda band: _from_network(band) * np.float32(self.level))


def described(image: Image) -> Image:
    """Return an image with the transfer that its profile states, if it has one."""
    profile = image.metadata.icc
    if not profile:
        return image
    return replace(image, transfer="linear" if is_linear(profile) else "encoded")


def to_linear(image: Image) -> Image:
    """Return an image as linear float32, white 1, with its primaries.

    Values outside of [0, 1] are kept. Colors of a profile that has no primaries get those of sRGB.
    """
    values, profile = image.to_float(), image.metadata.icc
    if image.white != 1:
        _colors(values)[...] /= np.float32(image.white)
    floats = image.with_float(values, bits=32)
    if profile and image.pixels.shape[2] > 2:
        target = with_curve(profile, "linear RGB", LINEAR_CURVE)
        return with_profile(floats, target or srgb_linear_profile())
    if image.is_linear:
        return _undescribed(floats, "linear")
    floats = with_profile(floats, srgb_profile())  # gray gets the tone curve of sRGB
    return _undescribed(replace(floats, pixels=_mapped(floats.pixels, decoded)), "linear")  # type: ignore[arg-type]  # float32


def to_encoded(image: Image) -> Image:
    """Return a linear image as float32 with the tone curve of sRGB and its own primaries."""
    floats, profile = image.with_float(image.to_float(), bits=32), image.metadata.icc
    if profile and image.pixels.shape[2] > 2:
        target = with_curve(profile, "RGB with the tone curve of sRGB", SRGB_CURVE)
        return with_profile(floats, target or srgb_profile())
    return _undescribed(replace(floats, pixels=_mapped(floats.pixels, encoded)), "encoded")  # type: ignore[arg-type]  # float32


def with_linear_profile(image: Image) -> Image:
    """Return a linear image without a profile with one that says so."""
    profile = srgb_linear_profile()
    if image.pixels.shape[2] <= 2:
        profile = matrix_profile("gray linear", SRGB_CHROMATICITIES, LINEAR_CURVE, gray=True)
    return replace(image, metadata=replace(image.metadata, icc=profile))


def displayed(image: Image) -> Image:
    """Return a linear image encoded by the tone curve of sRGB, with a note; others as they are.

    It is float32 with its own primaries, clipped to [0, 1].

    Examples:
        >>> light = restorer.Image(np.full((2, 2, 3), 0.18, np.float32), transfer="linear")
        >>> float(restorer.displayed(light).pixels[0, 0, 0])  # middle gray
        0.46135...
    """
    if not image.is_linear:
        return image
    note = "linear light was encoded with the sRGB tone curve"
    shown = clipped(to_encoded(image))
    return replace(shown, notes=(*image.notes, note, *shown.notes[len(image.notes) :]))


def clipped(image: Image) -> Image:
    """Return a float image within [0, 1], with a note on the share that was above white."""
    values = image.to_float()
    share = float((_colors(values) > 1).mean())
    note = f"{100 * share:.2g} % of the values were above white and were clipped"
    notes = (*image.notes, note) if share else image.notes
    return replace(image, notes=notes).with_float(np.clip(values, 0, 1))


def _undescribed(image: Image, transfer: Transfer) -> Image:
    """Return an image with the primaries of sRGB, or gray, without a profile."""
    return replace(image, metadata=replace(image.metadata, icc=None), transfer=transfer)


def _colors(values: FloatArray) -> FloatArray:
    """Return a view of the channels but alpha."""
    return values[..., :-1] if values.shape[2] in (2, 4) else values


def _mapped(values: FloatArray, convert: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Return (H, W, C) values with converted colors; alpha stays."""
    result = values.copy()
    colors = _colors(result)
    for top in range(0, len(colors), _BAND):
        colors[top : top + _BAND] = convert(colors[top : top + _BAND])
    return result


def _to_network(linear: FloatArray) -> FloatArray:
    size = np.abs(linear)
    above = 1 + _UNIT * np.log1p(np.maximum(size - 1, 0) * np.float32(_SLOPE / _UNIT))
    return np.copysign(np.where(size <= 1, encoded(np.minimum(size, 1)), above), linear)


def _from_network(values: FloatArray) -> FloatArray:
    size = np.abs(values)
    above = 1 + np.expm1(np.maximum(size - 1, 0) / np.float32(_UNIT)) * np.float32(_UNIT / _SLOPE)
    return np.copysign(np.where(size <= 1, decoded(np.minimum(size, 1)), above), values)

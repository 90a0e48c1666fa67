"""Matrix profiles: ICC profiles made of chromaticities and a tone curve."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray

# CIE 1931 x, y of white, red, green, blue
SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CHROMATICITIES = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
REC2020_CHROMATICITIES = (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)  # BT.2020
PROPHOTO_CHROMATICITIES = (  # ROMM RGB, ISO 22028-2
    *(0.3457, 0.3585, 0.734699, 0.265301),
    *(0.159597, 0.840403, 0.036598, 0.000105),
)

# Tone curves as parameters of the ICC: gamma alone, or gamma, a, b, c, d of
# (a x + b) ** gamma from d on and c x below.
LINEAR_CURVE = (1.0,)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

_INTENT = 1  # relative colorimetric
D50 = np.array([0.9642, 1.0, 0.8249])  # the ICC's white
# XYZ to cone responses, http://www.brucelindbloom.com/Eqn_ChromAdapt.html
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def matrix_profile(
    name: str, chromaticities: tuple[float, ...], curve: tuple[float, ...], *, gray: bool = False
) -> bytes:
    """Build an ICC profile, version 4, of white point, primaries and a tone curve.

    Args:
        name: The name of the color space, in ASCII.
        chromaticities: x, y of white, red, green and blue; gray takes the white alone.
        curve: The parameters, see `SRGB_CURVE`.
        gray: Whether the profile is one for gray pixels.

    Raises ValueError or ArithmeticError where the figures describe no color space.
    """
    with np.errstate(all="raise"):
        x, y = chromaticities[:2]
        adapted = adaptation(np.array([x, y, 1 - x - y]) / y)
        primaries = colorants(chromaticities)
    kind = {1: 0, 5: 3}[len(curve)]
    tone = b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _fixed(curve)
    tags = {
        b"desc": _localized(name),
        b"cprt": _localized("No copyright, use freely"),
        b"wtpt": b"XYZ " + bytes(4) + _fixed(D50),
        b"chad": b"sf32" + bytes(4) + _fixed(adapted.ravel()),
    }
    if gray:
        tags[b"kTRC"] = tone
    else:
        for letter, colorant in zip("rgb", primaries.T, strict=True):
            tags[f"{letter}XYZ".encode()] = b"XYZ " + bytes(4) + _fixed(colorant)
            tags[f"{letter}TRC".encode()] = tone
    return _assembled(tags, b"GRAY" if gray else b"RGB ")


def adaptation(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix (3, 3) that maps XYZ under a white to XYZ under D50 (Bradford)."""
    cones = np.diag((_BRADFORD @ D50) / (_BRADFORD @ white))
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD
    return adapted


def colorants(chromaticities: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the matrix (3, 3) from linear RGB to XYZ under D50.

    Args:
        chromaticities: x, y of white, red, green and blue.

    Raises ValueError or ArithmeticError where the figures describe no color space.
    """
    points = np.array(chromaticities).reshape(4, 2)
    xyz = np.stack([points[:, 0], points[:, 1], 1 - points.sum(1)]) / points[:, 1]
    white, primaries = xyz[:, 0], xyz[:, 1:]
    adapted: NDArray[np.float64] = adaptation(white) @ (
        primaries * np.linalg.solve(primaries, white)
    )
    return adapted


def encoded(linear: NDArray[Any]) -> FloatArray:
    """Return linear values with the tone curve of sRGB; below 0 its straight part goes on."""
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    values: FloatArray = np.where(linear <= 0.0031308, 12.92 * linear, curve).astype(np.float32)
    return values


def decoded(values: FloatArray) -> FloatArray:
    """Return the inverse of `encoded`."""
    curve = ((np.maximum(values, 0.04045) + 0.055) / 1.055) ** 2.4
    linear: FloatArray = np.where(values <= 0.04045, values / 12.92, curve).astype(np.float32)
    return linear


def undated(profile: bytes) -> bytes:
    """Fix the creation date, so that the same picture gives the same file."""
    date = (2000).to_bytes(2, "big") + b"\0\1\0\1" + bytes(6)
    return profile[:24] + date + profile[36:]


def _assembled(tags: dict[bytes, bytes], space: bytes) -> bytes:
    """Join header and tags; the header states a display with XYZ as connection space."""
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"", 0x0430_0000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(24) + struct.pack(">I", _INTENT) + _fixed(D50)
    return undated(head.ljust(128, b"\0") + len(tags).to_bytes(4, "big") + table + body)


def _fixed(values: Iterable[float]) -> bytes:
    """Return s15Fixed16 numbers."""
    return b"".join(round(float(value) * 65536).to_bytes(4, "big", signed=True) for value in values)


def _localized(text: str) -> bytes:
    """Return a text tag in American English."""
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(data), 28) + data

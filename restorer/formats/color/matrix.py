"""Matrix profiles: ICC profiles made of primaries and a tone curve."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray

# CIE 1931 x, y of white, red, green, blue
SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CHROMATICITIES = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)  # Adobe RGB (1998)
REC2020_CHROMATICITIES = (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)  # BT.2020
PROPHOTO_CHROMATICITIES = (  # ROMM RGB, ISO 22028-2
    *(0.3457, 0.3585, 0.734699, 0.265301),
    *(0.159597, 0.840403, 0.036598, 0.000105),
)

# Tone curves as parameters of the ICC: gamma alone, or gamma, a, b, c, d of
# (a x + b) ** gamma from d on and c x below.
LINEAR_CURVE = (1.0,)
ADOBE_CURVE = (563 / 256,)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

_MAX_TAGS = 100  # profiles have about 10 to 30
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
        adapted = _adaptation_of(chromaticities)
        primaries = colorants(chromaticities)
    tone = _tone(curve)
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
    """Return linear values of any shape, white 1, with the tone curve of sRGB.

    Below 0 its straight part continues; above 1 its power does.
    """
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    values: FloatArray = np.where(linear <= 0.0031308, 12.92 * linear, curve).astype(np.float32)
    return values


def decoded(values: FloatArray) -> FloatArray:
    """Return the inverse of `encoded`."""
    curve = ((np.maximum(values, 0.04045) + 0.055) / 1.055) ** 2.4
    linear: FloatArray = np.where(values <= 0.04045, values / 12.92, curve).astype(np.float32)
    return linear


def with_curve(profile: bytes, name: str, curve: tuple[float, ...]) -> bytes | None:
    """Return a matrix profile for RGB with another name and tone curve; None for other profiles."""
    tags = read_tags(profile)
    if profile[16:20] != b"RGB " or not tags.keys() >= {b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"}:
        return None
    names = (b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"chad")
    kept: dict[bytes, bytes] = {tag: tags[tag] for tag in names if tag in tags}
    tones = {tag: _tone(curve) for tag in (b"rTRC", b"gTRC", b"bTRC")}
    kept |= {b"desc": _localized(name), b"cprt": _localized("No copyright, use freely")}
    return _assembled({**kept, **tones}, b"RGB ")


def chromaticities_of(profile: bytes) -> tuple[float, ...]:
    """Return x, y of white, red, green and blue of a matrix profile; those of sRGB for others."""
    tags = read_tags(profile)
    columns = [_numbers(tags.get(tag, b"")) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    if any(len(column) != 3 for column in columns):
        return SRGB_CHROMATICITIES
    adapted = np.column_stack([D50, *columns])
    adaptation = _numbers(tags.get(b"chad", b""))
    try:
        if len(adaptation) == 9:
            native = np.linalg.solve(np.reshape(adaptation, (3, 3)), adapted)
        else:  # of version 2, which does not say it: for a display
            native = np.linalg.solve(_adaptation_of(SRGB_CHROMATICITIES), adapted)
    except np.linalg.LinAlgError:
        return SRGB_CHROMATICITIES
    totals = native.sum(0)
    if not (np.abs(totals) > 1e-6).all():
        return SRGB_CHROMATICITIES
    # The numbers of a profile have 16 binary digits.
    return tuple(round(float(value), 4) for value in (native[:2] / totals).T.ravel())


@lru_cache(maxsize=16)
def is_linear(profile: bytes) -> bool:
    """Whether a profile describes values that are proportional to light."""
    tags = read_tags(profile)
    names = [tag for tag in (b"rTRC", b"gTRC", b"bTRC", b"kTRC") if tag in tags]
    lut = tags.keys() & {b"A2B0", b"A2B1", b"D2B0", b"D2B1"}
    return bool(names) and not lut and all(_is_straight(tags[name]) for name in names)


def read_tags(profile: bytes) -> dict[bytes, bytes]:
    """Return the tags of a profile; none of a damaged one."""
    count = int.from_bytes(profile[128:132], "big")
    if len(profile) < 132 + 12 * min(count, _MAX_TAGS) or count > _MAX_TAGS:
        return {}
    entries = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    return {name: profile[at : at + size] for name, at, size in entries}


def undated(profile: bytes) -> bytes:
    """Fix the creation date, so that the same picture gives the same file."""
    date = (2000).to_bytes(2, "big") + b"\0\1\0\1" + bytes(6)
    return profile[:24] + date + profile[36:]


def _tone(curve: tuple[float, ...]) -> bytes:
    """Return a tone curve by its parameters."""
    kind = {1: 0, 5: 3}[len(curve)]
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _fixed(curve)


def _is_straight(tag: bytes) -> bool:
    """Whether a tone curve maps each value to itself."""
    if tag[:4] == b"para":
        return tag[8:10] == b"\0\0" and tag[12:16] == _fixed(LINEAR_CURVE)
    count = int.from_bytes(tag[8:12], "big")
    if tag[:4] != b"curv" or len(tag) < 12 + 2 * count:
        return False
    if count <= 1:
        return count == 0 or tag[12:14] == b"\1\0"
    table = np.frombuffer(tag, ">u2", count, 12)
    return bool(np.abs(table - np.linspace(0, 65535, count)).max() <= 1)


def _adaptation_of(chromaticities: tuple[float, ...]) -> NDArray[np.float64]:
    x, y = chromaticities[:2]
    return adaptation(np.array([x, y, 1 - x - y]) / y)


def _numbers(tag: bytes) -> list[float]:
    """Return the s15Fixed16 numbers of a tag."""
    data = tag[8 : len(tag) - len(tag) % 4]
    return [number / 65536 for (number,) in struct.iter_unpack(">i", data)]


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

"""ICC profiles: which one fits an image, conversion between them, and CMYK and Lab to RGB."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.errors import SettingsError
from restorer.formats.color.matrix import (
    ADOBE_CHROMATICITIES,
    ADOBE_CURVE,
    D50,
    LINEAR_CURVE,
    P3_CHROMATICITIES,
    PROPHOTO_CHROMATICITIES,
    REC2020_CHROMATICITIES,
    SRGB_CHROMATICITIES,
    SRGB_CURVE,
    encoded,
    is_linear,
    matrix_profile,
    undated,
)
from restorer.formats.jpeg import gain_map
from restorer.formats.metadata import without_gain_map
from restorer.image import FloatArray, Image, Pixels

Space: TypeAlias = Literal["RGB", "GRAY"]

THREADS = min(4, os.cpu_count() or 1)  # LittleCMS takes 0.25 s per megapixel in float32
BAND_PIXELS = 1 << 19  # converted at once, 6 MB of float32
_INTENT, _BLACK_POINT = 1, 0x2000  # relative colorimetric with black point compensation, as Adobe
_GRID = 9  # colors along each axis of the cube by which profiles are compared
_SAME = 1  # largest difference in 8-bit steps between two profiles of one color space
# XYZ (D50, Bradford-adapted) to linear sRGB, http://www.brucelindbloom.com/Eqn_RGB_XYZ_Matrix.html
_XYZ_TO_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


@cache
def srgb_profile() -> bytes:
    """Return the sRGB profile; the same bytes on every day."""
    import imagecodecs

    return undated(imagecodecs.cms_profile("srgb"))


@cache
def srgb_linear_profile() -> bytes:
    """Return a profile with the primaries of sRGB and linear values."""
    return matrix_profile("sRGB linear", SRGB_CHROMATICITIES, LINEAR_CURVE)


@cache
def display_p3_profile() -> bytes:
    """Return the profile of Display P3: the primaries of DCI-P3, white and tone curve of sRGB."""
    return matrix_profile("Display P3", P3_CHROMATICITIES, SRGB_CURVE)


@cache
def adobe_rgb_profile() -> bytes:
    """Return a profile with primaries, white and tone curve of Adobe RGB (1998)."""
    name = "Compatible with Adobe RGB (1998)"  # the words that its specification asks for
    return matrix_profile(name, ADOBE_CHROMATICITIES, ADOBE_CURVE)


@cache
def rec2020_linear_profile() -> bytes:
    """Return a profile with the primaries of Rec. 2020 and linear values."""
    return matrix_profile("Rec. 2020 linear", REC2020_CHROMATICITIES, LINEAR_CURVE)


@cache
def prophoto_linear_profile() -> bytes:
    """Return a profile with the primaries of ProPhoto RGB and linear values."""
    return matrix_profile("ProPhoto RGB linear", PROPHOTO_CHROMATICITIES, LINEAR_CURVE)


def profile_space(profile: bytes | None) -> str:
    """Return the color space of a profile: ``RGB``, ``GRAY``, ``CMYK``, ``Lab``, or empty."""
    return (profile or b"")[16:20].decode("ascii", "replace").strip()


def profile_name(profile: bytes | None) -> str:
    """Return the name stored in a profile; empty if there is no profile, or it is damaged.

    Examples:
        >>> restorer.profile_name(restorer.find_profile("srgb"))
        'sRGB built-in'
        >>> restorer.profile_name(None)
        ''
    """
    from PIL import ImageCms

    if not profile:
        return ""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (OSError, ValueError, ImageCms.PyCMSError):
        return ""
    return " ".join(name.split())


def find_profile(name: Path | str) -> bytes | None:
    """Return the ICC profile for a value of the setting ``profile``; None for ``keep``.

    Args:
        name: ``keep``, ``srgb``, ``display-p3``, ``adobe-rgb``, ``rec2020-linear``,
            ``prophoto-linear``, or the path of an ICC profile for RGB.

    Raises SettingsError if the file is not an ICC profile for RGB.

    Examples:
        >>> restorer.profile_name(restorer.find_profile("display-p3"))
        'Display P3'
    """
    name = str(name)
    if name in _NAMED:
        return _NAMED[name]()
    try:
        profile = Path(name).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # no home folder; a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"profile {name!r}: cannot be read: {reason}; expected {', '.join(_NAMED)} or the path"
            " of an ICC profile"
        ) from error
    if profile_space(profile) != "RGB" or compare(srgb_profile(), profile, "RGB") == "unusable":
        raise SettingsError(f"profile {name!r}: expected an ICC profile for RGB")
    return profile


def source_profile(image: Image) -> tuple[bytes, Space]:
    """Return the profile of the pixels, sRGB where there is none, and its number of channels.

    An RGB profile describes gray pixels as well, as colors with equal channels.
    """
    gray, profile = image.pixels.shape[2] <= 2, image.metadata.icc
    if profile is None:
        return (srgb_linear_profile() if image.is_linear else srgb_profile()), "RGB"
    return profile, "GRAY" if gray and profile_space(profile) == "GRAY" else "RGB"


@lru_cache(maxsize=16)
def compare(source: bytes, target: bytes, kind: Space) -> Literal["same", "different", "unusable"]:
    """Return whether colors look the same in both profiles, or one of the two is unusable."""
    steps = np.linspace(0, 255, _GRID).astype(np.uint8)
    if kind == "GRAY":
        cube = np.arange(256, dtype=np.uint8)[None, :, None]
    else:
        cube = np.stack(np.meshgrid(steps, steps, steps), 3).reshape(1, -1, 3)
    if source == target:
        return "same"
    try:
        shown = transform(cube, source, target, kind, np.uint8)
    except (RuntimeError, ValueError):  # from LittleCMS, for data that are no profile
        return "unusable"
    difference = np.abs(shown.astype(int) - cube)
    return "same" if difference.max() <= _SAME else "different"


def transform(values: NDArray[Any], source: bytes, target: bytes, kind: Space, dtype: Any) -> Any:
    """Convert (H, W, C) colors to (H, W, 3) of an RGB profile.

    LittleCMS errs by up to 20 of 255 steps in 16 bit and by 10 in gray of 8 bit, not in floats.

    Args:
        values: C is 1 where `kind` is GRAY, else 3.
        source: Profile of the values.
        target: An RGB profile.
        kind: Color space of the source.
        dtype: Type of the result.
    """
    import imagecodecs

    converted = imagecodecs.cms_transform(
        np.ascontiguousarray(values),
        source,
        target,
        colorspace=kind.lower(),
        outcolorspace="rgb",
        outdtype=dtype,
        intent=_INTENT,
        flags=_BLACK_POINT,
    )
    return converted.reshape(*values.shape[:2], 3)


def with_profile(image: Image, profile: bytes, *, white: float = 1.0) -> Image:
    """Return the image with its colors converted in float32 to an RGB profile, and with that.

    Gray stays gray: it is converted to the tone curve of sRGB and has no profile then. Pixels
    without a usable profile count as sRGB. Where the colors look the same in both profiles, the
    pixels stay as they are.

    Args:
        image: The image; its alpha is kept.
        profile: A usable RGB profile.
        white: White level of a float image.

    Examples:
        >>> image = restorer.read("photo.jpg")
        >>> wide = restorer.with_profile(image, restorer.find_profile("display-p3"))
        >>> restorer.profile_name(wide.metadata.icc)
        'Display P3'
    """
    gray = image.pixels.shape[2] <= 2
    target = srgb_profile() if gray else profile
    source, kind = source_profile(image)
    relation = compare(source, target, kind)
    if relation == "unusable":
        source, kind = srgb_profile(), "RGB"
        relation = compare(source, target, kind)
    metadata = replace(image.metadata, icc=None if gray else profile)
    image = replace(image, transfer="linear" if is_linear(target) else "encoded")
    if relation != "different":
        return replace(image, metadata=metadata)
    image = _converted(image, source, target, kind, np.float32(white))
    block = metadata.blocks.get(gain_map.BLOCK)
    if gray or block is None or gain_map.fits_any_colors(block):
        return replace(image, metadata=metadata)
    note = "the gain map belongs to the colors before conversion; it was left out"
    return replace(image, metadata=without_gain_map(metadata)[0], notes=(*image.notes, note))


def from_linear(values: FloatArray, profile: bytes) -> FloatArray:
    """Return (H, W, 1|3) colors of linear sRGB in those of a gray or RGB profile.

    They get the tone curve of sRGB where the profile is damaged.
    """
    import imagecodecs

    gray = values.shape[2] == 1
    space = "gray" if gray else "rgb"
    source = matrix_profile("linear", SRGB_CHROMATICITIES, LINEAR_CURVE, gray=gray)
    made, rows = np.empty_like(values), max(1, BAND_PIXELS // values.shape[1])

    def convert(top: int) -> None:
        made[top : top + rows] = imagecodecs.cms_transform(
            np.ascontiguousarray(values[top : top + rows]),
            source,
            profile,
            colorspace=space,
            outcolorspace=space,
            outdtype=np.float32,
            intent=_INTENT,
            flags=_BLACK_POINT,
        ).reshape(made[top : top + rows].shape)

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(convert, range(0, values.shape[0], rows)):
                pass
    except (RuntimeError, ValueError):  # from LittleCMS, for data that are no profile
        return encoded(values)
    return made


def cmyk_to_rgb(ink: NDArray[Any], profile: bytes | None) -> tuple[Pixels, str]:
    """Turn (H, W, 4) integer ink amounts (0 is no ink) into sRGB of the same depth, and say how."""
    if profile and profile_space(profile) == "CMYK":
        try:
            return _transformed(ink, profile), "CMYK was converted to sRGB with its profile"
        except (RuntimeError, ValueError):
            pass  # a damaged profile: plainly, and said
    white = np.iinfo(ink.dtype).max
    paper = (white - ink).astype(np.float32)
    rgb = np.rint(paper[..., :3] * paper[..., 3:] / np.float32(white)).astype(ink.dtype)
    return rgb, "CMYK without a usable profile was converted to sRGB with the simple formula"


def lab_to_rgb(lab: FloatArray) -> FloatArray:
    """Turn (H, W, 3) CIE L*a*b* (D50; L 0..100) into encoded sRGB, white = 1.0.

    Colors outside sRGB are clipped to it.
    """
    level = (lab[..., 0] + 16) / 116
    f = np.stack([level + lab[..., 1] / 500, level, level - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D50
    return encoded(np.clip(xyz @ _XYZ_TO_SRGB.T, 0, 1))


def _transformed(ink: NDArray[Any], profile: bytes) -> Pixels:
    import imagecodecs

    spaces: dict[str, Any] = {"colorspace": "cmyk", "outcolorspace": "rgb"}
    rgb: NDArray[Any] = imagecodecs.cms_transform(
        ink, profile, srgb_profile(), **spaces, intent=_INTENT, flags=_BLACK_POINT
    )
    return rgb


def _converted(image: Image, source: bytes, target: bytes, kind: Space, white: np.float32) -> Image:
    """Convert the colors in bands by several threads, so that few floats are held at once."""
    pixels, channels = np.empty_like(image.pixels), 1 if image.pixels.shape[2] <= 2 else 3
    rows = max(1, BAND_PIXELS // image.width)

    def convert(top: int) -> None:
        band = slice(top, top + rows)
        values = replace(image, pixels=image.pixels[band]).to_float()
        colors = values[..., :channels] / white
        if kind == "RGB" and channels == 1:
            colors = colors.repeat(3, axis=2)
        colors = transform(colors, source, target, kind, np.float32)
        # Gray stays neutral, so that each channel is the gray value; green is the middle one.
        values[..., :channels] = (colors if channels == 3 else colors[..., 1:2]) * white
        pixels[band] = image.with_float(values).pixels

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(convert, range(0, image.height, rows)):
            pass
    return replace(image, pixels=pixels)


_NAMED: dict[str, Callable[[], bytes | None]] = {
    "keep": lambda: None,
    "srgb": srgb_profile,
    "display-p3": display_p3_profile,
    "adobe-rgb": adobe_rgb_profile,
    "rec2020-linear": rec2020_linear_profile,
    "prophoto-linear": prophoto_linear_profile,
}

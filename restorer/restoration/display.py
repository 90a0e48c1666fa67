"""Convert a picture for the screen: 8 bit, in sRGB or in the screen's own profile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer import color
from restorer.formats.color.profiles import (
    BAND_PIXELS,
    THREADS,
    Space,
    compare,
    source_profile,
    srgb_profile,
    transform,
)
from restorer.image import Image, Pixels
from restorer.inputs import Picture, to_image

Bytes: TypeAlias = NDArray[np.uint8]
Convert: TypeAlias = Callable[[Pixels], Bytes]


@dataclass(frozen=True, eq=False)
class Display:
    """An image as a screen shows it.

    Attributes:
        pixels: (H, W, 3) uint8, or (H, W, 4) with straight alpha; read-only, as it may share the
            memory of the image.
        notes: Deviations from the colors of the file, one sentence each.
    """

    pixels: Bytes
    notes: tuple[str, ...] = ()


def to_display(
    picture: Picture,
    *,
    screen: bytes | None = None,
    background: tuple[int, int, int] | None = None,
    white: float | None = None,
) -> Display:
    """Convert an image of any depth, gray or color, for the screen.

    An 8-bit RGB picture in the screen's colors is not copied. Others are converted in bands by
    several threads, so a large picture is never held as floats. A picture without a profile, or
    with one that is damaged or does not match the pixels, counts as sRGB, with the tone curve
    unless it is linear. Values above white are shown as white.

    Args:
        picture: The picture, of any kind that `restore` takes.
        screen: ICC profile of the screen; None for sRGB.
        background: Color under transparent pixels, 0 to 255 in the screen's colors; None returns
            alpha as the fourth channel.
        white: White level of a float picture; None takes that of `Image.white`.

    Examples:
        >>> display = restorer.to_display(restorer.read("photo.jpg"))
        >>> display.pixels.shape
        (48, 64, 3)
    """
    image = to_image(picture)
    notes: tuple[str, ...] = ()
    target = screen or srgb_profile()
    if screen is not None and compare(srgb_profile(), screen, "RGB") == "unusable":
        target = srgb_profile()
        notes += ("the screen's color profile is damaged; sRGB is shown",)
    source, kind = source_profile(image)
    relation = compare(source, target, kind)
    if relation == "unusable":
        source, kind = srgb_profile(), "RGB"
        relation = compare(source, target, kind)
        notes += ("the color profile does not fit the picture or is damaged; shown as sRGB",)
    same_colors = relation == "same"
    if image.bits == 8 and same_colors and _is_ready(image, background):
        return Display(image.pixels, notes)  # type: ignore[arg-type]  # 8 bit
    level = (white or image.white) if image.bits == 32 else 1.0
    convert = partial(_in_bytes, white=level)
    if not same_colors:
        convert = partial(_transformed, source=source, target=target, kind=kind, white=level)
    return Display(_by_bands(image.pixels, convert, background), notes)


def _is_ready(image: Image, background: tuple[int, int, int] | None) -> bool:
    channels = image.pixels.shape[2]
    return channels == 3 or (channels == 4 and background is None)


def _by_bands(pixels: Pixels, convert: Convert, background: tuple[int, int, int] | None) -> Bytes:
    height, width, channels = pixels.shape
    has_alpha = channels in (2, 4)
    shown = np.empty((height, width, 4 if has_alpha and background is None else 3), np.uint8)
    rows = max(1, BAND_PIXELS // width)

    def show(top: int) -> None:
        band = pixels[top : top + rows]
        target = shown[top : top + rows]
        colors, alpha = color.split(band)  # type: ignore[arg-type]  # of any dtype
        target[..., :3] = convert(colors)
        if alpha is None:
            return
        if background is None:
            target[..., 3:] = _in_bytes(alpha)
        else:
            target[...] = _over(target, alpha, background)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(show, range(0, height, rows)):
            pass
    return shown


def _in_bytes(values: Pixels, white: float = 1.0) -> Bytes:
    """Round to 8 bit; values brighter than white become white."""
    if values.dtype == np.uint8:
        return values  # type: ignore[return-value]  # 8 bit
    if values.dtype == np.uint16:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    scaled = values * np.float32(255 / white)
    return np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled).astype(np.uint8)


def _transformed(values: Pixels, source: bytes, target: bytes, kind: Space, white: float) -> Bytes:
    """Convert colors; integers of more than 8 bits become floats, see `transform`."""
    if kind == "GRAY" and values.dtype != np.float32:
        levels = np.linspace(0, 1, 256**values.itemsize, dtype=np.float32)
        table = transform(levels[None, :, None], source, target, kind, np.uint8)[0]
        shown: Bytes = table.take(values[..., 0], axis=0)
        return shown
    colors: NDArray[Any] = values
    if values.dtype == np.uint16:
        colors = values.astype(np.float32) / np.float32(65535)
    elif values.dtype == np.float32:
        colors = values / np.float32(white)
    if kind == "RGB" and colors.shape[2] == 1:
        colors = colors.repeat(3, 2)
    rounded: Bytes = transform(colors, source, target, kind, np.uint8)
    return rounded


def _over(colors: Bytes, alpha: Pixels, background: tuple[int, int, int]) -> Bytes:
    """Composite (h, w, 3) over a plain background."""
    share = _in_bytes(alpha).astype(np.uint16)
    behind = np.array(background, np.uint16) * (255 - share)
    return ((colors * share + behind + 127) // 255).astype(np.uint8)

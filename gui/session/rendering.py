"""Calls of the core that produce pixels for the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

import restorer  # attributes load torch at first use, not when the window opens
from restorer import CancelToken, Image, Region, Settings

from .choices import Choices
from .convert import Bytes, Pyramid, pyramid, with_pixels

if TYPE_CHECKING:
    from restorer import Predictor, Reference, ReferenceMaps, Source, Step

OnTile: TypeAlias = Callable[[int, int], None]
OnPart: TypeAlias = Callable[[Region, Image], None]


class Restored(NamedTuple):
    """Output of the networks, float32, and the sources of its texture if references were used."""

    image: Image
    maps: ReferenceMaps | None


# Input pixels around a patch that the separate strength of fine grain depends on.
_REACH = 6
_BAND = 256  # rows of input blended at a time


def load_models(picture: Source, choices: Choices) -> list[tuple[Predictor, Step]]:
    """Return the steps with their models, in a precision for the depth of the picture.

    The depth of the result is chosen afterwards, without a new run.
    """
    settings = choices.settings
    where, how = settings.device, settings.precision
    bits = picture.bits
    return [
        (restorer.load(step.model, device=where, precision=how, bits=bits), step)
        for step in choices.steps
    ]


def read_references(picture: Source, choices: Choices) -> tuple[Reference, ...]:
    """Return the reference pictures, reduced to the best matches if there are many.

    Unchanged files give the same objects. Raises ImageError.
    """
    paths = choices.references if choices.needs_references else ()
    files = tuple((path, path.stat().st_mtime_ns) for path in paths if path.exists())
    return _references(picture, files) if files else ()


def restore_whole(
    picture: Source, choices: Choices, on_tile: OnTile, cancel: CancelToken, on_part: OnPart
) -> Restored:
    """Return the output of the networks, float32; `on_part` takes regions of it as they come."""
    maps: list[ReferenceMaps] = []
    image = restorer.restore(
        picture,
        load_models(picture, choices),
        references=read_references(picture, choices),
        settings=_unrounded(choices),
        on_tile=on_tile,
        on_part=on_part,
        on_maps=maps.append,
        cancel=cancel,
    )
    return Restored(image, maps[-1] if maps else None)


def restore_part(
    picture: Source,
    region: Region,
    choices: Choices,
    on_tile: OnTile,
    cancel: CancelToken,
    on_part: OnPart,
    start: tuple[int, int],
) -> Restored:
    """Return the output of `restore_whole` in a region of the picture.

    Its tiles begin at `start`, (row, column) of the picture.
    """
    maps: list[ReferenceMaps] = []
    image = restorer.restore_region(
        picture,
        load_models(picture, choices),
        region,
        references=read_references(picture, choices),
        settings=_unrounded(choices),
        on_tile=on_tile,
        on_part=on_part,
        start=start,
        on_maps=maps.append,
        cancel=cancel,
    )
    return Restored(image, maps[-1] if maps else None)


def around(picture: Source, region: Region) -> Region:
    """Return the region that must be restored to show a region."""
    return region.grown(_REACH, picture.size)


def finish(picture: Source, restored: Image, choices: Choices, cancel: CancelToken) -> Image:
    """Return the whole result at the chosen strength and depth, as `restore image` writes it.

    Args:
        picture: The input.
        restored: Output of `restore_whole`.
        choices: Their strength, depth, color profile and dithering are used.
        cancel: Checked between bands.
    """
    if choices.blends and choices.steps[0].mixes_input:
        bands = []
        for top in range(0, picture.region.height, _BAND):
            cancel.check()
            band = Region(top, 0, min(_BAND, picture.region.height - top), picture.region.width)
            part = around(picture, band)
            own = cut(restored, picture.region, part, choices.scale)
            bands.append(cut(_blended(picture, own, choices, part), part, band, choices.scale))
        restored = with_pixels(restored, np.concatenate([band.pixels for band in bands]))
    return _rounded(picture, restored, choices)


def finish_part(
    picture: Source, restored: Image, choices: Choices, region: Region, *, mix: bool
) -> Image:
    """Return the result of a region; exact except for dithering and pixels near its edges.

    Args:
        picture: The input.
        restored: Output of `restore_part`, or a part of the output of `restore_whole`.
        choices: Their strength, depth, color profile and dithering are used.
        region: The region that `restored` shows.
        mix: Whether to apply the strength.
    """
    blended = _blended(picture, restored, choices, region) if mix else restored
    return _rounded(picture, blended, choices)


def _blended(picture: Source, restored: Image, choices: Choices, region: Region) -> Image:
    step = choices.template
    return restorer.at_strength(picture, restored, step.strength, step.detail, region=region)


def _rounded(picture: Source, restored: Image, choices: Choices) -> Image:
    settings = choices.settings
    bits = settings.bits or picture.bits
    profile = restorer.find_profile(settings.profile)
    if profile is not None and not choices.camera_colors:
        restored = restorer.with_profile(restored, profile, white=picture.white)
    if bits == 32:
        return restored
    if profile is None and not picture.is_integer:
        restored = restorer.displayed(restored)
    seed = settings.seed if settings.dither else None
    return restored.with_float(restored.to_float(), bits=bits, dither_seed=seed)


def cut(image: Image, of: Region, to: Region, scale: int) -> Image:
    """Cut the result of region `of` to the smaller region `to`."""
    top, left = (to.top - of.top) * scale, (to.left - of.left) * scale
    pixels = image.pixels[top : top + to.height * scale, left : left + to.width * scale]
    return with_pixels(image, pixels)


def screen_pixels(image: Image, screen: bytes | None, white: float | None = None) -> Bytes:
    """Return (H, W, C) bytes in the colors of a screen.

    Args:
        image: Image of any depth and color profile.
        screen: ICC profile; None for sRGB.
        white: The value of white in a float image; None derives it from the image.
    """
    return restorer.to_display(image, screen=screen, white=white).pixels


def shown(image: Image, picture: Source, screen: bytes | None) -> Pyramid:
    """Return a picture or its result in the colors of a screen, in all sizes."""
    return pyramid(screen_pixels(picture.visible(image), screen, picture.white))


def fits_screen(profile: bytes) -> bool:
    """Return whether an ICC profile can describe a screen."""
    probe = Image(np.zeros((1, 1, 3), np.uint8))
    return not restorer.to_display(probe, screen=profile).notes


@lru_cache(maxsize=1)
def _references(picture: Source, files: tuple[tuple[Path, int], ...]) -> tuple[Reference, ...]:
    own = restorer.Reference.of(picture.plain, "")
    return restorer.open_references(restorer.choose_references(own, [path for path, _ in files]))


def _unrounded(choices: Choices) -> Settings:
    return replace(choices.settings, bits=32, dither=False, profile="keep")

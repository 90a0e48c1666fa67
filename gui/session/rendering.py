"""What the window takes from the core to make pixels, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

import restorer  # by whose name torch is loaded when it is first needed, not when a window opens
from restorer import CancelToken, Image, Region, Settings

from .choices import Choices
from .convert import Bytes, with_pixels

if TYPE_CHECKING:
    from restorer import Reference, ReferenceMaps, Source

OnTile: TypeAlias = Callable[[int, int], None]


class Restored(NamedTuple):
    """What networks made, float32, and what came from which reference, if any was given."""

    image: Image
    maps: ReferenceMaps | None


# Input pixels beyond a patch, so that its strength by bands is that of the whole picture there.
_REACH = 6
_BAND = 256  # rows of input that are blended at a time


def load_models(choices: Choices) -> None:
    """Load what the steps need, unless it is loaded already."""
    settings = choices.settings
    for step in choices.steps:
        restorer.open_model(step.model, device=settings.device, precision=settings.precision)


def read_references(picture: Source, choices: Choices) -> tuple[Reference, ...]:
    """Return the reference pictures, of many those that have most in common with a picture.

    They are the same objects as long as their files do not change. Raises ImageError.
    """
    paths = choices.references if choices.needs_references else ()
    files = tuple((path, path.stat().st_mtime_ns) for path in paths if path.exists())
    return _references(picture, files) if files else ()


def restore_whole(
    picture: Source, choices: Choices, on_tile: OnTile, cancel: CancelToken
) -> Restored:
    """Return the networks' result, float32."""
    maps: list[ReferenceMaps] = []
    image = restorer.restore(
        picture.image,
        choices.steps,
        references=read_references(picture, choices),
        settings=_unrounded(choices),
        on_tile=on_tile,
        on_maps=maps.append,
        cancel=cancel,
    )
    return Restored(image, maps[-1] if maps else None)


def restore_part(
    picture: Source, region: Region, choices: Choices, on_tile: OnTile, cancel: CancelToken
) -> Restored:
    """Return what `restore_whole` gives in a region of the picture."""
    maps: list[ReferenceMaps] = []
    image = restorer.restore_region(
        picture,
        choices.steps,
        region,
        references=read_references(picture, choices),
        settings=_unrounded(choices),
        on_tile=on_tile,
        on_maps=maps.append,
        cancel=cancel,
    )
    return Restored(image, maps[-1] if maps else None)


def around(picture: Source, region: Region) -> Region:
    """Return the region that has to be restored for one that is shown."""
    return region.grown(_REACH, picture.size)


def finish(picture: Source, restored: Image, choices: Choices, cancel: CancelToken) -> Image:
    """Return the whole result at the strength and depth that are chosen, as `restore image` has it.

    Args:
        picture: The input.
        restored: What `restore_whole` gave.
        choices: Strength, depth and dithering count here.
        cancel: Stops between two bands.
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
    """Return the same for a region; exact but for dithering, and what lies near its edges.

    Args:
        picture: The input.
        restored: What `restore_part` gave, or a part of what `restore_whole` gave.
        choices: Strength, depth and dithering count here.
        region: What `restored` shows.
        mix: Whether the strength is still to be applied.
    """
    blended = _blended(picture, restored, choices, region) if mix else restored
    return _rounded(picture, blended, choices)


def _blended(picture: Source, restored: Image, choices: Choices, region: Region) -> Image:
    step = choices.template
    return restorer.at_strength(picture, restored, step.strength, step.detail, region=region)


def _rounded(picture: Source, restored: Image, choices: Choices) -> Image:
    settings = choices.settings
    bits = settings.bits or picture.image.bits
    if bits == 32:
        return restored
    seed = settings.seed if settings.dither else None
    return restored.with_float(restored.pixels, bits=bits, dither_seed=seed)  # type: ignore[arg-type]  # float32


def cut(image: Image, of: Region, to: Region, scale: int) -> Image:
    """Return the part of a region's result that shows a smaller region."""
    top, left = (to.top - of.top) * scale, (to.left - of.left) * scale
    pixels = image.pixels[top : top + to.height * scale, left : left + to.width * scale]
    return with_pixels(image, pixels)


def screen_pixels(image: Image, screen: bytes | None, white: float | None = None) -> Bytes:
    """Return (H, W, C) bytes in the colors of a screen.

    Args:
        image: Of any depth and color profile.
        screen: ICC profile; None for sRGB.
        white: What white is in a float picture; None tells it by the picture itself.
    """
    return restorer.to_display(image, screen=screen, white=white).pixels


def fits_screen(profile: bytes) -> bool:
    """Return whether an ICC profile can be that of a screen."""
    probe = Image(np.zeros((1, 1, 3), np.uint8))
    return not restorer.to_display(probe, screen=profile).notes


@lru_cache(maxsize=1)
def _references(picture: Source, files: tuple[tuple[Path, int], ...]) -> tuple[Reference, ...]:
    own = restorer.Reference.of(picture.image, "")
    return restorer.open_references(restorer.choose_references(own, [path for path, _ in files]))


def _unrounded(choices: Choices) -> Settings:
    return replace(choices.settings, bits=32, dither=False)

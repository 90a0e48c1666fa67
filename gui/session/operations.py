"""Making: what lanes make, from values alone; runs in their threads."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

import restorer  # by whose name torch is loaded when it is first needed, not when a window opens
from restorer import (
    READABLE,
    Image,
    ImageFormatError,
    Region,
    list_models,
    read,
    write,
    writer_options,
)

from . import rendering as kernel
from .choices import Choices
from .convert import Pyramid, from_clipboard, pyramid
from .preview_region import box_of
from .state import Given, Opened, Outcome, Patch
from .worker import Ticket

if TYPE_CHECKING:
    from restorer import ReferenceMaps, Source


@dataclass(frozen=True, eq=False)
class Piece:
    """A patch, and what making it told.

    Attributes:
        making: What it was made with.
        pace: Seconds for a megapixel of input.
        maps: What came from which reference.
    """

    patch: Patch
    making: Choices
    pace: float
    maps: ReferenceMaps | None


def find_pictures(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files, and those below the folders whose suffix is known, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            known = (n for n in sorted(names) if Path(n).suffix.lower() in READABLE)
            found.update((Path(folder, name), None) for name in known)
    return tuple(found)


def open_file(path: Path, screen: bytes | None) -> Opened:
    """Read a picture. Raises ImageError."""
    return _opened(path, path.name, read(path), screen)


def open_copied(image: QImage, name: str, screen: bytes | None) -> Opened:
    """Take a picture that another program copied."""
    return _opened(None, name, from_clipboard(image), screen)


def open_pair(source: Path, target: Path, screen: bytes | None) -> tuple[Opened, Given]:
    """Read a picture and its result. Raises ImageError, also where they do not fit together."""
    opened, image = open_file(source, screen), read(target)
    scale = image.width // opened.size[0]
    if (image.width, image.height) != tuple(n * scale for n in opened.size) or scale < 1:
        raise ImageFormatError(
            f"{target}: {image.width} x {image.height} pixels are no multiple of the original's"
            f" {opened.size[0]} x {opened.size[1]}"
        )
    return opened, Given(image, _shown(image, opened.picture, screen), scale)


def gauge(picture: Source, choices: Choices) -> tuple[float | None, int | None]:
    """Return sigma and JPEG quality, each where a network is told it."""
    sigma = picture.sigma if choices.told("sigma") else None
    quality = picture.jpeg_quality()[0] if choices.told("jpeg_quality") else None
    return sigma, quality


def survey() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the ids of the models that can be used, and the devices."""
    usable = frozenset(spec.id for spec in list_models() if restorer.verify_weights(spec) == "ok")
    return usable, tuple(restorer.available_devices())


def make_piece(
    opened: Opened, region: Region, choices: Choices, screen: bytes | None, ticket: Ticket
) -> Piece:
    """Restore a region. Raises RestorerError."""
    picture, making = opened.picture, choices.making()
    _check_references(opened, making)
    kernel.load_models(making)  # once, and not part of the pace
    start = time.monotonic()
    around = kernel.around(picture, region) if choices.blends else region
    image, maps = kernel.restore_part(picture, around, making, ticket.report, ticket.cancel)
    pace = (time.monotonic() - start) / (around.height * around.width) * 1e6
    patch = _patch(picture, image, around, region, choices, screen, mix=choices.blends)
    return Piece(patch, making, pace, maps)


def make_outcome(opened: Opened, choices: Choices, screen: bytes | None, ticket: Ticket) -> Outcome:
    """Restore the whole picture. Raises RestorerError."""
    picture, making = opened.picture, choices.making()
    _check_references(opened, making)
    start = time.monotonic()
    image, maps = kernel.restore_whole(picture, making, ticket.report, ticket.cancel)
    final = kernel.finish(picture, image, choices, ticket.cancel)
    seconds = time.monotonic() - start
    return Outcome(
        image, final, _shown(final, picture, screen), making, choices.finish, seconds, maps
    )


def refinish_patch(
    picture: Source, patch: Patch, choices: Choices, screen: bytes | None, *, mix: bool
) -> Patch:
    """Return a patch as it is chosen now; see `kernel.finish_part`."""
    region = _region(patch, choices.scale)
    return _patch(picture, patch.image, patch.region, region, choices, screen, mix=mix)


def cut_patch(
    picture: Source,
    outcome: Outcome,
    region: Region,
    choices: Choices,
    screen: bytes | None,
    *,
    mix: bool,
) -> Patch:
    """Return a patch of a whole result, as it is chosen now; see `kernel.finish_part`."""
    around = kernel.around(picture, region)
    image = kernel.cut(outcome.image, picture.region, around, choices.scale)
    return _patch(picture, image, around, region, choices, screen, mix=mix)


def refinish_outcome(
    picture: Source, outcome: Outcome, choices: Choices, screen: bytes | None, ticket: Ticket
) -> Outcome:
    """Return a whole result at the strength that is chosen now."""
    final = kernel.finish(picture, outcome.image, choices, ticket.cancel)
    return replace(
        outcome, final=final, shown=_shown(final, picture, screen), finish=choices.finish
    )


def show_again(
    opened: Opened, outcome: Outcome | None, given: Given | None, screen: bytes | None
) -> tuple[Opened, Outcome | None, Given | None]:
    """Return the same in the colors of another screen."""
    picture = opened.picture
    if outcome is not None:
        outcome = replace(outcome, shown=_shown(outcome.final, picture, screen))
    if given is not None:
        given = replace(given, shown=_shown(given.image, picture, screen))
    return replace(opened, shown=_shown(opened.image, picture, screen)), outcome, given


def save(final: Image, path: Path, quality: int) -> tuple[Path, tuple[str, ...]]:
    """Write a result; return its path and what there is to know of it. Raises ImageError."""
    notes = write(final, path, writer_options(path, quality=quality), existing="replace")
    return path, (*final.notes, *notes)


def _check_references(opened: Opened, making: Choices) -> None:
    """Refuse what `restore image` refuses."""
    if making.references and opened.path is not None:
        restorer.check_references(opened.path, making.references)


def _opened(path: Path | None, name: str, image: Image, screen: bytes | None) -> Opened:
    picture = restorer.Source(image)
    return Opened(path, name, picture, _shown(image, picture, screen))


def _patch(
    picture: Source,
    image: Image,
    around: Region,
    region: Region,
    choices: Choices,
    screen: bytes | None,
    *,
    mix: bool,
) -> Patch:
    final = kernel.finish_part(picture, image, choices, around, mix=mix)
    final = kernel.cut(final, around, region, choices.scale)
    box = box_of(region, choices.scale)
    return Patch(box, around, image, final, _shown(final, picture, screen), choices.finish)


def _region(patch: Patch, scale: int) -> Region:
    box = patch.box.scaled(1 / scale)
    return Region(*(round(n) for n in (box.y, box.x, box.height, box.width)))


def _shown(image: Image, picture: Source, screen: bytes | None) -> Pyramid:
    return pyramid(kernel.screen_pixels(image, screen, picture.white))

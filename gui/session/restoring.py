"""Restoring: makes results of whole pictures, in the threads of workers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Image, Region

from . import rendering
from .choices import Choices
from .convert import to_qimage
from .documents import Document, Restoration
from .estimates import choose_steps
from .growth import Growth
from .opening import develop, open_document
from .pictures import OpenPicture
from .preview_region import box_of
from .worker import Gate, Request

if TYPE_CHECKING:
    from restorer import Source


@dataclass(frozen=True, eq=False)
class Run:
    """The end of a run of the queue.

    Attributes:
        recipe: What was asked for, with the steps that suit the picture.
        restoration: The result; None for a picture that needs no repair.
        size: (width, height) of the picture.
    """

    recipe: Choices
    restoration: Restoration | None
    size: tuple[int, int]


def run_document(
    document: Document,
    opened: OpenPicture | None,
    screen: bytes | None,
    gate: Gate,
    request: Request,
) -> Run:
    """Restore a document. Raises RestorerError.

    Args:
        document: The document.
        opened: Its picture, if it is open.
        screen: ICC profile of the screen.
        gate: Work that goes first, between tiles.
        request: Gets the progress.
    """
    recipe = document.recipe
    if opened is None:
        opened = open_document(document, recipe, screen, sys.maxsize)
        recipe = recipe.for_kind(raw=opened.mosaic is not None)
    if recipe.automatic and recipe.chosen is None:
        recipe = recipe.suited(choose_steps(opened, recipe))
    if not recipe.steps:
        return Run(recipe, None, opened.size)

    def report(done: int, total: int) -> None:
        request.report(done, total)
        gate.wait(request.cancel)

    gate.wait(request.cancel)
    held = replace(request, report=report)
    return Run(recipe, restore_picture(opened, recipe, screen, held), opened.size)


def restore_picture(
    opened: OpenPicture, choices: Choices, screen: bytes | None, request: Request
) -> Restoration:
    """Restore the whole picture. Raises RestorerError."""
    picture, chosen = prepared(opened, choices, screen)
    start = time.monotonic()
    growth = new_growth(opened, picture, choices)
    request.show(growth)
    on_part = adder(growth, picture, choices, screen)
    image, maps = rendering.restore_whole(picture, chosen, request.report, request.cancel, on_part)
    final = rendering.finish(picture, image, choices, request.cancel)
    seconds = time.monotonic() - start
    return Restoration(
        image, final, rendering.shown(final, picture, screen), chosen, choices.finish, seconds, maps
    )


def prepared(opened: OpenPicture, choices: Choices, screen: bytes | None) -> tuple[Source, Choices]:
    """Return what the networks take, after checking reference files as `restore image` does.

    Raises RestorerError.
    """
    picture, chosen = develop(opened, choices, screen).source, choices.for_networks()
    if chosen.references and opened.path is not None:
        restorer.check_references(opened.path, chosen.references)
    return picture, chosen


def new_growth(opened: OpenPicture, picture: Source, choices: Choices) -> Growth:
    """Return the empty result of a picture."""
    size = picture.region.scaled(choices.scale)
    return Growth((size.width, size.height), opened.place, choices)


def adder(
    growth: Growth, picture: Source, choices: Choices, screen: bytes | None
) -> Callable[[Region, Image], None]:
    """Return a callback that finishes parts of the output of networks, and adds them."""

    def take(place: Region, image: Image) -> None:
        region = place.shrunk(choices.scale)
        final = rendering.finish_part(picture, image, choices, region, mix=choices.blends)
        shown = rendering.screen_pixels(picture.visible(final), screen, picture.white)
        growth.add(box_of(place, 1), final, to_qimage(shown))

    return take

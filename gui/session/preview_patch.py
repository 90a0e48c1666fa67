"""Patches: parts of a result for the preview, made in the threads of workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Image, Region

from . import rendering
from .choices import Choices
from .documents import Restoration
from .growth import Growth
from .pictures import OpenPicture, Patch
from .preview_region import box_of
from .restoring import adder, new_growth, prepared
from .state import GLANCE_SIDE
from .worker import Request

if TYPE_CHECKING:
    from restorer import ReferenceMaps, Source


@dataclass(frozen=True, eq=False)
class PreviewPatch:
    """A patch and the measurements of its restoration.

    Attributes:
        choices: The choices that produced the patch, see `Choices.for_networks`.
        pace: Seconds per megapixel of input.
        maps: Sources of the texture, if references were used.
    """

    patch: Patch
    choices: Choices
    pace: float
    maps: ReferenceMaps | None


def glance(
    opened: OpenPicture,
    eye: tuple[float, float],
    choices: Choices,
    screen: bytes | None,
    request: Request,
) -> Growth:
    """Restore a small part as if it were the whole picture, whose estimates take longer.

    Its pixels may differ a little from those of the result, which replace them soon. Raises
    RestorerError.

    Args:
        opened: The picture.
        eye: A place (x, y) of the result.
        choices: What to restore.
        screen: ICC profile of the screen.
        request: For its cancellation.
    """
    picture, chosen = opened.source, choices.for_networks()
    column, row = (int(n / choices.scale) for n in eye)
    near = Region(row, column, 1, 1).grown(GLANCE_SIDE // 2, picture.size)
    small = restorer.Source(rendering.cut(opened.image, picture.region, near, 1))
    image, _ = rendering.restore_whole(
        small, chosen, request.report, request.cancel, lambda region, image: None
    )
    inner = Region(row, column, 1, 1).grown(GLANCE_SIDE // 3, picture.size)
    image = rendering.cut(image, near, inner, choices.scale)
    growth = new_growth(opened, picture, choices)
    adder(growth, picture, choices, screen)(inner.scaled(choices.scale), image)
    return growth


def restore_patch(
    opened: OpenPicture,
    region: Region,
    eye: tuple[float, float],
    choices: Choices,
    screen: bytes | None,
    request: Request,
    growth: Growth | None = None,
) -> PreviewPatch:
    """Restore a region, and show its parts as they come. Raises RestorerError.

    Args:
        opened: The picture.
        region: The region.
        eye: The place (x, y) of the result that goes first.
        choices: What to restore.
        screen: ICC profile of the screen.
        request: Gets progress and parts.
        growth: What a glance has shown.
    """
    picture, chosen = prepared(opened, choices, screen)
    # Before the clock starts: loading is not part of the pace.
    rendering.load_models(picture, chosen)
    around = rendering.around(picture, region) if choices.blends else region
    if growth is None or not growth.is_of(opened.place, choices):
        growth = new_growth(opened, picture, choices)
    request.show(growth)
    clock = _Clock(request.report)
    column, row = (int(n / choices.scale) for n in eye)
    image, maps = rendering.restore_part(
        picture,
        around,
        chosen,
        clock.report,
        request.cancel,
        adder(growth, picture, choices, screen),
        (row, column),
    )
    pace = clock.seconds / (around.height * around.width) * 1e6
    patch = _patch(picture, image, around, region, choices, screen, mix=choices.blends)
    return PreviewPatch(patch, chosen, pace, maps)


def refinish_patch(
    picture: Source, patch: Patch, choices: Choices, screen: bytes | None, *, mix: bool
) -> Patch:
    """Return a patch finished for other choices; see `rendering.finish_part`."""
    region = _region(patch, choices.scale)
    return _patch(picture, patch.image, patch.region, region, choices, screen, mix=mix)


def cut_patch(
    picture: Source,
    restoration: Restoration,
    region: Region,
    choices: Choices,
    screen: bytes | None,
    *,
    mix: bool,
) -> Patch:
    """Return a patch of a whole result, finished for the choices; see `rendering.finish_part`."""
    around = rendering.around(picture, region)
    image = rendering.cut(restoration.image, picture.region, around, choices.scale)
    return _patch(picture, image, around, region, choices, screen, mix=mix)


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
    final = rendering.finish_part(picture, image, choices, around, mix=mix)
    final = rendering.cut(final, around, region, choices.scale)
    box = box_of(region, choices.scale)
    return Patch(box, around, image, final, rendering.shown(final, picture, screen), choices.finish)


class _Clock:
    """Measures the time of a run from its tiles, without what comes before the first one."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        self._report = report
        self._start = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._measured: float | None = None

    def report(self, done: int, total: int) -> None:
        """Take the progress, and pass it on."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        elif done > self._first[1]:
            before, first = self._first
            self._measured = (now - before) / (done - first) * total
        self._report(done, total)

    @property
    def seconds(self) -> float:
        """The time of all tiles."""
        return time.monotonic() - self._start if self._measured is None else self._measured


def _region(patch: Patch, scale: int) -> Region:
    box = patch.box.scaled(1 / scale)
    return Region(*(round(n) for n in (box.y, box.x, box.height, box.width)))

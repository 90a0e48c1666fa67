"""Preview: which part of the picture to restore next; without Qt."""

from __future__ import annotations

from math import ceil, floor, sqrt

from restorer import Region

from .box import Box
from .choices import Choices
from .state import State

FIRST_LOOK_S = 1.0  # a preview shows something within about this time
PATIENCE_S = 12.0  # what the whole visible part may take, once the first look is there
_USUAL_PACE_S = 5.0  # a megapixel, where the catalog does not say
_SMALLEST_LOOK = 64  # pixels of the input; below, the borders of tiles cost more than they show


def next_region(state: State, view: Box | None) -> Region | None:
    """Return what to restore of the input: at first as much as takes a second, then all of it.

    Args:
        state: What is open, chosen, and already there.
        view: What is seen, in pixels of the result; a rectangle that was chosen goes before it.

    Returns None where all that can be afforded is there.
    """
    patches = state.patches if state.fresh else ()
    scale = state.choices.scale
    for seconds in (FIRST_LOOK_S, PATIENCE_S):
        pixels = max(_SMALLEST_LOOK**2, seconds / _pace(state) * 1e6)
        region = visible_region(state, view, pixels * scale**2)
        if region is None or state.choices.settings.context == "whole":
            return None
        if not any(patch.box.holds(box_of(region, scale)) for patch in patches):
            return region
    return None


def visible_region(state: State, view: Box | None, pixels: float) -> Region | None:
    """Return what of the input is seen, or was chosen to be; None for nothing.

    Args:
        state: What is open and chosen.
        view: What is seen, in pixels of the result.
        pixels: Of the result, at most; of more only the middle is taken.
    """
    box = state.frame if state.frame is not None else view
    if box is None or state.opened is None:
        return None
    box = _middle(box.cut(Box(0, 0, *state.size)), pixels)
    if not box.area:
        return None
    scale, (width, height) = state.choices.scale, state.opened.size
    left, top = max(0, floor(box.x / scale)), max(0, floor(box.y / scale))
    right, bottom = min(width, ceil(box.right / scale)), min(height, ceil(box.bottom / scale))
    return Region(top, left, bottom - top, right - left)


def box_of(region: Region, scale: int) -> Box:
    """Return where the result of a region lies."""
    return Box(region.left, region.top, region.width, region.height).scaled(scale)


def pace_key(choices: Choices) -> tuple[str, ...]:
    """Return what a pace is measured for."""
    return tuple(spec.id for spec in choices.models)


def _pace(state: State) -> float:
    guess = sum(spec.seconds or _USUAL_PACE_S for spec in state.choices.models)
    return state.pace.get(pace_key(state.choices), guess) or _USUAL_PACE_S


def _middle(box: Box, pixels: float) -> Box:
    """Return the middle of a box, of as many pixels at most."""
    if box.area <= pixels:
        return box
    shrink = sqrt(pixels / box.area)
    width, height = box.width * shrink, box.height * shrink
    x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
    return Box(x, y, width, height)

"""The part of the picture that the preview restores next; without Qt."""

from __future__ import annotations

from math import ceil, floor, sqrt

from restorer import Region

from .box import Box
from .choices import Choices
from .state import State

FIRST_LOOK_S = 1.0  # time until a preview shows its first part
PATIENCE_S = 12.0  # limit for the whole visible part, after the first part
_USUAL_PACE_S = 5.0  # per megapixel, for models without a measurement in the catalog
_SMALLEST_LOOK = 64  # side in pixels of the input; tile borders make smaller regions inefficient


def next_region(state: State, view: Box | None) -> Region | None:
    """Return the region of the input to restore: first what takes a second, then all of it.

    Args:
        state: The open picture, the choices and the existing patches.
        view: The visible part, in pixels of the result; a chosen rectangle takes precedence.

    Returns None if the patches cover as much as the time limit allows.
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
    """Return the visible or chosen region of the input; None if it is empty.

    Args:
        state: The open picture and the choices.
        view: The visible part, in pixels of the result.
        pixels: Largest number of pixels of the result; a larger region is cut to its middle.
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
    """Return the place of a region in the result."""
    return Box(region.left, region.top, region.width, region.height).scaled(scale)


def pace_key(choices: Choices) -> tuple[str, ...]:
    """Return the key of a pace: the ids of the models."""
    return tuple(spec.id for spec in choices.models)


def _pace(state: State) -> float:
    guess = sum(spec.seconds or _USUAL_PACE_S for spec in state.choices.models)
    return state.pace.get(pace_key(state.choices), guess) or _USUAL_PACE_S


def _middle(box: Box, pixels: float) -> Box:
    """Return the middle of a box, with at most that many pixels."""
    if box.area <= pixels:
        return box
    shrink = sqrt(pixels / box.area)
    width, height = box.width * shrink, box.height * shrink
    x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
    return Box(x, y, width, height)

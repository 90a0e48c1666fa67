"""The part of the picture that the preview restores next; without Qt."""

from __future__ import annotations

import platform
from math import ceil, floor, sqrt

from restorer import Region

from .box import Box, uncovered
from .choices import Choices
from .state import State

FIRST_LOOK_S = 1.0  # time until a preview of several steps shows its first part
PATIENCE_S = 12.0  # limit for the visible part
_USUAL_PACE_S = 5.0  # per megapixel, for models without a measurement in the catalog
_SMALLEST_LOOK = 64  # side in pixels of the input; tile borders make smaller regions inefficient
_ENOUGH = 0.9  # share of what the time limit allows, after which a preview is complete


def next_region(
    state: State, view: Box | None, eye: tuple[float, float] | None = None
) -> Region | None:
    """Return the region of the input to restore, which holds visible parts without a preview.

    The tiles of one step are shown as they come. Several steps, and references, show nothing before
    the last one: they begin with a region that takes a second.

    Args:
        state: The open picture, the choices and the existing patches.
        view: The visible part, in pixels of the result; a chosen rectangle takes precedence.
        eye: The place (x, y) of the result that goes first; None is the middle.

    Returns None if the patches cover as much as the time limit allows.
    """
    seen, choices = _seen(state, view), state.choices
    if seen is None or choices.settings.context == "whole":
        return None
    patches = [patch.box for patch in state.patches] if state.fresh else []
    rest = uncovered(seen, patches)
    if not rest:
        return None
    slow_start = len(choices.models) > 1 or choices.needs_references
    first = slow_start and not any(seen.cut(patch).area for patch in patches)
    pixels = result_pixels(state, FIRST_LOOK_S if first else PATIENCE_S)
    if patches and seen.area - sum(box.area for box in rest) > _ENOUGH * pixels:
        return None
    box = around(_bounds(rest), eye, pixels)
    return region_of(state, box) if uncovered(box, patches) else None


def visible_region(state: State, view: Box | None, pixels: float) -> Region | None:
    """Return the visible or chosen region of the input; None if it is empty.

    Args:
        state: The open picture and the choices.
        view: The visible part, in pixels of the result.
        pixels: Largest number of pixels of the result; a larger region is cut to its middle.
    """
    seen = _seen(state, view)
    return None if seen is None else region_of(state, around(seen, None, pixels))


def result_pixels(state: State, seconds: float) -> float:
    """Return how many pixels of the result take a time on this machine."""
    pixels = max(_SMALLEST_LOOK**2, seconds / _pace(state) * 1e6)
    return pixels * state.choices.scale**2


def region_of(state: State, box: Box) -> Region:
    """Return the smallest region of the input whose result covers a box."""
    assert state.opened is not None, "a box is on a picture"
    scale, (width, height) = state.choices.scale, state.opened.size
    left, top = max(0, floor(box.x / scale)), max(0, floor(box.y / scale))
    right, bottom = min(width, ceil(box.right / scale)), min(height, ceil(box.bottom / scale))
    return Region(top, left, bottom - top, right - left)


def box_of(region: Region, scale: int) -> Box:
    """Return the place of a region in the result."""
    return Box(region.left, region.top, region.width, region.height).scaled(scale)


def around(box: Box, eye: tuple[float, float] | None, pixels: float) -> Box:
    """Return the part of a box with at most that many pixels, as near to the eye as it gets.

    Args:
        box: The box.
        eye: A place (x, y), which may lie outside; None is the middle of the box.
        pixels: Largest area.
    """
    if box.area <= pixels:
        return box
    x, y = eye or (box.x + box.width / 2, box.y + box.height / 2)
    shrink = sqrt(pixels / box.area)
    width, height = box.width * shrink, box.height * shrink
    left = min(max(box.x, x - width / 2), box.right - width)
    top = min(max(box.y, y - height / 2), box.bottom - height)
    return Box(left, top, width, height)


def pace_key(choices: Choices) -> tuple[str, ...]:
    """Return the key of a pace: this machine and the ids of the models."""
    return platform.node(), *(spec.id for spec in choices.models)


def _seen(state: State, view: Box | None) -> Box | None:
    """Return the chosen rectangle, or the visible part; None if it is empty."""
    box = state.frame if state.frame is not None else view
    if box is None or state.opened is None:
        return None
    box = box.cut(Box(0, 0, *state.size))
    return box if box.area else None


def _pace(state: State) -> float:
    guess = sum(spec.seconds or _USUAL_PACE_S for spec in state.choices.models)
    return state.pace.get(pace_key(state.choices), guess) or _USUAL_PACE_S


def _bounds(boxes: tuple[Box, ...]) -> Box:
    """Return the smallest box that holds some boxes."""
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(x, y, right - x, bottom - y)

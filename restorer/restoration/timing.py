"""The expected time of a model on this machine."""

from __future__ import annotations

import math

from restorer.inference.calibration import known_speed
from restorer.models.catalog import ModelSpec
from restorer.settings import Settings


def computed_pixels(spec: ModelSpec, size: tuple[int, int], settings: Settings) -> int:
    """Return how many pixels tiles compute, those that they share counted more than once."""
    return math.prod(_computed(length, spec, settings) for length in size)


def expected_seconds(spec: ModelSpec, size: tuple[int, int], settings: Settings) -> float:
    """Return the time for a picture of (height, width), of two CPU cores if none was measured."""
    pixels = computed_pixels(spec, size, settings)
    speed = known_speed(spec, settings.device, workers=1)
    return pixels * spec.seconds / 1e6 if speed is None else pixels / speed


def _computed(length: int, spec: ModelSpec, settings: Settings) -> int:
    length = max(length + 2 * spec.tile.border, spec.tile.min_side)
    side = settings.tile or spec.tile.side
    asked = settings.overlap
    overlap = spec.tile.overlap_of(side) if asked is None else min(asked, side // 2)
    return length + overlap * max(0, math.ceil((length - side) / (side - overlap)))

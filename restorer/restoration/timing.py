"""The expected time of a model on this machine."""

from __future__ import annotations

import math

from restorer.inference.calibration import known_speed
from restorer.models.catalog import ModelSpec
from restorer.settings import Settings
from restorer.tiling.plan import TileNeeds


def computed_pixels(spec: ModelSpec, size: tuple[int, int], settings: Settings) -> int:
    """Return how many pixels tiles compute, those that they share counted more than once."""
    height, width = (max(n + 2 * spec.tile.border, spec.tile.min_side) for n in size)
    needs = spec.tile.for_picture((height, width))
    return _computed(height, needs, settings) * _computed(width, needs, settings)


def expected_seconds(spec: ModelSpec, size: tuple[int, int], settings: Settings) -> float:
    """Return the time for a picture of (height, width), of two CPU cores if none was measured."""
    pixels = computed_pixels(spec, size, settings)
    speed = known_speed(spec, settings.device, workers=1)
    return pixels * spec.seconds / 1e6 if speed is None else pixels / speed


def _computed(length: int, needs: TileNeeds, settings: Settings) -> int:
    side = settings.tile or needs.side
    asked = settings.overlap
    overlap = needs.overlap_of(side) if asked is None else min(asked, side // 2)
    return length + overlap * max(0, math.ceil((length - side) / (side - overlap)))

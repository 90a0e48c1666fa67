"""Estimate how long a model takes on this machine."""

from __future__ import annotations

import math

from restorer.inference.calibration import known_speed
from restorer.models.catalog import ModelSpec, model_spec
from restorer.settings import Settings
from restorer.tiling.plan import TileNeeds

REFERENCE = "panet-denoise-lite"  # its speed stands for that of the machine


def computed_pixels(spec: ModelSpec, size: tuple[int, int], settings: Settings) -> int:
    """Return how many pixels tiles compute, those that they share counted more than once."""
    height, width = (max(n + 2 * spec.tile.border, spec.tile.min_side) for n in size)
    needs = spec.tile.for_picture((height, width))
    return _computed(height, needs, settings) * _computed(width, needs, settings)


def expected_seconds(spec: ModelSpec, size: tuple[int, int], settings: Settings) -> float:
    """Return the time for a picture of (height, width), by the speed that was measured.

    For models that were not measured, the time of the catalog, of two cores of a CPU, is scaled as
    that of `REFERENCE` differs on this machine.
    """
    pixels = computed_pixels(spec, size, settings)
    speed = known_speed(spec, settings.device, workers=1)
    if speed is not None:
        return pixels / speed
    reference = model_spec(REFERENCE)
    speed = known_speed(reference, settings.device, workers=1)
    slowness = 1.0 if speed is None else 1e6 / speed / reference.seconds
    return pixels * spec.seconds / 1e6 * slowness


def _computed(length: int, needs: TileNeeds, settings: Settings) -> int:
    side = settings.tile or needs.side
    asked = settings.overlap
    overlap = needs.overlap_of(side) if asked is None else min(asked, side // 2)
    return length + overlap * max(0, math.ceil((length - side) / (side - overlap)))

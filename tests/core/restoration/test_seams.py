"""Where tiles meet nothing shows: the gradient across their borders is that of the picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import restorer
from restorer import Image, Settings
from restorer.image import FloatArray
from restorer.tiling.plan import plan_tiles

from helpers import make_photograph, seam_ratio, tile_borders

# Mosaics have steps of their own; models with references are in test_guided_models.py.
TASKS = ("super-resolution", "denoising", "deblocking")
SHIPPED = [s.id for s in restorer.list_models() if s.weights.embedded and s.task in TASKS]
HEIGHT, WIDTH = 150, 170


def sky(noise: float, height: int = HEIGHT, width: int = WIDTH) -> FloatArray:
    """A smooth gradient, where the eye finds the faintest line, with some grain."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    planes = [0.35 + 0.3 * y / height, 0.5 + 0.25 * y / height, 0.85 - 0.1 * x / width]
    grain = np.random.default_rng(0).normal(0, noise / 255, (height, width, 3))
    return (np.stack(planes, 2) + grain).astype(np.float32)


def photograph(noise: float) -> FloatArray:
    grain = np.random.default_rng(1).normal(0, noise / 255, (HEIGHT, WIDTH, 3))
    return (make_photograph(HEIGHT, WIDTH) / np.float32(255) + grain).astype(np.float32)


def seams(model: str, values: FloatArray, sigma: float, step: float = 0.0) -> list[float]:
    """Return `seam_ratio` down and across, with a step added to every other stretch of tiles."""
    spec = restorer.model_spec(model)
    side, scale = 64, spec.scale
    result = restorer.restore(
        Image(values),
        restorer.Step(model, sigma=sigma if spec.condition == "sigma" else None),
        settings=Settings(tile=side, precision="fp32"),
    ).pixels
    border, period = spec.tile.border, scale * spec.tile.multiple_of
    plan = plan_tiles((HEIGHT + 2 * border, WIDTH + 2 * border), spec.tile, side=side)
    assert len(plan.tiles) >= 9
    ratios = []
    for axis, starts in enumerate((plan.rows, plan.columns)):
        tile = (plan.tiles[0].height, plan.tiles[0].width)[axis] * scale
        own = tuple((start - border) * scale for start in starts)
        planted = step * (np.cumsum(tile_borders(result.shape[axis], own, tile)) % 2)
        spoiled = result + np.float32(np.expand_dims(planted, (1 - axis, 2)))
        ratios.append(seam_ratio(spoiled, own, tile, period, axis))
    return ratios


@pytest.mark.parametrize("noise", [0.0, 2.0, 15.0])
@pytest.mark.parametrize("scene", [sky, photograph])
@pytest.mark.parametrize("model", SHIPPED)
def test_gradient_across_tile_borders_is_that_inside(
    model: str, scene: Callable[[float], FloatArray], noise: float
) -> None:
    assert max(seams(model, scene(noise), noise)) < 1.1


@pytest.mark.parametrize("model", SHIPPED)
def test_a_fifth_of_a_step_of_eight_bits_between_tiles_is_seen(model: str) -> None:
    assert max(seams(model, sky(0.0), 0.0, step=0.2 / 255)) > 1.1


@pytest.mark.parametrize("noise", [0.0, 15.0])
@pytest.mark.parametrize("model", SHIPPED)
def test_windows_of_the_attention_leave_no_trace(model: str, noise: float) -> None:
    spec = restorer.model_spec(model)
    step = restorer.Step(model, sigma=noise if spec.condition == "sigma" else None)
    settings = Settings(tile=416, precision="fp32")  # one tile, of three windows of 160
    result = restorer.restore(Image(sky(noise, 400, 200)), step, settings=settings).pixels
    own = tuple((start - spec.tile.border) * spec.scale for start in (0, 128, 256))
    period = spec.scale * spec.tile.multiple_of
    assert seam_ratio(result, own, 160 * spec.scale, period, 0) < 1.1

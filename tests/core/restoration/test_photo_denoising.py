"""The network for noisy photographs obeys its level, and keeps means and clean pictures."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

import restorer
from restorer import Image, Step
from restorer.image import FloatArray
from restorer.metrics import psnr
from restorer.training.degrade import quantize
from restorer.training.grain import Grain, add_grain

PHOTO = "panet-denoise-photo-lite"
CLEAN = data.chelsea()[60:188, 90:218].astype(np.float32) / 255


def grainy(clean: FloatArray, grain: Grain) -> Image:
    noisy, _ = add_grain(clean, [grain], np.random.default_rng(0))
    return Image(quantize(noisy * 255))


def restored(image: Image, sigma: float | None = None) -> FloatArray:
    return restorer.restore(image, Step(PHOTO, sigma=sigma)).to_float()


@pytest.mark.parametrize("grain", [None, Grain(12, size=2.0)])
def test_level_0_keeps_the_picture(grain: Grain | None) -> None:
    image = grainy(CLEAN, grain) if grain else Image(quantize(CLEAN * 255))
    assert psnr(restored(image, 0), image.to_float(), white=1) > 40


def test_higher_levels_remove_more() -> None:
    image = grainy(CLEAN, Grain(15, softness=0.7, planes="gray"))
    changes = [np.abs(restored(image, s) - image.to_float()).mean() for s in (0, 4, 8, 15, 22)]
    assert changes == sorted(changes)
    assert changes[-1] > 3 * changes[0]


def test_estimated_levels_are_recorded_and_restore_the_picture() -> None:
    image = grainy(CLEAN, Grain(15, size=2.0))
    plans: list[restorer.RunPlan] = []
    region = restorer.Region(0, 0, *CLEAN.shape[:2])
    result = restorer.restore_region(
        image, PHOTO, region, on_plans=lambda found: plans.extend(found)
    ).to_float()
    assert plans[0].sigma == pytest.approx(15, rel=0.4)
    before = psnr(image.to_float(), CLEAN, white=1)
    assert psnr(result, CLEAN, white=1) > before + 3


@pytest.mark.parametrize("value", [8, 40, 128, 235])
def test_means_of_gray_grain_are_kept(value: int) -> None:
    clean = np.full((96, 96, 3), value / 255, np.float32)
    image = grainy(clean, Grain(20, planes="gray"))
    low, high = sorted((value, image.to_float().mean() * 255))  # clipping at black brightens
    assert low - 2 < restored(image, 20).mean() * 255 < high + 2

"""Strength by bands: identities at the ends, and the same pixels after the fact as in the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import restorer
from restorer import (
    STRENGTH_REACH,
    Image,
    Region,
    Settings,
    Source,
    Step,
    at_strength,
    split_change,
)
from restorer.image import Bits
from restorer.restoration.strength import mixed, smooth

from helpers import make_photograph

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"
shares = st.floats(0, 1, width=32)


def random(height: int, width: int, channels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, channels), np.float32)


@settings(max_examples=40)
@given(
    size=st.tuples(st.integers(1, 80), st.integers(1, 80)),
    scale=st.integers(1, 4),
    strength=shares,
    detail=shares,
)
def test_ends_are_input_and_result_and_bands_add_up(
    size: tuple[int, int], scale: int, strength: float, detail: float
) -> None:
    before, restored = random(*size, 3), random(*size, 3, seed=1)
    change = split_change(before, restored, scale)
    assert change.at(1, 1) is restored
    assert change.at(0, 0) is before
    np.testing.assert_allclose(
        change.at(strength, strength), before + strength * (restored - before), atol=1e-6
    )
    one, other = change.at(strength, detail), change.at(1 - strength, 1 - detail)
    np.testing.assert_allclose(one + other, before + restored, atol=2e-6)
    np.testing.assert_array_equal(mixed(before, restored, strength, detail, scale), one)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_coarse_band_is_a_gaussian_of_one_and_a_half_input_pixels(scale: int) -> None:
    side = 41 * scale
    point = np.zeros((side, side, 1), np.float32)
    point[side // 2, side // 2] = 1
    spread = smooth(point, scale)[..., 0]
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    y, x = np.mgrid[:side, :side] - side // 2
    expected = np.exp(-(x**2 + y**2) / (2 * (1.5 * scale) ** 2))
    np.testing.assert_allclose(spread, expected / expected.sum(), atol=2e-4)
    reach = STRENGTH_REACH * scale
    assert not spread[:, side // 2 + reach + 1 :].any()


def test_tone_is_coarse_and_grain_is_fine() -> None:
    before = np.full((64, 64, 1), 0.5, np.float32)
    y, x = np.mgrid[:64, :64]
    grain = np.where((x + y) % 2, 0.1, -0.1)[..., None].astype(np.float32)
    change = split_change(before, before + np.float32(0.2) + grain)
    inside = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(change.at(1, 0)[inside], before[inside] + 0.2, atol=1e-5)
    np.testing.assert_allclose(change.at(0, 1)[inside], (before + grain)[inside], atol=1e-5)


@pytest.mark.parametrize("model", [DENOISE, ENLARGE])
@pytest.mark.parametrize(("channels", "bits"), [(1, 8), (2, 16), (3, 8), (4, 16), (3, 32)])
@pytest.mark.parametrize(("strength", "detail"), [(0.8, 0.5), (0.6, None), (0.0, 0.0), (1.0, 0.0)])
def test_after_the_fact_it_has_the_pixels_of_the_run(
    model: str, channels: int, bits: Bits, strength: float, detail: float | None
) -> None:
    values = random(30, 40, channels) * 0.4 + 0.3
    values[:9, :9, -1] = 0
    image = Image(np.zeros((1, 1, 1), np.uint8)).with_float(values, bits=bits)
    step = Step(model, strength=strength, detail=detail)
    expected = restorer.restore(image, step)
    full = restorer.restore(image, model, settings=Settings(bits=32))
    blended = at_strength(Source(image), full, strength, detail)
    found = blended.with_float(blended.to_float(), bits=bits)
    np.testing.assert_array_equal(found.pixels, expected.pixels)


@pytest.mark.parametrize("model", [DENOISE, ENLARGE])
def test_a_region_at_any_strength_is_that_of_the_whole_inside(model: str) -> None:
    image = Image(make_photograph(96, 90))
    picture, wishes = Source(image), Settings(bits=32, tile=48)
    step = Step(model, 15.0 if model == DENOISE else None)
    whole = restorer.restore(image, replace(step, strength=0.9, detail=0.4), settings=wishes)
    shown = Region(30, 0, 25, 31)
    around = shown.grown(STRENGTH_REACH, picture.size)
    part = restorer.restore_region(picture, step, around, settings=wishes)
    blended = at_strength(picture, part, 0.9, 0.4, region=around)
    scale = restorer.model_spec(model).scale
    inside = shown.scaled(scale).of(blended.pixels, around.scaled(scale))
    np.testing.assert_array_equal(inside, shown.scaled(scale).of(whole.pixels))


def test_full_strength_is_the_result_itself() -> None:
    image = Image(make_photograph(12, 12))
    result = replace(image, pixels=image.pixels[::-1].copy())
    assert at_strength(Source(image), result, 1) is result
    none = at_strength(Source(image), result, 0)
    np.testing.assert_array_equal(none.pixels, image.pixels)


@pytest.mark.parametrize("detail", [-0.1, 1.1, float("nan")])
def test_detail_beyond_its_range_is_refused(detail: float) -> None:
    with pytest.raises(restorer.SettingsError, match="detail"):
        restorer.restore(Image(make_photograph(8, 8)), Step(ENLARGE, detail=detail))

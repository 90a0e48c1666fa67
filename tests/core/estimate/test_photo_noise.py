"""Noise of photographs is measured at any grain size, by brightness, but not in frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from restorer.estimate.levels import Levels
from restorer.estimate.photo_noise import photo_noise
from restorer.image import FloatArray
from restorer.restoration.conditioning import condition_of
from restorer.settings import Step
from restorer.tiling.plan import Region
from restorer.training.degrade import jpeg, quantize
from restorer.training.grain import Grain, add_grain

from helpers import make_spec

CLEAN = data.astronaut()[:320, :256].astype(np.float32) / 255


def levels_of(values: FloatArray) -> FloatArray:
    return photo_noise(values.shape[:2], lambda top, bottom: values[top:bottom])


def overall(levels: FloatArray) -> float:
    return float(np.sqrt((levels**2).mean()))


@pytest.mark.parametrize("quality", [None, 75])
@pytest.mark.parametrize(
    "grain",
    [
        Grain(18),
        Grain(18, planes="gray"),
        Grain(14, softness=0.9, planes="gray", tone="middle"),
        Grain(14, size=2.0),
        Grain(14, size=3.0, planes="gray"),
        Grain(14, size=3.0, softness=1.0, planes="chroma"),
    ],
)
def test_the_deviation_of_noise_of_any_grain_is_found(grain: Grain, quality: int | None) -> None:
    noisy, truth = add_grain(CLEAN, [grain], np.random.default_rng(0))
    stored = quantize(noisy * 255)
    if quality:
        stored = jpeg(stored, quality)
    values = stored.astype(np.float32) / 255
    found, true = overall(levels_of(values)), float((values - truth).std() * 255)
    assert found == pytest.approx(true, rel=0.35)


def test_levels_follow_the_brightness() -> None:
    ramp = np.linspace(0.1, 0.9, 256, dtype=np.float32)
    clean = np.broadcast_to(ramp[:, None], (192, 256, 3)).transpose(1, 0, 2)
    noisy, _ = add_grain(clean, [Grain(20, tone="dark")], np.random.default_rng(0))
    found = levels_of(np.ascontiguousarray(noisy))
    deviation = Grain(20, tone="dark").deviation(clean)[8::16, 8::16, 0] * 255
    np.testing.assert_allclose(found, deviation, rtol=0.3)


def test_frames_have_no_noise_and_do_not_lower_that_of_the_picture() -> None:
    noisy, _ = add_grain(CLEAN, [Grain(15, size=2)], np.random.default_rng(0))
    noisy = np.clip(noisy, 0, 1)
    framed = np.pad(noisy, ((48, 48), (48, 48), (0, 0)), constant_values=1)
    found = levels_of(framed)
    assert found[:2].max() == found[:, :2].max() == 0
    assert overall(found[3:-3, 3:-3]) == pytest.approx(overall(levels_of(noisy)), rel=0.05)


@settings(max_examples=10)
@given(height=st.integers(1, 70), width=st.integers(1, 70), value=st.floats(0, 1, width=32))
def test_even_pictures_of_any_size_have_no_noise(height: int, width: int, value: float) -> None:
    assert levels_of(np.full((height, width, 3), value, np.float32)).max() == 0


@settings(max_examples=5)
@given(sigma=st.floats(0, 75))
def test_a_given_level_scales_those_of_areas(sigma: float) -> None:
    noisy, _ = add_grain(CLEAN, [Grain(15, tone="dark")], np.random.default_rng(0))
    levels = Levels((320, 256), lambda a, b: noisy[a:b], lambda: False, corner=(3, 5))
    own = levels.local(levels.sigma("photo"), "photo")
    found = levels.local(sigma, "photo")
    assert own is not None
    assert found is not None
    assert found.corner == (3, 5)
    np.testing.assert_allclose(overall(found.levels), sigma, rtol=1e-5, atol=1e-5)
    factor = np.float32(sigma / levels.sigma("photo"))
    np.testing.assert_allclose(found.levels, own.levels * factor, rtol=1e-5, atol=1e-6)
    even = replace(levels, rows=lambda a, b: np.zeros((b - a, 256, 3), np.float32))
    assert even.local(sigma, "photo") is None


@pytest.mark.parametrize("given", [None, 0.0, 9.0])
def test_a_network_for_photographs_is_told_levels_by_brightness(given: float | None) -> None:
    noisy, _ = add_grain(CLEAN, [Grain(15, tone="dark")], np.random.default_rng(0))
    levels = Levels((320, 256), lambda a, b: noisy[a:b], lambda: False)
    spec = replace(make_spec(1, condition="sigma"), trained_for={"noise": "photo"})
    found = condition_of(
        spec, Step("x", sigma=given), levels=levels, jpeg_quality=lambda: (90, "file")
    )
    assert found.sigma == (levels.sigma("photo") if given is None else given)
    told = found.levels(Region(0, 0, 320, 256))
    assert told is not None
    assert overall(told[..., 0]) == pytest.approx(found.sigma, rel=0.05, abs=1e-6)
    if found.sigma:
        assert np.corrcoef(told[..., 0].ravel(), CLEAN.mean(2).ravel())[0, 1] < -0.5

"""Noise of photographs has the stated strength, keeps the means, and its level is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer.training.grain import Grain, add_grain
from restorer.training.noisy_photo import NoisyPhoto, take_photo, tell

from helpers import make_photograph

GRAINS = st.builds(
    Grain,
    sigma=st.floats(2, 40),
    size=st.floats(1, 3.5),
    softness=st.floats(0, 1),
    planes=st.sampled_from(["color", "gray", "chroma"]),
    tone=st.sampled_from(["even", "light", "middle", "dark"]),
)


@settings(max_examples=20)
@given(grain=GRAINS, seed=st.integers(0, 2**32))
def test_grain_has_its_deviation_and_planes(grain: Grain, seed: int) -> None:
    clean = np.full((64, 64, 3), 0.5, np.float32)
    noisy, _ = add_grain(clean, [grain], np.random.default_rng(seed))
    noise = noisy - clean
    assert noise.std() == pytest.approx(grain.deviation(clean).mean(), rel=1e-3)
    luma = noise @ np.array([0.299, 0.587, 0.114], np.float32)
    if grain.planes == "gray":
        np.testing.assert_allclose(noise, noise[..., :1].repeat(3, 2), atol=1e-6)
    if grain.planes == "chroma":
        assert np.abs(luma).max() < 1e-5


@pytest.mark.parametrize("value", [0, 5, 20, 128, 235, 255])
def test_the_target_has_the_means_of_the_noisy_picture(value: int) -> None:
    """Noise that is cut off at black or white moves the means; a target without would darken."""
    clean = np.full((256, 256, 3), value / 255, np.float32)
    noisy, target = add_grain(clean, [Grain(12), Grain(16)], np.random.default_rng(0))
    stored = np.clip(noisy, 0, 1)
    assert stored.mean() == pytest.approx(target.mean(), abs=0.3 / 255)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_at_level_0_the_target_is_the_photograph(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = make_photograph(48, 48)
    inputs, target = NoisyPhoto().finish(image, image, rng)
    clean = inputs[..., 3].max() == 0
    assert not clean or np.abs(inputs[..., :3] - target).max() < 1e-6


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_the_told_level_is_that_of_the_noise_that_the_target_lacks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    taken, truth = take_photo(make_photograph(64, 64), rng)
    noisy = taken.astype(np.float32) / np.float32(255)
    true = float(np.sqrt(((noisy - truth) ** 2).mean())) * 255
    level, target = tell(noisy, truth, rng)
    told = float(np.sqrt((level**2).mean())) * 255
    left = float(np.sqrt(((target - truth) ** 2).mean())) * 255
    assert left <= true + 1e-3
    assert told <= 3 * true + 12
    if told < 0.3 * true:  # much too low: as much noise is to stay
        assert left > 0.2 * true

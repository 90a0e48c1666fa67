"""The noise of sensors and its curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer.sensor import bayer
from restorer.sensor.noise import SensorNoise, curved, stabilized, straightened


@given(st.floats(0.0015, 1), st.floats(-0.001, 4))
def test_the_curve_is_undone_and_keeps_black_and_white(knee: float, value: float) -> None:
    values = np.array([0, 1, value], np.float32)
    on_curve = curved(values, knee)
    assert on_curve[:2] == pytest.approx([0, 1], abs=1e-6)
    assert straightened(on_curve, knee) == pytest.approx(values, abs=1e-5)


@pytest.mark.parametrize(("scale", "offset"), [(2e-5, 4.5e-7), (1.3e-3, 1e-4), (5.1e-3, 8e-4)])
def test_noise_on_the_curve_has_the_stated_levels_and_the_mean_of_the_light(
    scale: float, offset: float
) -> None:
    noise = SensorNoise((scale,) * 3, (offset,) * 3).balanced((0.4, 1, 0.6))
    random = np.random.default_rng(0)
    for light in (0.0, 0.1, 0.5):
        samples = np.empty((256, 256, 1), np.float32)
        for y, x, color in bayer.sites("grbg"):
            sigma = np.sqrt(noise.scale[color] * light + noise.offset[color])
            samples[y::2, x::2] = light + sigma * random.normal(size=(128, 128, 1))
        values, levels = stabilized(samples, "grbg", noise)
        expected = curved(np.float32([light]), noise.knee)[0]
        for y, x, _ in bayer.sites("grbg"):
            own = values[y::2, x::2]
            assert own.std() == pytest.approx(levels[y::2, x::2].mean(), rel=0.07)
            assert abs(own.mean() - expected) < 0.04 * own.std()


def test_without_noise_there_are_no_levels() -> None:
    samples = np.random.default_rng(0).random((8, 8, 1), np.float32)
    values, levels = stabilized(samples, "rggb", SensorNoise((0, 0, 0), (0, 0, 0)))
    assert not levels.any()
    assert straightened(values, SensorNoise((0, 0, 0), (0, 0, 0)).knee) == pytest.approx(
        samples, abs=1e-5
    )

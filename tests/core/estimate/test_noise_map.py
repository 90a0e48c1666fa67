"""Clean areas of a noisy picture are known, and uniform noise is one number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

import restorer
from restorer import Image, Region, Settings
from restorer.estimate.noise_map import NoiseMap, noise_map
from restorer.image import FloatArray
from restorer.models.catalog import model_spec

CLEAN = data.chelsea()[:160, :192].astype(np.float32) / 255


def noisy(sigma: float, *, coarse: bool = False) -> FloatArray:
    noise = np.random.default_rng(0).normal(0, sigma / 255, CLEAN.shape)
    if coarse:  # as after demosaicing
        noise = sum(np.roll(noise, (i, j), (0, 1)) for i in (0, 1) for j in (0, 1)) / 2
    return (CLEAN + noise).astype(np.float32)


def found_in(values: FloatArray, sigma: float) -> NoiseMap | None:
    return noise_map(values.shape[:2], lambda top, bottom: values[top:bottom], sigma)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("sigma", [2, 15, 50])
def test_uniform_noise_has_one_level(sigma: float, coarse: bool) -> None:
    assert found_in(noisy(sigma, coarse=coarse), sigma) is None


def test_frames_and_overlays_are_clean_and_noise_keeps_its_level() -> None:
    values = np.pad(noisy(25), ((64, 64), (64, 64), (0, 0)), constant_values=0.3)
    found = found_in(values, 25.0)
    assert found is not None
    levels = found.at(Region(0, 0, *values.shape[:2]))
    frame = np.ones(levels.shape, bool)
    frame[32:-32, 32:-32] = False
    assert levels[frame].max() == 0
    np.testing.assert_array_equal(levels[64:-64, 64:-64], 25)


@settings(max_examples=20)
@given(
    levels=st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.floats(0, 50, width=32), min_size=n, max_size=n), min_size=1)
    ),
    top=st.integers(0, 40),
    left=st.integers(0, 40),
)
def test_levels_of_a_region_are_those_of_the_whole(
    levels: list[list[float]], top: int, left: int
) -> None:
    found = NoiseMap(np.array(levels, np.float32))
    whole, region = Region(0, 0, 90, 90), Region(top, left, 50, 30)
    np.testing.assert_array_equal(found.at(region), region.of(found.at(whole)))


def test_a_frame_is_left_alone_where_the_noise_is_estimated() -> None:
    framed = np.pad(noisy(25), ((48, 0), (0, 0), (0, 0)), constant_values=0.3)
    framed[:, :, 1] += np.linspace(0, 0.2, framed.shape[1], dtype=np.float32)  # nowhere even
    image = Image(framed)
    spec = model_spec("panet-denoise-lite")
    wanted = Settings(device="cpu", precision="fp32", keep_colors=False)
    whole = restorer.restore(image, spec.id, settings=wanted)
    np.testing.assert_allclose(whole.pixels[:12], framed[:12], atol=1.5 / 255)
    region = Region(8, 16, 80, 96)
    part = restorer.restore_region(image, spec.id, region, settings=wanted)
    np.testing.assert_array_equal(part.pixels, region.of(whole.pixels))

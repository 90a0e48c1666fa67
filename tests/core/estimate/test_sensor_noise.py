"""The fit of the noise of a sensor to the samples of a photograph."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from raw_files import linear_photograph

from restorer.estimate.sensor_noise import fit_noise
from restorer.image import FloatArray
from restorer.sensor import bayer

ISOS = {100: (2e-5, 4.5e-7), 1600: (3.2e-4, 1e-5), 6400: (1.3e-3, 1e-4), 25_600: (5.1e-3, 8e-4)}
GAINS = (0.5, 1.0, 0.7)


def scene() -> FloatArray:
    """Steps of light with texture on every third."""
    light = np.repeat(np.linspace(0.01, 0.9, 12, dtype=np.float32), 32)
    values = np.tile(light[:, None, None], (1, 384, 3))
    texture = np.random.default_rng(1).random((384, 384, 1), np.float32)
    values[:, 256:] *= 0.6 + 0.8 * texture[:, 256:]
    return values


def taken(colors: FloatArray, scale: float, offset: float) -> FloatArray:
    random, samples = np.random.default_rng(0), np.empty((*colors.shape[:2], 1), np.float32)
    for y, x, color in bayer.sites("rggb"):
        light = colors[y::2, x::2, color : color + 1] * GAINS[color]
        noise: NDArray[np.float64] = random.normal(size=light.shape)
        samples[y::2, x::2] = light + noise * np.sqrt(scale * light + offset)
    return samples


@pytest.mark.parametrize("iso", ISOS)
def test_known_noise_is_found_beside_texture(iso: int) -> None:
    scale, offset = ISOS[iso]
    found = fit_noise(taken(scene(), scale, offset), "rggb")
    assert found is not None
    for color in range(3):
        for light in (0.02, 0.2, 0.6):
            sigma = np.sqrt(found.scale[color] * light + found.offset[color])
            assert sigma == pytest.approx(np.sqrt(scale * light + offset), rel=0.1)


def test_cut_off_samples_are_left_out() -> None:
    scale, offset = ISOS[6400]
    colors = scene()
    colors[:64] = 0  # half of the noise is cut off there, and all of it in the highlights
    colors[320:] = 2
    samples = np.clip(taken(colors, scale, offset), 0, 1)
    found = fit_noise(samples, "rggb")
    assert found is not None
    sigma = np.sqrt(found.scale[1] * 0.2 + found.offset[1])
    assert sigma == pytest.approx(np.sqrt(scale * 0.2 + offset), rel=0.1)


def test_gains_of_the_maker_are_noise_of_one_color() -> None:
    samples = taken(scene(), 1e-3, 0)
    samples[::2, ::2] *= 1.4  # red
    found = fit_noise(samples, "rggb")
    assert found is not None
    assert found.scale[0] / found.scale[1] == pytest.approx(1.4, rel=0.15)


def test_samples_without_flat_areas_of_any_size_have_no_noise_or_little() -> None:
    assert fit_noise(np.zeros((6, 6, 1), np.float32), "rggb") is None
    clean = fit_noise(taken(linear_photograph(160, 160), 0, 0), "rggb")
    assert clean is None or np.sqrt(clean.scale[1] * 0.2 + clean.offset[1]) < 0.01

"""Degradations are aligned with their ground truth and have the stated strength."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer.image import FloatArray
from restorer.sensor import bayer
from restorer.sensor.noise import LEVEL_GAIN
from restorer.training.camera import Exposure
from restorer.training.degradations import (
    DEGRADATIONS,
    Camera,
    Degradation,
    Jpeg,
    Mosaic,
    Raw,
    Web,
)
from restorer.training.degrade import Bytes, mosaic
from restorer.training.noisy_photo import NoisyPhoto

from helpers import make_photograph

SIDE = 24
KINDS: list[Degradation] = [Jpeg(), Mosaic("rggb"), Camera(), NoisyPhoto(), Web(2), Web(4)]


def damage(kind: Degradation, seed: int, side: int = SIDE) -> tuple[FloatArray, FloatArray, Bytes]:
    """Return input, target and the clean patch without its margin."""
    whole = (side + 2 * kind.margin) * kind.scale
    image = make_photograph(whole, whole)
    prepared, clean = kind.prepare(image)
    rng = np.random.default_rng(seed)
    small = prepared[: whole // kind.scale, : whole // kind.scale]
    inputs, targets = kind.finish(small, clean, rng)
    edge = kind.margin * kind.scale
    return inputs, targets, clean[edge : whole - edge, edge : whole - edge]


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS))
def test_degraded_patches_have_the_size_and_range_of_the_input(
    seed: int, kind: Degradation
) -> None:
    inputs, targets, _ = damage(kind, seed)
    assert inputs.shape[:2] == (SIDE, SIDE)
    assert targets.shape == (SIDE * kind.scale, SIDE * kind.scale, 3)
    assert inputs.dtype == targets.dtype == np.float32
    for values in (inputs, targets):
        assert values.min() >= 0
        assert values.max() <= 1


@pytest.mark.parametrize("kind", [Jpeg(gray_share=0), Camera(), Web(2)], ids=lambda k: str(k)[:6])
def test_degraded_patches_are_aligned_with_the_ground_truth(kind: Degradation) -> None:
    """Check that shifts by one pixel reduce the agreement of input and target."""
    losses = np.zeros((3, 3))
    for seed in range(24):
        inputs, targets, _ = damage(kind, seed, side=48)
        small = targets.reshape(48, kind.scale, 48, kind.scale, 3).mean((1, 3))
        middle = slice(1, -1)
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                moved = np.roll(small, (down, across), (0, 1))[middle, middle]
                error = inputs[middle, middle, :3] - moved
                losses[down + 1, across + 1] += float(np.square(error).mean())
    assert losses.argmin() == 4


def test_jpeg_gives_the_quality_of_the_stronger_compression() -> None:
    """Check that a second, better compression adds little error."""
    kind = Jpeg(gray_share=0, resaved_share=1)
    strong, weak = [], []
    for seed in range(60):
        inputs, targets, _ = damage(kind, seed)
        error = float(np.square(inputs[..., :3] - targets).mean())
        level = float(inputs[0, 0, 3]) * 255
        assert np.ptp(inputs[..., 3]) == 0
        (strong if level > 70 else weak if level < 30 else []).append(error)
    assert np.mean(strong) > 2 * np.mean(weak)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_noisy_samples_scatter_around_the_colors_as_they_are_told(seed: int) -> None:
    inputs, targets, _ = damage(Raw("gbrg"), seed, side=48)
    assert inputs.shape == (48, 48, 4)
    sites = bayer.spread(np.ones((48, 48, 1), np.float32), "gbrg").astype(bool)
    assert not inputs[..., :3][~sites].any()
    samples, truth = (values[..., :3][sites] for values in (inputs, targets))
    levels = inputs[..., 3].reshape(-1) / LEVEL_GAIN
    usual = truth < 1 - 3 * levels  # brighter ones may be cut off
    scatter = ((samples - truth)[usual] / np.maximum(levels[usual], 1e-4)).std()
    assert scatter < 0.01 if levels.max() == 0 else 0.8 < scatter < 1.25


@given(pattern=st.sampled_from(["rggb", "grbg", "gbrg", "bggr"]))
def test_a_mosaic_keeps_one_color_of_each_pixel(pattern: str) -> None:
    image = make_photograph(16, 16) | 1  # no zeros
    samples = mosaic(image, pattern)
    assert ((samples > 0).sum(2) == 1).all()
    np.testing.assert_array_equal(samples[samples > 0], image[samples > 0])
    first = "rgb".index(pattern[0])
    assert (samples[0::2, 0::2, first] > 0).all()


def quiet(exposure: Exposure) -> Exposure:
    """Return the exposure without degradations."""
    return replace(
        exposure, shot=0.0, read=0.0, pattern=None, smoothing=0.0, quality=None, brightness=1.0
    )


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_developing_the_light_reproduces_the_image(seed: int) -> None:
    """Without noise, mosaic and JPEG, the photograph equals its development up to rounding."""
    scene = make_photograph(32, 32)
    exposure = quiet(Exposure.draw(np.random.default_rng(seed)))
    taken, truth = exposure.take(scene, np.random.default_rng(0))
    assert np.abs(taken / 255.0 - truth).max() <= 0.5 / 255 + 1e-6
    unmixed = replace(exposure, mixing=np.eye(3, dtype=np.float32))
    _, developed = unmixed.take(scene, np.random.default_rng(0))
    assert np.abs(developed - scene / 255.0).max() < 2e-3


def test_demosaicing_in_the_camera_preserves_smooth_colors() -> None:
    ramp = np.linspace(40, 200, 64)
    scene = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, ::-1], 0.5 * ramp[:, None]), 2)
    scene = scene.astype(np.uint8)
    exposure = quiet(Exposure.draw(np.random.default_rng(1)))
    for pattern in ("rggb", "grbg", "gbrg", "bggr"):
        for edge_aware in (False, True):
            filtered = replace(exposure, pattern=pattern, edge_aware=edge_aware)
            taken, truth = filtered.take(scene, np.random.default_rng(0))
            inside = slice(4, -4)
            assert np.abs(taken[inside, inside] / 255.0 - truth[inside, inside]).max() < 0.04


def test_camera_noise_grows_with_the_light_and_is_unbiased() -> None:
    exposure = replace(quiet(Exposure.draw(np.random.default_rng(2))), shot=0.004, read=1e-6)
    spread = {}
    for level in (40, 128):
        scene = np.full((96, 96, 3), level, np.uint8)
        exposure = replace(exposure, pattern="rggb")
        light = exposure._light(scene)
        noise = np.random.default_rng(0).normal(0, 1, light.shape).astype(np.float32)
        sensor = exposure._demosaic(light + noise * np.sqrt(0.004 * light + 1e-6))
        spread[level] = float((sensor - light).std())
        assert np.abs((sensor - light).mean((0, 1))).max() < 0.1 * spread[level]
    assert spread[128] > 1.5 * spread[40]


def test_every_degradation_has_a_name_for_recipes() -> None:
    assert {type(kind) for kind in KINDS} <= set(DEGRADATIONS.values())

"""Patches that are cut on the device equal those of the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer.training import loop
from restorer.training.degradations import Bicubic, Noise
from restorer.training.on_device import DevicePatches, fits
from restorer.training.patches import PatchSource
from restorer.training.recipe import Recipe


def source(scale: int, white: int, seed: int) -> PatchSource:
    rng = np.random.default_rng(seed)
    pairs = []
    for height, width in ((20, 31), (24, 17), (16, 16)):
        small = rng.integers(0, 256, (height, width, 3), np.uint8)
        large = rng.integers(0, white + 1, (height * scale, width * scale, 3))
        pairs.append((small, large.astype(np.uint16 if white > 255 else np.uint8)))
    return PatchSource(pairs, Bicubic(scale))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.sampled_from([255, 65535]), st.integers(0, 99), st.integers(3, 16))
def test_batches_equal_those_of_the_source(scale: int, white: int, seed: int, side: int) -> None:
    patches = source(scale, white, seed)
    expected = patches.batch(range(9), side, seed, step=seed)
    found = DevicePatches(patches, "cpu").batch(range(9), side, seed, step=seed)
    for tensor, values in zip(found, expected, strict=True):
        assert tensor.is_contiguous(memory_format=torch.channels_last)
        np.testing.assert_allclose(tensor.numpy(), values, rtol=0, atol=1e-7)


def test_networks_take_turns() -> None:
    recipe = Recipe(
        model="tiny",
        architecture="panet-lite",
        params={},
        degradation={},
        iterations=4,
        batch=2,
        patch=8,
        learning_rate=1e-3,
    )
    sources = [source(2, 255, 0), source(3, 65535, 0)]
    batches = loop._device_batches(sources, recipe, [0, 1], range(1, 4), "cpu")
    for step, pair in enumerate(batches, 1):
        expected = loop._Batches(sources, recipe, [0, 1])[step]
        torch.testing.assert_close(pair, expected, rtol=0, atol=1e-7)
    assert step == 3


def test_random_damage_and_large_sets_are_left_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    assert fits([source(2, 255, 0)], "cpu")
    assert not fits([source(2, 255, 0), PatchSource([(image, image)], Noise(50))], "cpu")
    monkeypatch.setattr("restorer.training.on_device.free_bytes", lambda device: 1000)
    assert not fits([source(2, 255, 0)], "cpu")

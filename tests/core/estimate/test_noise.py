"""The noise estimate is close to the true sigma."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from skimage import data

from restorer import estimate_sigma
from restorer.estimate.noise import sigma_of_rows
from restorer.image import FloatArray


@pytest.mark.parametrize("sigma", [0, 5, 15, 25, 50])
@pytest.mark.parametrize("gray", [False, True], ids=["color", "gray"])
def test_estimate_is_near_the_truth_on_photographs(sigma: float, gray: bool) -> None:
    for image in (data.chelsea(), data.coffee()):
        clean = image.astype(np.float32)
        clean = clean.mean(2, keepdims=True) if gray else clean
        noisy = clean + np.random.default_rng(0).normal(0, sigma, clean.shape)
        estimate = estimate_sigma((noisy / 255).astype(np.float32))
        assert estimate == pytest.approx(sigma, abs=3)


def test_correlated_noise_is_detected() -> None:
    noise = np.random.default_rng(0).normal(0, 15, data.chelsea().shape)
    # Like after demosaicing: each pixel is the mean of its neighborhood.
    smooth = sum(np.roll(noise, (i, j), (0, 1)) for i in (0, 1) for j in (0, 1)) / 2
    values = ((data.chelsea() + smooth) / 255).astype(np.float32)
    assert 10 < estimate_sigma(values) < 35


def test_gray_in_three_planes_gives_the_estimate_of_gray() -> None:
    noisy = np.random.default_rng(0).normal(0.5, 0.1, (64, 64, 1)).astype(np.float32)
    assert (
        estimate_sigma(noisy.repeat(3, 2)) == estimate_sigma(noisy) == pytest.approx(25.5, rel=0.1)
    )


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (8, 8), (8, 9)])
def test_tiny_images_are_accepted(size: tuple[int, int]) -> None:
    values = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    assert estimate_sigma(values) >= 0


@pytest.mark.parametrize("channels", [1, 3])
def test_rows_are_read_from_top_to_bottom_in_small_bands(channels: int) -> None:
    values = np.random.default_rng(0).random((900, 700, channels)).astype(np.float32)
    asked: list[tuple[int, int]] = []

    def rows(top: int, bottom: int) -> FloatArray:
        asked.append((top, bottom))
        return values[top:bottom]

    assert sigma_of_rows((900, 700), rows, gray=channels == 1) == estimate_sigma(values)
    assert max(bottom - top for top, bottom in asked) <= 16
    falls = [a for a, b in pairwise(asked) if a[0] >= b[0]]
    assert len(falls) == (channels == 3)  # once for the full and once for half the size

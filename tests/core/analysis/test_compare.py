"""Comparisons show regions of the whole restored image and continue after a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import restorer
from restorer import Image, Region, Sample, Step, compare_models, detailed_region

from helpers import make_photograph

REGION = Region(20, 30, 24, 28)
MODELS = ["panet-denoise-lite", "panet-sr-x2-lite"]


def noisy(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).normal(0, 20, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def pixels_of(sample: Sample) -> NDArray[Any]:
    assert sample.image is not None, sample.error
    return sample.image.pixels


def test_samples_equal_regions_of_the_whole_restored_image(photograph: NDArray[np.uint8]) -> None:
    image = Image(noisy(photograph))
    steps: list[Step | str | Path] = [Step(MODELS[0], sigma=20.0), MODELS[1]]
    before, *samples = compare_models(image, steps, REGION)
    assert (before.model, before.scale) == ("", 2)
    assert [sample.model for sample in samples] == MODELS
    for sample, step in zip(samples, steps, strict=True):
        assert not isinstance(step, Path)
        whole = restorer.restore(image, step).pixels
        np.testing.assert_array_equal(pixels_of(sample), REGION.scaled(sample.scale).of(whole))
        assert sample.seconds > 0
        assert (sample.psnr, sample.ssim, sample.error) == (None, None, "")


def test_the_input_is_enlarged_by_interpolation(photograph: NDArray[np.uint8]) -> None:
    (before,) = list(compare_models(Image(photograph), ["nlsn-x3-paper"], REGION))[:1]
    assert pixels_of(before).shape == (72, 84, 3)
    centers = pixels_of(before)[1::3, 1::3]  # centers of input pixels at an odd scale
    np.testing.assert_allclose(centers.astype(int), REGION.of(photograph), atol=1)


def test_the_ground_truth_gives_psnr_and_ssim(photograph: NDArray[np.uint8]) -> None:
    image, truth = Image(noisy(photograph)), Image(photograph)
    samples = list(compare_models(image, MODELS, REGION, truth=truth))
    before, denoised, enlarged = samples
    expected = restorer.psnr(REGION.of(image.pixels), REGION.of(photograph))
    assert before.psnr == pytest.approx(expected)
    assert before.ssim is not None
    assert denoised.psnr is not None
    assert denoised.psnr > expected + 3
    assert (enlarged.psnr, enlarged.ssim) == (None, None)  # has another size


def test_the_ground_truth_may_have_the_scale_of_a_model(photograph: NDArray[np.uint8]) -> None:
    small = Image(np.ascontiguousarray(photograph[::2, ::2]))
    region = Region(10, 10, 20, 20)
    before, enlarged = compare_models(small, MODELS[1:], region, truth=Image(photograph))
    place = region.scaled(2).of(photograph)
    assert before.psnr == pytest.approx(restorer.psnr(pixels_of(before), place))
    assert enlarged.psnr == pytest.approx(restorer.psnr(pixels_of(enlarged), place))


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_bit_depth_gray_and_alpha_are_preserved(bits: Any, channels: int) -> None:
    values = np.random.default_rng(0).random((40, 44, channels), np.float32)
    image = Image(np.zeros((1, 1, 1), np.uint8)).with_float(values, bits=bits)
    truth = Image(make_photograph(40, 44))
    region = Region(5, 6, 16, 17)
    samples = list(compare_models(image, MODELS[:1], region, truth=truth))
    for sample in samples:
        assert pixels_of(sample).shape == (16, 17, channels)
        assert pixels_of(sample).dtype == image.pixels.dtype
        assert sample.psnr is not None
    np.testing.assert_allclose(
        pixels_of(samples[0]).astype(float), region.of(image.pixels).astype(float), atol=1e-6
    )


def test_a_failed_model_reports_the_reason_and_the_next_one_follows(
    photograph: NDArray[np.uint8],
) -> None:
    models = ["nlsn-x2-paper", Step(MODELS[0], bayer="rggb"), MODELS[1]]
    _, absent, unfit, good = compare_models(Image(photograph), models, REGION)
    assert "install it as the weights of" in absent.error
    assert "bayer" in unfit.error
    assert (absent.image, unfit.image) == (None, None)
    assert pixels_of(good).shape == (48, 56, 3)


def test_a_cancelled_comparison_ends(photograph: NDArray[np.uint8]) -> None:
    cancel = restorer.CancelToken()
    samples = compare_models(Image(photograph), MODELS, REGION, cancel=cancel)
    next(samples)
    cancel.cancel()
    with pytest.raises(restorer.Cancelled):
        next(samples)


def test_invalid_arguments_are_refused_before_any_work(photograph: NDArray[np.uint8]) -> None:
    image = Image(photograph)
    height, width = photograph.shape[:2]
    for region in (Region(0, 0, height + 1, 8), Region(-1, 0, 8, 8), Region(3, 3, 0, 5)):
        with pytest.raises(restorer.SettingsError, match="outside the image"):
            compare_models(image, MODELS, region)
    with pytest.raises(restorer.SettingsError, match=f"models produce {width} x {height}"):
        compare_models(image, MODELS[:1], REGION, truth=Image(make_photograph(40, 40)))
    with pytest.raises(restorer.UnknownModelError):
        compare_models(image, ["nonsense"], REGION)
    with pytest.raises(restorer.CheckpointError):
        compare_models(image, [Path("missing.pth")], REGION)
    with pytest.raises(restorer.SettingsError, match="no models"):
        compare_models(image, [], REGION)


@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    side=st.integers(1, 200),
    channels=st.integers(1, 4),
)
def test_the_detailed_region_lies_in_the_image(
    height: int, width: int, side: int, channels: int
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)
    region = detailed_region(Image(pixels), side)
    assert (region.height, region.width) == (min(side, height), min(side, width))
    assert Region(0, 0, height, width).holds(region)
    assert region.top % 2 == region.left % 2 == 0


@given(top=st.integers(0, 136), left=st.integers(0, 196))
def test_the_detailed_region_contains_the_detail(top: int, left: int) -> None:
    pixels = np.full((200, 260, 3), 90, np.uint8)
    checks = np.indices((64, 64)).sum(0) // 4 % 2 * 150
    pixels[top : top + 64, left : left + 64] += checks.astype(np.uint8)[..., None]
    region = detailed_region(Image(pixels), 64)
    assert abs(region.top - top) <= 8
    assert abs(region.left - left) <= 8


def test_noise_is_no_detail() -> None:
    """As in a photograph, whose shadows are noisy: the detail lies in the light."""
    rng = np.random.default_rng(0)
    pixels = np.full((128, 256, 3), 60, np.float64)
    pixels[:, 128:] = 160 + 8 * (np.indices((128, 128)).sum(0) // 6 % 2 * 2 - 1)[..., None]
    pixels[:, :128] += rng.normal(0, 25, (128, 128, 3))
    region = detailed_region(Image(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)), 64)
    assert region.left >= 120


def test_a_chain_is_compared_like_a_model(photograph: NDArray[np.uint8]) -> None:
    image = Image(noisy(photograph))
    chain: list[Step | str | Path] = [Step(MODELS[0], sigma=20.0), MODELS[1]]
    before, first, both = compare_models(image, [chain[0], chain], REGION)
    assert (before.scale, first.scale, both.scale) == (2, 1, 2)
    assert both.model == f"{MODELS[0]} + {MODELS[1]}"
    whole = restorer.restore(image, chain)  # type: ignore[arg-type]  # a list of steps
    assert np.array_equal(pixels_of(both), REGION.scaled(2).of(whole.pixels))
    with pytest.raises(restorer.SettingsError, match="no steps"):
        compare_models(image, [[]], REGION)


def test_transparent_detail_is_ignored() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 192, 4), np.uint8)
    pixels[..., 3] = np.arange(192) >= 96
    pixels[:, 96:, :3] //= 4
    assert detailed_region(Image(pixels), 64).left > 64
    opaque = np.ascontiguousarray(pixels[..., :3])
    assert detailed_region(Image(opaque), 64).left < 64

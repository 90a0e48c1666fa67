"""Metrics and degradations equal those of the literature."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from restorer import metrics
from restorer.training import degrade

from helpers import load_golden


def images() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    _, tensors = load_golden("metrics")
    restored, truth = (
        (tensors[name][0].numpy().transpose(1, 2, 0) * 255) for name in ("out/quantized", "in/hr")
    )
    return restored, truth


@pytest.mark.golden
def test_psnr_and_ssim_equal_the_authors_scripts() -> None:
    description, _ = load_golden("metrics")
    expected = description["values"]
    restored, truth = images()
    gray, gray_truth = restored[..., 0], truth[..., 0]
    luma, luma_truth = metrics.luma(restored), metrics.luma(truth)
    ours = {
        "dn_calc_psnr_x30_benchmark": metrics.psnr(restored, truth, white=255),
        "dm_calc_psnr_x1_benchmark": metrics.psnr(restored, truth, white=255),
        "car_calc_psnr_x10_gray": metrics.psnr(gray, gray_truth, white=255),
        "matlab_port_rgb_psnr": metrics.psnr(restored, truth, white=255),
        "matlab_port_car_gray_psnr": metrics.psnr(gray, gray_truth, white=255),
        "ttsr_psnr": metrics.psnr_luma(np.rint(restored), truth, white=255),
    }
    similarities = {
        "matlab_port_rgb_ssim": metrics.ssim(restored, truth, white=255),
        "matlab_port_car_gray_ssim": metrics.ssim(gray, gray_truth, white=255),
        "ttsr_ssim": metrics.ssim(luma, luma_truth, white=255),
    }
    for scale in (2, 3, 4):
        ours[f"sr_calc_psnr_x{scale}_benchmark"] = metrics.psnr_luma(
            restored, truth, shave=scale, white=255
        )
        ours[f"sr_calc_psnr_x{scale}_notbenchmark"] = metrics.psnr(
            restored, truth, shave=scale + 6, white=255
        )
        ours[f"matlab_port_sr_y_x{scale}_psnr"] = metrics.psnr_luma(
            restored, truth, shave=scale, white=255
        )
        similarities[f"matlab_port_sr_y_x{scale}_ssim"] = metrics.ssim(
            luma, luma_truth, shave=scale, white=255
        )
    for name, figure in ours.items():
        assert figure == pytest.approx(expected[name], abs=description["tolerance_db"]), name
    for name, figure in similarities.items():
        assert figure == pytest.approx(expected[name], abs=description["tolerance_ssim"]), name


@pytest.mark.golden
def test_degradations_equal_the_files_of_the_papers() -> None:
    _, tensors = load_golden("degradations")
    image = tensors["in/rgb"].numpy()
    for scale in (2, 3, 4):
        shrunk = degrade.bicubic_downscale(image, scale, border="replicated")
        np.testing.assert_array_equal(shrunk, tensors[f"out/imresize_x{scale}"])
        size = (image.shape[0] // scale, image.shape[1] // scale)
        np.testing.assert_array_equal(
            degrade.pillow_bicubic(image, size), tensors[f"out/pil_bicubic_x{scale}"]
        )
    np.testing.assert_array_equal(degrade.mosaic(image, "grbg"), tensors["out/mosaic_grbg"])
    np.testing.assert_array_equal(degrade.luma(image), tensors["out/y_uint8"])
    for quality in (10, 20, 30, 40):
        compressed = degrade.jpeg(degrade.luma(image), quality)
        expected = tensors[f"out/jpeg_y_q{quality}"].numpy()
        assert np.abs(compressed.astype(int) - expected).max() <= 1, "decoders differ by one"


def test_mirrored_and_replicated_borders_differ_only_at_the_border() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    mirrored, replicated = (
        degrade.bicubic_downscale(image, 2, b) for b in ("mirrored", "replicated")
    )
    assert (mirrored != replicated).any()
    np.testing.assert_array_equal(mirrored[2:-2, 2:-2], replicated[2:-2, 2:-2])


def test_noise_is_white_seeded_and_not_clipped() -> None:
    flat = np.full((256, 256, 3), 250, np.float32)
    noisy = degrade.gaussian_noise(flat, 25, seed=1)
    np.testing.assert_array_equal(noisy, degrade.gaussian_noise(flat, 25, seed=1))
    assert (noisy - flat).std() == pytest.approx(25, rel=0.01)
    assert noisy.max() > 255
    assert np.corrcoef((noisy - flat).reshape(-1, 3).T)[0, 1] == pytest.approx(0, abs=0.02)


def test_equal_images_have_infinite_psnr_and_full_similarity() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    assert metrics.psnr(image, image) == metrics.psnr_luma(image, image) == math.inf
    assert metrics.ssim(image, image) == pytest.approx(1)


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.psnr_luma, metrics.ssim])
def test_shapes_that_differ_are_refused(metric: Callable[..., float]) -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    for other in (image[:1], image[:, :, :1], image[..., 0]):
        with pytest.raises(ValueError, match="differ in shape"):
            metric(image, other)


def test_ssim_refuses_images_smaller_than_the_window() -> None:
    image = np.zeros((12, 20, 3), np.uint8)
    assert metrics.ssim(image, image) == pytest.approx(1)
    for small, shave in ((image[:10], 0), (image[:, :10], 0), (image, 1)):
        with pytest.raises(ValueError, match="at least 11 x 11"):
            metrics.ssim(small, small, shave=shave)
    with pytest.raises(ValueError, match="too small for a border"):
        metrics.psnr(image, image, shave=6)


@given(shave=st.integers(1, 6), seed=st.integers(0, 99))
def test_only_the_shaved_border_is_ignored(shave: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 256, (30, 32, 3), np.uint8)
    border = np.ones((30, 32), bool)
    border[shave:-shave, shave:-shave] = False
    image = np.where(border[..., None], 255 - truth, truth)
    for metric, best in ((metrics.psnr, math.inf), (metrics.psnr_luma, math.inf)):
        assert metric(image, truth, shave=shave) == best
        assert metric(image, truth, shave=shave - 1) < best
    assert metrics.ssim(image, truth, shave=shave) == pytest.approx(1)
    assert metrics.ssim(image, truth, shave=shave - 1) < 1 - 1e-5


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.psnr_luma, metrics.ssim])
@pytest.mark.parametrize("shave", [1, 2, 4])
def test_shaving_equals_cropping(metric: Callable[..., float], shave: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 20, 25, 3), np.uint8)
    a, b = (x[shave : 20 - shave, shave : 25 - shave] for x in images)
    assert metric(*images, shave=shave) == metric(a, b)

"""The noise estimate is close to the true sigma."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage import data

import restorer
from restorer import estimate_sigma
from restorer.estimate.noise import _eigenvalues, _noise_variance, sigma_of_rows
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


def pixel_art(zoom: int, colors: int) -> FloatArray:
    rng = np.random.default_rng(colors)
    palette = rng.integers(0, 256, (colors, 3))
    sprites = palette[rng.integers(0, colors, (64, 64))]
    for color in range(colors):
        top, left = rng.integers(0, 60, 2)
        sprites[top : top + 9, left : left + 5] = palette[color]
    return np.kron(sprites, np.ones((zoom, zoom, 1))).astype(np.float32) / 255


def text(size: int, *, smooth: bool) -> FloatArray:
    page = PIL.Image.new("RGB", (400, 300), (250, 245, 230))
    draw = PIL.ImageDraw.Draw(page)
    draw.fontmode = "L" if smooth else "1"
    font = PIL.ImageFont.load_default(size)
    for top in range(2, 300, size + 4):
        draw.text((3, top), "The quick brown fox jumps over the lazy dog. " * 3, "navy", font)
    return np.asarray(page, np.float32) / 255


def halftone(cell: float, angles: tuple[float, ...]) -> FloatArray:
    y, x = np.mgrid[:300, :451]
    planes = []
    for plane, angle in zip(np.moveaxis(data.chelsea(), 2, 0), np.deg2rad(angles), strict=True):
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        screen = (np.cos(2 * np.pi * u / cell) + np.cos(2 * np.pi * v / cell)) / 4 + 0.5
        planes.append(plane / 255 > screen)
    return np.stack(planes, 2).astype(np.float32)


ART = {
    **{f"pixel art {z}x {n}": pixel_art(z, n) for z in (1, 2, 3, 4) for n in (2, 8, 32)},
    **{f"text {n}": text(n, smooth=False) for n in (9, 12, 30)},
    **{f"smooth text {n}": text(n, smooth=True) for n in (12, 16, 30)},
    **{f"halftone {cell}": halftone(cell, (45, 45, 45)) for cell in (4, 6, 10)},
    **{f"color halftone {cell}": halftone(cell, (15, 75, 45)) for cell in (4, 6, 10)},
}


@pytest.mark.parametrize("gray", [False, True], ids=["color", "gray"])
@pytest.mark.parametrize("name", ART)
def test_art_text_and_halftones_have_no_noise(name: str, gray: bool) -> None:
    values = np.ascontiguousarray(ART[name][..., 1:2] if gray else ART[name])
    assert estimate_sigma(values) == 0


def saved_as_jpeg(values: FloatArray, quality: int) -> FloatArray:
    file = io.BytesIO()
    PIL.Image.fromarray(np.rint(values * 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(file), np.float32) / 255


@pytest.mark.parametrize("quality", [75, 90])
@pytest.mark.parametrize("zoom", [2, 3, 4])
def test_enlarged_pixel_art_has_no_noise_after_jpeg(zoom: int, quality: int) -> None:
    assert estimate_sigma(saved_as_jpeg(pixel_art(zoom, 32), quality)) == 0


@pytest.mark.parametrize("zoom", [2, 3])
def test_an_enlarged_clean_photograph_has_no_noise(zoom: int) -> None:
    clean = data.chelsea()[:100, :130].astype(np.float32) / 255
    enlarged = np.kron(clean, np.ones((zoom, zoom, 1), np.float32))
    assert estimate_sigma(enlarged) == 0
    assert estimate_sigma(saved_as_jpeg(enlarged, 90)) < 2


@pytest.mark.parametrize("sigma", [15, 40, 75])
def test_strong_noise_under_jpeg_is_still_found(sigma: float) -> None:
    clean = data.chelsea()[:200, :300].astype(np.float32)
    noisy = clean + np.random.default_rng(0).normal(0, sigma, clean.shape)
    values = saved_as_jpeg((np.clip(noisy, 0, 255) / 255).astype(np.float32), 90)
    assert estimate_sigma(values) > sigma / 3


@pytest.mark.parametrize("sigma", [5, 25])
@pytest.mark.parametrize("levels", [8, 16])
def test_clean_frames_do_not_hide_the_noise_of_a_photograph(sigma: float, levels: int) -> None:
    clean = data.chelsea()[:200, :300].astype(np.float32)
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, sigma, clean.shape), 0, 255)
    white = 2**levels - 1
    noisy = np.rint(noisy / 255 * white) / white
    framed = np.pad(noisy, ((60, 60), (60, 60), (0, 0)), constant_values=0.2)
    assert estimate_sigma(framed.astype(np.float32)) > sigma / 2


@given(
    level=st.integers(0, 255),
    sigma=st.floats(2, 50),
    side=st.integers(48, 80),
    channels=st.sampled_from([1, 3]),
)
def test_noise_on_a_flat_field_is_not_taken_for_art(
    level: int, sigma: float, side: int, channels: int
) -> None:
    noise = np.random.default_rng(0).normal(0, sigma, (side, side, channels))
    inside = np.clip(level, 3 * sigma, 255 - 3 * sigma) if sigma < 42 else 128
    values = np.clip(np.rint(inside + noise), 0, 255) / 255
    assert estimate_sigma(values.astype(np.float32)) == pytest.approx(sigma, rel=0.2)


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


@given(
    arrays.arrays(np.float64, st.integers(1, 20), elements=st.sampled_from([0, 0.1, 1, 1.1, 3, 50]))
)
def test_the_mean_of_the_lowest_eigenvalues_equals_their_median(values: FloatArray) -> None:
    values = np.sort(values)

    def is_median(kept: FloatArray) -> bool:
        return int((kept > kept.mean()).sum()) >= int((kept < kept.mean()).sum())

    largest = next(n for n in range(len(values), 0, -1) if n == 1 or is_median(values[:n]))
    assert _noise_variance(values) == values[:largest].mean()


@pytest.mark.parametrize("count", [2, 63, 64, 81, 191, 192, 300])
@pytest.mark.parametrize("dimensions", [64, 192])
def test_few_patches_have_the_eigenvalues_of_their_covariance(count: int, dimensions: int) -> None:
    patches = np.random.default_rng(count).random((count, dimensions))
    covariance = np.cov(patches, rowvar=False)
    expected = np.linalg.eigvalsh(covariance)
    np.testing.assert_allclose(_eigenvalues(patches), expected, rtol=1e-9, atol=1e-13)


def test_a_note_says_that_no_noise_was_found() -> None:
    art = np.rint(ART["pixel art 2x 8"][:48, :48] * 255).astype(np.uint8)
    result = restorer.restore(restorer.Image(art), "panet-denoise-lite")
    assert any("no noise was found" in note for note in result.notes)
    given = restorer.Step("panet-denoise-lite", sigma=10)
    assert restorer.restore(restorer.Image(art), given).notes == ()

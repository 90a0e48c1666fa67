"""What is found in a picture: kinds and strengths of damage, and content."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from restorer.estimate.examination import Findings, examine
from restorer.formats.exif.capture_info import CaptureInfo
from restorer.image import FloatArray

CLEAN = data.coffee()[80:336, 160:480].astype(np.float32)
NONE = CaptureInfo()


def normal(seed: int, shape: tuple[int, ...] = CLEAN.shape) -> FloatArray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def examined(pixels: FloatArray, capture: CaptureInfo = NONE, quality: int = 100) -> Findings:
    values = np.clip(np.rint(pixels), 0, 255).astype(np.float32) / 255
    qualities = [] if quality == 100 else [quality]
    return examine(values.shape[:2], lambda a, b: values[a:b], qualities, capture)


def kinds(found: Findings) -> list[str]:
    return [each.kind for each in found.damages if each.kind != "small"]


def saved(pixels: FloatArray, quality: int) -> FloatArray:
    file = io.BytesIO()
    image = PIL.Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image.save(file, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(file), np.float32)


def test_a_clean_photograph_has_no_damage_and_JPEG_95_is_none() -> None:
    assert kinds(examined(CLEAN)) == []
    assert kinds(examined(saved(CLEAN, 95), quality=95)) == []


def test_the_strength_of_noise_rises_with_its_sigma_and_is_near_it() -> None:
    found = [examined(CLEAN + sigma * normal(0)).damages[0] for sigma in (8, 16, 32)]
    assert [each.kind for each in found] == ["white-noise"] * 3
    assert all(weak.strength < strong.strength for weak, strong in pairwise(found))
    assert [each.strength for each in found] == pytest.approx([8, 16, 32], rel=0.2)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([0, 12]), st.booleans(), st.booleans(), st.booleans())
def test_a_mirrored_or_transposed_picture_has_the_same_verdict(
    sigma: int, across: bool, down: bool, transposed: bool
) -> None:
    pixels = CLEAN + sigma * normal(1)
    turned = pixels[:: -1 if down else 1, :: -1 if across else 1]
    turned = turned.transpose(1, 0, 2) if transposed else turned
    assert kinds(examined(np.ascontiguousarray(turned))) == kinds(examined(pixels))


def test_enlarged_noise_is_coarse_and_gray_grain_is_that_of_a_film() -> None:
    small = PIL.Image.fromarray(normal(2, (128, 160)))
    coarse = np.asarray(small.resize((320, 256), PIL.Image.Resampling.BICUBIC))
    coarse = np.stack([coarse, np.roll(coarse, 50, 0), np.roll(coarse, 90, 1)], 2)
    assert kinds(examined(CLEAN + 20 * coarse)) == ["coarse-noise"]
    fine = normal(3, CLEAN.shape[:2])
    grain = sum(np.roll(fine, shift, (0, 1)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1)))
    assert kinds(examined(CLEAN + 8 * np.asarray(grain)[..., None])) == ["film-grain"]


def test_a_blurred_photograph_is_soft_in_order_of_its_sigma() -> None:
    sharp = data.astronaut()[:256, 96:416].astype(np.float32)
    spectrum = np.fft.rfft2(sharp, axes=(0, 1))
    y, x = np.fft.fftfreq(sharp.shape[0]), np.fft.rfftfreq(sharp.shape[1])
    found = []
    for sigma in (1.6, 2.5):
        kernel = np.exp(-2 * (np.pi * sigma) ** 2 * np.add.outer(y**2, x**2))
        soft = np.fft.irfft2(spectrum * kernel[..., None], sharp.shape[:2], axes=(0, 1))
        found.append(examined(soft.astype(np.float32)).damages[0])
    assert [each.kind for each in found] == ["blur", "blur"]
    assert 0.8 < found[0].strength < found[1].strength < 3


def test_noise_and_JPEG_are_both_found_the_noise_first() -> None:
    found = examined(saved(CLEAN + 20 * normal(4), 70), quality=70)
    assert kinds(found)[1:] == ["jpeg"]
    assert found.damages[0].kind.endswith("noise")
    assert found.damages[1].strength == 70


def test_an_earlier_stronger_compression_is_named() -> None:
    values = CLEAN / 255
    found = examine(values.shape[:2], lambda a, b: values[a:b], [90, 40], NONE)
    assert kinds(found) == ["resaved-jpeg"]
    assert "40" in found.damages[0].reason


def test_drawings_screens_and_pages_are_told_from_photographs() -> None:
    y, x = np.mgrid[:256, :320]
    palette = np.random.default_rng(6).integers(0, 256, (9, 3)).astype(np.float32)
    squares = palette[(x // 37 + 4 * (y // 41)) % 9]
    assert examined(squares).content.kind == "art"
    page = np.full((256, 320, 3), 255, np.float32)
    page[20:240:12, 20:300] = 0
    page[20:240:12, 20:300:7] = 255
    assert examined(page).content.kind == "screenshot"
    assert examined(CLEAN).content.kind == "photograph"
    assert kinds(examined(squares)) == kinds(examined(page)) == []


def test_the_file_makes_findings_surer_but_never_makes_them() -> None:
    camera = CaptureInfo(model="X100", exposure=0.01, iso=6400)
    assert kinds(examined(CLEAN, camera)) == []
    even = saved(CLEAN, 8)  # many neighbors have one color
    plain, sure = (examined(even, each, quality=8).content for each in (NONE, camera))
    assert sure.kind == plain.kind == "photograph"
    assert sure.confidence > plain.confidence


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (16, 16), (40, 17)])
def test_tiny_pictures_are_small_and_nothing_else_is_certain(size: tuple[int, int]) -> None:
    found = examined(normal(5, (*size, 3)) * 40 + 128)
    assert found.damages[-1].kind == "small"
    assert found.damages[-1].strength == min(size)

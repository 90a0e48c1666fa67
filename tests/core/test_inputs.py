"""Pictures of every kind are restored and come back as what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PilImage

import restorer
from restorer import Image, ImageDataError, Region, Settings, SettingsError, restore
from restorer.inputs import open_picture

from helpers import Enlarge, fake_predictor

IDENTITY = fake_predictor(Enlarge())
DOUBLE = fake_predictor(Enlarge(2), scale=2)
TYPES = ("uint8", "uint16", "float16", "float32")


def make_array(shape: tuple[int, ...], dtype: str, seed: int = 0) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    if dtype.startswith("float"):
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@settings(max_examples=25)
@given(
    dtype=st.sampled_from((*TYPES, "float64", ">u2", ">f4")),
    channels=st.sampled_from((None, 1, 2, 3, 4)),
    size=st.tuples(st.integers(1, 9), st.integers(5, 9)),
)
def test_arrays_and_tensors_return_unchanged_in_kind_type_and_shape(
    dtype: str, channels: int | None, size: tuple[int, int]
) -> None:
    shape = size if channels is None else (*size, channels)
    array = make_array(shape, dtype.replace(">u2", "uint16").replace(">f4", "float32"))
    array = array.astype(dtype)
    opened = open_picture(array)
    back = opened.rebuild(opened.images)
    assert (back.shape, back.dtype) == (array.shape, array.dtype.newbyteorder("="))
    np.testing.assert_array_equal(back, array.astype(np.float32) if dtype == "float64" else array)
    if channels is None or ">" in dtype:
        return
    tensors = torch.from_numpy(np.stack([array, array[::-1]])).permute(0, 3, 1, 2)
    for batch in (tensors, tensors[0]):
        opened = open_picture(batch)
        again = opened.rebuild(opened.images)
        assert (again.shape, again.dtype) == (batch.shape, batch.dtype)
        assert again.is_contiguous()
        assert torch.equal(again, batch.float().to(batch.dtype) if dtype == "float64" else batch)


@pytest.mark.parametrize("dtype", TYPES)
def test_each_kind_gives_the_pixels_of_an_image(dtype: str) -> None:
    array = make_array((12, 9, 3), dtype)
    image = Image(array.astype(np.float32) if dtype == "float16" else array)
    expected = restore(image, DOUBLE).pixels
    found = restore(array, DOUBLE)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, expected.astype(dtype))
    tensor = torch.from_numpy(array).permute(2, 0, 1)
    batch = restore(torch.stack([tensor, tensor]), DOUBLE)
    np.testing.assert_array_equal(batch[1].permute(1, 2, 0).numpy(), expected.astype(dtype))


def test_bfloat16_tensors_keep_their_type() -> None:
    tensor = torch.rand(3, 8, 8).bfloat16()
    assert torch.equal(restore(tensor, IDENTITY), tensor)


def test_the_depth_of_the_settings_decides_the_type() -> None:
    array = make_array((8, 8, 3), "uint8")
    assert restore(array, IDENTITY, settings=Settings(bits=16)).dtype == np.uint16
    tensor = torch.rand(3, 8, 8, dtype=torch.float64)
    assert restore(tensor, IDENTITY, settings=Settings(bits=8)).dtype == torch.uint8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "F"])
def test_pil_images_return_as_pil_images(mode: str) -> None:
    color = PilImage.fromarray(make_array((9, 8, 3), "uint8"))
    if mode == "I;16":
        picture = PilImage.fromarray(make_array((9, 8), "uint16"))
    elif mode == "F":
        picture = PilImage.fromarray(make_array((9, 8), "float32"))
    else:
        picture = color.convert(mode) if mode != "PA" else color.convert("P").convert("PA")
    picture.info = {"dpi": (72, 72), "exif": b"Exif\0\0"}
    same = {"1": "L", "P": "RGB", "PA": "RGBA"}.get(mode, mode)
    result = restore(picture, IDENTITY)
    assert (result.mode, result.size, result.info) == (same, picture.size, picture.info)
    expected = np.asarray(picture.convert(same))
    np.testing.assert_allclose(np.asarray(result), expected, rtol=0, atol=1e-7)
    assert restore(picture, DOUBLE).size == (16, 18)


def test_a_transparent_color_of_a_pil_image_becomes_alpha() -> None:
    picture = PilImage.fromarray(make_array((8, 8, 3), "uint8"))
    picture.info["transparency"] = picture.getpixel((3, 2))
    result = restore(picture, IDENTITY)
    assert result.mode == "RGBA"
    assert result.getpixel((3, 2))[3] == 0
    assert "transparency" not in result.info


def test_the_color_profile_of_a_pil_image_is_converted_with_it() -> None:
    picture = PilImage.fromarray(make_array((8, 8, 3), "uint8"))
    profile = restorer.find_profile("display-p3")
    assert profile is not None
    picture.info["icc_profile"] = profile
    assert restore(picture, IDENTITY).info["icc_profile"] == profile
    converted = restore(picture, IDENTITY, settings=Settings(profile="srgb"))
    assert converted.info["icc_profile"] not in (profile, None)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gives_an_image_with_its_metadata(kind: type, tmp_path: Path) -> None:
    image = Image(make_array((8, 8, 3), "uint8"), restorer.Metadata(dpi=(72.0, 72.0)))
    restorer.write(image, tmp_path / "a.png")
    result = restore(kind(tmp_path / "a.png"), IDENTITY)
    np.testing.assert_array_equal(result.pixels, image.pixels)
    assert result.metadata.dpi == pytest.approx((72, 72), abs=0.1)


def test_regions_return_in_the_kind_of_the_picture() -> None:
    array, region = make_array((20, 20, 3), "uint8"), Region(2, 4, 6, 8)
    whole = restore(array, DOUBLE)
    part = restorer.restore_region(array, DOUBLE, region)
    np.testing.assert_array_equal(part, region.scaled(2).of(whole))
    assert isinstance(restorer.restore_region(Image(array), DOUBLE, region), Image)
    assert isinstance(restorer.restore_region(restorer.Source(Image(array)), DOUBLE, region), Image)


def test_progress_of_a_batch_runs_to_the_total() -> None:
    ticks: list[tuple[int, int]] = []
    restore(torch.rand(3, 3, 40, 40), IDENTITY, on_tile=lambda *tick: ticks.append(tick))
    assert [done for done, _ in ticks] == list(range(1, len(ticks) + 1))
    assert {total for _, total in ticks} == {len(ticks)}


CHW = torch.zeros(3, 32, 24)
HWC = np.zeros((32, 24, 3), np.uint8)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (CHW.numpy(), r"array: shape \(3, 32, 24\) looks like \(C, H, W\).*transpose\(1, 2, 0\)"),
        (torch.from_numpy(HWC), r"tensor: shape \(32, 24, 3\) looks like .*movedim\(-1, -3\)"),
        (torch.from_numpy(HWC)[None], r"looks like \(H, W, C\)"),
        (CHW[0], r"expected \(C, H, W\) or \(N, C, H, W\); gray is \(1, H, W\)"),
        (HWC[None], r"expected \(H, W\) or \(H, W, C\); pass a batch one by one"),
        (np.zeros((9, 9, 7), np.uint8), "with C in 1..4"),
        (torch.zeros(0, 3, 8, 8), "not empty"),
        (HWC.astype(np.int64), "dtype int64, expected uint8, uint16, or float"),
        (HWC.astype(bool), "dtype bool"),
        (HWC + 200.0, "array: float values from 200 to 200, expected 0 to 1; divide by 255"),
        (HWC + 60000.0, "divide by 65535"),
        (CHW - 1, "tensor: float values .*undo the normalization"),
        (CHW * np.nan, "tensor: contains NaN or infinity"),
        (CHW.to_sparse(), r"tensor: sparse or without data; tensor\.to_dense\(\)"),
        (CHW.to("meta"), "tensor: sparse or without data"),
        (CHW.clone().requires_grad_(), r"requires gradients.*tensor\.detach\(\)"),
        ([[1, 2], [3, 4]], "picture: list, expected an Image, a Mosaic, a numpy array"),
        (PilImage.new("CMYK", (8, 8)), r"mode CMYK.*convert\('RGB'\)"),
    ],
)
def test_what_is_ambiguous_is_an_error_that_says_what_to_do(picture: Any, words: str) -> None:
    with pytest.raises(ImageDataError, match=words):
        restore(picture, IDENTITY)
    assert issubclass(ImageDataError, ValueError)


def test_noise_beyond_black_and_white_is_no_error() -> None:
    noisy = np.random.default_rng(0).normal(0, 75 / 255, (32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(restore(noisy, IDENTITY), noisy, atol=1e-6)


def test_a_depth_that_pil_lacks_is_refused_before_the_first_tile() -> None:
    picture = PilImage.new("RGB", (8, 8))
    with pytest.raises(SettingsError, match="bits 16: a PIL image has colors of 8 bits"):
        restore(
            picture, fake_predictor(Enlarge(before=lambda *_: 1 / 0)), settings=Settings(bits=16)
        )
    gray = PilImage.new("L", (8, 8))
    assert restore(gray, IDENTITY, settings=Settings(bits=16)).mode == "I;16"


def test_references_may_be_of_any_kind() -> None:
    array = make_array((24, 24, 3), "uint8")
    image = Image(array)
    expected = restore(image, "ttsr-x2-lite", references=[image]).pixels
    for reference in (array, PilImage.fromarray(array), torch.from_numpy(array).permute(2, 0, 1)):
        found = restore(array, "ttsr-x2-lite", references=[reference])
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("references", ["sharp.jpg", Path("sharp.jpg"), HWC, Image(HWC)])
def test_references_outside_a_list_are_refused(references: Any) -> None:
    with pytest.raises(SettingsError, match=r"references: \w+, expected a list of pictures"):
        restore(HWC, "ttsr-x2-lite", references=references)


def test_an_array_that_is_written_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        ImageDataError, match=r"a\.png: ndarray, expected an Image; Image\(pixels\)"
    ):
        restorer.write(HWC, tmp_path / "a.png")  # type: ignore[arg-type]  # what users try


def test_metrics_and_estimates_take_every_kind(tmp_path: Path) -> None:
    truth = make_array((16, 20, 3), "uint8")
    other = truth ^ 8
    expected = restorer.psnr(other, truth)
    restorer.write(Image(truth), tmp_path / "a.png")
    tensor = torch.from_numpy(truth).permute(2, 0, 1)
    for same in (Image(truth), truth / 255, tensor, tensor / 255, tmp_path / "a.png"):
        assert restorer.psnr(other, same) == pytest.approx(expected, abs=1e-4)
        assert restorer.psnr_luma(other, same) == pytest.approx(restorer.psnr_luma(other, truth))
        assert restorer.ssim(same, truth) == pytest.approx(1)
        assert restorer.estimate_sigma(same) == pytest.approx(restorer.estimate_sigma(truth))
        assert restorer.estimate_jpeg_quality(same) is None
    with pytest.raises(ValueError, match="divide by 255"):
        restorer.psnr(truth.astype(float), truth.astype(float))
    with pytest.raises(ImageDataError, match="a batch of 2 pictures, expected one"):
        restorer.psnr(tensor.expand(2, -1, -1, -1), truth)

"""Color keeps its meaning: a picture looks the same in every format that it is written in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL import ImageCms

import restorer
from restorer import Image, Metadata, Settings, SettingsError, Step, formats, to_display
from restorer.formats.color import profiles
from restorer.formats.color.matrix import (
    P3_CHROMATICITIES,
    SRGB_CHROMATICITIES,
    SRGB_CURVE,
    matrix_profile,
)

ADOBE = imagecodecs.cms_profile("adobergb")
GRAY = imagecodecs.cms_profile("gray", gamma=2.8)
LAB = imagecodecs.cms_profile("lab4")
P3: Any = {
    "whitepoint": (0.3127, 0.3290, 1.0),
    "primaries": (0.680, 0.320, 1.0, 0.265, 0.690, 1.0, 0.150, 0.060, 1.0),
}
PHOTO_P3 = imagecodecs.cms_profile("rgb", **P3, gamma=2.2)
PROFILES = [None, profiles.srgb_profile(), ADOBE, PHOTO_P3, GRAY, LAB, b"nonsense"]
FORMATS = [format for format in formats.FORMATS.values() if format.writer]


def picture(channels: int, bits: int, icc: bytes | None) -> Image:
    """Return smooth colors inside sRGB."""
    y, x = np.mgrid[0:24, 0:40] / np.float32(40)
    values = np.stack([0.3 + 0.4 * x, 0.4 + 0.2 * y, 0.7 - 0.3 * x, 0 * x + 1], axis=2)
    planes = {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    image = Image(np.zeros((1, 1, 1), np.uint8), Metadata(icc=icc))
    return image.with_float(values[..., planes].astype(np.float32), bits=bits)  # type: ignore[arg-type]


def shown(image: Image) -> Any:
    return to_display(image, background=(255, 255, 255), white=1.0).pixels.astype(int)


@settings(max_examples=80)
@given(
    format=st.sampled_from(FORMATS),
    channels=st.integers(1, 4),
    bits=st.sampled_from([8, 16, 32]),
    icc=st.sampled_from(PROFILES),
)
def test_a_picture_looks_the_same_in_every_format(
    tmp_path_factory: pytest.TempPathFactory,
    format: formats.Format,
    channels: int,
    bits: int,
    icc: bytes | None,
) -> None:
    image = picture(channels, bits, icc)
    path = tmp_path_factory.mktemp("color") / f"a{format.suffixes[0]}"
    formats.write(image, path, formats.writer_options(path, quality=100))
    back = formats.read(path)
    # After rounding in the colors of the file; GIF has 256 of them.
    tolerance = {"JPEG": 8, "GIF": 48}.get(format.name, 4)
    assert np.abs(shown(back) - shown(image)).max() <= tolerance
    space = profiles.profile_space(back.metadata.icc)
    assert space in ("", "GRAY" if back.pixels.shape[2] <= 2 else "RGB")


@pytest.mark.parametrize("icc", [None, profiles.srgb_profile()])
@pytest.mark.parametrize("suffix", [".bmp", ".webp", ".png", ".tif"])
def test_pixels_in_srgb_stay_exact(tmp_path: Path, suffix: str, icc: bytes | None) -> None:
    path = tmp_path / f"a{suffix}"
    image = picture(3, 8, icc)
    formats.write(image, path, formats.writer_options(path, quality=100))
    np.testing.assert_array_equal(formats.read(path).pixels, image.pixels)


def test_wide_colors_are_converted_for_bmp_with_a_note(tmp_path: Path) -> None:
    image = picture(3, 8, PHOTO_P3)
    notes = formats.write(image, tmp_path / "a.bmp")
    assert notes == ("BMP holds no color profile; the colors were converted to sRGB",)
    back = formats.read(tmp_path / "a.bmp").pixels
    assert np.abs(back - shown(image)).max() <= 1
    assert np.abs(back.astype(int) - image.pixels).max() > 10, "the profiles differ"


def test_a_gray_jpeg_with_an_rgb_profile_becomes_a_png_without(tmp_path: Path) -> None:
    held = io.BytesIO()
    PilImage.fromarray(picture(1, 8, None).pixels[..., 0]).save(held, "JPEG", icc_profile=ADOBE)
    (tmp_path / "a.jpg").write_bytes(held.getvalue())
    image = formats.read(tmp_path / "a.jpg")
    notes = formats.write(image, tmp_path / "a.png")
    assert notes[0].startswith("the RGB color profile does not fit gray pixels; ")
    back = formats.read(tmp_path / "a.png")
    assert back.metadata.icc is None
    assert np.abs(shown(back) - shown(image)).max() <= 1


def test_a_profile_of_another_space_is_left_out_of_color_pictures(tmp_path: Path) -> None:
    for icc, name in ((GRAY, "gray"), (LAB, "Lab")):
        image = picture(3, 16, icc)
        notes = formats.write(image, tmp_path / "a.png")
        assert notes == (f"the {name} color profile does not fit RGB pixels; left out",)
        back = formats.read(tmp_path / "a.png")
        assert back.metadata.icc is None
        np.testing.assert_array_equal(back.pixels, image.pixels)


def test_built_profiles_mean_what_those_of_littlecms_mean() -> None:
    curve, places = SRGB_CURVE, SRGB_CHROMATICITIES
    built = matrix_profile("sRGB", places, curve)
    assert profiles.compare(built, profiles.srgb_profile(), "RGB") == "same"
    for gamma in (1.0, 1.8, 2.8):
        for gray in (False, True):
            built = matrix_profile("x", P3_CHROMATICITIES, (gamma,), gray=gray)
            other = imagecodecs.cms_profile(
                "gray" if gray else "rgb", gamma=gamma, **({} if gray else P3)
            )
            kind: Any = "GRAY" if gray else "RGB"
            values = np.random.default_rng(0).random((9, 9, 1 if gray else 3), np.float32)
            found, expected = (
                profiles.transform(values, each, profiles.srgb_profile(), kind, np.float32)
                for each in (built, other)
            )
            np.testing.assert_allclose(found, expected, atol=2e-3)
    # The red of Apple's profile.
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profiles.display_p3_profile())).profile
    assert opened.red_colorant is not None
    np.testing.assert_allclose(opened.red_colorant[0], [0.51512, 0.24120, -0.00105], atol=2e-4)


@settings(max_examples=60)
@given(
    channels=st.integers(1, 4),
    bits=st.sampled_from([8, 16, 32]),
    icc=st.sampled_from(PROFILES),
    name=st.sampled_from(["srgb", "display-p3"]),
    white=st.sampled_from([1.0, 100.0]),
)
def test_a_picture_looks_the_same_in_another_profile(
    channels: int, bits: int, icc: bytes | None, name: str, white: float
) -> None:
    image, profile = picture(channels, bits, icc), formats.find_profile(name)
    if bits == 32:
        image = image.with_float(image.to_float() * np.float32(white))
    assert profile is not None
    converted = formats.with_profile(image, profile, white=white if bits == 32 else 1.0)
    assert converted.metadata.icc == (profile if channels >= 3 else None)
    assert (converted.bits, converted.pixels.shape) == (image.bits, image.pixels.shape)
    before, after = (
        to_display(each, background=(255, 255, 255), white=white).pixels.astype(int)
        for each in (image, converted)
    )
    assert np.abs(before - after).max() <= (4 if bits == 8 else 1)


def test_keep_leaves_the_profile_and_other_words_are_paths(tmp_path: Path) -> None:
    assert formats.find_profile("keep") is None
    (tmp_path / "a.icc").write_bytes(ADOBE)
    assert formats.find_profile(str(tmp_path / "a.icc")) == ADOBE
    for name, data in {
        "gray": GRAY,
        "lab": LAB,
        "text": b"no profile",
        "half": ADOBE[:300],
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SettingsError, match="expected an ICC profile for RGB"):
            formats.find_profile(str(tmp_path / name))
    for wrong in ("adobe", str(tmp_path), "a\0b"):
        with pytest.raises(
            SettingsError, match=r"cannot be read: .*; expected keep, srgb, display-p3"
        ):
            formats.find_profile(wrong)


@pytest.mark.parametrize("dither", [False, True])
@pytest.mark.parametrize(("suffix", "bits"), [(".png", 8), (".tif", 16), (".jpg", 8), (".bmp", 8)])
def test_a_job_writes_its_result_in_the_profile_asked_for(
    tmp_path: Path, suffix: str, bits: int, dither: bool
) -> None:
    image = picture(3, bits, PHOTO_P3)
    formats.write(image, tmp_path / "in.tif")
    wanted = Settings(profile="srgb", existing="replace", dither=dither, quality=100)
    step = Step("panet-denoise-lite", sigma=5, strength=0)
    job = restorer.Job(tmp_path / "in.tif", tmp_path / f"out{suffix}", (step,), wanted)
    result = restorer.run_job(job)
    assert (result.status, result.error) == ("done", "")
    back = formats.read(job.target)
    assert back.metadata.icc == (None if suffix == ".bmp" else profiles.srgb_profile())
    assert np.abs(shown(back) - shown(image)).max() <= (6 if suffix == ".jpg" else 1 + dither)


def test_a_job_with_a_file_that_is_no_profile_fails_before_the_work(tmp_path: Path) -> None:
    formats.write(picture(3, 8, None), tmp_path / "in.png")
    step, wanted = Step("panet-denoise-lite"), Settings(profile=str(tmp_path / "in.png"))
    job = restorer.Job(tmp_path / "in.png", tmp_path / "out.png", (step,), wanted)
    with pytest.raises(SettingsError, match="expected an ICC profile for RGB"):
        restorer.check_job(job)
    assert restorer.run_job(job).status == "failed"

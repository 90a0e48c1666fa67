"""A picture for the screen: right colors at every depth, without a copy where none is needed."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL import ImageCms

from restorer import Image, Metadata, to_display
from restorer.formats.color.profiles import srgb_profile
from restorer.restoration import display

ADOBE = imagecodecs.cms_profile("adobergb")
GRAY = imagecodecs.cms_profile("gray", gamma=1.0)
PILLOW_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def pixels(height: int, width: int, channels: int, bits: int = 8, seed: int = 0) -> Any:
    values = np.random.default_rng(seed).random((height, width, channels), np.float32)
    return Image(np.zeros((1, 1, 1), np.uint8)).with_float(values, bits=bits).pixels  # type: ignore[arg-type]


def in_pillow(rgb: Any, source: bytes, target: bytes) -> Any:
    """Return 8-bit colors as LittleCMS converts them within Pillow."""
    profiles = (ImageCms.ImageCmsProfile(io.BytesIO(p)) for p in (source, target))
    transform = ImageCms.buildTransform(
        *profiles, "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, flags=0x2000
    )
    return np.asarray(ImageCms.applyTransform(PilImage.fromarray(rgb), transform)).astype(int)


@pytest.mark.parametrize("icc", [None, srgb_profile(), PILLOW_SRGB])
@pytest.mark.parametrize("channels", [3, 4])
def test_srgb_of_eight_bit_is_not_copied(icc: bytes | None, channels: int) -> None:
    image = Image(pixels(5, 6, channels), Metadata(icc=icc))
    shown = to_display(image)
    assert shown.pixels is image.pixels
    assert shown.notes == ()


@settings(max_examples=40)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    channels=st.integers(1, 4),
    bits=st.sampled_from([8, 16, 32]),
    icc=st.sampled_from([None, srgb_profile(), ADOBE, GRAY, b"nonsense"]),
    background=st.sampled_from([None, (255, 128, 0)]),
    rows=st.integers(1, 9),
)
def test_every_picture_is_shown_alike_in_one_band_and_in_many(
    size: tuple[int, int],
    channels: int,
    bits: int,
    icc: bytes | None,
    background: tuple[int, int, int] | None,
    rows: int,
) -> None:
    image = Image(pixels(*size, channels, bits), Metadata(icc=icc))
    whole = to_display(image, background=background)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(display, "BAND_PIXELS", rows * size[1])
        parts = to_display(image, background=background)
    np.testing.assert_array_equal(parts.pixels, whole.pixels)
    has_alpha = channels in (2, 4) and background is None
    assert whole.pixels.shape == (*size, 4 if has_alpha else 3)
    assert whole.pixels.dtype == np.uint8
    fits = icc is None or icc in (srgb_profile(), ADOBE) or (icc == GRAY and channels <= 2)
    assert (whole.notes == ()) == fits


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_profile_of_the_file_is_turned_into_that_of_the_screen(bits: int) -> None:
    eight = pixels(30, 40, 3)
    image = Image(np.zeros((1, 1, 1), np.uint8), Metadata(icc=ADOBE))
    image = image.with_float(eight / np.float32(255), bits=bits)  # type: ignore[arg-type]
    expected = in_pillow(eight, ADOBE, PILLOW_SRGB)
    assert np.abs(expected - eight).max() > 20, "the profiles differ"
    assert np.abs(to_display(image).pixels - expected).max() <= 1
    same = to_display(image, screen=ADOBE).pixels
    assert np.abs(same.astype(int) - eight).max() == 0
    back = to_display(Image(eight), screen=ADOBE).pixels
    assert np.abs(back - in_pillow(eight, PILLOW_SRGB, ADOBE)).max() <= 1


def test_gray_profile_and_profile_of_colors_both_do_for_gray() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None, :, None]
    linear = to_display(Image(ramp, Metadata(icc=GRAY))).pixels[0]
    assert (np.ptp(linear, axis=1) <= 1).all()
    curve = ramp[0, :, 0] / 255
    expected = np.where(
        curve <= 0.0031308, 12.92 * curve, 1.055 * np.maximum(curve, 1e-9) ** (1 / 2.4) - 0.055
    )
    assert np.abs(linear[:, 1] - expected * 255).max() <= 1.5
    colors = to_display(Image(ramp, Metadata(icc=srgb_profile()))).pixels[0]
    np.testing.assert_array_equal(colors, ramp[0].repeat(3, 1))


@pytest.mark.parametrize(
    ("channels", "icc"), [(3, b""), (3, b"x" * 400), (3, ADOBE[:300]), (3, GRAY), (1, ADOBE[:300])]
)
def test_profile_that_is_none_or_for_other_pixels_is_taken_for_srgb_and_said(
    channels: int, icc: bytes
) -> None:
    image = Image(pixels(4, 5, channels), Metadata(icc=icc))
    shown = to_display(image)
    np.testing.assert_array_equal(shown.pixels, image.pixels.repeat(3 // channels, 2))
    assert len(shown.notes) == 1
    assert "profile" in shown.notes[0]


def test_damaged_profile_of_the_screen_shows_srgb_and_is_said() -> None:
    image = Image(pixels(4, 5, 3))
    shown = to_display(image, screen=b"nonsense")
    np.testing.assert_array_equal(shown.pixels, image.pixels)
    assert "screen" in shown.notes[0]


def test_sixteen_bits_and_floats_are_rounded() -> None:
    every = np.arange(65536).astype(np.uint16).reshape(256, 256, 1)
    shown = to_display(Image(every)).pixels
    np.testing.assert_array_equal(shown[..., :1], np.rint(every / 257))
    floats = np.array([[[-1, 0.5, 2], [0, 1, 0.2]]], np.float32)
    np.testing.assert_array_equal(to_display(Image(floats)).pixels, [[[0, 128, 255], [0, 255, 51]]])
    bright = to_display(Image(floats.clip(0, 1) * 1000), white=1000.0).pixels
    np.testing.assert_array_equal(bright, [[[0, 128, 255], [0, 255, 51]]])


def test_white_of_a_float_picture_is_told_by_the_picture() -> None:
    values = np.linspace(0, 255, 3000, dtype=np.float32).reshape(10, 100, 3)
    shown = to_display(Image(values)).pixels
    assert shown.max() == 255
    assert abs(int(shown[5, 0, 0]) - 128) <= 3


def test_transparent_pixels_lie_over_the_background() -> None:
    colors = np.full((2, 3, 4), 200, np.uint8)
    colors[0, :, 3] = (0, 128, 255)
    over = to_display(Image(colors), background=(10, 20, 30)).pixels
    np.testing.assert_array_equal(over[0, 0], (10, 20, 30))
    np.testing.assert_array_equal(over[0, 1], np.rint([105.37, 110.35, 115.33]))
    np.testing.assert_array_equal(over[0, 2], (200, 200, 200))
    gray = Image(np.ascontiguousarray(colors[..., 2:]))
    np.testing.assert_array_equal(to_display(gray).pixels, colors)

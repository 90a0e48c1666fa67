"""Highlights of camera RAW: neutral where nothing is known, estimated where a channel is left."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import SRGB_TO_XYZ, WHITE, sensor, write_dng

import restorer
from restorer import Mosaic, Settings
from restorer.formats.color import matrix
from restorer.formats.raw.highlights import reconstruct
from restorer.formats.raw.rendering import Development
from restorer.image import FloatArray
from restorer.sensor import bayer
from restorer.sensor.mosaic import CameraColor

NEUTRALS = ((0.5, 1.0, 0.625), (0.85, 1.0, 0.4), (0.4, 1.0, 0.8))


def recorded(linear: FloatArray, neutral: tuple[float, ...], pattern: str = "rggb") -> Mosaic:
    """Return what a sensor that saturates at 1 records of balanced linear colors."""
    samples = np.zeros((*linear.shape[:2], 1), np.float32)
    for y, x, number in bayer.sites(pattern):
        samples[y::2, x::2, 0] = np.minimum(linear[y::2, x::2, number] * neutral[number], 1)
    return Mosaic(samples, pattern, CameraColor(np.array(neutral), SRGB_TO_XYZ))


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(2, 19),
    width=st.integers(2, 19),
    pattern=st.sampled_from(bayer.PATTERNS),
    neutral=st.sampled_from(NEUTRALS),
    seed=st.integers(0, 99),
)
def test_saturated_samples_grow_and_all_others_stay(
    height: int, width: int, pattern: str, neutral: tuple[float, ...], seed: int
) -> None:
    colors = 3 * np.random.default_rng(seed).random((height, width, 3), np.float32)
    values = recorded(colors, neutral, pattern).samples
    saturation = 1 / np.array(neutral, np.float32)
    for y, x, number in bayer.sites(pattern):
        values[y::2, x::2] *= saturation[number]
    before = values.copy()
    reconstruct(values, pattern, saturation)
    for y, x, number in bayer.sites(pattern):
        site, old = values[y::2, x::2], before[y::2, x::2]
        low = old < 0.98 * saturation[number]
        assert np.array_equal(site[low], old[low])
        assert (site >= old).all()
    assert values.max() <= saturation.max() + 1e-6


@pytest.mark.parametrize("neutral", NEUTRALS)
@pytest.mark.parametrize("highlights", ["reconstruct", "clip"])
def test_bright_gray_has_no_color_at_any_exposure(
    neutral: tuple[float, ...], highlights: Literal["reconstruct", "clip"]
) -> None:
    ramp = np.repeat(np.linspace(0.2, 5, 120, dtype=np.float32)[None, :, None], 16, 0)
    mosaic = recorded(np.repeat(ramp, 3, 2), neutral)
    for exposure in (0, -2):
        development = Development(exposure=exposure, tone="linear", highlights=highlights)
        picture = restorer.plain_picture(mosaic, development).to_float()
        assert np.ptp(picture[4:-4, 4:-4], axis=2).max() < 0.05


def test_a_saturated_channel_is_estimated_from_the_others() -> None:
    neutral = NEUTRALS[0]
    color = np.array([1.0, 0.95, 0.6], np.float32)
    x = np.linspace(-1, 1, 96, dtype=np.float32)
    bump = 0.4 + 1.2 * np.exp(-8 * (x[:, None, None] ** 2 + x[None, :, None] ** 2))
    linear = bump * color  # green saturates at 1, red at 2, blue at 1.6
    errors = {}
    for highlights in ("reconstruct", "clip"):
        development = Development(exposure=-1, tone="linear", highlights=highlights)  # type: ignore[arg-type]  # one of them
        picture = restorer.plain_picture(recorded(linear, neutral), development)
        found = 2 * matrix.decoded(picture.to_float())
        errors[highlights] = np.abs(found - linear)[8:-8, 8:-8].max()
    assert errors["reconstruct"] < 0.1
    assert errors["clip"] > 0.4


def test_a_sensor_that_saturates_below_its_white_level_gives_white(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0.3, 3, 96, dtype=np.float32)[None, :, None], 32, 0)
    samples = np.minimum(sensor(np.repeat(ramp, 3, 2), "rggb"), round(0.93 * WHITE))
    write_dng(tmp_path / "a.dng", samples)
    picture = restorer.read(tmp_path / "a.dng").to_float()[4:-4, 4:-4]
    assert np.ptp(picture, axis=2).max() < 0.02
    assert picture[:, -16:].min() > 0.99


def test_a_dng_keeps_reconstructed_highlights_for_lower_exposure(tmp_path: Path) -> None:
    linear = np.full((48, 48, 3), np.float32(0.3))
    linear[16:32, 16:32] = 1.5
    source = restorer.Source(recorded(linear, NEUTRALS[0]), camera_colors=True)
    result = restorer.restore_region(source, "panet-demosaic-lite", source.region)
    restorer.write(result, tmp_path / "a.dng")
    shown = source.visible(result).to_float()
    again = restorer.read(tmp_path / "a.dng").to_float()
    assert np.abs(shown - again).max() < 2e-3
    direct = restorer.restore(recorded(linear, NEUTRALS[0]), "panet-demosaic-lite")
    assert np.abs(shown - direct.to_float()).max() < 2e-3
    with tifffile.TiffFile(tmp_path / "a.dng") as file:
        (preview,) = file.pages
        top, bottom = preview.tags[50730].value  # BaselineExposure
        white = preview.pages[0].asarray()[24, 24, 1] / 65_535
    assert white * 2 ** (top / bottom) == pytest.approx(1.5, rel=0.02)


def test_clipping_is_an_option_of_every_raw_picture() -> None:
    linear = np.full((24, 24, 3), np.float32(1.4))
    mosaic = recorded(linear, NEUTRALS[0])
    levels = {}
    for highlights in ("reconstruct", "clip"):
        chosen = Settings(highlights=highlights, exposure=-1, tone="linear")  # type: ignore[arg-type]  # one of them
        result = restorer.restore(mosaic, "panet-demosaic-lite", settings=chosen)
        levels[highlights] = float(matrix.decoded(result.to_float())[8:-8, 8:-8].mean())
    assert levels["clip"] == pytest.approx(0.5, rel=0.02)
    assert levels["reconstruct"] == pytest.approx(0.7, rel=0.05)

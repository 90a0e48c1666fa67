"""Mosaic DNG: samples of a sensor, and what the source says of camera and lens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from raw_files import NEUTRAL, linear_photograph, rational, sensor, write_dng

import restorer
from restorer import Mosaic, SensorNoise
from restorer.errors import ImageFormatError
from restorer.formats.color import matrix
from restorer.sensor import bayer

rawpy = pytest.importorskip("rawpy")

UNKNOWN_OPCODE = b"\0\0\0\1\0\0\0\x4d\1\3" + bytes(10)  # number 77, without parameters
STATED: dict[str, Any] = {
    "matrix2": (50722, *rational(np.diag((0.4, 1, 0.9)))),
    "illuminant2": (50779, 3, 1, 21),
    "calibration": (50723, *rational(np.diag((1.01, 1, 0.99)))),
    "lens": (50736, 5, 4, (24, 1, 70, 1, 28, 10, 28, 10)),
    "serial": (50735, 2, 0, "1234"),
    "curve": (50940, 11, 6, (0.0, 0.0, 0.5, 0.6, 1.0, 1.0)),
    "profile": (51041, 12, 2, (1e-3, 1e-5)),
    "digest": (50972, 1, 16, tuple(range(16))),
    "opcodes": (51022, 7, len(UNKNOWN_OPCODE), UNKNOWN_OPCODE),
}


def tags(path: Path) -> Any:
    """Return the tags of the file and of its samples."""
    with tifffile.TiffFile(path) as file:
        first, *_ = file.pages
        return tuple(
            {tag.code: tag.value for tag in page.tags.values()}
            for page in (first, *(first.pages or ()))
        )


def mosaic_of(path: Path) -> Mosaic:
    page = restorer.read_page(path)
    assert isinstance(page, Mosaic)
    return page


@settings(max_examples=10, deadline=None)
@given(
    pattern=st.sampled_from(bayer.PATTERNS),
    height=st.integers(24, 40),
    width=st.integers(24, 300),
    compression=st.sampled_from(["lossless", "none"]),
)
def test_samples_of_any_phase_and_size_come_back_in_all_programs(
    tmp_path_factory: pytest.TempPathFactory,
    pattern: str,
    height: int,
    width: int,
    compression: str,
) -> None:
    path = tmp_path_factory.mktemp("raw") / "a.dng"
    random = np.random.default_rng(height * width)
    samples = random.normal(0.02, 0.02, (height, width, 1)).astype(np.float32)  # much below black
    color = restorer.CameraColor(np.array(NEUTRAL), np.eye(3))
    options = restorer.writer_options(path, compression=compression)
    assert restorer.write(Mosaic(samples, pattern, color), path, options) == ()
    again = mosaic_of(path)
    assert again.pattern == pattern
    assert np.abs(again.samples - samples).max() < 1 / 60_000
    assert np.allclose(again.color.neutral, NEUTRAL, atol=1e-5)
    with tifffile.TiffFile(path) as file, rawpy.imread(str(path)) as opened:
        stored = file.pages[0].pages[0]  # type: ignore[union-attr, index]  # of the preview
        assert stored.tags[258].value == 16
        assert np.array_equal(stored.asarray(), opened.raw_image)
        assert opened.raw_image.min() > 0
        assert opened.white_level == 65_535
        assert set(opened.black_level_per_channel) == {stored.tags[50714].value}


def test_what_the_source_says_of_camera_and_lens_is_carried(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(40, 48), "gbrg"), "gbrg", **STATED)
    page = mosaic_of(tmp_path / "a.dng")
    assert page.noise == SensorNoise((1e-3,) * 3, (1e-5,) * 3)
    assert restorer.write(page, tmp_path / "b.dng") == ()
    (before,) = tags(tmp_path / "a.dng")
    first, samples = tags(tmp_path / "b.dng")
    for name in ("matrix2", "illuminant2", "calibration", "lens", "serial", "curve"):
        code = STATED[name][0]
        assert first[code] == before[code], name
    assert first[50721] == before[50721]
    assert samples[51022] == UNKNOWN_OPCODE
    assert 50972 not in first
    assert samples[51041] == (1e-3, 1e-5) * 3
    assert samples[50829] == (0, 0, 40, 48)
    assert mosaic_of(tmp_path / "b.dng").color.calibrations[1].illuminant == 21


@pytest.mark.parametrize(
    "changes",
    [
        {"turn": (274, 3, 1, 6)},
        {"origin": (50719, 4, 2, (2, 2)), "size": (50720, 4, 2, (40, 32))},
    ],
)
def test_corrections_of_the_lens_are_dropped_from_another_place(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    changes = {"orientation": changes.pop("turn"), **changes} if "turn" in changes else changes
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(40, 48), "rggb"), **STATED, **changes)
    restorer.write(mosaic_of(tmp_path / "a.dng"), tmp_path / "b.dng")
    first, samples = tags(tmp_path / "b.dng")
    assert 51022 not in samples
    assert first[50735] == "1234"


def test_the_preview_shows_the_samples(tmp_path: Path) -> None:
    old = np.full((20, 24, 3), 255, np.uint8)
    colors = linear_photograph(40, 48)
    write_dng(tmp_path / "a.dng", sensor(colors, "rggb"), preview=old)
    page = mosaic_of(tmp_path / "a.dng")
    restorer.write(page, tmp_path / "b.dng")
    found = restorer.embedded_preview(tmp_path / "b.dng")
    assert found is not None
    plain = restorer.plain_picture(page).pixels.astype(np.float32) / 257
    expected = np.asarray(PilImage.fromarray(plain.astype(np.uint8)).resize((24, 20)))
    assert np.abs(found.pixels.astype(float) - expected)[2:-2, 2:-2].mean() < 8


def test_other_formats_hold_no_samples(tmp_path: Path) -> None:
    color = restorer.CameraColor(np.ones(3), matrix.colorants(matrix.SRGB_CHROMATICITIES))
    mosaic = Mosaic(np.zeros((8, 8, 1), np.float32), "rggb", color)
    with pytest.raises(ImageFormatError, match=r"PNG cannot hold sensor samples; choose DNG"):
        restorer.write(mosaic, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "profile", [(0.0, 0.0), (-1e-3, 1e-5), (1e-3, float("nan")), (3.0, 0.0), (1e-3, 1e-5, 1.0)]
)
def test_a_senseless_noise_profile_is_not_believed(
    tmp_path: Path, profile: tuple[float, ...]
) -> None:
    stated = (51041, 12, len(profile), profile)
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(24, 24), "rggb"), profile=stated)
    assert mosaic_of(tmp_path / "a.dng").noise is None

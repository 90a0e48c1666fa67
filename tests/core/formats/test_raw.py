"""Camera RAW: samples, levels, colors, and the picture that a network makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from raw_files import (
    BLACK,
    NEUTRAL,
    SRGB_TO_XYZ,
    WHITE,
    linear_photograph,
    rational,
    sensor,
    write_dng,
)

import restorer
from restorer import Image, Mosaic, Settings
from restorer.formats import metadata
from restorer.formats.color import matrix
from restorer.formats.raw import camera_color, rendering
from restorer.sensor import bayer
from restorer.sensor.mosaic import Calibration, CameraColor

from helpers import make_photograph

rawpy = pytest.importorskip("rawpy")
MODEL = "panet-demosaic-lite"


@settings(max_examples=12, deadline=None)
@given(
    pattern=st.sampled_from(bayer.PATTERNS),
    turn=st.integers(1, 8),
    height=st.integers(16, 25),
    width=st.integers(16, 25),
)
def test_flat_colors_of_any_phase_and_orientation_come_out_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, pattern: str, turn: int, height: int, width: int
) -> None:
    path = tmp_path_factory.mktemp("raw") / "a.dng"
    color = np.array([0.5, 0.3, 0.1], np.float32)
    samples = sensor(np.full((height, width, 3), color, np.float32), pattern)
    write_dng(path, samples, pattern, orientation=(274, 3, 1, turn))
    size = (width, height) if turn > 4 else (height, width)
    header = restorer.probe(path)
    assert (header.height, header.width, header.format) == (*size, "DNG")
    page = restorer.read_page(path)
    assert isinstance(page, Mosaic)
    assert metadata.orientation(page.metadata) == 1
    picture = rendering.plain_picture(page, rendering.Development(tone="linear"))
    assert picture.pixels.shape == (*size, 3)
    found = matrix.decoded(picture.to_float())
    assert np.abs(found - color).max() < 2e-3


@pytest.mark.parametrize("pattern", bayer.PATTERNS)
def test_turning_a_mosaic_is_turning_the_picture_that_it_samples(pattern: str) -> None:
    colors = np.random.default_rng(0).random((7, 10, 3), np.float32)
    mosaic = Mosaic(
        bayer.raw_samples(bayer.spread(colors.sum(2, keepdims=True), pattern), pattern),
        pattern,
        CameraColor(np.ones(3), SRGB_TO_XYZ),
    )
    for turn in range(1, 9):
        turned = metadata.upright(
            Mosaic(
                mosaic.samples,
                pattern,
                mosaic.color,
                metadata.with_orientation(mosaic.metadata, turn),
            )
        )
        planes = bayer.spread(turned.samples, turned.pattern)
        assert np.array_equal(planes, metadata.turned(bayer.spread(mosaic.samples, pattern), turn))


def test_the_network_restores_raw_samples_to_the_colors_of_the_scene(tmp_path: Path) -> None:
    colors = linear_photograph(48, 64)
    for pattern in ("rggb", "gbrg"):
        write_dng(tmp_path / "a.dng", sensor(colors, pattern), pattern)
        result = restorer.restore(tmp_path / "a.dng", MODEL, settings=Settings(tone="linear"))
        assert result.bits == 16
        assert restorer.profile_name(result.metadata.icc).startswith("sRGB")
        error = result.to_float() - matrix.encoded(colors)
        plain = restorer.read(tmp_path / "a.dng")
        assert np.sqrt((error[4:-4, 4:-4] ** 2).mean()) < 0.02
        assert plain.pixels.shape == result.pixels.shape


def test_a_region_of_a_raw_picture_is_that_of_the_whole(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(40, 56), "grbg"), "grbg")
    page = restorer.read_page(tmp_path / "a.dng")
    whole = restorer.restore(page, MODEL)
    region = restorer.Region(5, 7, 20, 31)
    part = restorer.restore_region(page, MODEL, region)
    assert np.array_equal(part.pixels, region.of(whole.pixels))


def test_other_steps_follow_the_demosaicing_that_raw_samples_need(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(24, 32), "rggb"))
    job = restorer.Job(tmp_path / "a.dng", tmp_path / "b.tif", ("panet-sr-x2-lite",))
    result = restorer.run_job(job)
    assert result.status == "done", result.error
    assert [plan.model for plan in result.plans] == [MODEL, "panet-sr-x2-lite"]
    assert restorer.read(tmp_path / "b.tif").pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("profile", ["display-p3", "rec2020-linear", "prophoto-linear"])
def test_saturated_colors_survive_in_a_wide_space(tmp_path: Path, profile: str) -> None:
    to_xyz = matrix.colorants(matrix.REC2020_CHROMATICITIES)
    color = np.array([0.5, 0.1, 0.02], np.float32)  # in Rec. 2020; its red lies beyond sRGB
    write_dng(
        tmp_path / "a.dng",
        sensor(np.full((24, 24, 3), color, np.float32), "rggb"),
        matrix=(50721, *rational(np.diag(NEUTRAL) @ np.linalg.inv(to_xyz))),
    )
    chosen = Settings(tone="linear", profile=profile)
    result = restorer.restore(tmp_path / "a.dng", MODEL, settings=chosen)
    assert result.metadata.icc == restorer.find_profile(profile)
    found = result.to_float()[8:-8, 8:-8].mean((0, 1)).astype(np.float64)
    chromaticities = {
        "display-p3": matrix.P3_CHROMATICITIES,
        "rec2020-linear": matrix.REC2020_CHROMATICITIES,
        "prophoto-linear": matrix.PROPHOTO_CHROMATICITIES,
    }[profile]
    linear = matrix.decoded(found.astype(np.float32)) if profile == "display-p3" else found
    wanted = np.clip(np.linalg.solve(matrix.colorants(chromaticities), to_xyz @ color), 0, 1)
    assert np.abs(linear - wanted).max() < 0.01


def test_exposure_white_balance_and_tone_change_the_picture_as_said(tmp_path: Path) -> None:
    flat = np.full((24, 24, 3), np.float32(0.1))
    write_dng(tmp_path / "a.dng", sensor(flat, "rggb"))
    page = restorer.read_page(tmp_path / "a.dng")

    def level(**values: Any) -> NDArray[np.float32]:
        result = restorer.restore(page, MODEL, settings=Settings(**values))
        return matrix.decoded(result.to_float())[8:-8, 8:-8].mean((0, 1))

    assert np.abs(level(tone="linear") - 0.1).max() < 2e-3
    assert np.abs(level(tone="linear", exposure=1) - 0.2).max() < 4e-3
    assert np.abs(level() - 0.15 / 1.05).max() < 3e-3
    warm = level(tone="linear", white_balance="4,1.6")
    assert warm[0] / warm[1] == pytest.approx(2, rel=0.02)
    assert warm[2] / warm[1] == pytest.approx(1, rel=0.02)


def test_highlights_stay_neutral_where_one_channel_is_saturated(tmp_path: Path) -> None:
    samples = sensor(np.full((24, 24, 3), np.float32(1.4)), "rggb")
    write_dng(tmp_path / "a.dng", np.minimum(samples, WHITE))
    picture = restorer.restore(tmp_path / "a.dng", MODEL).pixels[6:-6, 6:-6]
    assert picture.min() > 65_000


def test_levels_crop_and_dead_pixels_are_obeyed(tmp_path: Path) -> None:
    flat = sensor(np.full((60, 68, 3), np.float32(0.4)), "gbrg")
    flat[10, 11] = 0
    blacks = np.tile([[100, 200], [300, 400]], (30, 34))
    write_dng(
        tmp_path / "a.dng",
        np.where(flat > 0, flat - BLACK + blacks, 0).astype(np.uint16),
        "gbrg",
        black=(50714, 4, 4, (100, 200, 300, 400)),
        dim_black=(50713, 3, 2, (2, 2)),
        white=(50717, 4, 1, WHITE - BLACK + 400),
        active=(50829, 4, 4, (2, 3, 60, 68)),
        origin=(50719, 4, 2, (1, 2)),
        size=(50720, 4, 2, (56, 52)),
    )
    page = restorer.read_page(tmp_path / "a.dng")
    assert isinstance(page, Mosaic)
    assert page.samples.shape == (52, 56, 1)
    assert page.notes == ("1 dead pixel of the sensor, filled from the neighbors",)
    assert page.samples.min() > 0.05


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"matrix": None}, "colors of this camera are unknown"),
        ({"matrix": (50721, 10, 9, (0, 1) * 9)}, "colors of this camera are unknown"),
        ({"neutral": None}, "states no white balance"),
        ({"opcodes": (51009, 7, 3, bytes(3))}, "not applied: a damaged list"),
    ],
)
def test_what_is_unknown_or_not_applied_is_said(tmp_path: Path, changes: Any, said: str) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(20, 20), "rggb"), **changes)
    page = restorer.read_page(tmp_path / "a.dng")
    assert any(said in note for note in page.notes), page.notes


def test_colors_that_the_maker_interpolated_are_taken_with_a_note(tmp_path: Path) -> None:
    colors = linear_photograph(20, 24)
    recorded = colors * np.array(NEUTRAL, np.float32)
    samples = np.rint(recorded * (WHITE - BLACK) + BLACK).astype(np.uint16)
    for compression in (None, "jpegxl"):
        write_dng(
            tmp_path / "a.dng",
            samples,
            photometric=34892,
            compression=compression,
            **{"dim": None, "colors": None},
        )
        image = restorer.read(tmp_path / "a.dng")
        assert "demosaiced by the program that made it" in " ".join(image.notes)
        found = matrix.decoded(image.to_float())
        assert np.abs(found - rendering.lifted(colors)).max() < 5e-3


def test_samples_in_jpeg_xl_are_those_of_the_plain_file(tmp_path: Path) -> None:
    samples = sensor(linear_photograph(24, 32), "bggr")
    write_dng(tmp_path / "plain.dng", samples, "bggr")
    write_dng(tmp_path / "packed.dng", samples, "bggr", compression="jpegxl")
    plain, packed = (restorer.read_page(tmp_path / f"{n}.dng") for n in ("plain", "packed"))
    assert isinstance(plain, Mosaic)
    assert isinstance(packed, Mosaic)
    assert plain.pattern == packed.pattern
    assert np.array_equal(plain.samples, packed.samples)


def test_the_colors_of_libraw_with_the_same_settings(tmp_path: Path) -> None:
    from skimage import color

    colors = linear_photograph(64, 64)
    write_dng(tmp_path / "a.dng", sensor(colors, "rggb"))
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        theirs = raw.postprocess(
            use_camera_wb=True,
            no_auto_bright=True,
            output_bps=16,
            gamma=(2.4, 12.92),
            adjust_maximum_thr=0.0,
        )
    page = restorer.read_page(tmp_path / "a.dng")
    assert isinstance(page, Mosaic)
    ours = rendering.plain_picture(page, rendering.Development(tone="linear")).pixels
    labs = [color.rgb2lab(each[4:-4, 4:-4] / 65_535) for each in (ours, theirs)]
    assert color.deltaE_ciede2000(*labs).mean() < 1.5


def test_two_calibrations_are_mixed_by_the_temperature_of_the_light() -> None:
    warm = Calibration(np.diag([1.2, 1, 0.6]), illuminant=17)
    cold = Calibration(np.diag([0.8, 1, 1.1]), illuminant=21)
    for single, kelvins in ((warm, 2850), (cold, 6504)):
        # The neutral that a light of this temperature gives with its own calibration.
        white = {2850: (1.0985, 1, 0.3558), 6504: (0.9505, 1, 1.0888)}[kelvins]
        neutral = single.color @ np.array(white)
        alone = camera_color.camera_color([single], neutral)
        mixed = camera_color.camera_color([warm, cold], neutral)
        assert np.abs(alone.to_xyz - mixed.to_xyz).max() < 0.02
        assert mixed.to_xyz.sum(1) == pytest.approx(matrix.D50)


@pytest.mark.parametrize("compression", ["lossless", "none"])
def test_a_dng_of_the_result_has_the_colors_of_the_camera(tmp_path: Path, compression: str) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(40, 300), "rggb"))
    result = restorer.run_job(restorer.Job(tmp_path / "a.dng", tmp_path / "b.dng", (MODEL,)))
    assert result.status == "done", result.error
    assert not result.notes
    if compression == "none":  # the other one is the default
        page = restorer.read_page(tmp_path / "a.dng")
        source = restorer.Source(page, camera_colors=True)
        image = restorer.restore_region(source, MODEL, source.region)
        options = restorer.writer_options(tmp_path / "b.dng", compression=compression)
        restorer.write(image, tmp_path / "b.dng", options)
    with tifffile.TiffFile(tmp_path / "b.dng") as file:
        (preview,) = file.pages
        (raw,) = preview.pages
        samples = raw.asarray()
        assert preview.asarray().shape[2] == 3
        assert preview.tags[50778].value == 23
        neutral = np.reshape(preview.tags[50728].value, (3, 2))
        assert np.allclose(neutral[:, 0] / neutral[:, 1], NEUTRAL, atol=1e-3)
    wanted = restorer.restore(tmp_path / "a.dng", MODEL, settings=Settings(tone="linear"))
    linear = matrix.decoded(wanted.to_float()) * np.array(NEUTRAL, np.float32)
    assert np.abs(samples / 65_535 - linear).max() < 1e-3
    with rawpy.imread(str(tmp_path / "b.dng")) as opened:
        assert np.array_equal(opened.raw_image_visible[..., :3], samples)
        theirs = opened.postprocess(
            use_camera_wb=True,
            no_auto_bright=True,
            output_bps=16,
            gamma=(2.4, 12.92),
            adjust_maximum_thr=0.0,
        )
    assert np.abs(theirs / 65_535 - wanted.to_float()).mean() < 0.01
    again = restorer.read(tmp_path / "b.dng").to_float()
    assert np.abs(again - restorer.restore(tmp_path / "a.dng", MODEL).to_float()).max() < 5e-3


def test_any_picture_can_become_a_dng_that_shows_it(tmp_path: Path) -> None:
    photo = make_photograph(64, 80)
    exif = b"MM\0*\0\0\0\x08\0\1\1\x0f\0\2\0\0\0\4Abc\0\0\0\0\0"  # of the other byte order
    restorer.write(Image(photo, restorer.Metadata(exif=exif)), tmp_path / "a.dng")
    assert restorer.read_capture_info(restorer.read(tmp_path / "a.dng").metadata).make == "Abc"
    with rawpy.imread(str(tmp_path / "a.dng")) as opened:
        theirs = opened.postprocess(
            use_camera_wb=True, no_auto_bright=True, gamma=(2.4, 12.92), adjust_maximum_thr=0.0
        )
    assert np.abs(theirs.astype(float) - photo).mean() < 2


def test_the_name_of_a_result_gets_a_suffix_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_dng(tmp_path / "in" / "a.dng", sensor(linear_photograph(16, 16), "rggb"))
    (job,) = restorer.plan_jobs(tmp_path / "in", tmp_path / "out", [MODEL]).jobs
    assert job.target.name == "a.tif"


@pytest.mark.parametrize("turn", [1, 6])
def test_the_embedded_preview_is_shown_upright(tmp_path: Path, turn: int) -> None:
    preview = np.full((24, 36, 3), 200, np.uint8)
    preview[:, :18] = 40  # dark on the left of the sensor
    samples = sensor(linear_photograph(32, 48), "rggb")
    turned = (274, 3, 1, turn)
    write_dng(tmp_path / "a.dng", samples, preview=preview, orientation=turned)
    found = restorer.embedded_preview(tmp_path / "a.dng")
    assert found is not None
    assert found.bits == 8
    expected = metadata.turned(preview, turn)
    assert np.abs(found.pixels.astype(int) - expected).mean() < 4
    assert isinstance(restorer.read_page(tmp_path / "a.dng"), Mosaic)
    write_dng(tmp_path / "b.dng", samples)
    assert restorer.embedded_preview(tmp_path / "b.dng") is None

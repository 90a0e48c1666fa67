"""Camera RAW: samples, levels, colors, and the picture that a network makes of them."""

from __future__ import annotations

import io
import platform
import struct
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
from restorer.errors import ImageFormatError
from restorer.formats import metadata
from restorer.formats.color import matrix
from restorer.formats.raw import camera_color, libraw, rendering, sniff
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


def test_a_small_picture_in_very_many_samples_is_refused(tmp_path: Path) -> None:
    samples = np.full((2100, 2100), 1000, np.uint16)
    write_dng(
        tmp_path / "a.dng",
        samples,
        origin=(50719, 4, 2, (0, 0)),
        size=(50720, 4, 2, (16, 16)),
    )
    with pytest.raises(ImageFormatError, match="small part of its samples"):
        restorer.read(tmp_path / "a.dng")


STARTS = {
    "CR2": b"II*\0\x10\0\0\0CR\2\0",
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "CRW": b"II\x1a\0\0\0HEAPCCDR",
    "RAF": b"FUJIFILMCCD-RAW 0201",
    "ORF": b"IIRO\x08\0\0\0",
    "RW2": b"IIU\0\x18\0\0\0",
    "X3F": b"FOVb\1\0\2\0",
    "MRW": b"\0MRM\0\0\1",
    "IIQ": b"II*\0\x08\0\0\0IIII",
}


@pytest.mark.parametrize("name", STARTS)
def test_raw_files_of_cameras_are_recognized_and_damage_is_said(tmp_path: Path, name: str) -> None:
    start = STARTS[name] + b"\x01\x02\x80\xff" * 60
    assert sniff.sniff(io.BytesIO(start)) == 2
    path = tmp_path / f"a.{name.lower()}"
    path.write_bytes(start)
    with pytest.raises(ImageFormatError, match="damaged, or of an unknown camera"):
        restorer.read(path)


XTRANS = "GGRGGBGGBGGRBRGRBGGGBGGRGGRGGBRBGBRG"


def test_x_trans_sensors_are_demosaiced_by_libraw_with_a_note(tmp_path: Path) -> None:
    color = np.array([0.5, 0.3, 0.1]) * NEUTRAL
    tile = color[["RGB".index(letter) for letter in XTRANS]].reshape(6, 6)
    samples = np.rint(np.tile(tile, (86, 87)) * (WHITE - BLACK) + BLACK).astype(np.uint16)
    numbers = tuple("RGB".index(letter) for letter in XTRANS)
    cells = {"dim": (33421, 3, 2, (6, 6)), "colors": (33422, 1, 36, numbers)}
    write_dng(tmp_path / "a.dng", samples, **cells)  # LibRaw needs 512 x 512
    image = restorer.read(tmp_path / "a.dng")
    assert "LibRaw demosaiced the picture, as the camera has an X-Trans sensor" in image.notes
    assert image.pixels.shape == (516, 522, 3)
    found = matrix.decoded(image.to_float())[8:-8, 8:-8].mean((0, 1))
    assert np.abs(found - rendering.lifted(np.array([0.5, 0.3, 0.1], np.float32))).max() < 0.04


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dim": None, "colors": None}, "a monochrome sensor"),
        ({"colors": (33422, 1, 4, (3, 5, 4, 1)), "planes": (50710, 1, 4, (3, 4, 5, 1))}, "GMCY"),
        ({"layout": (50711, 3, 1, 6)}, "a sensor with the colors RGBG"),
        ({"layout": (50711, 3, 1, 2)}, "the samples do not lie in rows"),
    ],
)
def test_other_sensors_are_left_to_libraw(tmp_path: Path, changes: Any, said: str) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(60, 80), "rggb"), **changes)
    try:
        page = restorer.read_page(tmp_path / "a.dng")
    except ImageFormatError as error:
        assert said in str(error)  # noqa: PT017  # one of the cases
        return
    assert isinstance(page, Image)
    assert any(note.endswith(said) for note in page.notes), page.notes
    assert page.pixels.shape == (60, 80, 3)


def test_color_filters_that_rawpy_does_not_know_are_damage(tmp_path: Path) -> None:
    class Odd:
        @property
        def raw_pattern(self) -> None:
            raise NotImplementedError("filters: 228")

    write_dng(tmp_path / "a.dng", sensor(linear_photograph(40, 48), "rggb"))
    with (tmp_path / "a.dng").open("rb") as file:
        found = libraw.LibRaw(file)
        found._raw = Odd()
        with pytest.raises(ImageFormatError, match="filters: 228"):
            found.pattern  # noqa: B018  # raises


def test_planes_in_another_order_are_those_of_the_matrices(tmp_path: Path) -> None:
    samples = sensor(linear_photograph(24, 32), "rggb")
    planes = (50710, 1, 3, (2, 1, 0))
    for compression in (None, "jpegxl"):  # LibRaw's, and ours
        write_dng(tmp_path / "a.dng", samples, compression=compression, planes=planes)
        page = restorer.read_page(tmp_path / "a.dng")
        assert isinstance(page, Mosaic)
        assert page.pattern == "bggr"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="LibRaw prints there")
def test_libraw_prints_nothing_about_damage(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(40, 40), "rggb"))
    data = (tmp_path / "a.dng").read_bytes()
    with pytest.raises(ImageFormatError):
        libraw.LibRaw(io.BytesIO(data[:-100])).values()
    with pytest.raises(rawpy.LibRawError):  # as it does without us
        rawpy.imread(io.BytesIO(data[:-100])).raw_image  # noqa: B018  # decodes
    assert capfd.readouterr().err.count("Unexpected end of file") == 1


SCALE = struct.pack(">8I", 0, 0, 40, 48, 0, 1, 2, 1) + struct.pack(">I20f", 20, *[1.1] * 20)
OPCODES = struct.pack(">2I4B2I", 1, 12, 1, 3, 0, 0, 0, len(SCALE)) + SCALE


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_dng_files_give_a_picture_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("raw") / "a.dng"
    colors = linear_photograph(40, 48)
    changes: dict[str, Any] = {"opcodes": (51009, 7, len(OPCODES), OPCODES)}
    samples = sensor(colors, "rggb")
    if data.draw(st.booleans()):
        samples = (colors * 10_000).astype(np.uint16)
        changes |= {"photometric": 34892, "dim": None, "colors": None}
    changes |= {"compression": data.draw(st.sampled_from([None, "jpegxl"]))}
    write_dng(path, samples, **changes)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(100, len(raw)))])
    try:
        header, image = restorer.probe(path), restorer.read(path, max_pixels=100_000)
    except restorer.ImageError:
        return
    assert isinstance(image, Image)
    assert image.pixels.shape[:2] == (header.height, header.width)


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


def packet(inner: str, attributes: str = "") -> str:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
        ' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
        f' xmlns:darktable="http://darktable.sf.net/" {attributes}>{inner}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


@pytest.mark.parametrize("name", ["a.xmp", "a.dng.xmp", "a.XMP"])
def test_a_sidecar_gives_its_metadata_but_no_settings_of_converters(
    tmp_path: Path, name: str
) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(24, 32), "rggb"))
    curve = "<crs:ToneCurve><rdf:Seq><rdf:li>0, 9</rdf:li></rdf:Seq></crs:ToneCurve>"
    history = "<darktable:history><rdf:Seq/></darktable:history>"
    stated = 'xmp:Rating="4" crs:Exposure2012="+1.50" tiff:Orientation="6"'
    (tmp_path / name).write_text(packet(curve + history, stated))
    page = restorer.read_page(tmp_path / "a.dng")
    found = page.metadata.xmp or b""
    assert b'xmp:Rating="4"' in found
    assert b"Exposure2012" not in found
    assert b"ToneCurve" not in found
    assert b"darktable:history" not in found
    assert (page.height, page.width) == (32, 24)
    assert restorer.probe(tmp_path / "a.dng").height == 32
    said = " ".join(page.notes)
    assert all(word in said.lower() for word in ("camera raw", "darktable", name.lower()))


@pytest.mark.parametrize("content", [b"", b"<x", b"\xff\0", packet("<rdf:li>").encode()])
def test_a_damaged_sidecar_is_left_out_with_a_note(tmp_path: Path, content: bytes) -> None:
    write_dng(tmp_path / "a.dng", sensor(linear_photograph(16, 16), "rggb"))
    (tmp_path / "a.xmp").write_bytes(content)
    page = restorer.read_page(tmp_path / "a.dng")
    assert page.metadata.xmp is None
    assert any("a.xmp" in note and "damaged" in note for note in page.notes)


def test_sidecars_of_raw_files_are_no_files_of_a_batch(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    write_dng(folder / "a.dng", sensor(linear_photograph(16, 16), "rggb"))
    write_dng(folder / "b.dng", sensor(linear_photograph(16, 16), "rggb"))
    for name in ("a.xmp", "b.dng.xmp", "other.xmp"):
        (folder / name).write_text(packet(""))
    batch = restorer.plan_jobs(folder, tmp_path / "out", [MODEL])
    assert [job.source.name for job in batch.jobs] == ["a.dng", "b.dng"]
    assert [each.path.name for each in batch.ignored] == ["other.xmp"]

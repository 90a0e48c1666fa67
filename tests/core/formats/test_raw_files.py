"""Files of cameras: what is recognized, what is left to LibRaw, what is damaged."""

from __future__ import annotations

import io
import platform
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import BLACK, NEUTRAL, WHITE, linear_photograph, sensor, write_dng

import restorer
from restorer import Image, Mosaic
from restorer.errors import ImageFormatError
from restorer.formats.color import matrix
from restorer.formats.raw import libraw, rendering, sniff

rawpy = pytest.importorskip("rawpy")
MODEL = "panet-demosaic-lite"


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
    assert "LibRaw demosaiced the picture, because the camera has an X-Trans sensor" in image.notes
    assert image.pixels.shape == (516, 522, 3)
    found = matrix.decoded(image.to_float())[8:-8, 8:-8].mean((0, 1))
    assert np.abs(found - rendering.lifted(np.array([0.5, 0.3, 0.1], np.float32))).max() < 0.04


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dim": None, "colors": None}, "a monochrome sensor"),
        ({"colors": (33422, 1, 4, (3, 5, 4, 1)), "planes": (50710, 1, 4, (3, 4, 5, 1))}, "GMCY"),
        ({"layout": (50711, 3, 1, 6)}, "a sensor with the colors RGBG"),
        ({"layout": (50711, 3, 1, 2)}, "the samples are not stored in rows"),
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

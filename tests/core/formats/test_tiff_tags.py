"""Tags of TIFF files travel, in any byte order and size of offsets."""

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.formats.color import profiles
from restorer.formats.exif import ifd
from restorer.formats.tiff import tiff
from restorer.image import Image, Metadata

from tiff_files import stored, values_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.tif"


@given(byteorder=st.sampled_from("<>"), bigtiff=st.booleans(), pages=st.integers(1, 3))
@settings(max_examples=8)
def test_data_behind_the_last_page_are_named_and_nothing_else(
    tmp_path_factory, byteorder, bigtiff, pages
):
    path = tmp_path_factory.mktemp("trailer") / "a.tif"
    values = values_of((pages, 5, 6, 3), np.uint8)
    stored(path, values, photometric="rgb", byteorder=byteorder, bigtiff=bigtiff)
    whole = path.read_bytes()
    before = formats.read(path).notes
    assert not any("trailer" in note for note in before)
    path.write_bytes(whole + bytes(5000))
    assert formats.read(path).notes == before
    path.write_bytes(whole + b"\xff\xd8" + b"x" * 2998)
    assert "trailer of 3 kB" in formats.read(path).notes[-1]


def test_thumbnail_pages_do_not_count(path):
    values = values_of((8, 8, 3), np.uint8)
    with tifffile.TiffWriter(path) as writer:
        writer.write(values[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
        writer.write(values, photometric="rgb", metadata=None)
    np.testing.assert_array_equal(formats.read(path).pixels, values)
    assert formats.probe(path).pages == 1


TAGS = {
    270: "A title",
    271: "Maker",
    272: "Model",
    305: "Program",
    306: "2026:01:02 03:04:05",
    315: "Me",
    33432: "(c) me",
}


def tagged(path, byteorder):
    layout = ifd.Layout(byteorder)
    text = {tag: ifd.Field(2, len(word) + 1, word.encode() + b"\0") for tag, word in TAGS.items()}
    exposure = ifd.Field(5, 1, layout.pack("II", 1, 125))
    maker = ifd.Field(7, 9, b"\x01maker\0\xff\x02")
    inner = ifd.Directory({1: ifd.Field(2, 4, b"R98\0")})
    exif = ifd.Directory({33434: exposure, 0x927C: maker}, {ifd.INTEROP: inner})
    gps = ifd.Directory({1: ifd.Field(2, 2, b"N\0")})
    stored(
        path,
        values_of((6, 7, 3), np.uint16),
        photometric="rgb",
        byteorder=byteorder,
        software=False,
    )
    with path.open("r+b") as file:
        ifd.extend(file, ifd.Directory(text, {ifd.EXIF: exif, ifd.GPS: gps}))


def check(exif):
    found = PilImage.Exif()
    found.load(exif)
    assert {tag: found[tag] for tag in TAGS} == TAGS
    inner = found.get_ifd(0x8769)
    assert (float(inner[33434]), inner[0x927C]) == (1 / 125, b"\x01maker\0\xff\x02")
    assert found.get_ifd(0x8825)[1] == "N"
    assert found.get_ifd(0xA005)[1] == "R98"


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("target", [".tif", ".jpg", ".png", ".webp"])
def test_tags_exif_and_gps_travel(tmp_path, path, byteorder, target):
    tagged(path, byteorder)
    check(formats.read(path).metadata.exif)
    formats.write(formats.read(path), tmp_path / f"b{target}")
    image = formats.read(tmp_path / f"b{target}")
    check(image.metadata.exif)
    formats.write(image, tmp_path / "c.tif")
    check(formats.read(tmp_path / "c.tif").metadata.exif)
    assert formats.read(tmp_path / "c.tif").metadata.exif == formats.read(path).metadata.exif


def test_pillow_reads_tags_that_we_write(tmp_path, path):
    tagged(path, "<")
    image = formats.read(path).with_float(np.zeros((4, 5, 3), np.float32), bits=8)
    metadata = Metadata(image.metadata.exif, b"<x/>", profiles.srgb_profile(), (300, 150))
    formats.write(Image(image.pixels, metadata), tmp_path / "b.tif")
    with PilImage.open(tmp_path / "b.tif") as found:
        assert found.size == (5, 4)
        assert found.tag_v2[271] == "Maker"
        assert found.getexif().get_ifd(0x8825)[1] == "N"
        assert found.info["icc_profile"] == metadata.icc
        assert found.info["dpi"] == (300, 150)
        assert found.tag_v2[700] == b"<x/>"


def test_a_plain_tiff_gets_no_tags_of_its_own(path):
    formats.write(Image(values_of((4, 5, 1), np.uint8)), path)
    assert formats.read(path).metadata == Metadata()
    with tifffile.TiffFile(path) as tiff:
        assert {270, 305, 306}.isdisjoint(tag.code for tag in tiff.pages[0].tags)


def test_bigtiff_takes_tags_too(path, monkeypatch):
    monkeypatch.setattr(tiff, "BIG", 0)
    tagged(path, "<")
    image = formats.read(path)
    formats.write(image, path)
    assert path.read_bytes()[:4] == b"II+\0"
    back = formats.read(path)
    np.testing.assert_array_equal(back.pixels, image.pixels)
    check(back.metadata.exif)


def test_unknown_resolution_units_mean_no_resolution(path):
    stored(
        path,
        values_of((4, 5), np.uint8),
        photometric="minisblack",
        resolution=(3, 4),
        resolutionunit="NONE",
    )
    assert formats.read(path).metadata.dpi is None
    stored(
        path,
        values_of((4, 5), np.uint8),
        photometric="minisblack",
        resolution=(100, 50),
        resolutionunit="CENTIMETER",
    )
    np.testing.assert_allclose(formats.read(path).metadata.dpi, (254, 127))

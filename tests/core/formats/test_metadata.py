"""EXIF and XMP, patched in place: orientation, sizes, thumbnails, and blocks that are broken."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags
from PIL import Image as PilImage

from restorer import formats
from restorer.formats import metadata
from restorer.formats.color import profiles
from restorer.formats.exif import ifd
from restorer.image import Image, Metadata


def block(order="<", *, turn=6, thumbnail=b"", maker=b"maker note \x01\x02"):
    """EXIF with orientation, sizes as SHORT, resolution, a maker note and perhaps a thumbnail."""
    layout = ifd.Layout(order)

    def short(value):
        return ifd.Field(3, 1, layout.pack("H", value))

    def rational(value):
        return ifd.Field(5, 1, layout.pack("II", value, 1))

    exif = ifd.Directory(
        {0xA002: short(640), 0xA003: short(480), 0x927C: ifd.Field(7, len(maker), maker)}
    )
    fields = {
        274: short(turn),
        256: short(640),
        257: short(480),
        282: rational(300),
        283: rational(150),
    }
    fields[271] = ifd.Field(2, 6, b"Maker\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + layout.pack("I", 8)
    data = bytearray(head + ifd.serialize(ifd.Directory(fields, {ifd.EXIF: exif}), layout, 8))
    if thumbnail:
        first = ifd.read_directory(io.BytesIO(data), layout, 8)
        at = len(data)
        data[first.next_at : first.next_at + 4] = layout.pack("I", at)
        picture = {
            513: ifd.Field(4, 1, layout.pack("I", at + 30)),
            514: ifd.Field(4, 1, layout.pack("I", len(thumbnail))),
        }
        data += ifd.serialize(ifd.Directory(picture), layout, at) + thumbnail
    return bytes(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def pillow(exif):
    found = PilImage.Exif()
    found.load(exif)
    return found


def upright(exif, xmp=None, dpi=None):
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    return metadata.upright(Image(pixels, Metadata(exif, xmp, None, dpi)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_only_orientation_and_resolution_change_in_an_upright_block(order):
    before = block(order)
    image = upright(before)
    after = image.metadata.exif
    assert image.pixels.shape == (3, 2, 1)
    assert pillow(after)[274] == 1
    assert (pillow(after)[282], pillow(after)[283]) == (150, 300)
    assert image.metadata.dpi == (150, 300)
    assert len(after) == len(before)
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert len(changed) <= 5 + 4 * 2  # and the sizes
    assert upright(after).metadata.exif == after


@pytest.mark.parametrize("order", ["<", ">"])
def test_sizes_are_set_and_grow_from_short_to_long(order):
    changed, _ = metadata.with_size(Metadata(exif=block(order)), 70_000, 1280)
    found = pillow(changed.exif)
    assert (found[256], found[257]) == (1280, 70_000)
    assert (found.get_ifd(0x8769)[0xA002], found.get_ifd(0x8769)[0xA003]) == (1280, 70_000)
    assert found.get_ifd(0x8769)[0x927C] == b"maker note \x01\x02"
    assert len(changed.exif) == len(block(order))


def test_no_sizes_are_invented():
    exif = pillow(b"")
    exif[271] = "Maker"
    data = exif.tobytes().removeprefix(b"Exif\0\0")
    assert metadata.with_size(Metadata(exif=data), 7, 8)[0].exif == data


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_thumbnail_is_unlinked_and_its_bytes_are_gone(order):
    before = block(order, turn=1, thumbnail=b"\xff\xd8 a secret face \xff\xd9")
    after = upright(before).metadata.exif
    assert b"secret" in before
    assert b"secret" not in after
    assert len(after) == len(before)
    plain = block(order, turn=1)
    assert after[: len(plain)] == plain
    assert not any(after[len(plain) :])


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("size", [(1, 5), (5, 1)])
def test_turned_lines_of_pixels_can_be_written(folder, turn, size):
    pixels = np.zeros((*size, 3), np.uint8)
    image = metadata.upright(Image(pixels, Metadata(block(turn=turn))))
    formats.write(image, folder / "line.png")
    assert formats.read(folder / "line.png").pixels.shape == image.pixels.shape


@given(
    st.sampled_from([".jpg", ".png", ".webp"]),
    st.integers(1, 8),
    st.sampled_from("<>"),
    st.tuples(st.integers(1, 400), st.integers(1, 400)),
)
@settings(max_examples=20)
def test_a_thumbnail_is_made_of_the_new_pixels(folder, suffix, turn, order, size):
    exif = block(order, turn=turn, thumbnail=b"\xff\xd8 a secret face \xff\xd9")
    y, x = np.mgrid[: size[0], : size[1]]
    pixels = np.stack([x * 255 // size[1], y * 255 // size[0], 0 * x], axis=-1).astype(np.uint8)
    image = metadata.upright(Image(pixels, Metadata(exif)))
    path = folder / f"a{suffix}"
    assert not any("thumbnail" in note for note in formats.write(image, path))
    assert b"secret" not in path.read_bytes()
    with PilImage.open(path) as file:
        written = file.getexif()
        assert {513, 514} <= written.get_ifd(ExifTags.IFD.IFD1).keys()
        assert written[271] == "Maker"
        assert written.get_ifd(0x8769)[0x927C] == b"maker note \x01\x02"
    found = formats.read(path).metadata
    assert pillow(found.exif).get_ifd(ExifTags.IFD.IFD1) == {}
    with PilImage.open(io.BytesIO(found.blocks["thumbnail"])) as small:
        assert max(small.size) == min(160, max(image.height, image.width))
        expected = PilImage.fromarray(image.pixels).resize(small.size, PilImage.Resampling.BOX)
        error = np.abs(np.asarray(small, int) - np.asarray(expected, int)).mean()
        assert error < 10 or min(small.size) < 16  # colors have half the resolution
    again = folder / f"b{suffix}"
    formats.write(formats.read(path), again)
    assert len(formats.read(again).metadata.exif) < len(found.exif) + 500  # in its place


def test_formats_without_a_place_for_a_thumbnail_say_so(folder):
    exif = block(turn=1, thumbnail=b"\xff\xd8 a face \xff\xd9")
    image = metadata.upright(Image(np.zeros((4, 5, 3), np.uint8), Metadata(exif)))
    assert "TIFF holds no thumbnail; left out" in formats.write(image, folder / "a.tif")
    assert "BMP holds no EXIF, thumbnail; left out" in formats.write(image, folder / "a.bmp")
    long = block(turn=1, thumbnail=b"\xff\xd8 a face \xff\xd9", maker=bytes(65_000))
    image = metadata.upright(Image(np.zeros((4, 5, 3), np.uint8), Metadata(long)))
    assert formats.write(image, folder / "a.jpg") == ("not kept: thumbnail",)
    plain = block(turn=1, thumbnail=b"raw pixels")
    image = metadata.upright(Image(np.zeros((4, 5, 3), np.uint8), Metadata(plain)))
    assert image.notes == ("not kept: EXIF thumbnail",)


def test_a_thumbnail_has_the_colors_of_srgb(folder):
    exif = block(turn=1, thumbnail=b"\xff\xd8 a face \xff\xd9")
    kept = metadata.upright(Image(np.zeros((40, 50, 3), np.uint8), Metadata(exif))).metadata
    pixels = np.full((40, 50, 3), (200, 60, 60), np.uint8)
    image = Image(pixels, replace(kept, icc=profiles.display_p3_profile()))
    formats.write(image, folder / "a.jpg")
    block_found = formats.read(folder / "a.jpg").metadata.blocks["thumbnail"]
    with PilImage.open(io.BytesIO(block_found)) as small:
        color = np.asarray(small, int).mean((0, 1))
    expected = profiles.with_profile(image, profiles.srgb_profile()).pixels[0, 0]
    assert np.abs(color - expected).max() < 4
    assert np.abs(color - pixels[0, 0]).max() > 6


def test_a_thumbnail_that_claims_the_whole_block_harms_nothing_else():
    layout = ifd.Layout()
    data = bytearray(block(turn=1, thumbnail=b"x" * 40))
    first = ifd.read_directory(io.BytesIO(data), layout, 8)
    second = ifd.read_directory(io.BytesIO(data), layout, first.next_offset)
    for tag, value in ((513, 0), (514, 2**31)):
        at = second.fields[tag].value_at
        data[at : at + 4] = layout.pack("I", value)
    after = upright(bytes(data)).metadata.exif
    assert pillow(after)[271] == "Maker"
    assert pillow(after).get_ifd(0x8769)[0x927C] == b"maker note \x01\x02"
    assert len(after) == len(data)


@given(st.binary(max_size=200))
def test_any_bytes_for_exif_leave_the_picture_alone(data):
    for exif in (data, b"II*\0\x08\0\0\0" + data, b"MM\0*\0\0\0\x08" + data):
        image = upright(exif)
        assert len(image.metadata.exif) == len(exif)
        metadata.with_size(image.metadata, 5, 6)
        metadata.described_by(exif)


@given(st.data())
def test_damaged_exif_leaves_the_picture_alone(data):
    exif = bytearray(block(thumbnail=b"x" * 40))
    for _ in range(data.draw(st.integers(1, 6))):
        exif[data.draw(st.integers(0, len(exif) - 1))] = data.draw(st.integers(0, 255))
    image = upright(bytes(exif))
    assert len(image.metadata.exif) == len(exif)
    assert len(metadata.with_size(image.metadata, 5, 6)[0].exif) == len(exif)


def test_a_directory_that_points_at_itself_ends():
    layout = ifd.Layout()
    entry = layout.pack("HHI", ifd.EXIF, 4, 1) + layout.pack("I", 8)
    exif = b"II*\0\x08\0\0\0" + layout.pack("H", 1) + entry + layout.pack("I", 8)
    assert upright(exif).metadata.exif is not None


def test_huge_counts_are_not_believed():
    entry = struct.pack("<HHII", 271, 2, 2**32 - 1, 8)
    file = io.BytesIO(b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + bytes(4))
    assert ifd.read_directory(file, ifd.Layout(), 8).fields == {}


@pytest.mark.parametrize(
    "form", [b'tiff:Orientation="%d"', b"<tiff:Orientation>%d</tiff:Orientation>"]
)
def test_xmp_orientation_is_reset_in_place_and_serves_where_exif_has_none(form):
    xmp = b"<x:xmpmeta " + form + b"/>"
    image = upright(None, xmp % 6)
    assert image.metadata.xmp == xmp % 1
    assert image.pixels.shape == (3, 2, 1)
    image = upright(block(turn=1), xmp % 6)
    assert image.metadata.xmp == xmp % 1
    assert image.pixels.shape == (2, 3, 1)  # EXIF has the last word


def test_orientations_out_of_range_mean_upright():
    for turn in (0, 9, 65535):
        assert upright(block(turn=turn)).pixels.shape == (2, 3, 1)


def test_a_prefix_is_removed_and_rubbish_is_left_out():
    assert metadata.clean_exif(b"Exif\0\0" + block()) == (block(), ())
    assert metadata.clean_exif(b"") == (None, ())
    assert metadata.clean_exif(b"rubbish") == (
        None,
        ("the EXIF block is damaged and was left out",),
    )

"""Metadata about the size of a picture follow it, or leave with it."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.formats.exif import ifd

from metadata_files import REGIONS, described, jpeg_with_xmp, packet, read, resized, with_tags


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize("target", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize(
    ("text", "program"),
    [
        (b'{"shape": [8, 10, 3]}', "tifffile"),
        (b"shape=(8, 10, 3)", "tifffile"),
        (b'<?xml?><OME><Image><Pixels SizeX="10" SizeY="8"/></Image></OME>', "OME-XML"),
    ],
)
def test_descriptions_of_the_size_leave_with_it(folder, text, program, target):
    image = read(folder, ".tif", described(text))
    assert formats.write(image, folder / f"m{target}") == ()
    assert formats.read(folder / f"m{target}").metadata.exif == image.metadata.exif
    notes = formats.write(resized(image), folder / f"m{target}")
    assert notes == (f"not kept: {program} description",)
    exif = PilImage.Exif()
    exif.load(formats.read(folder / f"m{target}").metadata.exif)
    assert dict(exif) == {271: "M"}


def test_imagej_descriptions_never_outlive_their_resolution(folder):
    image = read(folder, ".tif", described(b"ImageJ=1.53\nunit=micron\n"))
    assert formats.write(image, folder / "n.tif") == ("not kept: ImageJ description",)


@given(st.sampled_from(["a size", '{"a": 1}', "<OME>", "", "shape of a pear"]), st.integers(1, 3))
def test_other_descriptions_stay(folder, text, scale):
    image = read(folder, ".tif", described(text.encode()))
    assert formats.write(resized(image, scale), folder / "n.tif") == ()
    assert formats.read(folder / "n.tif").metadata.exif == image.metadata.exif


SIZES = (
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' tiff:ImageWidth="10" exif:PixelYDimension="8"'
)


@given(st.integers(1, 4), st.sampled_from([".jpg", ".png", ".tif", ".webp"]))
def test_sizes_in_xmp_follow_the_picture(folder, scale, target):
    xmp = packet(SIZES, f"<exif:PixelXDimension>10</exif:PixelXDimension>{REGIONS}")
    image = read(folder, ".jpg", jpeg_with_xmp(xmp))
    assert formats.write(resized(image, scale), folder / f"p{target}") == ()
    width, height = b"%d" % (10 * scale), b"%d" % (8 * scale)
    expected = xmp.replace(b'"10"', b'"' + width + b'"').replace(b">10<", b">" + width + b"<")
    expected = expected.replace(b'"8"', b'"' + height + b'"')
    assert formats.read(folder / f"p{target}").metadata.xmp == expected


def test_panoramas_are_scaled_and_removed_from_another_shape(folder):
    panorama = 'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"' + "".join(
        f' GPano:{name}Pixels="{number}"'
        for name, number in {
            "FullPanoWidth": 20,
            "FullPanoHeight": 10,
            "CroppedAreaImageWidth": 10,
            "CroppedAreaImageHeight": 8,
            "CroppedAreaLeft": 5,
            "CroppedAreaTop": 1,
        }.items()
    )
    image = read(folder, ".jpg", jpeg_with_xmp(packet(panorama + ' GPano:PoseHeadingDegrees="90"')))
    assert formats.write(resized(image, 3), folder / "q.jpg") == ()
    found = formats.read(folder / "q.jpg").metadata.xmp
    for text in (b'PanoWidthPixels="60"', b'LeftPixels="15"', b'TopPixels="3"', b'Degrees="90"'):
        assert text in found
    other = image.with_float(np.ones((9, 40, 3), np.float32))
    assert formats.write(other, folder / "q.jpg") == ("not kept: XMP of the panorama",)
    assert b"GPano:F" not in formats.read(folder / "q.jpg").metadata.xmp


def doubles(order, *values):
    return ifd.Field(12, len(values), struct.pack(f"{order}{len(values)}d", *values))


def model_of(fields, order, column, row):
    """Where a point of the raster lies: through the matrix, or tie point and scale."""
    values = {
        tag: struct.unpack(f"{order}{field.count}d", field.data)
        for tag, field in fields.items()
        if field.kind == 12
    }
    if 34264 in values:
        matrix = np.reshape(values[34264], (4, 4))
        return (matrix @ [column, row, 0, 1])[:2]
    (i, j, _, x, y, _), (across, down, _) = values[33922], values[33550]
    return np.array([x + (column - i) * across, y - (row - j) * down])


@pytest.mark.parametrize("point", [False, True])
@pytest.mark.parametrize("kind", ["matrix", "tie point"])
@pytest.mark.parametrize("order", ["<", ">"])
@given(scale=st.integers(1, 4), column=st.integers(0, 10), row=st.integers(0, 8))
def test_places_on_the_earth_stay_when_pixels_shrink(
    folder, point, kind, order, scale, column, row
):
    keys = (1, 1, 0, 1, 1025, 0, 1, 2 if point else 1)
    fields = {34735: ifd.Field(3, 8, struct.pack(f"{order}8H", *keys))}
    if kind == "matrix":
        matrix = (10.0, 1, 0, 4e5, 2, -10.0, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1.0)
        fields[34264] = doubles(order, *matrix)
    else:
        fields |= {33922: doubles(order, 3, 2, 0, 4e5, 5e6, 0), 33550: doubles(order, 10, 20, 0)}
    image = read(folder, ".tif", with_tags(fields, byteorder=order))
    assert image.notes == ()
    assert formats.write(resized(image, scale), folder / "t.tif") == ()
    with (folder / "t.tif").open("rb") as file:
        layout, at = ifd.read_layout(file)
        found = ifd.read_directory(file, layout, at).fields
    half = 0.5 if point else 0.0
    place = ((column + half) * scale - half, (row + half) * scale - half)
    moved = model_of(found, layout.order, *place)
    np.testing.assert_allclose(moved, model_of(fields, order, column, row), rtol=1e-12)
    assert struct.unpack(f"{layout.order}8H", found[34735].data) == keys
    assert formats.write(image, folder / "t.png") == ("PNG holds no GeoTIFF; left out",)


def test_rows_of_another_size_drop_its_description_with_a_note(folder):
    image = read(folder, ".tif", described(b'{"shape": [8, 10, 3]}'))
    path = folder / "u.tif"
    with path.open("w+b") as file:
        notes, _ = formats.write_rows(iter([resized(image)]), (16, 20), file, path)
    assert notes == ("not kept: tifffile description",)
    with PilImage.open(path) as found:
        assert 270 not in found.tag_v2

"""JPEG, WebP and BMP: what is special to each."""

import io
import struct

import numpy as np
import pytest
from PIL import Image as PilImage

from restorer import formats
from restorer.formats.color import profiles
from restorer.formats.jpeg.jpeg import JpegOptions
from restorer.image import Image, Metadata

from metadata_files import segment


def smooth(height, width, channels=3):
    y, x = np.mgrid[:height, :width]
    planes = [128 + 100 * np.sin(x / (9 + c)) * np.cos(y / 11) for c in range(channels)]
    return np.stack(planes, axis=-1).astype(np.uint8)


def jpeg(mode="RGB", *segments, **options):
    file = io.BytesIO()
    channels = len(PilImage.new(mode, (1, 1)).getbands())
    pixels = smooth(24, 40, channels)
    picture = PilImage.fromarray(pixels if channels > 1 else pixels[..., 0])
    if mode == "CMYK":
        picture = PilImage.frombytes("CMYK", (40, 24), pixels.tobytes())
    picture.save(file, "JPEG", quality=95, subsampling=0, **options)
    data = file.getvalue()
    return data[:2] + b"".join(segments) + data[2:], pixels


def cmyk_profile():
    """A CMYK profile whose paper is white and whose inks darken L* alone."""

    def tag(kind, body):
        return kind + bytes(4) + body

    grid = np.indices((2, 2, 2, 2)).reshape(4, -1).T
    lab = np.stack([65280 * (1 - grid.max(1)), np.full(16, 32768), np.full(16, 32768)], 1)
    matrix = struct.pack(">9i", *(np.eye(3) * 65536).astype(int).ravel())
    curve = struct.pack(">HH", 0, 65535)
    lut = bytes([4, 3, 2, 0]) + matrix + struct.pack(">HH", 2, 2) + curve * 4
    lut += lab.astype(">u2").tobytes() + curve * 3
    tags = {
        b"desc": tag(b"desc", struct.pack(">I", 2) + b"x\0" + bytes(78)),
        b"cprt": tag(b"text", b"none\0"),
        b"wtpt": tag(b"XYZ ", struct.pack(">3i", 63190, 65536, 54061)),
        b"A2B0": tag(b"mft2", lut),
    }
    table, data = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(data), len(body))
        data += body.ljust(-(-len(body) // 4) * 4, b"\0")
    head = bytearray(128)
    head[:4] = struct.pack(">I", 128 + len(table) + len(data))
    head[8:12], head[12:24], head[36:40] = b"\2\x40\0\0", b"prtrCMYKLab ", b"acsp"
    head[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    return bytes(head) + table + data


def read(tmp_path, data, name="a.jpg"):
    (tmp_path / name).write_bytes(data)
    return formats.read(tmp_path / name)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [50, 90, 100])
def test_jpeg_is_close_and_full_in_color_from_quality_90(tmp_path, channels, quality):
    pixels = smooth(64, 80, channels)
    formats.write(Image(pixels), tmp_path / "a.jpg", JpegOptions(quality=quality))
    back = formats.read(tmp_path / "a.jpg")
    assert back.pixels.shape == pixels.shape
    assert np.abs(back.pixels.astype(int) - pixels).mean() < (4 if quality == 50 else 1)
    with PilImage.open(tmp_path / "a.jpg") as found:
        assert "progression" not in found.info
        if channels == 3:
            factors = [layer[1:3] for layer in found.layer]
            assert (factors[0] == (1, 1)) == (quality >= 90)


def test_a_jpeg_is_decoded_as_pillow_does(tmp_path):
    for mode in ("L", "RGB"):
        data, _ = jpeg(mode)
        with PilImage.open(io.BytesIO(data)) as reference:
            expected = np.asarray(reference)
        found = read(tmp_path, data).pixels
        np.testing.assert_array_equal(found.squeeze(), expected)


@pytest.mark.parametrize("adobe", [True, False])
def test_cmyk_is_converted_whichever_way_its_ink_is_stored(tmp_path, adobe):
    data, ink = jpeg("CMYK")
    if not adobe:  # without Adobe's mark the same numbers mean the inverse
        at = data.index(b"\xff\xee")
        data, ink = data[:at] + data[at + 16 :], 255 - ink
    image = read(tmp_path, data)
    expected = (255.0 - ink[..., :3]) * (255 - ink[..., 3:]) / 255
    assert np.abs(image.pixels - expected).mean() < 2
    assert image.notes == (
        "CMYK without a usable profile was converted to sRGB with the simple formula",
    )
    assert image.metadata.icc == profiles.srgb_profile()


def test_cmyk_is_converted_with_its_profile(tmp_path):
    data, _ = jpeg("CMYK", icc_profile=cmyk_profile())
    image = read(tmp_path, data)
    assert image.notes == ("CMYK was converted to sRGB with its profile",)
    assert np.ptp(image.pixels.astype(int), axis=2).max() <= 2  # these inks have no hue
    for level, gray in ((0, 255), (255, 0)):
        ink = np.full((1, 1, 4), level, np.uint8)
        assert abs(int(profiles.cmyk_to_rgb(ink, cmyk_profile())[0][0, 0, 0]) - gray) <= 1
        ink = ink.astype(np.uint16) * 257
        deep = profiles.cmyk_to_rgb(ink, cmyk_profile())[0]
        assert deep.dtype == np.uint16
        assert abs(int(deep[0, 0, 0]) - gray * 257) <= 300


def test_a_broken_cmyk_profile_does_not_break_the_picture(tmp_path):
    data, _ = jpeg("CMYK", icc_profile=cmyk_profile()[:200].ljust(400, b"\0"))
    assert "simple formula" in read(tmp_path, data).notes[0]


def test_the_first_picture_of_several_is_read_with_a_note(tmp_path):
    file = io.BytesIO()
    first, second = (PilImage.fromarray(smooth(24, 40) // n) for n in (1, 2))
    first.save(file, "MPO", save_all=True, append_images=[second])
    image = read(tmp_path, file.getvalue())
    assert image.pixels.shape == (24, 40, 3)
    (note,) = image.notes
    assert note.startswith("not kept: other pictures: 1 (MPF), trailer of ")


def test_comments_travel_to_jpeg_and_are_named_in_webp(tmp_path):
    image = read(tmp_path, jpeg("RGB", segment(0xFE, b"one"), segment(0xFE, b"two"))[0])
    assert image.notes == ()
    assert formats.write(image, tmp_path / "b.jpg") == ()
    assert formats.read(tmp_path / "b.jpg").metadata.blocks == {"comment": b"one\ntwo"}
    assert formats.write(image, tmp_path / "b.webp") == ("WebP holds no comment; left out",)
    long = Image(image.pixels, Metadata(blocks={"comment": bytes(70_000)}))
    (note,) = formats.write(long, tmp_path / "c.jpg")
    assert note == "comment of 70,000 bytes is too large for JPEG; it was left out"
    assert formats.read(tmp_path / "c.jpg").metadata == Metadata()


def test_broken_metadata_do_not_break_the_picture(tmp_path):
    blocks = [segment(0xE1, b"Exif\0\0rubbish"), segment(0xE2, b"ICC_PROFILE\0\2\3x")]
    image = read(tmp_path, jpeg("RGB", *blocks)[0])
    assert len(image.notes) == 2
    assert image.metadata.exif is image.metadata.icc is None


def test_a_profile_in_many_segments_survives(tmp_path):
    icc = profiles.srgb_profile() + bytes(200_000)
    image = Image(smooth(8, 8), Metadata(icc=icc))
    formats.write(image, tmp_path / "a.jpg")
    assert formats.read(tmp_path / "a.jpg").metadata.icc == icc


def test_no_resolution_is_invented(tmp_path):
    for suffix in (".jpg", ".png", ".webp", ".bmp", ".tif"):
        formats.write(Image(smooth(8, 8)), tmp_path / f"a{suffix}")
        assert formats.read(tmp_path / f"a{suffix}").metadata == Metadata()


def test_the_first_frame_of_a_webp_animation_is_read_with_a_note(tmp_path):
    frames = [PilImage.fromarray(smooth(8, 8) // n) for n in (1, 2, 3)]
    options = {"lossless": True, "save_all": True}
    frames[0].save(tmp_path / "a.webp", append_images=frames[1:], **options)
    image = formats.read(tmp_path / "a.webp")
    np.testing.assert_array_equal(image.pixels[..., :3], smooth(8, 8))
    assert image.notes == ("not kept: 2 other frames",)
    assert formats.probe(tmp_path / "a.webp").pages == 3


def bmp(depth, masks, rows, *, top_down=False):
    height, width = rows.shape
    head = struct.pack(
        "<IiiHHIIiiII", 108, width, -height if top_down else height, 1, depth, 3, 0, 0, 0, 0, 0
    )
    head += struct.pack("<4I", *masks) + bytes(108 - 56)
    rows = rows if top_down else rows[::-1]
    body = b"".join(row.tobytes() + bytes(-len(row.tobytes()) % 4) for row in rows)
    return b"BM" + struct.pack("<IHHI", 122 + len(body), 0, 0, 122) + head + body


@pytest.mark.parametrize("top_down", [False, True])
def test_masked_bmp_of_any_layout_keeps_colors_and_alpha(tmp_path, top_down):
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 1 << 16, (5, 7)).astype("<u2")
    pixels = read(
        tmp_path, bmp(16, (0xF00, 0xF0, 0xF, 0xF000), rows, top_down=top_down), "a.bmp"
    ).pixels
    expected = np.stack([(rows >> shift) & 15 for shift in (8, 4, 0, 12)], -1) * 17
    np.testing.assert_array_equal(pixels, expected)
    rows = rng.integers(0, 1 << 32, (5, 7)).astype("<u4")
    pixels = read(
        tmp_path, bmp(32, (0xFF0000, 0xFF00, 0xFF, 0), rows, top_down=top_down), "a.bmp"
    ).pixels
    np.testing.assert_array_equal(pixels, np.stack([(rows >> s) & 255 for s in (16, 8, 0)], -1))


def test_palette_bmp_is_expanded(tmp_path):
    picture = PilImage.fromarray(smooth(9, 13)).quantize(16)
    picture.save(tmp_path / "a.bmp")
    np.testing.assert_array_equal(
        formats.read(tmp_path / "a.bmp").pixels, np.asarray(picture.convert("RGB"))
    )


@pytest.mark.parametrize(("unit", "per_inch"), [(0, None), (1, 1.0), (2, 2.54)])
@pytest.mark.parametrize("density", [(72, 72), (118, 300)])
def test_jfif_density_is_given_per_inch_or_centimeter(tmp_path, unit, per_inch, density):
    data, _ = jpeg(dpi=density)
    assert data[6:11] == b"JFIF\0"
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:13] + bytes([unit]) + data[14:])
    expected = None if per_inch is None else pytest.approx([n * per_inch for n in density])
    assert formats.read(path).metadata.dpi == expected

"""PNG: every color type and depth, interlacing, transparency, chunks."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.errors import ImageFormatError
from restorer.formats.color import profiles
from restorer.formats.color.matrix import P3_CHROMATICITIES, matrix_profile
from restorer.image import Image, Metadata

from metadata_files import chunk

ADAM7 = [
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
]
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def packed(levels, depth):
    """Unfiltered rows of (H, W, S) levels."""
    rows = levels.reshape(len(levels), -1)
    if depth == 16:
        body = rows.astype(">u2").view(np.uint8).reshape(len(rows), -1)
    elif depth == 8:
        body = rows.astype(np.uint8)
    else:
        bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        body = np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1)
    return np.pad(body, ((0, 0), (1, 0))).tobytes()


def png(levels, depth, color, *extra, interlaced=False):
    """A PNG made by hand, for what no encoder at hand writes."""
    height, width = levels.shape[:2]
    raw = b""
    for top, left, down, across in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = levels[top::down, left::across]
        raw += packed(part, depth) if part.size else b""
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def read(tmp_path, data):
    (tmp_path / "a.png").write_bytes(data)
    return formats.read(tmp_path / "a.png")


def levels_of(shape, depth):
    return np.random.default_rng(1).integers(0, 1 << depth, shape)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 7), (16, 33)])
@pytest.mark.parametrize(("color", "depth"), [(c, d) for c in DEPTHS for d in DEPTHS[c]])
def test_every_color_type_and_depth_is_exact(tmp_path, capfd, color, depth, size, interlaced):
    levels = levels_of((*size, SAMPLES[color]), depth)
    palette = np.arange(3 << depth, dtype=np.uint8)[::-1].reshape(-1, 3)
    extra = [(b"PLTE", palette.tobytes())] if color == 3 else []
    image = read(tmp_path, png(levels, depth, color, *extra, interlaced=interlaced))
    if color == 3:
        expected = palette[levels[..., 0]]
    else:
        expected = levels * (1 if depth == 16 else 255 // ((1 << depth) - 1))
    np.testing.assert_array_equal(image.pixels, expected)
    assert image.bits == (16 if depth == 16 else 8)
    assert capfd.readouterr() == ("", "")


def test_transparent_gray_and_rgb_values_become_alpha(tmp_path):
    for color, depth in ((0, 4), (0, 16), (2, 8), (2, 16)):
        levels = levels_of((5, 6, SAMPLES[color]), depth)
        key = struct.pack(f">{SAMPLES[color]}H", *levels[2, 3].tolist())
        image = read(tmp_path, png(levels, depth, color, (b"tRNS", key)))
        hidden = (levels == levels[2, 3]).all(axis=2)
        np.testing.assert_array_equal(image.pixels[..., -1] == 0, hidden)


def test_transparent_palettes_become_alpha(tmp_path):
    palette = bytes(range(12))
    levels = levels_of((5, 6, 1), 2)
    image = read(tmp_path, png(levels, 2, 3, (b"PLTE", palette), (b"tRNS", bytes([0, 128]))))
    assert image.pixels.shape[2] == 4
    np.testing.assert_array_equal(
        image.pixels[..., 3], np.array([0, 128, 255, 255])[levels[..., 0]]
    )


def test_gray_palettes_stay_gray(tmp_path):
    palette = bytes(np.repeat([9, 70, 200, 255], 3).astype(np.uint8))
    levels = levels_of((5, 6, 1), 2)
    image = read(tmp_path, png(levels, 2, 3, (b"PLTE", palette)))
    np.testing.assert_array_equal(image.pixels, np.array([9, 70, 200, 255])[levels])
    assert formats.probe(tmp_path / "a.png").channels == 1


def test_short_palettes_and_strange_chunks_stay_quiet(tmp_path, capfd):
    levels = np.array([[[0], [3]]])
    extra = [(b"hIST", b"1"), (b"PLTE", bytes([1, 2, 3])), (b"tRNS", bytes(9)), (b"sBIT", b"x")]
    image = read(tmp_path, png(levels, 2, 3, *extra))
    assert image.pixels.tolist() == [[[1, 2, 3], [0, 0, 0]]]
    assert image.notes == ("not kept: hIST, sBIT",)
    assert capfd.readouterr() == ("", "")


def test_a_wrong_checksum_of_pixels_is_an_error_and_of_metadata_a_note(tmp_path):
    levels = levels_of((5, 6, 1), 8)
    whole = png(levels, 8, 0, (b"pHYs", struct.pack(">IIB", 1000, 1000, 1)))
    at = whole.index(b"pHYs") + 6
    image = read(tmp_path, whole[:at] + b"\x99" + whole[at + 1 :])
    assert image.notes == ("the damaged pHYs chunk was left out",)
    assert image.metadata.dpi is None
    at = whole.index(b"IDAT") + 9
    with pytest.raises(ImageFormatError, match="checksum of an IDAT"):
        read(tmp_path, whole[:at] + b"\x99" + whole[at + 1 :])


def test_the_first_frame_of_an_animation_is_read_with_a_note(tmp_path):
    frames = [PilImage.new("L", (6, 5), level) for level in (200, 100, 0)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    image = formats.read(tmp_path / "a.png")
    assert (image.pixels == 200).all()
    assert image.notes == ("not kept: 2 other frames",)
    assert formats.probe(tmp_path / "a.png").pages == 3


def test_a_gamma_that_is_not_srgbs_becomes_a_profile(tmp_path):
    levels = levels_of((4, 4, 3), 8)
    linear = read(tmp_path, png(levels, 8, 2, (b"gAMA", struct.pack(">I", 100_000))))
    np.testing.assert_array_equal(linear.pixels, levels)
    assert profiles.profile_space(linear.metadata.icc) == "RGB"
    assert linear.notes == ("gAMA 1 and cHRM were turned into an ICC profile",)
    gray = read(tmp_path, png(levels[..., :1], 8, 0, (b"gAMA", struct.pack(">I", 100_000))))
    assert profiles.profile_space(gray.metadata.icc) == "GRAY"
    for extra in ([(b"gAMA", struct.pack(">I", 45455))], [(b"sRGB", b"\0"), (b"gAMA", bytes(4))]):
        assert read(tmp_path, png(levels, 8, 2, *extra)).metadata.icc is None
    odd = read(tmp_path, png(levels, 8, 2, (b"gAMA", bytes(4))))
    assert odd.notes == ("the PNG's gamma value makes no sense and was ignored",)


@settings(max_examples=100)
@given(
    gamma=st.integers(0, 2**32 - 1),
    places=st.lists(
        st.sampled_from([0, 1, 100_000, 2**32 - 1]) | st.integers(0, 10**5), min_size=8, max_size=8
    ),
)
def test_any_gamma_and_primaries_give_a_usable_profile_or_a_note(tmp_path_factory, gamma, places):
    extra = [(b"gAMA", struct.pack(">I", gamma)), (b"cHRM", struct.pack(">8I", *places))]
    image = read(tmp_path_factory.mktemp("gamma"), png(levels_of((2, 2, 3), 8), 8, 2, *extra))
    if image.metadata.icc is None:
        assert image.notes in ((), ("the PNG's gamma value makes no sense and was ignored",))
    else:
        assert profiles.compare(image.metadata.icc, profiles.srgb_profile(), "RGB") != "unusable"


def test_the_gamma_profile_means_what_the_chunk_said(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    data = png(np.full((1, 1, 3), 128), 8, 2, (b"gAMA", struct.pack(">I", 100_000)))
    icc = read(tmp_path, data).metadata.icc
    spaces = {"colorspace": "rgb", "outcolorspace": "rgb"}
    gray = np.full((1, 1, 3), 128, np.uint8)
    srgb = imagecodecs.cms_transform(gray, icc, profiles.srgb_profile(), **spaces)
    assert abs(int(srgb[0, 0, 0]) - 188) <= 1  # linear 0.5 is sRGB 188


def test_unknown_color_descriptions_are_noted(tmp_path):
    extra = (b"cICP", bytes([9, 99, 0, 1]))
    notes = read(tmp_path, png(levels_of((2, 2, 3), 8), 8, 2, extra)).notes
    assert notes == ("the cICP color description (9, 99, 0, 1) is not known and was left out",)


@settings(max_examples=60)
@given(
    code=st.binary(max_size=5)
    | st.tuples(*map(st.sampled_from, ([1, 5, 6, 9, 12], [1, 4, 5, 6, 8, 13, 14], [0], [1]))).map(
        bytes
    ),
    color=st.sampled_from([0, 2, 3]),
)
def test_a_color_description_becomes_a_fitting_profile_a_note_or_an_error(
    tmp_path_factory, code, color
):
    folder = tmp_path_factory.mktemp("cicp")
    extra = [(b"cICP", code), *([(b"PLTE", bytes(range(6)))] if color == 3 else [])]
    data = png(np.zeros((2, 2, SAMPLES[color])), 8, color, *extra)
    if len(code) == 4 and code[1] in (16, 18):
        with pytest.raises(ImageFormatError, match="HDR"):
            read(folder, data)
        return
    image = read(folder, data)
    space = profiles.profile_space(image.metadata.icc)
    assert space in ("", "GRAY" if color == 0 else "RGB")
    assert (image.notes == ()) == (code[1:] == bytes([13, 0, 1]) and (code[0] == 1 or color == 0))
    if space:
        source, kind = profiles.source_profile(image)
        assert profiles.compare(source, profiles.srgb_profile(), kind) == "different"


def test_display_p3_of_cicp_looks_as_before_in_every_other_format(tmp_path):
    levels = np.array([[[255, 0, 0], [0, 255, 0], [200, 100, 50], [128, 128, 128]]])
    image = read(tmp_path, png(levels, 8, 2, (b"cICP", bytes([12, 13, 0, 1]))))
    assert profiles.profile_name(image.metadata.icc) == "Display P3"
    for suffix in (".png", ".tif"):
        formats.write(image, tmp_path / f"b{suffix}")
        back = formats.read(tmp_path / f"b{suffix}")
        assert back.metadata.icc == image.metadata.icc
        np.testing.assert_array_equal(back.pixels, levels)
    formats.write(image, tmp_path / "b.bmp")
    found = formats.read(tmp_path / "b.bmp").pixels[0]
    # The matrix of CSS Color 4 for linear values.
    matrix = [[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]]
    values = levels[0] / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.transpose(matrix), 0, 1)
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    expected = np.where(linear <= 0.0031308, 12.92 * linear, curve) * 255
    np.testing.assert_allclose(found, expected, atol=1)


def test_cicp_precedes_iccp(tmp_path):
    other = b"x\0\0" + zlib.compress(matrix_profile("x", P3_CHROMATICITIES, (1.8,)))
    extra = [(b"iCCP", other), (b"cICP", bytes([1, 13, 0, 1]))]
    assert read(tmp_path, png(levels_of((2, 2, 3), 8), 8, 2, *extra)).metadata.icc is None


def test_exif_written_as_text_by_imagemagick_is_found(tmp_path):
    exif = PilImage.Exif()
    exif[274] = 6
    body = exif.tobytes()
    text = f"\nexif\n{len(body):8}\n{body.hex()}\n".encode()
    extra = (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    assert read(tmp_path, png(levels_of((2, 5, 3), 8), 8, 2, extra)).pixels.shape == (5, 2, 3)


def test_a_compressed_profile_that_explodes_is_bounded(tmp_path):
    body = b"x\0\0" + zlib.compress(bytes(2**27))
    image = read(tmp_path, png(levels_of((2, 2, 3), 8), 8, 2, (b"iCCP", body)))
    assert image.metadata.icc is None or len(image.metadata.icc) <= 2**25


def test_pillow_reads_what_we_write(tmp_path):
    metadata = Metadata(None, b"<x/>", profiles.srgb_profile(), (300, 150))
    pixels = levels_of((5, 6, 3), 8).astype(np.uint8)
    formats.write(Image(pixels, metadata), tmp_path / "a.png")
    with PilImage.open(io.BytesIO((tmp_path / "a.png").read_bytes())) as found:
        found.load()
        np.testing.assert_array_equal(np.asarray(found), pixels)
        assert found.info["icc_profile"] == metadata.icc
        assert found.info["xmp"] == metadata.xmp
        np.testing.assert_allclose(found.info["dpi"], (300, 150), atol=0.02)


def test_a_profile_that_inflates_without_end_is_left_out_with_a_note(tmp_path):
    body = b"bomb\0\0" + zlib.compress(bytes(2**25 + 1))
    image = read(tmp_path, png(levels_of((2, 2, 3), 8), 8, 2, (b"iCCP", body)))
    assert image.metadata.icc is None
    assert image.notes == ("the damaged ICC profile was left out",)


@settings(max_examples=30, deadline=None)
@given(
    width=st.integers(1, 5),
    height=st.sampled_from([1, 300, 2000]),
    channels=st.integers(1, 4),
    depth=st.sampled_from([np.uint8, np.uint16]),
    level=st.integers(0, 9),
)
def test_narrow_noise_fits_into_a_file(tmp_path_factory, width, height, channels, depth, level):
    path = tmp_path_factory.mktemp("narrow") / "a.png"
    top = np.iinfo(depth).max
    pixels = np.random.default_rng(0).integers(0, top, (height, width, channels), depth)
    formats.write(Image(pixels), path, formats.writer_options(path, compression=level))
    np.testing.assert_array_equal(formats.read(path).pixels, pixels)

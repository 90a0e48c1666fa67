"""TIFF: layouts, depths, colors and tags, each made with tifffile or Pillow on the fly."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.errors import ImageFormatError
from restorer.formats.color import profiles

from tiff_files import packed_tiff, stored, values_of, ycbcr_tiff


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.tif"


@settings(max_examples=60)
@given(
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
    channels=st.sampled_from([1, 3]),
    compression=st.sampled_from([None, "zlib", "lzw", "zstd"]),
    predictor=st.booleans(),
    tile=st.sampled_from([None, (16, 32)]),
    byteorder=st.sampled_from("<>"),
    bigtiff=st.booleans(),
    planar=st.booleans(),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_every_layout_is_read_exactly(
    tmp_path_factory,
    dtype,
    channels,
    compression,
    predictor,
    tile,
    byteorder,
    bigtiff,
    planar,
    size,
):
    values = values_of((*size, channels), dtype)
    path = tmp_path_factory.mktemp("layout") / "a.tif"
    arranged = (
        np.moveaxis(values, -1, 0)
        if planar and channels == 3
        else values.squeeze(2)
        if channels == 1
        else values
    )
    stored(
        path,
        np.ascontiguousarray(arranged),
        photometric="rgb" if channels == 3 else "minisblack",
        planarconfig=("separate" if planar else "contig") if channels == 3 else None,
        compression=compression,
        predictor=predictor and compression is not None,
        tile=tile,
        byteorder=byteorder,
        bigtiff=bigtiff,
    )
    image = formats.read(path)
    np.testing.assert_array_equal(image.pixels, values)
    assert image.notes == ()


def test_jpeg_compressed_tiff_is_read_as_rgb(path):
    y, x = np.mgrid[:64, :64]
    values = np.stack([x * 4, y * 4, x + y], -1).astype(np.uint8)
    stored(path, values, photometric="rgb", compression="jpeg", compressionargs={"level": 95})
    assert np.abs(formats.read(path).pixels.astype(int) - values).mean() < 2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero_is_inverted(path, dtype):
    values = values_of((7, 8), dtype)
    stored(path, values, photometric="miniswhite")
    np.testing.assert_array_equal(formats.read(path).pixels[..., 0], np.iinfo(dtype).max - values)


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14])
def test_packed_depths_are_stretched(path, bits):
    levels = np.random.default_rng(0).integers(0, 1 << bits, (9, 11))
    path.write_bytes(packed_tiff(levels, bits))
    white = 255 if bits < 8 else 65535
    image = formats.read(path)
    np.testing.assert_array_equal(
        image.pixels[..., 0], np.rint(levels * (white / ((1 << bits) - 1)))
    )
    assert formats.probe(path).bits == image.bits


@pytest.mark.skipif(not hasattr(imagecodecs, "ccittfax4_decode"), reason="imagecodecs is too old")
def test_fax_is_read(path):
    bits = PilImage.fromarray(np.random.default_rng(0).integers(0, 2, (20, 33)).astype(bool))
    bits.save(path, compression="group4")
    np.testing.assert_array_equal(formats.read(path).pixels[..., 0], np.asarray(bits) * 255)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_become_float32(path, dtype):
    values = values_of((5, 6, 3), dtype)
    stored(path, values, photometric="rgb")
    np.testing.assert_array_equal(formats.read(path).pixels, values.astype(np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_nan_and_infinity_are_refused(path, bad):
    values = np.zeros((5, 6), np.float64)
    values[2, 3] = bad
    stored(path, values, photometric="minisblack")
    with pytest.raises(ImageFormatError, match="NaN or infinity"):
        formats.read(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_premultiplied_alpha_is_made_straight(path, dtype):
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    straight = np.array([[[0.2, 0.4, 0.8], [1, 0.5, 0], [0, 0, 0]]]) * white
    alpha = np.array([[[0.5], [1], [0]]]) * white
    values = np.concatenate([straight * alpha / white, alpha], -1)
    values = values.astype(dtype) if dtype == np.float32 else np.rint(values).astype(dtype)
    stored(path, values, photometric="rgb", extrasamples=["assocalpha"])
    image = formats.read(path)
    np.testing.assert_allclose(image.pixels[..., :3], straight, atol=1.01 if white > 1 else 1e-6)
    assert image.notes == ("premultiplied alpha was made straight",)


def test_extra_channels_are_alpha_only_where_the_file_says_so(path):
    values = values_of((5, 6, 4), np.uint8)
    stored(path, values, photometric="rgb", extrasamples=["unspecified"])
    image = formats.read(path)
    np.testing.assert_array_equal(image.pixels, values[..., :3])
    assert image.notes == ("not kept: 1 extra channel",)
    stored(path, values, photometric="rgb", extrasamples=["unassalpha"])
    np.testing.assert_array_equal(formats.read(path).pixels, values)


@pytest.mark.parametrize("fine", [False, True])
def test_palettes_are_expanded_to_their_own_depth(path, fine):
    table = np.random.default_rng(0).integers(0, 256, (3, 256)).astype(np.uint16) * 257 + (
        3 if fine else 0
    )
    values = values_of((5, 6), np.uint8)
    stored(path, values, photometric="palette", colormap=table)
    image = formats.read(path)
    assert image.bits == formats.probe(path).bits == (16 if fine else 8)
    expected = table.T[values]
    np.testing.assert_array_equal(image.pixels, expected if fine else expected >> 8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cmyk_becomes_rgb(path, dtype):
    white = np.iinfo(dtype).max
    ink = np.array([[[0, 0, 0, 0], [white, 0, 0, 0], [0, 0, 0, white]]], dtype)
    stored(path, ink, photometric="separated")
    image = formats.read(path)
    np.testing.assert_array_equal(
        image.pixels, np.array([[[1, 1, 1], [0, 1, 1], [0, 0, 0]]]) * white
    )
    assert image.metadata.icc == profiles.srgb_profile()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", ["cielab", "icclab"])
def test_lab_becomes_rgb(path, kind, bits):
    step, dtype = (1, np.uint8) if bits == 8 else (256, np.uint16)
    lab = np.array([[[100, 0, 0], [0, 0, 0], [53.59, 0, 0], [54.29, 80.81, 69.89]]])
    light = lab[..., :1] * ((255 * step if kind == "icclab" else 2**bits - 1) / 100)
    ab = lab[..., 1:] * step + (128 * step if kind == "icclab" else 0)
    values = np.rint(np.concatenate([light, ab], -1)).astype(np.int64).astype(dtype)
    stored(path, values, photometric=kind)
    image = formats.read(path)
    expected = np.array([[255] * 3, [0] * 3, [128] * 3, [255, 0, 0]]) / 255
    np.testing.assert_allclose(image.to_float()[0], expected, atol=3 / 255)
    assert image.notes == ("Lab was converted to sRGB",)
    assert image.metadata.icc == profiles.srgb_profile()


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (
            np.zeros((9, 9, 40), np.uint8),
            {"planarconfig": "contig"},
            "40 channels; .* save the ones",
        ),
        (np.zeros((4, 4), np.complex64), {}, "complex .* save it as gray or RGB"),
        (np.zeros((4, 4), np.uint16), {"photometric": "cfa"}, "damaged, or of an unknown camera"),
        (np.zeros((16, 16, 16), np.uint8), {"volumetric": True, "tile": (16, 16, 16)}, "16 slices"),
        (np.zeros((9, 9, 3), np.float32), {"photometric": "cielab"}, "float of 32 bits"),
    ],
)
def test_what_is_no_still_picture_is_refused_clearly(path, values, options, message):
    stored(path, values, **{"photometric": "minisblack", **options})
    with pytest.raises(ImageFormatError, match=message):
        formats.read(path)


KINDS = [np.int8, np.int16, np.int32, np.int64, np.uint32, np.uint64]


@pytest.mark.parametrize("photometric", ["minisblack", "rgb", "miniswhite"])
@pytest.mark.parametrize("dtype", KINDS, ids=lambda dtype: np.dtype(dtype).name)
def test_measured_samples_become_floats_of_the_same_value(path, dtype, photometric):
    values = values_of((6, 7, 3) if photometric == "rgb" else (6, 7), dtype)
    values.flat[:2] = np.iinfo(dtype).min, np.iinfo(dtype).max
    image = formats.read(stored(path, values, photometric=photometric))
    assert image.bits == formats.probe(path).bits == 32
    limits = np.iinfo(dtype)
    exact = values.astype(float)
    if photometric == "miniswhite":
        exact = float(limits.max) + float(limits.min) - exact
    np.testing.assert_allclose(image.pixels.reshape(values.shape), exact, rtol=2**-23, atol=2**-24)
    (note,) = image.notes
    assert ("keep their values" in note) == (np.dtype(dtype).itemsize < 4)
    if np.dtype(dtype).itemsize < 4:
        np.testing.assert_array_equal(image.pixels.reshape(values.shape), exact)


def test_alpha_of_measured_samples_is_a_share(path):
    values = np.full((4, 5, 4), 70_000, np.uint32)
    values[..., 3] = 2**31
    pixels = formats.read(stored(path, values, photometric="rgb", extrasamples=[2])).pixels
    assert (pixels[..., :3] == 70_000).all()
    np.testing.assert_allclose(pixels[..., 3], 0.5)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize(
    ("extra", "kept"),
    [
        (["unspecified", "unspecified"], [0, 1, 2]),
        (["unassalpha", "unspecified"], [0, 1, 2, 3]),
        (["unspecified", "unassalpha"], [0, 1, 2, 4]),
    ],
)
def test_extra_channels_are_named_and_alpha_is_found_among_them(path, planar, extra, kept):
    values = values_of((8, 9, 5), np.uint8)
    arranged = np.ascontiguousarray(np.moveaxis(values, 2, 0)) if planar else values
    stored(
        path,
        arranged,
        photometric="rgb",
        planarconfig="separate" if planar else "contig",
        extrasamples=extra,
    )
    image = formats.read(path)
    np.testing.assert_array_equal(image.pixels, values[..., kept])
    left = 5 - len(kept)
    assert image.notes == (f"not kept: {left} extra channel{'s' * (left > 1)}",)


def test_the_first_page_of_several_is_read_with_a_note(path):
    pages = values_of((3, 5, 6), np.uint8)
    image = formats.read(stored(path, pages, photometric="minisblack"))
    np.testing.assert_array_equal(image.pixels[..., 0], pages[0])
    assert image.notes == ("not kept: 2 other pages",)
    assert formats.probe(path).pages == 3


@settings(max_examples=20)
@given(
    size=st.tuples(st.integers(1, 19), st.integers(1, 19)),
    subsampling=st.tuples(st.sampled_from([1, 2, 4]), st.sampled_from([1, 2])),
    compression=st.sampled_from([1, 8]),
    strip=st.integers(1, 3),
)
def test_subsampled_ycbcr_is_read_pixel_by_pixel(
    tmp_path_factory, size, subsampling, compression, strip
):
    (height, width), (across, down) = size, subsampling
    columns, rng = -(-width // across), np.random.default_rng(0)
    strips = [
        rng.integers(
            0, 256, (-(-min(strip * down, height - top) // down) * columns, across * down + 2)
        )
        for top in range(0, height, strip * down)
    ]
    path = tmp_path_factory.mktemp("ycbcr") / "a.tif"
    path.write_bytes(
        ycbcr_tiff(
            [units.astype(np.uint8) for units in strips],
            size,
            [across, down],
            compression,
            rows_per_strip=strip * down,
        )
    )
    pixels = formats.read(path).pixels
    for y, x in {(0, 0), (height - 1, width - 1), (height // 2, width // 3)}:
        unit = strips[y // (strip * down)][y % (strip * down) // down * columns + x // across]
        luma = unit[y % down * across + x % across]
        cb, cr = (unit[-2:] - 128) * (127 / 127)
        red, blue = luma + 1.402 * cr, luma + 1.772 * cb
        green = (luma - 0.299 * red - 0.114 * blue) / 0.587
        expected = np.clip([red, green, blue], 0, 255)
        np.testing.assert_allclose(pixels[y, x], expected, atol=0.51)


def test_ycbcr_as_pillow_writes_it_is_read(path):
    y, x = np.mgrid[:40, :32]
    values = np.stack([x * 4, y * 4, x + y], -1).astype(np.uint8)
    PilImage.fromarray(values).convert("YCbCr").save(path)
    image = formats.read(path)
    with PilImage.open(path) as found:
        expected = np.asarray(found.convert("RGB"))
    assert np.abs(image.pixels.astype(int) - expected).max() <= 2
    assert image.notes == ()


def test_video_levels_of_ycbcr_are_obeyed(path):
    units = np.array([[[16, 128, 128]] * 2 + [[235, 128, 128]] * 2], np.uint8)
    levels = (16, 235, 128, 240, 128, 240)
    path.write_bytes(ycbcr_tiff(units, (2, 2), [1, 1], 1, rows_per_strip=2, levels=levels))
    assert formats.read(path).pixels[:, 0, 0].tolist() == [0, 255]


def test_a_raw_file_of_any_suffix_and_layout_is_named(path):
    values = values_of((16, 16), np.uint16)
    with tifffile.TiffWriter(path) as writer:
        make = [(271, 2, 0, "NIKON CORPORATION", True)]
        options = {"metadata": None, "extratags": make, "subifds": 1}
        writer.write(values_of((8, 8, 3), np.uint8), photometric="rgb", **options)
        writer.write(values, photometric="cfa", metadata=None)
    with pytest.raises(ImageFormatError, match="damaged, or of an unknown camera"):
        formats.read(path)
    path.rename(path.with_suffix(".nef"))
    with pytest.raises(ImageFormatError, match=r"a\.nef: damaged, or of an unknown camera"):
        formats.read(path.with_suffix(".nef"))

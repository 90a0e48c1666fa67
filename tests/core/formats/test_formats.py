"""Reading and writing files: what survives, what is refused, what is left behind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.formats.color.matrix import SRGB_CHROMATICITIES, matrix_profile
from restorer.formats.webp import WebPOptions
from restorer.image import Image, Metadata

from format_pixels import METADATA, exif_of, pixels_of

LOSSY = [("JPEG", 8), ("AVIF", 16), ("GIF", 8), ("Radiance HDR", 32)]
LOSSLESS = [
    (format.suffixes[0], bits, channels)
    for format in formats.FORMATS.values()
    for bits in format.bits
    for channels in format.channels
    if format.reader and format.writer and (format.name, bits) not in LOSSY
]


def srgb_of(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.fixture
def picture():
    return Image(pixels_of(12, 17, 3, 8))


@settings(max_examples=60)
@given(
    kind=st.sampled_from(LOSSLESS),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_reading_what_was_written_gives_the_same_pixels(
    tmp_path_factory, kind, height, width, seed
):
    suffix, bits, channels = kind
    path = tmp_path_factory.mktemp("trip") / f"x{suffix}"
    image = Image(pixels_of(height, width, channels, bits, seed))
    if formats.check_target(path, 1, 1).linear:
        image = replace(image, transfer="linear")
    if suffix == ".exr" and image.has_alpha:  # colors without opacity are lost in it
        image.pixels[..., -1] = np.clip(image.pixels[..., -1], 0.1, 1)
    notes = formats.write(image, path, formats.writer_options(path, quality=100))
    back = formats.read(path)
    assert notes == back.notes == ()
    assert back.pixels.dtype == image.pixels.dtype
    assert back.transfer == image.transfer
    if suffix == ".exr" and image.has_alpha:  # premultiplied there
        np.testing.assert_allclose(back.pixels, image.pixels, rtol=1e-6)
    else:
        np.testing.assert_array_equal(back.pixels, image.pixels)
    assert formats.probe(path) == formats.Header(
        formats.check_target(path, 1, 1).name, height, width, channels, bits
    )


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".jxl", ".tif"])
def test_two_round_trips_keep_exif_xmp_profile_and_resolution(tmp_path, suffix):
    image = Image(pixels_of(8, 9, 3, 8), METADATA)
    for name in "ab":
        path = tmp_path / (name + suffix)
        assert formats.write(image, path) == ()
        image = formats.read(path)
    found = image.metadata
    assert found.icc == METADATA.icc
    assert found.xmp == METADATA.xmp
    np.testing.assert_allclose(found.dpi, METADATA.dpi, atol=0.02)
    if suffix in (".jpg", ".png"):  # elsewhere directories are built anew, compared by value below
        assert found.exif == METADATA.exif


@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".tif"])
def test_exif_values_travel_between_all_containers(tmp_path, source, target):
    formats.write(Image(pixels_of(8, 9, 3, 8), METADATA), tmp_path / f"a{source}")
    formats.write(formats.read(tmp_path / f"a{source}"), tmp_path / f"b{target}")
    found = PilImage.Exif()
    found.load(formats.read(tmp_path / f"b{target}").metadata.exif)
    assert (found[0x010F], found[0x0110]) == ("Maker", "Model 1")
    assert found.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert found.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_orientation_is_applied_once_and_reset(tmp_path, suffix, turn):
    path = tmp_path / f"a{suffix}"
    exif = PilImage.Exif()
    exif[274] = turn
    stored = PilImage.fromarray(pixels_of(6, 10, 3, 8))
    extra = {"lossless": True} if suffix == ".webp" else {}
    if suffix == ".tif":
        extra, exif = {"tiffinfo": {274: turn}}, None
    stored.save(path, **extra, **({"exif": exif} if exif else {}), dpi=(300, 150))
    with PilImage.open(path) as reference:
        reference.load()
        from PIL import ImageOps

        expected = np.asarray(ImageOps.exif_transpose(reference))
    image = formats.read(path)
    np.testing.assert_array_equal(image.pixels, expected)
    assert formats.probe(path).height == image.height
    if suffix != ".webp":
        upright = (150, 300) if turn > 4 else (300, 150)
        np.testing.assert_allclose(image.metadata.dpi, upright, atol=0.02)
    formats.write(image, path, formats.writer_options(path, quality=100))
    assert formats.read(path).pixels.shape == image.pixels.shape


@pytest.mark.parametrize("suffix", sorted(formats.WRITABLE))
def test_every_suffix_is_read_and_written(tmp_path, picture, suffix):
    formats.write(picture, tmp_path / f"x{suffix.upper()}")
    back = formats.read(tmp_path / f"x{suffix.upper()}")
    assert back.pixels.shape == picture.pixels.shape
    assert back.notes == () or suffix == ".dng"  # whose colors the maker interpolated


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_views_are_written_like_copies(tmp_path, picture, suffix, bits):
    pixels = picture.with_float(picture.to_float(), bits=bits).pixels
    for view in (pixels[:, ::-1], pixels[..., 1].copy()[..., None], pixels.swapaxes(0, 1)):
        formats.write(Image(view), tmp_path / f"view{suffix}")
        formats.write(Image(np.array(view, order="C").copy()), tmp_path / f"copy{suffix}")
        view_bytes, copy_bytes = (
            (tmp_path / f"{name}{suffix}").read_bytes() for name in ("view", "copy")
        )
        assert view_bytes == copy_bytes


LOSSES = [
    (".jpg", 3, 16, "JPEG holds at most 8 bits; 16-bit values were rounded"),
    (".webp", 3, 16, "WebP holds at most 8 bits; 16-bit values were rounded"),
    (".bmp", 1, 16, "BMP holds at most 8 bits; 16-bit values were rounded"),
    (".png", 3, 32, "PNG holds no floats; values were rounded to 16 bits and clipped to 0..1"),
    (".jpg", 4, 8, "JPEG holds no transparency; the picture was laid on white"),
    (".bmp", 2, 8, "BMP holds no transparency; the picture was laid on white"),
]


@pytest.mark.parametrize(("suffix", "channels", "bits", "note"), LOSSES)
def test_every_loss_is_noted(tmp_path, suffix, channels, bits, note):
    pixels = pixels_of(5, 6, channels, bits)
    image = Image(pixels / 2 if bits == 32 else pixels)
    assert formats.write(image, tmp_path / f"a{suffix}") == (note,)
    assert formats.read(tmp_path / f"a{suffix}").bits == (16 if suffix == ".png" else 8)


@pytest.mark.parametrize("channels", [3, 4])
def test_floats_of_another_scale_are_not_written_as_white(tmp_path, channels):
    levels = np.linspace(0, 4095, 300, dtype=np.float32).reshape(10, 30, 1)
    colors = levels.repeat(3, axis=2)
    alpha = [np.full((10, 30, 1), 0.5, np.float32)][: channels - 3]
    image = Image(np.concatenate([colors, *alpha], axis=2))
    (note,) = formats.write(image, tmp_path / "a.png")
    assert note.startswith("PNG holds no floats; values were divided by ")
    expected = np.rint(np.minimum(colors / np.float32(image.white), 1) * 65535)
    back = formats.read(tmp_path / "a.png").pixels
    assert np.abs(back[..., :3].astype(float) - expected).max() <= 1
    assert (back[..., 3:] == 32768).all()


def test_lost_metadata_are_noted(tmp_path):
    image = Image(pixels_of(5, 6, 3, 8), METADATA)
    notes = formats.write(image, tmp_path / "a.bmp")
    assert notes == ("BMP holds no EXIF, XMP, color profile; left out",)
    assert formats.write(image, tmp_path / "a.webp") == ()
    assert formats.read(tmp_path / "a.webp").metadata.dpi == pytest.approx(METADATA.dpi, abs=1e-3)
    long = Metadata(exif=exif_of(**{}) + bytes(70_000), xmp=b" " * 70_000)
    assert [
        note.split(" of ")[0]
        for note in formats.write(Image(image.pixels, long), tmp_path / "a.jpg")
    ] == ["EXIF", "XMP"]


def test_transparency_is_laid_on_white(tmp_path):
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = 0, 128, 255
    formats.write(Image(pixels), tmp_path / "a.bmp")
    assert formats.read(tmp_path / "a.bmp").pixels[0, :, 0].tolist() == [255, 127, 0]


def test_gray_is_spread_for_webp_in_srgb_without_its_gray_profile(tmp_path):
    profile = matrix_profile("x", SRGB_CHROMATICITIES, (2.8,), gray=True)
    image = Image(pixels_of(16, 17, 2, 8), Metadata(icc=profile))
    notes = formats.write(image, tmp_path / "a.webp", WebPOptions(quality=100))
    back = formats.read(tmp_path / "a.webp")
    np.testing.assert_array_equal(back.pixels[..., 3], image.pixels[..., 1])
    assert not np.ptp(back.pixels[..., :3], axis=2).any()
    assert (
        np.abs(back.pixels[..., 0] - 255 * srgb_of((image.pixels[..., 0] / 255) ** 2.8)).max() < 1
    )
    assert notes == (
        "the gray color profile does not fit RGB pixels; the colors were converted to sRGB",
    )
    assert back.metadata.icc is None


def test_colors_under_full_transparency_survive_webp_and_png(tmp_path):
    pixels = pixels_of(16, 16, 4, 8)
    pixels[..., 3] = 0
    for suffix in (".webp", ".png"):
        path = tmp_path / f"a{suffix}"
        formats.write(Image(pixels), path, formats.writer_options(path, quality=100))
        np.testing.assert_array_equal(formats.read(path).pixels, pixels)

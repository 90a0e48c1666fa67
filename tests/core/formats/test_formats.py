"""Reading and writing files: what survives, what is refused, what is left behind."""

import contextlib
import errno
import io
import os
import stat
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.errors import (
    ImageFormatError,
    ImageTooLargeError,
    ImageWriteError,
    SettingsError,
    TargetExistsError,
)
from restorer.formats.color import profiles
from restorer.formats.color.matrix import SRGB_CHROMATICITIES, matrix_profile
from restorer.formats.png import png
from restorer.formats.webp import WebPOptions
from restorer.image import Image, Metadata

DTYPES = {8: np.uint8, 16: np.uint16, 32: np.float32}
LOSSY = [("JPEG", 8), ("AVIF", 16), ("GIF", 8), ("Radiance HDR", 32)]
LOSSLESS = [
    (format.suffixes[0], bits, channels)
    for format in formats.FORMATS.values()
    for bits in format.bits
    for channels in format.channels
    if format.reader and format.writer and (format.name, bits) not in LOSSY
]


def pixels_of(height, width, channels, bits, seed=0):
    rng = np.random.default_rng(seed)
    if bits == 32:
        return rng.normal(0.5, 2, (height, width, channels)).astype(np.float32)
    return rng.integers(0, 1 << bits, (height, width, channels)).astype(DTYPES[bits])


def exif_of(**tags):
    exif = PilImage.Exif()
    for tag, value in {0x010F: "Maker", 0x0110: "Model 1", **tags}.items():
        exif[tag] = value
    exif.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes().removeprefix(b"Exif\0\0")


XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def srgb_of(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


METADATA = Metadata(exif_of(), XMP, profiles.srgb_profile(), (300.0, 150.0))


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


def test_a_link_to_nothing_is_told_from_a_missing_file(tmp_path):
    link = tmp_path / "a.png"
    with pytest.raises(ImageFormatError, match=r"a\.png: cannot be read: No such file"):
        formats.read(link)
    link.symlink_to(tmp_path / "gone.png")
    with pytest.raises(ImageFormatError, match=r"a\.png: is a link to a file that does not exist"):
        formats.read(link)


def test_content_decides_and_a_wrong_suffix_is_noted(tmp_path, picture):
    formats.write(picture, tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    image = formats.read(tmp_path / "a.jpg")
    np.testing.assert_array_equal(image.pixels, picture.pixels)
    assert image.notes == ("the file is a PNG, though named .jpg",)


def junk(folder):
    whole = io.BytesIO()
    PilImage.fromarray(pixels_of(40, 40, 3, 8)).save(whole, "PNG")
    (folder / "empty.jpg").touch()
    (folder / "text.png").write_text("no picture")
    (folder / "photo.xcf").write_bytes(b"gimp xcf file")
    (folder / "half.png").write_bytes(whole.getvalue()[:2000])
    (folder / "head.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0")
    (folder / "tag.tif").write_bytes(b"II*\0\xff\xff\xff\x7f")
    (folder / "riff.webp").write_bytes(b"RIFF\x10\0\0\0WEBPVP8 ")
    (folder / "short.bmp").write_bytes(b"BM" + bytes(12) + b"\x28\0\0\0")
    (folder / "folder.png").mkdir()
    (folder / "loop.png").symlink_to(folder / "loop.png")
    os.mkfifo(folder / "pipe.png")
    return sorted([*folder.iterdir(), folder / "absent.png", folder / "nul\0.png"])


@pytest.mark.skipif(os.name == "nt", reason="makes pipes and symlinks")
def test_what_is_no_picture_is_refused_with_its_path(tmp_path):
    for path in junk(tmp_path):
        for function in (formats.read, formats.probe):
            if path.name == "half.png" and function is formats.probe:
                continue
            with pytest.raises(ImageFormatError) as caught:
                function(path)
            assert str(caught.value).startswith(f"{path}: "), caught.value


def test_an_unknown_kind_names_the_known_ones(tmp_path):
    (tmp_path / "photo.odd").write_bytes(b"\1\2\3")
    with pytest.raises(ImageFormatError, match=r"photo\.odd: .* supported are .*\.png"):
        formats.read(tmp_path / "photo.odd")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path, picture):
    formats.write(picture, tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(ImageFormatError, match="Permission denied"):
        formats.read(tmp_path / "a.png")


@pytest.mark.parametrize(
    "suffix", [".jpg", ".png", ".webp", ".avif", ".jxl", ".bmp", ".tif", ".gif"]
)
def test_a_file_cut_anywhere_is_refused_and_never_half_gray(tmp_path, suffix):
    formats.write(Image(pixels_of(40, 40, 3, 8)), tmp_path / f"a{suffix}")
    data = (tmp_path / f"a{suffix}").read_bytes()
    for part in (0.001, 0.01, 0.1, 0.5, 0.9, 0.98):
        cut = tmp_path / f"cut{suffix}"
        cut.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(ImageFormatError):
            formats.read(cut)


@settings(max_examples=150)
@given(
    suffix=st.sampled_from([".jpg", ".png", ".webp", ".avif", ".jxl", ".bmp", ".tif", ".gif"]),
    flips=st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damaged_bytes_give_a_picture_or_an_image_error(tmp_path_factory, suffix, flips):
    folder = tmp_path_factory.mktemp("flip")
    formats.write(Image(pixels_of(9, 11, 3, 8), METADATA), folder / f"a{suffix}")
    data = bytearray((folder / f"a{suffix}").read_bytes())
    for at, value in flips:
        data[at % len(data)] = value
    (folder / f"b{suffix}").write_bytes(data)
    with contextlib.suppress(ImageFormatError, ImageTooLargeError):
        formats.read(folder / f"b{suffix}", max_pixels=10**6)


def bomb(side):
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    chunks = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    parts = [
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_picture_above_the_budget_is_refused_by_its_header(tmp_path):
    (tmp_path / "photo.png").write_bytes(bomb(30_000))
    with pytest.raises(ImageTooLargeError) as caught:
        formats.read(tmp_path / "photo.png")
    expected = "photo.png: 30000 x 30000 = 900,000,000 pixels, above the budget of 134,217,728; "
    assert str(caught.value).endswith(expected + "raise the setting max-pixels")
    assert formats.probe(tmp_path / "photo.png").width == 30_000


def test_the_budget_is_the_last_size_allowed(tmp_path, picture):
    formats.write(picture, tmp_path / "a.png")
    assert formats.read(tmp_path / "a.png", max_pixels=12 * 17).height == 12
    with pytest.raises(ImageTooLargeError):
        formats.read(tmp_path / "a.png", max_pixels=12 * 17 - 1)


def test_pillows_own_limit_neither_warns_nor_refuses(tmp_path, picture, monkeypatch):
    monkeypatch.setattr(PilImage, "MAX_IMAGE_PIXELS", 10)
    for suffix in (".jpg", ".webp", ".bmp", ".png", ".tif"):
        formats.write(picture, tmp_path / f"a{suffix}")
        assert formats.read(tmp_path / f"a{suffix}").width == 17


LOSSES = [
    (".jpg", 3, 16, "JPEG holds no more than 8 bits; 16 bits were rounded"),
    (".webp", 3, 16, "WebP holds no more than 8 bits; 16 bits were rounded"),
    (".bmp", 1, 16, "BMP holds no more than 8 bits; 16 bits were rounded"),
    (".png", 3, 32, "PNG holds no floats; values were rounded to 16 bits and clipped to 0..1"),
    (".jpg", 4, 8, "JPEG holds no transparency; it was laid on white"),
    (".bmp", 2, 8, "BMP holds no transparency; it was laid on white"),
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


def test_targets_are_checked_before_the_work():
    assert formats.check_target(Path("a.TIF"), 70_000, 70_000).name == "TIFF"
    with pytest.raises(ImageFormatError, match=r"a\.xcf: suffix '\.xcf'; known are \.jpg"):
        formats.check_target(Path("a.xcf"), 1, 1)
    with pytest.raises(ImageFormatError, match="name without a suffix"):
        formats.check_target(Path("a"), 1, 1)
    for name, side in (("a.jpg", 65_500), ("a.webp", 16_383), ("a.png", 1_000_000)):
        assert formats.check_target(Path(name), 1, side)
        with pytest.raises(ImageTooLargeError, match="holds at most"):
            formats.check_target(Path(name), side + 1, 1)
    with pytest.raises(ImageTooLargeError):
        formats.check_target(Path("a.bmp"), 40_000, 40_000)


def test_quality_out_of_range_is_refused(tmp_path, picture):
    with pytest.raises(SettingsError, match="quality 0"):
        formats.writer_options(tmp_path / "a.jpg", quality=0)


def test_folders_are_made_and_the_umask_is_honored(tmp_path, picture):
    before = os.umask(0o027)
    try:
        formats.write(picture, tmp_path / "new" / "deep" / "a.png")
    finally:
        os.umask(before)
    path = tmp_path / "new" / "deep" / "a.png"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in path.parent.iterdir()] == ["a.png"]


def test_existing_files_are_replaced_or_kept_as_asked(tmp_path, picture):
    path = tmp_path / "a.png"
    formats.write(picture, path)
    before = path.read_bytes()
    other = Image(255 - picture.pixels)
    with pytest.raises(TargetExistsError, match="the file exists"):
        formats.write(other, path, existing="fail")
    assert path.read_bytes() == before
    formats.write(other, path)
    np.testing.assert_array_equal(formats.read(path).pixels, other.pixels)
    formats.write(other, tmp_path / "b.png", existing="fail")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_rival_that_comes_first_keeps_its_file(tmp_path, picture, monkeypatch):
    path = tmp_path / "a.png"
    sync = os.fsync

    def rival(descriptor):
        path.write_text("rival")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", rival)
    with pytest.raises(TargetExistsError, match="exists"):
        formats.write(picture, path, existing="fail")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.png", "rival")]


def test_without_hard_links_an_existing_file_is_still_kept(tmp_path, picture, monkeypatch):
    def refused(*_args, **_kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    formats.write(picture, tmp_path / "a.png", existing="fail")
    np.testing.assert_array_equal(formats.read(tmp_path / "a.png").pixels, picture.pixels)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_a_full_disk_is_named_and_nothing_is_left(tmp_path, picture, monkeypatch, suffix):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ImageWriteError, match=r"cannot be written: No space left"):
        formats.write(picture, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_a_disk_that_fills_within_a_write_leaves_no_half_file(tmp_path, suffix):
    import resource

    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, before[1]))  # writes end short there
    try:
        with pytest.raises(ImageWriteError, match="cannot be written"):
            formats.write(Image(noise), tmp_path / f"a{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_bug_in_an_encoder_leaves_nothing_behind(tmp_path, picture, monkeypatch):
    def broken(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(png, "encode", broken)
    with pytest.raises(KeyboardInterrupt):
        formats.write(picture, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_bad_targets_are_write_errors(tmp_path, picture):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for path in (
        tmp_path / "folder.png",
        tmp_path / "file" / "a.png",
        tmp_path / ("n" * 300 + ".png"),
    ):
        with pytest.raises(ImageWriteError):
            formats.write(picture, path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "ä" * 125 + ".png", "雪 🙂.png"])
def test_long_and_foreign_names_work(tmp_path, picture, name):
    formats.write(picture, tmp_path / name)
    assert formats.read(tmp_path / name).width == 17


def test_importing_formats_does_not_import_torch():
    code = "import sys, restorer.formats; sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    root = Path(formats.__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )


class Counting(io.BufferedReader):
    """A file that counts the bytes read from it."""

    count = 0

    def read(self, size=-1):
        data = super().read(size)
        Counting.count += len(data)
        return data


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_an_open_source_says_what_probe_and_read_say(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    formats.write(Image(pixels_of(8, 9, 3, 8), METADATA), path)
    with formats.open_source(path) as source:
        assert source.header == formats.probe(path)
        image = source.read()
        assert (image.metadata, image.notes) == (source.metadata, source.notes)
    np.testing.assert_array_equal(image.pixels, formats.read(path).pixels)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".avif", ".bmp"])
def test_a_file_is_opened_once_and_its_bytes_are_read_once(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"a{suffix}"
    formats.write(Image(pixels_of(200, 300, 3, 8)), path)
    opened = []

    def counted(self, _mode):
        opened.append(self)
        return Counting(io.FileIO(self))

    monkeypatch.setattr(Path, "open", counted)
    monkeypatch.setattr(Counting, "count", 0)
    with formats.open_source(path) as source:
        header = source.header
        assert Counting.count < 1500, "the scan leaves the pixels alone"
        assert source.read().height == header.height
    assert opened == [path]
    assert Counting.count <= path.stat().st_size + 1000  # the start, by which it is recognized


def test_errors_of_the_body_of_an_open_source_pass_unchanged(tmp_path, picture):
    formats.write(picture, tmp_path / "a.png")
    with pytest.raises(OSError, match="of the body"), formats.open_source(tmp_path / "a.png"):
        raise OSError("of the body")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_rows_of_formats_without_them_are_refused(tmp_path, picture, suffix):
    formats.write(picture, tmp_path / f"a{suffix}")
    with (
        formats.open_source(tmp_path / f"a{suffix}") as source,
        pytest.raises(formats.RowsError, match="cannot be read alone"),
    ):
        source.rows()


def test_targets_that_cannot_be_created_are_refused_and_nothing_is_made(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    for path, size_bytes, remedy in (
        (tmp_path / "folder.png", 0, "is a folder; choose a file name"),
        (tmp_path / "file" / "new" / "a.png", 0, "is not a folder; choose another folder"),
        (tmp_path / ("n" * 300 + ".png"), 0, "choose a shorter name"),
        (tmp_path / "new" / ("n" * 300 + ".png"), 0, "choose a shorter name"),
        (tmp_path / "nul\0.png", 0, "cannot be written"),
        (tmp_path / "new" / "a.png", 2**60, "MB free; free some space or choose another folder"),
    ):
        with pytest.raises(ImageWriteError, match=remedy) as caught:
            formats.check_creatable(path, size_bytes)
        assert str(caught.value).startswith(f"{path}: ")
    formats.check_creatable(tmp_path / "new" / "deep" / "a.png", 1000)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_without_permission_is_refused_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ImageWriteError, match=r"no permission .* choose another folder"):
        formats.check_creatable(tmp_path / "a.png")

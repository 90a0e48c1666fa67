"""Open files: their content decides, and what is no picture is refused."""

import contextlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.errors import ImageFormatError, ImageTooLargeError
from restorer.image import Image

from format_pixels import METADATA, pixels_of


@pytest.fixture
def picture():
    return Image(pixels_of(12, 17, 3, 8))


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

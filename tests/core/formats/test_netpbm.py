"""PNM, PAM, PFM, QOI and TGA: exact samples, what is noted, what is refused."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import Image, formats
from restorer.errors import ImageFormatError, ImageTooLargeError
from restorer.image import Metadata

from helpers import make_photograph

PHOTO = make_photograph(12, 17)


def read(path: Path, data: bytes) -> Image:
    path.write_bytes(data)
    return formats.read(path)


def text(samples: Any) -> bytes:
    return b" ".join(b"%d" % value for value in np.ravel(samples))


@settings(max_examples=40)
@given(top=st.integers(1, 65535), plain=st.booleans(), seed=st.integers(0, 9))
def test_samples_of_any_maximum_are_stretched_to_the_nearest(
    tmp_path_factory: pytest.TempPathFactory, top: int, plain: bool, seed: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "a.pgm"
    samples = np.random.default_rng(seed).integers(0, top + 1, (3, 5))
    kind, white = ("u1", 255) if top < 256 else (">u2", 65535)
    data = text(samples) if plain else samples.astype(kind).tobytes()
    image = read(path, b"P%d\n5 3 %d\n" % (2 if plain else 5, top) + data)
    expected = np.array([[int(v) * white / top for v in row] for row in samples.tolist()])
    assert image.bits == (8 if white == 255 else 16)
    np.testing.assert_array_equal(image.pixels[..., 0], np.rint(expected))


def test_bits_are_black_where_they_are_set(tmp_path: Path) -> None:
    expected = [[255, 0, 255], [0, 0, 255]]
    for data in (b"P1\n# a\n3 2\n010\n1 1 0\n", b"P1 3 2 0 1 0 1 1 0", b"P4\n3 2\n\x40\xc0"):
        assert read(tmp_path / "a.pbm", data).pixels[..., 0].tolist() == expected


def test_comments_travel_and_more_pictures_are_counted(tmp_path: Path) -> None:
    one = b"P6 # first\n#second\n2 1 255\n" + bytes(6)
    image = read(tmp_path / "a.ppm", one + one + b"P5 1 1 255\n\0")
    assert image.metadata.blocks == {"comment": b" first\nsecond"}
    assert image.notes == ("not kept: 2 other pages",)
    assert formats.probe(tmp_path / "a.ppm").pages == 3
    with formats.open_source(tmp_path / "a.ppm") as source:
        assert source.page(2).read().pixels.shape == (1, 1, 1)
    for suffix in (".ppm", ".pam"):
        assert formats.write(image, tmp_path / f"b{suffix}") == ()
        assert formats.read(tmp_path / f"b{suffix}").metadata == image.metadata


def test_samples_above_the_maximum_are_clipped_with_a_note(tmp_path: Path) -> None:
    image = read(tmp_path / "a.pgm", b"P5 2 1 100\n\x64\xff")
    assert image.pixels.ravel().tolist() == [255, 255]
    assert image.notes == ("samples above the maximum 100 of the file were clipped",)


@pytest.mark.parametrize("order", ["<", ">"])
def test_floats_lie_from_the_bottom_up_and_are_linear(tmp_path: Path, order: str) -> None:
    values = np.array([[-0.5, 0.25, 3e4], [np.nan, np.inf, 1]], np.float32)
    scale = b"-2.5" if order == "<" else b"2.5"
    data = b"Pf\n3 2\n" + scale + b"\n" + values[::-1].astype(f"{order}f4").tobytes()
    image = read(tmp_path / "a.pfm", data)
    assert image.is_linear
    assert image.pixels[0, :, 0].tolist() == [-0.5, 0.25, 3e4]
    assert image.pixels[1, :, 0].tolist() == [0, 65504, 1]
    assert image.notes == (
        "not kept: scale of 2.5",
        "1 NaN became 0; 1 infinite values became 65504",
    )


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.ppm", b"P6 60000 60000 255\n" + bytes(99), r"cut short: 99 of 10,800,000,000 bytes"),
        ("a.pgm", b"P2 60000 60000 255\n1 2 3", r"cut short"),
        ("a.pgm", b"P2 2 1 255\n1 x", "the samples are not numbers"),
        ("a.pgm", b"P2 2 1 255\n1 \n\n\n", "cut short: 1 of 2 samples"),
        ("a.pgm", b"P5 2 1 70000\n" + bytes(4), "largest sample is 70000"),
        ("a.pgm", b"P5 2\n", "header of the PNM is damaged"),
        ("a.pam", b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 9\nMAXVAL 255\nENDHDR\n", "9 channels"),
        ("a.pam", b"P7\nWIDTH 2\n", "header of the PAM is damaged"),
        ("a.pfm", b"PF\n60000 60000\n-1\n", "cut short"),
        ("a.pfm", b"PF\n2 2\n0\n" + bytes(48), "header of the PFM is damaged"),
        ("a.qoi", b"qoif" + struct.pack(">IIBB", 60000, 60000, 3, 0) + bytes(30), "cut short"),
        ("a.qoi", b"qoif" + struct.pack(">IIBB", 2, 2, 7, 0) + bytes(30), "7 channels"),
        ("a.tga", bytes([0, 0, 10]) + bytes(9) + struct.pack("<HHBB", 60000, 60000, 24, 0), "cut"),
    ],
)  # fmt: skip
def test_headers_that_lie_are_refused_at_once(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageFormatError, match=message):
        formats.read(tmp_path / name, max_pixels=2**40)


def test_a_small_file_of_a_huge_picture_is_above_the_budget(tmp_path: Path) -> None:
    runs = b"\xfd" * (20_000 * 20_000 // 62 + 1)
    data = b"qoif" + struct.pack(">IIBB", 20_000, 20_000, 3, 0) + runs + bytes(7) + b"\1"
    with pytest.raises(ImageTooLargeError, match="above the budget"):
        read(tmp_path / "a.qoi", data)


@pytest.mark.parametrize("rle", [False, True])
@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA"])
def test_tga_pixels_are_those_of_pillow(
    tmp_path: Path, mode: str, top_down: bool, rle: bool
) -> None:
    picture = PilImage.fromarray(PHOTO).convert(mode)
    file = io.BytesIO()
    options = {"compression": "tga_rle"} if rle else {}
    picture.save(file, "TGA", orientation=1 if top_down else -1, **options)
    image = read(tmp_path / "a.tga", file.getvalue())
    expected = np.asarray(picture.convert("RGB") if mode == "P" else picture)
    np.testing.assert_array_equal(image.pixels, expected.reshape(image.pixels.shape))
    assert image.notes == ()


def tga(pixels: Any, depth: int, flags: int, extra: bytes = b"") -> bytes:
    height, width = pixels.shape[:2]
    head = struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, width, height, depth, flags)
    return head + pixels.tobytes() + extra


def footer(at: int) -> bytes:
    return struct.pack("<II", at, 0) + b"TRUEVISION-XFILE.\0"


def test_tga_alpha_is_what_the_file_says(tmp_path: Path) -> None:
    stored = np.concatenate([PHOTO[..., ::-1], np.full((12, 17, 1), 128, np.uint8)], axis=2)
    stored[..., :3] //= 2
    plain = read(tmp_path / "a.tga", tga(stored, 32, 0x20))  # no attribute bits
    np.testing.assert_array_equal(plain.pixels, stored[..., 2::-1])
    data = tga(stored, 32, 0x28)
    assert read(tmp_path / "a.tga", data).pixels.shape[2] == 4
    for kind, channels in ((0, 3), (3, 4), (4, 4)):
        area = struct.pack("<H", 495) + bytes(492) + bytes([kind])
        image = read(tmp_path / "a.tga", data + area + footer(len(data)))
        assert image.pixels.shape[2] == channels
    assert image.notes == ("premultiplied alpha was made straight",)
    assert np.abs(image.pixels[..., :3].astype(int) - PHOTO).max() <= 2
    stored[..., 3] = 0
    hidden = read(tmp_path / "a.tga", tga(stored, 32, 0x28))
    assert hidden.notes == ("transparency that hides the whole picture was left out",)
    assert (hidden.pixels[..., 3] == 255).all()


def test_tga_of_16_bits_and_from_the_right(tmp_path: Path) -> None:
    colors = np.array([[31 << 10, 31 << 5, 1 << 15 | 31]], "<u2")
    image = read(tmp_path / "a.tga", tga(colors, 16, 0x21 | 0x10))
    assert image.pixels[0].tolist() == [[0, 0, 255, 255], [0, 255, 0, 0], [255, 0, 0, 0]]


def test_tga_texts_are_named(tmp_path: Path) -> None:
    data = tga(PHOTO, 24, 0x20)
    area = struct.pack("<H", 495) + b"author".ljust(492, b"\0") + b"\0"
    image = read(tmp_path / "a.tga", data + area + footer(len(data)))
    assert image.notes == ("not kept: extension area",)


def test_qoi_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    for pixels in (PHOTO, np.dstack([PHOTO, PHOTO[..., :1]])):
        formats.write(Image(pixels, Metadata(dpi=(300, 300))), tmp_path / "a.qoi")
        with PilImage.open(tmp_path / "a.qoi") as picture:
            np.testing.assert_array_equal(np.asarray(picture), pixels)
    data = (tmp_path / "a.qoi").read_bytes()
    with pytest.raises(ImageFormatError, match="its end is missing"):
        read(tmp_path / "a.qoi", data[:-9])
    assert read(tmp_path / "a.qoi", data + b"1234").notes == ("not kept: trailer of 4 bytes",)

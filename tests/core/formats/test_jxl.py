"""JPEG XL: pixels of every depth, colors, boxes, and the JPEG files that such files hold."""

from __future__ import annotations

import base64
import io
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jxl_files import coded, lossless
from PIL import Image as PilImage

from restorer import Image, Metadata, find_profile, formats, profile_name
from restorer.errors import ImageError, ImageFormatError, ImageTooLargeError
from restorer.formats.boxes import boxes_in, pack_box
from restorer.formats.color.matrix import SRGB_CHROMATICITIES, matrix_profile
from restorer.formats.jxl.bits import BitReader, BitWriter
from restorer.formats.jxl.codestream import Codestream, read_codestream
from restorer.formats.jxl.container import pack_container
from restorer.formats.jxl.icc import read_profile, write_profile
from restorer.formats.metadata import orientation, turned

from helpers import make_photograph

PHOTO = make_photograph(24, 40)
P3 = find_profile("display-p3") or b""
GRAY = matrix_profile("gray", SRGB_CHROMATICITIES, (1.8,), gray=True)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"


def read(folder: Path, data: bytes) -> Image:
    (folder / "a.jxl").write_bytes(data)
    return formats.read(folder / "a.jxl")


def described(
    *, turn: int = 1, color: tuple[tuple[int, int], ...] = (), extra: Any = None
) -> bytes:
    """Return a lossless codestream whose header says something else.

    Args:
        turn: Its orientation.
        color: Numbers with their bits in place of the colors.
        extra: Numbers with their bits in place of the alpha channel.
    """
    pixels = PHOTO if extra is None else np.dstack([PHOTO, PHOTO[..., :1]])
    data = lossless(np.ascontiguousarray(pixels))
    header = read_codestream(data)
    bits = BitWriter()
    bits.copy(data, 0, header._defaults_at)
    bits.number(0, 1)
    bits.number(1, 1)  # more fields
    bits.number(turn - 1, 3)
    bits.number(0, 3)  # no other size, preview, animation
    bits.number(0, 3)  # integers of 8 bits
    bits.number(1, 1)
    bits.number(0 if extra is None else 1, 2)
    for number, count in extra or ():
        bits.number(number, count)
    bits.number(0, 1)  # no XYB
    for number, count in color or ((1, 1),):
        bits.number(number, count)
    bits.number(1, 1)  # the usual tone mapping
    bits.number(0, 2)  # no extensions
    bits.copy(data, header._color[1] + 2, header._end)
    return bits.finish() + data[header.frames_at :]


@pytest.mark.parametrize("bits", [1, 4, 6, 10, 12])
def test_samples_of_any_bits_are_stretched(tmp_path: Path, bits: int) -> None:
    dtype = np.uint8 if bits <= 8 else np.uint16
    values = (PHOTO.astype(np.uint32) * ((1 << bits) - 1) // 255).astype(dtype)
    image = read(tmp_path, coded(values, lossless=True, bitspersample=bits))
    assert image.bits == (8 if bits <= 8 else 16)
    error = np.abs(image.to_float() - values / np.float32((1 << bits) - 1)).max()
    assert error <= 0.5 / (255 if bits <= 8 else 65535) + 1e-6


def test_floats_keep_their_values_and_state_that_they_are_linear(tmp_path: Path) -> None:
    for dtype in (np.float16, np.float32):
        values = (PHOTO / np.float32(64) - 1).astype(dtype)
        image = read(tmp_path, lossless(values))
        np.testing.assert_array_equal(image.pixels, values)
        assert profile_name(image.metadata.icc) == "sRGB, linear"


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("described", [False, True], ids=["sRGB", "profile"])
def test_lossy_files_have_the_colors_of_the_image(
    tmp_path: Path, channels: int, bits: Any, described: bool
) -> None:
    pixels = np.dstack([PHOTO, PHOTO[..., :1]])[
        ..., {1: [0], 2: [0, 3]}.get(channels, slice(channels))
    ]
    icc = (P3 if channels > 2 else GRAY) if described else None
    image = Image(np.ascontiguousarray(pixels), Metadata(EXIF, XMP, icc))
    image = image.with_float(image.to_float(), bits=bits)
    path = tmp_path / "a.jxl"
    notes = formats.write(image, path, formats.writer_options(path, quality=97, lossless=False))
    back = formats.read(path)
    assert back.metadata == image.metadata
    assert (back.bits, back.pixels.shape, back.notes) == (bits, image.pixels.shape, ())
    error = np.abs(back.to_float() - image.to_float())
    exact = channels in (2, 4) and bits != 32 and (bits == 16 or described)
    said = "transparency with 16 bits or with a color profile was written without loss"
    assert notes == ((said,) if exact else ())
    assert error.max() == 0 if exact else 0 < error.mean() < 0.012


def test_colors_outside_srgb_survive_a_lossy_file(tmp_path: Path) -> None:
    """Pure P3 red would become another one if it went through the 8 bits of sRGB."""
    pixels = np.zeros((16, 16, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
    formats.write(Image(pixels, Metadata(icc=P3)), tmp_path / "a.jxl")
    back = formats.read(tmp_path / "a.jxl")
    assert np.abs(back.pixels.astype(int) - pixels).max() <= 16
    assert back.metadata.icc == P3


@given(
    profile=st.one_of(
        st.binary(max_size=400), st.just(P3), st.just(GRAY), st.just(find_profile("srgb"))
    )
)
def test_a_profile_that_was_written_is_read(profile: bytes) -> None:
    bits = BitWriter()
    bits.number(1, 3)
    write_profile(bits, profile)
    reader = BitReader(bits.finish())
    reader.number(3)
    assert read_profile(reader) == profile
    assert len(reader.data) - reader.at // 8 <= 1


# The header of a codestream by libjxl 0.7, whose profile is predicted, shuffled and coded by ANS.
CODED = (
    b"{|Z4s2sao5a$+8U5*>QBL@-3Q^qt44O@J1($BzYxZxf1GY^x`DucbH}h!JDO*-GMHYW{Z4^}us|k>TkUG(78DQ8pX`0"
    b"5E||?1E@Co<QT_WLcG~D;}g<lasu;NT!?#lV!*pu;83K;%=EWfj5`S7my=g!ptc%<w=w@I3R1zECFd!X33H)Gsu?p8wF"
    b"^JrX4H+n>_vcHAlf-6R0mpzkcl%>esKnL@;q6ARW}84`$b|U%&p^LH|>AwkOYM|HRK2000n@P>GwHdEdI5eRgwmGrM%$"
    b"{j*;>zUfVKySnDBk>3xzySbTncl*A^*OfjG?E0E!uvGm}@jMt-4uKQl%ov1J4g"
)


def table_profile() -> bytes:
    """Return the profile of Display P3 with a table of 200 values as its tone curve."""
    (count,) = struct.unpack(">I", P3[128:132])
    rows = [struct.unpack(">4sII", P3[132 + 12 * i : 144 + 12 * i]) for i in range(count)]
    values = (i * i * 65535 // 199**2 for i in range(200))
    curve = b"curv" + bytes(4) + struct.pack(">I200H", 200, *values)
    at, table, body = 132 + 12 * count, b"", b""
    for name, start, size in rows:
        data = curve if name.endswith(b"TRC") else P3[start : start + size]
        body += b"" if data in body else data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, at + body.index(data), len(data))
    return struct.pack(">I", at + len(body)) + P3[4:132] + table + body


def test_a_profile_that_another_program_coded_is_read() -> None:
    assert read_codestream(base64.b85decode(CODED)).profile == table_profile()


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_orientation_of_the_codestream_counts_and_exif_does_not(
    tmp_path: Path, turn: int
) -> None:
    exif = PilImage.Exif()
    exif[274] = 6
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    image = read(tmp_path, pack_container(described(turn=turn), b"", block, None))
    np.testing.assert_array_equal(image.pixels, turned(PHOTO, turn))
    assert orientation(image.metadata) == 1
    assert formats.probe(tmp_path / "a.jxl").height == image.height


def test_stated_colors_become_a_profile(tmp_path: Path) -> None:
    def colored(*numbers: tuple[int, int]) -> Image:
        return read(tmp_path, described(color=((0, 2), (0, 2), *numbers)))

    white, srgb, intent = (1, 2), (1, 2), (1, 2)
    eleven, thirteen = ((2, 2), (9, 4)), ((2, 2), (11, 4))
    image = colored(white, *eleven, (0, 1), *thirteen, intent)
    assert profile_name(image.metadata.icc) == "Display P3"
    said = "the JPEG XL color description (Display P3) was turned into an ICC profile"
    assert image.notes == (said,)
    image = colored(white, srgb, (1, 1), (4_545_455, 24), intent)
    assert profile_name(image.metadata.icc) == "sRGB, gamma 2.2"


def test_alpha_that_was_multiplied_is_divided_out(tmp_path: Path) -> None:
    alpha = ((0, 1), (0, 2), (0, 3), (0, 2), (0, 2), (1, 1))
    plain = read(tmp_path, described(extra=(*alpha[:-1], (0, 1)))).pixels
    image = read(tmp_path, described(extra=alpha))
    np.testing.assert_array_equal(image.pixels[..., 3], plain[..., 3])
    expected = np.minimum(np.rint(plain[..., :3] * 255.0 / plain[..., 3:]), 255)
    np.testing.assert_array_equal(image.pixels[..., :3], expected)


def test_other_channels_and_frames_are_named(tmp_path: Path) -> None:
    depth = ((0, 1), (1, 2), (0, 3), (0, 2), (0, 2))
    image = read(tmp_path, described(extra=depth))
    assert image.notes == ("not kept: channel (depth)",)
    np.testing.assert_array_equal(image.pixels, PHOTO)
    frames = np.stack([PHOTO, PHOTO[:, ::-1], PHOTO[::-1]])
    image = read(tmp_path, lossless(frames))
    np.testing.assert_array_equal(image.pixels, PHOTO)
    assert image.notes == ("not kept: other frames",)
    black = ((0, 1), (2, 2), (2, 4), (0, 3), (0, 2), (0, 2))
    with pytest.raises(ImageFormatError, match="is a CMYK picture"):
        read(tmp_path, described(extra=black))


def test_boxes_are_read_or_named(tmp_path: Path) -> None:
    packed = pack_box(b"brob", b"xml ", bytes(imagecodecs.brotli_encode(XMP)))
    bomb = pack_box(b"brob", b"Exif", bytes(imagecodecs.brotli_encode(bytes(2**26))))
    more = [
        pack_box(b"jumb", b"\0\0\0\0jumb c2pa"),
        pack_box(b"jhgm", b"\0"),
        packed,
        pack_box(b"xml ", XMP),
        bomb,
    ]
    whole = pack_container(lossless(PHOTO), b"", EXIF, None)
    image = read(tmp_path, whole + b"".join(more) + b"\x80tail")
    assert (image.metadata.exif, image.metadata.xmp) == (EXIF, XMP)
    assert image.notes == (
        "a damaged Exif box was left out",
        "not kept: jumb (C2PA), gain map, second XMP packet, trailer of 5 bytes",
    )
    np.testing.assert_array_equal(image.pixels, PHOTO)


def test_a_codestream_in_parts_is_joined(tmp_path: Path) -> None:
    stream = lossless(PHOTO)
    parts = [stream[:1], stream[1:9], stream[9:]]
    numbers = [0, 1, 0x80000002]
    boxes = (
        pack_box(b"jxlp", number.to_bytes(4, "big"), part)
        for number, part in zip(numbers, parts, strict=True)
    )
    head = pack_container(b"", b"\x05", None, None)
    data = head[: head.index(b"jxlc") - 4] + b"".join(boxes)
    np.testing.assert_array_equal(read(tmp_path, data).pixels, PHOTO)


@pytest.mark.parametrize("gray", [False, True])
def test_a_jpeg_file_inside_is_read_as_such(tmp_path: Path, gray: bool) -> None:
    exif = PilImage.Exif()
    exif[274] = 6
    file = io.BytesIO()
    picture = PilImage.fromarray(PHOTO[..., 0] if gray else PHOTO)
    options: dict[str, Any] = {} if gray else {"icc_profile": P3}
    picture.save(file, "JPEG", quality=37, exif=exif, dpi=(300, 300), comment=b"hello", **options)
    (tmp_path / "b.jpg").write_bytes(file.getvalue())
    original = formats.read(tmp_path / "b.jpg")
    image = read(tmp_path, bytes(imagecodecs.jpegxl_encode_jpeg(file.getvalue())))
    np.testing.assert_array_equal(image.pixels, original.pixels)
    assert image.metadata == original.metadata
    assert image.notes == ("the file contains a losslessly recompressed JPEG, which was read",)
    assert image.jpeg_quality == original.jpeg_quality == 37
    header = formats.probe(tmp_path / "a.jxl")
    assert (header.format, header.height, header.width) == ("JPEG XL", 40, 24)


def test_a_jpeg_file_that_is_damaged_leaves_the_pixels(tmp_path: Path) -> None:
    file = io.BytesIO()
    PilImage.fromarray(PHOTO).save(file, "JPEG", quality=80)
    data = bytearray(imagecodecs.jpegxl_encode_jpeg(file.getvalue()))
    (box,) = [each for each in boxes_in(bytes(data)) if each.kind == b"jbrd"]
    data[box.start : box.stop] = bytes(box.stop - box.start)
    image = read(tmp_path, bytes(data))
    assert image.notes == ("the JPEG from which the file was made cannot be recovered",)
    assert image.pixels.shape == PHOTO.shape


def bomb(height: int, width: int) -> bytes:
    """Return a codestream that claims another size."""
    data = lossless(PHOTO)
    header = read_codestream(data)
    bits = BitWriter()
    bits.copy(data, 0, 16)
    bits.number(0, 1)
    for side in (height, width):
        bits.number(3, 2)
        bits.number(side - 1, 30)
        if side is height:
            bits.number(0, 3)
    bits.copy(data, header._defaults_at, header._end)
    return bits.finish() + data[header.frames_at :]


def test_a_size_that_lies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLargeError, match="60000 x 60001"):
        read(tmp_path, bomb(60_001, 60_000))
    assert formats.probe(tmp_path / "a.jxl").width == 60_000
    with pytest.raises(ImageFormatError):
        read(tmp_path, bomb(300, 5000))


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_give_a_picture_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "a.jxl"
    path.write_bytes(whole)
    try:
        image = formats.read(path, max_pixels=10**6)
    except ImageError:
        return
    assert formats.probe(path).width == image.width


def with_profile(stream: bytes, profile: bytes) -> bytes:
    header: Codestream = read_codestream(stream)
    return header.with_colors(stream, None, profile)


WHOLE = [
    lossless(PHOTO),
    with_profile(lossless(PHOTO), P3),
    pack_container(coded(PHOTO, distance=1.0), b"", EXIF, XMP),
]


def test_jpeg_xl_options_are_obeyed(tmp_path: Path) -> None:
    image = Image(make_photograph(48, 64))

    def size(**values: Any) -> int:
        path = tmp_path / "a.jxl"
        formats.write(image, path, formats.writer_options(path, **values))
        return path.stat().st_size

    assert size(quality=20) < size(quality=60) < size(quality=90) < size(lossless=True)
    assert size(distance=3.0) < size(distance=0.1)
    assert size(quality=100) == size(lossless=True)
    assert size(quality=100, distance=1.0) < size(quality=100)
    assert size(lossless=True, effort=1) != size(lossless=True, effort=7)


@pytest.mark.skipif(shutil.which("djxl") is None, reason="djxl is not installed")
@pytest.mark.parametrize("bits", [8, 16])
def test_another_program_decodes_what_was_written(tmp_path: Path, bits: Any) -> None:
    image = Image(PHOTO, Metadata(EXIF, XMP, P3))
    image = image.with_float(image.to_float(), bits=bits)
    path = tmp_path / "a.jxl"
    formats.write(image, path, formats.writer_options(path, lossless=True))
    subprocess.run(["djxl", str(path), str(tmp_path / "b.png")], capture_output=True, check=True)
    back = formats.read(tmp_path / "b.png")
    np.testing.assert_array_equal(back.pixels, image.pixels)
    assert back.metadata.icc == P3

"""JPEG files that are whole, cut or of rare kinds."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import Image, formats
from restorer.errors import ImageFormatError
from restorer.formats.jpeg import scans

from helpers import make_photograph

NO_END = "the file has no end marker; all its pixels were read"
KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "optimized": {"optimize": True},
}
# A gradient of 16x16 gray pixels at quality 30, arithmetic coded by libjpeg-turbo's jpegtran.
ARITHMETIC = """
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQ
c1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/yQALCAAQABABAREA/8wABgAQEAX/2gAIAQEAAD8A/ufIYU7CIi7kJOB+
SnD/2Q==
"""


def jpeg(kind: str = "baseline", pixels: Any = None) -> bytes:
    file = io.BytesIO()
    values = make_photograph(40, 56) if pixels is None else pixels
    PilImage.fromarray(values).save(file, "JPEG", quality=85, **KINDS[kind])
    return file.getvalue()


def read(tmp_path: Path, data: bytes) -> Image:
    (tmp_path / "a.jpg").write_bytes(data)
    return formats.read(tmp_path / "a.jpg")


def refused(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(ImageFormatError) as caught:
        read(tmp_path, data)
    return str(caught.value).removeprefix(f"{tmp_path / 'a.jpg'}: ")


@pytest.mark.parametrize("tail", [b"", b"\xff", bytes(300)], ids=["none", "half", "zeros"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_picture_without_an_end_marker_is_read_with_a_note(
    tmp_path: Path, kind: str, tail: bytes
) -> None:
    whole = jpeg(kind)
    expected = read(tmp_path, whole)
    assert expected.notes == ()
    image = read(tmp_path, whole[:-2] + tail)
    np.testing.assert_array_equal(image.pixels, expected.pixels)
    assert image.notes == (NO_END,)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    share=st.floats(0.0, 0.999),
    tail=st.sampled_from([b"", bytes(3000)]),
)
@example("progressive", 0.23046875, b"")  # behind the marker of a scan
def test_a_cut_picture_is_refused_wherever_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, kind: str, share: float, tail: bytes
) -> None:
    whole = jpeg(kind)
    first = whole.index(b"\xff\xda")
    stop = first + 20 + int(share * (len(whole) - first - 24))
    said = refused(tmp_path_factory.mktemp("cut"), whole[:stop] + tail)
    assert said in (scans.CUT, "the file is cut short"), said


@pytest.mark.parametrize("kind", ["baseline", "restarts", "optimized"])
def test_an_end_marker_does_not_make_a_cut_picture_whole(tmp_path: Path, kind: str) -> None:
    whole = jpeg(kind)
    assert refused(tmp_path, whole[: len(whole) * 2 // 3] + b"\xff\xd9") == scans.CUT


def test_missing_scans_of_a_progressive_picture_are_said(tmp_path: Path) -> None:
    whole = jpeg("progressive")
    last = whole.rindex(b"\xff\xda")
    image = read(tmp_path, whole[:last] + b"\xff\xd9")
    assert image.notes == ("some scans of the JPEG are missing, and with them fine detail",)
    assert refused(tmp_path, whole[:last]) == scans.CUT


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_the_gray_of_missing_data_is_read(tmp_path: Path, kind: str) -> None:
    whole = jpeg(kind, np.full((40, 56, 3), 128, np.uint8))
    assert read(tmp_path, whole).notes == ()
    assert read(tmp_path, whole[:-2]).notes == (NO_END,)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_jpeg_is_exact_at_its_depth(tmp_path: Path, bits: int, channels: int) -> None:
    top = (1 << bits) - 1
    dtype = np.uint8 if bits == 8 else np.uint16
    values = np.random.default_rng(0).integers(0, top, (20, 30, channels), dtype, endpoint=True)
    data = imagecodecs.jpeg8_encode(
        values if channels == 3 else values[..., 0], lossless=True, bitspersample=bits
    )
    image = read(tmp_path, data)
    assert image.bits == formats.probe(tmp_path / "a.jpg").bits == (8 if bits == 8 else 16)
    white = 255 if bits == 8 else 65535
    np.testing.assert_array_equal(image.pixels, np.rint(values * (white / top)))
    note = f"JPEG samples of {bits} bits were stretched to 16 bits"
    assert image.notes == ((note,) if bits in (10, 12) else ())
    assert read(tmp_path, data[:-2]).notes[-1] == NO_END
    refused(tmp_path, data[: len(data) * 2 // 3])
    refused(tmp_path, data[: len(data) * 2 // 3] + b"\xff\xd9")


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_of_12_bits_keeps_more_than_8(tmp_path: Path, channels: int) -> None:
    ramp = np.linspace(0, 4095, 64 * 64).reshape(64, 64, 1).repeat(channels, 2)
    values = np.rint(ramp).astype(np.uint16)
    data = imagecodecs.jpeg8_encode(
        values if channels == 3 else values[..., 0], level=100, bitspersample=12
    )
    image = read(tmp_path, data)
    error = np.abs(image.pixels / 65535 * 4095 - values)
    assert error.mean() < 2, "8 bits would be off by 4 on average"
    assert image.notes == ("JPEG samples of 12 bits were stretched to 16 bits",)
    assert refused(tmp_path, data[:-400]) == scans.CUT


def test_arithmetic_coding_is_read(tmp_path: Path) -> None:
    data = base64.b64decode(ARITHMETIC)
    y, x = np.mgrid[:16, :16]
    image = read(tmp_path, data)
    assert np.abs(image.pixels[..., 0].astype(int) - (x + y) * 8).mean() < 6
    assert read(tmp_path, data[:-2]).notes == (NO_END,)


def test_kinds_that_nothing_decodes_are_refused_with_a_remedy(tmp_path: Path) -> None:
    data = jpeg().replace(b"\xff\xc0", b"\xff\xc5", 1)
    said = refused(tmp_path, data)
    assert said.startswith("JPEG of kind SOF5 with 8 bits and 3 components cannot be decoded; ")
    assert "convert it" in said


def test_a_small_file_of_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = (11_500).to_bytes(2, "big") * 2
    assert refused(tmp_path, bytes(data)) == scans.CUT


def test_scans_that_would_take_minutes_are_refused(tmp_path: Path) -> None:
    data = jpeg("progressive", np.full((3000, 3000), 90, np.uint8))
    last = data[data.rindex(b"\xff\xda") : -2]
    assert "scans of 3000 x 3000 pixels" in refused(tmp_path, data[:-2] + 200 * last + scans.END)

"""PQ and HLG: pictures of every format that states them are read as the same linear light."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from heif_files import avif
from jxl_files import lossless, with_enums

from restorer import Image, formats, profile_name
from restorer.formats.color.hdr_transfer import to_light
from restorer.formats.heif.items import Property

PQ, HLG = 16, 18
# Encoded values, of ITU-R BT.2100 and the report BT.2408, and what they are of diffuse white.
KNOWN = {
    PQ: [(0.0, 0.0), (0.5081, 100 / 203), (0.5807, 1.0), (0.7518, 1000 / 203), (1.0, 10_000 / 203)],
    HLG: [(0.0, 0.0), (0.75, 1.0), (1.0, 1000 / 203)],
}


def ramp(channels: int = 3) -> Any:
    values = np.linspace(0, 65535, 16 * 24).astype(np.uint16).reshape(16, 24, 1)
    return np.ascontiguousarray(values.repeat(channels, axis=2))


def png(pixels: Any, transfer: int) -> bytes:
    data = bytes(imagecodecs.png_encode(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
    body = b"cICP" + bytes([9, transfer, 0, 1])
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def in_avif(pixels: Any, transfer: int) -> bytes:
    color = Property(b"colr", b"nclx" + struct.pack(">HHH", 9, transfer, 0) + b"\x80")
    deep = np.rint(pixels / np.float32(65535) * 4095).astype(np.uint16)
    deep = deep[..., 0] if pixels.shape[2] == 1 else deep
    return avif(deep, 12, properties=[color], without=b"colr")


def in_jxl(pixels: Any, transfer: int) -> bytes:
    gray = pixels.shape[2] == 1
    return with_enums(lossless(pixels[..., 0] if gray else pixels), 9, transfer, gray=gray)


MAKERS: dict[str, Callable[[Any, int], bytes]] = {".png": png, ".avif": in_avif, ".jxl": in_jxl}


@pytest.mark.parametrize("transfer", KNOWN)
def test_known_values_become_their_light(transfer: int) -> None:
    encoded, light = np.array(KNOWN[transfer], np.float32).T
    pixels = encoded[None, :, None].repeat(4, axis=2)
    found = to_light(pixels, transfer)
    np.testing.assert_allclose(found[0, :, 0], light, rtol=5e-3, atol=1e-6)
    np.testing.assert_array_equal(found[..., 3], pixels[..., 3])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("transfer", KNOWN)
@pytest.mark.parametrize("suffix", MAKERS)
def test_hdr_pictures_are_read_as_linear_light(
    tmp_path: Path, suffix: str, transfer: int, channels: int
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(MAKERS[suffix](ramp(channels), transfer))
    image = formats.read(path)
    name = "PQ" if transfer == PQ else "HLG"
    assert image.notes == (f"{name} was decoded to linear light, in which 203 cd/m² are white",)
    assert image.is_linear
    if channels == 3:
        assert profile_name(image.metadata.icc) == "BT.2020, linear"
    header = formats.probe(path)
    assert (header.bits, header.channels, image.pixels.dtype) == (32, channels, np.float32)
    expected = to_light(ramp(channels), transfer)
    np.testing.assert_allclose(image.pixels, expected, rtol=0.02, atol=1e-3)
    formats.write(image, tmp_path / "b.tif")
    again = formats.read(tmp_path / "b.tif")
    np.testing.assert_array_equal(again.pixels, image.pixels)
    assert again.is_linear


def test_light_above_white_is_clipped_with_a_note_in_other_formats(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(ramp(), PQ))
    image: Image = formats.read(tmp_path / "a.png")
    notes = formats.write(image, tmp_path / "b.png", None)
    assert any("above white" in note for note in notes)

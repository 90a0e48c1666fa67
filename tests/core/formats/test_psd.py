"""The composite of Photoshop documents: all modes, compressions and metadata."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from psd_files import psd, resource

from restorer import Image, find_profile, formats
from restorer.errors import ImageFormatError
from restorer.formats.color.matrix import LINEAR_CURVE, SRGB_CHROMATICITIES, matrix_profile

from helpers import make_photograph

PHOTO = make_photograph(11, 13)
GRAY, INDEXED, CMYK, MULTICHANNEL, LAB = 1, 2, 4, 7, 9
P3 = find_profile("display-p3") or b""


def read(tmp_path: Path, data: bytes) -> Image:
    (tmp_path / "a.psd").write_bytes(data)
    return formats.read(tmp_path / "a.psd")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("compression", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_all_depths_and_compressions(
    tmp_path: Path, kind: str, compression: int, large: bool
) -> None:
    pixels = (PHOTO / 255 * {"u1": 255, "u2": 65535, "f4": 2}[kind]).astype(kind)
    image = read(tmp_path, psd(pixels, compression=compression, large=large))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.notes == ()
    assert image.is_linear == (kind == "f4")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_alpha_belongs_to_the_composite_if_the_layers_say_so(
    tmp_path: Path, kind: str, large: bool
) -> None:
    pixels = np.dstack([PHOTO, PHOTO[..., :2]]).astype(kind)
    image = read(tmp_path, psd(pixels, layers=-2, large=large))
    np.testing.assert_array_equal(image.pixels, pixels[..., :4])
    assert image.notes == ("not kept: 2 layers, 1 extra channel",)
    image = read(tmp_path, psd(pixels, layers=1, large=large))
    np.testing.assert_array_equal(image.pixels, pixels[..., :3])
    assert image.notes == ("not kept: 1 layer, 2 extra channels",)


def test_other_modes_become_gray_or_rgb(tmp_path: Path) -> None:
    gray = PHOTO[..., :1]
    np.testing.assert_array_equal(read(tmp_path, psd(gray, GRAY)).pixels, gray)
    table = np.arange(768, dtype=np.uint16).astype(np.uint8)
    image = read(tmp_path, psd(gray, INDEXED, palette=table.tobytes()))
    np.testing.assert_array_equal(image.pixels, table.reshape(3, 256).T[gray[..., 0]])
    white = np.full((2, 2, 4), 255, np.uint8)  # no ink
    image = read(tmp_path, psd(white, CMYK))
    assert (image.pixels == 255).all()
    assert any("CMYK" in note for note in image.notes)
    for kind, middle in (("u1", 128), ("u2", 32896)):
        lab = np.full((2, 2, 3), middle, kind)
        image = read(tmp_path, psd(lab, LAB))
        assert np.ptp(image.to_float()) < 0.01
        assert abs(image.to_float().mean() - 0.468) < 0.01  # L* = 50.2
    with pytest.raises(ImageFormatError, match="multichannel"):
        read(tmp_path, psd(PHOTO, MULTICHANNEL))


def test_resources_become_metadata_and_others_are_counted(tmp_path: Path) -> None:
    exif = b"MM\0*\0\0\0\x08\0\1\x01\x0f\0\2\0\0\0\4abc\0\0\0\0\0"
    iptc = b"\x1c\2\5\0\1t"
    resources = b"".join(
        [
            resource(0x03ED, struct.pack(">IHHIHH", 300 << 16, 1, 1, 150 << 16, 1, 1)),
            resource(0x040F, P3),
            resource(0x0422, exif),
            resource(0x0424, b"<x:xmpmeta/>"),
            resource(0x0404, iptc),
            resource(0x0421, struct.pack(">IB", 1, 1)),
            *(resource(number, b"abc") for number in (0x0408, 0x041A)),
        ]
    )
    image = read(tmp_path, psd(PHOTO, resources=resources))
    found = image.metadata
    assert (found.icc, found.xmp, found.dpi) == (P3, b"<x:xmpmeta/>", (300, 150))
    assert found.exif is not None
    assert b"abc" in found.exif
    assert found.blocks == {"IPTC": iptc}
    assert image.notes == ("not kept: 2 Photoshop resources",)
    linear = matrix_profile("linear", SRGB_CHROMATICITIES, LINEAR_CURVE)
    image = read(tmp_path, psd(PHOTO, resources=resource(0x040F, linear)))
    assert image.is_linear


def test_a_blank_composite_is_refused(tmp_path: Path) -> None:
    data = psd(PHOTO, layers=3, resources=resource(0x0421, struct.pack(">IB", 1, 0)))
    with pytest.raises(ImageFormatError, match="Maximize Compatibility"):
        read(tmp_path, data)


@pytest.mark.parametrize("compression", [0, 1, 2])
def test_a_header_that_lies_is_refused(tmp_path: Path, compression: int) -> None:
    data = bytearray(psd(PHOTO, compression=compression))
    data[14:22] = struct.pack(">II", 30_000, 30_000)
    (tmp_path / "a.psd").write_bytes(data)
    with pytest.raises(ImageFormatError, match=r"cut short|expected"):
        formats.read(tmp_path / "a.psd", max_pixels=2**40)

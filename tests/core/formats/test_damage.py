"""How much damage inside compressed data is noticed, and that whole files raise no false alarm."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import simplejpeg
import tifffile
from PIL import Image as PilImage

from restorer import Image, formats
from restorer.errors import ImageError
from restorer.formats.jpeg.jpeg import DAMAGED, scans

from helpers import make_photograph

PHOTO = make_photograph(120, 168)
KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "optimized": {"optimize": True},
}


def encoded(format: str, picture: PilImage.Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    (picture or PilImage.fromarray(PHOTO)).save(file, format, **options)
    return file.getvalue()


def tiff(**options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, PHOTO, photometric="rgb", **options)
    return file.getvalue()


def jxl() -> bytes:
    return bytes(imagecodecs.jpegxl_encode(PHOTO, distance=1.0))


def jpeg(**options: Any) -> bytes:
    return encoded("JPEG", quality=85, **options)


def read(path: Path, data: bytes) -> Image:
    path.write_bytes(data)
    return formats.read(path)


def blanked(data: bytearray, rng: np.random.Generator) -> None:
    """Zero 64 bytes: a sector that a disk could not read has more of them."""
    at = int(rng.integers(len(data) // 8, len(data) - 64))
    data[at : at + 64] = bytes(64)


def dropped(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(len(data) // 8, len(data) - 256))
    del data[at : at + 256]


def overwritten(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(len(data) // 8, len(data) - 16))
    data[at : at + 16] = rng.bytes(16)


# Least share of 50 corruptions that are noted or refused. WebP, AVIF, LZW and plain samples have
# no checksums, and a Huffman decoder soon reads on in step: nobody can notice all damage in them.
@pytest.mark.parametrize(
    ("suffix", "make", "damage", "least"),
    [
        (".jpg", jpeg, blanked, 0.8),
        (".jpg", jpeg, dropped, 1.0),
        (".jpg", jpeg, overwritten, 0.35),
        (".jpg", lambda: jpeg(progressive=True), blanked, 0.9),
        (".jpg", lambda: jpeg(progressive=True), overwritten, 0.7),
        (".jpg", lambda: jpeg(restart_marker_rows=1), blanked, 0.8),
        (".webp", lambda: encoded("WEBP", quality=85), overwritten, 0.7),
        (".webp", lambda: encoded("WEBP", lossless=True), overwritten, 0.85),
        (".jxl", jxl, overwritten, 0.95),
        (".avif", lambda: encoded("AVIF", quality=90), overwritten, 0.45),
        (".png", lambda: encoded("PNG"), overwritten, 1.0),
        (".tif", lambda: tiff(compression="zlib"), overwritten, 1.0),
        (".tif", lambda: tiff(compression="lzw"), overwritten, 0.85),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_damage_is_noticed(
    tmp_path: Path,
    suffix: str,
    make: Callable[[], bytes],
    damage: Callable[[bytearray, np.random.Generator], None],
    least: float,
) -> None:
    whole, path = make(), tmp_path / f"a{suffix}"
    expected, rng, noticed = read(path, whole), np.random.default_rng(0), 0
    assert expected.notes == ()
    for _ in range(50):
        data = bytearray(whole)
        damage(data, rng)
        try:
            image = read(path, bytes(data))
        except ImageError:
            noticed += 1
        else:
            noticed += bool(image.notes) or np.array_equal(image.pixels, expected.pixels)
    assert noticed >= least * 50, f"{noticed} of 50"


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_data_leave_the_sound_part_and_a_note(tmp_path: Path, kind: str) -> None:
    whole = jpeg(**KINDS[kind])
    expected = read(tmp_path / "a.jpg", whole).pixels
    at = whole.rindex(b"\xff\xda")
    middle = (at + len(whole)) // 2
    image = read(tmp_path / "a.jpg", whole[:middle] + whole[middle + 64 :])
    assert DAMAGED in image.notes
    np.testing.assert_array_equal(image.pixels[:16], expected[:16])


def test_junk_between_markers_gets_a_note(tmp_path: Path) -> None:
    whole = jpeg(progressive=True)
    at = whole.index(b"\xff\xc4", whole.index(b"\xff\xda"))
    assert DAMAGED in read(tmp_path / "a.jpg", whole[:at] + b"junk" * 8 + whole[at:]).notes


def test_a_damaged_picture_that_is_mostly_missing_is_refused(tmp_path: Path) -> None:
    whole = jpeg()
    start = whole.index(b"\xff\xda") + 14
    with pytest.raises(ImageError) as caught:
        read(tmp_path / "a.jpg", whole[: start + 300] + whole[-300:])
    assert scans.CUT in str(caught.value)


@pytest.mark.parametrize("tail", [b"", b"\0" * 5, b"\0" * 512], ids=["no", "few", "many"])
@pytest.mark.parametrize("kind", KINDS)
def test_zeros_before_or_behind_the_end_are_no_damage(
    tmp_path: Path, kind: str, tail: bytes
) -> None:
    whole = jpeg(**KINDS[kind])
    for data in (whole[:-2] + tail + whole[-2:], whole + tail):
        image = read(tmp_path / "a.jpg", data)
        np.testing.assert_array_equal(image.pixels, read(tmp_path / "a.jpg", whole).pixels)
        assert image.notes == ()


def odd_factors() -> bytes:
    """Return a file whose colors have other factors than the usual ones."""
    data = bytearray(jpeg(subsampling="4:4:4"))
    frame = data.index(b"\xff\xc0")
    data[frame + 14] = 0x21
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        *(jpeg(subsampling=s) for s in ("4:4:4", "4:2:2", "4:2:0")),
        *(simplejpeg.encode_jpeg(PHOTO, colorsubsampling=s) for s in ("440", "411")),
        jpeg(keep_rgb=True),
        encoded("JPEG", PilImage.fromarray(PHOTO[..., 0])),
        *(jpeg(**options) for options in KINDS.values()),
    ],
    ids=["444", "422", "420", "440", "411", "rgb", "gray", *KINDS],
)
def test_pixels_are_those_of_libjpeg_elsewhere_and_nothing_is_noted(
    tmp_path: Path, data: bytes
) -> None:
    image = read(tmp_path / "a.jpg", data)
    elsewhere = np.array(PilImage.open(io.BytesIO(data)))
    np.testing.assert_array_equal(image.pixels, elsewhere.reshape(image.pixels.shape))
    assert image.notes == ()


def test_unusual_subsampling_is_read(tmp_path: Path) -> None:
    data = odd_factors()
    with pytest.raises(ValueError, match="subsampling"):
        simplejpeg.decode_jpeg_header(data)
    image = read(tmp_path / "a.jpg", data)
    np.testing.assert_array_equal(image.pixels, np.array(PilImage.open(io.BytesIO(data))))

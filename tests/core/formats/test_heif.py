"""AVIF and HEIC: what their items say is read, kept, applied once, or named."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from heif_files import PRIMARY, aperture, avif, extended, heic
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import Image, Metadata, find_profile, formats, profile_name
from restorer.errors import ImageError, ImageFormatError, ImageTooLargeError
from restorer.formats.boxes import pack_box, pack_full_box
from restorer.formats.heif import picture
from restorer.formats.heif.items import Item, Items, Property, pack_items, read_items
from restorer.formats.metadata import orientation, turned, with_orientation
from restorer.formats.samples import normal

from helpers import make_photograph

PHOTO = make_photograph(16, 24)
P3 = find_profile("display-p3") or b""
TURNS = {(0, None): 1, (0, 1): 2, (2, None): 3, (0, 0): 4}
TURNS |= {(1, 0): 5, (3, None): 6, (1, 1): 7, (1, None): 8, (2, 0): 2, (3, 0): 7}
XMP_TYPE = b"application/rdf+xml"
MAKERS: dict[str, Callable[..., bytes]] = {
    ".avif": lambda **more: avif(PHOTO, **more),
    ".heic": lambda **more: heic(**more),
}
BOTH = pytest.mark.parametrize("suffix", MAKERS)


def read(folder: Path, suffix: str, data: bytes) -> Image:
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    return formats.read(path)


def make(suffix: str, **more: Any) -> bytes:
    return MAKERS[suffix](**more)


def nclx(*codes: int) -> Property:
    return Property(b"colr", b"nclx" + struct.pack(">HHH", *codes) + b"\x80")


def turning(angle: int, mirror: int | None) -> list[Property]:
    found = [Property(b"irot", bytes([angle]), True)]
    return found + ([] if mirror is None else [Property(b"imir", bytes([mirror]), True)])


def exif(turn: int) -> tuple[Item, bytes]:
    block = with_orientation(Metadata(), turn).exif or b""
    return Item(b"Exif", references={b"cdsc": (PRIMARY,)}), bytes(4) + block


def auxiliary(kind: bytes) -> tuple[Item, bytes]:
    properties = (Property(b"auxC", bytes(4) + kind + b"\0"),)
    return Item(b"hvc1", properties=properties, references={b"auxl": (PRIMARY,)}), b"data"


def described(kind: bytes, content: bytes = b"") -> tuple[Item, bytes]:
    return Item(kind, content, references={b"cdsc": (PRIMARY,)}), b"data"


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_deep_samples_are_stretched_exactly(tmp_path: Path, bits: int, channels: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 1 << bits, (16, 24, channels)).astype(np.uint16)
    data = avif(values[..., 0] if channels == 1 else values, bits)
    image = read(tmp_path, ".avif", data)
    np.testing.assert_array_equal(image.pixels, normal(values, bits)[0])
    assert formats.probe(tmp_path / "a.avif") == formats.Header("AVIF", 16, 24, channels, 16)


@pytest.mark.parametrize("bits", [10, 12])
def test_pictures_of_16_bits_are_rounded_once(tmp_path: Path, bits: int) -> None:
    rng = np.random.default_rng(0)
    image, path = Image(rng.integers(0, 65536, (9, 7, 3)).astype(np.uint16)), tmp_path / "a.avif"
    options = formats.writer_options(path, lossless=True, bits=bits)
    (note,) = formats.write(image, path, options)
    assert note == f"AVIF holds at most 12 bits; 16-bit values were rounded to {bits}"
    once = formats.read(path)
    assert np.abs(once.pixels.astype(int) - image.pixels).max() <= 32767 // ((1 << bits) - 1) + 1
    assert formats.write(once, path, options) == ()
    np.testing.assert_array_equal(formats.read(path).pixels, once.pixels)


def test_heic_of_10_bits_has_the_values_of_8_bits(tmp_path: Path) -> None:
    deep, coarse = read(tmp_path, ".heic", heic(10)), read(tmp_path, ".heic", heic())
    assert (deep.pixels.dtype, coarse.pixels.dtype) == (np.uint16, np.uint8)
    for image in (deep, coarse):
        error = np.abs(image.to_float()[..., :3] - PHOTO / np.float32(255)).mean()
        assert error < 0.02
    assert (coarse.pixels[..., 3] == 200).all()
    assert len(np.unique(deep.pixels)) > 256
    assert np.isin(deep.pixels, normal(np.arange(1024, dtype=np.uint16), 10)[0]).all()


@BOTH
@pytest.mark.parametrize(("angle", "mirror"), TURNS)
def test_turn_and_mirror_are_applied_once_and_exif_does_not_count(
    tmp_path: Path, suffix: str, angle: int, mirror: int | None
) -> None:
    plain = read(tmp_path, suffix, make(suffix)).pixels
    data = make(suffix, properties=turning(angle, mirror), items=[exif(6)])
    image = read(tmp_path, suffix, data)
    np.testing.assert_array_equal(image.pixels, turned(plain, TURNS[angle, mirror]))
    assert orientation(image.metadata) == 1
    assert image.notes == ()
    assert formats.probe(tmp_path / f"a{suffix}").height == image.height


@BOTH
def test_a_clean_aperture_is_cut_out_before_the_turn(tmp_path: Path, suffix: str) -> None:
    plain = read(tmp_path, suffix, make(suffix)).pixels
    window = aperture(3, 2, 10, 8, (16, 24))
    image = read(tmp_path, suffix, make(suffix, properties=[window, *turning(3, None)]))
    np.testing.assert_array_equal(image.pixels, turned(plain[2:10, 3:13], 6))
    outside = make(suffix, properties=[aperture(20, 2, 10, 8, (16, 24))])
    np.testing.assert_array_equal(read(tmp_path, suffix, outside).pixels, plain)


@BOTH
def test_profile_exif_and_xmp_are_read_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    items = [exif(1), (Item(b"mime", XMP_TYPE, references={b"cdsc": (PRIMARY,)}), packet)]
    colors = [Property(b"colr", b"prof" + P3), nclx(9, 16, 9)]
    image = read(tmp_path, suffix, make(suffix, properties=colors, items=items, without=b"colr"))
    found = image.metadata
    assert (found.icc, found.xmp, found.exif) == (P3, packet, exif(1)[1][4:])
    assert image.notes == ()


@BOTH
def test_code_points_become_a_profile(tmp_path: Path, suffix: str) -> None:
    def colored(*codes: int) -> Image:
        data = make(suffix, properties=[nclx(*codes)], without=b"colr")
        return read(tmp_path, suffix, data)

    for codes in ((1, 13, 6), (2, 2, 6)):
        assert colored(*codes).metadata.icc is None
    wide = colored(12, 13, 6)
    assert profile_name(wide.metadata.icc) == "Display P3"
    said = "the nclx color description (Display P3) was turned into an ICC profile"
    assert wide.notes == (said,)
    (note,) = colored(22, 13, 6).notes
    assert note == "the nclx color description (22, 13) is not known and was left out"


@BOTH
def test_everything_else_is_named(tmp_path: Path, suffix: str) -> None:
    items = [
        auxiliary(b"urn:com:apple:photo:2020:aux:hdrgainmap"),
        auxiliary(b"urn:mpeg:hevc:2015:auxid:2"),
        auxiliary(b"urn:com:apple:photo:2019:aux:semanticskinmatte"),
        described(b"mime", b"text/plain"),
        described(b"uri "),
        (Item(b"hvc1"), b"data"),
        (Item(b"jpeg", references={b"thmb": (PRIMARY,)}), b"thumbnail"),
    ]
    c2pa = pack_box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), b"signed")
    counts = pack_full_box(b"stsz", 0, struct.pack(">II", 0, 3))
    for name in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        counts = pack_box(name, counts)
    image = read(tmp_path, suffix, make(suffix, items=items, behind=c2pa + counts + b"\x80tail"))
    (note,) = image.notes
    assert note == (
        "not kept: gain map, depth map, auxiliary picture"
        " (urn:com:apple:photo:2019:aux:semanticskinmatte), metadata (text/plain),"
        " metadata of an unknown kind, 1 other picture, uuid (C2PA), 2 other frames,"
        " trailer of 5 bytes"
    )
    assert image.metadata.blocks == {"thumbnail": b"thumbnail"}


def test_of_a_sequence_the_first_frame_is_read(tmp_path: Path) -> None:
    frames, file = [PilImage.fromarray(PHOTO[:, ::s]) for s in (1, -1, 1)], io.BytesIO()
    frames[0].save(file, "AVIF", quality=100, save_all=True, append_images=frames[1:])
    image = read(tmp_path, ".avif", file.getvalue())
    assert np.abs(image.pixels[..., :3].astype(int) - PHOTO).mean() < 4
    assert image.notes == ("not kept: 2 other frames",)


def test_a_grid_is_read_as_one_picture(tmp_path: Path) -> None:
    photo = make_photograph(64, 128)
    parts = [avif(np.ascontiguousarray(photo[:, x : x + 64])) for x in (0, 64)]
    items, contents = {}, {}
    for number, part in enumerate(parts, 1):
        file = io.BytesIO(part)
        found = read_items(file)
        items[number] = found.by_id[1]
        contents[number] = found.data(file, 1)
    size = Property(b"ispe", struct.pack(">III", 0, 128, 64))
    shared = tuple(p for p in items[1].properties if p.kind in (b"pixi", b"colr"))
    items[3] = Item(b"grid", b"", (), (size, *shared), {b"dimg": (1, 2)})
    contents[3] = bytes([0, 0, 0, 1]) + struct.pack(">HH", 128, 64)
    image = read(tmp_path, ".avif", pack_items(Items(3, items, found.brands), contents))
    np.testing.assert_array_equal(image.pixels, photo)
    assert image.notes == ()


@BOTH
@pytest.mark.parametrize("size", [(60_000, 60_000), (0, 24)])
def test_a_size_that_lies_is_refused(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    lying = Property(b"ispe", struct.pack(">III", 0, size[1], size[0]))
    data = make(suffix, properties=[lying], without=b"ispe")
    expected = ImageTooLargeError if size[0] > 16 else ImageFormatError
    with pytest.raises(expected):
        read(tmp_path, suffix, data)


@BOTH
@settings(max_examples=40)
@given(data=st.data())
def test_damaged_files_give_a_picture_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    whole = bytearray(make(suffix, items=[exif(6)], properties=turning(1, 0)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 5))
        part = data.draw(st.sampled_from([b"\xff" * 4, bytes(4), b"\0\0\0\1", b"\x80"]))
        whole[at : at + len(part)] = part
    path = tmp_path_factory.mktemp("damaged") / f"a{suffix}"
    path.write_bytes(whole)
    try:
        image = formats.read(path, max_pixels=10**6)
    except ImageError:
        return
    assert formats.probe(path).width == image.width


@pytest.mark.parametrize("bits", [8, 10])
def test_large_pictures_behind_a_small_size_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    monkeypatch.setattr(picture, "_SMALL", 0)
    lying = Property(b"ispe", struct.pack(">III", 0, 12, 8))
    large = make_photograph(64, 64).astype(np.uint8 if bits == 8 else np.uint16)
    for suffix, data in ((".avif", avif(large, bits)), (".heic", heic(bits))):
        whole = extended(data, properties=[lying], without=b"ispe")
        with pytest.raises(ImageFormatError, match=r"damaged: [\d,]+ pixels are coded, far more"):
            read(tmp_path, suffix, whole)


def test_parts_that_overlap_do_not_make_a_small_file_endless(tmp_path: Path) -> None:
    file = io.BytesIO(avif(PHOTO))
    found = read_items(file)
    items = Items(1, {1: Item(b"av01", places=((0, 0, 300),) * 50_000)}, found.brands)
    with pytest.raises(ImageFormatError, match="cut short"):
        items.data(file, 1)


def test_without_the_library_heic_files_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.heic").write_bytes(heic())
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert formats.probe(tmp_path / "a.heic").width == 24
    with pytest.raises(ImageFormatError, match=r"install restorer\[heif\]"):
        formats.read(tmp_path / "a.heic")


@pytest.mark.parametrize("kept", [{"exif": exif(1)[1][4:]}, {"xmp": b"<x:xmpmeta/>"}, {"icc": P3}])
def test_opencv_reads_what_was_written(tmp_path: Path, kept: dict[str, bytes]) -> None:
    """It refuses metadata behind the pixels."""
    formats.write(Image(PHOTO, Metadata(**kept)), tmp_path / "a.avif")
    data = np.frombuffer((tmp_path / "a.avif").read_bytes(), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_UNCHANGED).shape == PHOTO.shape


def test_avif_options_are_obeyed(tmp_path: Path) -> None:
    image = Image(make_photograph(48, 64))

    def size(**values: Any) -> int:
        path = tmp_path / "a.avif"
        formats.write(image, path, formats.writer_options(path, **values))
        return path.stat().st_size

    assert size(quality=60) < size(quality=90) < size(quality=90, lossless=True)
    assert size(quality=90, subsampling="4:2:0") < size(quality=90)
    np.testing.assert_array_equal(formats.read(tmp_path / "a.avif").pixels.shape, (48, 64, 3))


@pytest.mark.skipif(shutil.which("heif-info") is None, reason="heif-info is not installed")
def test_another_library_sees_the_picture_and_its_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.avif"
    metadata = Metadata(exif(1)[1][4:], b"<x:xmpmeta/>", P3)
    formats.write(Image(PHOTO, metadata), path)
    said = subprocess.run(
        ["heif-info", str(path)], capture_output=True, text=True, check=True
    ).stdout
    for text in ("image: 24x16", "color profile: prof", "Exif: ", "XMP: 12 bytes"):
        assert text in said

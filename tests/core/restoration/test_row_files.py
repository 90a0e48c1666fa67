"""Rows of large TIFF files: read and written exactly, whatever the layout."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer import Image, Metadata, Step, formats
from restorer.batch import memory
from restorer.errors import ImageFormatError, OutOfMemoryError
from restorer.formats.color import profiles
from restorer.formats.exif import ifd
from restorer.formats.tiff import bands, tiff

from large_files import DENOISE, job, open_rows, picture, write_small_strips


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SHARE", 0)


@settings(max_examples=100)
@given(
    dtype=st.sampled_from([np.uint8, np.uint16]),
    channels=st.sampled_from([1, 3]),
    compression=st.sampled_from([None, "zlib", "lzw", "zstd"]),
    predictor=st.booleans(),
    layout=st.sampled_from([{}, {"tile": (16, 32)}, {"rowsperstrip": 1}, {"rowsperstrip": 7}]),
    byteorder=st.sampled_from("<>"),
    bigtiff=st.booleans(),
    planar=st.booleans(),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    data=st.data(),
)
def test_rows_of_every_layout_are_those_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    dtype: Any,
    channels: int,
    compression: str | None,
    predictor: bool,
    layout: dict[str, Any],
    byteorder: Any,
    bigtiff: bool,
    planar: bool,
    size: tuple[int, int],
    data: st.DataObject,
) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, np.iinfo(dtype).max, (*size, channels), dtype, endpoint=True)
    separate = planar and channels == 3
    path = tmp_path_factory.mktemp("rows") / "a.tif"
    tifffile.imwrite(
        path,
        np.ascontiguousarray(np.moveaxis(values, -1, 0))
        if separate
        else values.squeeze(2)
        if channels == 1
        else values,
        photometric="rgb" if channels == 3 else "minisblack",
        planarconfig=("separate" if planar else "contig") if channels == 3 else None,
        compression=compression,
        predictor=predictor and compression is not None,
        byteorder=byteorder,
        bigtiff=bigtiff,
        metadata=None,
        **layout,
    )
    with open_rows(path) as rows:
        np.testing.assert_array_equal(rows.first.pixels, values[:1])
        for _ in range(3):
            top = data.draw(st.integers(0, size[0] - 1))
            bottom = data.draw(st.integers(top + 1, size[0]))
            np.testing.assert_array_equal(rows.read(top, bottom), values[top:bottom])


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "miniswhite"},
        {"photometric": "palette", "colormap": np.arange(768, dtype=np.uint16).reshape(3, 256)},
        {"photometric": "separated"},
        {"photometric": "cielab"},
        {"photometric": "rgb", "extrasamples": ["unspecified"]},
        {"photometric": "rgb", "compression": "jpeg"},
    ],
    ids=lambda options: options["photometric"],
)
def test_rows_of_every_color_are_those_of_the_whole(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    channels = {"cielab": (3,), "rgb": (4,), "separated": (4,)}.get(options["photometric"], ())
    channels = (3,) if "compression" in options else channels
    values = np.random.default_rng(0).integers(0, 256, (40, 24, *channels)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, rowsperstrip=8, metadata=None, **options)
    whole = formats.read(tmp_path / "a.tif")
    with open_rows(tmp_path / "a.tif") as rows:
        parts = [rows.read(top, min(top + 9, 40)) for top in range(0, 40, 9)]
        np.testing.assert_array_equal(np.concatenate(parts), whole.pixels)
        assert (rows.first.metadata, rows.first.notes) == (whole.metadata, whole.notes)


EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x06\0\0\0\x1a\0\0\0\0\0\0\0Maker\0"


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_streamed_file_is_tiled_and_carries_all_metadata(
    tmp_path: Path, bits: int, big: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if big:
        monkeypatch.setattr(tiff, "BIG", 0)
    metadata = Metadata(EXIF, b"<x/>", profiles.srgb_profile(), (300.0, 150.0))
    formats.write(replace(picture(270, 260, bits, 3), metadata=metadata), tmp_path / "in.tif")
    result = job(tmp_path / "in.tif", Step(DENOISE, sigma=5, strength=0), tile=96)
    assert (result.status, result.error) == ("done", "")
    before, after = (formats.read(tmp_path / name) for name in ("in.tif", "out.tif"))
    np.testing.assert_array_equal(after.pixels, before.pixels)
    assert after.metadata == before.metadata == metadata
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages[0]
        assert (file.is_bigtiff, page.is_tiled, page.compression, page.predictor) == (big, 1, 8, 2)


def test_uncompressed_strip_of_any_height_is_read_row_by_row(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with source.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3), compression=None, rowsperstrip=60)
    monkeypatch.setattr(bands, "_MAX_ROW_BYTES", 400)
    assert job(source, Step(DENOISE, strength=0)).status == "done"
    assert streams
    result = formats.read(source.with_name("out.tif"))
    np.testing.assert_array_equal(result.pixels, formats.read(source).pixels)


@settings(max_examples=30)
@given(
    heights=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    width=st.integers(1, 600),
    channels=st.sampled_from([1, 3]),
    again=st.booleans(),
)
def test_bands_of_any_height_are_written_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    heights: list[int],
    width: int,
    channels: int,
    again: bool,
) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 1 << 16, (sum(heights), width, channels)).astype(np.uint16)

    def images() -> Iterator[Image]:
        for part in np.split(pixels, np.cumsum(heights)[:-1]):
            yield Image(part, Metadata(EXIF))

    def failing() -> Iterator[Image]:
        yield Image(pixels[:1])
        raise OutOfMemoryError("injected")

    path = tmp_path_factory.mktemp("bands") / "a.tif"
    with path.open("w+b") as file:
        if again:
            with pytest.raises(OutOfMemoryError):
                formats.write_rows(failing(), (sum(heights), width), file, path)
        formats.write_rows(images(), (sum(heights), width), file, path)
    image = formats.read(path)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.metadata == Metadata(EXIF)


class Distant(io.BytesIO):
    """A file whose bytes all lie behind the first 8 GiB."""

    START = 2**33

    def seek(self, at: int, whence: int = 0) -> int:
        return super().seek(at - self.START if whence == 0 else at, whence) + self.START


def test_directories_of_bigtiff_work_at_large_offsets() -> None:
    layout = ifd.Layout("<", big=True)
    text = ifd.Field(2, 12, b"hello world\0")
    gps = ifd.Directory({1: ifd.Field(2, 2, b"N\0")})
    data = ifd.serialize(ifd.Directory({271: text}, {ifd.GPS: gps}), layout, Distant.START)
    found = ifd.read_directory(Distant(data), layout, Distant.START)
    assert found.fields[271].data == text.data
    assert found.children[ifd.GPS].fields[1].data == b"N\0"


def test_damaged_rows_leave_the_sound_ones_readable(source: Path) -> None:
    values = picture(60, 48, 16, 3).pixels
    with tifffile.TiffFile(source) as file:
        at = file.pages[0].dataoffsets[5]
    data = bytearray(source.read_bytes())
    data[at : at + 9] = bytes(9)
    source.write_bytes(data)
    with open_rows(source) as rows:
        np.testing.assert_array_equal(rows.read(0, 50), values[:50])
        with pytest.raises(ImageFormatError, match="rows 50 to 60 are damaged"):
            rows.read(45, 55)


def test_lzw_that_would_crash_the_decoder_is_refused(source: Path) -> None:
    assert imagecodecs.LZW.available
    with source.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3), compression="lzw")
    with tifffile.TiffFile(source) as file:
        at = file.pages[0].dataoffsets[2]
    data = bytearray(source.read_bytes())
    data[at + 30 : at + 60] = b"\xf7" * 30
    source.write_bytes(data)
    with open_rows(source) as rows, pytest.raises(ImageFormatError, match="LZW data"):
        rows.read(20, 21)

"""Damaged TIFF files, and those that would crash a decoder, are refused."""

import contextlib
import logging
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer import formats
from restorer.errors import ImageFormatError, ImageTooLargeError
from restorer.formats.tiff import directories, lzw

from tiff_files import packed_tiff, stored, values_of, ycbcr_tiff


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.tif"


def test_a_cut_strip_of_ycbcr_is_refused(path):
    units = np.zeros((1, 10, 6), np.uint8)
    path.write_bytes(ycbcr_tiff(units, (8, 8), [2, 2], 1, rows_per_strip=8))
    with pytest.raises(ImageFormatError, match="cut short"):
        formats.read(path)


def test_missing_strips_are_an_error_not_black(path):
    stored(path, values_of((64, 64), np.uint8), photometric="minisblack", rowsperstrip=16)
    with tifffile.TiffFile(path) as tiff:
        tag = tiff.pages[0].tags[279]
    data = bytearray(path.read_bytes())
    data[tag.valueoffset : tag.valueoffset + 2] = b"\0\0"
    path.write_bytes(data)
    with pytest.raises(ImageFormatError):
        formats.read(path)


def test_absurd_tiles_are_refused_before_memory_is_taken(path):
    stored(path, values_of((16, 16), np.uint8), photometric="minisblack", tile=(16, 16))
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        for code in (322, 323):
            tiff.pages[0].tags[code].overwrite(2**15 - 16)
    with pytest.raises(ImageFormatError, match="larger than the picture"):
        formats.read(path)


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_damaged_lzw_is_refused_before_it_can_crash_the_decoder(path, byteorder):
    values = values_of((40, 40, 3), np.uint8)
    stored(path, values, photometric="rgb", compression="lzw", byteorder=byteorder)
    np.testing.assert_array_equal(formats.read(path).pixels, values)
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[0].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[at + 30 : at + 60] = b"\xf7" * 30  # codes far beyond the table
    path.write_bytes(data)
    with pytest.raises(ImageFormatError, match="LZW data of the TIFF are damaged"):
        formats.read(path)


@given(st.binary(max_size=20_000), st.integers(2, 256))
@settings(max_examples=50)
def test_sound_lzw_passes_its_check(data, levels):
    plain = bytes(byte % levels for byte in data) * 5
    lzw.check(imagecodecs.lzw_encode(plain or b"x"))


def test_lzw_that_only_clears_its_table_ends_soon():
    with pytest.raises(ImageFormatError):
        lzw.check(b"\x80\x40\x20\x10\x08\x04\x02\x01\x00" * 100_000)


def test_a_width_of_many_numbers_is_refused(path):
    data = bytearray(packed_tiff(np.zeros((4, 4), int), 8))
    data[10 + 4 : 10 + 8] = struct.pack("<I", 16)  # the count of ImageWidth
    path.write_bytes(data)
    with pytest.raises(ImageFormatError):
        formats.read(path)


@settings(max_examples=100)
@given(st.data())
def test_damaged_files_give_a_picture_or_an_image_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bad") / "a.tif"
    stored(path, values_of((9, 9, 3), np.uint8), photometric="rgb", compression="lzw")
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, min(299, len(raw) - 1)))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    with contextlib.suppress(ImageFormatError, ImageTooLargeError):
        formats.read(path, max_pixels=10**6)


def test_the_errors_of_every_version_of_tifffile_count_as_damage():
    assert issubclass(tifffile.TiffFileError, directories.tiff_errors())
    assert tifffile.TiffFileError in directories.tiff_errors()


def test_damage_is_not_printed(path, capfd):
    logging.getLogger("tifffile").warning("a remark")
    stored(path, values_of((9, 9), np.uint8), photometric="minisblack", software="\xe4".encode())
    formats.read(path)
    assert capfd.readouterr().err == ""


def test_a_lone_header_is_refused(path):
    path.write_bytes(b"II*\0" + struct.pack("<I", 8))
    with pytest.raises(ImageFormatError):
        formats.read(path)

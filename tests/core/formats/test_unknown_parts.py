"""What a reader does not know is named in a note."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer.formats.exif import ifd
from restorer.formats.jxl.container import pack_container

from metadata_files import (
    PIXELS,
    SUFFIXES,
    chunk,
    read,
    segment,
    with_chunks,
    with_segments,
    with_tags,
    written,
)


def webp_chunk(name, body):
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def with_webp_chunks(*chunks):
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "WEBP", lossless=True)
    data = file.getvalue() + b"".join(chunks)
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


def bmp():
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "BMP")
    return file.getvalue()


def avif():
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "AVIF")
    return file.getvalue()


def jxl():
    codestream = bytes(imagecodecs.jpegxl_encode(PIXELS, lossless=True))
    return pack_container(codestream, b"\x05", None, None)  # bare ones have no end


PLAIN = {
    **{suffix: written(suffix) for suffix in SUFFIXES},
    ".jpg": with_segments(),
    ".png": with_chunks(),
    ".webp": with_webp_chunks(),
    ".avif": avif(),
    ".jxl": jxl(),
    ".tif": with_tags({}),
    ".bmp": bmp(),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_without_more_than_pixels_has_no_notes(folder, suffix):
    assert read(folder, suffix, PLAIN[suffix]).notes == ()


NAMES = st.binary(min_size=4, max_size=4).map(
    lambda data: bytes(b"abcdefghijklmnopqrstuvwxyz"[byte % 26] for byte in data)
)
BODIES = st.binary(max_size=40)
KNOWN_SEGMENTS = (b"Exif", b"http:", b"ICC_", b"Photoshop", b"Adobe", b"JFIF", b"MPF", b"urn:")


@given(marker=st.integers(0xE0, 0xEF), body=BODIES)
def test_every_unknown_jpeg_segment_is_named(folder, marker, body):
    assume(not body.startswith(KNOWN_SEGMENTS))  # without more, they hold nothing
    image = read(folder, ".jpg", with_segments(segment(marker, body)))
    assert image.notes[-1].startswith(f"not kept: APP{marker - 0xE0}")


@given(name=NAMES, body=BODIES)
def test_every_unknown_png_chunk_is_named(folder, name, body):
    image = read(folder, ".png", with_chunks(chunk(name, body)))
    assert image.notes == (f"not kept: {name.decode()}",)


@given(name=NAMES, body=BODIES)
def test_every_unknown_webp_chunk_is_named(folder, name, body):
    image = read(folder, ".webp", with_webp_chunks(webp_chunk(name, body)))
    assert image.notes == (f"not kept: {name.decode()}",)


@given(tag=st.integers(32768, 65535), body=st.binary(min_size=1, max_size=40))
def test_every_unknown_tiff_tag_is_named(folder, tag, body):
    assume(tag not in (33432, 33723, 34377, 34675, ifd.EXIF, ifd.GPS, 50706, 34665))
    assume(not 0x9C9B <= tag <= 0x9C9F)
    image = read(folder, ".tif", with_tags({tag: ifd.Field(1, len(body), body)}))
    (note,) = image.notes
    assert note.startswith(f"not kept: tag {tag}")


# The decoders of OpenEXR and Radiance do not tell where the pixels end.
@given(
    suffix=st.sampled_from(sorted(set(SUFFIXES) - {".tif", ".exr", ".hdr"})),
    trailer=st.binary(min_size=1),
)
def test_data_behind_the_end_are_named(folder, suffix, trailer):
    assume(trailer.strip(b"\0"))
    (note,) = read(folder, suffix, PLAIN[suffix] + trailer).notes
    assert note.startswith(f"not kept: trailer of {len(trailer)} bytes")


def test_what_cameras_and_programs_add_is_named_in_one_note(folder):
    c2pa = segment(0xEB, b"JP\0\1\0\0\0\1" + struct.pack(">I", 60) + b"jumb" + bytes(8) + b"c2pa")
    thermal = segment(0xE1, b"FLIR\0\1\0\0FFF\0" + bytes(500))
    image = read(folder, ".jpg", with_segments(c2pa, thermal) + b"SEFH" + bytes(12_000) + b"SEFT")
    assert image.notes == ("not kept: APP11 (C2PA), APP1 (FLIR), trailer of 12 kB",)
    chunks = [(b"sCAL", b"\x010.001\x000.001"), (b"pHYs", struct.pack(">IIB", 2, 1, 0))]
    image = read(folder, ".png", with_chunks(*(chunk(*each) for each in chunks)))
    assert image.notes == ("not kept: sCAL, pHYs (aspect ratio)",)
    image = read(folder, ".tif", with_tags({37724: ifd.Field(7, 64, bytes(64))}))
    assert image.notes == ("not kept: tag 37724 (ImageSourceData)",)


def test_segments_between_scans_are_named(folder):
    data = PLAIN[".jpg"]
    image = read(folder, ".jpg", data[:-2] + segment(0xE7, b"late\0") + data[-2:])
    assert image.notes == ("not kept: APP7 (late)",)
    np.testing.assert_array_equal(image.pixels, read(folder, ".jpg", data).pixels)


def test_thumbnail_pages_of_a_tiff_are_named(folder):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(PIXELS, photometric="rgb", metadata=None, software=False)
        small = PIXELS[::2, ::2]
        writer.write(small, photometric="rgb", subfiletype=1, metadata=None, software=False)
    assert read(folder, ".tif", file.getvalue()).notes == ("not kept: 1 reduced pages or masks",)

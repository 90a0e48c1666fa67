"""Files that are no readable picture are named for what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import restorer
from restorer import Image, formats
from restorer.errors import ImageFormatError
from restorer.formats import kinds

REST = b"\x01\x02\x80\xff" * 60

# One start of a file for each kind, and what its error says.
STARTS = {
    "a JPEG-LS picture": b"\xff\xd8\xff\xf7\0\x11",
    "a JPEG 2000 picture": b"\0\0\0\x0cjP  \r\n\x87\n",
    "a JPEG XR picture": b"II\xbc\1",
    "a GIMP picture (XCF)": b"gimp xcf v011\0",
    "a DDS texture": b"DDS |\0\0\0",
    "an icon or cursor (ICO)": b"\0\0\1\0\1\0\x10\x10",
    "a FITS picture": b"SIMPLE  =                    T",
    "a DICOM picture": bytes(128) + b"DICM",
    "a PNG with damaged first bytes": b"\x89PNG\n\x1a\n\0\0\0\rIHDR",
    "a video (MP4 or MOV)": b"\0\0\0\x18ftypisom",
    "a video (MKV or WebM)": b"\x1a\x45\xdf\xa3",
    "a video (AVI)": b"RIFF\0\1\0\0AVI LIST",
    "a PDF document": b"%PDF-1.7\n",
    "an EPS drawing": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "a ZIP archive": b"PK\3\4\x14\0",
    "a RAR archive": b"Rar!\x1a\7",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c",
    "a gzip file": b"\x1f\x8b\x08",
    "a web page (HTML)": b"\xef\xbb\xbf\n<!-- saved from url -->\n<!DOCTYPE html><svg>",
    "an SVG drawing": b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg width="4">',
    "an XML file": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>',
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
}


def test_every_kind_has_an_example() -> None:
    whole = {*STARTS, "a text file", "a file of zeros, probably left by a failed copy"}
    assert {kind.name for kind in kinds.KINDS} == whole


@pytest.mark.parametrize("name", STARTS)
def test_a_wrong_suffix_names_the_real_kind(tmp_path: Path, name: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(STARTS[name] + REST)
    with pytest.raises(ImageFormatError) as caught:
        formats.read(path)
    said = str(caught.value)
    named = "" if "damaged" in name else " named .jpg"
    assert said.startswith(f"{path}: is {name}{named}; "), said


def test_an_honest_suffix_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "photo.XCF"
    path.write_bytes(STARTS["a GIMP picture (XCF)"])
    with pytest.raises(ImageFormatError) as caught:
        formats.read(path)
    said = f"{path}: is a GIMP picture (XCF); convert it to JPEG, PNG or TIFF first"
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (bytes(700), "is a file of zeros, probably left by a failed copy; get another copy"),
        ("Grüße\r\n\tvom Strand".encode(), "is a text file named .png; choose a picture"),
        (b"\1\2\3", "no valid .png file; supported are .jpg"),
    ],
)
def test_what_is_no_file_of_a_program_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ImageFormatError) as caught:
        formats.read(tmp_path / "a.png")
    assert said in str(caught.value)


@settings(max_examples=40)
@given(
    suffix=st.sampled_from(sorted(formats.WRITABLE)),
    height=st.integers(1, 40),
    level=st.integers(0, 255),
)
def test_no_readable_picture_is_taken_for_another_kind(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, height: int, level: int
) -> None:
    path = tmp_path_factory.mktemp("kinds") / f"a{suffix}"
    pixels = np.full((height, 7, 3), level, np.uint8)
    pixels[0] = np.arange(21).reshape(7, 3)
    formats.write(Image(pixels), path)
    assert not kinds.unreadable_picture(path)
    assert formats.probe(path).format in formats.check_target(path, 1, 1).name
    assert formats.unreadable_picture(path) == ""
    assert formats.read(path).height == height


@given(st.binary(max_size=80), st.sampled_from(["", ".jpg", ".nef"]))
def test_any_bytes_give_a_kind_or_none(start: bytes, suffix: str) -> None:
    kind = kinds.find_kind(start)
    assert kind is None or kind.refusal(suffix).startswith("is a")


def test_a_folder_scan_names_the_pictures_that_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "a.xcf").write_bytes(STARTS["a GIMP picture (XCF)"])
    (tmp_path / "c.mp4").write_bytes(STARTS["a video (MP4 or MOV)"])
    (tmp_path / "notes.txt").write_text("nothing")
    batch = restorer.plan_jobs(tmp_path, tmp_path / "out", ["panet-sr-x2-lite"])
    assert {each.path.name: each.reason for each in batch.ignored} == {
        "a.xcf": "GIMP picture (XCF), which cannot be read",
        "c.mp4": "not a picture",
        "notes.txt": "not a picture",
    }
    assert [each.path.name for each in batch.ignored if each.failed] == ["a.xcf"]

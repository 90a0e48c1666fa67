"""Files of several pages: read and written one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import restorer
from restorer import Image, Metadata
from restorer.errors import ImageDataError, ImageError, ImageFormatError
from restorer.formats.codec import MOST_PAGES
from restorer.formats.exif import block as exif_block
from restorer.formats.exif import ifd
from restorer.formats.tiff import tiff

from helpers import make_photograph


@st.composite
def images(draw: st.DrawFn) -> Image:
    dtype = draw(st.sampled_from((np.uint8, np.uint16, np.float32)))
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.integers(1, 4)))
    values = st.floats(0, 1, width=32) if dtype is np.float32 else None
    pixels: Any = draw(arrays.arrays(dtype, shape, elements=values))
    dpi = draw(st.sampled_from((None, (300.0, 150.0))))
    exif = draw(st.sampled_from((None, exif_of("<"), exif_of(">"))))
    return Image(pixels, Metadata(exif, dpi=dpi))


def exif_of(order: ifd.Order, text: bytes = b"page\0") -> bytes:
    layout = ifd.Layout(order)
    inner = ifd.Directory({0x829A: ifd.Field(5, 1, layout.pack("II", 1, 60))})
    name = ifd.Field(2, len(text), text)
    head = (b"II*\0" if order == "<" else b"MM\0*") + layout.pack("I", 8)
    whole = ifd.Directory({285: name}, {ifd.EXIF: inner})
    return head + ifd.serialize(whole, layout, 8)


def texts_of(exif: bytes | None) -> tuple[bytes, tuple[int, ...]]:
    found = exif_block.first_directory(exif)
    assert found is not None
    time = found[1].children[ifd.EXIF].fields[0x829A]
    return found[1].fields[285].data, found[0].unpack("II", time.data)


@given(st.lists(images(), min_size=1, max_size=4), st.booleans())
def test_any_pages_survive_a_tiff(
    tmp_path_factory: pytest.TempPathFactory, pages: list[Image], big: bool
) -> None:
    path = tmp_path_factory.mktemp("pages") / "a.tif"
    with pytest.MonkeyPatch.context() as patch:
        if big:
            patch.setattr(tiff, "BIG", 400)  # so that the file grows beyond it on its way
        assert restorer.write_pages(iter(pages), path) == ()
    back = list(restorer.read_pages(path))
    assert len(back) == len(pages) == restorer.probe(path).pages
    for page, found in zip(pages, back, strict=True):
        np.testing.assert_array_equal(found.pixels, page.pixels)
        assert found.metadata.dpi == page.metadata.dpi
        assert found.notes == ()
        if page.metadata.exif:
            assert texts_of(found.metadata.exif) == texts_of(page.metadata.exif)
    with tifffile.TiffFile(path) as file:  # another reader finds the same list
        assert [page.shape[:2] for page in file.pages] == [(p.height, p.width) for p in pages]
        assert {page.subfiletype for page in file.pages} == {2 if len(pages) > 1 else 0}


def test_pages_are_taken_one_at_a_time_and_appear_whole(tmp_path: Path) -> None:
    alive: list[int] = []

    def pages() -> Iterator[Image]:
        for number in range(3):
            alive.append(number)
            yield Image(np.full((4, 5, 1), number, np.uint8))
            assert not (tmp_path / "a.tif").exists()
        raise OverflowError

    with pytest.raises(OverflowError):
        restorer.write_pages(pages(), tmp_path / "a.tif")
    assert alive == [0, 1, 2]
    assert not list(tmp_path.iterdir())
    with pytest.raises(ImageDataError, match="no pages"):
        restorer.write_pages([], tmp_path / "a.tif")
    with pytest.raises(ImageFormatError, match=r"JPEG holds one picture; TIFF"):
        restorer.write_pages(pages(), tmp_path / "a.jpg")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Five pages of 12 x 16, two of them thumbnails, the fourth damaged."""
    path = tmp_path / "many.tif"
    with tifffile.TiffWriter(path) as writer:
        for number, kind in enumerate((2, 1, 2, 2, 1)):
            page = make_photograph(12, 16) + np.uint8(number)
            writer.write(page, compression="zlib", subfiletype=kind, metadata=None)
    with tifffile.TiffFile(path) as file:
        at = file.pages[3].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[at : at + 40] = bytes(40)
    path.write_bytes(data)
    return path


def test_a_damaged_page_is_reported_and_the_others_come_out(many: Path) -> None:
    damage: list[tuple[int, ImageError]] = []
    found = list(restorer.read_pages(many, on_damage=lambda n, error: damage.append((n, error))))
    assert [page.pixels[0, 0, 0] - found[0].pixels[0, 0, 0] for page in found] == [0, 2]
    assert found[0].notes == ("not kept: 2 reduced pages or masks",)
    ((number, error),) = damage
    assert number == 3
    assert str(error).startswith(f"{many}: page 3: damaged")
    with pytest.raises(ImageFormatError, match="page 3"):
        list(restorer.read_pages(many))


def test_a_list_of_pages_that_ends_in_nothing_has_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    restorer.write_pages([Image(make_photograph(4, 5))] * 3, path)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        offsets = [page.offset for page in file.pages]
    for wrong in (len(data) + 100, offsets[0]):
        with path.open("rb") as opened:
            directory = ifd.read_directory(opened, ifd.Layout("<"), offsets[1])
        cut = data.copy()
        cut[directory.next_at : directory.next_at + 4] = wrong.to_bytes(4, "little")
        path.write_bytes(cut)
        damage: list[int] = []
        found = restorer.read_pages(path, on_damage=lambda n, error: damage.append(n))  # noqa: B023
        assert (len(list(found)), damage) == (2, [3])
        path.write_bytes(data)


def test_an_endless_list_of_pages_is_counted_to_an_end(tmp_path: Path) -> None:
    count = MOST_PAGES + 10
    file = io.BytesIO()
    file.write(b"II*\0\x08\0\0\0")
    for number in range(count):
        following = 8 + 18 * (number + 1)
        file.write(
            b"\x01\0" + b"\x00\x01\x03\0\x01\0\0\0\x04\0\0\0" + following.to_bytes(4, "little")
        )
    path = tmp_path / "a.tif"
    path.write_bytes(file.getvalue())
    with pytest.raises(ImageError):
        restorer.probe(path)

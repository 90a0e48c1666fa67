"""Maker notes of EXIF: their offsets follow them, or they are left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.image import Image, Metadata

from metadata_files import PIXELS, chunk, directory, exif_with, maker_note_of, read, with_chunks


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def test_a_maker_note_is_not_moved_for_a_text(folder):
    exif = PilImage.Exif()
    exif.get_ifd(0x8769)[0x927C] = b"Maker note of forty bytes, at an offset."
    packed = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    image = read(folder, ".png", with_chunks(packed, chunk(b"tEXt", b"parameters\0x")))
    assert formats.write(image, folder / "a.jpg") == ("JPEG holds no text parameters; left out",)
    assert formats.read(folder / "a.jpg").metadata.exif == image.metadata.exif


TEXTS = st.lists(st.binary(min_size=5, max_size=30), min_size=1, max_size=8)
HEADERS = ["", "AOC\0II", "SONY DSC \0\0\0", "Panasonic\0\0\0"]


@given(TEXTS, st.sampled_from(HEADERS), st.sampled_from("<>"), st.integers(56, 4000))
def test_absolute_offsets_in_maker_notes_follow_the_note_into_tiff_and_back(
    folder, texts, header, order, at
):
    entries = dict(enumerate(texts, 1))
    head = header.encode()

    def note(at):
        return head + directory(entries, at + len(head), order)

    exif = exif_with(note(at), at)
    formats.write(Image(PIXELS, Metadata(exif=exif)), folder / "j.tif")
    moved_at, moved = maker_note_of((folder / "j.tif").read_bytes())
    assert moved == note(moved_at)
    image = formats.read(folder / "j.tif")
    assert image.notes == ()
    back_at, back = maker_note_of(image.metadata.exif)
    assert back == note(back_at)


@given(TEXTS, st.sampled_from(["FUJIFILM\x0c\0\0\0", "Nikon\0\2\x10\0\0MM\0*\0\0\0\x08"]))
def test_maker_notes_with_offsets_of_their_own_stay_as_they_are(folder, texts, header):
    nikon = header.startswith("Nikon")
    entries = dict(enumerate(texts, 1))
    head = header.encode()
    note = head + directory(entries, 8 if nikon else 12, ">" if nikon else "<")
    formats.write(Image(PIXELS, Metadata(exif=exif_with(note))), folder / "k.tif")
    assert maker_note_of((folder / "k.tif").read_bytes())[1] == note
    assert maker_note_of(formats.read(folder / "k.tif").metadata.exif)[1] == note


def test_a_maker_note_whose_offsets_lead_nowhere_is_left_out_of_tiff_with_a_note(folder):
    note = directory({1: b"a value", 2: b"and another"}, 2**20)
    image = Image(PIXELS, Metadata(exif=exif_with(note)))
    assert formats.write(image, folder / "l.tif") == ("not kept: maker note",)
    assert formats.write(image, folder / "l.jpg") == ()
    assert formats.read(folder / "l.jpg").metadata.exif == image.metadata.exif

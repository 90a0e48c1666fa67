"""The file of a result: its size, its resolution, its colors and its metadata."""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as PilImage

import restorer
from restorer import FORMATS, CameraColor, Image, Metadata, Settings
from restorer.batch import memory
from restorer.errors import SettingsError
from restorer.formats.color.matrix import decoded, encoded
from restorer.formats.exif import ifd
from restorer.formats.exif.block import EMPTY, first_directory, with_fields
from restorer.formats.metadata import resolution
from restorer.restoration.output import output_metadata
from restorer.restoration.shrinking import shrink, shrink_rows

from helpers import make_photograph

SECRET, OWNER = b"a secret place", b"An owner"
WRITABLE = {name: row for name, row in FORMATS.items() if row.writer}
DENOISE = restorer.Step("panet-denoise-lite", sigma=5)

sides = st.integers(1, 300)


def ascii_field(text: bytes) -> ifd.Field:
    return ifd.Field(2, len(text) + 1, text + b"\0")


def iptc(number: int, text: bytes) -> bytes:
    return b"\x1c\2" + struct.pack(">BH", number, len(text)) + text


def full_metadata() -> Metadata:
    """Metadata of every kind, of which each names a secret and its owner."""
    tags = {270: SECRET, 271: SECRET, 306: SECRET, 315: OWNER, 33432: OWNER}
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        b' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="%s"'
        b' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmpRights:Owner="%s">'
        b"<dc:title>%s</dc:title><dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>"
        b"</rdf:Description></rdf:RDF></x:xmpmeta>" % (SECRET, OWNER, SECRET, OWNER)
    )
    blocks = {
        "IPTC": iptc(90, SECRET) + iptc(116, OWNER),
        "comment": SECRET,
        "gain map": SECRET,
        "Photoshop": b"8BIM\x04\x0b\0\0" + struct.pack(">I", len(SECRET)) + SECRET,
    }
    exif = with_fields(EMPTY, {tag: ascii_field(text) for tag, text in tags.items()})
    return Metadata(exif, packet, restorer.find_profile("display-p3"), (72, 72), blocks)


def photograph(height: int, width: int) -> Image:
    return Image(make_photograph(height, width))


@given(height=sides, width=sides, limit=st.integers(1, 400))
def test_the_long_edge_is_exact_and_the_other_within_half_a_pixel(height, width, limit):
    tall, wide = restorer.output_size(height, width, Settings(long_edge=limit))
    assert max(tall, wide) == min(limit, max(height, width))
    wanted = min(height, width) * max(tall, wide) / max(height, width)
    assert abs(min(tall, wide) - wanted) <= 0.5 or min(tall, wide) == 1
    assert tall == wide or (tall > wide) == (height > width)


@given(height=sides, width=sides, cm=st.floats(0.2, 20), dpi=st.none() | st.floats(20, 400))
def test_a_print_has_the_length_that_was_asked_for(height, width, cm, dpi):
    settings = Settings(print_size=cm, dpi=dpi)
    size = restorer.output_size(height, width, settings)
    kept, notes = output_metadata(Metadata(), size, settings)
    assert max(size) <= max(height, width)
    assert kept.dpi is not None
    if kept.dpi[0] > 1:  # in steps of a pixel
        assert abs(max(size) / kept.dpi[0] * 2.54 - cm) <= 0.51 * 2.54 / kept.dpi[0]
    assert bool(notes) == (max(size) != max(1, round(cm / 2.54 * (dpi or 300))))


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_without_settings_nothing_changes(bits):
    image = replace(photograph(12, 8).with_float(photograph(12, 8).to_float(), bits=bits))
    image = replace(image, metadata=full_metadata())
    same = restorer.prepare_output(image, Settings())
    assert same.pixels is image.pixels
    assert same.metadata == image.metadata
    assert same.notes == image.notes


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("kept", ["none", "copyright"])
def test_what_is_not_kept_is_in_no_file(name, kept, tmp_path):
    format = WRITABLE[name]
    image = replace(photograph(8, 12), metadata=full_metadata())
    image = restorer.amend_provenance(image, [DENOISE], Settings())
    target = tmp_path / f"a{format.suffixes[0]}"
    restorer.write(restorer.prepare_output(image, Settings(metadata=kept)), target)
    data = target.read_bytes()
    assert SECRET not in data
    if name == "dng":  # whose own tags count as EXIF
        return
    found = restorer.read(target).metadata
    assert not {"IPTC", "Photoshop", "comment"} & found.blocks.keys() - {"IPTC"}
    if kept == "none":
        assert (found.exif, found.xmp, found.dpi) == (None, None, None)
        assert "IPTC" not in found.blocks
        assert OWNER not in data
        assert ("icc" in format.carries) <= (found.icc is not None)
    else:
        assert ("xmp" in format.carries) <= (OWNER in (found.xmp or b""))
        if "exif" in format.carries:
            assert first_directory(found.exif)[1].fields[33432].data == OWNER + b"\0"
        if "IPTC" in format.carries:
            assert found.blocks["IPTC"].rstrip(b"\0") == iptc(116, OWNER)


@pytest.mark.parametrize("name", [n for n, f in WRITABLE.items() if {"dpi", "exif"} & {*f.carries}])
def test_the_resolution_is_in_every_file_that_can_state_one(name, tmp_path):
    exif = with_fields(EMPTY, {282: ifd.Field(5, 1, struct.pack("<II", 72, 1))})
    exif = with_fields(exif, {283: ifd.Field(5, 1, struct.pack("<II", 72, 1))})
    packet = full_metadata().xmp.replace(
        b"xmpRights:Owner",
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:XResolution="72/1" xmpRights:Owner',
    )
    image = replace(photograph(8, 12), metadata=Metadata(exif, packet))
    target = tmp_path / f"a{WRITABLE[name].suffixes[0]}"
    restorer.write(restorer.prepare_output(image, Settings(dpi=300)), target)
    if name == "dng":
        assert struct.pack("<II", 300, 1) in target.read_bytes()
        return
    found = restorer.read(target).metadata
    assert found.dpi == pytest.approx((300, 300), abs=0.5)
    assert resolution(found.exif) in (None, (300, 300))
    assert b"XResolution" not in (found.xmp or b"")


pictures = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
)


@given(pixels=pictures, limit=st.integers(1, 9), cuts=st.sets(st.integers(1, 8)))
def test_bands_give_the_pixels_of_the_whole(pixels, limit, cuts):
    image = Image(pixels)
    size = restorer.output_size(image.height, image.width, Settings(long_edge=limit))
    edges = [0, *sorted(cut for cut in cuts if cut < image.height), image.height]
    bands = (Image(pixels[a:b]) for a, b in pairwise(edges))
    if size == (image.height, image.width):
        return
    made = [*shrink_rows(bands, (image.height, image.width), size)]
    np.testing.assert_array_equal(
        np.concatenate([band.pixels for band in made]), shrink(image, size).pixels
    )


def test_bands_of_many_rows_agree_with_one_call_of_pillow():
    image = photograph(1500, 20)
    small = shrink(image, (400, 5)).to_float()
    light = decoded(image.to_float())
    planes = [
        np.asarray(PilImage.fromarray(light[..., c].copy()).resize((5, 400), PilImage.LANCZOS))
        for c in range(3)
    ]
    expected = encoded(np.clip(np.stack(planes, 2), 0, 1))
    assert np.abs(small - expected).max() < 0.75 / 255


@given(level=st.integers(0, 255), size=st.tuples(st.integers(1, 6), st.integers(1, 6)))
@pytest.mark.parametrize("bits", [8, 16, 32])
def test_even_areas_keep_their_color(level, size, bits):
    values = np.full((7, 9, 3), level / 255, np.float32)
    image = Image(np.zeros((1, 1, 3), np.uint8)).with_float(values, bits=bits)
    assert np.abs(shrink(image, size).to_float() - values[0, 0]).max() < 1e-5 + (bits == 16) * 2e-5


def test_black_and_white_become_the_gray_that_is_half_as_bright():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    small = shrink(Image(board[..., None].repeat(3, 2)), (8, 8))
    assert np.abs(small.pixels[1:-1, 1:-1].astype(int) - 188).max() <= 1


def test_colors_that_are_hidden_do_not_show():
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[...] = 255, 0, 0, 0
    pixels[8:24, 8:24] = 0, 0, 255, 255
    small = shrink(Image(pixels), (5, 5)).pixels
    seen = small[small[..., 3] > 8]
    assert (seen[..., 0] == 0).all()
    assert (seen[..., 2] == 255).all()


@given(pixels=arrays.arrays(np.uint8, (3, 4, 3), elements=st.integers(10, 245)))
@pytest.mark.parametrize("name", ["display-p3", "adobe-rgb"])
@pytest.mark.parametrize("bits", [16, 32])
def test_colors_inside_both_spaces_come_back(pixels, name, bits):
    wide, srgb = (restorer.find_profile(each) for each in (name, "srgb"))
    image = Image(pixels).with_float(Image(pixels).to_float(), bits=bits)
    there = restorer.with_profile(image, wide)
    back = restorer.with_profile(there, srgb)
    assert there.bits == back.bits == bits
    assert np.abs(back.to_float() - image.to_float()).max() <= 1 / 255


def test_adobe_rgb_is_the_space_of_its_specification():
    green = restorer.find_profile("adobe-rgb")
    image = replace(Image(np.full((1, 1, 3), 128, np.uint8)), metadata=Metadata(icc=green))
    shown = restorer.to_display(image).pixels[0, 0]
    assert np.abs(shown.astype(int) - 129).max() <= 1
    assert restorer.profile_name(green) == "Compatible with Adobe RGB (1998)"


def test_a_job_writes_what_its_settings_ask_of_the_file(tmp_path):
    source = tmp_path / "in.jpg"
    restorer.write(replace(photograph(30, 40), metadata=full_metadata()), source)
    settings = Settings(long_edge=20, dpi=150, metadata="none")
    job = restorer.Job(source, tmp_path / "out.jpg", (DENOISE,), settings)
    result = restorer.run_job(job)
    assert (result.status, result.size) == ("done", (15, 20))
    found = restorer.read(tmp_path / "out.jpg")
    assert (found.height, found.width) == (15, 20)
    assert (found.metadata.exif, found.metadata.xmp) == (None, None)
    assert found.metadata.dpi == (150, 150)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jpg", "out.jpg"]


def test_the_account_of_a_smaller_file_is_that_of_its_size(tmp_path):
    source = tmp_path / "in.png"
    restorer.write(photograph(30, 40), source)
    for metadata in ("keep", "copyright"):
        settings = Settings(long_edge=20, metadata=metadata, existing="replace")
        job = restorer.Job(source, tmp_path / "out.png", (DENOISE,), settings)
        assert restorer.run_job(job).status == "done"
        found = restorer.read_provenance(tmp_path / "out.png")
        assert (found.settings.long_edge, found.settings.metadata) == (20, metadata)
        assert restorer.replay_result(tmp_path / "out.png").same


def test_pages_are_shrunk_one_by_one(tmp_path):
    source = tmp_path / "in.tif"
    restorer.write_pages([photograph(30, 40), photograph(24, 16)], source)
    job = restorer.Job(source, tmp_path / "out.tif", (DENOISE,), Settings(long_edge=12))
    assert restorer.run_job(job).pages == 2
    found = [(page.height, page.width) for page in restorer.read_pages(tmp_path / "out.tif")]
    assert found == [(9, 12), (12, 8)]


@pytest.mark.parametrize("dither", [False, True])
def test_a_streamed_result_is_the_same(tmp_path, monkeypatch, dither):
    source = tmp_path / "in.tif"
    restorer.write(replace(photograph(150, 40), metadata=full_metadata()), source)
    settings = Settings(
        long_edge=100, metadata="copyright", dpi=200, dither=dither, existing="replace"
    )
    files = []
    for share in (1.0, 1e-9):
        monkeypatch.setattr(memory, "SHARE", share)
        target = tmp_path / "out.tif"
        result = restorer.run_job(restorer.Job(source, target, (DENOISE,), settings))
        assert (result.status, result.size) == ("done", (100, 27))
        files.append(restorer.read(target))
    np.testing.assert_array_equal(files[0].pixels, files[1].pixels)
    assert files[0].metadata.dpi == files[1].metadata.dpi == (200, 200)
    assert files[0].metadata.exif == files[1].metadata.exif
    assert SECRET not in (tmp_path / "out.tif").read_bytes()


def test_a_target_that_is_too_small_for_the_result_holds_the_shrunk_one(tmp_path):
    source = tmp_path / "in.png"
    restorer.write(Image(np.zeros((1, 16_400, 3), np.uint8)), source)
    job = restorer.Job(source, tmp_path / "out.webp", (DENOISE,), Settings(long_edge=16_000))
    restorer.check_job(job)
    with pytest.raises(restorer.ImageTooLargeError, match="WebP holds"):
        restorer.check_job(replace(job, settings=Settings()))


def test_samples_of_a_sensor_are_not_shrunk():
    color = CameraColor(np.ones(3), np.eye(3))
    tags = ((50735, 2, 0, "serial number"), (50739, 5, 1, (1, 1)))
    mosaic = restorer.Mosaic(np.zeros((4, 6, 1), np.float32), "rggb", color, tags=tags)
    with pytest.raises(SettingsError, match="choose another format than DNG"):
        restorer.prepare_output(mosaic, Settings(long_edge=3))
    same = restorer.prepare_output(mosaic, Settings(long_edge=6))
    assert (same.metadata, same.tags) == (mosaic.metadata, tags)
    assert restorer.prepare_output(mosaic, Settings(metadata="none")).tags == tags[1:]


def test_damaged_metadata_go_without_an_error():
    broken = Metadata(b"II*\0nonsense", b"<x:xmpmeta", blocks={"IPTC": b"\x1c\2\x74\xff"})
    kept, _ = output_metadata(broken, (1, 1), Settings(metadata="copyright"))
    assert (kept.exif, kept.xmp, dict(kept.blocks)) == (None, None, {})

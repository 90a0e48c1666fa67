"""What a file holds beside its pixels: carried to the next file, or named in a note."""

import hashlib
import io
import struct
import tempfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL import IptcImagePlugin

from restorer import formats
from restorer.formats.exif import ifd
from restorer.formats.jxl.container import pack_container
from restorer.image import Image, Metadata

SUFFIXES = [f.suffixes[0] for f in formats.FORMATS.values() if f.reader and f.writer]
PIXELS = np.arange(8 * 10 * 3, dtype=np.uint8).reshape(8, 10, 3)


def chunk(name, body):
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def segment(marker, body):
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def webp_chunk(name, body):
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def with_segments(*segments):
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "JPEG", quality=95)
    data = file.getvalue()
    return data[:20] + b"".join(segments) + data[20:]  # behind JFIF


def with_chunks(*chunks):
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "PNG")
    data = file.getvalue()
    return data[:33] + b"".join(chunks) + data[33:]  # behind IHDR


def with_webp_chunks(*chunks):
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "WEBP", lossless=True)
    data = file.getvalue() + b"".join(chunks)
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


def with_tags(fields, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, photometric="rgb", metadata=None, software=False, **options)
    ifd.extend(file, ifd.Directory(fields))
    return file.getvalue()


def bmp():
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "BMP")
    return file.getvalue()


def avif():
    file = io.BytesIO()
    PilImage.fromarray(PIXELS).save(file, "AVIF")
    return file.getvalue()


def written(suffix):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"a{suffix}")
        formats.write(Image(PIXELS), path)
        return path.read_bytes()


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


def read(folder, suffix, data):
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    return formats.read(path)


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


def packet(attributes, body=""):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def record(number, text):
    return b"\x1c\2" + struct.pack(">BH", number, len(text)) + text


def resource(number, body):
    return b"8BIM" + struct.pack(">HHI", number, 0, len(body)) + body + bytes(len(body) % 2)


NOTE = 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"'
IPTC = record(5, b"Title") + record(25, b"word") + record(116, b"(c) me")
BLOCKS = {
    "comment": st.binary(min_size=1, max_size=200),
    "IPTC": st.one_of(st.binary(min_size=1, max_size=200), st.just(bytes(140_001))),
    "Photoshop": st.binary(max_size=200).map(lambda body: resource(0x040B, body)),
    "text Title": st.binary(max_size=200).map(lambda body: chunk(b"tEXt", b"Title\0" + body)),
    "extended XMP": st.binary(max_size=200).map(lambda data: b"<y>" + 400 * data.hex().encode()),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", BLOCKS)
@settings(max_examples=10)
@given(data=st.data())
def test_every_block_is_kept_byte_for_byte_or_named(folder, suffix, name, data):
    block = data.draw(BLOCKS[name])
    if name == "comment" and suffix in (".ppm", ".pam", ".exr"):  # of lines, or of text
        block = block.hex(" ", 7).replace(" ", "\n").encode()
    xmp = packet(NOTE % ("0" * 32)) if name == "extended XMP" else None
    image = Image(PIXELS, Metadata(xmp=xmp, blocks={name: block}))
    path = folder / f"b{suffix}"
    notes = formats.write(image, path)
    format = next(each for each in formats.FORMATS.values() if suffix in each.suffixes)
    back = formats.read(path)
    assert back.notes == ()
    if format.holds_block(name):
        assert back.metadata.blocks == {name: block}
        assert notes == ()
    else:
        assert back.metadata.blocks == {}
        assert name in notes[0]


@pytest.mark.parametrize("target", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("source", ["APP13", "tag 33723", "tag 34377", "iptc text"])
def test_iptc_travels_between_all_formats_that_hold_it(folder, source, target):
    resources = resource(0x03ED, bytes(16)) + resource(0x0404, IPTC) + resource(0x040A, b"\1")
    if source == "APP13":
        image = read(folder, ".jpg", with_segments(segment(0xED, b"Photoshop 3.0\0" + resources)))
    elif source == "tag 33723":
        image = read(folder, ".tif", with_tags({33723: ifd.Field(7, len(IPTC), IPTC)}))
    elif source == "tag 34377":
        image = read(folder, ".tif", with_tags({34377: ifd.Field(7, len(resources), resources)}))
    else:
        text = f"\niptc\n{len(resources):8}\n{resources.hex()}\n".encode()
        body = b"Raw profile type iptc\0\0" + zlib.compress(text)
        image = read(folder, ".png", with_chunks(chunk(b"zTXt", body)))
    assert image.notes == ()
    path = folder / f"c{target}"
    assert formats.write(image, path) == ()
    assert formats.read(path).metadata.blocks["IPTC"] == IPTC
    if target != ".png":
        with PilImage.open(path) as found:
            assert IptcImagePlugin.getiptcinfo(found)[2, 116] == b"(c) me"


def test_other_photoshop_resources_are_named(folder):
    body = b"Photoshop 3.0\0" + resource(0x041A, bytes(7)) + b"rubbish"
    image = read(folder, ".jpg", with_segments(segment(0xED, body)))
    names = "Photoshop resource 0x041a, damaged Photoshop resources"
    assert image.notes == (f"not kept: {names}",)


def extended(parts=2):
    """A JPEG with an extended XMP packet in parts."""
    more = packet('xmlns:a="http://a/" a:more="1"', f"<a:data>{'x' * 70_000}</a:data>")
    digest = hashlib.md5(more).hexdigest().upper()
    size = -(-len(more) // 2)
    segments = [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(NOTE % digest))]
    for at in range(0, parts * size, size):
        head = digest.encode() + struct.pack(">II", len(more), at)
        mark = b"http://ns.adobe.com/xmp/extension/\0"
        segments.append(segment(0xE1, mark + head + more[at : at + size]))
    return with_segments(*segments)


@pytest.mark.parametrize("target", [".png", ".tif", ".webp"])
def test_extended_xmp_is_merged_where_packets_may_be_long_and_split_in_jpeg(folder, target):
    image = read(folder, ".jpg", extended())
    assert image.notes == ()
    formats.write(image, folder / "d.jpg")
    assert formats.read(folder / "d.jpg").metadata == image.metadata
    path = folder / f"d{target}"
    assert formats.write(image, path) == ()
    merged = formats.read(path).metadata
    assert merged.blocks == {}
    assert b"HasExtendedXMP" not in merged.xmp
    assert ElementTree.fromstring(merged.xmp).find(".//{http://a/}data").text == "x" * 70_000
    assert formats.write(Image(PIXELS, merged), folder / "e.jpg") == ()
    back = formats.read(folder / "e.jpg")
    assert back.notes == ()
    assert b"x" * 70_000 in back.metadata.blocks["extended XMP"]
    assert hashlib.md5(back.metadata.blocks["extended XMP"]).hexdigest().upper().encode() in (
        back.metadata.xmp
    )


def test_an_incomplete_extension_of_xmp_is_named(folder):
    assert read(folder, ".jpg", extended(parts=1)).notes == ("not kept: incomplete extended XMP",)


def test_png_texts_survive_and_are_named_where_they_cannot(folder):
    texts = [
        chunk(b"tEXt", b"parameters\0steps: 20"),
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"{}")),
        chunk(b"iTXt", b"Copyright\0\0\0de\0\0\xc2\xa9 me"),
        chunk(b"iTXt", b"Copyright\0\0\0en\0\0(c) me"),
    ]
    image = read(folder, ".png", with_chunks(*texts))
    assert image.notes == ()
    assert formats.write(image, folder / "f.png") == ()
    assert b"".join(texts) in (folder / "f.png").read_bytes()
    with PilImage.open(folder / "f.png") as found:
        found.load()
        assert found.text["parameters"] == "steps: 20"
    notes = formats.write(image, folder / "f.jpg")
    assert notes == (
        "moved to EXIF: text parameters",
        "JPEG holds no text workflow, text Copyright; left out",
    )


@settings(max_examples=25)
@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    kind=st.sampled_from([b"tEXt", b"zTXt", b"iTXt"]),
    suffix=st.sampled_from([".jpg", ".webp", ".tif"]),
    described=st.booleans(),
)
def test_parameters_become_the_user_comment_where_no_texts_are_held(
    tmp_path_factory, text, kind, suffix, described
):
    folder = tmp_path_factory.mktemp("texts")
    if kind != b"iTXt":
        text = text.encode("latin-1", "replace").decode("latin-1")
    data = text.encode() if kind == b"iTXt" else text.encode("latin-1")
    head = {b"tEXt": b"\0", b"zTXt": b"\0\0", b"iTXt": bytes(5)}[kind]
    body = b"parameters" + head + (zlib.compress(data) if kind == b"zTXt" else data)
    exif = PilImage.Exif()
    exif[271] = "Maker"
    chunks = [chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))] if described else []
    image = read(folder, ".png", with_chunks(*chunks, chunk(kind, body)))
    assert formats.write(image, folder / f"b{suffix}") == ("moved to EXIF: text parameters",)
    with PilImage.open(folder / f"b{suffix}") as found:
        written = found.getexif()
        comment = written.get_ifd(0x8769)[0x9286]
        assert (written.get(271) == "Maker") == described
    assert comment == b"UNICODE\0" + text.encode("utf-16-be")
    back = formats.read(folder / f"b{suffix}")
    formats.write(back, folder / "c.png")
    with PilImage.open(folder / "c.png") as found:
        assert found.getexif().get_ifd(0x8769)[0x9286] == comment


def test_described_pictures_keep_what_exif_says_already(folder):
    exif = PilImage.Exif()
    exif[315] = "Ann"
    texts = [chunk(b"tEXt", b"Author\0Bob"), chunk(b"tEXt", b"Description\0A pier")]
    packed = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    image = read(folder, ".png", with_chunks(packed, *texts))
    assert formats.write(image, folder / "a.webp") == (
        "moved to EXIF: text Description",
        "WebP holds no text Author; left out",
    )
    with PilImage.open(folder / "a.webp") as found:
        assert found.getexif()[315] == "Ann"
        assert found.getexif()[270] == "A pier"


def test_a_maker_note_is_not_moved_for_a_text(folder):
    exif = PilImage.Exif()
    exif.get_ifd(0x8769)[0x927C] = b"Maker note of forty bytes, at an offset."
    packed = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    image = read(folder, ".png", with_chunks(packed, chunk(b"tEXt", b"parameters\0x")))
    assert formats.write(image, folder / "a.jpg") == ("JPEG holds no text parameters; left out",)
    assert formats.read(folder / "a.jpg").metadata.exif == image.metadata.exif


@pytest.mark.parametrize("comment", [b"plain", "gr\u00fc\u00df".encode(), b"gr\xfc\xdf"])
def test_comments_travel_between_jpeg_and_png(folder, comment):
    image = read(folder, ".jpg", with_segments(segment(0xFE, comment)))
    formats.write(image, folder / "g.png")
    with PilImage.open(folder / "g.png") as found:
        found.load()
        assert found.text["Comment"] in (comment.decode("latin-1"), comment.decode(errors="ignore"))
    formats.write(formats.read(folder / "g.png"), folder / "g.jpg")
    assert formats.read(folder / "g.jpg").metadata.blocks == {"comment": comment}


@pytest.mark.parametrize("kind", ["xmp", "APP1"])
def test_xmp_in_a_raw_profile_text_is_read_as_xmp(folder, kind):
    body = packet("") if kind == "xmp" else b"http://ns.adobe.com/xap/1.0/\0" + packet("")
    text = f"\n{kind}\n{len(body):8}\n{body.hex()}\n".encode()
    raw = f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(text)
    image = read(folder, ".png", with_chunks(chunk(b"zTXt", raw)))
    assert image.metadata == Metadata(xmp=packet(""))
    assert image.notes == ()


@pytest.mark.parametrize("target", [".tif", ".jpg", ".png", ".webp"])
def test_descriptive_tiff_tags_travel(folder, target):
    words = {269: b"Ledger 1887\0", 285: b"folio 12r\0"}
    fields = {tag: ifd.Field(2, len(word), word) for tag, word in words.items()}
    image = read(folder, ".tif", with_tags(fields))
    assert image.notes == ()
    formats.write(image, folder / f"h{target}")
    back = formats.read(folder / f"h{target}").metadata.exif
    assert back == image.metadata.exif
    assert all(word in back for word in words.values())


def test_exif_tags_that_a_tiff_does_not_take_are_named(folder):
    exif = PilImage.Exif()
    exif[271], exif[50341] = "Maker", b"PrintIM"
    image = Image(PIXELS, Metadata(exif=exif.tobytes().removeprefix(b"Exif\0\0")))
    assert formats.write(image, folder / "i.jpg") == ()
    (note,) = formats.write(image, folder / "i.tif")
    assert note.startswith("not kept: tag 50341")


def directory(entries, start, order="<"):
    """A directory whose values follow it, as cameras write it."""
    at, table, data = start + 6 + 12 * len(entries), b"", b""
    for tag, text in entries.items():
        value = struct.pack(order + "I", at + len(data))
        table += struct.pack(order + "HHI", tag, 2, len(text)) + value
        data += text + b"\0" * (len(text) % 2)
    return struct.pack(order + "H", len(entries)) + table + bytes(4) + data


def exif_with(note, at=60):
    """An EXIF block whose maker note lies at an offset of choice."""
    exif = struct.pack("<HHHIIHHIII", 2, 0x927C, 7, len(note), at, 0xA001, 3, 1, 1, 0)
    first = struct.pack("<HHHIII", 1, ifd.EXIF, 4, 1, 26, 0)
    return (b"II*\0\x08\0\0\0" + first + exif).ljust(at, b"\0") + note


def maker_note_of(data):
    """Position and bytes of the maker note in a TIFF structure."""
    file = io.BytesIO(data)
    layout, at = ifd.read_layout(file)
    field = ifd.read_directory(file, layout, at).children[ifd.EXIF].fields[0x927C]
    return field.value_at, field.data


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


@given(
    st.sampled_from(["none", "little", "big"]),
    st.tuples(*[st.floats(1, 60_000)] * 2),
    st.booleans(),
    st.binary(min_size=5, max_size=9),
)
def test_webp_states_the_resolution_in_exif_where_nothing_else_moves(
    folder, kind, dpi, stated, note
):
    exif = PilImage.Exif()
    exif.endian = ">" if kind == "big" else "<"
    exif[271] = "Maker"
    if stated:
        exif[282], exif[283], exif[296] = 72.0, 72.0, 3
    exif.get_ifd(0x8769).update({0x927C: note, 0x9003: "2024:05:06 07:08:09"})
    block = None if kind == "none" else exif.tobytes().removeprefix(b"Exif\0\0")
    path = folder / "v.webp"
    assert formats.write(Image(PIXELS, Metadata(exif=block, dpi=dpi)), path) == ()
    back = formats.read(path).metadata
    assert back.dpi == pytest.approx(dpi, abs=0.001)
    with PilImage.open(path) as found:
        assert found.getexif()[282] == pytest.approx(dpi[0], abs=0.001)
        if block:
            assert found.getexif()[271] == "Maker"
            assert maker_note_of(back.exif) == maker_note_of(block)
    assert formats.write(formats.read(path), path) == ()
    assert formats.read(path).metadata == back


def described(text):
    return with_tags({270: ifd.Field(2, len(text) + 1, text + b"\0"), 271: ifd.Field(2, 2, b"M\0")})


def resized(image, scale=2):
    return image.with_float(np.ones((8 * scale, 10 * scale, 3), np.float32))


@pytest.mark.parametrize("target", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize(
    ("text", "program"),
    [
        (b'{"shape": [8, 10, 3]}', "tifffile"),
        (b"shape=(8, 10, 3)", "tifffile"),
        (b'<?xml?><OME><Image><Pixels SizeX="10" SizeY="8"/></Image></OME>', "OME-XML"),
    ],
)
def test_descriptions_of_the_size_leave_with_it(folder, text, program, target):
    image = read(folder, ".tif", described(text))
    assert formats.write(image, folder / f"m{target}") == ()
    assert formats.read(folder / f"m{target}").metadata.exif == image.metadata.exif
    notes = formats.write(resized(image), folder / f"m{target}")
    assert notes == (f"not kept: {program} description",)
    exif = PilImage.Exif()
    exif.load(formats.read(folder / f"m{target}").metadata.exif)
    assert dict(exif) == {271: "M"}


def test_imagej_descriptions_never_outlive_their_resolution(folder):
    image = read(folder, ".tif", described(b"ImageJ=1.53\nunit=micron\n"))
    assert formats.write(image, folder / "n.tif") == ("not kept: ImageJ description",)


@given(st.sampled_from(["a size", '{"a": 1}', "<OME>", "", "shape of a pear"]), st.integers(1, 3))
def test_other_descriptions_stay(folder, text, scale):
    image = read(folder, ".tif", described(text.encode()))
    assert formats.write(resized(image, scale), folder / "n.tif") == ()
    assert formats.read(folder / "n.tif").metadata.exif == image.metadata.exif


def jpeg_with_xmp(*packets, turn=0):
    exif = PilImage.Exif()
    exif[274] = turn
    segments = [segment(0xE1, exif.tobytes())] if turn else []
    mark = b"http://ns.adobe.com/xap/1.0/\0"
    return with_segments(*segments, *(segment(0xE1, mark + each) for each in packets))


STALE = {
    "motion photo": 'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"'
    ' GCamera:MotionPhoto="1" GCamera:MicroVideoOffset="2024"',
    "depth map": 'xmlns:Device="http://ns.google.com/photos/dd/1.0/device/" Device:DepthMap="1"',
    "gain map": 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"',
}
DIRECTORY = (
    '<C:Directory xmlns:C="http://ns.google.com/photos/1.0/container/"><rdf:Seq><rdf:li>'
    '<C:Item Item:Mime="image/jpeg"/></rdf:li></rdf:Seq></C:Directory>'
)
KEPT = 'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"'


@pytest.mark.parametrize("target", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("what", [*STALE, "container directory"])
def test_xmp_about_parts_that_are_not_kept_goes_with_a_note(folder, what, target):
    body = DIRECTORY if what == "container directory" else ""
    xmp = packet(f"{KEPT} {STALE.get(what, '')}", f"{body}<dc:title>T</dc:title>")
    image = read(folder, ".jpg", jpeg_with_xmp(xmp.replace(b"Item:Mime", b"mime")))
    assert image.notes == (f"not kept: XMP of the {what}",)
    formats.write(image, folder / f"o{target}")
    found = formats.read(folder / f"o{target}").metadata.xmp
    assert ElementTree.fromstring(found).find(".//{*}title").text == "T"
    assert not any(word in found for word in (b"MotionPhoto=", b"MicroVideo", b"hdrgm:V", b"<C:"))
    assert b"dc:format" in found


SIZES = (
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' tiff:ImageWidth="10" exif:PixelYDimension="8"'
)
REGIONS = (
    '<mwg-rs:Regions xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    ' xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
    ' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" rdf:parseType="Resource">'
    '<mwg-rs:AppliedToDimensions stDim:w="10" stDim:h="8" stDim:unit="pixel"/>'
    '<mwg-rs:Area stArea:x="0.3" stArea:y="0.4"/></mwg-rs:Regions>'
)


@given(st.integers(1, 4), st.sampled_from([".jpg", ".png", ".tif", ".webp"]))
def test_sizes_in_xmp_follow_the_picture(folder, scale, target):
    xmp = packet(SIZES, f"<exif:PixelXDimension>10</exif:PixelXDimension>{REGIONS}")
    image = read(folder, ".jpg", jpeg_with_xmp(xmp))
    assert formats.write(resized(image, scale), folder / f"p{target}") == ()
    width, height = b"%d" % (10 * scale), b"%d" % (8 * scale)
    expected = xmp.replace(b'"10"', b'"' + width + b'"').replace(b">10<", b">" + width + b"<")
    expected = expected.replace(b'"8"', b'"' + height + b'"')
    assert formats.read(folder / f"p{target}").metadata.xmp == expected


def test_panoramas_are_scaled_and_removed_from_another_shape(folder):
    panorama = 'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"' + "".join(
        f' GPano:{name}Pixels="{number}"'
        for name, number in {
            "FullPanoWidth": 20,
            "FullPanoHeight": 10,
            "CroppedAreaImageWidth": 10,
            "CroppedAreaImageHeight": 8,
            "CroppedAreaLeft": 5,
            "CroppedAreaTop": 1,
        }.items()
    )
    image = read(folder, ".jpg", jpeg_with_xmp(packet(panorama + ' GPano:PoseHeadingDegrees="90"')))
    assert formats.write(resized(image, 3), folder / "q.jpg") == ()
    found = formats.read(folder / "q.jpg").metadata.xmp
    for text in (b'PanoWidthPixels="60"', b'LeftPixels="15"', b'TopPixels="3"', b'Degrees="90"'):
        assert text in found
    other = image.with_float(np.ones((9, 40, 3), np.float32))
    assert formats.write(other, folder / "q.jpg") == ("not kept: XMP of the panorama",)
    assert b"GPano:F" not in formats.read(folder / "q.jpg").metadata.xmp


@given(st.data())
def test_damaged_metadata_give_a_picture_and_can_be_written(folder, data):
    xmp = packet(f"{KEPT} {STALE['gain map']}", REGIONS)
    resources = resource(0x0404, IPTC) + resource(0x040A, b"\1")
    note = exif_with(directory({1: b"a value", 2: b"and another"}, 60))
    files = {
        ".jpg": [
            segment(0xE1, b"Exif\0\0" + note),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp),
            segment(0xED, b"Photoshop 3.0\0" + resources),
        ],
        ".tif": {
            700: ifd.Field(1, len(xmp), xmp),
            34377: ifd.Field(7, len(resources), resources),
            270: ifd.Field(2, 22, b'{"shape": [8, 10, 3]}\0'),
        },
    }
    suffix = data.draw(st.sampled_from(list(files)))
    damaged = []
    for body in files[suffix] if suffix == ".jpg" else [f.data for f in files[".tif"].values()]:
        body = bytearray(body)
        for _ in range(data.draw(st.integers(0, 4))):
            body[data.draw(st.integers(20, len(body) - 1))] = data.draw(st.integers(0, 255))
        damaged.append(bytes(body))
    if suffix == ".jpg":
        content = with_segments(*damaged)
    else:
        fields = zip(files[".tif"], damaged, strict=True)
        content = with_tags({tag: ifd.Field(7, len(body), body) for tag, body in fields})
    image = read(folder, suffix, content)
    for target in (".jpg", ".png", ".tif", ".webp"):
        formats.write(resized(image), folder / f"s{target}")
        formats.read(folder / f"s{target}")


def test_xmp_that_is_not_well_formed_takes_no_long_time(folder):
    xmp = packet(STALE["gain map"], "<hdrgm:a>" * 200_000)
    tags = {700: ifd.Field(7, len(xmp), xmp)}
    assert read(folder, ".tif", with_tags(tags)).metadata.xmp == xmp


def doubles(order, *values):
    return ifd.Field(12, len(values), struct.pack(f"{order}{len(values)}d", *values))


def model_of(fields, order, column, row):
    """Where a point of the raster lies: through the matrix, or tie point and scale."""
    values = {
        tag: struct.unpack(f"{order}{field.count}d", field.data)
        for tag, field in fields.items()
        if field.kind == 12
    }
    if 34264 in values:
        matrix = np.reshape(values[34264], (4, 4))
        return (matrix @ [column, row, 0, 1])[:2]
    (i, j, _, x, y, _), (across, down, _) = values[33922], values[33550]
    return np.array([x + (column - i) * across, y - (row - j) * down])


@pytest.mark.parametrize("point", [False, True])
@pytest.mark.parametrize("kind", ["matrix", "tie point"])
@pytest.mark.parametrize("order", ["<", ">"])
@given(scale=st.integers(1, 4), column=st.integers(0, 10), row=st.integers(0, 8))
def test_places_on_the_earth_stay_when_pixels_shrink(
    folder, point, kind, order, scale, column, row
):
    keys = (1, 1, 0, 1, 1025, 0, 1, 2 if point else 1)
    fields = {34735: ifd.Field(3, 8, struct.pack(f"{order}8H", *keys))}
    if kind == "matrix":
        matrix = (10.0, 1, 0, 4e5, 2, -10.0, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1.0)
        fields[34264] = doubles(order, *matrix)
    else:
        fields |= {33922: doubles(order, 3, 2, 0, 4e5, 5e6, 0), 33550: doubles(order, 10, 20, 0)}
    image = read(folder, ".tif", with_tags(fields, byteorder=order))
    assert image.notes == ()
    assert formats.write(resized(image, scale), folder / "t.tif") == ()
    with (folder / "t.tif").open("rb") as file:
        layout, at = ifd.read_layout(file)
        found = ifd.read_directory(file, layout, at).fields
    half = 0.5 if point else 0.0
    place = ((column + half) * scale - half, (row + half) * scale - half)
    moved = model_of(found, layout.order, *place)
    np.testing.assert_allclose(moved, model_of(fields, order, column, row), rtol=1e-12)
    assert struct.unpack(f"{layout.order}8H", found[34735].data) == keys
    assert formats.write(image, folder / "t.png") == ("PNG holds no GeoTIFF; left out",)


def test_rows_of_another_size_drop_its_description_with_a_note(folder):
    image = read(folder, ".tif", described(b'{"shape": [8, 10, 3]}'))
    path = folder / "u.tif"
    with path.open("w+b") as file:
        notes, _ = formats.write_rows(iter([resized(image)]), (16, 20), file, path)
    assert notes == ("not kept: tifffile description",)
    with PilImage.open(path) as found:
        assert 270 not in found.tag_v2

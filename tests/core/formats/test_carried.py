"""What a file holds beside its pixels: carried to the next file, or named in a note."""

import hashlib
import struct
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL import IptcImagePlugin

from restorer import formats
from restorer.formats.exif import ifd
from restorer.image import Image, Metadata

from metadata_files import (
    PIXELS,
    REGIONS,
    SUFFIXES,
    chunk,
    directory,
    exif_with,
    jpeg_with_xmp,
    maker_note_of,
    packet,
    read,
    resized,
    segment,
    with_chunks,
    with_segments,
    with_tags,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


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

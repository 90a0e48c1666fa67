"""Files that hold all that their formats can, for the table of docs/fidelity.md."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import heif_files
import imagecodecs
import numpy as np
import tifffile
from PIL import Image as PilImage

from restorer import find_profile
from restorer.formats.boxes import boxes_in, pack_box
from restorer.formats.exif import ifd
from restorer.formats.heif import items as heif_items
from restorer.formats.jpeg import multi_picture
from restorer.formats.jxl import codestream
from restorer.formats.jxl.bits import BitWriter
from restorer.formats.jxl.container import pack_container
from restorer.formats.jxl.icc import write_profile

from helpers import make_photograph
from metadata_files import chunk, segment

MODEL, SCALE, HEIGHT, WIDTH = "panet-sr-x2-lite", 2, 16, 24
P3 = find_profile("display-p3") or b""
TITLE, COMMENT, PROMPT, OWNER = b"A title", b"A comment", b"steps: 20", b"An owner"
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the kind of the box
IPTC = b"\x1c\2" + struct.pack(">BH", 5, len(TITLE)) + TITLE
TIMES = 40, 50, 60  # of frames
AREA = 0.3, 0.4, 0.2, 0.1  # center, width and height of a region
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" dc:source="A title"'
    ' exif:PixelXDimension="{0}" exif:PixelYDimension="{1}"{2}>'
    '<mwg-rs:Regions xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    ' xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
    ' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" rdf:parseType="Resource">'
    '<mwg-rs:AppliedToDimensions stDim:w="{0}" stDim:h="{1}" stDim:unit="pixel"/>'
    '<mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource">'
    '<mwg-rs:Area stArea:x="0.3" stArea:y="0.4" stArea:w="0.2" stArea:h="0.1"'
    ' stArea:unit="normalized"/><mwg-rs:Type>Face</mwg-rs:Type></rdf:li></rdf:Bag>'
    "</mwg-rs:RegionList></mwg-rs:Regions></rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>'
)
MAP_XMP = XMP.format(WIDTH, HEIGHT, ' hdrgm:Version="1.0" hdrgm:GainMapMax="2"').replace(
    "hdrgm:GainMapMax", 'hdrgm:HDRCapacityMax="2" hdrgm:GainMapMax'
)


def packet() -> bytes:
    return XMP.format(WIDTH, HEIGHT, "").encode()


def maker_note(at: int) -> bytes:
    """A directory of one text, whose offset counts from the start of its EXIF block or file."""
    text = b"a serial number\0"
    return struct.pack("<HHHIII", 1, 7, 2, len(text), at + 18, 0) + text


def exif_directory(turn: int, note: bytes) -> ifd.Directory:
    """EXIF with a place and a maker note, complete by the rules of the standard."""
    main = {
        271: text(b"Maker"),
        274: shorts(turn),
        282: rationals((300, 1)),
        283: rationals((300, 1)),
        296: shorts(2),
        315: text(b"An artist"),
        531: shorts(1),
    }
    shot = {
        0x829A: rationals((1, 100)),
        0x9000: ifd.Field(7, 4, b"0232"),
        0x9003: text(b"2024:05:06 07:08:09"),
        0x9101: ifd.Field(7, 4, b"\1\2\3\0"),
        0x927C: ifd.Field(7, len(note), note),
        0xA000: ifd.Field(7, 4, b"0100"),
        0xA001: shorts(0xFFFF),
        0xA002: ifd.Field(4, 1, struct.pack("<I", WIDTH)),
        0xA003: ifd.Field(4, 1, struct.pack("<I", HEIGHT)),
    }
    place = {
        0: ifd.Field(1, 4, b"\2\3\0\0"),
        1: text(b"N"),
        2: rationals((48, 1), (8, 1), (30, 1)),
        27: ifd.Field(7, 11, b"ASCII\0\0\0GPS"),
    }
    return ifd.Directory(main, {ifd.EXIF: ifd.Directory(shot), ifd.GPS: ifd.Directory(place)})


def text(data: bytes) -> ifd.Field:
    return ifd.Field(2, len(data) + 1, data + b"\0")


def shorts(*values: int) -> ifd.Field:
    return ifd.Field(3, len(values), struct.pack(f"<{len(values)}H", *values))


def rationals(*values: tuple[int, int]) -> ifd.Field:
    return ifd.Field(5, len(values), b"".join(struct.pack("<II", *value) for value in values))


def exif_block(turn: int) -> bytes:
    """An EXIF block with a thumbnail, as cameras write it."""
    directory = exif_directory(turn, maker_note(0))
    block = bytearray(b"II*\0\x08\0\0\0" + ifd.serialize(directory, ifd.Layout(), 8))
    at = block.index(maker_note(0))
    block[at : at + len(maker_note(0))] = maker_note(at)
    small = io.BytesIO()
    PilImage.fromarray(make_photograph(HEIGHT, WIDTH)[::2, ::2]).save(small, "JPEG")
    block += bytes(len(block) % 2)
    next_at = ifd.read_directory(io.BytesIO(block), ifd.Layout(), 8).next_at
    block[next_at : next_at + 4] = struct.pack("<I", len(block))
    entries = [(259, 3, 6), (282, 5, 66), (283, 5, 66), (296, 3, 2), (513, 4, 74 + 2), (514, 4, 0)]
    start, table = len(block), b""
    for tag, kind, value in entries:
        if tag == 514:
            value = small.tell()
        elif kind == 5 or tag == 513:
            value = start + 78 + 8 * (tag == 513)
        table += struct.pack("<HHII", tag, kind, 1, value)
    block += struct.pack("<H", len(entries)) + table + bytes(4) + struct.pack("<II", 72, 1)
    return bytes(block + small.getvalue())


def resource(body: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(body)) + body + bytes(len(body) % 2)


def rgba() -> Any:
    alpha = np.full((HEIGHT, WIDTH, 1), 200, np.uint8)
    return np.concatenate([make_photograph(HEIGHT, WIDTH), alpha], axis=2)


def jpeg(turn: int) -> bytes:
    """An Ultra HDR photograph with all kinds of metadata."""

    def picture(pixels: Any, *segments: bytes, **options: Any) -> bytes:
        file = io.BytesIO()
        PilImage.fromarray(pixels).save(file, "JPEG", quality=95, subsampling=0, **options)
        return file.getvalue()[:20] + b"".join(segments) + file.getvalue()[20:]

    mark = b"http://ns.adobe.com/xap/1.0/\0"
    small = make_photograph(HEIGHT, WIDTH)[::2, ::2, 0]
    gain_map = picture(small, segment(0xE1, mark + MAP_XMP.encode()))
    items = "".join(
        f'<rdf:li><C:Item I:Semantic="{name}" I:Mime="image/jpeg" I:Length="{size}"/></rdf:li>'
        for name, size in (("Primary", 0), ("GainMap", len(gain_map)))
    )
    directory = (
        '<C:Directory xmlns:C="http://ns.google.com/photos/1.0/container/"'
        f' xmlns:I="http://ns.google.com/photos/1.0/container/item/"><rdf:Seq>{items}</rdf:Seq>'
        "</C:Directory></rdf:Description>"
    )
    xmp = XMP.format(WIDTH, HEIGHT, ' hdrgm:Version="1.0"')
    first = picture(
        make_photograph(HEIGHT, WIDTH),
        segment(0xE1, b"Exif\0\0" + exif_block(turn)),
        segment(0xE1, mark + xmp.replace("</rdf:Description>", directory).encode()),
        segment(0xED, b"Photoshop 3.0\0" + resource(IPTC)),
        segment(0xFE, COMMENT),
        segment(0xEB, b"JP\0\1\0\0\0\1" + struct.pack(">I", 60) + b"jumb" + bytes(8) + b"c2pa"),
        icc_profile=P3,
        dpi=(300, 300),
    )
    return multi_picture.joined(first, gain_map)


def png(turn: int, *, exif: bool = True) -> bytes:
    """A 16-bit picture with transparency and the texts of a generator."""
    resources = resource(IPTC)
    profile = f"\niptc\n{len(resources):8}\n{resources.hex()}\n".encode()
    chunks = [
        chunk(b"iCCP", b"P3\0\0" + zlib.compress(P3)),
        chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        *([chunk(b"eXIf", exif_block(turn))] if exif else []),
        chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + packet()),
        chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(profile)),
        chunk(b"tEXt", b"Comment\0" + COMMENT),
        chunk(b"tEXt", b"parameters\0" + PROMPT),
        chunk(b"zTXt", b"Copyright\0\0" + zlib.compress(OWNER)),
        chunk(b"caBX", b"c2pa"),
    ]
    data = imagecodecs.png_encode(rgba().astype(np.uint16) * 257)
    return data[:33] + b"".join(chunks) + data[33:]


def webp(turn: int) -> bytes:
    file = io.BytesIO()
    PilImage.fromarray(rgba()).save(
        file, "WEBP", lossless=True, exact=True, icc_profile=P3, exif=exif_block(turn), xmp=packet()
    )
    data = file.getvalue() + b"C2PA" + struct.pack("<I", 4) + b"c2pa"
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


def in_heif(turn: int, make: Callable[..., bytes]) -> bytes:
    """A picture with transparency, whose turn EXIF repeats, and a signature."""
    angle = (
        heif_items.Property(b"irot", bytes([3]), True),
        heif_items.Property(b"colr", b"prof" + P3),
    )
    about = {b"cdsc": (heif_files.PRIMARY,)}
    items = [
        (heif_items.Item(b"Exif", references=about), bytes(4) + exif_block(turn)),
        (heif_items.Item(b"mime", b"application/rdf+xml", references=about), packet()),
    ]
    properties = angle if turn == 6 else angle[1:]
    return make(properties=properties, items=items, behind=pack_box(b"uuid", C2PA, b"signed"))


def jxl(turn: int, *, floats: bool = False) -> bytes:
    """A 16-bit or float picture with transparency, a turn and a signature."""
    pixels: Any = rgba().astype(np.uint16) * 257
    if floats:
        pixels = (pixels / 65535).astype(np.float32)
    data = bytes(imagecodecs.jpegxl_encode(pixels, lossless=True))
    (box,) = (each for each in boxes_in(data) if each.kind == b"jxlc")
    stream = data[box.start : box.stop]
    header = codestream.read_codestream(stream)
    stream = header.with_colors(stream, None, P3)
    if turn == 6:  # which the header says in more fields
        header, bits = codestream.read_codestream(stream), BitWriter()
        bits.copy(stream, 0, header._defaults_at + 1)
        bits.number(1 | turn - 1 << 1, 7)
        bits.copy(stream, header._depth[0], header._color[1])
        bits.number(1, 1)
        bits.copy(stream, header._color[1], header._end)
        write_profile(bits, P3)
        stream = bits.finish() + stream[header.frames_at :]
    return pack_container(stream, b"\x0a", exif_block(turn), packet()) + pack_box(b"jumb", b"c2pa")


def avif(turn: int) -> bytes:
    pixels = rgba().astype(np.uint16) * 4
    return in_heif(turn, lambda **more: heif_files.avif(pixels, 10, **more))


def heic(turn: int) -> bytes:
    return in_heif(turn, heif_files.heic)


def bmp(turn: int) -> bytes:
    """A 32-bit picture with transparency by masks, and data behind its end."""
    pixels = np.ascontiguousarray(rgba()[::-1, :, [2, 1, 0, 3]]).tobytes()
    header = struct.pack(
        "<IiiHHIIiiII", 108, WIDTH, HEIGHT, 1, 32, 3, len(pixels), 11811, 11811, 0, 0
    )
    header += struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    size = 14 + len(header) + len(pixels)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, 14 + len(header)) + header + pixels + b"c2pa"


def tiff(turn: int, *, floats: bool = False, alpha: bool = True) -> bytes:
    """A 16-bit or float picture with transparency, a place on the earth and a reduced page."""
    file = io.BytesIO()
    pixels: Any = rgba()[..., : 3 + alpha].astype(np.uint16) * 257
    if floats:
        pixels = (pixels / 65535).astype(np.float32)
    options: dict[str, Any] = {"photometric": "rgb", "metadata": None, "software": False}
    if alpha:
        options["extrasamples"] = ["unassalpha"]
    with tifffile.TiffWriter(file, byteorder="<") as writer:
        writer.write(pixels, resolution=(300, 300), resolutionunit="INCH", **options)
        writer.write(pixels[::2, ::2], subfiletype=1, **options)
    file.seek(0)
    second = tifffile.TiffFile(file).pages[1].offset
    directory = exif_directory(turn, maker_note(0))
    doubles = struct.pack("<3d", 10, 10, 0), struct.pack("<6d", 0, 0, 0, 400_000, 5_000_000, 0)
    fields = {
        **{tag: f for tag, f in directory.fields.items() if tag not in (282, 283, 296)},
        700: ifd.Field(1, len(packet()), packet()),
        33723: ifd.Field(7, len(IPTC), IPTC),
        34675: ifd.Field(7, len(P3), P3),
        33550: ifd.Field(12, 3, doubles[0]),
        33922: ifd.Field(12, 6, doubles[1]),
        34735: ifd.Field(3, 8, struct.pack("<8H", 1, 1, 0, 1, 1025, 0, 1, 1)),
        65000: ifd.Field(7, 8, b"c2pa c2p"),
    }
    ifd.extend(file, ifd.Directory(fields, directory.children))
    layout, at = ifd.read_layout(file)
    next_at = ifd.read_directory(file, layout, at).next_at
    data = bytearray(file.getvalue())
    data[next_at : next_at + 4] = struct.pack("<I", second)
    note = data.index(maker_note(0))
    data[note : note + len(maker_note(0))] = maker_note(note)
    return bytes(data)


def gif(turn: int) -> bytes:
    """A picture with what programs put into GIF files, and a block of none of them."""
    del turn  # nothing in it tells one
    file = io.BytesIO()
    picture = PilImage.fromarray(make_photograph(HEIGHT, WIDTH)).quantize(64)
    picture.save(file, "GIF", comment=COMMENT)
    at = file.getvalue().index(b"!\xfe")
    parts = (
        *(b"!\xff\x0bICCRGBG1012", sub_blocks(P3)),
        *(b"!\xff\x0bXMP DataXMP", packet(), bytes([1, *range(255, -1, -1), 0])),
        *(b"!\xff\x0bC2PA_GIF1.0", sub_blocks(b"c2pa")),
    )
    return file.getvalue()[:at] + b"".join(parts) + file.getvalue()[at:]


def sub_blocks(data: bytes) -> bytes:
    cut = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in cut) + b"\0"


def moving(source: str) -> bytes:
    """Three frames, or pages, in which a square moves."""
    file, frames = io.BytesIO(), []
    for left in (2, 8, 14):
        pixels = make_photograph(HEIGHT, WIDTH) // 64 * 64
        pixels[4:8, left : left + 4] = 0
        frames.append(PilImage.fromarray(pixels))
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:]}
    if source != "tiff":
        options |= {"duration": list(TIMES), "loop": 0, "lossless": True}
    frames[0].save(file, source, **options)
    return file.getvalue()


SOURCES: dict[str, Callable[..., bytes]] = {
    "jpeg": jpeg,
    "png": png,
    "webp": webp,
    "avif": avif,
    "jxl": jxl,
    "heic": heic,
    "gif": gif,
    "bmp": bmp,
    "tiff": tiff,
}

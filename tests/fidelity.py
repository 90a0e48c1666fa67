"""The table of docs/fidelity.md, judged on files: ``python tests/fidelity.py`` writes it.

A source of each format that holds everything is restored into each format. What became of each
property is read from the result by other programs, Pillow and tifffile, or from its bytes.
"""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import heif_files
import imagecodecs
import numpy as np
import OpenEXR
import tifffile
from PIL import ExifTags
from PIL import Image as PilImage

from restorer import FORMATS, Job, Settings, Step, find_profile, run_job
from restorer.formats.boxes import boxes_in, pack_box
from restorer.formats.color.matrix import P3_CHROMATICITIES
from restorer.formats.exif import ifd
from restorer.formats.exif.block import EMPTY
from restorer.formats.heif import items as heif_items
from restorer.formats.jpeg import multi_picture
from restorer.formats.jxl import codestream
from restorer.formats.jxl.bits import BitWriter
from restorer.formats.jxl.container import pack_container
from restorer.formats.jxl.icc import write_profile

from helpers import make_photograph

PAGE = Path(__file__).parents[1] / "docs" / "fidelity.md"
WRITTEN = {name: f for name, f in FORMATS.items() if f.writer and name != "pam"}
PLAIN = ("pnm", "pfm", "exr", "hdr")  # which Pillow does not read, or not in full
MODEL, SCALE, HEIGHT, WIDTH = "panet-sr-x2-lite", 2, 16, 24
THEN = 1_000_000_000_000_000_000
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


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


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


@dataclass
class Restored:
    """A result, as other programs read it.

    Attributes:
        format: Its key in `FORMATS`.
        notes: What the user was told.
    """

    path: Path
    format: str
    notes: tuple[str, ...]
    turn: int
    size: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        size = HEIGHT * SCALE, WIDTH * SCALE
        self.size = size[::-1] if self.turn > 4 else size

    @property
    def is_tiff(self) -> bool:
        """Whether the file is built like a TIFF."""
        return self.format in ("tiff", "dng")

    @cached_property
    def data(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def boxes(self) -> dict[bytes, bytes]:
        """The boxes of a JPEG XL file."""
        return {each.kind: self.data[each.start : each.stop] for each in boxes_in(self.data)}

    @cached_property
    def exif(self) -> PilImage.Exif:
        if self.format in PLAIN:
            return PilImage.Exif()
        if self.format == "jxl":
            exif = PilImage.Exif()
            exif.load(self.boxes.get(b"Exif", bytes(4))[4:] or EMPTY)
            return exif
        if not self.is_tiff:
            with PilImage.open(self.path) as picture:
                return picture.getexif()
        exif = PilImage.Exif()  # Pillow opens no TIFF of 16-bit RGBA or of floats
        exif.load(self.data)
        return exif

    @cached_property
    def info(self) -> dict[str, Any]:
        """What Pillow or tifffile says of the file."""
        if self.is_tiff:
            with tifffile.TiffFile(self.path) as file:
                tags = {tag.code: tag.value for tag in file.pages[0].tags}
            dpi = [a / b for a, b in (tags.get(code, (0, 1)) for code in (282, 283))]
            return {**tags, "dpi": dpi, "icc_profile": tags.get(34675), "iptc": tags.get(33723)}
        if self.format == "jxl":
            profile = codestream.read_codestream(self.boxes[b"jxlc"]).profile
            return {"icc_profile": profile, "exif": self.boxes.get(b"Exif", b"")[4:]}
        if self.format == "exr":
            header = OpenEXR.File(str(self.path), header_only=True).header()
            across, aspect = header.get("xDensity", 0), header["pixelAspectRatio"]
            return {**header, "dpi": (across, across / aspect), "comment": header.get("comments")}
        if self.format in PLAIN:
            lines = self.data.split(b"\n")
            stated = [line[10:] for line in lines[:9] if line.startswith(b"PRIMARIES=")]
            primaries = [float(figure) for figure in b"".join(stated).split()]
            comment = lines[1][1:] if lines[1].startswith(b"#") else b""
            return {"comment": comment, "chromaticities": primaries}
        with PilImage.open(self.path) as picture:
            picture.load()
            info = {**picture.info, "mode": picture.mode, **getattr(picture, "text", {})}
            if "photoshop" in info:
                info["iptc"] = info["photoshop"].get(0x0404)
            return info

    @cached_property
    def pixels(self) -> Any:
        if self.format == "tiff":
            return tifffile.imread(self.path)
        if self.format == "dng":  # behind the preview
            with tifffile.TiffFile(self.path) as file:
                return file.pages[0].pages[0].asarray()
        if self.format == "exr":
            planes = OpenEXR.File(str(self.path), separate_channels=True).channels()
            return np.stack([planes[x].pixels for x in "RGBA" if x in planes], 2).astype("f4")
        if self.format in PLAIN:
            found = cv2.imread(str(self.path), cv2.IMREAD_UNCHANGED)
            return np.asarray(found)[..., ::-1]
        if self.format in ("avif", "jxl"):  # of the first, Pillow gives 8 bits
            return imagecodecs.imread(self.data, codec=self.format.replace("jxl", "jpegxl"))
        with PilImage.open(self.path) as picture:
            if picture.mode != "P":
                return np.asarray(picture)
            return np.asarray(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))

    @cached_property
    def frames(self) -> list[float]:
        """How long each page or frame is shown, in milliseconds; 0 without a time."""
        if self.is_tiff:
            with tifffile.TiffFile(self.path) as file:
                return [0 for page in file.pages if not page.is_reduced]
        if self.format in (*PLAIN, "jxl"):
            return [0]
        with PilImage.open(self.path) as picture:
            count, found = getattr(picture, "n_frames", 1), []
            for number in range(count):
                picture.seek(number)
                picture.load()
                found.append(picture.info.get("duration", 0))
            return found

    @cached_property
    def xmp(self) -> str:
        """The first packet."""
        found = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", self.data, re.DOTALL)
        return found[0].decode() if found else ""


def judge_depth(result: Restored) -> str:
    deep = result.pixels.dtype == np.uint16 or result.data[24] == 16  # AVIF has up to 12
    if result.format in ("exr", "pfm"):
        return "transformed" if np.unique(result.pixels).size > 256 else ""
    return "kept" if result.format in ("tiff", "png", "jxl", "dng", "pnm") and deep else ""


def judge_floats(result: Restored) -> str:
    return "kept" if result.pixels.dtype == np.float32 and result.format != "hdr" else ""


def judge_alpha(result: Restored) -> str:
    pixels, top = result.pixels, {"u1": 255, "u2": 65535, "f4": 1}[result.pixels.dtype.str[1:]]
    top = 4095 if result.format == "avif" and top == 65535 else top
    same = pixels.shape[-1] == 4 and np.abs(pixels[..., 3] / top - 200 / 255).max() < 0.01
    return "kept" if same else ""


def judge_profile(result: Restored) -> str:
    if result.format == "gif":  # Pillow reads none there
        return "kept" if b"ICCRGBG1012" + sub_blocks(P3) in result.data else ""
    primaries = np.ravel(np.roll(P3_CHROMATICITIES, -2))
    found = np.ravel(result.info.get("chromaticities", ()))
    if found.size == 8 and np.abs(found - primaries).max() < 1e-3:
        return "transformed"
    return "kept" if result.info.get("icc_profile") == P3 else ""


def judge_exif(result: Restored) -> str:
    exif, inner, place = result.exif, result.exif.get_ifd(0x8769), result.exif.get_ifd(0x8825)
    said = [exif.get(271), exif.get(315), inner.get(0x9003), inner.get(0x829A)]
    place = place.get(1), place.get(2)
    if said != ["Maker", "An artist", "2024:05:06 07:08:09", 0.01]:
        return ""
    sized = (inner.get(0xA003), inner.get(0xA002)) == result.size
    return "transformed" if place == ("N", (48, 8, 30)) and sized else ""


def judge_maker_note(result: Restored) -> str:
    note = result.exif.get_ifd(0x8769).get(0x927C)
    if not note:
        return ""
    at = result.data.index(note)
    base = 0 if result.is_tiff else result.data.rindex(b"II*\0", 0, at)
    return "kept" if note == maker_note(at - base) else ""


def judge_xmp(result: Restored) -> str:
    height, width = result.size
    sizes = [f'exif:PixelXDimension="{width}"', f'exif:PixelYDimension="{height}"']
    whole = all(text in result.xmp for text in [*sizes, 'dc:source="A title"'])
    return "transformed" if whole else ""


def judge_regions(result: Restored) -> str:
    """Whether the region lies where it lay in a picture of another size, turned to the right."""
    found = [re.search(rf'stArea:{name}="([\d.]+)"', result.xmp) for name in "xywh"]
    sizes = [re.search(rf'stDim:{name}="(\d+)"', result.xmp) for name in "hw"]
    if not all(found) or not all(sizes):
        return ""
    x, y, width, height = AREA
    turned = (1 - y, x, height, width) if result.turn == 6 else AREA
    near = np.allclose([float(each[1]) for each in found if each], turned, atol=1e-4)
    fits = tuple(int(each[1]) for each in sizes if each) == result.size
    return "transformed" if near and fits else ""


def judge_orientation(result: Restored) -> str:
    """Whether the pixels were turned, and nothing turns them again."""
    upright = make_photograph(HEIGHT, WIDTH)
    expected = np.rot90(upright, -1) if result.turn == 6 else upright
    if result.pixels.shape[:2] != result.size or result.exif.get(274, 1) != 1:
        return ""
    pixels = result.pixels[..., :3].astype(np.float64)
    small = pixels.reshape(expected.shape[0], SCALE, expected.shape[1], SCALE, 3).mean((1, 3))
    return "transformed" if np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.8 else ""


def judge_iptc(result: Restored) -> str:
    text = result.info.get("Raw profile type iptc", "")
    found = bytes.fromhex("".join(text.split("\n")[3:])) if text else result.info.get("iptc")
    return "kept" if found and IPTC in found else ""


def judge_texts(result: Restored) -> str:
    said = result.info.get("parameters"), result.info.get("Copyright")
    if said == (PROMPT.decode(), OWNER.decode()):
        return "kept"
    comment = b"UNICODE\0" + PROMPT.decode().encode("utf-16-be")
    said = result.exif.get_ifd(0x8769).get(0x9286), result.exif.get(33432)
    return "transformed" if said == (comment, OWNER.decode()) else ""


def judge_comment(result: Restored) -> str:
    found = result.info.get("comment", result.info.get("Comment"))
    return "kept" if found in (COMMENT, COMMENT.decode()) else ""


def judge_dpi(result: Restored) -> str:
    exif = result.exif.get(282), result.exif.get(283)
    found = result.info.get("dpi", exif if all(exif) else 0)
    return "kept" if np.allclose(found, 300, atol=0.1) else ""


def judge_gain_map(result: Restored) -> str:
    """Whether a picture of the same shape follows, is indexed, announced, and states the boost."""
    if result.format != "jpeg" or b"MPF\0" not in result.data:
        return ""
    start = result.data.index(b"MPF\0") + 4
    first, at = (
        struct.unpack(">I", result.data[i : i + 4])[0]
        for i in (start + 50 + 4, start + 50 + 16 + 8)
    )
    second = result.data[start + at :]
    if not second.startswith(b"\xff\xd8") or b'hdrgm:GainMapMax="2"' not in second:
        return ""
    with PilImage.open(io.BytesIO(second)) as picture:
        fits = picture.width * result.size[0] == picture.height * result.size[1]
    announced = f'I:Length="{len(second)}"' in result.xmp or f'Length="{len(second)}"' in result.xmp
    return "transformed" if fits and announced and first else ""


def judge_geo(result: Restored) -> str:
    scale, tie = result.info.get(33550), result.info.get(33922)
    moved = scale == (5, 5, 0) and tie == (0, 0, 0, 400_000, 5_000_000, 0)
    return "transformed" if moved else ""


def judge_thumbnail(result: Restored) -> str:
    """Whether the thumbnail shows the result: its shape, and its colors the right way up."""
    entries = {} if result.format == "tiff" else result.exif.get_ifd(ExifTags.IFD.IFD1)
    if not {513, 514} <= entries.keys():
        return ""
    block = result.info["exif"].removeprefix(b"Exif\0\0")
    with PilImage.open(io.BytesIO(block[entries[513] :][: entries[514]])) as picture:
        small = np.asarray(picture.convert("RGB").resize(result.size[::-1])).astype(np.float64)
        alike = picture.width * result.size[0] == picture.height * result.size[1]
    shown = result.pixels[..., :3].astype(np.float64)
    same = np.corrcoef(small.ravel(), shown.ravel())[0, 1] > 0.9
    return "transformed" if alike and same else ""


def judge_frames(result: Restored) -> str:
    return "kept" if len(result.frames) == len(TIMES) else ""


def judge_frame_times(result: Restored) -> str:
    return "kept" if tuple(result.frames) == TIMES else ""


def judge_times(result: Restored) -> str:
    return "kept" if result.path.stat().st_mtime_ns == THEN else ""


@dataclass(frozen=True)
class Property:
    """A row of the tables.

    Attributes:
        name: What readers of the page know.
        sources: The formats whose files hold it here.
        judge: Returns *kept*, *transformed*, or nothing.
        note: A regular expression that the note of a loss matches.
        variant: The source on which it is judged, see `variants`.
    """

    name: str
    sources: str
    judge: Callable[[Restored], str]
    note: str
    variant: str = "upright"


WITH_EXIF = "jpeg png webp avif jxl heic tiff"
PROPERTIES = (
    Property("16 bits", "png avif jxl tiff", judge_depth, "16 bits were rounded|8 bits a color"),
    Property("floats", "jxl tiff", judge_floats, "holds no floats|8 bits a color", "floats"),
    Property(
        "alpha", "png webp avif jxl heic bmp tiff", judge_alpha, "holds no (partial )?transparency"
    ),
    Property("orientation", WITH_EXIF, judge_orientation, "no such note", "turned"),
    Property(
        "ICC profile",
        "jpeg png webp avif jxl heic gif tiff",
        judge_profile,
        "color profile; .*converted",
    ),
    Property("EXIF, GPS", WITH_EXIF, judge_exif, "holds no .*EXIF"),
    Property("maker note", WITH_EXIF, judge_maker_note, "maker note|holds no .*EXIF"),
    Property("XMP", "jpeg png webp avif jxl heic gif tiff", judge_xmp, "holds no .*XMP"),
    Property(
        "regions, turned",
        WITH_EXIF,
        judge_regions,
        "XMP of the regions|holds no .*XMP",
        "turned",
    ),
    Property("IPTC", "jpeg png tiff", judge_iptc, "holds no .*IPTC"),
    Property(
        "texts", "png", judge_texts, "holds no .*text parameters, text Copyright", "generated"
    ),
    Property("comment", "jpeg png gif", judge_comment, "holds no .*comment"),
    Property(
        "resolution", "jpeg png webp avif jxl heic bmp tiff", judge_dpi, "holds no .*resolution"
    ),
    Property("gain map", "jpeg", judge_gain_map, "gain map"),
    Property("GeoTIFF", "tiff", judge_geo, "holds no .*GeoTIFF"),
    Property(
        "thumbnail",
        WITH_EXIF,
        judge_thumbnail,
        "not kept: .*thumbnail|reduced pages|holds no .*(EXIF|thumbnail)",
        "turned",
    ),
    Property("pages", "tiff", judge_frames, "not kept: 2 other pages", "moving"),
    Property("frames", "png webp gif", judge_frames, "not kept: 2 other frames", "moving"),
    Property(
        "times of frames",
        "png webp gif",
        judge_frame_times,
        "not kept: 2 other frames|holds no times of frames",
        "moving",
    ),
    Property("file times", "jpeg png webp gif avif jxl heic bmp tiff", judge_times, "no such note"),
    Property(
        "unknown parts",
        "jpeg png webp gif avif jxl heic bmp tiff",
        lambda result: "",
        r"not kept: .*(C2PA|caBX|trailer|tag 65000)",
    ),
)


def restore_all(folder: Path) -> dict[tuple[str, str, str], Restored]:
    """Restore each variant of each source into each format; keys are source, variant, target."""
    found = {}
    for source, variant, turn in variants():
        suffix = FORMATS[source].suffixes[0]
        path = folder / f"{source}-{variant}{suffix}"
        options = {"floats": {"floats": True}, "generated": {"exif": False}}.get(variant, {})
        data = moving(source) if variant == "moving" else SOURCES[source](turn, **options)
        path.write_bytes(data)
        os.utime(path, ns=(THEN, THEN))
        for target, format in WRITTEN.items():
            name = f"{source}-{variant}-to-{target}{format.suffixes[0]}"
            job = Job(path, folder / name, (Step(MODEL),), Settings(keep_times=True))
            result = run_job(job)
            assert result.status == "done", result.error
            found[source, variant, target] = Restored(job.target, target, result.notes, turn)
    return found


def variants() -> Iterator[tuple[str, str, int]]:
    for source in SOURCES:
        yield source, "upright", 1
        if source not in ("gif", "bmp"):
            yield source, "turned", 6
        if source in ("png", "webp", "gif", "tiff"):
            yield source, "moving", 1
    yield "jxl", "floats", 1
    yield "tiff", "floats", 1
    yield "png", "generated", 1


def verdict(prop: Property, source: str, result: Restored) -> str:
    """Return the cell; *lost* for what is neither there nor told."""
    if source not in prop.sources.split():
        return "n/a"
    if found := prop.judge(result):
        return found
    return "noted" if any(re.search(prop.note, note) for note in result.notes) else "lost"


def page(results: dict[tuple[str, str, str], Restored]) -> str:
    """Return the text of docs/fidelity.md."""
    parts = [INTRODUCTION]
    for source in SOURCES:
        names = [format.name for format in WRITTEN.values()]
        parts.append(f"\n## From {FORMATS[source].name}\n")
        parts.append(f"| property | {' | '.join(f'to {name}' for name in names)} |")
        parts.append(f"|---|{'---|' * len(names)}")
        for prop in PROPERTIES:
            variant = prop.variant if (source, prop.variant, source) in results else "upright"
            cells = [verdict(prop, source, results[source, variant, t]) for t in WRITTEN]
            parts.append(f"| {prop.name} | {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"


INTRODUCTION = """\
# Fidelity

What becomes of each property of a file when it is restored into the same or another format. The
tests make the files, restore them, read the results with other programs, and fail if this page says
anything else. `python tests/fidelity.py` writes it.

| word | meaning |
|---|---|
| kept | the result holds it unchanged |
| transformed | the result holds it, adapted to the new pixels: their size, their orientation |
| noted | the result does not hold it, and a note says so |
| n/a | files of the source format do not hold it, or not in these tests |

Colors whose profile cannot be written are converted to sRGB, transparency is laid on white, and
samples are rounded to the depth of the format. File times are kept with `--keep-times`. Unknown
parts are segments, chunks, tags and trailers that restorer does not understand, here signatures
(C2PA), which do not hold of other pixels.
PAM holds what PNM does, and transparency. Texts are those of a generated picture without EXIF; they
move to EXIF where a format holds no texts. The thumbnail of a TIFF file is a reduced page."""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        text = page(restore_all(Path(name)))
    if "lost" in text:
        sys.exit(text)
    PAGE.write_text(text, encoding="utf-8")

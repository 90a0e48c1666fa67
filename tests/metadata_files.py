"""Files with metadata of all kinds, made byte by byte."""

import io
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as PilImage

from restorer import formats
from restorer.formats.exif import ifd
from restorer.image import Image

SUFFIXES = [f.suffixes[0] for f in formats.FORMATS.values() if f.reader and f.writer]
PIXELS = np.arange(8 * 10 * 3, dtype=np.uint8).reshape(8, 10, 3)


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of PNG."""
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def segment(marker: int, body: bytes) -> bytes:
    """A segment of JPEG."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


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


def with_tags(fields, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, photometric="rgb", metadata=None, software=False, **options)
    ifd.extend(file, ifd.Directory(fields))
    return file.getvalue()


def written(suffix):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"a{suffix}")
        formats.write(Image(PIXELS), path)
        return path.read_bytes()


def read(folder, suffix, data):
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    return formats.read(path)


def packet(attributes, body=""):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


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


def described(text):
    return with_tags({270: ifd.Field(2, len(text) + 1, text + b"\0"), 271: ifd.Field(2, 2, b"M\0")})


def resized(image, scale=2):
    return image.with_float(np.ones((8 * scale, 10 * scale, 3), np.float32))


def jpeg_with_xmp(*packets, turn=0):
    exif = PilImage.Exif()
    exif[274] = turn
    segments = [segment(0xE1, exif.tobytes())] if turn else []
    mark = b"http://ns.adobe.com/xap/1.0/\0"
    return with_segments(*segments, *(segment(0xE1, mark + each) for each in packets))


REGIONS = (
    '<mwg-rs:Regions xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    ' xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
    ' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" rdf:parseType="Resource">'
    '<mwg-rs:AppliedToDimensions stDim:w="10" stDim:h="8" stDim:unit="pixel"/>'
    '<mwg-rs:Area stArea:x="0.3" stArea:y="0.4"/></mwg-rs:Regions>'
)

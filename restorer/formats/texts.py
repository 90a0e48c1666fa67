"""PNG texts as EXIF, for formats that hold no texts.

Programs that generate pictures write their parameters as the text `parameters` into PNG files, and
as EXIF's UserComment into JPEG and WebP files, where they look for them again.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

from restorer.formats.exif import ifd
from restorer.image import Metadata

_PREFIX = "text "
_USER_COMMENT, _MAKER_NOTE = 0x9286, 0x927C
# PNG's predefined keywords and the tags of the same meaning in the first directory.
_TAGS = {"Description": 270, "Software": 305, "Author": 315, "Copyright": 33432}
_COMMENT = "parameters"
_MOST = 30_000  # bytes; all of EXIF must fit into 64 kB
_ASCII, _UNDEFINED = 2, 7


def as_exif(metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata with the texts that EXIF has a free place for moved there, and notes.

    EXIF with a maker note stays as it is, since that must not be moved.
    """
    names = [name for name in metadata.blocks if name.startswith(_PREFIX)]
    texts = {name.removeprefix(_PREFIX): _decoded(metadata.blocks[name]) for name in names}
    texts = {key: text for key, text in texts.items() if text and key in (*_TAGS, _COMMENT)}
    try:
        layout, directory = _read(metadata.exif)
    except ValueError:
        return metadata, ()
    below = directory.children.get(ifd.EXIF, ifd.Directory({}))
    if not texts or _MAKER_NOTE in below.fields:
        return metadata, ()
    fields, inner, moved = dict(directory.fields), dict(below.fields), []
    for key, text in texts.items():
        target, tag = (inner, _USER_COMMENT) if key == _COMMENT else (fields, _TAGS[key])
        data = _unicode(text) if key == _COMMENT else text.encode() + b"\0"
        if tag in target or len(data) > _MOST:
            continue
        target[tag] = ifd.Field(_UNDEFINED if key == _COMMENT else _ASCII, len(data), data)
        moved.append(_PREFIX + key)
    if not moved:
        return metadata, ()
    children = dict(directory.children)
    if inner:
        children[ifd.EXIF] = replace(below, fields=inner)
    head = (b"II*\0" if layout.order == "<" else b"MM\0*") + layout.pack("I", 8)
    exif = head + ifd.serialize(ifd.Directory(fields, children), layout, 8)
    blocks = {name: block for name, block in metadata.blocks.items() if name not in moved}
    return replace(metadata, exif=exif, blocks=blocks), (f"moved to EXIF: {', '.join(moved)}",)


def _read(exif: bytes | None) -> tuple[ifd.Layout, ifd.Directory]:
    """Return layout and first directory; empty ones where there is none. Raises ValueError."""
    if exif is None:
        return ifd.Layout(">"), ifd.Directory({})
    file = io.BytesIO(exif)
    layout, at = ifd.read_layout(file)
    return layout, ifd.read_directory(file, layout, at)


def _unicode(text: str) -> bytes:
    """Return a UserComment as such programs write it: big-endian in either byte order."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def _decoded(chunk: bytes) -> str:
    """Return the text of a single packed chunk; nothing for several or damaged ones."""
    try:
        size, name = struct.unpack(">I4s", chunk[:8])
        _, _, body = chunk[8 : 8 + size].partition(b"\0")
        if len(chunk) != size + 12:
            return ""
        if name == b"tEXt":
            return body.decode("latin-1")
        if name == b"zTXt":
            return _inflated(body[1:]).decode("latin-1")
        packed, rest = body[0], body[2:].split(b"\0", 2)[2]
        return (_inflated(rest) if packed else rest).decode()
    except (struct.error, zlib.error, IndexError, UnicodeDecodeError):
        return ""


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    found = inflater.decompress(data, _MOST)
    if not inflater.eof:
        raise zlib.error("cut short, or too large")
    return found

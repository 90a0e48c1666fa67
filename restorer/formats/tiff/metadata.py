"""Metadata of TIFF files, as raw tags: tifffile drops the directories of EXIF and GPS."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, BinaryIO

from restorer.formats import photoshop
from restorer.formats.codec import name_trailer, not_kept
from restorer.formats.exif import ifd, maker_note
from restorer.formats.metadata import (
    DESCRIPTIVE,
    ICC,
    XMP,
    described_by,
    exif_from,
    resolution_of,
)
from restorer.formats.tiff import geo
from restorer.formats.tiff.directories import Directories
from restorer.image import Metadata

_MAX_ENDS = 100  # pages whose data are looked for where a file may have a trailer
_IPTC, _PHOTOSHOP, _SUB_IFDS = 33723, 34377, 330
_MAX_SUB_PAGES = 16
_DATA = ((273, 279), (324, 325), (513, 514))  # offsets and sizes: strips, tiles, a JPEG thumbnail
_NOTHING = ifd.Field(0, 0, b"")
_NO_LOOP = {_SUB_IFDS: _NOTHING}  # directories below those below are not looked for
_SLACK = 64  # bytes without a use; tifffile leaves 22 behind the pages of a stack
_TRAILER_START = 2**16  # zeros, with which some programs fill a file, are no trailer
# The tags that say how the pixels are stored, which the reader obeys: NewSubfileType to
# Threshholding, FillOrder, StripOffsets to MaxSampleValue, resolution, PlanarConfiguration, free
# space, T4 and T6 options, ResolutionUnit, Predictor, ColorMap, tiles, fax lines, InkSet,
# ExtraSamples to SMaxSampleValue, JPEG, YCbCr.
_LAYOUT = frozenset(
    (
        *(*range(254, 260), 262, 263, 266, 273, *range(277, 285), 288, 289, 292, 293, 296),
        *(317, 320, *range(322, 329), 332, *range(338, 342), 347, *range(512, 522)),
        *range(529, 533),
    )
)


def read_metadata(file: BinaryIO, page: Any) -> tuple[Metadata, tuple[str, ...], list[str]]:
    """Return the metadata in the raw tags of a page, notes, and the names of all other tags."""
    try:
        layout, _ = ifd.read_layout(file)
        directory = ifd.read_directory(file, layout, page.offset)
    except ValueError:
        return Metadata(), ("the tags are damaged; metadata were left out",), []
    moved = maker_note.movable(layout, directory)
    understood = {XMP, ICC, _IPTC, _PHOTOSHOP} | DESCRIPTIVE | _LAYOUT
    blocks, unkept = photoshop.read_resources(_data(directory, _PHOTOSHOP))
    if located := geo.read_tags(layout, directory, page.imagelength, page.imagewidth):
        blocks |= located
        understood |= {tag for tag, kind in geo.KINDS.items() if _kind(directory, tag) == kind}
    if iptc := _data(directory, _IPTC):
        other = blocks.get("IPTC", iptc)
        unkept += ["second IPTC"] if other.rstrip(b"\0") != iptc.rstrip(b"\0") else []
        blocks["IPTC"] = iptc
    unkept += [_tag_name(tag) for tag in directory.fields if tag not in understood]
    dpi = resolution_of(layout, directory)
    packet, icc = (_data(directory, tag) or None for tag in (XMP, ICC))
    unkept += ["maker note"] if moved is not directory else []
    metadata = Metadata(exif_from(layout, moved), packet, icc, dpi, blocks)
    return metadata, (), unkept


def add_metadata(file: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Add the metadata to the first directory of a file in EXIF's byte order; return notes."""
    structure, described, others = described_by(metadata.exif)
    fields = dict(described.fields)
    if metadata.xmp:
        fields[XMP] = ifd.Field(1, len(metadata.xmp), metadata.xmp)  # BYTE
    if metadata.icc:
        fields[ICC] = ifd.Field(7, len(metadata.icc), metadata.icc)  # UNDEFINED
    iptc = metadata.blocks.get("IPTC")
    for tag, block in ((_IPTC, iptc), (_PHOTOSHOP, metadata.blocks.get("Photoshop"))):
        if block:
            fields[tag] = ifd.Field(7, len(block), block)
    if geo.BLOCK in metadata.blocks:
        fields |= geo.fields_of(metadata.blocks[geo.BLOCK], structure.order)
    added = maker_note.movable(structure, replace(described, fields=fields))
    if fields or described.children:
        ifd.extend(file, added)
        maker_note.rebase(file, added)
    unkept = ["maker note"] if added.children != described.children else []
    unkept += [_tag_name(tag) for tag in others if tag not in _LAYOUT]
    return not_kept(unkept)


def find_trailer(file: BinaryIO, directories: Directories) -> list[str]:
    """Return the name of data behind all that the directories of a file refer to, if any."""
    if len(directories.every) > _MAX_ENDS:
        return []
    try:
        layout, _ = ifd.read_layout(file)
        end = max(
            _end(file, layout, ifd.read_directory(file, layout, at)) for at in directories.every
        )
    except ValueError:
        return []
    size = file.seek(0, os.SEEK_END) - end
    file.seek(end)
    start = file.read(_TRAILER_START) if size > 0 else b""
    return [name_trailer(start, size)] if len(start.rstrip(b"\0")) > _SLACK else []


def _end(file: BinaryIO, layout: ifd.Layout, directory: ifd.Directory) -> int:
    """Return where the last part of a directory, its pixels or the directories below it ends."""
    ends = [end for _, end in directory.spans]
    for tags in _DATA:
        pairs = [_integers(layout, directory, tag) for tag in tags]
        ends += map(sum, zip(*pairs, strict=False))
    ends += [_end(file, layout, child) for child in directory.children.values()]
    for at in _integers(layout, directory, _SUB_IFDS)[:_MAX_SUB_PAGES]:
        below = ifd.read_directory(file, layout, at, _SUB_IFDS)
        ends.append(_end(file, layout, replace(below, fields={**below.fields, **_NO_LOOP})))
    return max(ends)


def _integers(layout: ifd.Layout, directory: ifd.Directory, tag: int) -> tuple[int, ...]:
    """Return the unsigned integers of a tag; none where it is absent or holds others."""
    field = directory.fields.get(tag, _NOTHING)
    code = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(field.kind, "")
    return layout.unpack(code * field.count, field.data) if code else ()


def _data(directory: ifd.Directory, tag: int) -> bytes:
    return directory.fields[tag].data if tag in directory.fields else b""


def _kind(directory: ifd.Directory, tag: int) -> int:
    return directory.fields[tag].kind if tag in directory.fields else 0


def _tag_name(code: int) -> str:
    import tifffile

    names: Any = tifffile.TIFF.TAGS
    name = names.get(code)
    return f"tag {code} ({name})" if name else f"tag {code}"

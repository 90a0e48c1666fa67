"""Compare the metadata of a result with its source: kept, not supported by its format, or lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from xml.etree import ElementTree

import numpy as np

from restorer.formats import Format, xmp
from restorer.formats.exif import ifd, thumbnail
from restorer.formats.exif.maker_note import MAKER_NOTE
from restorer.formats.jpeg import gain_map
from restorer.formats.metadata import described_by, with_size
from restorer.image import Metadata

State: TypeAlias = Literal["passed", "noted", "failed"]

_SHOWN = 5  # names in a message
_DPI_SHARE, _DPI_STEP = 0.01, 0.51  # JPEG rounds to whole dots per inch or centimeter

# What EXIF says of pixels, which are others now: sizes and layout, orientation, resolution, focal
# plane and place of the subject.
_OF_PIXELS = {254, 255, *range(256, 285), 296, 301, 317, 318, 319, *range(320, 348)} - {
    270,
    271,
    272,
}
_OF_PIXELS |= {*range(512, 533), 0xA002, 0xA003, 0x9214, 0xA214, 0xA20E, 0xA20F, 0xA210}
# The same for XMP: names of properties whatever their namespace, and whole namespaces.
_XMP_OF_PIXELS = {"ImageWidth", "ImageLength", "PixelXDimension", "PixelYDimension", "Orientation"}
_XMP_OF_PIXELS |= {"FocalPlaneXResolution", "FocalPlaneYResolution", "HasCrop", "CropAngle"}
_XMP_OF_PIXELS |= {"CropTop", "CropLeft", "CropBottom", "CropRight"}
_XMP_OF_PIXELS |= {"HasExtendedXMP", "XResolution", "YResolution", "ResolutionUnit"}
_XMP_SUBJECT = tuple(
    f"{{http://ns.adobe.com/exif/1.0/}}Subject{name}" for name in ("Area", "Location")
)
_XMP_OF_PARTS = (
    "http://www.metadataworkinggroup.com/schemas/regions/",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "http://ns.adobe.com/xmp/sType/Area#",
    "http://ns.google.com/photos/1.0/",
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.microsoft.com/photo/1.2/",
)


@dataclass(frozen=True)
class Check:
    """One property of a result.

    Attributes:
        name: The property.
        state: ``passed``; ``noted`` for a difference that the file format or the caller asks for;
            ``failed``.
        words: What was found, for the user.
    """

    name: str
    state: State
    words: str


def check_metadata(
    source: Metadata, result: Metadata, format: Format, size: tuple[int, int]
) -> Iterator[Check]:
    """Yield a check for each kind of metadata in the source but its color profile.

    Args:
        source: Metadata of the upright source.
        result: Metadata of the upright result.
        format: The format of the result.
        size: Height and width of the result.
    """
    if not format.holds_block(xmp.EXTENDED):
        source = xmp.join_extension(source)
    expected = with_size(source, *size)[0]
    for name, title, compare in _FIELDS:
        if getattr(source, name) is None:
            continue
        check = compare(title, expected, result, format)
        if check.state == "failed" and name not in format.carries:
            check = Check(title, "noted", f"{format.name} holds none")
        yield check
    for name, block in expected.blocks.items():
        if name == xmp.EXTENDED:  # compared with the packet
            continue
        if name in result.blocks:
            same = _same_block(name, block, result.blocks[name])
            yield Check(name, *(_KEPT if same else ("failed", "is not that of the source")))
        elif format.holds_block(name):
            yield Check(name, "failed", "is missing")
        else:
            yield Check(name, "noted", f"{format.name} holds none")


def _exif(title: str, source: Metadata, result: Metadata, format: Format) -> Check:
    """Compare the tags by value, whatever their byte order and place."""
    wanted, found = _tags(source.exif), _tags(result.exif)
    lost = {tag for tag in wanted if found.get(tag) != wanted[tag]}
    unheld: set[tuple[int, int]] = set()
    if format.name == "TIFF":  # its first directory describes the pixels, too
        unheld = lost & {(0, tag) for tag in described_by(source.exif)[2]}
        unheld |= lost & {(ifd.EXIF, MAKER_NOTE)}
    if lost - unheld:
        return Check(title, "failed", f"missing or changed: {_listed(lost - unheld)}")
    if unheld:
        return Check(title, "noted", f"{format.name} holds no {_listed(unheld)}")
    return Check(title, *_KEPT)


def _xmp(title: str, source: Metadata, result: Metadata, format: Format) -> Check:
    """Compare the properties by value, whatever the packets that hold them."""
    wanted, found = (_properties(metadata) for metadata in (source, result))
    if wanted is None or found is None:
        same = source.xmp == result.xmp
        return Check(title, *(_KEPT if same else ("failed", "is not that of the source")))
    lost = sorted({name.rpartition("}")[2] for name, _ in wanted - found})
    if lost:
        return Check(title, "failed", f"missing or changed: {_joined(lost)}")
    return Check(title, *_KEPT)


def _dpi(title: str, source: Metadata, result: Metadata, format: Format) -> Check:
    wanted, found = source.dpi or (0, 0), result.dpi or (0, 0)
    near = all(
        abs(a - b) <= max(_DPI_STEP * 2.54, a * _DPI_SHARE)
        for a, b in zip(wanted, found, strict=True)
    )
    words = f"{found[0]:.4g} x {found[1]:.4g} dpi"
    if near:
        return Check(title, "passed", words)
    return Check(title, "failed", f"{words}, expected {wanted[0]:.4g} x {wanted[1]:.4g}")


_Comparison: TypeAlias = Callable[[str, Metadata, Metadata, Format], Check]
_FIELDS: tuple[tuple[str, str, _Comparison], ...] = (
    ("exif", "EXIF", _exif),
    ("xmp", "XMP", _xmp),
    ("dpi", "resolution", _dpi),
)
_KEPT: tuple[State, str] = ("passed", "kept")


def _tags(exif: bytes | None) -> Mapping[tuple[int, int], bytes]:
    """Return (directory, tag) and value of all tags but those of the pixels; of notes, the size."""
    file = io.BytesIO(exif or b"")
    try:
        layout, at = ifd.read_layout(file)
        directory = ifd.read_directory(file, layout, at)
    except ValueError:
        return {}
    found: dict[tuple[int, int], bytes] = {}
    directories = [(0, directory)]
    while directories:
        name, directory = directories.pop()
        directories += directory.children.items()
        for tag, field in directory.fields.items():
            if tag == MAKER_NOTE and name == ifd.EXIF:  # its offsets depend on its place
                found[name, tag] = b"%d" % len(field.data)
            elif tag not in _OF_PIXELS or name == ifd.GPS:
                found[name, tag] = _value(field, layout.order)
    return found


def _value(field: ifd.Field, order: str) -> bytes:
    """Return a value in little-endian order, a text without the zeros behind it."""
    width = 4 if field.kind in (5, 10) else ifd.SIZES.get(field.kind, 1)
    if width == 1:
        return field.data.rstrip(b"\0") if field.kind == 2 else field.data
    return np.frombuffer(field.data, f"{order}u{width}").astype(f"<u{width}").tobytes()


def _properties(metadata: Metadata) -> set[tuple[str, str]] | None:
    """Return the names and values in both packets but those of pixels; None for a damaged one."""
    packets = [metadata.xmp or b"", metadata.blocks.get(xmp.EXTENDED, b"")]
    found: set[tuple[str, str]] = set()
    for packet in filter(None, packets):
        try:
            root = ElementTree.fromstring(packet.strip(b"\0 \n\r\t"))
        except ElementTree.ParseError:
            return None
        moved = {item for each in root.iter() if each.tag in _XMP_SUBJECT for item in each.iter()}
        for element in root.iter():
            if element in moved:
                continue
            pairs = [*element.attrib.items()]
            if element.text and element.text.strip():
                pairs.append((element.tag, element.text.strip()))
            found |= {pair for pair in pairs if not _is_of_pixels(pair[0])}
    return found


def _is_of_pixels(name: str) -> bool:
    space, _, local = name.removeprefix("{").rpartition("}")
    return local in _XMP_OF_PIXELS or space.startswith(_XMP_OF_PARTS)


def _same_block(name: str, wanted: bytes, found: bytes) -> bool:
    """Whether two blocks say the same: gain maps may state it in more ways in the result.

    A thumbnail is made anew.
    """
    if name == thumbnail.BLOCK:
        return True
    if name == gain_map.BLOCK:
        try:
            maps = [gain_map.read(block) for block in (wanted, found)]
        except ValueError:
            return wanted == found
        return maps[0] == (maps[1] and maps[0] and replace(maps[1], kinds=maps[0].kinds))
    return wanted.rstrip(b"\0") == found.rstrip(b"\0")


def _listed(tags: set[tuple[int, int]]) -> str:
    return _joined([f"tag {tag:#06x}" for _, tag in sorted(tags)])


def _joined(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

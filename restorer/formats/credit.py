"""The metadata that a file gets: all, the names of those who made the picture, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

from restorer.formats import xmp
from restorer.formats.exif.block import EMPTY, first_directory, with_fields
from restorer.formats.history import BLOCK as PROVENANCE
from restorer.formats.jpeg import gain_map
from restorer.formats.raw.camera_color import BLOCK as CAMERA_COLOR
from restorer.image import Metadata
from restorer.settings import KeptMetadata

_PIXELS = (CAMERA_COLOR, "axes of the stack", PROVENANCE)  # blocks that are no metadata of a source
_TEXTS = ("text Author", "text Copyright")
_ARTIST, _COPYRIGHT, _XP_AUTHOR = 315, 33432, 0x9C9D
_BYTES = (1, 2, 7)  # kinds of fields without a byte order
# Character set and version, then by-line, its title, credit, source and copyright notice.
_IPTC = {(1, 90), (2, 0), (2, 80), (2, 85), (2, 110), (2, 115), (2, 116)}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# Prefix, namespace and names of the properties of XMP; no names for all of a namespace.
_XMP: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("dc", "http://purl.org/dc/elements/1.1/", ("creator", "rights")),
    ("xmpRights", "http://ns.adobe.com/xap/1.0/rights/", ()),
    ("photoshop", "http://ns.adobe.com/photoshop/1.0/", ("AuthorsPosition", "Credit", "Source")),
    ("plus", "http://ns.useplus.org/ldf/xmp/1.0/", ()),
    ("cc", "http://creativecommons.org/ns#", ()),
    ("tiff", "http://ns.adobe.com/tiff/1.0/", ("Artist", "Copyright")),
    ("Iptc4xmpCore", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", ("CreatorContactInfo",)),
    ("Iptc4xmpExt", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", ("DigitalSourceType",)),
)


def kept_metadata(metadata: Metadata, kept: KeptMetadata) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of a file, and notes of what the picture itself loses.

    The color profile and the times of frames belong to the pixels and always stay.

    Args:
        metadata: Those of the source.
        kept: ``keep`` for all; ``copyright`` for creator, credit, copyright, license and resolution
            alone, so neither place nor time nor camera; ``none``.
    """
    if kept == "keep":
        return metadata, ()
    blocks = {name: block for name, block in metadata.blocks.items() if name in _PIXELS}
    notes = ("the gain map counts as metadata and was left out",) * (
        gain_map.BLOCK in metadata.blocks
    )
    bare = replace(metadata, exif=None, xmp=None, blocks=blocks)
    if kept == "none":
        return replace(bare, dpi=None), notes
    blocks |= {name: metadata.blocks[name] for name in _TEXTS if name in metadata.blocks}
    if iptc := b"".join(_credits(metadata.blocks.get("IPTC", b""))):
        blocks["IPTC"] = iptc
    packet = xmp.join_extension(metadata).xmp
    return replace(bare, exif=_exif(metadata.exif), xmp=_packet(packet), blocks=blocks), notes


def _exif(exif: bytes | None) -> bytes | None:
    """Return a block with the fields for artist and copyright alone; None without them."""
    first = first_directory(exif)
    fields = first[1].fields if first else {}
    tags = (_ARTIST, _COPYRIGHT, _XP_AUTHOR)
    found = {tag: fields[tag] for tag in tags if tag in fields and fields[tag].kind in _BYTES}
    return with_fields(EMPTY, found) if found else None


def _credits(records: bytes) -> Iterator[bytes]:
    """Yield the data sets of IIM records that name the creator and the rights."""
    found, at = [], 0
    while records[at : at + 1] == b"\x1c" and len(records) >= at + 5:
        number, size = (records[at + 1], records[at + 2]), records[at + 3] << 8 | records[at + 4]
        start = at + 5
        if size & 0x8000:  # the size of the size, which only data sets above 32 kB have
            break
        if number in _IPTC:
            found.append((number, records[at : start + size]))
        at = start + size
    if any(number not in ((1, 90), (2, 0)) for number, _ in found):
        yield from (data for _, data in found)


def _packet(packet: bytes | None) -> bytes | None:
    """Return a packet with the properties for creator and rights alone; None without them."""
    try:
        root = ElementTree.fromstring((packet or b"").strip(b"\0 \n\r\t"))
    except ElementTree.ParseError:
        return None
    for prefix, namespace, _ in (("rdf", _RDF, ()), *_XMP):
        ElementTree.register_namespace(prefix, namespace)
    made = ElementTree.Element(f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    rdf = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f"{{{_RDF}}}RDF")
    for description in () if rdf is None else rdf.iterfind(f"{{{_RDF}}}Description"):
        made.attrib |= {name: text for name, text in description.attrib.items() if _is_kept(name)}
        made.extend(each for each in description if _is_kept(each.tag))
    if len(made) == 0 and len(made.attrib) == 1:
        return None
    return xmp.with_description(xmp.EMPTY, ElementTree.tostring(made))


def _is_kept(name: str) -> bool:
    """Whether a name, ``{namespace}name``, is that of a property for creator or rights."""
    namespace, _, own = name[1:].partition("}")
    return any(namespace == each and (not names or own in names) for _, each, names in _XMP)

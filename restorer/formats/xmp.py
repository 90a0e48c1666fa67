"""XMP packets, edited as text, so that everything else in them stays as it is."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from xml.parsers import expat

from restorer.image import Metadata

EXTENDED = "extended XMP"  # the block of a second packet, which JPEG's small segments need

_GUID = re.compile(rb"(xmpNote:HasExtendedXMP(?:\s*=\s*[\"']|\s*>\s*))([0-9A-Fa-f]{32})")
_NOTE = re.compile(
    rb"\sxmpNote:HasExtendedXMP\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    rb"|<xmpNote:HasExtendedXMP\s*>[^<]*</xmpNote:HasExtendedXMP\s*>"
)
_WRAPPER = re.compile(rb"<\?xpacket[^>]*\?>")  # an extension has none
_RDF = re.compile(rb"<rdf:RDF\b[^>]*>")
_DECLARED = re.compile(rb"\sxmlns:([\w.-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
EMPTY = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>'
)
_EXTENSION = (
    b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
    b' xmpNote:HasExtendedXMP="%s"/>'
)

# What files announce that restorer does not write: namespace, names, and what to call it.
_CAMERA = b"http://ns.google.com/photos/1.0/camera/"
_STALE = (
    (_CAMERA, rb"(?:MotionPhoto|MicroVideo)\w*", "motion photo"),
    (b"http://ns.google.com/photos/dd/1.0/device/", rb"\w+", "depth map"),
    (b"http://ns.google.com/photos/dd/1.0/container/", rb"\w+", "container directory"),
)
_GAIN_MAP = (
    (b"http://ns.adobe.com/hdr-gain-map/1.0/", rb"\w+", "gain map"),
    (b"http://ns.apple.com/HDRGainMap/1.0/", rb"\w+", "gain map"),
    (b"http://ns.google.com/photos/1.0/container/", rb"\w+", "container directory"),
)
# The directory of Ultra HDR: the size of the first picture is found by its end.
_ULTRA_HDR = (
    b'<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"'
    b' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
    b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0">'
    b"<Container:Directory><rdf:Seq>"
    b'<rdf:li rdf:parseType="Resource">'
    b'<Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'
    b'<rdf:li rdf:parseType="Resource">'
    b'<Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="%d"/></rdf:li>'
    b"</rdf:Seq></Container:Directory></rdf:Description>"
)
ULTRA_HDR_BYTES = len(_ULTRA_HDR) + 10  # the most that `with_ultra_hdr` adds to a packet
_ATTRIBUTE = rb"\s%s\s*=\s*(?:\"[^\"]*\"|'[^']*')"
ELEMENT = rb"<(%s)(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*?(?:/>|>.*?</\1\s*>)"


def without_stale(packet: bytes) -> tuple[bytes, list[str]]:
    """Return a packet without what it says of parts that are not kept, and what it lost."""
    return without_all(packet, _STALE)


def without_gain_map(packet: bytes) -> tuple[bytes, list[str]]:
    """Return a packet without what it says of a gain map, and the names of what it lost."""
    return without_all(packet, _GAIN_MAP)


def with_ultra_hdr(packet: bytes | None, size_bytes: int) -> bytes | None:
    """Return a packet that announces a gain map of this size; None where it has no RDF."""
    packet = without_gain_map(packet or EMPTY)[0]
    return with_description(packet, _ULTRA_HDR % size_bytes)


def extension_id(packet: bytes) -> bytes | None:
    """Return the digest by which a packet names its extension, or None."""
    found = _GUID.search(packet)
    return found[2] if found else None


def join_extension(metadata: Metadata) -> Metadata:
    """Return the metadata with the extension merged into the packet, unless one is damaged."""
    extension = metadata.blocks.get(EXTENDED)
    joined = extension and _joined(metadata.xmp or b"", extension)
    if not joined:
        return metadata
    blocks = {name: block for name, block in metadata.blocks.items() if name != EXTENDED}
    return replace(metadata, xmp=joined, blocks=blocks)


def split_extension(metadata: Metadata, limit: int) -> tuple[bytes | None, bytes, bytes]:
    """Return the packet of at most `limit` bytes, its extension and the extension's digest.

    The extension is empty for a packet without one that fits, and all is empty for a long packet
    that cannot be split.
    """
    packet, extension = metadata.xmp, metadata.blocks.get(EXTENDED, b"")
    too_long = packet is not None and len(packet) > limit
    if too_long:
        extension = _WRAPPER.sub(b"", join_extension(metadata).xmp or b"").strip()
        if not _RDF.search(extension):
            return None, b"", b""
    if not extension:
        return packet, b"", b""
    digest = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper().encode()
    if too_long or packet is None or not _GUID.search(packet):
        return EMPTY.replace(b"></rdf", b">" + _EXTENSION % digest + b"</rdf"), extension, digest
    return _GUID.sub(rb"\g<1>" + digest, packet), extension, digest


def prefixes(packet: bytes, namespace: bytes) -> list[bytes]:
    """Return the prefixes that a packet declares for a namespace, as regular expressions.

    A packet that is not well-formed has none: elements without an end would take quadratic time.
    """
    declared = rb"\sxmlns:([\w.-]+)\s*=\s*[\"']" + re.escape(namespace) + rb"[\"']"
    prefixes = set(re.findall(declared, packet))
    if prefixes and not is_well_formed(packet):
        return []
    return [re.escape(prefix) for prefix in prefixes]


def without_all(
    packet: bytes, properties: Sequence[tuple[bytes, bytes, str]]
) -> tuple[bytes, list[str]]:
    """Return a packet without properties, (namespace, names, kind), and the kinds that it had."""
    if not packet:
        return packet, []
    lost = []
    for namespace, names, what in properties:
        shorter = without(packet, namespace, names)
        if shorter != packet:
            packet = shorter
            lost.append(f"XMP of the {what}")
    return packet, lost


def without(packet: bytes, namespace: bytes, names: bytes) -> bytes:
    """Return a packet without the properties of these names."""
    for prefix in prefixes(packet, namespace):
        name = prefix + b":" + names
        packet = re.sub(ELEMENT % name, b"", packet, flags=re.DOTALL)
        packet = re.sub(_ATTRIBUTE % name, b"", packet)
    return packet


def items_around(packet: bytes, places: Sequence[int]) -> list[tuple[int, int]]:
    """Return start and stop of the innermost list items around bytes of a well-formed packet.

    They are in order; an item around another one takes its place.
    """
    parser, name, left = expat.ParserCreate(), "rdf:li", sorted(places)
    open_items: list[int] = []
    found: list[tuple[int, int]] = []

    def start(tag: str, _: object) -> None:
        if tag == name:
            open_items.append(parser.CurrentByteIndex)

    def end(tag: str) -> None:
        if tag == name:
            first, last = open_items.pop(), parser.CurrentByteIndex
            inside = slice(bisect_left(left, first), bisect_left(left, last))
            if left[inside]:
                del left[inside]
                found[:] = [span for span in found if span[0] < first]
                found.append((first, packet.index(b">", last) + 1))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(packet.rstrip(b"\0"), True)
    return sorted(found)


def is_well_formed(packet: bytes) -> bool:
    """Whether a packet is XML without mistakes."""
    try:
        expat.ParserCreate().Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError:
        return False
    return True


def with_description(packet: bytes, description: bytes) -> bytes | None:
    """Return a packet with one more description; None where it has no RDF to hold it."""
    start, end = _RDF.search(packet), packet.rfind(b"</rdf:RDF")
    if not start or end < start.end():
        return None
    return packet[:end] + description + packet[end:]


def _joined(packet: bytes, extension: bytes) -> bytes | None:
    """Return a packet that has the descriptions of both, or None where either has no RDF."""
    ours, theirs = _RDF.search(packet), _RDF.search(extension)
    end, their_end = packet.rfind(b"</rdf:RDF"), extension.rfind(b"</rdf:RDF")
    if not ours or not theirs or end < ours.end() or their_end < theirs.end():
        return None
    declared = {found[1] for found in _DECLARED.finditer(packet[: ours.end()])}
    added = b"".join(
        found[0]
        for found in _DECLARED.finditer(extension[: theirs.end()])
        if found[1] not in declared
    )
    whole = packet[: ours.end() - 1] + added + packet[ours.end() - 1 : end]
    return _NOTE.sub(b"", whole) + extension[theirs.end() : their_end] + packet[end:]

"""XMP packets, edited as text, so that everything else in them stays as it is."""

from __future__ import annotations

import hashlib
import re
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
_EMPTY = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>'
)
_EXTENSION = (
    b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
    b' xmpNote:HasExtendedXMP="%s"/>'
)

# What files announce that restorer does not write: namespace, names, and what to call it.
_CAMERA = b"http://ns.google.com/photos/1.0/camera/"
_STALE = ((_CAMERA, rb"(?:MotionPhoto|MicroVideo)\w*", "motion photo"),)
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
_REGIONS = b"http://www.metadataworkinggroup.com/schemas/regions/"
_PANORAMA = b"http://ns.google.com/photos/1.0/panorama/"
# What no longer holds of turned pixels.
_UPRIGHT = (
    (_REGIONS, rb"\w+", "regions"),
    (b"http://ns.microsoft.com/photo/1.2/", rb"RegionInfo", "regions"),
    (_PANORAMA, rb"\w+", "panorama"),
)
_ATTRIBUTE = rb"\s%s\s*=\s*(?:\"[^\"]*\"|'[^']*')"
_ELEMENT = rb"<(%s)(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*?(?:/>|>.*?</\1\s*>)"
_NUMBER = rb"(%s(?:\s*=\s*[\"']|\s*>\s*))(\d{1,9})\b"
_SAME_SHAPE = 0.01  # two shapes whose ratios differ less are one, as sides are rounded
_WIDTH = rb"(?:tiff:ImageWidth|exif:PixelXDimension)"
_HEIGHT = rb"(?:tiff:ImageLength|exif:PixelYDimension)"


def without_stale(packet: bytes, *, turned: bool) -> tuple[bytes, list[str]]:
    """Return a packet without what is not true of a result, and the names of what it lost.

    Args:
        packet: An XMP packet.
        turned: Whether the pixels are turned or mirrored.
    """
    return _without_all(packet, _STALE + (_UPRIGHT if turned else ()))


def without_gain_map(packet: bytes) -> tuple[bytes, list[str]]:
    """Return a packet without what it says of a gain map, and the names of what it lost."""
    return _without_all(packet, _GAIN_MAP)


def with_ultra_hdr(packet: bytes | None, size_bytes: int) -> bytes | None:
    """Return a packet that announces a gain map of this size; None where it has no RDF."""
    packet = without_gain_map(packet or _EMPTY)[0]
    return _with_description(packet, _ULTRA_HDR % size_bytes)


def with_size(packet: bytes, height: int, width: int) -> tuple[bytes, list[str]]:
    """Return a packet with the sizes that it states set, and the names of what it lost."""
    packet = _with_number(_with_number(packet, _WIDTH, width), _HEIGHT, height)
    for prefix in _prefixes(packet, _REGIONS):

        def resized(found: re.Match[bytes]) -> bytes:
            element = _with_number(found[0], rb"stDim:w", width)
            return _with_number(element, rb"stDim:h", height)

        name = prefix + rb":AppliedToDimensions"
        packet = re.sub(_ELEMENT % name, resized, packet, flags=re.DOTALL)
    return _with_panorama(packet, height, width)


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
        return _EMPTY.replace(b"></rdf", b">" + _EXTENSION % digest + b"</rdf"), extension, digest
    return _GUID.sub(rb"\g<1>" + digest, packet), extension, digest


def _prefixes(packet: bytes, namespace: bytes) -> list[bytes]:
    """Return the prefixes that a packet declares for a namespace, as regular expressions.

    A packet that is not well-formed has none: elements without an end would take quadratic time.
    """
    declared = rb"\sxmlns:([\w.-]+)\s*=\s*[\"']" + re.escape(namespace) + rb"[\"']"
    prefixes = set(re.findall(declared, packet))
    if prefixes and not _is_well_formed(packet):
        return []
    return [re.escape(prefix) for prefix in prefixes]


def _is_well_formed(packet: bytes) -> bool:
    try:
        expat.ParserCreate().Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError:
        return False
    return True


def _without_all(
    packet: bytes, properties: Sequence[tuple[bytes, bytes, str]]
) -> tuple[bytes, list[str]]:
    """Return a packet without properties, (namespace, names, kind), and the kinds that it had."""
    lost = []
    for namespace, names, what in properties:
        shorter = _without(packet, namespace, names)
        if shorter != packet:
            packet = shorter
            lost.append(f"XMP of the {what}")
    return packet, lost


def _with_description(packet: bytes, description: bytes) -> bytes | None:
    """Return a packet with one more description; None where it has no RDF to hold it."""
    start, end = _RDF.search(packet), packet.rfind(b"</rdf:RDF")
    if not start or end < start.end():
        return None
    return packet[:end] + description + packet[end:]


def _without(packet: bytes, namespace: bytes, names: bytes) -> bytes:
    """Return a packet without the properties of these names."""
    for prefix in _prefixes(packet, namespace):
        name = prefix + b":" + names
        packet = re.sub(_ELEMENT % name, b"", packet, flags=re.DOTALL)
        packet = re.sub(_ATTRIBUTE % name, b"", packet)
    return packet


def _with_number(text: bytes, name: bytes, number: int) -> bytes:
    return re.sub(_NUMBER % name, rb"\g<1>%d" % number, text)


def _scaled(text: bytes, name: bytes, scale: float) -> bytes:
    def product(found: re.Match[bytes]) -> bytes:
        return found[1] + b"%d" % round(int(found[2]) * scale)

    return re.sub(_NUMBER % name, product, text)


def _with_panorama(packet: bytes, height: int, width: int) -> tuple[bytes, list[str]]:
    """Scale the pixel sizes of a panorama; remove it if its picture has another shape."""
    for prefix in _prefixes(packet, _PANORAMA):
        sides = []
        for name in (rb"Width", rb"Height"):
            found = re.search(_NUMBER % (prefix + b":CroppedAreaImage" + name + b"Pixels"), packet)
            sides.append(int(found[2]) if found else 0)
        if not all(sides):
            continue
        across, down = width / sides[0], height / sides[1]
        if abs(across / down - 1) > _SAME_SHAPE:
            return _without(packet, _PANORAMA, rb"\w+"), ["XMP of the panorama"]
        packet = _scaled(packet, prefix + rb":\w+?(?:Width|Left)Pixels", across)
        packet = _scaled(packet, prefix + rb":\w+?(?:Height|Top)Pixels", down)
    return packet, []


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

"""XMP packets, edited as text, so that everything else in them stays as it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from restorer.image import Metadata

EXTENDED = "extended XMP"  # the block of a second packet, which JPEG's small segments need

_GUID = re.compile(rb"(xmpNote:HasExtendedXMP(?:\s*=\s*[\"']|\s*>\s*))([0-9A-Fa-f]{32})")
_NOTE = re.compile(
    rb"\s*xmpNote:HasExtendedXMP\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    rb"|<xmpNote:HasExtendedXMP\s*>[^<]*</xmpNote:HasExtendedXMP\s*>"
)
_WRAPPER = re.compile(rb"<\?xpacket[^>]*\?>")  # an extension has none
_RDF = re.compile(rb"<rdf:RDF\b[^>]*>")
_DECLARED = re.compile(rb"\sxmlns:([\w.-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_STUB = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
    b' xmpNote:HasExtendedXMP="%s"/></rdf:RDF></x:xmpmeta>'
)


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
        return _STUB % digest, extension, digest
    return _GUID.sub(rb"\g<1>" + digest, packet), extension, digest


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

"""Photoshop's image resources (8BIM blocks) in JPEG, TIFF and PNG files; one of them is IPTC."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

_IPTC = 0x0404
_KEPT = (0x040A, 0x040B, 0x0425)  # copyright flag, URL, digest of the unchanged IPTC
# Resolution and thumbnails, which restorer carries or drops as those of EXIF.
_KNOWN = (0x03ED, 0x0409, 0x040C)
_SIGNATURES = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")  # as ExifTool lists them


def read_resources(data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """Return the blocks ``IPTC`` and ``Photoshop`` and the names of all other resources."""
    blocks: dict[str, bytes] = {}
    unkept, at = [], 0
    for number, body, end in _each(data):
        if number == _IPTC and body and "IPTC" not in blocks:
            blocks["IPTC"] = body
        elif number in _KEPT:
            whole = data[at:end].ljust(end - at, b"\0")
            blocks["Photoshop"] = blocks.get("Photoshop", b"") + whole
        elif number not in _KNOWN:
            unkept.append(f"Photoshop resource {number:#06x}")
        at = end
    if data[at:].strip(b"\0"):
        unkept.append("damaged Photoshop resources")
    return blocks, unkept


def resources_by_number(data: bytes) -> dict[int, bytes]:
    """Return the bodies of all resources; of several with one number, the first."""
    found: dict[int, bytes] = {}
    for number, body, _ in _each(data):
        found.setdefault(number, body)
    return found


def pack_resources(blocks: Mapping[str, bytes]) -> bytes:
    """Return the image resources of the blocks ``IPTC`` and ``Photoshop``; empty without both."""
    return pack_iptc(blocks.get("IPTC", b"")) + blocks.get("Photoshop", b"")


def pack_iptc(iptc: bytes) -> bytes:
    """Return IPTC as an image resource; empty for none."""
    if not iptc:
        return b""
    head = b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(iptc))
    return head + iptc + bytes(len(iptc) % 2)


def _each(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield number, body and end of each resource, up to a damaged one."""
    at = 0
    while data[at : at + 4] in _SIGNATURES and len(data) >= at + 12:
        (number,) = struct.unpack(">H", data[at + 4 : at + 6])
        size_at = at + 6 + (data[at + 6] // 2 + 1) * 2  # behind the name, padded to even
        start = size_at + 4
        size = int.from_bytes(data[size_at:start], "big")
        body = data[start : start + size]
        if len(body) < size:
            return
        at = start + size + size % 2
        yield number, body, at

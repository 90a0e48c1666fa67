"""Gain maps, which make an HDR picture of an SDR one: Ultra HDR, ISO 21496-1 and Apple's.

The block of a gain map is the JPEG picture that follows the first one in its file, with the
parameters in its segments. It covers the same view in fewer pixels.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import Image as PilImage
from PIL import JpegImagePlugin

from restorer.formats.codec import PILLOW_ERRORS, decoding
from restorer.formats.jpeg import multi_picture
from restorer.formats.placement import Placement

BLOCK = "gain map"
HDRGM, ISO, APPLE = "Ultra HDR", "ISO 21496-1", "Apple"  # how parameters are stated

XMP_MARK, ISO_MARK = b"http://ns.adobe.com/xap/1.0/\0", b"urn:iso:std:iso:ts:21496:-1\0"
HDRGM_SPACE = "http://ns.adobe.com/hdr-gain-map/1.0/"
APPLE_SPACE = "http://ns.apple.com/HDRGainMap/1.0/"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_AUXILIARY = b":aux:hdrgainmap"  # Apple's and Samsung's types of auxiliary pictures
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_PIXELS = 2**26  # half of what a picture may have; usual maps have a sixteenth
_SAME_SHAPE = 0.01  # two shapes whose ratios differ less are one, but for rounded sides
_MULTICHANNEL, _BASE_COLORS, _COMMON = 0x80, 0x40, 0x08  # flags of ISO 21496-1

Channels = tuple[float, ...]  # one value for all channels, or three


@dataclass(frozen=True)
class Parameters:
    """How the values v = 0..1 of a map give the alternate picture (HDR) of the base picture (SDR).

    In linear light: alternate + alternate_offset = (base + base_offset) * 2 ** (weight * boost),
    with boost = minimum + (maximum - minimum) * v ** (1 / gamma). The weight runs from 0 to 1, or
    to -1 where the base is the HDR picture, while the headroom of the display runs from that of
    the base to that of the alternate picture.

    Attributes:
        minimum: log2 of the least boost.
        maximum: log2 of the largest boost.
        gamma: Exponent by which the map is encoded.
        base_offset: Added to the base picture.
        alternate_offset: Subtracted at the end.
        base_headroom: log2 of the headroom for which the base picture is made.
        alternate_headroom: log2 of the headroom for which the alternate picture is made.
        base_colors: Whether the boost applies in the color space of the base picture.
    """

    minimum: Channels
    maximum: Channels
    gamma: Channels
    base_offset: Channels
    alternate_offset: Channels
    base_headroom: float
    alternate_headroom: float
    base_colors: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for numbers with which no picture can be computed."""
        values = [*self.minimum, *self.maximum, *self.base_offset, *self.alternate_offset]
        values += [*self.gamma, self.base_headroom, self.alternate_headroom]
        if not all(map(math.isfinite, values)) or min(self.gamma) <= 0:
            raise ValueError("the parameters of the gain map are out of range")


@dataclass(frozen=True)
class GainMap:
    """What the block of a gain map says of itself.

    Attributes:
        height: Rows.
        width: Columns.
        channels: 1 or 3.
        kinds: The ways in which its parameters are stated, of HDRGM, ISO and APPLE.
        parameters: Those of ISO 21496-1, which goes first, or of Ultra HDR; None for Apple's, whose
            headroom may be in the maker note of the first picture.
    """

    height: int
    width: int
    channels: int
    kinds: tuple[str, ...]
    parameters: Parameters | None

    def covers(self, height: int, width: int) -> bool:
        """Whether it has the shape of a picture of this size, but for rounding."""
        rounding = 1 / self.height + 1 / self.width
        ratio = self.width * height / (self.height * width)
        return abs(ratio - 1) <= _SAME_SHAPE + rounding


def read(picture: bytes) -> GainMap | None:
    """Return what a JPEG picture says of itself as a gain map; None if it is another picture.

    Raises ValueError for a gain map that is damaged.
    """
    packet, iso, frame, kinds = b"", b"", b"", []
    for marker, start, stop in multi_picture.segments(picture, 2):
        body = picture[start:stop]
        if marker == 0xE1 and body.startswith(XMP_MARK):
            packet = body.removeprefix(XMP_MARK)
        elif marker == 0xE2 and body.startswith(ISO_MARK):
            iso = body.removeprefix(ISO_MARK)
        elif marker in _SOF:
            frame = body
    stated: list[Parameters] = []
    if len(iso) > 4:  # four bytes alone are the version, in a first picture
        kinds.append(ISO)
        stated.append(_iso_parameters(iso))
    properties = _properties(packet)
    if any(name.startswith(f"{{{HDRGM_SPACE}}}") for name in properties):
        kinds.append(HDRGM)
        stated.append(_hdrgm_parameters(properties))
    if any(name.startswith(f"{{{APPLE_SPACE}}}") for name in properties) or _AUXILIARY in packet:
        kinds.append(APPLE)
    if not kinds:
        return None
    if len(frame) < 6 or frame[0] != 8 or frame[5] not in (1, 3):
        raise ValueError("the gain map is no JPEG picture of 8 bits and 1 or 3 components")
    height, width = struct.unpack(">HH", frame[1:5])
    if not 0 < height * width <= _MAX_PIXELS:
        raise ValueError(f"the gain map has {width} x {height} pixels")
    return GainMap(height, width, frame[5], tuple(kinds), stated[0] if stated else None)


def fits_any_colors(block: bytes) -> bool:
    """Whether a map stays true of a picture that was converted to another RGB profile.

    One boost for all channels does, as conversions are linear. Three do only where they apply
    in the colors of the alternate picture, which the map names itself.
    """
    try:
        found = read(block)
    except ValueError:
        return True  # the writer tells
    stated = found and found.parameters
    if not found or not stated:
        return not found or found.channels == 1
    values = (stated.minimum, stated.maximum, stated.gamma, stated.base_offset)
    even = found.channels == 1 and all(len(set(each)) == 1 for each in values)
    return even or not stated.base_colors


def find(data: bytes) -> tuple[int, int] | None:
    """Return start and stop of the first gain map in what follows a picture; None without one.

    Raises ValueError where the only ones are damaged.
    """
    damaged: ValueError | None = None
    for start, stop in multi_picture.pictures(data):
        try:
            if read(data[start:stop]):
                return start, stop
        except ValueError as error:
            damaged = damaged or error
    if damaged:
        raise damaged
    return None


def moved(block: bytes, placement: Placement) -> bytes:
    """Return the map of a picture that was turned or cropped; its parameters stay.

    It is compressed again with its own tables, so that turned blocks of 8 x 8 pixels are the same.
    Raises ImageFormatError where it is damaged.
    """
    with decoding(*PILLOW_ERRORS, OSError):
        picture = JpegImagePlugin.JpegImageFile(io.BytesIO(block))
        picture.load()
    pixels: Any = np.array(picture)
    pixels = pixels.swapaxes(0, 1) if placement.swaps else pixels
    across, down = placement.mirrors
    pixels = pixels[:: -1 if down else 1, :: -1 if across else 1]
    changed = PilImage.fromarray(np.ascontiguousarray(pixels))
    if placement.crops:
        left, top, right, bottom = placement.box
        height, width = pixels.shape[:2]
        box = (left * width, top * height, right * width, bottom * height)
        size = (max(1, round(box[2] - box[0])), max(1, round(box[3] - box[1])))
        changed = changed.resize(size, PilImage.Resampling.BILINEAR, box)
    tables = [np.reshape(table, (8, 8)) for _, table in sorted(picture.quantization.items())]
    steps = [(table.T if placement.swaps else table).ravel().tolist() for table in tables]
    file = io.BytesIO()
    changed.save(file, "JPEG", qtables=steps, subsampling="4:4:4", optimize=True)
    return b"\xff\xd8" + b"".join(_described(block)) + _undescribed(file.getvalue())


def _described(picture: bytes) -> Iterator[bytes]:
    """Yield the segments that describe a map: XMP, profile and ISO, and not how it is compressed.

    EXIF goes, since its orientation is that of the map before.
    """
    for marker, start, stop in multi_picture.segments(picture, 2):
        body = picture[start:stop]
        if marker in (0xE1, 0xE2) and not body.startswith((b"Exif\0", multi_picture.MPF)):
            yield b"\xff" + bytes([marker]) + picture[start - 2 : stop]


def _undescribed(picture: bytes) -> bytes:
    """Return what follows SOI and JFIF in a picture that Pillow wrote."""
    _, _, stop = next(multi_picture.segments(picture, 2))
    return picture[stop:]


def _iso_parameters(payload: bytes) -> Parameters:
    """Return the parameters of the segment of ISO 21496-1, behind its mark."""
    try:
        least_version, _, flags = struct.unpack_from(">HHB", payload)
        if least_version:
            raise ValueError(f"version {least_version} of ISO 21496-1 is not known")
        count = 3 if flags & _MULTICHANNEL else 1
        rows: list[tuple[int, ...]]
        if flags & _COMMON:
            below, *heads = struct.unpack_from(">3I", payload, 5)
            rows = list(struct.iter_unpack(">iiIii", payload[17 : 17 + 20 * count]))
            base_headroom, alternate_headroom = (value / below for value in heads)
            channels = [[value / below for value in row] for row in rows]
        else:
            heads = [*struct.unpack_from(">4I", payload, 5)]
            rows = list(struct.iter_unpack(">iIiIIIiIiI", payload[21 : 21 + 40 * count]))
            base_headroom, alternate_headroom = heads[0] / heads[1], heads[2] / heads[3]
            channels = [[a / b for a, b in zip(r[::2], r[1::2], strict=True)] for r in rows]
    except (struct.error, ZeroDivisionError) as error:
        raise ValueError(f"the parameters of the gain map are damaged: {error}") from error
    if len(channels) != count:
        raise ValueError("the parameters of the gain map are cut short")
    headrooms = base_headroom, alternate_headroom
    columns: list[Channels] = [*zip(*channels, strict=True)]
    minimum, maximum, gamma, base, alternate = columns
    in_base = bool(flags & _BASE_COLORS)
    return Parameters(minimum, maximum, gamma, base, alternate, *headrooms, in_base)


def _properties(packet: bytes) -> dict[str, list[str]]:
    """Return the properties in a packet about gain maps, each with its values; others have none."""
    spaces = (HDRGM_SPACE, APPLE_SPACE)
    if not any(space.encode() in packet for space in spaces):
        return {}
    try:
        root = ElementTree.fromstring(packet.strip(b"\0"))
    except ElementTree.ParseError as error:
        raise ValueError(f"the XMP of the gain map is damaged: {error}") from error
    tags = tuple(f"{{{space}}}" for space in spaces)
    found: dict[str, list[str]] = {}
    for element in root.iter():
        items = [item.text or "" for item in element.iter(f"{_RDF}li")]
        named = {name: [text] for name, text in element.items()}
        named[element.tag] = items or [element.text or ""]
        found |= {name: values for name, values in named.items() if name.startswith(tags)}
    return found


def _hdrgm_parameters(properties: dict[str, list[str]]) -> Parameters:
    """Return the parameters of Ultra HDR; the defaults are those of its version 1.0."""

    def texts(name: str) -> list[str]:
        return properties.get(f"{{{HDRGM_SPACE}}}{name}", [])

    def values(name: str, default: float | None = None) -> Channels:
        found = tuple(float(text) for text in texts(name))
        if not found and default is not None:
            return (default,)
        if len(found) not in (1, 3):
            raise ValueError(f"the gain map has {len(found)} values of {name}")
        return found

    offsets = values("OffsetSDR", 1 / 64), values("OffsetHDR", 1 / 64)
    (least,), (most,) = values("HDRCapacityMin", 0.0)[:1], values("HDRCapacityMax")[:1]
    if texts("BaseRenditionIsHDR") == ["True"]:
        offsets, (least, most) = offsets[::-1], (most, least)
    return Parameters(
        values("GainMapMin", 0.0), values("GainMapMax"), values("Gamma", 1.0), *offsets, least, most
    )

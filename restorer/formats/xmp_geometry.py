"""Places and sizes in XMP, kept true of a picture that was turned, cropped or resized.

Regions are relative and lie in the picture as it is stored, before its orientation is applied, as
most programs write them. A few write them for the upright picture, which the size that they refer
to tells, unless it is a square.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from restorer.formats.exif.geometry import Size, moved_densities, moved_subject
from restorer.formats.placement import Placement
from restorer.formats.xmp import ELEMENT, items_around, prefixes, without, without_all

_REGIONS = b"http://www.metadataworkinggroup.com/schemas/regions/"
_AREA = b"http://ns.adobe.com/xmp/sType/Area#"
_PEOPLE = b"http://ns.microsoft.com/photo/1.2/t/Region#"
_PANORAMA = b"http://ns.google.com/photos/1.0/panorama/"
_CAMERA_RAW = b"http://ns.adobe.com/camera-raw-settings/1.0/"

# What a picture that was turned or cropped makes false: namespace, names, and what to call it.
_STALE = (
    (b"http://ns.adobe.com/xap/1.0/", rb"Thumbnails", "thumbnails"),
    (b"http://ns.google.com/photos/1.0/depthmap/", rb"\w+", "depth map"),
    (b"http://ns.google.com/photos/1.0/image/", rb"\w+", "original picture"),
)
_CROP = ((_CAMERA_RAW, rb"(?:HasCrop|Crop(?:Top|Left|Bottom|Right|Angle))", "crop"),)
_APPLIED = re.compile(rb"crs:AlreadyApplied(?:\s*=\s*[\"']|\s*>\s*)True")

_INTEGER = rb"(%s(?:\s*=\s*[\"']|\s*>\s*))(\d{1,9})\b"
_DECIMAL = rb"(%s(?:\s*=\s*[\"']|\s*>\s*))([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)"
_RATIO = rb"(%s(?:\s*=\s*[\"']|\s*>\s*))(\d{1,10})/(\d{1,10})\b"
_RECTANGLE = rb"%s:Rectangle(?:\s*=\s*[\"']|\s*>)[^\"'<]*"
# Sizes and places of panoramas in pixels, across and down.
_FULL = (b"FullPanoWidthPixels", b"FullPanoHeightPixels")
_CROPPED = (b"CroppedAreaImageWidthPixels", b"CroppedAreaImageHeightPixels")
_FIRST = (b"CroppedAreaLeftPixels", b"CroppedAreaTopPixels")
_VALID = tuple(b"LargestValidInteriorRect" + s for s in (b"Left", b"Top", b"Width", b"Height"))
_PANORAMA_NUMBERS = (*_FULL, *_CROPPED, *_FIRST, *_VALID)
_LIST_ITEM = re.compile(rb"(<rdf:li\s*>\s*)(\d{1,9})(?=\s*<)")
_SAME_SHAPE = 0.01  # two shapes whose ratios differ less are one, as sides are rounded
_WIDTH = rb"(?:tiff:ImageWidth|exif:PixelXDimension)"
_HEIGHT = rb"(?:tiff:ImageLength|exif:PixelYDimension)"

_Move: TypeAlias = Callable[[bytes, Placement], bytes | None]


def moved(
    packet: bytes, placement: Placement, before: Size | None, after: Size
) -> tuple[bytes, list[str]]:
    """Return a packet for a picture that was turned, cropped or resized, and what it lost.

    Args:
        packet: An XMP packet.
        placement: How the picture was turned and cropped.
        before: The size that places in pixels refer to, where the packet does not state it; None
            if it is not known.
        after: The size of the picture now.
    """
    before = _stated(packet, rb"exif:PixelYDimension", rb"exif:PixelXDimension") or before
    lost: list[str] = []
    if before and (placement.moves or before != after):
        packet, lost = _with_subject(packet, placement, before, after)
        packet = _with_focal_plane(packet, placement, before, after)
    if placement.moves:
        packet = _with_regions(packet, placement, before)
        packet, stale = without_all(packet, _STALE)
        packet, cropped = (packet, []) if _APPLIED.search(packet) else without_all(packet, _CROP)
        lost += [*stale, *cropped]
    packet = _with_integer(_with_integer(packet, _WIDTH, after[1]), _HEIGHT, after[0])
    for prefix in prefixes(packet, _REGIONS):
        name = prefix + rb":AppliedToDimensions"
        packet = _elements(packet, name, partial(_with_dimensions, size=after))
    packet, panorama = _with_panorama(packet, placement, after)
    return packet, [*lost, *panorama]


def _with_dimensions(element: bytes, size: Size) -> bytes:
    return _with_integer(_with_integer(element, rb"stDim:w", size[1]), rb"stDim:h", size[0])


def _with_regions(packet: bytes, placement: Placement, before: Size | None) -> bytes:
    """Move regions of faces and other things; those that were cut off go."""
    for prefix in prefixes(packet, _REGIONS):
        found = re.search(ELEMENT % (prefix + rb":AppliedToDimensions"), packet, re.DOTALL)
        stated = _stated(found[0], rb"stDim:h", rb"stDim:w") if found else None
        if placement.swaps and stated and before and _is_upright(stated, before):
            placement = Placement(box=placement.box)
    for space, pattern, move in (
        (_REGIONS, ELEMENT.replace(b"%s", rb"%s:Area"), _moved_area),
        (_PEOPLE, _RECTANGLE, _moved_rectangle),
    ):
        for prefix in prefixes(packet, space):
            places = re.compile(pattern % prefix, re.DOTALL)
            for start, stop in _cut_off(packet, places, move, placement):
                packet = packet[:start] + packet[stop:]

            def moved_place(found: re.Match[bytes], move: _Move = move) -> bytes:
                return move(found[0], placement) or found[0]

            packet = places.sub(moved_place, packet)
    return packet


def _cut_off(
    packet: bytes, places: re.Pattern[bytes], move: _Move, placement: Placement
) -> list[tuple[int, int]]:
    """Return the spans of list items whose place was cut off, from the last to the first."""
    if not placement.crops:
        return []
    lost = [m.start() for m in places.finditer(packet) if move(m[0], placement) is None]
    return items_around(packet, lost)[::-1]


def _is_upright(stated: Size, stored: Size) -> bool:
    """Whether a size is rather that of the upright picture than of the stored one."""
    ratio, expected = (math.log(size[1] / size[0]) for size in (stated, stored))
    return abs(ratio + expected) < abs(ratio - expected)


def _moved_area(element: bytes, placement: Placement) -> bytes | None:
    """Move an area of MWG: its center, and sides or a diameter; None where it was cut off."""
    values = {name: _decimal(element, rb"[\w.-]+:%s" % name) for name in (b"x", b"y", b"w", b"h")}
    x, y, width, height = values.values()
    if x is None or y is None:
        return element
    if width is None or height is None:
        x, y = placement.point(x, y)
        if placement.crops and not (0 <= x <= 1 and 0 <= y <= 1):
            return None
    else:
        found = placement.rectangle(x - width / 2, y - height / 2, width, height)
        if found is None:
            return None
        left, top, width, height = found
        x, y = left + width / 2, top + height / 2
    for name, value in ((b"x", x), (b"y", y), (b"w", width), (b"h", height)):
        if value is not None:
            element = _with_decimal(element, rb"[\w.-]+:%s" % name, value)
    return element


def _moved_rectangle(text: bytes, placement: Placement) -> bytes | None:
    """Move a rectangle of Microsoft, ``left, top, width, height``; None where it was cut off."""
    start = re.match(rb".*?(?:=\s*[\"']|>)", text, re.DOTALL)
    numbers = text[start.end() :].split(b",") if start else []
    try:
        left, top, width, height = (float(number) for number in numbers)
    except ValueError:
        return text
    found = placement.rectangle(left, top, width, height)
    return found and text[: start.end() if start else 0] + b", ".join(map(_text, found))


def _with_subject(
    packet: bytes, placement: Placement, before: Size, after: Size
) -> tuple[bytes, list[str]]:
    """Move the subject that XMP copies from EXIF; without it where it was cut off."""
    lost: list[str] = []

    def moved_element(found: re.Match[bytes]) -> bytes:
        values = [int(item[2]) for item in _LIST_ITEM.finditer(found[0])]
        if not 2 <= len(values) <= 4:
            return found[0]
        places = moved_subject(values, placement, before, after)
        if places is None:
            lost.append("XMP of the subject")
            return b""
        numbers = iter(places)
        return _LIST_ITEM.sub(lambda item: item[1] + b"%d" % next(numbers), found[0])

    pattern = ELEMENT % rb"exif:Subject(?:Area|Location)"
    return re.sub(pattern, moved_element, packet, flags=re.DOTALL), lost


def _with_focal_plane(packet: bytes, placement: Placement, before: Size, after: Size) -> bytes:
    names = [rb"exif:FocalPlane%sResolution" % axis for axis in (b"X", b"Y")]
    found = [re.search(_RATIO % name, packet) for name in names]
    if not all(found):
        return packet
    pair = [(int(each[2]), int(each[3])) for each in found if each]
    ratios = moved_densities(pair, placement, before, after)
    for name, ratio in zip(names, ratios, strict=True):
        packet = re.sub(_RATIO % name, rb"\g<1>%d/%d" % ratio, packet)
    return packet


def _with_panorama(packet: bytes, placement: Placement, after: Size) -> tuple[bytes, list[str]]:
    """Move the part of the sphere that a panorama shows; remove it from pictures laid on the side.

    It goes, too, if the picture has another shape than the panorama.
    """
    for prefix in prefixes(packet, _PANORAMA):
        numbers = {name: _integer(packet, prefix + b":" + name) for name in _PANORAMA_NUMBERS}
        width, height = numbers[_CROPPED[0]], numbers[_CROPPED[1]]
        if not width or not height:
            continue
        if placement.swaps and _is_upright((height, width), after[::-1]):
            placement = Placement(box=placement.box)
        kept = placement.length(1, 1)
        scales = after[1] * kept[0] / width, after[0] * kept[1] / height
        if placement.swaps or abs(scales[0] / scales[1] - 1) > _SAME_SHAPE:
            return without(packet, _PANORAMA, rb"\w+"), ["XMP of the panorama"]
        for name, value in _panorama(numbers, placement, scales, after).items():
            packet = _with_integer(packet, prefix + b":" + name, round(value))
    return packet, []


def _panorama(
    numbers: Mapping[bytes, int | None],
    placement: Placement,
    scales: tuple[float, float],
    after: Size,
) -> dict[bytes, float]:
    """Return the new numbers of a panorama by name."""
    changed: dict[bytes, float] = dict(zip(_CROPPED, after[::-1], strict=True))
    for axis, mirrored in enumerate(placement.mirrors):
        whole, inside, first = (numbers[names[axis]] for names in (_FULL, _CROPPED, _FIRST))
        if whole is not None:
            changed[_FULL[axis]] = whole * scales[axis]
        if first is not None and inside is not None:
            if mirrored and whole is not None:
                first = whole - first - inside
            changed[_FIRST[axis]] = (first + placement.box[axis] * inside) * scales[axis]
    valid = [numbers[name] for name in _VALID]
    sides = [numbers[name] or 1 for name in _CROPPED] * 2
    if None not in valid:
        places = [(value or 0) / side for value, side in zip(valid, sides, strict=True)]
        part = placement.rectangle(*places) or (0, 0, 1, 1)
        pixels = (value * side for value, side in zip(part, after[::-1] * 2, strict=True))
        changed |= zip(_VALID, pixels, strict=True)
    return changed


def _elements(packet: bytes, name: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    return re.sub(ELEMENT % name, lambda found: edit(found[0]), packet, flags=re.DOTALL)


def _stated(text: bytes, height: bytes, width: bytes) -> Size | None:
    """Return the size that two names state, if they do."""
    sides = _integer(text, height), _integer(text, width)
    return (sides[0], sides[1]) if sides[0] and sides[1] else None


def _integer(text: bytes, name: bytes) -> int | None:
    found = re.search(_INTEGER % name, text)
    return int(found[2]) if found else None


def _with_integer(text: bytes, name: bytes, number: int) -> bytes:
    return re.sub(_INTEGER % name, rb"\g<1>%d" % number, text)


def _decimal(text: bytes, name: bytes) -> float | None:
    found = re.search(_DECIMAL % name, text)
    return float(found[2]) if found else None


def _with_decimal(text: bytes, name: bytes, number: float) -> bytes:
    return re.sub(_DECIMAL % name, lambda found: found[1] + _text(number), text)


def _text(number: float) -> bytes:
    """Return a fraction of a side with a thousandth of a pixel of large pictures."""
    return f"{number:.7f}".rstrip("0").rstrip(".").encode()

"""Places and sizes in EXIF, kept true of a picture that was turned, cropped or resized."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from restorer.formats.exif import ifd
from restorer.formats.exif.ifd import Directory, Field, Layout
from restorer.formats.placement import Placement

Size = tuple[int, int]  # height, width

# What states the size of the picture: width and height, in IFD0 and in the EXIF directory.
SIZE_TAGS = {0: (256, 257), ifd.EXIF: (0xA002, 0xA003)}
_SUBJECT = (0x9214, 0xA214)  # SubjectArea and SubjectLocation, around their center
_FOCAL_PLANE = (0xA20E, 0xA20F)  # pixels per unit of the sensor, across and down
_LARGEST = 2**32 - 1  # of a RATIONAL
_FINEST = 10**6  # the largest denominator where the number allows it


def stated_size(layout: Layout, directory: Directory) -> Size | None:
    """Return the size that EXIF states, the one that its places refer to; None without one."""
    inner = directory.children.get(ifd.EXIF, Directory({}))
    for fields, tags in ((inner.fields, SIZE_TAGS[ifd.EXIF]), (directory.fields, SIZE_TAGS[0])):
        sides = [_integer(layout, fields.get(tag)) for tag in tags]
        if all(sides):
            return sides[1], sides[0]
    return None


def moved_fields(
    layout: Layout, directory: Directory, placement: Placement, before: Size, after: Size
) -> dict[int, bytes | None]:
    """Return new values of fields in the EXIF directory; None for what was cut off.

    Args:
        layout: Byte order of the block.
        directory: Its first directory.
        placement: How the picture was turned and cropped.
        before: The size that the fields refer to.
        after: The size of the picture now.
    """
    fields = directory.children.get(ifd.EXIF, Directory({})).fields
    changed: dict[int, bytes | None] = {}
    for tag in _SUBJECT:
        field = fields.get(tag)
        if field and field.kind == 3 and 2 <= field.count <= 4:
            values = layout.unpack("H" * field.count, field.data)
            found = moved_subject(values, placement, before, after)
            changed[tag] = layout.pack("H" * field.count, *found) if found else None
    pair = [fields.get(tag) for tag in _FOCAL_PLANE]
    if all(field and field.kind == 5 and field.count == 1 for field in pair):
        ratios = [layout.unpack("II", field.data) for field in pair if field]
        for tag, ratio in zip(
            _FOCAL_PLANE, moved_densities(ratios, placement, before, after), strict=True
        ):
            changed[tag] = layout.pack("II", *ratio)
    return changed


def moved_subject(
    values: Sequence[int], placement: Placement, before: Size, after: Size
) -> list[int] | None:
    """Return where a subject lies now: center and perhaps diameter or sides, in pixels.

    None where it was cut off. Places are those of pixel centers.
    """
    center = [(value + 0.5) / side for value, side in zip(values, before[::-1], strict=False)]
    x, y = placement.point(*center)
    # The last of three values is a diameter, which is measured across.
    width, height = (values[2], values[-1]) if len(values) > 2 else (0, 0)
    across, down = placement.length(width / before[1], height / before[0])
    if placement.crops:
        if len(values) == 4:
            sides = width / before[1], height / before[0]
            part = placement.rectangle(center[0] - sides[0] / 2, center[1] - sides[1] / 2, *sides)
            if part is None or min(part[2] * after[1], part[3] * after[0]) < 0.75:
                return None  # centers are rounded: half a pixel is not there
            left, top, across, down = part
            x, y = left + across / 2, top + down / 2
        elif not (0 <= x < 1 and 0 <= y < 1):
            return None
    found = [x * after[1] - 0.5, y * after[0] - 0.5, across * after[1], down * after[0]]
    return [min(0xFFFF, max(0, round(value))) for value in found[: len(values)]]


def moved_densities(
    pair: Sequence[Sequence[int]], placement: Placement, before: Size, after: Size
) -> list[tuple[int, int]]:
    """Return how many pixels there are now in a unit, across and down, as ratios."""
    pair = pair[::-1] if placement.swaps else pair
    height, width = before[::-1] if placement.swaps else before
    left, top, right, bottom = placement.box
    kept = (width * (right - left), height * (bottom - top))
    return [
        _scaled(ratio, Fraction(side) / Fraction(old).limit_denominator(_FINEST))
        for ratio, side, old in zip(pair, after[::-1], kept, strict=True)
    ]


def _scaled(ratio: Sequence[int], factor: Fraction) -> tuple[int, int]:
    numerator, denominator = ratio
    if factor == 1 or not numerator or not denominator:
        return numerator, denominator
    product = Fraction(numerator, denominator) * factor
    found = product.limit_denominator(max(1, min(_FINEST, _LARGEST // (int(product) + 1))))
    return min(found.numerator, _LARGEST), found.denominator


def _integer(layout: Layout, field: Field | None) -> int:
    if field is None or field.count != 1 or field.kind not in (3, 4):
        return 0
    return layout.unpack("H" if field.kind == 3 else "I", field.data)[0]

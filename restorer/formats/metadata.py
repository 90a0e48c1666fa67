"""Carry EXIF and XMP between containers, true of the picture as it is turned, cropped and resized.

EXIF is patched in place, so that maker notes, whose offsets nobody knows, stay where they are.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import xmp, xmp_geometry
from restorer.formats.codec import not_kept
from restorer.formats.exif import ifd, maker_note, thumbnail
from restorer.formats.exif.block import (
    EMPTY,
    child,
    first_directory,
    integer_of,
    place,
    remove,
    set_integer,
    with_fields,
)
from restorer.formats.exif.geometry import SIZE_TAGS, Size, moved_fields, stated_size
from restorer.formats.exif.ifd import Directory, Field, Layout
from restorer.formats.jpeg import gain_map
from restorer.formats.placement import UNMOVED, Placement, Rectangle
from restorer.formats.raw.carried_tags import turned_tags
from restorer.formats.tiff import geo
from restorer.image import Image, Metadata
from restorer.sensor.mosaic import Mosaic

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
XMP, ICC = 700, 34675

# What IFD0 says about the picture rather than about the layout of its pixels: DocumentName,
# ImageDescription, Make, Model, Orientation, PageName, PageNumber, Software, DateTime, Artist,
# HostComputer, Rating (two), Copyright and the five XP strings of Windows.
DESCRIPTIVE = frozenset({269, 270, 271, 272, 274, 285, 297, 305, 306, 315, 316, 33432})
DESCRIPTIVE |= {0x4746, 0x4749}
DESCRIPTIVE |= frozenset(range(0x9C9B, 0x9CA0))

_DESCRIPTION = 270
_TIFF_SPACE = b"http://ns.adobe.com/tiff/1.0/"
_MAX_DPI = 65_535  # what JPEG holds
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:\s*=\s*[\"']|\s*>\s*))([1-8])")


def clean_exif(data: bytes) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the block without the ``Exif`` prefix that some containers put before it."""
    block = data.removeprefix(b"Exif\0\0")
    if not block:
        return None, ()
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return None, ("the EXIF block is damaged and was left out",)
    return block, ()


def orientation(metadata: Metadata) -> int:
    """Return the EXIF orientation 1..8; where EXIF has none, that of the XMP packet, else 1."""
    first = first_directory(metadata.exif)
    if first is not None and ORIENTATION in first[1].fields:
        value = integer_of(first[0], first[1].fields[ORIENTATION])
        return value if 1 <= value <= 8 else 1
    match = _XMP_ORIENTATION.search(metadata.xmp or b"")
    return int(match[2]) if match else 1


def states_orientation(packet: bytes) -> bool:
    """Whether a packet of XMP states an orientation."""
    return bool(_XMP_ORIENTATION.search(packet))


def with_orientation(metadata: Metadata, turn: int) -> Metadata:
    """Return the metadata with an orientation 1..8 in EXIF."""
    exif = metadata.exif or EMPTY
    layout = Layout("<" if exif[:2] == b"II" else ">")
    field = Field(3, 1, layout.pack("H", turn))
    return replace(metadata, exif=with_fields(exif, {ORIENTATION: field}))


def with_stated_orientation(metadata: Metadata, turn: int) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata with the orientation of a container, which outranks theirs, and notes."""
    if orientation(metadata) == turn:
        return metadata, ()
    changed = with_orientation(metadata, turn)
    if changed.exif:
        return changed, ()
    changed = with_orientation(replace(metadata, exif=None), turn)
    return changed, ("the EXIF block is damaged and was left out",)


PageT = TypeVar("PageT", bound=Image | Mosaic)


def upright(page: PageT) -> PageT:
    """Return a page with its orientation applied to pixels and metadata."""
    turn = orientation(page.metadata)
    metadata, notes = upright_metadata(page.metadata, (page.height, page.width))
    notes = (*page.notes, *notes)
    if isinstance(page, Image):
        pixels = turned(page.pixels, turn)
        image: Any = replace(page, pixels=pixels, metadata=metadata, notes=notes)
        return image  # type: ignore[no-any-return]
    samples = turned(page.samples, turn)
    # The colors of a small mosaic whose sides are even or odd like those of the large one.
    small = np.indices((2 + page.height % 2, 2 + page.width % 2)) % 2
    corner = turned((2 * small[0] + small[1])[..., None], turn)[:2, :2].ravel()
    pattern = "".join(page.pattern[number] for number in corner)
    tags = page.tags if turn == 1 else turned_tags(page.tags)
    return replace(
        page, samples=samples, pattern=pattern, metadata=metadata, notes=notes, tags=tags
    )


def upright_metadata(metadata: Metadata, size: Size) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of the upright image, the thumbnail as a block, and notes.

    The resolution in EXIF becomes `Metadata.dpi` where the container gave none. XMP loses what it
    says of parts of the file that are not kept.

    Args:
        metadata: The metadata as they lie in a file.
        size: Height and width of the picture as stored.
    """
    turn = orientation(metadata)
    exif, blocks, lost = thumbnail.taken(metadata.exif)
    exif, blocks = _upright_exif(exif, turn), {**metadata.blocks, **blocks}
    metadata = replace(metadata, exif=exif, blocks=blocks)
    dpi = metadata.dpi[::-1] if metadata.dpi and turn > 4 else metadata.dpi
    dpi = dpi or resolution(metadata.exif)
    if dpi and not all(1 <= value <= _MAX_DPI for value in dpi):
        dpi = None  # nonsense that no other format could hold
    packet = metadata.xmp and _XMP_ORIENTATION.sub(rb"\g<1>1", metadata.xmp)
    metadata, more = _edited(replace(metadata, xmp=packet, dpi=dpi), xmp.without_stale)
    lost += more
    if gain_map.BLOCK not in metadata.blocks:
        metadata, more = without_gain_map(metadata)
        lost += more
    if turn > 1:
        placement = Placement(turn)
        metadata, more = _moved(metadata, placement, size, size[::-1] if turn > 4 else size)
        lost += more
    return metadata, not_kept(lost)


def cropped(metadata: Metadata, box: Rectangle, size: Size) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of a part of a picture, and notes of what lies outside.

    Args:
        metadata: Metadata of the upright picture.
        box: The part, (left, top, right, bottom) in fractions of the picture.
        size: Height and width of the part.
    """
    metadata, lost = _moved(metadata, Placement(box=box), None, size)
    return metadata, not_kept(lost)


def turned(pixels: Any, turn: int) -> Any:
    """Return (H, W, C) pixels shown as EXIF orientation `turn` asks; 1 returns them as they are."""
    if turn > 4:
        pixels = pixels.swapaxes(0, 1)
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    # A copy, as `ascontiguousarray` leaves strides that encoders refuse if a side has one pixel.
    return pixels if turn == 1 else pixels.copy()


def with_size(metadata: Metadata, height: int, width: int) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata with places and sizes made true of the picture's size, and notes."""
    metadata, lost = _moved(metadata, UNMOVED, None, (height, width))
    return metadata, not_kept(lost)


def resolution(exif: bytes | None) -> tuple[float, float] | None:
    """Return dots per inch (x, y) as EXIF states them, or None."""
    first = first_directory(exif)
    return None if first is None else resolution_of(*first)


def with_resolution(exif: bytes | None, dpi: tuple[float, float]) -> bytes | None:
    """Return an EXIF block that states dots per inch (x, y); None where it is damaged."""
    exif = exif or EMPTY
    first = first_directory(exif)
    if first is None:
        return None
    rows: dict[int, Field] = {RESOLUTION_UNIT: Field(3, 1, first[0].pack("H", 2))}
    for tag, value in zip((X_RESOLUTION, Y_RESOLUTION), dpi, strict=True):
        ratio = Fraction(value).limit_denominator(10_000)
        rows[tag] = Field(5, 1, first[0].pack("II", ratio.numerator, ratio.denominator))
    return with_fields(exif, rows)


def with_stated_dpi(metadata: Metadata, dpi: float) -> Metadata:
    """Return the metadata with dots per inch, in place of what EXIF and XMP state."""
    exif, packet = metadata.exif, metadata.xmp
    if resolution(exif) is not None:
        exif = with_resolution(exif, (dpi, dpi)) or exif
    if packet:
        packet = xmp.without(packet, _TIFF_SPACE, rb"(?:[XY]Resolution|ResolutionUnit)")
    return replace(metadata, exif=exif, xmp=packet, dpi=(dpi, dpi))


def resolution_of(layout: Layout, directory: Directory) -> tuple[float, float] | None:
    """Return dots per inch (x, y) as a directory states them, or None."""
    found = [_rational(layout, directory.fields.get(t)) for t in (X_RESOLUTION, Y_RESOLUTION)]
    unit = directory.fields.get(RESOLUTION_UNIT)
    per_inch = {2: 1.0, 3: 2.54}.get(2 if unit is None else integer_of(layout, unit))
    if per_inch is None or not all(found):
        return None
    return found[0] * per_inch, found[1] * per_inch


def exif_from(layout: Layout, directory: Directory) -> bytes | None:
    """Build an EXIF block from the first directory of a TIFF file; None if it says nothing."""
    described = _classic(_described(layout, directory))
    if not described.fields and not described.children:
        return None
    flat = Layout(layout.order)
    head = (b"II*\0" if layout.order == "<" else b"MM\0*") + flat.pack("I", 8)
    file = io.BytesIO(head + ifd.serialize(described, flat, 8))
    maker_note.rebase(file, described)
    return file.getvalue()


def described_by(exif: bytes | None) -> tuple[Layout, Directory, list[int]]:
    """Return byte order and descriptive part of an EXIF block for a TIFF file, and other tags."""
    first = first_directory(exif)
    if first is None:
        return Layout(), Directory({}), []
    others = [tag for tag in first[1].fields if tag not in DESCRIPTIVE]
    return first[0], _described(*first), others


def _edited(
    metadata: Metadata, edit: Callable[[bytes], tuple[bytes, list[str]]]
) -> tuple[Metadata, list[str]]:
    """Return the metadata with both packets of XMP edited, and the names of what they lost."""
    packet, lost = edit(metadata.xmp or b"")
    blocks = dict(metadata.blocks)
    if xmp.EXTENDED in blocks:
        blocks[xmp.EXTENDED], more = edit(blocks[xmp.EXTENDED])
        lost = [*lost, *more]
    return replace(metadata, xmp=packet or None, blocks=blocks), lost


def without_gain_map(metadata: Metadata) -> tuple[Metadata, list[str]]:
    """Return the metadata without a gain map and what XMP says of it, and the names of the loss."""
    blocks = {name: block for name, block in metadata.blocks.items() if name != gain_map.BLOCK}
    metadata, lost = _edited(replace(metadata, blocks=blocks), xmp.without_gain_map)
    return metadata, lost


def _moved(
    metadata: Metadata, placement: Placement, before: Size | None, after: Size
) -> tuple[Metadata, list[str]]:
    """Return the metadata of a picture that was turned, cropped or resized, and what they lost.

    Args:
        metadata: The metadata before.
        placement: How the picture was turned and cropped.
        before: Its size, if that is known where the metadata do not state it.
        after: Its size now.
    """
    first = first_directory(metadata.exif)
    stated = stated_size(*first) if first else None
    exif, lost = _moved_exif(metadata.exif, placement, stated or before, after)
    edit = partial(xmp_geometry.moved, placement=placement, before=stated or before, after=after)
    metadata, more = _edited(replace(metadata, exif=exif), edit)
    lost += more
    blocks = dict(metadata.blocks)
    if geo.BLOCK in blocks and placement.turn > 1:
        del blocks[geo.BLOCK]
        lost.append(geo.BLOCK)
    if geo.BLOCK in blocks:
        blocks[geo.BLOCK] = geo.cropped(blocks[geo.BLOCK], placement.box)
        blocks[geo.BLOCK] = geo.with_size(blocks[geo.BLOCK], *after)
    metadata, more = _with_gain_map(replace(metadata, blocks=blocks), placement, after)
    return metadata, [*lost, *more]


def _with_gain_map(
    metadata: Metadata, placement: Placement, size: Size
) -> tuple[Metadata, list[str]]:
    """Move the gain map with the picture; drop one of another shape.

    Its resolution may be any: in a larger picture it stays as it is, since readers interpolate it.
    """
    block = metadata.blocks.get(gain_map.BLOCK)
    if block is None:
        return metadata, []
    try:
        if placement.moves:
            block = gain_map.moved(block, placement)
        found = gain_map.read(block)
    except (ImageFormatError, ValueError):
        return without_gain_map(metadata)[0], ["damaged gain map"]
    if found and not found.covers(*size):
        return without_gain_map(metadata)[0], ["gain map of another shape"]
    return replace(metadata, blocks={**metadata.blocks, gain_map.BLOCK: block}), []


def _moved_exif(
    exif: bytes | None, placement: Placement, before: Size | None, after: Size
) -> tuple[bytes | None, list[str]]:
    """Set the sizes, move places, and remove a description of other pixels."""
    first = first_directory(exif)
    if exif is None or first is None:
        return exif, []
    layout, directory = first
    block, lost = bytearray(exif), []
    if before and (placement.moves or before != after):
        inner = child(directory, ifd.EXIF)
        changed = moved_fields(layout, directory, placement, before, after)
        for tag, data in changed.items():
            if data is not None:
                place(block, inner.fields[tag].value_at, data)
        for tag in (tag for tag, data in changed.items() if data is None):
            remove(block, layout, child(directory, ifd.EXIF), tag)
            lost.append("EXIF place of the subject")
            layout, directory = first_directory(bytes(block)) or first
    for name, tags in SIZE_TAGS.items():
        fields = directory.fields if name == 0 else child(directory, name).fields
        for tag, size in zip(tags, after[::-1], strict=True):
            if tag in fields:
                set_integer(block, layout, fields[tag], size)
    described = directory.fields.get(_DESCRIPTION)
    program = described and _outdated(described.data, *after)
    if not program:
        return bytes(block), lost
    remove(block, layout, directory, _DESCRIPTION)
    return bytes(block), [*lost, f"{program} description"]


def _outdated(text: bytes, height: int, width: int) -> str:
    """Return the program whose description tells the size of other pixels; else an empty text."""
    if text.startswith(b"ImageJ="):  # its unit belongs to a resolution that only TIFF can state
        return "ImageJ"
    sizes = [re.search(rb"\bSize%s=[\"'](\d+)" % axis, text) for axis in (b"Y", b"X")]
    if b"<OME" in text and sizes[0] and sizes[1]:
        found = [int(size[1]) for size in sizes if size]
        return "OME-XML" if found != [height, width] else ""
    shape = re.match(rb"\s*(?:\{.*?\"shape\"\s*:\s*\[|shape=\()([\d,\s]+)", text)
    numbers = [int(number) for number in re.findall(rb"\d+", shape[1])] if shape else []
    holds = (height, width) in pairwise(numbers)
    return "tifffile" if numbers and not holds else ""


def _described(layout: Layout, directory: Directory) -> Directory:
    fields = {tag: f for tag, f in directory.fields.items() if tag in DESCRIPTIVE}
    if ORIENTATION in fields and integer_of(layout, fields[ORIENTATION]) == 1:
        del fields[ORIENTATION]
    return Directory(fields, directory.children)


def _classic(directory: Directory) -> Directory:
    fields = {tag: f for tag, f in directory.fields.items() if f.kind <= 13}  # no 64-bit kinds
    return Directory(fields, {tag: _classic(child) for tag, child in directory.children.items()})


def _upright_exif(exif: bytes | None, turn: int) -> bytes | None:
    """Reset the orientation and turn the resolution."""
    first = first_directory(exif)
    if exif is None or first is None:
        return exif
    layout, directory = first
    block = bytearray(exif)
    if ORIENTATION in directory.fields:
        set_integer(block, layout, directory.fields[ORIENTATION], 1)
    pair = [directory.fields.get(tag) for tag in (X_RESOLUTION, Y_RESOLUTION)]
    if turn > 4 and pair[0] and pair[1] and len(pair[0].data) == len(pair[1].data) == 8:
        place(block, pair[0].value_at, pair[1].data)
        place(block, pair[1].value_at, pair[0].data)
    return bytes(block)


def _rational(layout: Layout, field: Field | None) -> float:
    if field is None or field.kind != 5:
        return 0.0
    numerator, denominator = layout.unpack("II", field.data[:8])
    return numerator / denominator if denominator else 0.0

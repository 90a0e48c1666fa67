"""The axes of a stack: what ImageJ, OME-TIFF and tifffile say of all pages in the first of them.

The description is taken out of the metadata of the first page, and written again when all pages of
the result are there: with their size, and with the size of a pixel in the world.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from restorer.formats.exif.block import first_directory, remove
from restorer.formats.exif.ifd import Directory, Field, Layout
from restorer.image import Metadata

BLOCK = "axes of the stack"

_DESCRIPTION, _X, _Y, _UNIT = 270, 282, 283, 296
_NO_UNIT = 1  # ImageJ names its unit in the description
_PAIR = re.compile(r"(\"shape\"\s*:\s*\[)([\d,\s]+)\]")
_TYPES = {8: "uint8", 16: "uint16", 32: "float"}


@dataclass(frozen=True)
class Stack:
    """The description of a stack.

    Attributes:
        text: The description.
        height: Rows of each page.
        width: Columns.
        bits: Bits per sample.
        count: Number of pages.
        across: Pixels per unit, which ImageJ stores as the resolution; 0 for none.
        down: The same along columns.
    """

    text: str
    height: int
    width: int
    bits: int
    count: int
    across: float = 0.0
    down: float = 0.0

    @property
    def program(self) -> str:
        """The program whose description it is."""
        if self.text.startswith("ImageJ="):
            return "ImageJ"
        return "OME" if "<OME" in self.text else "tifffile"


def planes_of(text: str) -> int:
    """Return the number of planes that ImageJ stores behind a single directory; 1 for others."""
    found = re.search(r"^images=(\d{1,9})$", text, re.M) if text.startswith("ImageJ=") else None
    return int(found[1]) if found else 1


def taken(
    metadata: Metadata, layout: Layout, directory: Directory, stack: Stack
) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata with the description of a stack as a block, and notes.

    Args:
        metadata: The metadata of the first page.
        layout: The layout of the file.
        directory: The directory of the page.
        stack: The stack, without a description.
    """
    field = directory.fields.get(_DESCRIPTION)
    text = field.data.rstrip(b"\0").decode("utf-8", "replace") if field else ""
    stack = replace(stack, text=text)
    if not _is_stack(text):
        return metadata, ()
    notes: tuple[str, ...] = ()
    if stack.program == "ImageJ":
        across, down = (_ratio(layout, directory.fields.get(tag)) for tag in (_X, _Y))
        stack = replace(stack, across=across, down=down)
    files = set(re.findall(r"<UUID\b[^>]*\bFileName=[\"']([^\"']*)", text))
    if len(files) > 1:
        notes = (f"the stack has more pages in {len(files) - 1} other files",)
    exif, first = metadata.exif, first_directory(metadata.exif)
    if exif is not None and first is not None and _DESCRIPTION in first[1].fields:
        block = bytearray(exif)
        remove(block, *first, _DESCRIPTION)
        exif = bytes(block)
    blocks = {**metadata.blocks, BLOCK: json.dumps(asdict(stack)).encode()}
    return replace(metadata, exif=exif, blocks=blocks), notes


def without(metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of a page that is written alone, and a note where it was of a stack."""
    if BLOCK not in metadata.blocks:
        return metadata, ()
    blocks = {name: block for name, block in metadata.blocks.items() if name != BLOCK}
    return replace(metadata, blocks=blocks), (f"not kept: {BLOCK}",)


def described(
    block: bytes, size: tuple[int, int], bits: int, count: int, layout: Layout
) -> tuple[dict[int, Field], tuple[str, ...]]:
    """Return the fields that describe a stack of results, and notes.

    Args:
        block: The block of the first page.
        size: Height and width of every page; (0, 0) where they differ.
        bits: Bits per sample.
        count: The number of pages.
        layout: The layout of the file.
    """
    stack = Stack(**json.loads(block))
    scale, rest = divmod(size[0], stack.height)
    fits = size == (stack.height * scale, stack.width * scale) and scale > 0 and not rest
    if count != stack.count or not fits:
        return {}, (f"not kept: {stack.program} {BLOCK}, which has other pages now",)
    edit: Callable[[Stack, int, int], str] = _EDITS[stack.program]
    text = edit(stack, scale, bits).encode() + b"\0"
    fields = {_DESCRIPTION: Field(2, len(text), text)}
    for tag, value in ((_X, stack.across), (_Y, stack.down)):
        if value:
            ratio = (value * scale).as_integer_ratio()
            if max(ratio) >= 2**32:
                ratio = round(value * scale * 1_000_000), 1_000_000
            if max(ratio) < 2**32:
                fields[tag] = Field(5, 1, layout.pack("II", *ratio))
                fields[_UNIT] = Field(3, 1, layout.pack("H", _NO_UNIT))
    notes: tuple[str, ...] = ()
    if scale > 1 and "<ROI" in stack.text:
        notes = ("the regions (ROI) in the OME-XML still have the coordinates of the source",)
    return fields, notes


def _is_stack(text: str) -> bool:
    return text.startswith("ImageJ=") or "<OME" in text or bool(_PAIR.search(text))


def _imagej(stack: Stack, scale: int, bits: int) -> str:
    """The range of values is left out where they have changed their type."""
    lines = []
    for line in stack.text.split("\n"):
        name, equals, value = line.partition("=")
        if name in ("min", "max") and bits != stack.bits:
            continue
        if name in ("xorigin", "yorigin"):
            value = f"{float(value) * scale:g}" if _is_number(value) else value
        lines.append(f"{name}{equals}{value}")
    return "\n".join(lines)


def _ome(stack: Stack, scale: int, bits: int) -> str:
    text = stack.text
    for name, value in (("X", stack.width), ("Y", stack.height)):
        text = re.sub(rf"(\bSize{name}=[\"'])\d+", rf"\g<1>{value * scale}", text)
        text = re.sub(
            rf"(\bPhysicalSize{name}=[\"'])([^\"']+)",
            lambda found: found[1] + _divided(found[2], scale),
            text,
        )
    if bits != stack.bits:
        text = re.sub(r"(<Pixels\b[^>]*\bType=[\"'])[^\"']+", rf"\g<1>{_TYPES[bits]}", text)
        text = re.sub(r"\sSignificantBits=[\"'][^\"']*[\"']", "", text)
    return re.sub(r"(<UUID\b[^>]*?)\sFileName=[\"'][^\"']*[\"']", r"\1", text)


def _tifffile(stack: Stack, scale: int, bits: int) -> str:
    del bits

    def moved(found: re.Match[str]) -> str:
        numbers = [int(number) for number in found[2].split(",")]
        for at in range(len(numbers) - 1):
            if numbers[at : at + 2] == [stack.height, stack.width]:
                numbers[at : at + 2] = [stack.height * scale, stack.width * scale]
                break
        return f"{found[1]}{', '.join(map(str, numbers))}]"

    return _PAIR.sub(moved, stack.text)


_EDITS = {"ImageJ": _imagej, "OME": _ome, "tifffile": _tifffile}


def _divided(value: str, scale: int) -> str:
    return repr(float(value) / scale) if _is_number(value) else value


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*-?\d+(\.\d*)?([eE][+-]?\d+)?\s*", text))


def _ratio(layout: Layout, field: Field | None) -> float:
    if field is None or field.kind != 5:
        return 0.0
    above, below = layout.unpack("II", field.data[:8])
    return above / below if below else 0.0

"""The blocks of a GIF file: its frames, and what it says beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from restorer.errors import ImageFormatError
from restorer.formats.animation import Disposal, Part, check_count
from restorer.formats.codec import exactly, name_trailer, not_kept

SIGNATURES = (b"GIF87a", b"GIF89a")
LOOPS, XMP, ICC = b"NETSCAPE2.0", b"XMP DataXMP", b"ICCRGBG1012"
XMP_END = bytes([1, *range(255, -1, -1), 0])  # leads any reader of blocks to the end of the packet

_OTHER_LOOPS = b"ANIMEXTS1.0"
_CONTROL, _COMMENT, _APPLICATION, _TEXT = 0xF9, 0xFE, 0xFF, 0x01
_MOST_BYTES = 2**26  # of a comment or a profile
_SPILL = 2**16  # pixels by which frames are larger than the canvas, as some programs write them


@dataclass(frozen=True)
class GifFrame:
    """A frame.

    Attributes:
        part: Its place and time.
        table: The colors, three bytes each.
        transparent: The index that is transparent; -1 for none.
        interlaced: Whether its rows are stored in four passes.
        data: Where its compressed pixels lie (offset, size).
    """

    part: Part
    table: bytes
    transparent: int
    interlaced: bool
    data: tuple[int, int]


@dataclass
class GifBlocks:
    """What a file holds.

    Attributes:
        height: Rows of the canvas.
        width: Columns.
        frames: The frames in their order.
        loops: How often it is played, 0 for ever.
        comment: The text of all comments.
        xmp: The XMP packet.
        icc: The ICC profile.
        notes: What nobody reads.
    """

    height: int
    width: int
    frames: list[GifFrame] = field(default_factory=list)
    loops: int = 1
    comment: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    notes: tuple[str, ...] = ()


def read_blocks(file: BinaryIO) -> GifBlocks:
    """Read from the start of a file. Raises ImageFormatError where it is damaged or cut."""
    head = exactly(file, 13)
    width, height = (int.from_bytes(head[at : at + 2], "little") for at in (6, 8))
    common = _table(file, head[10])
    blocks, unread = GifBlocks(height, width), dict[str, None]()
    control = bytes(4)
    while (mark := exactly(file, 1)) != b";":
        if mark == b"!":
            label = exactly(file, 1)[0]
            if label == _CONTROL:
                control = _joined(file)[:4].ljust(4, b"\0")
            elif label == _APPLICATION:
                unread |= dict.fromkeys(_read_application(file, blocks))
            elif label == _COMMENT:
                blocks.comment += _joined(file)
            else:
                _skip(file)
                unread["plain text" if label == _TEXT else f"extension {label:02X}"] = None
        elif mark == b",":
            blocks.frames.append(_frame(file, blocks, control, common))
            check_count(len(blocks.frames))
            control = bytes(4)
        elif mark != b"\0":  # some programs write too many ends
            raise ImageFormatError("damaged: a block of the GIF begins with an unknown marker")
    if not blocks.frames:
        raise ImageFormatError("the GIF file contains no picture")
    end = file.tell()
    if trailer := file.read(8):
        unread[name_trailer(trailer, file.seek(0, 2) - end)] = None
    blocks.notes = not_kept(unread)
    return blocks


def _frame(file: BinaryIO, blocks: GifBlocks, control: bytes, common: bytes) -> GifFrame:
    number = len(blocks.frames) + 1
    head = exactly(file, 9)
    left, top, width, height = (int.from_bytes(head[at : at + 2], "little") for at in (0, 2, 4, 6))
    fits = width * height <= blocks.width * blocks.height + _SPILL
    if not width or not height or not fits or left >= blocks.width or top >= blocks.height:
        raise ImageFormatError(f"frame {number}: is outside the picture, or is damaged")
    table = _table(file, head[8]) or common
    at = file.tell()
    exactly(file, 1)  # the size of codes
    _skip(file)
    end = file.tell()
    flags, delay = control[0], int.from_bytes(control[1:3], "little")
    disposals: dict[int, Disposal] = {2: "clear", 3: "restore"}
    disposal = disposals.get(flags >> 2 & 7, "keep")
    transparent = control[3] if flags & 1 else -1
    part = Part(top, left, height, width, 10.0 * delay, disposal, transparent >= 0)
    return GifFrame(part, table, transparent, bool(head[8] & 0x40), (at, end - at))


def _read_application(file: BinaryIO, blocks: GifBlocks) -> list[str]:
    """Read the block of a program; return its name if nobody here knows it."""
    size = exactly(file, 1)[0]
    name = exactly(file, size)
    if name in (LOOPS, _OTHER_LOOPS):
        body = _joined(file)
        count = int.from_bytes(body[1:3], "little")
        blocks.loops = count + 1 if count else 0  # it counts the repetitions
    elif name == XMP and not blocks.xmp:
        start = file.tell()
        _skip(file)
        size = min(file.tell() - start, _MOST_BYTES)
        file.seek(start)
        blocks.xmp = exactly(file, size)[: -len(XMP_END)]
    elif name == ICC and not blocks.icc:
        blocks.icc = _joined(file)
    else:
        _skip(file)
        return [name.decode("latin-1").strip()]
    return []


def _table(file: BinaryIO, flags: int) -> bytes:
    """Return the colors that follow, if any."""
    return exactly(file, 3 << (flags & 7) + 1) if flags & 0x80 else b""


def _joined(file: BinaryIO) -> bytes:
    """Return the bytes of blocks up to the empty one."""
    found = bytearray()
    while (size := exactly(file, 1)[0]) and len(found) < _MOST_BYTES:
        found += exactly(file, size)
    return bytes(found)


def _skip(file: BinaryIO) -> None:
    """Pass over blocks up to the empty one."""
    while size := exactly(file, 1)[0]:
        file.seek(size, 1)

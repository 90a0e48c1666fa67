"""PNM and PAM: the pictures of Netpbm, 1 to 16 bits, binary or as text; PFM with float samples.

Libraries round 16 bits or unusual maxima, and drop comments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageFormatError
from restorer.formats.codec import (
    Header,
    WriterOptions,
    decoding,
    exactly,
    name_trailer,
    not_kept,
)
from restorer.formats.samples import finite
from restorer.image import Bits, Image, Metadata

_HEAD_BYTES = 1 << 16  # more than any header with its comments
_MAX_PICTURES = 1000  # more are not counted
_TEXT_BYTES = 1 << 22  # of numbers that are parsed at once
_BLOCK_BYTES = 1 << 24  # of samples that are read at once
_MAX_DIGITS = 10
_GAP = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_BITS = re.compile(rb"P([14])((?:" + _GAP + rb"\d+){2})[ \t\r\n\v\f]")
_LEVELS = re.compile(rb"P([2356])((?:" + _GAP + rb"\d+){3})[ \t\r\n\v\f]")
_FLOATS = re.compile(rb"P([Ff])\s+(\d+)\s+(\d+)\s+([-+.\deE]+)[ \t\r\n]")
_COMMENT = re.compile(rb"#([^\r\n]*)")


@dataclass(frozen=True)
class _Head:
    """The header of one picture.

    Attributes:
        kind: 1 to 3 are text, 4 to 6 binary: black and white, gray, RGB; 7 is PAM.
        top: The largest sample.
        at: Where the samples start.
        comments: The lines behind ``#``.
    """

    kind: int
    height: int
    width: int
    channels: int
    top: int
    at: int
    comments: tuple[bytes, ...] = ()

    @property
    def bits(self) -> Bits:
        return 16 if self.top > 255 else 8

    @property
    def row_bytes(self) -> int:
        """Size of a binary row."""
        if self.kind == 4:
            return (self.width + 7) // 8
        return self.width * self.channels * self.bits // 8

    @property
    def least_bytes(self) -> int:
        """The least size of the samples: in text, a digit each, and spaces between numbers."""
        count = self.height * self.width * self.channels
        return {1: count, 2: 2 * count - 1, 3: 2 * count - 1}.get(
            self.kind, self.height * self.row_bytes
        )


class NetpbmReader:
    """A PNM or PAM file; comments are kept."""

    def __init__(self, file: BinaryIO, at: int = 0) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._head = head = _read_head(file, at)
        if head.least_bytes > self._size - head.at:
            raise ImageFormatError(
                f"the file is cut short: {self._size - head.at:,} of {head.least_bytes:,} bytes"
                " of pixels"
            )
        name = "PAM" if head.kind == 7 else "PNM"
        self._starts, trailer = self._pictures() if head.kind > 3 and not at else ([at], [])
        pages = len(self._starts)
        self.header = Header(name, head.height, head.width, head.channels, head.bits, pages)
        comment = b"\n".join(head.comments)
        self.metadata = Metadata(blocks={"comment": comment} if comment else {})
        self.notes = not_kept(trailer)

    def open_page(self, number: int) -> NetpbmReader:
        """Return the reader of a picture."""
        return NetpbmReader(self._file, self._starts[number]) if number else self

    def decode(self) -> Image:
        """Decode the first picture; samples are stretched to 8 or 16 bits exactly."""
        head = self._head
        self._file.seek(head.at)
        stored = _text(self._file, head) if head.kind < 4 else _binary(self._file, head)
        notes = self.notes
        if head.kind in (1, 4):
            pixels = np.where(stored, np.uint8(0), np.uint8(255))
        else:
            if np.iinfo(stored.dtype).max > head.top and stored.max() > head.top:
                notes = (*notes, f"samples above the maximum {head.top} of the file were clipped")
            pixels = _stretched(stored, head.top)
        pixels = pixels.reshape(head.height, head.width, head.channels)
        return Image(pixels, self.metadata, notes)

    def _pictures(self) -> tuple[list[int], list[str]]:
        """Return where binary pictures start, and the name of what follows them."""
        head, starts = self._head, [0]
        end = head.at + head.height * head.row_bytes
        while end < self._size and len(starts) < _MAX_PICTURES:
            try:
                head = _read_head(self._file, end)
            except ImageFormatError:
                break
            if head.kind < 4:
                break
            starts.append(end)
            end = head.at + head.height * head.row_bytes
        self._file.seek(end)
        start = self._file.read(8)
        return starts, [name_trailer(start, self._size - end)] if start else []


class PfmReader:
    """A PFM file: linear floats from the bottom up, in either byte order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        found = _FLOATS.match(file.read(_HEAD_BYTES))
        with decoding(ValueError):
            scale = float(found[4]) if found else 0.0
        if not found or not scale or not np.isfinite(scale):
            raise ImageFormatError("the header of the PFM is damaged")
        self._at, self._order = found.end(), "<" if scale < 0 else ">"
        width, height = _number(found[2]), _number(found[3])
        channels = 3 if found[1] == b"F" else 1
        self.header = Header("PFM", height, width, channels, 32)
        self.metadata = Metadata()
        size = file.seek(0, os.SEEK_END) - self._at
        needed = height * width * channels * 4
        if size < needed:
            raise ImageFormatError(f"the file is cut short: {size:,} of {needed:,} bytes of pixels")
        unread = [f"scale of {abs(scale):g}"] if abs(scale) != 1 else []
        file.seek(self._at + needed)
        if start := file.read(8):
            unread.append(name_trailer(start, size - needed))
        self.notes = not_kept(unread)

    def decode(self) -> Image:
        """Decode the pixels; NaN and infinity are replaced with a note."""
        header = self.header
        shape = header.height, header.width, header.channels
        self._file.seek(self._at)
        data = exactly(self._file, 4 * header.height * header.width * header.channels)
        stored = np.frombuffer(data, f"{self._order}f4").reshape(shape)[::-1]
        pixels, notes = finite(stored.astype(np.float32))
        image = Image(np.ascontiguousarray(pixels), self.metadata, (*self.notes, *notes))
        return replace(image, transfer="linear")


def encode(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write gray or RGB of 8 or 16 bits as binary PGM or PPM, with the comments."""
    kind = b"P5" if image.pixels.shape[2] == 1 else b"P6"
    lines, notes = _comment_lines(image)
    file.write(kind + b"\n" + lines)
    file.write(b"%d %d\n%d\n" % (image.width, image.height, (1 << image.bits) - 1))
    file.write(_big_endian(image.pixels))
    return notes


def encode_pam(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write 1 to 4 channels of 8 or 16 bits."""
    channels = image.pixels.shape[2]
    names = {1: b"GRAYSCALE", 2: b"GRAYSCALE_ALPHA", 3: b"RGB", 4: b"RGB_ALPHA"}
    lines, notes = _comment_lines(image)
    file.write(b"P7\n" + lines)
    file.write(b"WIDTH %d\nHEIGHT %d\nDEPTH %d\n" % (image.width, image.height, channels))
    file.write(b"MAXVAL %d\nTUPLTYPE %s\nENDHDR\n" % ((1 << image.bits) - 1, names[channels]))
    file.write(_big_endian(image.pixels))
    return notes


def encode_floats(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write linear gray or RGB in little-endian order."""
    kind = b"Pf" if image.pixels.shape[2] == 1 else b"PF"
    file.write(kind + b"\n%d %d\n-1.0\n" % (image.width, image.height))
    file.write(np.ascontiguousarray(image.pixels[::-1], "<f4").data)
    return ()


def _comment_lines(image: Image) -> tuple[bytes, tuple[str, ...]]:
    """Return the comment as lines of a header, and a note on one that cannot be such."""
    comment = image.metadata.blocks.get("comment", b"")
    if not comment:
        return b"", ()
    lines = b"".join(b"#" + line + b"\n" for line in comment.split(b"\n"))
    if b"\r" in comment or len(lines) > _HEAD_BYTES // 2:
        return b"", not_kept(["comment"])
    return lines, ()


def _big_endian(pixels: Any) -> Any:
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).data


def _read_head(file: BinaryIO, at: int) -> _Head:
    """Read the header of a picture, which may stand behind others and white space."""
    file.seek(at)
    start = file.read(_HEAD_BYTES)
    skipped = len(start) - len(start.lstrip()) if at else 0
    start, at = start[skipped:], at + skipped
    if start.startswith(b"P7\n"):
        return _pam_head(start, at)
    found = _BITS.match(start) or _LEVELS.match(start)
    if not found:
        raise ImageFormatError("the header of the PNM is damaged")
    kind = int(found[1])
    width, height, *tops = (_number(part) for part in _COMMENT.sub(b" ", found[2]).split())
    top = tops[0] if tops else 1
    _check_top(top)
    comments = tuple(_COMMENT.findall(found[2]))
    channels = 3 if kind in (3, 6) else 1
    return _Head(kind, height, width, channels, top, at + found.end(), comments)


def _pam_head(start: bytes, at: int) -> _Head:
    end = start.find(b"\nENDHDR\n")
    if end < 0:
        raise ImageFormatError("the header of the PAM is damaged")
    lines = start[3:end].split(b"\n")
    comments = tuple(line[1:].rstrip(b"\r") for line in lines if line.startswith(b"#"))
    words = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2)
    height, width, channels, top = (
        _number(words.get(key, b"0")) for key in (b"HEIGHT", b"WIDTH", b"DEPTH", b"MAXVAL")
    )
    _check_top(top)
    if not 1 <= channels <= 4:
        raise ImageFormatError(f"PAM of {channels} channels; expected 1 to 4")
    return _Head(7, height, width, channels, top, at + end + 8, comments)


def _number(text: bytes) -> int:
    text = text.strip()
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise ImageFormatError(f"the header states {text[:20]!r} where a number is expected")
    return int(text)


def _check_top(top: int) -> None:
    if not 1 <= top <= 65535:
        raise ImageFormatError(f"the largest sample is {top}; expected 1 to 65535")


def _binary(file: BinaryIO, head: _Head) -> Any:
    """Return the samples of a binary picture, flat."""
    data = _read(file, head.height * head.row_bytes)
    if head.kind == 4:
        rows = data.reshape(head.height, head.row_bytes)
        return np.unpackbits(rows, axis=1)[:, : head.width].ravel()
    return data.view(">u2") if head.bits == 16 else data


def _read(file: BinaryIO, size_bytes: int) -> NDArray[np.uint8]:
    """Read exactly so many bytes, in blocks: to free all at once would hold Python's lock."""
    data = np.empty(size_bytes, np.uint8)
    for start in range(0, size_bytes, _BLOCK_BYTES):
        block = data[start : start + _BLOCK_BYTES]
        block[:] = np.frombuffer(exactly(file, block.size), np.uint8)
    return data


def _text(file: BinaryIO, head: _Head) -> Any:
    """Return the samples of a picture that is written as text, flat."""
    count = head.height * head.width * head.channels
    values, found = np.empty(count, np.uint32), 0
    for part in _words(file):
        if head.kind == 1:
            digits = np.frombuffer(b"".join(part.split()), np.uint8) - ord("0")
            sound = bool((digits <= 1).all())
        else:
            words = part.split()[: count - found]
            sound = all(len(word) <= _MAX_DIGITS and word.isdigit() for word in words)
            digits = np.array(words if sound else [], "S10").astype(np.uint32)
        if not sound:
            raise ImageFormatError("damaged: the samples are not numbers")
        digits = digits[: count - found]
        values[found : found + len(digits)] = digits
        found += len(digits)
        if found == count:
            return values
    raise ImageFormatError(f"the file is cut short: {found:,} of {count:,} samples")


def _words(file: BinaryIO) -> Iterator[bytes]:
    """Yield text without comments, cut between words."""
    rest = b""
    while block := file.read(_TEXT_BYTES):
        text = rest + block
        end = max(text.rfind(b"\n"), text.rfind(b"\r"))
        if end < 0:  # one long line
            end = text.rfind(b" ") if b"#" not in text else -1
        if end < 0 and len(text) > 4 * _TEXT_BYTES:
            raise ImageFormatError("damaged: the samples are not numbers")
        rest = text[end + 1 :]
        yield _COMMENT.sub(b" ", text[: end + 1])
    yield _COMMENT.sub(b" ", rest)


def _stretched(stored: Any, top: int) -> Any:
    """Bring samples of 0 to `top` to 8 or 16 bits, rounded to the nearest."""
    white, kind = (65535, np.uint16) if top > 255 else (255, np.uint8)
    if top == white == np.iinfo(stored.dtype).max:
        return stored.astype(kind, copy=False)
    levels = np.rint(np.arange(top + 1) * white / top).astype(kind)
    return levels[np.minimum(stored, top)]

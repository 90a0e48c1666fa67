"""TGA: palettes, gray and colors of 16 to 32 bits, plain or in runs, from any corner.

Pillow takes 32 bits for transparency whatever the file says; here it undoes the runs only.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as PilImage

from restorer.errors import ImageFormatError
from restorer.formats.codec import PILLOW_ERRORS, Header, decoding, exactly, not_kept
from restorer.formats.samples import straight
from restorer.image import Image, Metadata

_HEAD = struct.Struct("<BBBHHBHHHHBB")
_PALETTE, _COLOR, _GRAY, _RUNS = 1, 2, 3, 8  # image types; that of runs is added
_DEPTHS = {_PALETTE: (8, 16), _COLOR: (15, 16, 24, 32), _GRAY: (8, 16)}
_SIGNATURE = b"TRUEVISION-XFILE."
_FOOTER_BYTES, _EXTENSION_BYTES = 26, 495
_LONGEST_RUN = 128
_ALPHA_TYPE = 494  # place in the extension area
_NO_ALPHA, _PREMULTIPLIED = (0, 1, 2), 4
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # of Pillow, by bytes of a pixel


@dataclass(frozen=True)
class _Head:
    name_bytes: int
    has_palette: int
    kind: int
    palette_start: int
    palette_length: int
    palette_bits: int
    left: int
    bottom: int
    width: int
    height: int
    depth: int
    flags: int

    @property
    def plain_kind(self) -> int:
        return self.kind & ~_RUNS

    @property
    def pixel_bytes(self) -> int:
        return (self.depth + 7) // 8

    @property
    def palette_bytes(self) -> int:
        return self.has_palette * self.palette_length * ((self.palette_bits + 7) // 8)

    @property
    def sound(self) -> bool:
        """Whether all fields are such as the format has; it has no signature at the start."""
        indexed = self.plain_kind == _PALETTE
        return (
            self.has_palette <= 1
            and self.depth in _DEPTHS.get(self.plain_kind, ())
            and not self.kind & ~(_RUNS | 3)
            and (not indexed or (self.has_palette == 1 and self.palette_length > 0))
            and (not self.has_palette or self.palette_bits in (15, 16, 24, 32))
            and not self.flags & 0xC0
            and self.width > 0
            and self.height > 0
        )


def sniff(file: BinaryIO) -> int:
    """Return 1 for a possible header, 2 with the signature at the end of the file."""
    data = file.read(_HEAD.size)
    if len(data) < _HEAD.size or not _Head(*_HEAD.unpack(data)).sound:
        return 0
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _FOOTER_BYTES))
    return 1 + file.read().count(_SIGNATURE)


class TgaReader:
    """A TGA file."""

    metadata = Metadata()

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._head = head = _Head(*_HEAD.unpack(exactly(file, _HEAD.size)))
        extension, unread = _extension(file, self._size)
        stored = head.palette_bits if head.plain_kind == _PALETTE else head.depth
        bits = head.flags & 15
        if head.plain_kind == _PALETTE:  # the attribute bits are those of the palette
            bits = {32: 8, 16: bits}.get(stored, 0)
        self._alpha = bits > 0 and stored in (16, 32)
        if head.plain_kind == _GRAY:
            self._alpha = stored == 16
        self._premultiplied = False
        if extension and self._alpha:
            self._alpha = extension[_ALPHA_TYPE] not in _NO_ALPHA
            self._premultiplied = extension[_ALPHA_TYPE] == _PREMULTIPLIED
        channels = (1 if head.plain_kind == _GRAY else 3) + self._alpha
        self.header = Header("TGA", head.height, head.width, channels)
        self._at = _HEAD.size + head.name_bytes + head.palette_bytes
        needed = head.height * head.width * head.pixel_bytes
        if head.kind & _RUNS:
            needed = -(-head.height * head.width // _LONGEST_RUN) * (1 + head.pixel_bytes)
        if needed > self._size - self._at:
            raise ImageFormatError(
                f"the file is cut short: {self._size - self._at:,} of {needed:,} bytes of pixels"
            )
        file.seek(_HEAD.size)
        if exactly(file, head.name_bytes).strip(b"\0 "):
            unread.insert(0, "image ID")
        self.notes = not_kept(unread)

    def decode(self) -> Image:
        """Decode the pixels; an alpha that hides everything is left out with a note."""
        head, notes = self._head, self.notes
        stored = self._stored()
        if head.plain_kind == _PALETTE:
            stored = self._looked_up(stored)
        pixels = _samples(stored, gray=head.plain_kind == _GRAY, alpha=self._alpha)
        if not head.flags & 0x20:
            pixels = pixels[::-1]
        if head.flags & 0x10:
            pixels = pixels[:, ::-1]
        if self._premultiplied:
            pixels = straight(pixels)
            notes = (*notes, "premultiplied alpha was made straight")
        if self._alpha and not pixels[..., -1].any():
            pixels[..., -1] = 255
            notes = (*notes, "transparency that hides the whole picture was left out")
        return Image(np.ascontiguousarray(pixels), self.metadata, notes)

    def _stored(self) -> Any:
        """Return the bytes of pixels, (H, W, bytes), in the order of the file."""
        head = self._head
        shape = head.height, head.width, head.pixel_bytes
        self._file.seek(self._at)
        if not head.kind & _RUNS:
            data = exactly(self._file, head.height * head.width * head.pixel_bytes)
            return np.frombuffer(data, np.uint8).reshape(shape)
        mode, size = _MODES[head.pixel_bytes], (head.width, head.height)
        with decoding(*PILLOW_ERRORS):
            picture = PilImage.frombytes(
                mode, size, self._file.read(), "tga_rle", mode, 1, 8 * head.pixel_bytes
            )
        return np.array(picture).reshape(shape)

    def _looked_up(self, stored: Any) -> Any:
        """Return the bytes of the palette's colors."""
        head = self._head
        self._file.seek(_HEAD.size + head.name_bytes)
        data = exactly(self._file, head.palette_bytes)
        palette = np.frombuffer(data, np.uint8).reshape(head.palette_length, -1)
        wide = stored.astype(np.int64)
        index = wide[..., 0] + (wide[..., 1] << 8 if head.pixel_bytes == 2 else 0)
        index = index - head.palette_start
        if index.min() < 0 or index.max() >= head.palette_length:
            raise ImageFormatError("damaged: the pixels use colors that the palette does not have")
        return palette[index]


def _samples(stored: Any, *, gray: bool, alpha: bool) -> Any:
    """Return (H, W, C) uint8 from the bytes of pixels."""
    if gray:
        return stored[..., : 1 + alpha]
    if stored.shape[2] > 2:
        return stored[..., [2, 1, 0, 3] if alpha else [2, 1, 0]]
    wide = stored.astype(np.uint16)
    packed = wide[..., 0] | wide[..., 1] << 8
    levels = np.rint(np.arange(32) * (255 / 31)).astype(np.uint8)
    colors = [levels[packed >> shift & 31] for shift in (10, 5, 0)]
    hidden = [(packed >> 15).astype(np.uint8) * np.uint8(255)] if alpha else []
    return np.stack([*colors, *hidden], axis=-1)


def _extension(file: BinaryIO, size: int) -> tuple[bytes, list[str]]:
    """Return the extension area, empty for none, and the names of what is not kept."""
    file.seek(max(0, size - _FOOTER_BYTES))
    footer = file.read()
    if len(footer) < _FOOTER_BYTES or footer[8:25] != _SIGNATURE:
        return b"", []
    at, developer = struct.unpack("<II", footer[:8])
    unread = ["developer area"] if developer else []
    file.seek(at)
    area = file.read(_EXTENSION_BYTES) if at else b""
    if len(area) < _EXTENSION_BYTES:
        return b"", unread
    texts = area[2:478].strip(b"\0 ")
    return area, [*unread, *(["extension area"] if texts else [])]

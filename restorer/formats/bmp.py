"""BMP: 8-bit gray, RGB and RGBA. Pillow reads palettes, runs and 24 bits, this module masks.

Pillow knows few layouts of masked pixels (BITFIELDS) and drops the alpha of 16-bit ones.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import BmpImagePlugin
from PIL import Image as PilImage

from restorer.errors import ImageFormatError
from restorer.formats.codec import (
    PILLOW_ERRORS,
    Header,
    WriterOptions,
    decoding,
    exactly,
    name_trailer,
    not_kept,
)
from restorer.image import Image, Metadata

_METERS = 0.0254  # an inch
_CHANNELS = {"1": 1, "L": 1, "P": 3, "RGB": 3, "RGBA": 4}  # by Pillow's mode
_BITFIELDS = (3, 6)  # compression: masks, masks with alpha


@dataclass(frozen=True)
class _Info:
    pixels_at: int
    height: int
    width: int
    top_down: bool
    depth: int
    masks: tuple[int, ...]  # red, green, blue, alpha; empty where Pillow reads
    metadata: Metadata


class BmpReader:
    """A BMP file; its resolution and an embedded profile are kept."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._info = info = _info(file)
        self._picture: PilImage.Image | None = None
        if info.masks:
            channels = 4 if info.masks[3] else 3
        else:
            file.seek(0)
            with decoding(*PILLOW_ERRORS):
                self._picture = BmpImagePlugin.BmpImageFile(file)
            channels = _CHANNELS[self._picture.mode]
        self.header = Header("BMP", info.height, info.width, channels)
        self.metadata = info.metadata
        self.notes = not_kept(_unread(file, info))

    def decode(self) -> Image:
        """Decode the pixels."""
        picture, info = self._picture, self._info
        if picture is None:
            return Image(_masked(self._file, info), self.metadata, self.notes)
        with decoding(*PILLOW_ERRORS):
            picture.load()
        if picture.mode in "1P":
            picture = picture.convert("L" if picture.mode == "1" else "RGB")
        pixels = np.array(picture)
        pixels = pixels.reshape(info.height, info.width, -1)
        return Image(pixels, self.metadata, self.notes)


def encode(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write (H, W, 1|3) uint8."""
    pixels = image.pixels[..., 0] if image.pixels.shape[2] == 1 else image.pixels
    whole = io.BytesIO()  # Pillow takes a write cut short by a full disk for a whole one
    PilImage.fromarray(pixels).save(whole, "BMP", dpi=image.metadata.dpi or (0, 0))
    file.write(whole.getbuffer())
    return ()


def _info(file: BinaryIO) -> _Info:
    file.seek(10)
    pixels_at = int.from_bytes(exactly(file, 4), "little")
    size = int.from_bytes(exactly(file, 4), "little")
    head = size.to_bytes(4, "little") + exactly(file, size - 4)

    def number(at: int, length: int = 4, *, signed: bool = False) -> int:
        return int.from_bytes(head[at : at + length], "little", signed=signed)

    if size == 12:
        return _Info(pixels_at, number(6, 2), number(4, 2), False, number(10, 2), (), Metadata())
    height, depth, compression = number(8, signed=True), number(14, 2), number(16)
    masks: tuple[int, ...] = ()
    if compression in _BITFIELDS and depth in (16, 32) and size != 64:
        if size == 40:  # the masks follow the header
            head += exactly(file, 16 if compression == 6 else 12)
        masks = tuple(number(at) for at in (40, 44, 48, 52))
    dots = (number(24) * _METERS, number(28) * _METERS)
    metadata = Metadata(icc=_profile(file, head), dpi=dots if all(dots) else None)
    return _Info(pixels_at, abs(height), number(4, signed=True), height < 0, depth, masks, metadata)


def _unread(file: BinaryIO, info: _Info) -> list[str]:
    """Return the names of a linked profile and of data behind the end that the file states."""
    length = file.seek(0, os.SEEK_END)
    file.seek(2)
    end = int.from_bytes(exactly(file, 4), "little")
    file.seek(14)
    size = int.from_bytes(exactly(file, 4), "little")
    unread = []
    file.seek(70)
    if size >= 124 and info.metadata.icc is None and file.read(4) in (b"DEBM", b"KNIL"):
        unread.append("color profile")  # damaged, or in another file: 'MBED', 'LINK'
    file.seek(end)
    if info.pixels_at < end < length:
        unread.append(name_trailer(file.read(8), length - end))
    return unread


def _profile(file: BinaryIO, head: bytes) -> bytes | None:
    """Return the profile embedded behind a version 5 header."""
    if len(head) < 124 or head[56:60] != b"DEBM":  # 'MBED', little-endian
        return None
    at, size = (int.from_bytes(head[i : i + 4], "little") for i in (112, 116))
    length = file.seek(0, os.SEEK_END)
    if not 128 <= size <= length - 14 - at:
        return None
    file.seek(14 + at)
    return exactly(file, size)


def _masked(file: BinaryIO, info: _Info) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Unpack pixels of 16 or 32 bits by their masks and stretch each channel to 8 bits."""
    item = info.depth // 8
    stride = -(-info.width * item // 4) * 4
    file.seek(info.pixels_at)
    rows = np.frombuffer(exactly(file, stride * info.height), np.uint8).reshape(info.height, stride)
    packed = rows[:, : info.width * item].copy().view(f"<u{item}").astype(np.uint32)
    masks = info.masks if info.masks[3] else info.masks[:3]
    planes = [_stretched(packed, mask) for mask in masks]
    pixels = np.stack(planes, axis=-1)
    return np.ascontiguousarray(pixels if info.top_down else pixels[::-1])


def _stretched(
    packed: np.ndarray[tuple[int, ...], np.dtype[np.uint32]], mask: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    if not mask:
        return np.zeros(packed.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    top = mask >> shift
    if top & (top + 1):
        raise ImageFormatError(f"the mask {mask:#010x} of the BMP has gaps")
    levels = ((packed & np.uint32(mask)) >> np.uint32(shift)).astype(np.float64)
    return np.rint(levels * (255 / top)).astype(np.uint8)

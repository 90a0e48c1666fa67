"""GIF: frames of 256 colors, in 8 bits, with pixels that are transparent or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.animation import Animation, FrameReader, shows_through
from restorer.formats.codec import Header, decoding
from restorer.formats.gif.blocks import GifFrame, read_blocks
from restorer.image import Image, Metadata


class GifReader:
    """A GIF file; pictures with gray tables only are gray."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._blocks = blocks = read_blocks(file)
        self._tables = dict[bytes, Any]()
        parts = [frame.part for frame in blocks.frames]
        self._gray = all(_is_gray(table) for table in {frame.table for frame in blocks.frames})
        alpha = shows_through(parts, blocks.height, blocks.width)
        alpha = alpha or blocks.frames[0].transparent >= 0
        channels = (1 if self._gray else 3) + alpha
        self.header = Header("GIF", blocks.height, blocks.width, channels, pages=len(parts))
        kept = {"comment": blocks.comment} if blocks.comment else {}
        self.metadata = Metadata(xmp=blocks.xmp or None, icc=blocks.icc or None, blocks=kept)
        self.notes = blocks.notes
        self._animation = Animation(self.header, parts, blocks.loops, self._part_pixels)

    def open_page(self, number: int) -> FrameReader:
        """Return the reader of a frame."""
        return self._animation.reader(number, self.metadata, () if number else self.notes)

    def decode(self) -> Image:
        """Return the first frame."""
        return replace(self.open_page(0).decode(), metadata=self.metadata)

    def _part_pixels(self, number: int) -> Any:
        """Return the colors of a frame, with alpha where it has a transparent index."""
        frame = self._blocks.frames[number]
        self._file.seek(frame.data[0])
        indices = _indices(frame, self._file.read(frame.data[1]))
        table = np.frombuffer(frame.table.ljust(768, b"\0"), np.uint8).reshape(256, 3)
        pixels = table[indices][..., -1:] if self._gray else table[indices]
        if frame.transparent < 0:
            return pixels
        alpha = np.where(indices == frame.transparent, 0, 255).astype(np.uint8)[..., None]
        return np.concatenate([pixels, alpha], axis=2)


def _indices(frame: GifFrame, data: bytes) -> Any:
    """Return the (H, W) indices of a frame, decoded as if it were the only one of a file."""
    import imagecodecs

    size = frame.part.width.to_bytes(2, "little") + frame.part.height.to_bytes(2, "little")
    place = b"," + bytes(4) + size + bytes([0x40 if frame.interlaced else 0])
    whole = b"".join((b"GIF89a", size, b"\xf7\0\0", bytes(768), place, data, b";"))
    with decoding(imagecodecs.GifError, ValueError):
        indices: Any = imagecodecs.gif_decode(whole, index=0, asrgb=False)
    if indices.shape != (frame.part.height, frame.part.width):
        raise ImageFormatError("damaged: the number of pixels does not match its size")
    return indices


def _is_gray(table: bytes) -> bool:
    colors = np.frombuffer(table, np.uint8).reshape(-1, 3)
    return not np.ptp(colors, axis=1).any()

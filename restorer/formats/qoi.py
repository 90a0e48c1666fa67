"""QOI: 8-bit RGB and RGBA, lossless, through imagecodecs."""

from __future__ import annotations

import os
from typing import BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.codec import Header, WriterOptions, decoding, exactly, name_trailer, not_kept
from restorer.image import Image, Metadata

_HEAD_BYTES, _END = 14, bytes(7) + b"\1"
_LONGEST_RUN = 62  # pixels in a byte
_TRAILER_BYTES = 1 << 16  # in which the end is looked for


class QoiReader:
    """A QOI file."""

    metadata = Metadata()

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        head = exactly(file, _HEAD_BYTES)
        width, height = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
        channels, space = head[12], head[13]
        if channels not in (3, 4) or space > 1:
            raise ImageFormatError(f"QOI of {channels} channels and color space {space}")
        size = file.seek(0, os.SEEK_END)
        if height * width > _LONGEST_RUN * (size - _HEAD_BYTES):
            raise ImageFormatError(f"the file is cut short: {size:,} bytes")
        self.header = Header("QOI", height, width, channels)
        file.seek(max(_HEAD_BYTES, size - _TRAILER_BYTES))
        last = file.read()
        end = last.rfind(_END)
        if end < 0:
            raise ImageFormatError("the file is cut short: its end is missing")
        trailer = last[end + len(_END) :]
        # Encoders set the byte of the color space as they like, for information only.
        linear = ("the file calls its colors linear, but they were treated as sRGB",) * space
        unread = [name_trailer(trailer, len(trailer))] if trailer else []
        self.notes = (*linear, *not_kept(unread))

    def decode(self) -> Image:
        """Decode the pixels."""
        import imagecodecs

        self._file.seek(0)
        data = self._file.read()
        with decoding(imagecodecs.QoiError, ValueError):
            pixels = imagecodecs.qoi_decode(data)
        shape = self.header.height, self.header.width, self.header.channels
        if pixels.shape != shape:
            raise ImageFormatError(f"damaged: pixels of {pixels.shape}, expected {shape}")
        return Image(np.ascontiguousarray(pixels), self.metadata, self.notes)


def encode(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write (H, W, 3|4) uint8."""
    import imagecodecs

    data = bytearray(imagecodecs.qoi_encode(np.ascontiguousarray(image.pixels)))
    data[_HEAD_BYTES - 1] = 0  # sRGB; imagecodecs calls RGBA linear
    file.write(data)
    return ()

"""HEIC: gray and RGB, with and without alpha, of 8 to 16 bits, as phones and cameras write it.

libheif, by pi-heif, decodes the pixels and has no encoder.
"""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

import numpy as np

from restorer.formats.codec import PILLOW_ERRORS, decoding
from restorer.formats.heif.picture import read_picture
from restorer.image import Image


class HeicReader:
    """A HEIC file; a note names the items that are left out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._picture = picture = read_picture(file, b"hvc1")
        self.metadata, self.notes = picture.metadata, picture.notes
        self.header = picture.header("HEIC")

    def decode(self) -> Image:
        """Decode the picture; more than 8 bits are stretched to 16."""
        import pi_heif

        picture = self._picture
        data = picture.alone(self._file, picture.items.brands)
        # IndexError: where libheif finds no picture.
        with decoding(*PILLOW_ERRORS, OSError, RuntimeError, IndexError):
            heif = pi_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
            pixels = np.array(heif)  # a copy, since the samples go with the file object
        return picture.image(pixels)

"""What the headers of a file say before any pixel is decoded, and how a format module answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from restorer.errors import ImageFormatError
from restorer.image import Bits, Image, Metadata


@dataclass(frozen=True)
class Header:
    """Size and kind of a picture, as `read` would return it.

    Attributes:
        format: Name of the format, such as ``PNG``.
        height: Rows.
        width: Columns.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha, after conversion.
        bits: Bits per sample after conversion.
        pages: Pages or frames in the file; only files of one can be read.
    """

    format: str
    height: int
    width: int
    channels: int
    bits: Bits = 8
    pages: int = 1


@dataclass(frozen=True)
class Scan:
    """What a pass over the headers found, as it lies in the file: not yet upright.

    Attributes:
        header: Size and kind of the image.
        metadata: Metadata of the image.
        notes: What reading leaves out.
        found: What the format module needs to decode the file without a second pass.
    """

    header: Header
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    found: Any = None


class Codec(Protocol):
    """The functions that a format module offers.

    They read damaged and hostile files: any exception is allowed and mapped by `formats.read`.
    An `ImageError` raised here carries no path; `formats` puts it in front.
    """

    def accepts(self, start: bytes) -> bool:
        """Whether a file that starts with these 32 bytes is of this format."""

    def scan(self, file: BinaryIO) -> Scan:
        """Read headers and metadata; decode nothing that grows with the picture."""

    def decode(self, file: BinaryIO, scan: Scan) -> Image:
        """Read the pixels; the image carries the scan's metadata and notes, and more notes."""

    def encode(self, image: Image, file: BinaryIO, quality: int) -> tuple[str, ...]:
        """Write an image that the format can hold; return notes of what did not fit.

        `file` is empty, readable, writable and seekable.
        """


def exactly(file: BinaryIO, size_bytes: int) -> bytes:
    """Read exactly so many bytes. Raises ImageFormatError at the end of the file."""
    data = file.read(size_bytes)
    if len(data) < size_bytes:
        raise ImageFormatError("the file is cut short")
    return data

"""The seam between `formats` and the module of one format: readers, writers and their options."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from restorer.errors import ImageError, ImageFormatError
from restorer.image import Bits, Image, Metadata, Pixels
from restorer.sensor.mosaic import Mosaic, Page
from restorer.settings.options import Checked

# What Pillow raises for damaged files, beside OSError.
PILLOW_ERRORS = (SyntaxError, ValueError, EOFError, struct.error)

MOST_PAGES = 100_000  # of a file; more are not counted


@dataclass(frozen=True)
class Header:
    """Size and kind of an image, as `read` would return it.

    Attributes:
        format: Name of the format, such as ``PNG``.
        height: Rows.
        width: Columns.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha, after conversion.
        bits: Bits per sample after conversion.
        pages: Pages or frames in the file, of which `read` gives the first.
    """

    format: str
    height: int
    width: int
    channels: int
    bits: Bits = 8
    pages: int = 1


class RowsError(ImageError):
    """The rows of an image cannot be read without decoding the whole of it."""


class Reader(Protocol):
    """A file of one format, whose headers and metadata have been read, but not the pixels.

    Damaged and hostile files raise ImageFormatError, without a path: `formats` adds it. Any other
    exception but OSError, MemoryError and ImportError is a bug of the reader; see `decoding`.

    Attributes:
        header: Size and kind of the image as it lies in the file, not yet upright.
        metadata: The metadata as they lie in the file.
        notes: What reading leaves out, apart from other pages.
    """

    header: Header
    metadata: Metadata
    notes: tuple[str, ...]

    def decode(self) -> Page:
        """Return the picture, the first one of several, with its metadata and notes."""


class PagedReader(Reader, Protocol):
    """A file of a format that holds several pages or frames; it is the reader of the first."""

    def open_page(self, number: int) -> Reader:
        """Return the reader of a page, from 0 to ``header.pages - 1``.

        Only its headers are read. It may share the state of a decoder with other pages, which are
        cheapest in their order. Raises ImageFormatError where its headers are damaged.
        """


class RowReader(Protocol):
    """The rows of an open file, but for the orientation.

    Attributes:
        first: The first row with metadata and notes, as the reader would give them.
    """

    first: Image

    def read(self, top: int, bottom: int) -> Pixels:
        """Return (bottom - top, W, C) pixels. Raises ImageFormatError where they are damaged."""


@dataclass(frozen=True)
class WriterOptions(Checked):
    """The options of a writer; a format may have none."""


class Writer(Protocol):
    """Writes images that the format can hold."""

    def __call__(self, image: Image, file: BinaryIO, options: Any, /) -> tuple[str, ...]:
        """Write an image; return notes of what did not fit.

        Args:
            image: Depth, channels and metadata are such as the row of the format allows.
            file: Empty, readable, writable and seekable.
            options: The `WriterOptions` of the format.
        """


class PageWriter(Protocol):
    """Writes files of several pages or frames."""

    def __call__(self, pages: Iterator[Image], file: BinaryIO, options: Any, /) -> tuple[str, ...]:
        """Write each page as it comes, at least one; return notes.

        The arguments are those of `Writer`. Raises ImageDataError for frames that do not fit
        together.
        """


class MosaicWriter(Protocol):
    """Writes the samples of a sensor."""

    def __call__(self, mosaic: Mosaic, file: BinaryIO, options: Any, /) -> tuple[str, ...]:
        """Write a file; return notes of what could not be kept, as a `Writer` does."""


class RowWriter(Protocol):
    """Writes images as their rows come."""

    def __call__(
        self, bands: Iterator[Image], size: tuple[int, int], file: BinaryIO, options: Any, /
    ) -> None:
        """Write an image of `size` (height, width) from images of its rows, top to bottom.

        What `file` held is lost, so that a second try may follow a first that raised. All bands
        carry the metadata of the whole image.
        """


@contextmanager
def decoding(*errors: type[Exception]) -> Iterator[None]:
    """Turn the exceptions that a decoder raises for damaged data into ImageFormatError.

    Only the call of the decoder belongs inside, so that bugs of this program pass.
    """
    try:
        yield
    except errors as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ImageFormatError(f"damaged: {reason}") from error


def not_kept(names: Iterable[str]) -> tuple[str, ...]:
    """Return one note that names the parts of a file that no result will have; none without names.

    Readers mark what they understand and name all the rest, so that no loss depends on a list.
    """
    unique = ", ".join(dict.fromkeys(names))
    return (f"not kept: {unique}",) if unique else ()


def others(count: int, noun: str, which: str = "other") -> list[str]:
    """Return a name for `count` parts, ``2 other pages``, to be noted as not kept; none for 0."""
    plural = "" if count == 1 else "s"
    return [f"{count} {which} {noun}{plural}"] if count > 0 else []


def name_trailer(start: bytes, size_bytes: int) -> str:
    """Return the name of data behind the end of an image: ``trailer of 12 kB``."""
    kind = ""
    if start.startswith(b"\xff\xd8"):
        kind = " (JPEG)"
    elif start[4:8] == b"ftyp":
        kind = " (video)"
    size = f"{size_bytes / 1000:,.0f} kB" if size_bytes >= 1000 else f"{size_bytes} bytes"
    return f"trailer of {size}{kind}"


def exactly(file: BinaryIO, size_bytes: int) -> bytes:
    """Read exactly so many bytes. Raises ImageFormatError at the end of the file."""
    data = file.read(size_bytes)
    if len(data) < size_bytes:
        raise ImageFormatError("the file is cut short")
    return data

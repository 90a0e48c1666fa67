"""Open an image file once: scan its headers, then read its pixels as a whole or by rows."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from restorer.errors import ImageError, ImageFormatError, ImageTooLargeError
from restorer.formats import metadata, tiff
from restorer.formats.bands import RowReader, RowsError
from restorer.formats.header import Header, Scan
from restorer.formats.table import Format, recognized
from restorer.image import Image, Pixels

# 134 megapixels: above the largest single-shot cameras (102, 111 and 151 MP backs come in RAW);
# as float32 RGB that is 1.6 GB, and a network needs several times as much.
DEFAULT_MAX_PIXELS = 2**27

_START_BYTES = 32


@dataclass(frozen=True)
class Rows:
    """An image whose rows are read when they are needed.

    Attributes:
        header: Size and kind of the image.
        first: The first row with all metadata and notes, as `formats.read` would give them.
        read: Called with (top, bottom): the pixels of these rows, (bottom - top, W, C), equal to
            those that `formats.read` gives. Raises ImageFormatError where they are damaged.
    """

    header: Header
    first: Image
    read: Callable[[int, int], Pixels]


class ImageFile:
    """An open image file whose headers have been scanned.

    One thread at a time may read from it.

    Attributes:
        path: The file.
        header: Size and kind of the upright image, as `read` gives it.
        metadata: Metadata of the upright image; `read` replaces the color profile where it
            converts colors.
        notes: What the headers say that reading changes or leaves out.
    """

    def __init__(self, path: Path, file: BinaryIO, format: Format, scan: Scan) -> None:
        self.path = path
        self.header = _upright_header(scan)
        self.metadata = metadata.upright_metadata(scan.metadata)
        self.notes = (*_name_notes(path, format), *scan.notes)
        self._file, self._format, self._scan = file, format, scan

    def check(self, max_pixels: int) -> None:
        """Raise ImageTooLargeError above `max_pixels`, ImageFormatError for several pages."""
        with _named_errors(self.path):
            _check_header(self.header, max_pixels)

    def read(self) -> Image:
        """Return the whole image, upright. Raises ImageFormatError where it is damaged."""
        with _named_errors(self.path):
            image = metadata.upright(self._format.codec.decode(self._file, self._scan))
        return self._with_name_note(image)

    def rows(self) -> Rows:
        """Return the rows, readable while the source is open.

        Raises RowsError, which says why the image can be read only as a whole, and
        ImageFormatError where the file is damaged.
        """
        with _named_errors(self.path):
            if self._format.codec is not tiff:
                raise RowsError(f"rows of {self._format.name} files cannot be read alone")
            if metadata.orientation(self._scan.metadata) != 1:
                raise RowsError("is to be turned")
            reader = RowReader(self._file, self._scan)
            first = metadata.upright(reader.first)

        def read(top: int, bottom: int) -> Pixels:
            with _named_errors(self.path):
                return reader.read(top, bottom)

        return Rows(self.header, self._with_name_note(first), read)

    def _with_name_note(self, image: Image) -> Image:
        notes = _name_notes(self.path, self._format)
        return replace(image, notes=(*notes, *image.notes)) if notes else image


@contextmanager
def open_source(
    path: Path | str, *, max_pixels: int | None = DEFAULT_MAX_PIXELS
) -> Iterator[ImageFile]:
    """Open an image file and scan its headers once; the file stays open inside the context.

    Leave the context before replacing the file: Windows refuses to replace an open one.

    Args:
        path: The content of the file, not its suffix, decides how it is read.
        max_pixels: The largest image that may be read; None accepts any size and any number of
            pages, for looking at headers only.

    Raises ImageFormatError for anything but one still image of a known format, and
    ImageTooLargeError above `max_pixels`, before memory is taken. Exceptions of the body pass.
    """
    path = Path(path)
    with _opened(path) as file:
        with _named_errors(path):
            format = recognized(file.read(_START_BYTES), path)
            file.seek(0)
            scan = format.codec.scan(file)
            if scan.header.height < 1 or scan.header.width < 1:
                raise ImageFormatError(f"{scan.header.width} x {scan.header.height} pixels")
            source = ImageFile(path, file, format, scan)
        if max_pixels is not None:
            source.check(max_pixels)
        yield source


def probe(path: Path | str) -> Header:
    """Return size and kind of an image from its headers alone, as `read` would give it.

    Raises ImageFormatError.
    """
    with open_source(path, max_pixels=None) as source:
        return source.header


def check_source(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Header:
    """Return what `probe` does, if the headers hold nothing that `read` would refuse.

    Raises ImageFormatError and ImageTooLargeError.
    """
    with open_source(path, max_pixels=max_pixels) as source:
        return source.header


def read(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Return an image, upright, as gray or RGB with straight alpha if it has any.

    Its metadata are those of the file but for orientation and thumbnail; its notes say what was
    converted or left out. Raises what `open_source` raises, and ImageFormatError where the pixels
    are damaged.
    """
    with open_source(path, max_pixels=max_pixels) as source:
        return source.read()


@contextmanager
def open_rows(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Iterator[Rows]:
    """Give the rows of a file while it is open.

    Raises what `read` raises, and RowsError, which says why an image can be read only as a whole.
    """
    with open_source(path, max_pixels=max_pixels) as source:
        yield source.rows()


def _name_notes(path: Path, format: Format) -> tuple[str, ...]:
    """Return a note where the suffix belongs to another format."""
    if path.suffix.lower() in format.suffixes:
        return ()
    named = f"named {path.suffix}" if path.suffix else "named without a suffix"
    return (f"the file is a {format.name}, though {named}",)


def _upright_header(scan: Scan) -> Header:
    header = scan.header
    if metadata.orientation(scan.metadata) > 4:
        return replace(header, height=header.width, width=header.height)
    return header


def _check_header(header: Header, max_pixels: int) -> None:
    pixels = header.height * header.width
    if pixels > max_pixels:
        streamed = ""
        if header.format == "TIFF":
            streamed = " (from TIFF to TIFF, what is larger than the memory is streamed)"
        raise ImageTooLargeError(
            f"{header.width} x {header.height} = {pixels:,} pixels, above the budget of"
            f" {max_pixels:,}; raise it with --max-pixels{streamed}"
        )
    if header.pages > 1:
        raise ImageFormatError(
            f"has {header.pages} pages or frames; only still pictures can be restored"
        )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open an ordinary file; exceptions of the body pass."""
    with _named_errors(path):
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait forever
            raise ImageFormatError("is a folder" if path.is_dir() else "is not an ordinary file")
        file = path.open("rb")
    with file:
        yield file


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Turn any trouble with a file into an ImageError of its path."""
    try:
        yield
    except ImageError as error:
        raise type(error)(f"{path}: {error}") from error.__cause__
    except OSError as error:
        raise ImageFormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # decoders of damaged files raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ImageFormatError(f"{path}: damaged: {reason}") from error

"""Open an image file once: scan its headers, then read its pixels as a whole or by rows."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from restorer.errors import ImageError, ImageFormatError, ImageTooLargeError, SettingsError
from restorer.formats import metadata
from restorer.formats.codec import Header, PagedReader, Reader, RowsError, not_kept, others
from restorer.formats.color import light
from restorer.formats.files import Times, stream_sha256
from restorer.formats.format import Format
from restorer.formats.raw.plain import PlainMosaic
from restorer.formats.raw.preview import Previewed
from restorer.formats.raw.rendering import plain_picture
from restorer.formats.raw.sidecar import with_sidecar
from restorer.formats.table import FORMATS, format_names, recognize
from restorer.image import Image, Pixels
from restorer.sensor.mosaic import Page

# 134 megapixels: above the largest single-shot cameras (102, 111 and 151 MP backs come in RAW);
# as float32 RGB that is 1.6 GB, and a network needs several times as much.
DEFAULT_MAX_PIXELS = 2**27


@dataclass(frozen=True)
class Rows:
    """An image whose rows are read when they are needed.

    Attributes:
        header: Size and kind of the image.
        first: The first row with all metadata and notes, as `formats.read` would give them.
        read: Called with (top, bottom): the pixels of these rows, (bottom - top, W, C), equal to
            those that `formats.read` gives. Raises ImageFormatError where they are damaged.
        close: Closes the file, after the last row was read.
    """

    header: Header
    first: Image
    read: Callable[[int, int], Pixels]
    close: Callable[[], None]


class ImageFile:
    """An open image file whose headers have been scanned.

    One thread at a time may read from it.

    Attributes:
        path: The file.
        name: The path, with the number of the page for a page of several.
        header: Size and kind of the upright image, as `read` gives it.
        metadata: Metadata of the upright image; `read` replaces the color profile where it
            converts colors.
        notes: What the headers say that reading changes or leaves out.
        times: When the file was read and modified last.
    """

    def __init__(
        self,
        path: Path,
        format: Format,
        reader: Reader,
        times: Times,
        file: BinaryIO,
        page: int | None = None,
    ) -> None:
        self.path = path
        self.name = str(path) if page is None else f"{path}: {format.pages} {page + 1}"
        self.times = times
        self._file = file
        self._sha256 = ""
        self.header = _upright_header(reader)
        self._own_notes = _name_notes(path, format)
        if page is None:
            self._own_notes += not_kept(others(self.header.pages - 1, format.pages))
        else:
            self.header = replace(self.header, pages=1)
        size = reader.header.height, reader.header.width
        self.metadata, notes = metadata.upright_metadata(reader.metadata, size)
        self.notes = (*self._own_notes, *reader.notes, *notes)
        self._format, self._reader = format, reader

    @property
    def page_word(self) -> str:
        """What one of several pictures is called: ``page`` or ``frame``."""
        return self._format.pages or "page"

    @property
    def animated(self) -> bool:
        """Whether it holds the frames of an animation."""
        return self.header.pages > 1 and self._format.pages == "frame"

    @property
    def has_rows(self) -> bool:
        """Whether the format may give rows alone; `rows` tells whether this file does."""
        return bool(self._format.row_reader)

    def close(self) -> None:
        """Close the file early, after which nothing can be read; Windows replaces no open one."""
        self._file.close()

    def sha256(self) -> str:
        """Return the SHA-256 of the file in lower-case hex, read at the first call.

        Raises ImageFormatError.
        """
        if not self._sha256:
            with _named_errors(self.name):
                place = self._file.tell()
                self._file.seek(0)
                self._sha256 = stream_sha256(self._file)
                self._file.seek(place)
        return self._sha256

    def check(self, max_pixels: int) -> None:
        """Raise ImageTooLargeError above `max_pixels`."""
        with _named_errors(self.name):
            _check_header(self.header, max_pixels, streams=self.has_rows)

    def read(self) -> Image:
        """Return the first page, upright. Raises ImageFormatError where it is damaged.

        RAW samples become a picture by interpolation, without a network.
        """
        page = self.read_page()
        return page if isinstance(page, Image) else plain_picture(page)

    def read_page(self) -> Page:
        """Return the first page, upright; RAW samples as they are. Raises like `read`."""
        with _named_errors(self.name):
            with self._format.installed():
                page = self._reader.decode()
            page = metadata.upright(_described(page))
        return replace(page, notes=(*self._own_notes, *page.notes)) if self._own_notes else page

    def page(self, number: int) -> ImageFile:
        """Return one of several pages or frames as if it were a file of its own.

        Its headers are read, and errors name its number; the file stays that of this source. Pages
        are cheapest in their order. Raises ImageFormatError where its headers are damaged.

        Args:
            number: From 0 to ``header.pages - 1``.
        """
        if self.header.pages == 1:
            return self
        with _named_errors(f"{self.name}: {self._format.pages} {number + 1}"):
            paged: PagedReader = self._reader  # type: ignore[assignment]  # says the row
            reader = paged.open_page(number)
            _check_size(reader.header)
        return ImageFile(self.path, self._format, reader, self.times, self._file, number)

    def read_preview(self) -> Image | None:
        """Return the embedded preview of a RAW file, upright; None where there is none."""
        if not isinstance(self._reader, Previewed):
            return None
        with _named_errors(self.name), self._format.installed():
            found = self._reader.preview()
        return None if found is None else metadata.upright(found)

    def rows(self) -> Rows:
        """Return the rows, readable while the source is open.

        Raises RowsError, which says why the image can be read only as a whole, and
        ImageFormatError where the file is damaged.
        """
        with _named_errors(self.name):
            if not self.has_rows:
                raise RowsError(f"rows of {self._format.name} files cannot be read alone")
            if metadata.orientation(self._reader.metadata) != 1:
                raise RowsError("is to be turned")
            reader = self._format.open_rows(self._reader)
            first = metadata.upright(_described(reader.first))

        def read(top: int, bottom: int) -> Pixels:
            with _named_errors(self.name):
                return reader.read(top, bottom)

        first = replace(first, notes=(*self._own_notes, *first.notes))
        return Rows(self.header, first, read, self.close)


@contextmanager
def open_source(
    path: Path | str,
    *,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    file: BinaryIO | None = None,
    plain: PlainMosaic | None = None,
) -> Iterator[ImageFile]:
    """Open an image file and scan its headers once; the file stays open inside the context.

    Leave the context, or close the source, before replacing the file: Windows refuses to replace
    an open one.

    Args:
        path: The content of the file, not its suffix, decides how it is read.
        max_pixels: The largest image that may be read; None accepts any size, for looking at
            headers only.
        file: A seekable file with the content, if `path` is its name only.
        plain: What gray pictures are if they are mosaics. With a size, files of no known kind are
            taken for its samples.

    Raises ImageFormatError for anything but images of a known format, and ImageTooLargeError above
    `max_pixels`, before memory is taken. Exceptions of the body pass.
    """
    path, beside = Path(path), file is None
    opened = _opened(path) if file is None else nullcontext((file, (0, 0)))
    with opened as (file, times):
        with _named_errors(path):
            format, reader = _open(file, path, plain)
            if format.sidecars and beside:
                reader.metadata, notes = with_sidecar(reader.metadata, path)
                reader.notes = (*reader.notes, *notes)
            _check_size(reader.header)
            source = ImageFile(path, format, reader, times, file)
        if max_pixels is not None:
            source.check(max_pixels)
        yield source


def _open(file: BinaryIO, path: Path, plain: PlainMosaic | None) -> tuple[Format, Reader]:
    """Return format and reader of a file."""
    try:
        format = recognize(file, path)
    except ImageFormatError:
        if plain is None or plain.size is None:
            raise
        return plain.open(file, path)
    reader = format.open(file)
    if plain is None or format is FORMATS["raw"]:
        return format, reader
    return plain.of_gray(format, reader)


def probe(path: Path | str) -> Header:
    """Return the size and kind of an image, as `read` would return it, from its headers alone.

    Raises ImageFormatError.

    Examples:
        >>> header = restorer.probe("photo.jpg")
        >>> header.height, header.width, header.bits
        (48, 64, 8)
    """
    with open_source(path, max_pixels=None) as source:
        return source.header


def read(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Read an image, upright, as gray or RGB, with straight alpha if it has any.

    Of several pages or frames, the first is read. The metadata are those of the file, except for
    orientation and thumbnail; the notes say what was converted or left out. Raises what
    `open_source` raises, and ImageFormatError if the pixels are damaged.

    Examples:
        >>> image = restorer.read("photo.jpg")
        >>> image.pixels.shape, image.pixels.dtype
        ((48, 64, 3), dtype('uint8'))
    """
    with open_source(path, max_pixels=max_pixels) as source:
        return source.read()


def read_page(path: Path | str, *, number: int = 0, max_pixels: int = DEFAULT_MAX_PIXELS) -> Page:
    """Read any page of a file, like `read`, but return RAW samples as they are.

    Args:
        path: The file.
        number: The page, from 0; its notes count the others.
        max_pixels: The largest page that is read.

    Raises what `read` raises, and SettingsError if the file has no such page.

    Examples:
        >>> restorer.read_page("photo.jpg").height
        48
    """
    with open_source(path, max_pixels=max_pixels) as source:
        count = source.header.pages
        if not 0 <= number < count:
            raise SettingsError(f"{path}: page {number + 1}: the file has {count}")
        if not number:
            return source.read_page()
        source.page(number).check(max_pixels)
        page = source.page(number).read_page()
        return replace(page, notes=(*not_kept(others(count - 1, source.page_word)), *page.notes))


def embedded_preview(path: Path | str) -> Image | None:
    """Return the picture that a camera stored in a RAW file, upright; None where there is none.

    It is available at once, but differs from what `read_page` returns: cameras sharpen, smooth and
    brighten it, and it may be small. Raises ImageFormatError.

    Examples:
        >>> restorer.embedded_preview("photo.jpg") is None  # of RAW files only
        True
    """
    with open_source(path, max_pixels=None) as source:
        return source.read_preview()


def _described(page: metadata.PageT) -> metadata.PageT:
    found: Any = light.described(page) if isinstance(page, Image) else page
    return found  # type: ignore[no-any-return]  # of the same kind


def _name_notes(path: Path, format: Format) -> tuple[str, ...]:
    """Return a note where the suffix belongs to another format."""
    if path.suffix.lower() in format.suffixes:
        return ()
    named = f"named {path.suffix}" if path.suffix else "named without a suffix"
    return (f"the file is a {format.name}, though {named}",)


def _upright_header(reader: Reader) -> Header:
    header = reader.header
    if metadata.orientation(reader.metadata) > 4:
        return replace(header, height=header.width, width=header.height)
    return header


def _check_size(header: Header) -> None:
    if header.height < 1 or header.width < 1:
        raise ImageFormatError(f"{header.width} x {header.height} pixels")


def _check_header(header: Header, max_pixels: int, *, streams: bool) -> None:
    pixels = header.height * header.width
    if pixels > max_pixels:
        streamed = ""
        if streams:
            targets = format_names(format for format in FORMATS.values() if format.row_writer)
            streamed = (
                f" (from {header.format} to {targets}, what is larger than the memory is streamed)"
            )
        raise ImageTooLargeError(
            f"{header.width} x {header.height} = {pixels:,} pixels, above the budget of"
            f" {max_pixels:,}; raise the setting max-pixels{streamed}"
        )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Times]]:
    """Open an ordinary file, and return its times, too; exceptions of the body pass."""
    with _named_errors(path):
        try:
            mode = path.stat().st_mode
        except ValueError as error:  # a NUL in the name
            raise ImageFormatError(f"cannot be read: {error}") from error
        except FileNotFoundError as error:
            if path.is_symlink():
                raise ImageFormatError("is a link to a file that does not exist") from error
            raise
        if not stat.S_ISREG(mode):  # opening a pipe would wait forever
            raise ImageFormatError("is a folder" if path.is_dir() else "is not an ordinary file")
        file = path.open("rb")
        state = os.fstat(file.fileno())
    with file:
        yield file, (state.st_atime_ns, state.st_mtime_ns)


@contextmanager
def _named_errors(path: Path | str) -> Iterator[None]:
    """Put the path before errors, and name those of disk and memory; bugs pass."""
    try:
        yield
    except ImageError as error:
        raise type(error)(f"{path}: {error}") from error.__cause__
    except MemoryError as error:
        raise ImageTooLargeError(
            f"{path}: does not fit into memory; free some memory, or shrink the picture"
        ) from error
    except OSError as error:
        raise ImageFormatError(f"{path}: cannot be read: {error.strerror or error}") from error

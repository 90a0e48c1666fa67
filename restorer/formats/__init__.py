"""Image files: read any known format into an Image, write an Image to any of them.

The content decides how a file is read, the suffix how one is written. What a format cannot hold is
converted and said in a note; nothing is lost in silence. Another format is a module with the four
functions of `Codec` and a row in FORMATS.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from restorer.errors import ImageError, ImageFormatError, ImageTooLargeError, SettingsError
from restorer.formats import bmp, jpeg, metadata, png, tiff, webp
from restorer.formats.bands import RowReader, RowsError, write_rows
from restorer.formats.capture_info import CaptureInfo, read_capture_info
from restorer.formats.files import Existing, created
from restorer.formats.header import Codec, Header, Scan
from restorer.formats.profiles import profile_name, profile_space
from restorer.image import Image, Pixels

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "FORMATS",
    "SUFFIXES",
    "CaptureInfo",
    "Codec",
    "Existing",
    "Format",
    "Header",
    "Rows",
    "RowsError",
    "check_source",
    "check_target",
    "open_rows",
    "probe",
    "profile_name",
    "read",
    "read_capture_info",
    "write",
    "write_rows",
]

# 134 megapixels: above the largest single-shot cameras (102, 111 and 151 MP backs come in RAW);
# as float32 RGB that is 1.6 GB, and a network needs several times as much.
DEFAULT_MAX_PIXELS = 2**27


@dataclass(frozen=True)
class Format:
    """One kind of file and what it can hold.

    Attributes:
        name: As users know it.
        suffixes: Lower case, with the dot; the first is the usual one.
        bits: Depths, ascending; an image of another depth is written with the next lower one.
        channels: Channel counts, ascending; gray is spread to RGB, alpha composited on white.
        carries: The Metadata fields it keeps.
        max_side: Largest height and width in pixels.
        codec: The module that reads and writes it.
        max_bytes: Largest size of uncompressed pixels.
    """

    name: str
    suffixes: tuple[str, ...]
    bits: tuple[Literal[8, 16, 32], ...]
    channels: tuple[int, ...]
    carries: tuple[str, ...]
    max_side: int
    codec: Codec
    max_bytes: int = 2**62

    @property
    def alpha(self) -> bool:
        """Whether it holds transparency."""
        return 4 in self.channels


@dataclass(frozen=True)
class Rows:
    """A picture whose rows are read when they are needed.

    Attributes:
        header: Its size and kind.
        first: Its first row with all metadata and notes, as `formats.read` would give them.
        read: Called with (top, bottom): the pixels of these rows, (bottom - top, W, C), equal to
            those that `formats.read` gives. Raises ImageFormatError where they are damaged.
    """

    header: Header
    first: Image
    read: Callable[[int, int], Pixels]


_ALL = ("exif", "xmp", "icc", "dpi")
FORMATS = (
    # the JPEG standard ends at 65,535, libjpeg at 65,500
    Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), (8,), (1, 3), _ALL, 65_500, jpeg),
    # libpng reads no more than a million a side unless told to
    Format("PNG", (".png",), (8, 16), (1, 2, 3, 4), _ALL, 1_000_000, png),
    Format("WebP", (".webp",), (8,), (3, 4), ("exif", "xmp", "icc"), 16_383, webp),
    Format("BMP", (".bmp", ".dib"), (8,), (1, 3), ("dpi",), 2**31 - 1, bmp, 2**32 - 2**16),
    Format("TIFF", (".tif", ".tiff"), (8, 16, 32), (1, 2, 3, 4), _ALL, 2**31 - 1, tiff),
)
SUFFIXES = frozenset(suffix for format in FORMATS for suffix in format.suffixes)

_START_BYTES = 32
_WORDS = {"exif": "EXIF", "xmp": "XMP", "icc": "color profile", "dpi": "resolution"}


def probe(path: Path | str) -> Header:
    """Return size and kind of a picture from its headers alone, as `read` would give it.

    Raises ImageFormatError.
    """
    with _scanned(Path(path)) as (_, _, scan):
        return _upright_header(scan)


def read(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Return the picture, upright, as gray or RGB with straight alpha if it has any.

    Its metadata are those of the file but for orientation and thumbnail; its notes tell what was
    converted or left out. Raises ImageFormatError for anything but a whole still picture of a
    known kind, ImageTooLargeError above `max_pixels`, before memory is taken.
    """
    path = Path(path)
    with _scanned(path) as (file, format, scan):
        _check_header(scan.header, max_pixels)
        image = metadata.upright(format.codec.decode(file, scan))
    return _with_name_note(image, path, format)


@contextmanager
def open_rows(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Iterator[Rows]:
    """Give the rows of a TIFF file while it is open.

    Raises what `read` raises, and RowsError, which says why a picture can be read only as a whole.
    """
    path = Path(path)
    with ExitStack() as stack:
        with _named_errors(path):
            file, format, scan = stack.enter_context(_opened(path))
            _check_header(scan.header, max_pixels)
            if format.codec is not tiff:
                raise RowsError(f"rows of {format.name} files cannot be read alone")
            if metadata.orientation(scan.metadata) != 1:
                raise RowsError("the picture is to be turned")
            reader = RowReader(file, scan)
            first = _with_name_note(metadata.upright(reader.first), path, format)

        def rows(top: int, bottom: int) -> Pixels:
            with _named_errors(path):
                return reader.read(top, bottom)

        yield Rows(scan.header, first, rows)


def check_source(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Header:
    """Return what `probe` does, if the headers hold nothing that `read` would refuse.

    Raises ImageFormatError and ImageTooLargeError.
    """
    with _scanned(Path(path)) as (_, _, scan):
        _check_header(scan.header, max_pixels)
        return _upright_header(scan)


def write(
    image: Image,
    path: Path | str,
    *,
    quality: int = 95,
    existing: Existing = "replace",
) -> tuple[str, ...]:
    """Write an image in the format of the path's suffix; return notes of what that cannot hold.

    The file appears whole or not at all, and is on the disk when this returns. Folders are made.

    Args:
        image: Is written with EXIF's sizes set to its own.
        path: Its suffix chooses the format.
        quality: 1..100 for JPEG and WebP; WebP at 100 is lossless.
        existing: What to do when the file exists; "fail" holds against other processes too.

    Raises ImageFormatError for an unknown suffix, ImageTooLargeError above the format's limits,
    ImageWriteError where the disk or the folder refuses.
    """
    if not 1 <= quality <= 100:
        raise SettingsError(f"quality {quality}, expected 1 to 100")
    path = Path(path)
    format = check_target(path, image.height, image.width)
    fitted, notes = _fitted(image, format)
    fitted = replace(
        fitted, metadata=metadata.with_size(fitted.metadata, image.height, image.width)
    )
    with created(path, existing) as file:
        return (*notes, *format.codec.encode(fitted, file, quality))


def check_target(path: Path, height: int, width: int) -> Format:
    """Return the format of the path's suffix, if a picture of this size fits into it.

    Raises ImageFormatError for an unknown suffix, ImageTooLargeError above the format's limits.
    """
    format = next((f for f in FORMATS if path.suffix.lower() in f.suffixes), None)
    if format is None:
        found = f"suffix {path.suffix!r}" if path.suffix else "name without a suffix"
        raise ImageFormatError(f"{path}: {found}; known are {', '.join(_known())}")
    if max(height, width) > format.max_side or height * width * 4 > format.max_bytes:
        limit = f"{format.name} holds at most {format.max_side:,} a side"
        limit += f" and {format.max_bytes // 4:,} pixels" if format.max_bytes < 2**62 else ""
        raise ImageTooLargeError(f"{path}: {width} x {height} pixels, but {limit}; choose TIFF")
    return format


def _with_name_note(image: Image, path: Path, format: Format) -> Image:
    """Add a note where the suffix belongs to another format."""
    if path.suffix.lower() in format.suffixes:
        return image
    named = f"named {path.suffix}" if path.suffix else "named without a suffix"
    return replace(image, notes=(f"the file is a {format.name}, though {named}", *image.notes))


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
def _scanned(path: Path) -> Iterator[tuple[BinaryIO, Format, Scan]]:
    """Open a file and scan its headers; inside, any trouble becomes an ImageError of the path."""
    with _named_errors(path), _opened(path) as found:
        yield found


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Format, Scan]]:
    """Open a file and scan its headers."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        raise ImageFormatError("is a folder" if path.is_dir() else "is no ordinary file")
    with path.open("rb") as file:
        format = _recognized(file, path)
        file.seek(0)
        scan = format.codec.scan(file)
        if scan.header.height < 1 or scan.header.width < 1:
            raise ImageFormatError(f"{scan.header.width} x {scan.header.height} pixels")
        yield file, format, scan


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


def _recognized(file: BinaryIO, path: Path) -> Format:
    start = file.read(_START_BYTES)
    if not start:
        raise ImageFormatError("the file is empty")
    for format in FORMATS:
        if format.codec.accepts(start):
            return format
    suffix = path.suffix.lower()
    what = f"no valid {suffix} file" if suffix in SUFFIXES else "no known kind of image"
    raise ImageFormatError(f"{what}; known are {', '.join(_known())}")


def _known() -> list[str]:
    return [format.suffixes[0] for format in FORMATS]


def _fitted(image: Image, format: Format) -> tuple[Image, tuple[str, ...]]:
    """Bring depth, channels and metadata to what the format holds, with a note for each loss."""
    notes: list[str] = []
    if image.has_alpha and not format.alpha:
        image = _on_white(image)
        notes.append(f"{format.name} holds no transparency; it was laid on white")
    if image.pixels.shape[2] < format.channels[0]:
        image, profile_notes = _spread(image)
        notes += profile_notes
    if image.bits not in format.bits:
        notes.append(_depth_note(image, format))
        bits = max(bits for bits in format.bits if bits < image.bits)
        image = image.with_float(image.to_float(), bits=bits)
    lost = [name for name in _ALL if name not in format.carries and getattr(image.metadata, name)]
    if lost:
        words = ", ".join(_WORDS[name] for name in lost)
        notes.append(f"{format.name} holds no {words}; left out")
        image = replace(image, metadata=replace(image.metadata, **dict.fromkeys(lost)))
    return image, tuple(notes)


def _on_white(image: Image) -> Image:
    values = image.to_float()
    alpha = values[..., -1:]
    return image.with_float(values[..., :-1] * alpha + (1 - alpha))


def _spread(image: Image) -> tuple[Image, list[str]]:
    """Gray as RGB; a gray profile does not fit these pixels any more."""
    gray, alpha = image.pixels[..., :1], image.pixels[..., 1:]
    pixels = np.concatenate([gray, gray, gray, alpha], axis=-1)
    image = replace(image, pixels=pixels)
    if profile_space(image.metadata.icc) != "GRAY":
        return image, []
    note = "the gray color profile does not fit RGB pixels; left out"
    return replace(image, metadata=replace(image.metadata, icc=None)), [note]


def _depth_note(image: Image, format: Format) -> str:
    deepest = format.bits[-1]
    if image.bits == 16:
        return f"{format.name} holds no more than {deepest} bits; 16 bits were rounded"
    outside = bool((image.pixels < 0).any() or (image.pixels > 1).any())
    clipped = " and clipped to 0..1" if outside else ""
    return f"{format.name} holds no floats; values were rounded to {deepest} bits{clipped}"

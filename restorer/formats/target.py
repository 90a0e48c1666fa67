"""Check a target before the work, and write an image in the format of its suffix."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from restorer.errors import (
    ImageDataError,
    ImageFormatError,
    ImageTooLargeError,
    ImageWriteError,
    SettingsError,
)
from restorer.formats import history, metadata
from restorer.formats.codec import WriterOptions
from restorer.formats.files import Existing, Times, created
from restorer.formats.fitting import prepared, prepared_mosaic, split_account, with_fitting_profile
from restorer.formats.format import Format
from restorer.formats.table import FORMATS, format_names, writable_format
from restorer.image import Image
from restorer.sensor.mosaic import Mosaic, Page
from restorer.settings import ProvenancePlace

_MAX_NAME_BYTES = 255  # the limit of a file name on Windows and where the system names none


def write(
    image: Page,
    path: Path | str,
    options: WriterOptions | None = None,
    *,
    existing: Existing = "replace",
    times: Times | None = None,
    provenance: ProvenancePlace = "embed",
) -> tuple[str, ...]:
    """Write an image in the format of the path's suffix; return notes of what that cannot hold.

    The file appears whole or not at all, and is on the disk when this returns. Missing folders are
    made.

    Args:
        image: The image, or the samples of a sensor, which a DNG holds; sizes that its EXIF block
            states are set to its own.
        path: The target; its suffix chooses the format.
        options: What `writer_options` returns for this path; None takes the defaults.
        existing: What to do when the file already exists; "fail" holds against other processes too.
        times: Access and modification time of the file in nanoseconds; None for now.
        provenance: Where the account of a restoration goes: into the file (``embed``; into a
            sidecar where the format has no XMP), into a ``sidecar``, or nowhere (``none``).

    Raises ImageFormatError for an unknown suffix and for samples of a sensor where the format holds
    none, ImageTooLargeError above the format's limits, ImageWriteError where the disk or the folder
    refuses.

    Examples:
        >>> image = restorer.read("noisy.png")
        >>> restorer.write(image, "copy.tif")  # nothing is lost, so there are no notes
        ()
        >>> restorer.write(image, "copy.jpg", restorer.writer_options("copy.jpg", quality=90))
        ()
    """
    path = Path(path)
    if not hasattr(image, "metadata"):  # an array, as users try
        kind = type(image).__name__
        raise ImageDataError(f"{path}: {kind}, expected an Image; Image(pixels) is one of an array")
    format = check_target(path, image.height, image.width)
    options = checked_options(format, options)
    if isinstance(image, Mosaic):
        fitted, notes, account = prepared_mosaic(image, path, format, provenance)
        with created(path, existing, times, rescue=True) as file, format.installed():
            notes += format.load_mosaic_writer()(fitted, file, options)
    else:
        writer = format.load_writer()
        prepared_image, notes, account = prepared(image, format, provenance)
        with created(path, existing, times, rescue=True) as file, format.installed():
            notes += writer(prepared_image, file, options)
    return (*notes, history.write_sidecar(account, path)) if account else notes


def write_rows(
    bands: Iterator[Image],
    size: tuple[int, int],
    file: BinaryIO,
    path: Path | str,
    options: WriterOptions | None = None,
    provenance: ProvenancePlace = "embed",
) -> tuple[tuple[str, ...], bytes]:
    """Write an image of `size` (height, width) as its rows come; see `RowWriter`.

    Returns notes of what the format cannot hold of the colors and what does not fit the size, and
    the account for `write_sidecar`, which is empty where there is none to write.

    Args:
        bands: Images of rows, from top to bottom, with the metadata of the whole.
        size: The size of the whole.
        file: Readable, writable and seekable; what it held is lost.
        path: Its suffix chooses the format, which must have a row writer.
        options: What `writer_options` returns for this path; None takes the defaults.
        provenance: As for `write`.
    """
    format = writable_format(Path(path))
    account, first = split_account(next(bands), format, provenance)
    first, notes = with_fitting_profile(first, format)
    fitted = chain([first], (with_fitting_profile(band, format)[0] for band in bands))
    format.load_row_writer()(fitted, size, file, checked_options(format, options))
    return (*notes, *metadata.with_size(first.metadata, *size)[1]), account


def writer_options(path: Path | str, **values: Any) -> WriterOptions:
    """Return the options of the writer for a path.

    Args:
        path: Its suffix chooses the format.
        values: Options by name, such as `quality`; those that the format does not have are ignored.

    Raises ImageFormatError for an unknown suffix, SettingsError for a value out of range.

    Examples:
        >>> options = restorer.writer_options("copy.jpg", quality=90)
        >>> restorer.write(restorer.read("photo.jpg"), "copy.jpg", options)
        ()
    """
    return writable_format(Path(path)).writer_options(**values)


def check_target(path: Path, height: int, width: int) -> Format:
    """Return the format of the path's suffix, if an image of this size fits into it.

    Raises ImageFormatError for an unknown suffix and where the writer is not installed,
    ImageTooLargeError above the format's limits.
    """
    format = writable_format(path)
    try:
        format.load_writer()
    except ImageFormatError as error:
        raise ImageFormatError(f"{path}: {error}") from error
    if not _holds(format, height, width):
        limit = f"{format.name} holds at most {format.max_side:,} a side"
        limit += f" and {format.max_bytes // 4:,} pixels" if format.max_bytes < 2**62 else ""
        larger = [f for f in FORMATS.values() if f.row_writer and _holds(f, height, width)]
        remedy = f"; choose {format_names(larger)}" if larger else ""
        raise ImageTooLargeError(f"{path}: {width} x {height} pixels, but {limit}{remedy}")
    return format


def check_creatable(path: Path, size_bytes: int = 0) -> None:
    """Raise ImageWriteError where a file of this size cannot be created; create nothing.

    Folders that are missing count as creatable. Another process may still change the answer.

    Args:
        path: The target.
        size_bytes: The estimated size of the file; the disk must have as much free space.
    """
    try:
        folder, names = path.parent, [path.name]
        while not os.path.lexists(folder) and folder != folder.parent:
            folder, names = folder.parent, [folder.name, *names]
        if not folder.is_dir():
            raise ImageWriteError(f"{path}: {folder} is not a folder; choose another folder")
        _check_names(path, folder, names)
        if path.is_dir():
            raise ImageWriteError(f"{path}: is a folder; choose a file name")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ImageWriteError(
                f"{path}: no permission to write in {folder}; choose another folder"
            )
        free = shutil.disk_usage(folder).free
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageWriteError(f"{path}: cannot be written: {reason}") from error
    if free < size_bytes:
        raise ImageWriteError(
            f"{path}: needs about {_megabytes(size_bytes)} MB, but the disk has"
            f" {_megabytes(free)} MB free; free some space or choose another folder"
        )


def _megabytes(size_bytes: int) -> str:
    """Return a size in megabytes, with a decimal if there are few."""
    return f"{size_bytes / 1e6:,.{0 if size_bytes >= 1e7 else 1}f}"


def _holds(format: Format, height: int, width: int) -> bool:
    """Whether an image of this size fits into a format."""
    return max(height, width) <= format.max_side and height * width * 4 <= format.max_bytes


def checked_options(format: Format, options: WriterOptions | None) -> WriterOptions:
    """Return the options, or the defaults. Raises SettingsError for those of another format."""
    usual = format.writer_options()
    if options is None:
        return usual
    if type(options) is not type(usual):
        raise SettingsError(
            f"{type(options).__name__} are not the options of {format.name} files, which are"
            f" {type(usual).__name__}"
        )
    return options


def _check_names(path: Path, folder: Path, names: list[str]) -> None:
    """Raise ImageWriteError if a name that is to be created in a folder is too long."""
    limit = _MAX_NAME_BYTES
    if hasattr(os, "pathconf"):
        limit = os.pathconf(folder, "PC_NAME_MAX")
    for name in names:
        if "\0" in name:
            raise ImageWriteError(f"{path}: cannot be written: the name contains a NUL character")
        length = len(name) if os.name == "nt" else len(os.fsencode(name))
        if length > limit:
            raise ImageWriteError(
                f"{path}: a name of {length} bytes, but the disk takes at most {limit};"
                " choose a shorter name"
            )

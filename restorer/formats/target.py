"""Check a target before the work, and write an image in the format of its suffix."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import (
    ImageDataError,
    ImageFormatError,
    ImageTooLargeError,
    ImageWriteError,
    SettingsError,
)
from restorer.formats import history, metadata, texts, xmp
from restorer.formats.codec import WriterOptions, not_kept
from restorer.formats.color import light
from restorer.formats.color.profiles import (
    compare,
    profile_space,
    source_profile,
    srgb_linear_profile,
    srgb_profile,
    with_profile,
)
from restorer.formats.exif import thumbnail
from restorer.formats.files import Existing, Times, created
from restorer.formats.format import Format
from restorer.formats.jpeg import gain_map
from restorer.formats.metadata import PageT
from restorer.formats.table import FORMATS, format_names, writable_format
from restorer.formats.tiff import stacks
from restorer.image import FloatArray, Image, Metadata
from restorer.sensor.mosaic import Mosaic, Page
from restorer.settings import ProvenancePlace

_WORDS = {
    **{"exif": "EXIF", "xmp": "XMP", "icc": "color profile", "dpi": "resolution"},
    "frame": "times of frames",
}
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
        existing: What to do when the file exists; "fail" holds against other processes too.
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
        fitted, notes, account = _prepared_mosaic(image, path, format, provenance)
        with created(path, existing, times, rescue=True) as file, format.installed():
            notes += format.load_mosaic_writer()(fitted, file, options)
    else:
        writer = format.load_writer()
        prepared_image, notes, account = prepared(image, format, provenance)
        with created(path, existing, times, rescue=True) as file, format.installed():
            notes += writer(prepared_image, file, options)
    return (*notes, history.write_sidecar(account, path)) if account else notes


def prepared(
    image: Image, format: Format, provenance: ProvenancePlace, *, pages: bool = False
) -> tuple[Image, tuple[str, ...], bytes]:
    """Return an image as a writer of a format takes it, notes, and the account for a sidecar.

    Args:
        image: The image.
        format: The format.
        provenance: As for `write`.
        pages: Whether it is one of several pages or frames.
    """
    lone: tuple[str, ...] = ()
    if not pages:
        kept, lone = stacks.without(replace(image.metadata, frame=None))
        image = replace(image, metadata=kept)
    account, image = _account(image, format, provenance)
    fitted, notes = _fitted(image, format)
    sized, size_notes = metadata.with_size(fitted.metadata, image.height, image.width)
    fitted, lost = _with_thumbnail(replace(fitted, metadata=sized))
    return fitted, (*lone, *notes, *size_notes, *not_kept(lost)), account


def _prepared_mosaic(
    mosaic: Mosaic, path: Path, format: Format, provenance: ProvenancePlace
) -> tuple[Mosaic, tuple[str, ...], bytes]:
    """Return samples as a writer takes them, notes, and the account for a sidecar."""
    if not format.mosaic_writer:
        able = format_names([each for each in FORMATS.values() if each.mosaic_writer])
        raise ImageFormatError(
            f"{path}: {format.name} holds no samples of a sensor; choose {able},"
            " or demosaic them first"
        )
    account, mosaic = _account(mosaic, format, provenance)
    kept, notes = metadata.with_size(mosaic.metadata, mosaic.height, mosaic.width)
    blocks = {name: block for name, block in kept.blocks.items() if name != thumbnail.BLOCK}
    kept, lost = _carried(replace(kept, icc=None, frame=None, blocks=blocks), format)
    notes += (f"{format.name} holds no {', '.join(lost)}; left out",) if lost else ()
    return replace(mosaic, metadata=kept), notes, account


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
    account, first = _account(next(bands), format, provenance)
    first, notes = _described(first, format)
    described = chain([first], (_described(band, format)[0] for band in bands))
    format.load_row_writer()(described, size, file, checked_options(format, options))
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
            f"{path}: needs about {size_bytes / 1e6:,.0f} MB, but the disk has"
            f" {free / 1e6:,.0f} MB free; free some space or choose another folder"
        )


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
            raise ImageWriteError(f"{path}: cannot be written: the name holds a NUL character")
        length = len(name) if os.name == "nt" else len(os.fsencode(name))
        if length > limit:
            raise ImageWriteError(
                f"{path}: a name of {length} bytes, but the disk takes at most {limit};"
                " choose a shorter name"
            )


def _account(image: PageT, format: Format, place: ProvenancePlace) -> tuple[bytes, PageT]:
    """Return the account for a sidecar, empty for none, and the image without a block of it."""
    kept, account = image.metadata, image.metadata.blocks.get(history.BLOCK, b"")
    if not account:
        return b"", image
    held = history.embedded(kept) if place == "embed" and "xmp" in format.carries else None
    if held is not None or place == "none":
        account = b""
    stripped: Any = replace(image, metadata=held or history.without(kept))
    return account, stripped


def _fitted(image: Image, format: Format) -> tuple[Image, tuple[str, ...]]:
    """Bring colors, depth, channels and metadata to what the format holds; note each loss."""
    before = len(image.notes)
    if format.linear:
        image = light.to_linear(image)
    elif image.bits == 32 and 32 not in format.bits:
        image = light.displayed(image)
    image, notes = _described(image, format)
    notes = [*image.notes[before:], *notes]
    if image.has_alpha and not format.alpha:
        image = _on_white(image)
        notes.append(f"{format.name} holds no transparency; it was laid on white")
    if image.pixels.shape[2] < format.channels[0]:
        gray, alpha = image.pixels[..., :1], image.pixels[..., 1:]
        image = replace(image, pixels=np.concatenate([gray, gray, gray, alpha], axis=-1))
    if image.bits < format.bits[0]:
        image = image.with_float(image.to_float(), bits=format.bits[0])
    elif image.bits not in format.bits:
        values, white = image.to_float(), image.white
        values[..., : image.pixels.shape[2] - image.has_alpha] /= np.float32(white)
        notes.append(_depth_note(values, white, image, format))
        bits = max(bits for bits in format.bits if bits < image.bits)
        image = image.with_float(values, bits=bits)
    kept = image.metadata
    if "exif" in format.carries and not format.holds_block("text"):
        kept, moved = texts.as_exif(kept)
        notes += moved
    kept, lost = _carried(kept, format)
    if lost:
        notes.append(f"{format.name} holds no {', '.join(lost)}; left out")
    return replace(image, metadata=kept), tuple(notes)


def _described(image: Image, format: Format) -> tuple[Image, list[str]]:
    """Convert an image to sRGB whose profile cannot be written, and say why.

    A profile that does not describe the written pixels, such as that of another color space, is
    left out.
    """
    if image.is_linear and not image.metadata.icc and not format.linear:
        image = light.with_linear_profile(image)
    if not image.metadata.icc:
        return image, []
    space = profile_space(image.metadata.icc)
    written = "gray" if image.pixels.shape[2] <= 2 and format.channels[0] <= 2 else "RGB"
    fits = space.upper() == written.upper()
    if fits and "icc" in format.carries:
        return image, []
    if fits:
        reason, loss = f"{format.name} holds no color profile", []
    else:
        name = "gray" if space == "GRAY" else space if space.isalnum() else "damaged"
        reason = f"the {name} color profile does not fit {written} pixels"
        loss = [f"{reason}; left out"]
    own, kind = source_profile(image)
    plain = srgb_linear_profile() if format.linear else srgb_profile()
    if compare(own, plain, kind) == "different":
        converted = with_profile(image, plain)
        loss = [*converted.notes[len(image.notes) :]]
        image = converted
        loss += [f"{reason}; the colors were converted to sRGB"]
    if loss:
        image = replace(image, metadata=replace(image.metadata, icc=None))
    return image, loss


def _carried(kept: Metadata, format: Format) -> tuple[Metadata, list[str]]:
    """Return the metadata that a format holds, and the names of all others."""
    lost: list[str] = []
    if xmp.EXTENDED in kept.blocks and not format.holds_block(xmp.EXTENDED):
        kept = xmp.join_extension(kept)
    if gain_map.BLOCK in kept.blocks and not format.holds_block(gain_map.BLOCK):
        kept, lost = metadata.without_gain_map(kept)[0], [gain_map.BLOCK]
    if "dpi" not in format.carries and "exif" in format.carries and kept.dpi:
        kept = _with_stated_resolution(kept, kept.dpi)
    fields = [name for name in _WORDS if name not in format.carries and getattr(kept, name)]
    blocks = [name for name in kept.blocks if not format.holds_block(name)]
    left = {name: block for name, block in kept.blocks.items() if name not in blocks}
    names = [*(_WORDS[name] for name in fields), *blocks, *lost]
    return replace(kept, **dict.fromkeys(fields), blocks=left), names


def _with_stated_resolution(kept: Metadata, dpi: tuple[float, float]) -> Metadata:
    """Return the metadata with a resolution that EXIF alone states, unless that is damaged."""
    found = metadata.resolution(kept.exif)
    if found is not None and np.allclose(found, dpi, atol=0.5):
        return replace(kept, dpi=None)
    exif = metadata.with_resolution(kept.exif, dpi)
    return replace(kept, exif=exif, dpi=None) if exif else kept


def _with_thumbnail(image: Image) -> tuple[Image, list[str]]:
    """Return the image with a thumbnail of itself in EXIF where the source had one."""
    kept = image.metadata
    if thumbnail.BLOCK not in kept.blocks:
        return image, []
    blocks = {name: block for name, block in kept.blocks.items() if name != thumbnail.BLOCK}
    small = with_profile(thumbnail.sampled(image), srgb_profile())  # viewers expect sRGB
    picture = thumbnail.compressed(_on_white(small) if small.has_alpha else small)
    exif = kept.exif and thumbnail.attached(kept.exif, picture)
    lost = [] if exif else [thumbnail.BLOCK]
    return replace(image, metadata=replace(kept, exif=exif or kept.exif, blocks=blocks)), lost


def _on_white(image: Image) -> Image:
    values = image.to_float()
    alpha = values[..., -1:]
    return image.with_float(values[..., :-1] * alpha + (1 - alpha))


def _depth_note(values: FloatArray, white: float, image: Image, format: Format) -> str:
    deepest = format.bits[-1]
    if image.bits == 16:
        return f"{format.name} holds no more than {deepest} bits; 16 bits were rounded"
    scaled = f"divided by {white:.4g}, " if white != 1 else ""
    outside = bool((values < 0).any() or (values > 1).any())
    clipped = " and clipped to 0..1" if outside else ""
    return f"{format.name} holds no floats; values were {scaled}rounded to {deepest} bits{clipped}"

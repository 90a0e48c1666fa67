"""Opening: reads pictures for the window, in the threads of workers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

import restorer  # attributes load torch at first use, not when the window opens
from restorer import (
    DEFAULT_MAX_PIXELS,
    FORMATS,
    READABLE,
    Image,
    ImageError,
    ImageFormatError,
    Mosaic,
    probe,
    read,
    read_page,
    write,
)

from . import rendering
from .choices import Choices, usual_choices
from .convert import from_clipboard, pyramid
from .documents import Document
from .pictures import CameraPreview, LoadedResult, OpenPicture

if TYPE_CHECKING:
    from restorer import FileHash, Source


def find_pictures(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files, and the readable files below the folders, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            known = (n for n in sorted(names) if Path(n).suffix.lower() in READABLE)
            found.update((Path(folder, name), None) for name in known)
    return tuple(found)


def open_preview(path: Path, screen: bytes | None) -> CameraPreview | None:
    """Read the preview in a RAW file; None where there is none, or where the file is damaged."""
    try:
        preview = restorer.embedded_preview(path)
    except ImageError:  # opening the file will say so
        return None
    if preview is None:
        return None
    shown = pyramid(rendering.screen_pixels(preview, screen))
    return CameraPreview(path.name, shown)


def open_file(
    path: Path,
    choices: Choices,
    screen: bytes | None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    number: int = 0,
) -> OpenPicture:
    """Read a picture, or one of several pages; camera RAW gets the chosen colors.

    Raises ImageError.
    """
    page = read_page(path, number=number, max_pixels=max_pixels)
    opened = _opened(path, path.name, page, choices, screen)
    if isinstance(page, Mosaic):
        return opened
    header = probe(path)
    word = next(each.pages for each in FORMATS.values() if each.name == header.format)
    return replace(opened, page=number, pages=header.pages, animated=word == "frame")


def develop(opened: OpenPicture, choices: Choices, screen: bytes | None) -> OpenPicture:
    """Return camera RAW with the chosen colors; other pictures stay as they are.

    A gray picture becomes RAW samples, or a picture again. Raises ImageError for senseless levels.
    """
    page = opened.gray or opened.mosaic
    if page is None or opened.development == choices.development:
        return opened
    made = _of_page(opened.path, opened.name, page, opened.source.file, choices, screen)
    return replace(made, page=opened.page, pages=opened.pages, animated=opened.animated)


def large_size(path: Path, max_pixels: int) -> tuple[float, float] | None:
    """Return megapixels and gigabytes of a picture above a limit; None below. Raises ImageError."""
    header = probe(path)
    pixels = header.height * header.width
    if pixels <= max_pixels:
        return None
    # The pixels themselves, and a pyramid of 4 bytes a pixel whose levels shrink by half.
    return pixels / 1e6, pixels * (header.channels * header.bits / 8 + 4 * 4 / 3) / 1e9


def open_copied(image: QImage, name: str, file: Path, screen: bytes | None) -> OpenPicture:
    """Open a picture that another program has copied, and keep it in a file. Raises ImageError."""
    copied = from_clipboard(image)
    write(copied, file)
    return _opened(None, name, copied, usual_choices(), screen)


def open_document(
    document: Document, recipe: Choices, screen: bytes | None, max_pixels: int
) -> OpenPicture:
    """Open the picture of a document. Raises ImageError."""
    if document.path is None:
        return _opened(None, document.name, read(document.file), usual_choices(), screen)
    return open_file(document.path, recipe, screen, max_pixels, document.page)


def open_pair(
    source: Path, target: Path, choices: Choices, screen: bytes | None
) -> tuple[OpenPicture, LoadedResult]:
    """Read a picture and its result. Raises ImageError, also if their sizes do not match."""
    opened, image = open_file(source, choices, screen), read(target)
    scale = image.width // opened.size[0]
    if (image.width, image.height) != tuple(n * scale for n in opened.size) or scale < 1:
        raise ImageFormatError(
            f"{target}: {image.width} x {image.height} pixels is not a multiple of the original's"
            f" {opened.size[0]} x {opened.size[1]}"
        )
    return opened, LoadedResult(image, rendering.shown(image, opened.source, screen), scale)


def source_of(page: Image | Mosaic, choices: Choices, file: FileHash | None = None) -> Source:
    """Return a page as the core takes it; a gray picture may hold the samples of a sensor."""
    if isinstance(page, Image) and page.pixels.shape[2] == 1:
        page = restorer.as_mosaic(page, choices.settings)
    choices = choices.for_kind(raw=isinstance(page, Mosaic))
    return restorer.Source(page, file, choices.settings, camera_colors=choices.camera_colors)


def _opened(
    path: Path | None, name: str, page: Image | Mosaic, choices: Choices, screen: bytes | None
) -> OpenPicture:
    file = None if path is None else restorer.FileHash.of(path)
    return _of_page(path, name, page, file, choices, screen)


def _of_page(
    path: Path | None,
    name: str,
    page: Image | Mosaic,
    file: FileHash | None,
    choices: Choices,
    screen: bytes | None,
) -> OpenPicture:
    gray = page if isinstance(page, Image) and page.pixels.shape[2] == 1 else None
    page = page if gray is None else restorer.as_mosaic(gray, choices.settings)
    mosaic = page if isinstance(page, Mosaic) else None
    choices = choices.for_kind(raw=mosaic is not None)
    picture = source_of(page, choices, file)
    shown = rendering.shown(picture.plain, picture, screen)
    return OpenPicture(path, name, picture, shown, mosaic, choices.development, gray=gray)

"""Results: reads, finishes and writes them, in the threads of workers."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import restorer  # attributes load torch at first use, not when the window opens
from restorer import CancelToken, Image, ImageError, read_page, write, writer_options

from . import rendering
from .choices import Choices
from .documents import Document, Kept, Restoration
from .opening import open_document, source_of
from .pictures import LoadedResult, OpenPicture
from .shelf import Shelf
from .worker import Request

if TYPE_CHECKING:
    from restorer import Source


@dataclass(frozen=True, eq=False)
class FinishedResult:
    """A picture with a result, for those who save it elsewhere or in another form.

    Attributes:
        id: That of its document.
        source: The file; None for a picture from the clipboard.
        name: Name for titles.
        page: Number of the page, from 0.
        pages: Number of pages of the file.
        recipe: What made the result; see `save`.
        size: (width, height) of the original.
    """

    id: int
    source: Path | None
    name: str
    page: int
    pages: int
    recipe: Choices
    size: tuple[int, int]
    _document: Document
    _shelf: Shelf

    def final(self) -> Image:
        """Return the pixels to save; takes time. Raises RestorerError, OSError."""
        return final_of(self._document, self._shelf)

    def original(self) -> Image:
        """Return the original; takes time. Raises ImageError."""
        return _opened_source(self._document).plain


def open_all(
    document: Document, shelf: Shelf, screen: bytes | None, max_pixels: int
) -> tuple[OpenPicture, Restoration | ImageError | None]:
    """Open the picture of a document, and its result if that is on the disk. Raises ImageError.

    The error of a result that cannot be read takes its place.
    """
    opened = open_document(document, document.recipe, screen, max_pixels)
    if document.kept is None or document.restoration is not None:
        return opened, document.restoration
    try:
        result = open_result(document.kept, shelf, opened.source, document.recipe, screen)
    except ImageError as error:
        return opened, error
    return opened, result


def open_result(
    kept: Kept, shelf: Shelf, picture: Source, recipe: Choices, screen: bytes | None
) -> Restoration:
    """Read a result that is on the disk. Raises ImageError where it is not there.

    A result of other choices gets their full effect.
    """
    image = shelf.load(kept)
    finished = recipe if recipe.for_networks() == kept.choices else kept.choices
    final = rendering.finish(picture, image, finished, CancelToken())
    shown = rendering.shown(final, picture, screen)
    return Restoration(image, final, shown, kept.choices, finished.finish, kept.seconds, None)


def final_of(document: Document, shelf: Shelf) -> Image:
    """Return the pixels to save of a document with a result. Raises RestorerError."""
    made = document.restoration
    if made is not None and made.finish == document.result_recipe.finish:
        return made.final
    if made is None:
        assert document.kept is not None, "a document with a result"
        image = shelf.load(document.kept)
    else:
        image = made.image
    picture = _opened_source(document)
    return rendering.finish(picture, image, document.result_recipe, CancelToken())


def refinish_restoration(
    picture: Source,
    restoration: Restoration,
    choices: Choices,
    screen: bytes | None,
    request: Request,
) -> Restoration:
    """Return a whole result finished for other choices."""
    final = rendering.finish(picture, restoration.image, choices, request.cancel)
    return replace(
        restoration,
        final=final,
        shown=rendering.shown(final, picture, screen),
        finish=choices.finish,
    )


def show_again(
    opened: OpenPicture,
    restoration: Restoration | None,
    loaded: LoadedResult | None,
    screen: bytes | None,
) -> tuple[OpenPicture, Restoration | None, LoadedResult | None]:
    """Return picture and results in the colors of another screen."""
    picture = opened.source
    if restoration is not None:
        restoration = replace(
            restoration, shown=rendering.shown(restoration.final, picture, screen)
        )
    if loaded is not None:
        loaded = replace(loaded, shown=rendering.shown(loaded.image, picture, screen))
    return (
        replace(opened, shown=rendering.shown(picture.plain, picture, screen)),
        restoration,
        loaded,
    )


def save(
    final: Image,
    path: Path,
    choices: Choices,
    *,
    existing: Literal["replace", "fail"] = "replace",
    source: Path | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Write a result; return its path and notes. Raises ImageError.

    Args:
        final: The result, of one page.
        path: The file to write.
        choices: The choices that made it, with that page among the settings.
        existing: What happens where the file exists.
        source: The original, whose times the file gets where that is asked for.
    """
    final = restorer.amend_provenance(
        final, choices.steps, choices.settings, found=choices.chosen.found if choices.chosen else ""
    )
    final = restorer.prepare_output(final, choices.settings)
    options = writer_options(path, **choices.settings.writing)
    times = None
    if choices.settings.keep_times and source is not None:
        state = source.stat()
        times = state.st_atime_ns, state.st_mtime_ns
    place = choices.settings.provenance
    notes = write(final, path, options, existing=existing, times=times, provenance=place)
    return path, (*final.notes, *notes)


def _opened_source(document: Document) -> Source:
    """Return the picture of a document."""
    page = read_page(document.file, number=document.page, max_pixels=sys.maxsize)
    file = None if document.path is None else restorer.FileHash.of(document.path)
    return source_of(page, document.recipe, file)

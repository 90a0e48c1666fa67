"""Read and write the files that hold several pages, or the frames of an animation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from restorer.errors import ImageDataError, ImageError, ImageFormatError
from restorer.formats import history
from restorer.formats.codec import WriterOptions
from restorer.formats.files import Existing, Times, created
from restorer.formats.fitting import prepared
from restorer.formats.format import Format
from restorer.formats.source import DEFAULT_MAX_PIXELS, open_source
from restorer.formats.table import FORMATS, format_names, writable_format
from restorer.formats.target import check_target, checked_options
from restorer.image import Image
from restorer.settings import ProvenancePlace

OnDamage = Callable[[int, ImageError], None]  # (number of the page, from 1; what is wrong)


def read_pages(
    path: Path | str,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    on_damage: OnDamage | None = None,
) -> Iterator[Image]:
    """Yield the pages of a file, or the frames of an animation, upright; one at a time is read.

    Frames are full frames, with their duration in ``metadata.frame``. A file with one picture
    yields one page.

    Args:
        path: The file.
        max_pixels: The largest page that is read.
        on_damage: Called for a page that cannot be read, which is then left out; None raises.

    Raises what `read` raises. A damaged frame of an animation always raises, since others build
    on it.

    Examples:
        >>> pages = [restorer.read("photo.jpg"), restorer.read("noisy.png")]
        >>> notes = restorer.write_pages(pages, "both.tif")
        >>> [page.width for page in restorer.read_pages("both.tif")]
        [64, 64]
    """
    with open_source(path, max_pixels=max_pixels) as source:
        for number in range(source.header.pages):
            try:
                page = source.page(number)
                page.check(max_pixels)
                image = page.read()
            except ImageFormatError as error:
                if on_damage is None or source.animated:
                    raise
                on_damage(number + 1, error)
            else:
                yield image


def write_pages(
    pages: Iterable[Image],
    path: Path | str,
    options: WriterOptions | None = None,
    *,
    existing: Existing = "replace",
    times: Times | None = None,
    provenance: ProvenancePlace = "embed",
) -> tuple[str, ...]:
    """Write pages into a file in the format of the path's suffix; return notes, each once.

    Each page is written as it comes, so that a generator of many needs the memory of one. The file
    appears whole or not at all, also where the generator raises.

    TIFF takes pages of any sizes and kinds, each with its own metadata. The formats of animations
    take frames of one size, shown as long as ``metadata.frame`` says, or a tenth of a second;
    the other metadata are those of the first.

    Args:
        pages: At least one.
        path: The target; its suffix chooses the format.
        options: As for `write`.
        existing: As for `write`.
        times: As for `write`.
        provenance: As for `write`; a sidecar tells of the first page.

    Raises what `write` raises, ImageFormatError for a format that holds one picture, and
    ImageDataError without pages, and for frames that do not fit together.

    Examples:
        >>> frames = [restorer.read("noisy.png")] * 3
        >>> restorer.write_pages(frames, "three.tif")
        ()
    """
    path = Path(path)
    format = writable_format(path)
    if not format.page_writer:
        raise ImageFormatError(f"{path}: {format.name} holds one picture; {page_formats()} several")
    options = checked_options(format, options)
    writer = format.load_page_writer()
    accounts = list[bytes]()
    notes = dict[str, None]()

    def fitted() -> Iterator[Image]:
        for page in pages:
            check_target(path, page.height, page.width)
            image, lost, account = prepared(page, format, provenance, pages=True)
            accounts[:] = accounts or [account]
            notes.update(dict.fromkeys(lost))
            yield image

    with created(path, existing, times, rescue=True) as file, format.installed():
        notes |= dict.fromkeys(writer(fitted(), file, options))
        if not accounts:
            raise ImageDataError(f"{path}: no pages, expected at least one")
    return (*notes, *([history.write_sidecar(accounts[0], path)] if accounts[0] else []))


def holds_pages(format: Format, word: str) -> bool:
    """Whether what a file of several calls ``page`` or ``frame`` can all go into a format.

    Frames can become pages. Pages, which have sizes of their own, become no animation.
    """
    return bool(format.page_writer) and (format.pages == word or format.pages == "page")


def page_formats(word: str = "page") -> str:
    """Return the names of the formats that hold several pages, or frames, as alternatives."""
    return format_names(each for each in FORMATS.values() if holds_pages(each, word))

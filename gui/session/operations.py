"""Operations of the session that take time: functions of values, run in the threads of workers."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtGui import QImage

import restorer  # attributes load torch at first use, not when the window opens
from restorer import (
    AUTO,
    DEFAULT_MAX_PIXELS,
    FORMATS,
    READABLE,
    CancelToken,
    Chosen,
    Image,
    ImageError,
    ImageFormatError,
    Mosaic,
    Region,
    list_models,
    probe,
    read,
    read_page,
    write,
    writer_options,
)

from . import rendering
from .choices import Choices, usual_choices
from .convert import Pyramid, from_clipboard, pyramid, to_qimage
from .documents import Document, Kept, Price, Restoration
from .growth import Growth
from .preview_region import box_of
from .shelf import Shelf
from .state import CameraPreview, LoadedResult, OpenPicture, Patch
from .worker import Gate, Request

if TYPE_CHECKING:
    from restorer import FileHash, ReferenceMaps, Source

_SMALL_SIDE = 64  # pixels
_GLANCE_SIDE = 240  # enough to estimate the damage, which takes a tenth of a second


@dataclass(frozen=True, eq=False)
class PreviewPatch:
    """A patch and the measurements of its restoration.

    Attributes:
        choices: The choices that produced the patch, see `Choices.for_networks`.
        pace: Seconds per megapixel of input.
        maps: Sources of the texture, if references were used.
    """

    patch: Patch
    choices: Choices
    pace: float
    maps: ReferenceMaps | None


@dataclass(frozen=True, eq=False)
class Run:
    """The end of a run of the queue.

    Attributes:
        recipe: What was asked for, with the steps that suit the picture.
        restoration: The result; None for a picture that needs no repair.
        size: (width, height) of the picture.
    """

    recipe: Choices
    restoration: Restoration | None
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was found out about a picture.

    Attributes:
        recipe: Its recipe with the steps that suit it.
        size: (width, height).
        pages: Number of pages of the file.
        price: What a run takes.
    """

    recipe: Choices
    size: tuple[int, int]
    pages: int
    price: Price


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
    return opened, LoadedResult(image, _shown(image, opened.source, screen), scale)


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
    shown = _shown(final, picture, screen)
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


def run_document(
    document: Document,
    opened: OpenPicture | None,
    screen: bytes | None,
    gate: Gate,
    request: Request,
) -> Run:
    """Restore a document. Raises RestorerError.

    Args:
        document: The document.
        opened: Its picture, if it is open.
        screen: ICC profile of the screen.
        gate: Work that goes first, between tiles.
        request: Gets the progress.
    """
    recipe = document.recipe
    if opened is None:
        opened = open_document(document, recipe, screen, sys.maxsize)
        recipe = recipe.for_kind(raw=opened.mosaic is not None)
    if recipe.automatic and recipe.chosen is None:
        recipe = recipe.suited(choose_steps(opened, recipe))
    if not recipe.steps:
        return Run(recipe, None, opened.size)

    def report(done: int, total: int) -> None:
        request.report(done, total)
        gate.wait(request.cancel)

    gate.wait(request.cancel)
    held = replace(request, report=report)
    return Run(recipe, restore_picture(opened, recipe, screen, held), opened.size)


def estimate_damage(opened: OpenPicture, choices: Choices) -> tuple[float | None, int | None]:
    """Return the estimated sigma and JPEG quality, each None if no network takes it."""
    picture = opened.colors
    noise = choices.noise
    sigma = picture.levels.sigma(noise) if noise else None
    quality = picture.jpeg_quality()[0] if choices.takes("jpeg_quality") else None
    return sigma, quality


def choose_steps(opened: OpenPicture, choices: Choices) -> Chosen:
    """Return what suits the picture. Raises RestorerError."""
    return restorer.choose_steps(choices.asked[0], opened.source, choices.settings)


def analyze(document: Document) -> Analysis:
    """Find out what suits a document that is not open. Raises RestorerError."""
    header = probe(document.file)
    page = read_page(document.file, number=document.page)
    is_gray = isinstance(page, Image) and page.pixels.shape[2] == 1
    recipe = document.recipe if is_gray else document.recipe.with_values(mosaic=None, raw_size=None)
    source = source_of(page, recipe)
    recipe = recipe.for_kind(raw=bool(source.pattern))
    recipe = recipe.suited(restorer.choose_steps(recipe.asked[0], source, recipe.settings))
    size = source.plain.width, source.plain.height
    return Analysis(recipe, size, header.pages, price_of(source, recipe))


def price_of(source: Source, choices: Choices) -> Price:
    """Return what a run takes."""
    return Price(*restorer.expected_cost(choices.steps, source, choices.settings))


def source_of(page: Image | Mosaic, choices: Choices, file: FileHash | None = None) -> Source:
    """Return a page as the core takes it; a gray picture may hold the samples of a sensor."""
    if isinstance(page, Image) and page.pixels.shape[2] == 1:
        page = restorer.as_mosaic(page, choices.settings)
    choices = choices.for_kind(raw=isinstance(page, Mosaic))
    return restorer.Source(page, file, choices.settings, camera_colors=choices.camera_colors)


def survey() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the ids of the usable models, and the devices."""
    usable = frozenset(spec.id for spec in list_models() if restorer.verify_weights(spec) == "ok")
    return usable, tuple(restorer.available_devices())


def prepare() -> None:
    """Load what the first preview takes: PyTorch, and the networks that repair most pictures.

    A small noisy picture then starts the libraries, which takes a fifth of a second.

    Garbage is not collected meanwhile, and collections leave out all that is there by then: they
    would stop the window for a tenth of a second each.
    """
    gc.disable()
    try:
        restorer.check_steps(AUTO)
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
        gc.enable()
    noise = np.random.default_rng(0).integers(90, 160, (_SMALL_SIDE, _SMALL_SIDE, 3), np.uint8)
    restorer.restore(Image(noise), AUTO)


def glance(
    opened: OpenPicture,
    eye: tuple[float, float],
    choices: Choices,
    screen: bytes | None,
    request: Request,
) -> Growth:
    """Restore a small part as if it were the whole picture, whose estimates take longer.

    Its pixels may differ a little from those of the result, which replace them soon. Raises
    RestorerError.

    Args:
        opened: The picture.
        eye: A place (x, y) of the result.
        choices: What to restore.
        screen: ICC profile of the screen.
        request: For its cancellation.
    """
    picture, chosen = opened.source, choices.for_networks()
    column, row = (int(n / choices.scale) for n in eye)
    near = Region(row, column, 1, 1).grown(_GLANCE_SIDE // 2, picture.size)
    small = restorer.Source(rendering.cut(opened.image, picture.region, near, 1))
    image, _ = rendering.restore_whole(
        small, chosen, request.report, request.cancel, lambda region, image: None
    )
    inner = Region(row, column, 1, 1).grown(_GLANCE_SIDE // 3, picture.size)
    image = rendering.cut(image, near, inner, choices.scale)
    growth = _grown(opened, picture, choices)
    _adder(growth, picture, choices, screen)(inner.scaled(choices.scale), image)
    return growth


def restore_patch(
    opened: OpenPicture,
    region: Region,
    eye: tuple[float, float],
    choices: Choices,
    screen: bytes | None,
    request: Request,
    growth: Growth | None = None,
) -> PreviewPatch:
    """Restore a region, and show its parts as they come. Raises RestorerError.

    Args:
        opened: The picture.
        region: The region.
        eye: The place (x, y) of the result that goes first.
        choices: What to restore.
        screen: ICC profile of the screen.
        request: Gets progress and parts.
        growth: What a glance has shown.
    """
    picture, chosen = develop(opened, choices, screen).source, choices.for_networks()
    _check_references(opened, chosen)
    rendering.load_models(
        picture, chosen
    )  # before the clock starts: loading is not part of the pace
    around = rendering.around(picture, region) if choices.blends else region
    if growth is None or not growth.is_of(opened.place, choices):
        growth = _grown(opened, picture, choices)
    request.show(growth)
    clock = _Clock(request.report)
    column, row = (int(n / choices.scale) for n in eye)
    image, maps = rendering.restore_part(
        picture,
        around,
        chosen,
        clock.report,
        request.cancel,
        _adder(growth, picture, choices, screen),
        (row, column),
    )
    pace = clock.seconds / (around.height * around.width) * 1e6
    patch = _patch(picture, image, around, region, choices, screen, mix=choices.blends)
    return PreviewPatch(patch, chosen, pace, maps)


def restore_picture(
    opened: OpenPicture, choices: Choices, screen: bytes | None, request: Request
) -> Restoration:
    """Restore the whole picture. Raises RestorerError."""
    picture, chosen = develop(opened, choices, screen).source, choices.for_networks()
    _check_references(opened, chosen)
    start = time.monotonic()
    growth = _grown(opened, picture, choices)
    request.show(growth)
    on_part = _adder(growth, picture, choices, screen)
    image, maps = rendering.restore_whole(picture, chosen, request.report, request.cancel, on_part)
    final = rendering.finish(picture, image, choices, request.cancel)
    seconds = time.monotonic() - start
    return Restoration(
        image, final, _shown(final, picture, screen), chosen, choices.finish, seconds, maps
    )


def refinish_patch(
    picture: Source, patch: Patch, choices: Choices, screen: bytes | None, *, mix: bool
) -> Patch:
    """Return a patch finished for other choices; see `rendering.finish_part`."""
    region = _region(patch, choices.scale)
    return _patch(picture, patch.image, patch.region, region, choices, screen, mix=mix)


def cut_patch(
    picture: Source,
    restoration: Restoration,
    region: Region,
    choices: Choices,
    screen: bytes | None,
    *,
    mix: bool,
) -> Patch:
    """Return a patch of a whole result, finished for the choices; see `rendering.finish_part`."""
    around = rendering.around(picture, region)
    image = rendering.cut(restoration.image, picture.region, around, choices.scale)
    return _patch(picture, image, around, region, choices, screen, mix=mix)


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
        restoration, final=final, shown=_shown(final, picture, screen), finish=choices.finish
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
        restoration = replace(restoration, shown=_shown(restoration.final, picture, screen))
    if loaded is not None:
        loaded = replace(loaded, shown=_shown(loaded.image, picture, screen))
    return replace(opened, shown=_shown(picture.plain, picture, screen)), restoration, loaded


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


def _check_references(opened: OpenPicture, choices: Choices) -> None:
    """Check reference files as `restore image` does."""
    if choices.references and opened.path is not None:
        restorer.check_references(opened.path, choices.references)


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
    shown = _shown(picture.plain, picture, screen)
    return OpenPicture(path, name, picture, shown, mosaic, choices.development, gray=gray)


def _patch(
    picture: Source,
    image: Image,
    around: Region,
    region: Region,
    choices: Choices,
    screen: bytes | None,
    *,
    mix: bool,
) -> Patch:
    final = rendering.finish_part(picture, image, choices, around, mix=mix)
    final = rendering.cut(final, around, region, choices.scale)
    box = box_of(region, choices.scale)
    return Patch(box, around, image, final, _shown(final, picture, screen), choices.finish)


class _Clock:
    """Measures the time of a run from its tiles, without what comes before the first one."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        self._report = report
        self._start = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._measured: float | None = None

    def report(self, done: int, total: int) -> None:
        """Take the progress, and pass it on."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        elif done > self._first[1]:
            before, first = self._first
            self._measured = (now - before) / (done - first) * total
        self._report(done, total)

    @property
    def seconds(self) -> float:
        """The time of all tiles."""
        return time.monotonic() - self._start if self._measured is None else self._measured


def _grown(opened: OpenPicture, picture: Source, choices: Choices) -> Growth:
    size = picture.region.scaled(choices.scale)
    return Growth((size.width, size.height), opened.place, choices)


def _adder(
    growth: Growth, picture: Source, choices: Choices, screen: bytes | None
) -> Callable[[Region, Image], None]:
    """Return a callback that finishes parts of the output of networks, and adds them."""

    def take(place: Region, image: Image) -> None:
        region = place.shrunk(choices.scale)
        final = rendering.finish_part(picture, image, choices, region, mix=choices.blends)
        shown = rendering.screen_pixels(picture.visible(final), screen, picture.white)
        growth.add(box_of(place, 1), final, to_qimage(shown))

    return take


def _region(patch: Patch, scale: int) -> Region:
    box = patch.box.scaled(1 / scale)
    return Region(*(round(n) for n in (box.y, box.x, box.height, box.width)))


def _shown(image: Image, picture: Source, screen: bytes | None) -> Pyramid:
    return pyramid(rendering.screen_pixels(picture.visible(image), screen, picture.white))

"""Write the files of an export, one after the other; a file that fails stops no other one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import restorer
from restorer import Image, ImageWriteError, RestorerError, TargetExistsError, target_name

from ..session import results
from ..session.choices import CAMERA_SUFFIX, Choices
from ..session.saving import numbered, same_file
from ..session.worker import Request
from ..widgets.words import error_text
from .request import ExportRequest
from .showing import part_of, side_by_side


class Finished(Protocol):
    """A picture with a result, see `restorer.gui.session.results.FinishedResult`."""

    @property
    def id(self) -> int:
        """Number of its document."""

    @property
    def source(self) -> Path | None:
        """The file; None for a picture from the clipboard."""

    @property
    def name(self) -> str:
        """Name for titles."""

    @property
    def page(self) -> int:
        """Number of the page, from 0."""

    @property
    def pages(self) -> int:
        """Number of pages of the file."""

    @property
    def recipe(self) -> Choices:
        """What made the result."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the original."""

    def final(self) -> Image:
        """Return the pixels to save; takes time."""

    def original(self) -> Image:
        """Return the original; takes time."""


@dataclass(frozen=True)
class Exported:
    """What became of one picture.

    Attributes:
        picture: The picture.
        path: The file that was written, or was there already; None after a failure.
        skipped: Whether it was there already.
        error: Why it failed, one sentence.
        notes: What the file does not hold.
    """

    picture: Finished
    path: Path | None = None
    skipped: bool = False
    error: str = ""
    notes: tuple[str, ...] = ()


def export(
    pictures: Sequence[Finished],
    wanted: ExportRequest,
    originals: Collection[Path],
    request: Request,
) -> tuple[Exported, ...]:
    """Write the files of an export; between two of them it can be stopped.

    Args:
        pictures: The pictures, in the order of the strip.
        wanted: What the files are to be.
        originals: Files that are never written to.
        request: Gets the number of finished files, and stops the export.
    """
    used: set[str] = set()
    made = []
    for number, picture in enumerate(pictures):
        request.report(number, len(pictures))
        if request.cancel.cancelled:
            break
        try:
            made.append(_export(picture, wanted, originals, used))
        except (RestorerError, OSError, ValueError) as error:
            made.append(Exported(picture, error=error_text(error)))
        except MemoryError:
            said = f"{picture.name}: does not fit into memory; close other pictures"
            made.append(Exported(picture, error=said))
    return tuple(made)


def target(picture: Finished, wanted: ExportRequest) -> Path:
    """Return where the file of a picture goes, if nothing is in its way. Raises SettingsError."""
    source = picture.source or Path(f"{picture.name}.png")
    if picture.pages > 1:
        source = source.with_name(f"{source.stem}-{picture.page + 1}{source.suffix}")
    recipe = picture.recipe
    return wanted.folder / target_name(source, recipe.asked, wanted.name, wanted.asked.suffix)


def rendered(picture: Finished, wanted: ExportRequest, recipe: Choices, suffix: str) -> Image:
    """Return the pixels of a file, before they are shrunk. Raises RestorerError, OSError.

    Args:
        picture: The picture.
        wanted: What the file is to be.
        recipe: That of the file, see `ExportRequest.recipe`.
        suffix: The suffix of the file.
    """
    if picture.recipe.raw and picture.recipe.camera_colors != (suffix == CAMERA_SUFFIX):
        raise ImageWriteError(
            f"{picture.name}: DNG files have the colors of the camera; choose the format in the"
            " panel, and restore the picture again"
        )
    image = part_of(picture.final(), picture.size, wanted.box)
    if wanted.content != "result":
        before = part_of(picture.original(), picture.size, wanted.box)
        image = side_by_side(before, image, wanted.content, wanted.labels)
    return _converted(image, wanted.asked, recipe)


def _export(
    picture: Finished, wanted: ExportRequest, originals: Collection[Path], used: set[str]
) -> Exported:
    recipe = wanted.recipe(picture.recipe.of_page(picture.page, picture.pages))
    image: Image | None = None
    for path in numbered(target(picture, wanted)):
        own = any(same_file(path, original) for original in originals)
        if str(path).casefold() in used or (own and wanted.existing == "number"):
            continue
        if own:
            raise ImageWriteError(f"{path}: is an original; choose another folder or name")
        exists = path.exists() or path.is_symlink()
        if exists and wanted.existing == "skip":
            used.add(str(path).casefold())
            return Exported(picture, path, skipped=True)
        if exists and wanted.existing == "number":
            continue
        image = image or rendered(picture, wanted, recipe, path.suffix.lower())
        existing: Literal["replace", "fail"] = "replace" if wanted.existing == "replace" else "fail"
        try:
            notes = results.save(image, path, recipe, existing=existing, source=picture.source)
        except TargetExistsError:  # another program was faster
            if wanted.existing == "skip":
                return Exported(picture, path, skipped=True)
            continue
        used.add(str(path).casefold())
        return Exported(picture, path, notes=notes[1])
    raise AssertionError("numbers do not end")


def _converted(image: Image, asked: Choices, recipe: Choices) -> Image:
    """Return an image in the color profile and the depth that an export asks for."""
    settings = asked.settings
    profile = restorer.find_profile(settings.profile)
    if profile is not None and not recipe.camera_colors:
        image = restorer.with_profile(image, profile, white=image.white)
    if settings.bits in (None, image.bits):
        return image
    if settings.bits != 32:
        image = restorer.displayed(image) if profile is None else image
    seed = settings.seed if settings.dither else None
    values = image.to_float() / image.white
    return image.with_float(values, bits=settings.bits, dither_seed=seed)

"""State: everything that the window shows, frozen; views compare it with the previous one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Image, Mosaic, Region, list_models

from .box import Box
from .choices import Choices
from .convert import Pyramid
from .documents import Document, Restoration
from .growth import Growth
from .strip import Strip

if TYPE_CHECKING:
    from restorer import ReferenceMaps, Source

Doing: TypeAlias = Literal["nothing", "opening", "previewing", "restoring", "saving"]


@dataclass(frozen=True, eq=False)
class OpenPicture:
    """The picture that is open.

    Attributes:
        path: The file; None for a picture from the clipboard.
        name: Name for titles.
        source: The pixels of the file and the core's analysis of them.
        shown: The picture in the colors of the screen.
        mosaic: The samples of camera RAW; None for other pictures.
        development: How they became colors, see `Choices.development`.
        page: Number of the page that is shown, from 0.
        pages: Number of pages of the file, or of frames.
        animated: Whether they are frames of an animation.
        gray: A picture with one channel, which may be a mosaic; None for others.
    """

    path: Path | None
    name: str
    source: Source
    shown: Pyramid
    mosaic: Mosaic | None = None
    development: tuple[object, ...] = ()
    page: int = 0
    pages: int = 1
    animated: bool = False
    gray: Image | None = None

    @property
    def image(self) -> Image:
        """The pixels; those of camera RAW by interpolation."""
        return self.source.plain

    @cached_property
    def colors(self) -> Source:
        """The source; of camera RAW, one with the pixels of `image`."""
        return self.source if self.mosaic is None else restorer.Source(self.image)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.image.width, self.image.height

    @property
    def place(self) -> tuple[object, ...]:
        """What tells it from other pictures: its file and page."""
        return self.path, self.name, self.page


@dataclass(frozen=True, eq=False)
class CameraPreview:
    """The preview that a RAW file holds, shown until its samples are there.

    Attributes:
        name: Name for titles.
        shown: The preview in the colors of the screen.
    """

    name: str
    shown: Pyramid


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of the result, restored for the preview.

    Attributes:
        box: Its place, in pixels of the result.
        region: The region of the input that `image` shows, a little larger than the box.
        image: Output of the networks, float32.
        final: The pixels that would be saved, inside the box.
        shown: `final` in the colors of the screen.
        finish: What turned `image` into `final`, see `Choices.finish`.
    """

    box: Box
    region: Region
    image: Image
    final: Image
    shown: Pyramid
    finish: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class LoadedResult:
    """A result that was read from a file.

    Attributes:
        image: Its pixels.
        shown: The result in the colors of the screen.
        scale: Its size divided by that of the original.
    """

    image: Image
    shown: Pyramid
    scale: int


@dataclass(frozen=True)
class Work:
    """The current work and its progress.

    Attributes:
        done: Number of finished tiles.
        total: Number of tiles; 0 while it is unknown.
        seconds_left: Estimated rest; None while it is unknown.
    """

    doing: Doing = "nothing"
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True)
class FileProgress:
    """How far a picture is whose result goes straight to a file.

    Attributes:
        done: Number of finished tiles.
        total: Number of tiles; 0 until the network runs.
        seconds_left: Estimated rest; None while it is unknown.
    """

    done: int = 0
    total: int = 0
    seconds_left: float | None = None

    @property
    def part(self) -> float:
        """Finished share, 0 to 1."""
        return self.done / max(1, self.total)


@dataclass(frozen=True)
class FileWork:
    """The queue of the pictures whose results go straight to files.

    Attributes:
        running: Whether a job may be running.
        stopping: Whether the current tiles are the last ones.
        progress: How far the running ones are, by the ids of their documents.
        seconds_left: Estimated time until all of them are done; None while it is unknown.
    """

    running: bool = False
    stopping: bool = False
    progress: Mapping[int, FileProgress] = field(default_factory=dict)
    seconds_left: float | None = None


@dataclass(frozen=True)
class Message:
    """A sentence for the user.

    Attributes:
        kind: An error stays until it is dismissed or resolved; a note disappears by itself.
        action: Id of the remedy that a button offers, or empty.
    """

    text: str
    kind: Literal["error", "note"] = "error"
    action: Literal["", "models", "open", "continue"] = ""


def _embedded() -> frozenset[str]:
    """Return the ids of the models that ship; a thread checks the others."""
    return frozenset(spec.id for spec in list_models() if spec.weights.embedded)


@dataclass(frozen=True, eq=False)
class State:
    """Everything that the window shows.

    Attributes:
        strip: The documents; what holds for the open one are properties below.
        progress: How far the run of the queue is.
        paused: Whether the queue of the window stands still.
        filing: The queue whose results go straight to files.
        opened: The open picture; while another one is being opened, still the one before.
        opened_of: Id of its document.
        camera_preview: What is shown of a RAW file while it is being opened.
        patches: Previewed parts of the result, the newest last.
        patches_of: The choices that produced the patches.
        loaded_result: A result that was opened with the picture, until the choices change.
        grown_preview: The parts of a preview on its way.
        grown_result: The parts of a whole result on its way.
        maps: Sources of the texture, if references were used.
        frame: The rectangle chosen for the preview, in pixels of the result.
        copied: The recipe that was copied last.
        work: What is done for the open picture.
        message: The current message.
        estimated_sigma: Noise level of the picture, once it was estimated.
        estimated_quality: Lowest JPEG quality of the picture's history, once it was estimated.
        ground_truth: The original that results are compared with, if the user has chosen one.
        pace: Seconds per megapixel of input on this machine, by the models of the steps.
        usable: Ids of the models whose weights are installed.
        devices: Devices of this machine, best first.
    """

    strip: Strip = field(default_factory=Strip)
    progress: Work = field(default_factory=Work)
    paused: bool = False
    filing: FileWork = field(default_factory=FileWork)
    opened: OpenPicture | None = None
    opened_of: int | None = None
    camera_preview: CameraPreview | None = None
    patches: tuple[Patch, ...] = ()
    patches_of: Choices | None = None
    loaded_result: LoadedResult | None = None
    grown_preview: Growth | None = None
    grown_result: Growth | None = None
    maps: ReferenceMaps | None = None
    frame: Box | None = None
    copied: Choices | None = None
    work: Work = field(default_factory=Work)
    message: Message | None = None
    estimated_sigma: float | None = None
    estimated_quality: int | None = None
    ground_truth: Image | None = None
    pace: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    usable: frozenset[str] = field(default_factory=_embedded)
    devices: tuple[str, ...] = ("cpu",)

    @property
    def documents(self) -> tuple[Document, ...]:
        """The pictures to choose from."""
        return self.strip.documents

    @property
    def files(self) -> tuple[Path, ...]:
        """Their files."""
        return self.strip.files

    @property
    def current(self) -> int:
        """Index of the picture that is open or being opened; -1 for none."""
        return self.strip.current

    @property
    def is_between(self) -> bool:
        """Whether the picture before is still shown, as another one is being opened."""
        document = self.strip.document
        return self.opened is not None and document is not None and document.id != self.opened_of

    @property
    def picture(self) -> OpenPicture | None:
        """The picture of the open document, once it has been read."""
        document = self.strip.document
        is_read = document is not None and document.id == self.opened_of
        return self.opened if is_read else None

    @property
    def choices(self) -> Choices:
        """What the user asks for."""
        return self.strip.recipe

    @property
    def restoration(self) -> Restoration | None:
        """The whole result of the open picture, if there is one."""
        document = self.strip.document
        return None if document is None or self.is_between else document.restoration

    @property
    def saved(self) -> Path | None:
        """The file that has what is asked for now."""
        document = self.strip.document
        if document is None or document.saved is None or not document.is_saved:
            return None
        return document.saved.path

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the result; (1, 1) without a picture."""
        if self.opened is None:
            return 1, 1
        width, height = self.opened.size
        return width * self.scale, height * self.scale

    @property
    def scale(self) -> int:
        """Size of the shown result divided by that of the original."""
        return self.choices.scale if self.loaded_result is None else self.loaded_result.scale

    @property
    def finished(self) -> Restoration | None:
        """The whole result, if it fits the choices; its strength may still differ."""
        restoration = self.restoration
        if restoration is None or restoration.choices != self.choices.for_networks():
            return None
        return restoration

    @property
    def saveable(self) -> Image | None:
        """The image that would be saved, if it is complete."""
        restoration = self.finished
        return (
            restoration.final if restoration and restoration.finish == self.choices.finish else None
        )

    @property
    def estimates_damage(self) -> bool:
        """Whether networks wait for the damage of the picture to be estimated."""
        choices, given = self.choices, self.choices.template
        if self.opened is None or self.opened.mosaic is not None or choices.needs_references:
            return False
        sigma = choices.takes("sigma") and given.sigma is None and self.estimated_sigma is None
        quality = choices.takes("jpeg_quality") and given.jpeg_quality is None
        return sigma or (quality and self.estimated_quality is None)

    @property
    def expects_result(self) -> bool:
        """Whether steps are chosen that change the picture, so that each pixel has a result."""
        return self.opened is not None and bool(self.choices.steps)

    @property
    def can_run(self) -> bool:
        """Whether a run would do something, as far as that is known."""
        choices = self.choices
        return choices.ready or (choices.automatic and choices.chosen is None)

    @property
    def fresh(self) -> bool:
        """Whether the patches fit the choices."""
        return self.patches_of == self.choices.for_networks()

    @property
    def seen_patches(self) -> tuple[Patch, ...]:
        """The patches to show while there is no whole result; old ones until new ones arrive."""
        if (
            self.loaded_result is not None
            or self.saveable is not None
            or self.patches_of is None
            or not self.choices.steps
        ):
            return ()
        if self.finished is not None:
            return tuple(p for p in self.patches if p.finish == self.choices.finish)
        return self.patches if self.patches_of.scale == self.choices.scale else ()

    @property
    def seen_growths(self) -> tuple[Growth, ...]:
        """What grows and fits picture and choices, to be shown above the patches."""
        opened = self.opened
        if opened is None or self.loaded_result is not None or self.saveable is not None:
            return ()
        growths = (self.grown_result, self.grown_preview)
        return tuple(
            growth
            for growth in growths
            if growth is not None and growth.parts and growth.is_of(opened.place, self.choices)
        )

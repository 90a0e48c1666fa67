"""State: everything that the window shows, frozen; views compare it with the previous one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from restorer import Image, list_models

from .box import Box
from .choices import Choices
from .documents import Document, Restoration
from .growth import Growth
from .pictures import CameraPreview, LoadedResult, OpenPicture, Patch
from .strip import Strip
from .work import FileWork, Message, Work

if TYPE_CHECKING:
    from restorer import ReferenceMaps

GLANCE_SIDE = 240  # enough to estimate the damage, which takes a tenth of a second


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
        unread: Why the document before, or the open one, cannot be opened; empty if it can.
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
    unread: str = ""
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
    def allows_glance(self) -> bool:
        """Whether a small part can be restored as if it were the whole picture.

        A picture that is no larger is previewed at once: a glance would take as long.
        """
        opened = self.opened
        if opened is None or opened.mosaic is not None or max(opened.size) <= GLANCE_SIDE:
            return False
        return not self.choices.needs_references

    @property
    def estimates_damage(self) -> bool:
        """Whether networks wait for the damage of the picture to be estimated."""
        choices, given = self.choices, self.choices.template
        if not self.allows_glance:
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

"""State: all that the window shows, frozen; views compare it with what they showed before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from restorer import Image, Region, list_models

from .box import Box
from .choices import Choices, usual_choices
from .convert import Pyramid

if TYPE_CHECKING:
    from restorer import ReferenceMaps, Source

Doing: TypeAlias = Literal["nothing", "opening", "previewing", "restoring", "saving"]


@dataclass(frozen=True, eq=False)
class OpenPicture:
    """The picture that is open.

    Attributes:
        path: None for one from the clipboard.
        name: For titles.
        source: Its pixels, as they are in the file, and what the core has found out of them.
        shown: The same for the screen.
    """

    path: Path | None
    name: str
    source: Source
    shown: Pyramid

    @property
    def image(self) -> Image:
        """The pixels."""
        return self.source.image

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.image.width, self.image.height


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of the result that was restored ahead of the whole.

    Attributes:
        box: Where it lies, in pixels of the result.
        region: Of the input, what `image` shows; some more than the box.
        image: float32, as the networks gave it.
        final: What would be saved, inside the box.
        shown: The same for the screen.
        finish: What made `final` of `image`, see `Choices.finish`.
    """

    box: Box
    region: Region
    image: Image
    final: Image
    shown: Pyramid
    finish: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Restoration:
    """The whole result.

    Attributes:
        image: float32, as the networks gave it.
        final: What is saved.
        shown: The same for the screen.
        choices: What `image` was made with, see `Choices.for_networks`.
        finish: What made `final` of it, see `Choices.finish`.
        seconds: How long it took.
        maps: What came from which reference, if any was given.
    """

    image: Image
    final: Image
    shown: Pyramid
    choices: Choices
    finish: tuple[object, ...]
    seconds: float
    maps: ReferenceMaps | None


@dataclass(frozen=True, eq=False)
class LoadedResult:
    """A result that was read from a file.

    Attributes:
        image: Its pixels.
        shown: The same for the screen.
        scale: How many times as large as the original it is.
    """

    image: Image
    shown: Pyramid
    scale: int


@dataclass(frozen=True)
class Work:
    """What is going on.

    Attributes:
        done: Tiles.
        total: Tiles; 0 while their number is not known.
        seconds_left: None while nobody can say.
    """

    doing: Doing = "nothing"
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True)
class Message:
    """A sentence for the user.

    Attributes:
        kind: Trouble stays until it is dismissed or overcome.
        action: Id of what can be done about it, or empty.
    """

    text: str
    kind: Literal["error", "note"] = "error"
    action: Literal["", "models", "close"] = ""


def _embedded() -> frozenset[str]:
    """Return the models that ship; the others are looked at in a thread."""
    return frozenset(spec.id for spec in list_models() if spec.weights.embedded)


@dataclass(frozen=True, eq=False)
class State:
    """All that the window shows.

    Attributes:
        files: The pictures to choose from.
        current: Which of them is open or being opened; -1 for none of them.
        opened: What is open.
        choices: What is asked.
        patches: Parts of the result, the newest last.
        patches_of: What they were made with.
        outcome: The whole result, if there is one for this picture.
        loaded_result: A result that was opened with the picture, until other choices are made.
        maps: What came from which reference, as far as it is known.
        frame: The rectangle that was chosen for the preview, in pixels of the result.
        work: What is going on.
        message: What there is to say.
        measured_sigma: The noise of the picture, once it was measured.
        found_quality: The lowest that it was saved with as JPEG, once that was found out.
        saved: Where the result was written.
        ground_truth: What results are compared with, if the user has chosen it.
        pace: Seconds for a megapixel of input on this machine, by the models of a chain.
        usable: Ids of the models whose weights are here.
        devices: Of this machine, best first.
    """

    files: tuple[Path, ...] = ()
    current: int = -1
    opened: OpenPicture | None = None
    choices: Choices = field(default_factory=usual_choices)
    patches: tuple[Patch, ...] = ()
    patches_of: Choices | None = None
    restoration: Restoration | None = None
    loaded_result: LoadedResult | None = None
    maps: ReferenceMaps | None = None
    frame: Box | None = None
    work: Work = field(default_factory=Work)
    message: Message | None = None
    estimated_sigma: float | None = None
    estimated_quality: int | None = None
    saved: Path | None = None
    ground_truth: Image | None = None
    pace: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    usable: frozenset[str] = field(default_factory=_embedded)
    devices: tuple[str, ...] = ("cpu",)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the result; of nothing, 1 x 1."""
        if self.opened is None:
            return 1, 1
        width, height = self.opened.size
        return width * self.scale, height * self.scale

    @property
    def scale(self) -> int:
        """How many times as large the result is that is shown."""
        return self.choices.scale if self.loaded_result is None else self.loaded_result.scale

    @property
    def finished(self) -> Restoration | None:
        """The whole result, if it is of what is asked now; its strength may still be another."""
        restoration = self.restoration
        if restoration is None or restoration.choices != self.choices.for_networks():
            return None
        return restoration

    @property
    def saveable(self) -> Image | None:
        """What would be saved, if it is there in whole."""
        restoration = self.finished
        return (
            restoration.final if restoration and restoration.finish == self.choices.finish else None
        )

    @property
    def fresh(self) -> bool:
        """Whether the patches were made with what is asked now."""
        return self.patches_of == self.choices.for_networks()

    @property
    def seen_patches(self) -> tuple[Patch, ...]:
        """What is shown where the whole result is not there; old ones until new ones come."""
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

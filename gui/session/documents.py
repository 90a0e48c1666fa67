"""Documents: the pictures of the film strip, each with its recipe, its result and a badge."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from restorer import Image, Job, Result

from .choices import Choices
from .convert import Pyramid

if TYPE_CHECKING:
    from restorer import ReferenceMaps

Stage: TypeAlias = Literal["idle", "waiting", "running", "failed"]
Badge: TypeAlias = Literal[
    "", "suggested", "changed", "waiting", "running", "ready", "saved", "skipped", "failed"
]
_STEPS_BACK = 100  # recipes that can be undone


@dataclass(frozen=True, eq=False)
class Restoration:
    """The whole result.

    Attributes:
        image: Output of the networks, float32.
        final: The pixels to save.
        shown: `final` in the colors of the screen.
        choices: The choices that produced `image`, see `Choices.for_networks`.
        finish: What turned `image` into `final`, see `Choices.finish`.
        seconds: Duration.
        maps: Sources of the texture, if references were used.
    """

    image: Image
    final: Image
    shown: Pyramid
    choices: Choices
    finish: tuple[object, ...]
    seconds: float
    maps: ReferenceMaps | None


@dataclass(frozen=True)
class Kept:
    """A result on the disk, see `shelf`.

    Attributes:
        name: Name of its files.
        choices: As in `Restoration`.
        seconds: As in `Restoration`.
        size: (width, height) of the result.
        size_bytes: Space that it takes.
        time_s: Time of the run, in seconds since 1970.
    """

    name: str
    choices: Choices
    seconds: float
    size: tuple[int, int]
    size_bytes: int
    time_s: float


@dataclass(frozen=True)
class Saved:
    """A file that was saved, and the recipe of its pixels."""

    path: Path
    recipe: Choices


@dataclass(frozen=True)
class Price:
    """What a run takes.

    Attributes:
        seconds: Expected time on this machine.
        memory: Expected peak in bytes.
    """

    seconds: float
    memory: int


@dataclass(frozen=True, eq=False)
class Document:
    """One picture of the film strip.

    Attributes:
        id: Number that no other document of the window has.
        path: The file; None for a picture from the clipboard.
        name: Name for titles.
        pasted: Where a picture from the clipboard is kept.
        page: Number of the page, from 0.
        pages: Number of pages of the file; 1 until it has been read.
        recipe: What is asked for.
        past: Earlier recipes, the latest last.
        future: Recipes that were undone, the latest last.
        stage: What happens to it now.
        failure: Why its last run failed, one sentence.
        restoration: The result, in memory.
        kept: The result, on the disk.
        saved: The file that was saved last.
        size: (width, height) of the picture; None until it has been read.
        price: What a run of the recipe takes; None while it is unknown.
        job: What writes its result straight to a file, while it waits for that and afterwards; None
            if its result is kept in the window until it is saved.
        ended: How the job ended.
    """

    id: int
    path: Path | None
    name: str
    recipe: Choices
    pasted: Path | None = None
    page: int = 0
    pages: int = 1
    past: tuple[Choices, ...] = ()
    future: tuple[Choices, ...] = ()
    stage: Stage = "idle"
    failure: str = ""
    restoration: Restoration | None = None
    kept: Kept | None = None
    saved: Saved | None = None
    size: tuple[int, int] | None = None
    price: Price | None = None
    job: Job | None = None
    ended: Result | None = None

    @property
    def file(self) -> Path:
        """The file with the pixels."""
        file = self.path or self.pasted
        assert file is not None, "a document has a file"
        return file

    @property
    def has_result(self) -> bool:
        """Whether there is a result, of the recipe or of an earlier one."""
        return self.restoration is not None or self.kept is not None

    @cached_property
    def fits(self) -> bool:
        """Whether the result is that of the recipe; its strength may still differ."""
        return self._made is not None and self._made == self.recipe.for_networks()

    @cached_property
    def unsaved(self) -> bool:
        """Whether there is a result that would be lost with the document."""
        if not self.has_result:
            return False
        if self.saved is None:
            return True
        if self.fits:
            return not self.is_saved
        return self.saved.recipe.for_networks() != self._made

    @property
    def result_recipe(self) -> Choices:
        """The choices of the result: the recipe, or that of an earlier result."""
        return self.recipe if self.fits or self._made is None else self._made

    @property
    def is_saved(self) -> bool:
        """Whether the file has what the recipe asks for."""
        return self.saved is not None and asks_same(self.saved.recipe, self.recipe)

    @property
    def is_busy(self) -> bool:
        """Whether it waits or runs."""
        return self.stage in ("waiting", "running")

    @property
    def is_filed(self) -> bool:
        """Whether its result goes straight to a file as soon as its turn comes, or just now."""
        return self.is_busy and self.job is not None

    @cached_property
    def is_pending(self) -> bool:
        """Whether a run would give something that is not there yet."""
        return not self.is_busy and self.badge not in ("ready", "saved", "skipped")

    @property
    def holds_work(self) -> bool:
        """Whether something would be lost with the document."""
        return self.is_busy or self.unsaved

    @property
    def is_analyzed(self) -> bool:
        """Whether it is known what suits the picture."""
        return self.recipe.chosen is not None

    @cached_property
    def badge(self) -> Badge:
        """What the strip shows about the document."""
        if self.stage != "idle":
            return self.stage
        if self.is_saved:
            return "saved"
        if self.fits:
            return "ready"
        if self.ended is not None and self.ended.status == "skipped":
            return "skipped"
        if self.past or self.has_result:
            return "changed"
        return "suggested" if self.recipe.chosen is not None and self.recipe.steps else ""

    def numbered(self, id: int) -> Document:
        """Return the document with another id; ten times as fast as `replace`."""
        made = object.__new__(Document)
        made.__dict__.update(self.__dict__, id=id)
        return made

    def asked(self, recipe: Choices, *, merged: bool = False) -> Document:
        """Return the document with another recipe, which can be undone.

        Args:
            recipe: The new recipe.
            merged: Whether both changes are one step back.
        """
        past = self.past if merged and self.past else (*self.past, self.recipe)[-_STEPS_BACK:]
        return self.with_recipe(recipe, past=past, future=())

    def with_recipe(self, recipe: Choices, **changes: Any) -> Document:
        """Return the document with another recipe; a failure is over with the one that failed."""
        same = asks_same(recipe, self.recipe)
        stage = self.stage if same or self.stage != "failed" else "idle"
        failure = self.failure if stage == "failed" else ""
        ended = self.ended if same else None
        changes = {"price": None, "ended": ended} | changes
        return replace(self, recipe=recipe, stage=stage, failure=failure, **changes)

    def undone(self) -> Document:
        """Return the document with the recipe before."""
        if not self.past:
            return self
        future = (*self.future, self.recipe)
        return self.with_recipe(self.past[-1], past=self.past[:-1], future=future)

    def redone(self) -> Document:
        """Return the document with the recipe that was undone."""
        if not self.future:
            return self
        past = (*self.past, self.recipe)
        return self.with_recipe(self.future[-1], past=past, future=self.future[:-1])

    @property
    def _made(self) -> Choices | None:
        """The choices of the result."""
        made = self.restoration or self.kept
        return None if made is None else made.choices


def changed_fields(before: Choices, after: Choices) -> frozenset[str]:
    """Return the names of the fields that differ, those of steps and settings apart."""
    found = set(_differing(before, after)) - {"template", "settings"}
    found |= set(_differing(before.template, after.template))
    return frozenset(found | set(_differing(before.settings, after.settings)))


def asks_same(a: Choices, b: Choices) -> bool:
    """Whether two recipes ask for the same file; the steps that were found to suit do not count."""
    if a is b or a == b:
        return True
    a = a.for_kind(raw=b.raw)
    return _asked(a) == _asked(b)


def _asked(recipe: Choices) -> tuple[object, ...]:
    return recipe.asked, recipe.settings, recipe.references, recipe.suffix


def _differing(a: Any, b: Any) -> list[str]:
    return [f.name for f in fields(a) if getattr(a, f.name) != getattr(b, f.name)]

"""The pages of a job: each is read, restored and handed to the writer before the next one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from restorer import formats
from restorer.batch.jobs import JobContext, LocalJob, Phase
from restorer.batch.staging import pixel_budget
from restorer.errors import ImageFormatError, InferenceError
from restorer.image import Image
from restorer.restoration.automatic import choose_for_frames
from restorer.restoration.chosen import is_automatic
from restorer.restoration.frames import needs_estimate, sample_numbers, with_estimates, with_plans
from restorer.sensor.mosaic import Page
from restorer.settings import RunPlan

Restore = Callable[[LocalJob, Page, int, JobContext], tuple[Image, tuple[RunPlan, ...]]]
Reserve = Callable[[formats.Header], AbstractContextManager[None]]

_NAMED = 5  # pages that a note names


class PageRun:
    """The pages of a file on their way into another.

    A page that cannot be read is left out, and counted in `missing`; the others come out. The
    frames of an animation build on each other, so that a damaged one ends the job.

    Args:
        job: What is done to each page.
        source: The file.
        numbers: The pages, from 0.
        context: Hears of the progress.
        restore: Restores one page by a job, whose result gets a number, from 0.
        reserve: Holds the memory for a page of a header.

    Attributes:
        missing: The numbers, from 1, of the pages that could not be read.
        size: Height and width of the first result.
    """

    def __init__(
        self,
        job: LocalJob,
        source: formats.ImageFile,
        numbers: Sequence[int],
        context: JobContext,
        restore: Restore,
        reserve: Reserve,
    ) -> None:
        self._job, self._source, self._numbers = job, source, numbers
        self._context, self._restore, self._reserve = context, restore, reserve
        self._notes: dict[str, list[int]] = defaultdict(list)
        self._damage: list[str] = []
        self._plans: list[tuple[RunPlan, ...]] = []
        self.missing: tuple[int, ...] = ()
        self.size = (0, 0)

    @property
    def count(self) -> int:
        """Number of results."""
        return len(self._plans)

    @property
    def plans(self) -> tuple[RunPlan, ...]:
        """The plans of each page, one after another; those of one where all are the same."""
        if len(set(self._plans)) == 1:
            return self._plans[0]
        return tuple(plan for plans in self._plans for plan in plans)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing, then the notes of the pages, with their numbers unless all have them."""
        word = self._source.page_word
        found = (
            note if len(numbers) == self.count else f"{_listed(word, numbers)}: {note}"
            for note, numbers in self._notes.items()
        )
        return (*self._damage, *found)

    def images(self) -> Iterator[Image]:
        """Yield the results. Raises ImageFormatError where no page can be read."""
        self._notes.clear()
        self._damage, self._plans, self.missing = [], [], ()
        job = self._with_estimates()
        for done, number in enumerate(self._numbers):
            self._context.check_cancel()
            self._context.progress("page", done + 1, len(self._numbers))
            try:
                page = self._source.page(number)
                page.check(pixel_budget(job.settings))
            except ImageFormatError as error:
                self._leave_out(number, error)
                continue
            with self._reserve(page.header):
                try:
                    opened = page.read_page()
                except ImageFormatError as error:
                    self._leave_out(number, error)
                    continue
                image = self._restored(job, opened, number)
                del opened
                if self._source.animated and self.count == 1:
                    job = _like_first(job, self._plans[0])
                yield image
                del image
        if job.settings.existing == "replace":
            self._source.close()  # it may be the target, and Windows replaces no open file
        if not self._plans:
            raise ImageFormatError(f"{self._source.path}: no page can be read: {self._damage[0]}")

    def _restored(self, job: LocalJob, page: Page, number: int) -> Image:
        """Return the result of a page without notes; keep its notes and plans."""
        try:
            image, plans = self._restore(job, page, self.count, self._within(number))
        except InferenceError as error:
            raise type(error)(f"{self._source.page_word} {number + 1}: {error}") from error
        self._plans.append(plans)
        if self.count == 1:
            self.size = image.height, image.width
        for note in image.notes:
            self._notes[note].append(number + 1)
        return replace(image, notes=())

    def _within(self, number: int) -> JobContext:
        """Return a context that reports the progress of a page as one over all pages."""
        report, count = self._context.report, len(self._numbers)
        if report is None:
            return self._context
        before = self._numbers.index(number)

        def over_all(phase: Phase, done: int, total: int) -> None:
            report(phase, before * total + done, count * total)

        return replace(self._context, report=over_all)

    def _with_estimates(self) -> LocalJob:
        """Return the job with the damage of all frames of an animation; see `frames`."""
        job, source = self._job, self._source
        automatic = is_automatic(job.steps[0])
        if not source.animated or job.plans or not (automatic or needs_estimate(job.steps)):
            return job
        places = sample_numbers(len(self._numbers))
        with self._reserve(source.header):
            frames = [source.page(self._numbers[place]).read() for place in places]
            if not automatic:
                return replace(job, steps=with_estimates(job.steps, frames))
            chosen = choose_for_frames(job.steps[0], frames, job.settings)
            if chosen.steps and needs_estimate(chosen.steps):
                chosen = replace(chosen, steps=with_estimates(chosen.steps, frames))
            return replace(job, chosen=(chosen,))

    def _leave_out(self, number: int, error: ImageFormatError) -> None:
        """Count a page as missing; the frame of an animation raises."""
        if self._source.animated:
            raise error
        self.missing = (*self.missing, number + 1)
        reason = str(error).removeprefix(f"{self._source.path}: ")
        self._damage.append(f"left out: {reason}")


def _like_first(job: LocalJob, plans: Sequence[RunPlan]) -> LocalJob:
    """Return a job whose later steps take the damage that they found in the first frame."""
    if job.chosen:
        (chosen,) = job.chosen
        return replace(job, chosen=(replace(chosen, steps=with_plans(chosen.steps, plans)),))
    return replace(job, steps=with_plans(job.steps, plans))


def _listed(word: str, numbers: Sequence[int]) -> str:
    """Return the first numbers of some pages in words: ``pages 2, 5 and 3 more``."""
    named = ", ".join(map(str, numbers[:_NAMED]))
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"{word}{'s' if len(numbers) > 1 else ''} {named}{more}"

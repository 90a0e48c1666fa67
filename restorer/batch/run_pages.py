"""Restore the pages of a job one by one: each is read, restored and written before the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from restorer import formats
from restorer.batch.job_run import JobRun
from restorer.batch.jobs import JobContext, LocalJob, Phase, Result
from restorer.batch.page_restorer import restore_image
from restorer.batch.result_file import check_unchanged, write_result
from restorer.batch.staging import pixel_budget
from restorer.errors import ImageFormatError, ImageTooLargeError, InferenceError
from restorer.image import Image
from restorer.inference.memory import free_bytes
from restorer.restoration.automatic import choose_for_frames
from restorer.restoration.chosen import is_automatic
from restorer.restoration.frames import needs_estimate, sample_numbers, with_estimates, with_plans
from restorer.restoration.output import prepare_output
from restorer.sensor.mosaic import Page
from restorer.settings import RunPlan

_NAMED = 5  # pages that a note names


def run_pages(run: JobRun, numbers: Sequence[int]) -> Result:
    """Restore several pages or frames of a file, by their numbers from 0, into another."""
    job, pages = run.job, PageRun(run, numbers)

    def images() -> Iterator[Image]:
        yield from pages.images()
        check_unchanged(job, run.source)

    def write(target: Path, existing: formats.Existing) -> tuple[str, ...]:
        return formats.write_pages(
            images(),
            target,
            formats.writer_options(target, **job.settings.writing),
            existing=existing,
            times=run.times,
            provenance=job.settings.provenance,
        )

    target, notes = write_result(job, write)
    return Result(
        "done",
        target,
        plans=pages.plans,
        notes=(*pages.notes, *notes),
        size=pages.size,
        pages=pages.count,
        missing=pages.missing,
    )


class PageRun:
    """The pages of a file on their way into another.

    A page that cannot be read is left out, and counted in `missing`; the others come out. The
    frames of an animation build on each other, so that a damaged one ends the job.

    Args:
        run: The job and its file.
        numbers: The pages, from 0.

    Attributes:
        missing: The numbers, from 1, of the pages that could not be read.
        size: Height and width of the first result.
    """

    def __init__(self, run: JobRun, numbers: Sequence[int]) -> None:
        self._run, self._numbers = run, numbers
        self._job, self._source, self._context = run.job, run.source, run.context
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
            run = replace(self._run, job=job, context=self._within(number))
            restored = restore_image(run, page, self.count)
        except InferenceError as error:
            raise type(error)(f"{self._source.page_word} {number + 1}: {error}") from error
        image = prepare_output(restored.page, job.settings)
        self._plans.append(restored.plans)
        if self.count == 1:
            self.size = image.height, image.width
        for note in image.notes:
            self._notes[note].append(number + 1)
        return replace(image, notes=())

    def _reserve(self, header: formats.Header) -> AbstractContextManager[None]:
        """Hold the memory for a page. Raises ImageTooLargeError where it does not fit."""
        needed, free = self._run.picture_bytes(header), free_bytes("cpu")
        if needed > free:
            word = self._source.page_word
            raise ImageTooLargeError(
                f"{self._source.path}: a {word} of {header.width} x {header.height} pixels takes"
                f" {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} are free; a {word} that is"
                " chosen alone (setting pages) can be streamed"
            )
        return self._run.reserve_whole(header)

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

"""Run one job: restore a file into another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from restorer import formats
from restorer.batch.checks import check_result, chosen_pages, scale_of
from restorer.batch.job_run import JobRun
from restorer.batch.jobs import Job, JobContext, LocalJob, Result
from restorer.batch.memory import MemoryBudget
from restorer.batch.page_restorer import Restored, restore_page
from restorer.batch.result_file import check_unchanged, is_taken, write_maps, write_result
from restorer.batch.run_pages import run_pages
from restorer.batch.run_rows import is_streamed, run_rows
from restorer.batch.staging import open_picture, run_local
from restorer.batch.stores.store import FileState
from restorer.errors import Cancelled, InferenceError, RestorerError, TargetExistsError
from restorer.formats.codec import not_kept, others
from restorer.restoration.output import prepare_output
from restorer.sensor.mosaic import Page


def run_job(job: Job, context: JobContext | None = None) -> Result:
    """Restore one file into another; expected errors become a failed result.

    Without a `context` nothing is reported and everything happens in this thread.

    Examples:
        >>> (job,) = restorer.plan_sources(["photo.jpg"], "large", ["panet-sr-x2-lite"]).jobs
        >>> result = restorer.run_job(job)
        >>> result.status, result.size
        ('done', (96, 128))
    """
    start, source_state = time.monotonic(), FileState.of(job.source)
    context = context or JobContext()
    try:
        if job.settings.existing == "skip" and is_taken(job.target):
            raise TargetExistsError(f"{job.target}: exists already")
        result = run_local(job, context, partial(_run_job, context=context))
    except Cancelled as error:
        result = Result("cancelled", job.target, error=str(error))
    except TargetExistsError:  # perhaps another process was faster
        result = Result("skipped", job.target, error=f"{job.target}: exists already")
    except RestorerError as error:
        result = Result("failed", job.target, error=str(error))
    except MemoryError:
        message = f"{job.source}: does not fit into memory; free some memory, or shrink the picture"
        result = Result("failed", job.target, error=message)
    return replace(
        result,
        seconds=time.monotonic() - start,
        source_state=source_state,
        target_state=FileState.of(result.target) if result.status == "done" else None,
    )


def _run_job(job: LocalJob, context: JobContext) -> Result:
    context.progress("read")
    memory = context.memory or MemoryBudget.of_machine()
    with ExitStack() as held:  # memory, until the result is written
        try:
            with open_picture(job, job.source) as source:
                format = check_result(job, source.header, scale_of(job))
                run = JobRun(job, source, format, context, memory)
                numbers = chosen_pages(job, source.header)
                if len(numbers) > 1 and formats.holds_pages(format, source.page_word):
                    return run_pages(run, numbers)
                if numbers[0] > 0:
                    run = replace(run, source=source.page(numbers[0]))
                if is_streamed(run) and (streamed := run_rows(run)) is not None:
                    return streamed
                held.enter_context(run.reserve_whole(run.source.header))
                page, _ = run.source.read_page(), run.file  # whose hash is kept
            restored = restore_page(run, page)
        except InferenceError as error:
            raise type(error)(f"{job.source}: {error}") from error
        return _write(run, restored, numbers)


def _write(run: JobRun, restored: Restored[Page], numbers: Sequence[int]) -> Result:
    """Write the result of one page of a file, and the maps of its references."""
    job, page, references = run.job, restored.page, restored.references
    run.context.check_cancel()
    run.context.progress("write")
    if len(numbers) > 1 and numbers[0] > 0:
        lost = not_kept(others(len(numbers) - 1, run.source.page_word))
        page = replace(page, notes=(*page.notes, *lost))
    page = prepare_output(page, job.settings)
    check_unchanged(job, run.source)

    def write(target: Path, existing: formats.Existing) -> tuple[str, ...]:
        asked = job.settings.writing if restored.plans else job.settings.writing_untouched
        options = formats.writer_options(target, **asked)
        place = job.settings.provenance
        return formats.write(
            page, target, options, existing=existing, times=run.times, provenance=place
        )

    target, notes = write_result(job, write)
    if references is not None and references.maps is not None:
        if more := len(job.references) - len(references.maps.ranking):
            notes += (f"{more} more references show less of the picture and were left out",)
        if job.explain:
            notes += (write_maps(references.maps, job, target),)
    size = page.height, page.width
    return Result("done", target, plans=restored.plans, notes=(*page.notes, *notes), size=size)

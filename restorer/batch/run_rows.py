"""Run a job band by band, for a picture that exceeds the memory budget."""

from __future__ import annotations

import logging
from functools import partial
from typing import TypeAlias

from restorer import formats
from restorer.batch.checks import scale_of
from restorer.batch.job_run import JobRun
from restorer.batch.jobs import Result
from restorer.batch.kept_rows import kept_rows
from restorer.batch.page_restorer import past_choice
from restorer.batch.result_file import check_unchanged, write_result
from restorer.errors import ImageTooLargeError
from restorer.inference.memory import free_bytes
from restorer.restoration import streaming as stream
from restorer.restoration.automatic import open_chosen, sampled
from restorer.restoration.output import output_size
from restorer.restoration.source import Source
from restorer.settings import RunPlan

log = logging.getLogger(__name__)

_Written: TypeAlias = tuple[tuple[RunPlan, ...], tuple[str, ...]]  # plans and notes


def is_streamed(run: JobRun) -> bool:
    """Whether to restore band by band: an image that is too large for the whole budget.

    What other jobs have left of it does not count, so that the way does not depend on what else
    runs; the pixels are the same either way, apart from the last bit of a float.
    """
    has_rows = run.source.has_rows and bool(run.format.row_writer)
    return (
        has_rows
        and run.job.settings.context == "tile"
        and run.picture_bytes(run.source.header) > run.memory.total
    )


def run_rows(run: JobRun) -> Result | None:
    """Restore from rows to rows, band by band.

    Returns None for a picture that cannot be streamed and fits into memory as a whole. Raises
    ImageTooLargeError for one that does not fit.
    """
    with run.reserve_band():
        try:
            return run.context.run(_stream, run)
        except formats.RowsError as error:
            needed, free = run.picture_bytes(run.source.header), free_bytes("cpu")
            if needed > free:
                raise ImageTooLargeError(
                    f"{error}, so that it cannot be streamed; as a whole it takes"
                    f" {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} are free"
                ) from error
            log.info("%s, so that it is held in memory as a whole", error)
            return None


def _stream(run: JobRun) -> Result:
    """Restore and write a picture. Raises RowsError where it cannot be streamed."""
    job, source, context = run.job, run.source, run.context
    stream.check_header(job.source, source.header)
    rows, scale = source.rows(), scale_of(job)
    steps, chosen = open_chosen(
        job.steps,
        lambda: Source(sampled(rows), settings=job.settings),
        job.settings,
        source.header.bits,
        past_choice(job),
    )
    stream.check_steps(job.source, steps)
    with kept_rows(job, source.header, scale) as resumption:
        restoration = stream.StreamedRestoration(
            rows,
            steps,
            job.settings,
            file=run.file,
            chosen=chosen,
            plans=job.plans,
            resumption=resumption,
            on_tile=context.on_tile,
            cancel=context.cancel,
        )
        write = partial(
            restoration.write, times=run.times, check=partial(check_unchanged, job, source)
        )
        path, (plans, notes) = write_result(job, write)
    size = output_size(source.header.height * scale, source.header.width * scale, job.settings)
    return Result("done", path, plans=plans, notes=notes, size=size)

"""Run one job: from a file to a better file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from restorer import formats
from restorer.batch.checks import check_result, chosen_pages, scale_of
from restorer.batch.jobs import Job, JobContext, LocalJob, Result
from restorer.batch.kept_rows import kept_rows
from restorer.batch.memory import MemoryBudget
from restorer.batch.naming import numbered
from restorer.batch.run_pages import PageRun
from restorer.batch.staging import pixel_budget, run_local
from restorer.batch.stores.address import Address, Location
from restorer.batch.stores.store import FileState, kind
from restorer.errors import (
    Cancelled,
    ImageTooLargeError,
    ImageWriteError,
    InferenceError,
    RestorerError,
    TargetExistsError,
)
from restorer.formats.codec import not_kept, others
from restorer.formats.identity import path_identity
from restorer.formats.raw.camera_color import BLOCK as CAMERA_COLOR
from restorer.image import Image
from restorer.inference.devices import available_devices, cpu_threads
from restorer.inference.memory import free_bytes
from restorer.inputs import plain_mosaic_of, to_image
from restorer.models.catalog import ModelSpec
from restorer.restoration import footprint
from restorer.restoration import streaming as stream
from restorer.restoration.automatic import is_chosen, look_ahead, open_chosen, sampled
from restorer.restoration.chosen import Chosen, expected_specs
from restorer.restoration.mosaic import gives_samples, run_mosaic
from restorer.restoration.output import check_samples, output_size, prepare_output
from restorer.restoration.provenance import FileHash
from restorer.restoration.reference.files import (
    MOST,
    Reference,
    choose_references,
    open_references,
)
from restorer.restoration.reference.provenance import ReferenceMaps
from restorer.restoration.reference.run import ReferenceRun
from restorer.restoration.resolve import open_reference_run
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source
from restorer.sensor.mosaic import Mosaic, Page
from restorer.settings import Existing, RunPlan

log = logging.getLogger(__name__)
T = TypeVar("T")


def run_job(job: Job, context: JobContext | None = None) -> Result:
    """Restore one file into another; an expected error becomes a failed result.

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
        if job.settings.existing == "skip" and _is_taken(job.target):
            raise TargetExistsError(f"{job.target}: exists already")
        result = run_local(job, context, partial(_run_job, context=context))
    except Cancelled as error:
        result = Result("cancelled", job.target, error=str(error))
    except TargetExistsError:  # perhaps another process was faster
        result = Result("skipped", job.target, error=f"{job.target}: exists already")
    except RestorerError as error:
        result = Result("failed", job.target, error=str(error))
    except MemoryError:
        message = f"{job.source}: does not fit into memory; free some, or shrink the picture"
        result = Result("failed", job.target, error=message)
    return replace(
        result,
        seconds=time.monotonic() - start,
        source_state=source_state,
        target_state=FileState.of(result.target) if result.status == "done" else None,
    )


def _run_job(job: LocalJob, context: JobContext) -> Result:
    memory = context.memory or MemoryBudget.of_machine()
    with ExitStack() as reserved:
        return _run_reserved(job, context, memory, reserved)


def _run_reserved(
    job: LocalJob, context: JobContext, memory: MemoryBudget, reserved: ExitStack
) -> Result:
    """Run a job; `reserved` holds its part of `memory` until the caller closes it."""
    context.progress("read")
    try:
        budget, plain = pixel_budget(job.settings), plain_mosaic_of(job.settings)
        with formats.open_source(job.source, max_pixels=budget, plain=plain) as source:
            format = check_result(job, source.header, scale_of(job))
            numbers = chosen_pages(job, source.header)
            if len(numbers) > 1 and formats.holds_pages(format, source.page_word):
                return _run_pages(job, source, numbers, format, context, memory)
            if numbers[0] > 0:
                source = source.page(numbers[0])
            if _is_streamed(job, source, format, memory):
                rows = min(source.header.height, stream.BAND_ROWS)
                size_bytes = _job_bytes(job, replace(source.header, height=rows))
                with memory.reserve(size_bytes, context.check_cancel):
                    streamed = context.run(_stream, job, source, context, memory)
                if streamed is not None:
                    return streamed
            size_bytes = _whole_bytes(job, source.header, memory)
            reserved.enter_context(memory.reserve(size_bytes, context.check_cancel))
            page, times, file = source.read_page(), _times(job, source), _file(job, source)
        restored, plans, references = _restore_page(job, page, file, format, context)
        if len(numbers) > 1 and numbers[0] > 0:
            lost = not_kept(others(len(numbers) - 1, source.page_word))
            restored = replace(restored, notes=(*restored.notes, *lost))
    except InferenceError as error:
        raise type(error)(f"{job.source}: {error}") from error
    context.check_cancel()
    context.progress("write")
    restored = prepare_output(restored, job.settings)
    _check_unchanged(job, source)

    def write(target: Path, existing: formats.Existing) -> tuple[str, ...]:
        asked = job.settings.writing if plans else job.settings.writing_untouched
        options = formats.writer_options(target, **asked)
        place = job.settings.provenance
        return formats.write(
            restored, target, options, existing=existing, times=times, provenance=place
        )

    target, notes = _write(job, write)
    if references is not None and references.maps is not None:
        if more := len(job.references) - len(references.maps.ranking):
            notes += (f"{more} more references show less of the picture and were left out",)
        if job.explain:
            notes += (_write_maps(references.maps, job, target),)
    size = restored.height, restored.width
    return Result("done", target, plans=plans, notes=(*restored.notes, *notes), size=size)


def _run_pages(
    job: LocalJob,
    source: formats.ImageFile,
    numbers: Sequence[int],
    format: formats.Format,
    context: JobContext,
    memory: MemoryBudget,
) -> Result:
    """Restore several pages or frames of a file into another."""
    file = _file(job, source)

    def restore(
        job: LocalJob, page: Page, number: int, within: JobContext
    ) -> tuple[Image, tuple[RunPlan, ...]]:
        image, plans, _ = _restore(job, page, file, format, within, number)
        return prepare_output(image, job.settings), plans

    def reserve(header: formats.Header) -> AbstractContextManager[None]:
        needed = footprint.picture_bytes(header, _specs(job), job.settings.bits)
        if needed > (free := free_bytes("cpu")):
            word = source.page_word
            raise ImageTooLargeError(
                f"{source.path}: a {word} of {header.width} x {header.height} pixels takes"
                f" {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} are free; a {word} that is"
                " chosen alone (setting pages) can be streamed"
            )
        return memory.reserve(_whole_bytes(job, header, memory), context.check_cancel)

    run = PageRun(job, source, numbers, context, restore, reserve)

    def images() -> Iterator[Image]:
        yield from run.images()
        _check_unchanged(job, source)

    def write(target: Path, existing: formats.Existing) -> tuple[str, ...]:
        return formats.write_pages(
            images(),
            target,
            formats.writer_options(target, **job.settings.writing),
            existing=existing,
            times=_times(job, source),
            provenance=job.settings.provenance,
        )

    target, notes = _write(job, write)
    return Result(
        "done",
        target,
        plans=run.plans,
        notes=(*run.notes, *notes),
        size=run.size,
        pages=run.count,
        missing=run.missing,
    )


def _restore_page(
    job: LocalJob,
    page: Page,
    file: FileHash | None,
    format: formats.Format,
    context: JobContext,
) -> tuple[Page, tuple[RunPlan, ...], ReferenceRun | None]:
    """Return the result of `_restore`.

    A file that holds samples gets those of camera RAW, where noise is all that is to be removed.
    """
    samples = isinstance(page, Mosaic) and format.mosaic_writer
    if not samples or is_chosen(job.steps) or not gives_samples(job.steps, job.settings):
        return _restore(job, page, file, format, context)
    assert isinstance(page, Mosaic), "or it has no samples"
    context.check_cancel()
    check_samples(page.height, page.width, job.settings)
    mosaic, plans = context.run(
        run_mosaic,
        page,
        job.steps,
        job.settings,
        file=file,
        plans=job.plans,
        on_tile=context.on_tile,
        cancel=context.cancel,
    )
    return mosaic, plans, None


def _restore(
    job: LocalJob,
    page: Page,
    file: FileHash | None,
    format: formats.Format,
    context: JobContext,
    number: int = 0,
) -> tuple[Image, tuple[RunPlan, ...], ReferenceRun | None]:
    """Return the restored image, the plan of each step, and the references in use.

    The estimates are made in this thread, before the turn of the networks.
    """
    context.check_cancel()
    source = Source(page, file, job.settings, camera_colors=format.holds_block(CAMERA_COLOR))
    known = _chosen_of(job, number)
    if not job.plans:  # which know the damage
        known = look_ahead(job.steps, source, job.settings, known)
    return context.run(_run_networks, job, source, page, known, context, number)


def _run_networks(
    job: LocalJob,
    source: Source,
    page: Page,
    known: Chosen | None,
    context: JobContext,
    number: int,
) -> tuple[Image, tuple[RunPlan, ...], ReferenceRun | None]:
    context.check_cancel()
    steps, chosen = open_chosen(job.steps, source, job.settings, page.bits, known)
    references = open_reference_run(steps, _references(job, page), needed=False)
    restoration = Restoration(
        source,
        steps,
        job.settings,
        references=references,
        chosen=chosen,
        plans=_plans_of(job, number, len(steps)),
        on_tile=context.on_tile,
        cancel=context.cancel,
    )
    return *restoration.run(), references


def _plans_of(job: LocalJob, number: int, count: int) -> tuple[RunPlan, ...]:
    """Return the `count` plans of a page, of which those of one page hold for all."""
    if len(job.chosen) > 1:
        start = sum(len(each.steps) for each in job.chosen[:number])
        return job.plans[start : start + count]
    if len(job.plans) <= count:
        return job.plans
    return job.plans[number * count : (number + 1) * count]


def _chosen_of(job: LocalJob, number: int) -> Chosen | None:
    """Return what `auto` chose for a page in an earlier run, which is repeated."""
    return job.chosen[min(number, len(job.chosen) - 1)] if job.chosen else None


def _file(job: LocalJob, source: formats.ImageFile) -> FileHash | None:
    """Return the name and hash of the source, if they are recorded."""
    if job.settings.provenance == "none":
        return None
    return FileHash(job.source.name, source.sha256())


def _references(job: LocalJob, page: Page) -> tuple[Reference, ...]:
    """Return the references of a job, opened; of many those that have most in common with it."""
    if not job.references:
        return ()
    own = Reference.of(to_image(page), job.source.name)
    chosen = choose_references(own, job.references)
    return open_references(chosen, max_pixels=job.settings.max_pixels)


def _write_maps(maps: ReferenceMaps, job: LocalJob, target: Path) -> str:
    """Write the pictures of what came from where beside a result; return a note that names them."""
    existing: Existing = "replace" if job.settings.existing == "replace" else "number"
    settings = replace(job.settings, existing=existing)

    def write(word: str, image: Image) -> str:
        path = target.with_name(f"{target.stem}-{word}.png")
        beside = replace(job, target=path, settings=settings)
        return _write(beside, lambda to, how: formats.write(image, to, existing=how))[0].name

    trust = write("confidence", Image(maps.confidence_picture()))
    source = write("source", Image(maps.source_picture()))
    return f"{trust} shows how much came from references, {source} from where"


def _specs(job: Job) -> list[ModelSpec]:
    return expected_specs(job.known_steps)


def _whole_bytes(job: Job, header: formats.Header, memory: MemoryBudget) -> int:
    """Return the estimated peak of a job that is not streamed."""
    maps = 0 if job.settings.context == "tile" else job.settings.memory or memory.total
    return maps + _job_bytes(job, header, pictures=1 + min(len(job.references), MOST))


def _job_bytes(job: Job, header: formats.Header, pictures: int = 1) -> int:
    settings = job.settings
    tiles = settings.device == "cpu" or available_devices()[0] == "cpu"
    return footprint.job_bytes(
        header,
        _specs(job),
        settings.bits,
        side=settings.tile,
        tiles=tiles,
        at_once=cpu_threads(),
        pictures=pictures,
    )


def _is_streamed(
    job: Job, source: formats.ImageFile, target: formats.Format, memory: MemoryBudget
) -> bool:
    """Whether to restore band by band: an image that is too large for the whole budget.

    What other jobs have left of it does not count, so that the way does not depend on what else
    runs; the pixels are the same either way, apart from the last bit of a float.
    """
    streams = source.has_rows and bool(target.row_writer) and job.settings.context == "tile"
    return (
        streams
        and footprint.picture_bytes(source.header, _specs(job), job.settings.bits) > memory.total
    )


def _stream(
    job: LocalJob, source: formats.ImageFile, context: JobContext, memory: MemoryBudget
) -> Result | None:
    """Restore from rows to rows, band by band.

    Returns None for a picture that cannot be streamed and fits into memory as a whole. Raises
    ImageTooLargeError for one that does not fit.
    """
    try:
        stream.check_header(job.source, source.header)
        rows, scale = source.rows(), scale_of(job)
        steps, chosen = open_chosen(
            job.steps,
            lambda: Source(sampled(rows), settings=job.settings),
            job.settings,
            source.header.bits,
            _chosen_of(job, 0),
        )
        stream.check_steps(job.source, steps)

        def write(
            target: Path, existing: formats.Existing
        ) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
            return stream.restore_rows(
                rows,
                target,
                existing,
                steps,
                job.settings,
                context.on_tile,
                context.cancel,
                _times(job, source),
                check=partial(_check_unchanged, job, source),
                source=_file(job, source),
                chosen=chosen,
                plans=job.plans,
                resumption=resumption,
            )

        with kept_rows(job, source.header, scale) as resumption:
            path, (plans, notes) = _write(job, write)
        size = output_size(source.header.height * scale, source.header.width * scale, job.settings)
        return Result("done", path, plans=plans, notes=notes, size=size)
    except formats.RowsError as error:
        needed, free = (
            footprint.picture_bytes(source.header, _specs(job), job.settings.bits),
            free_bytes("cpu"),
        )
        if needed > free:
            raise ImageTooLargeError(
                f"{error}, so that it cannot be streamed; as a whole it takes {needed / 1e9:.1f} GB"
                f" of memory, {free / 1e9:.1f} are free"
            ) from error
        log.info("%s, so that it is held in memory as a whole", error)
        return None


def _check_unchanged(job: LocalJob, source: formats.ImageFile) -> None:
    """Raise ImageWriteError where a result is to replace a source that has changed since."""
    if job.settings.existing != "replace" or path_identity(job.source) != path_identity(job.target):
        return
    try:
        changed = job.source.stat().st_mtime_ns != source.times[1]
    except OSError:
        changed = True
    if changed:
        raise ImageWriteError(
            f"{job.source}: changed while it was restored, so that nothing was replaced; run again"
        )


def _write(job: LocalJob, write: Callable[[Path, formats.Existing], T]) -> tuple[Path, T]:
    """Write under the job's target, or under a numbered name where that was asked and is needed."""
    existing = job.settings.existing
    if existing != "number":
        return job.target, write(job.target, "replace" if existing == "replace" else "fail")
    for target in numbered(job.target):
        try:
            if not _exists(target):
                return target, write(target, "fail")
        except TargetExistsError:  # another process was faster
            continue
    raise AssertionError("numbers do not end")


def _times(job: Job, source: formats.ImageFile) -> formats.Times | None:
    """Return the times that the result gets; None for those of now."""
    return source.times if job.settings.keep_times else None


def _is_taken(place: Location) -> bool:
    """Whether there is anything but a folder at a place."""
    if isinstance(place, Address):
        try:
            return kind(place) == "file"
        except OSError:  # writing will say so
            return False
    return _exists(place) and not place.is_dir()


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:  # a name too long, a link to itself: writing will say so
        return False

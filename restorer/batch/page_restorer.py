"""Restore a page of a job: estimates in this thread, networks in theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from restorer.batch.job_run import JobRun
from restorer.batch.jobs import LocalJob
from restorer.formats.raw.camera_color import BLOCK as CAMERA_COLOR
from restorer.image import Image
from restorer.inputs import to_image
from restorer.restoration.automatic import is_chosen, look_ahead, open_chosen
from restorer.restoration.chosen import Chosen
from restorer.restoration.mosaic import gives_samples, run_mosaic
from restorer.restoration.output import check_samples
from restorer.restoration.reference.files import Reference, choose_references, open_references
from restorer.restoration.reference.run import ReferenceRun
from restorer.restoration.resolve import open_reference_run
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source
from restorer.sensor.mosaic import Mosaic, Page
from restorer.settings import RunPlan

AnyPage = TypeVar("AnyPage", bound=Page, covariant=True)


@dataclass(frozen=True, eq=False)
class Restored(Generic[AnyPage]):
    """A restored page.

    Attributes:
        page: The result.
        plans: The plan of each step.
        references: The references that a step has taken.
    """

    page: AnyPage
    plans: tuple[RunPlan, ...]
    references: ReferenceRun | None = None


def restore_page(run: JobRun, page: Page) -> Restored[Page]:
    """Restore the only page of a job.

    A file that holds samples gets those of camera RAW, where noise is all that is to be removed.
    """
    job, context = run.job, run.context
    samples = isinstance(page, Mosaic) and run.format.mosaic_writer
    if not samples or is_chosen(job.steps) or not gives_samples(job.steps, job.settings):
        return restore_image(run, page)
    assert isinstance(page, Mosaic), "or it has no samples"
    context.check_cancel()
    check_samples(page.height, page.width, job.settings)
    mosaic, plans = context.run(
        run_mosaic,
        page,
        job.steps,
        job.settings,
        file=run.file,
        plans=job.plans,
        on_tile=context.on_tile,
        cancel=context.cancel,
    )
    return Restored(mosaic, plans)


def restore_image(run: JobRun, page: Page, number: int = 0) -> Restored[Image]:
    """Restore a page, the `number`th of its job from 0, to an image.

    The estimates are made in this thread, before the turn of the networks.
    """
    job = run.job
    run.context.check_cancel()
    camera_colors = run.format.holds_block(CAMERA_COLOR)
    source = Source(page, run.file, job.settings, camera_colors=camera_colors)
    known = past_choice(job, number)
    if not job.plans:  # which know the damage
        known = look_ahead(job.steps, source, job.settings, known)
    return run.context.run(_run_networks, run, source, page, known, number)


def past_choice(job: LocalJob, number: int = 0) -> Chosen | None:
    """Return what `auto` chose for a page in an earlier run, which is repeated."""
    return job.chosen[min(number, len(job.chosen) - 1)] if job.chosen else None


def _run_networks(
    run: JobRun, source: Source, page: Page, known: Chosen | None, number: int
) -> Restored[Image]:
    job, context = run.job, run.context
    context.check_cancel()
    steps, chosen = open_chosen(job.steps, source, job.settings, page.bits, known)
    references = open_reference_run(steps, _references(job, page), needed=False)
    restoration = Restoration(
        source,
        steps,
        job.settings,
        references=references,
        chosen=chosen,
        plans=_past_plans(job, number, len(steps)),
        on_tile=context.on_tile,
        cancel=context.cancel,
    )
    return Restored(*restoration.run(), references)


def _past_plans(job: LocalJob, number: int, count: int) -> tuple[RunPlan, ...]:
    """Return the `count` plans of a page in an earlier run; those of one page hold for all."""
    if len(job.chosen) > 1:
        start = sum(len(each.steps) for each in job.chosen[:number])
        return job.plans[start : start + count]
    if len(job.plans) <= count:
        return job.plans
    return job.plans[number * count : (number + 1) * count]


def _references(job: LocalJob, page: Page) -> tuple[Reference, ...]:
    """Return the references of a job, opened; of many those that have most in common with it."""
    if not job.references:
        return ()
    own = Reference.of(to_image(page), job.source.name)
    chosen = choose_references(own, job.references)
    return open_references(chosen, max_pixels=job.settings.max_pixels)

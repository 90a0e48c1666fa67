"""Changes of queued jobs when the user changes choices or output."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from restorer import (
    Address,
    Job,
    Settings,
    expected_steps,
    model_spec,
    plan_sources,
    with_raw_steps,
)

from ..session.choices import NAME as BESIDE_NAME
from ..session.choices import Choices


def with_choices(job: Job, choices: Choices, settings: Settings) -> Job:
    """Return the job with the current choices."""
    folder = local(job.target).parent
    name = BESIDE_NAME if folder == local(job.source).parent else "{stem}{suffix}"
    plan = plan_sources(
        [local(job.source)],
        folder,
        choices.for_kind(raw=False).asked,
        name=name,
        suffix=choices.suffix,
        settings=settings,
    )
    return completed(plan.jobs, choices)[0]


def completed(jobs: Sequence[Job], choices: Choices) -> tuple[Job, ...]:
    """Return the jobs with their references, those on camera RAW with the steps for it."""
    found = with_raw_steps(jobs, choices.for_kind(raw=True).asked)
    return tuple(with_references(job, choices) for job in found)


def with_targets(jobs: Sequence[Job], folder: Path | None, settings: Settings) -> list[Job]:
    """Return the jobs with targets in a folder that repeats the folders of the sources.

    Args:
        jobs: Jobs whose targets have the right suffix.
        folder: The results folder; None is the folder of each original.
        settings: Their treatment of existing results is used.

    Targets are not numbered yet.
    """
    folders = [local(job.source).parent for job in jobs]
    try:
        base = Path(os.path.commonpath(folders)) if jobs else Path()
    except ValueError:  # on several drives
        base = Path()
    after = []
    for job, beside in zip(jobs, folders, strict=True):
        within = beside.relative_to(base) if beside.is_relative_to(base) else Path()
        place = beside if folder is None else folder / within
        name = BESIDE_NAME if place == beside else "{stem}{suffix}"
        target = place / name.format(stem=job.source.stem, suffix=job.target.suffix)
        kept = replace(job.settings, existing=settings.existing)
        after.append(replace(job, target=target, settings=kept))
    return after


def with_references(job: Job, choices: Choices) -> Job:
    """Return the job with the references, if one of its steps takes them."""
    steps = expected_steps(job.steps)
    wanted = any(model_spec(step.model).traits.needs_references for step in steps)
    return replace(job, references=choices.references if wanted else ())


def local(place: Path | Address) -> Path:
    """Return the path of a file; the window queues no addresses."""
    assert isinstance(place, Path), place
    return place


def without_target(job: Job) -> Job:
    """Return the job without its target, to compare jobs."""
    return replace(job, target=job.source)

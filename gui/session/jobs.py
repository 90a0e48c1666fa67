"""Jobs of documents: what writes their results straight to files, as `restore batch` does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from restorer import (
    AUTO,
    Address,
    Batch,
    Ignored,
    Job,
    Result,
    Settings,
    Step,
    UnknownModelError,
    exclude_results,
    expected_steps,
    model_spec,
    number_targets,
    plan_sources,
    target_name,
    with_raw_steps,
)

from ..widgets.words import error_text
from .choices import NAME as BESIDE_NAME
from .choices import Choices, automatic_choices, usual_choices
from .documents import Document, Saved


@dataclass(frozen=True)
class Output:
    """Where the files go.

    Attributes:
        folder: The folder of results; None is that of each original.
        existing: What happens where a result exists already.
    """

    folder: Path | None = None
    existing: Literal["skip", "replace", "number"] = "skip"


@dataclass(frozen=True)
class Plan:
    """Jobs of documents by their ids, and the files that get none."""

    jobs: dict[int, Job]
    ignored: tuple[Ignored, ...] = ()


def plan_documents(
    documents: Iterable[Document], output: Output, taken: Iterable[Path | Address] = ()
) -> Plan:
    """Return the jobs of documents, each with its own recipe.

    A file of several pages gets one job, that of its first document. A result stays in the folder
    that an earlier job of the document had. Results of earlier runs get no job.

    Args:
        documents: Those with a file and with steps.
        output: Where the others go.
        taken: Targets of other jobs.

    Raises SettingsError if a file would be its own target.
    """
    files: dict[Path, int] = {}
    jobs = {}
    for document in documents:
        if document.path is not None and document.path not in files:
            files[document.path] = document.id
            jobs[document.id] = _job(document, document.path.absolute(), output)
    batch = exclude_results(Batch(tuple(jobs.values()), ()))
    kept = {job.source for job in batch.jobs}
    ids = [id for id, job in jobs.items() if job.source in kept]
    numbered = number_targets((jobs[id] for id in ids), taken)
    return Plan(dict(zip(ids, numbered, strict=True)), batch.ignored)


def plan_files(sources: Sequence[Path], choices: Choices, output: Output) -> Batch:
    """Return the jobs of files, and of the pictures below folders. Raises SettingsError.

    Results repeat the folders below each source.
    """
    name = BESIDE_NAME if output.folder is None else "{stem}{suffix}"
    settings = replace(choices.settings, existing=output.existing)
    steps = choices.for_kind(raw=False).asked
    found = plan_sources(
        sources, output.folder, steps, name=name, suffix=choices.suffix, settings=settings
    )
    jobs = with_raw_steps(found.jobs, choices.for_kind(raw=True).asked)
    return replace(found, jobs=tuple(_with_references(job, choices) for job in jobs))


def with_targets(jobs: Sequence[Job], output: Output) -> list[Job]:
    """Return the jobs with other targets, which repeat the folders of the sources.

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
        place = beside if output.folder is None else output.folder / within
        name = BESIDE_NAME if place == beside else "{stem}{suffix}"
        target = place / name.format(stem=job.source.stem, suffix=job.target.suffix)
        kept = replace(job.settings, existing=output.existing)
        after.append(replace(job, target=target, settings=kept))
    return after


def waiting_document(job: Job, recipe: Choices) -> Document:
    """Return a document, still without a place in the list, that waits for a job."""
    source = local(job.source)
    return Document(0, source, source.name, recipe, stage="waiting", job=job)


def document_of(job: Job) -> Document:
    """Return a document, still without a place in the list, of a job of the last time."""
    source, target = local(job.source), local(job.target)
    suffix = None if target.suffix == source.suffix else target.suffix
    recipe = _choices(job.steps, job.settings, tuple(map(local, job.references)), suffix)
    return Document(0, source, source.name, recipe, job=job)


def changes_at_end(job: Job, result: Result, recipe: Choices) -> dict[str, Any]:
    """Return what the end of a job changes in its document."""
    if result.status == "cancelled":
        return {"stage": "idle", "job": None}
    if result.status == "failed":
        failure = error_text(result.error, local(job.source))
        return {"stage": "failed", "failure": failure, "ended": result}
    if result.status == "skipped":
        return {"stage": "idle", "ended": result}
    saved = Saved(local(result.target), recipe)
    return {"stage": "idle", "ended": result, "saved": saved}


def local(place: Path | Address) -> Path:
    """Return the path of a file; the window has no addresses."""
    assert isinstance(place, Path), place
    return place


def _job(document: Document, source: Path, output: Output) -> Job:
    recipe = document.recipe
    plain = recipe.for_kind(raw=False)
    folder = output.folder or source.parent
    if document.job is not None:
        folder = local(document.job.target).parent
    name = BESIDE_NAME if folder == source.parent else "{stem}{suffix}"
    target = folder / target_name(source, plain.asked, name, plain.suffix)
    settings = replace(recipe.settings, existing=output.existing)
    plain_job = Job(source, target, plain.asked, settings)
    (job,) = with_raw_steps([plain_job], recipe.for_kind(raw=True).asked)
    return _with_references(job, recipe)


def _with_references(job: Job, choices: Choices) -> Job:
    """Return the job with the references, if one of its steps takes them."""
    steps = expected_steps(job.steps)
    wanted = any(model_spec(step.model).traits.needs_references for step in steps)
    return replace(job, references=choices.references if wanted else ())


@lru_cache(maxsize=64)  # neighbors share it, also in memory
def _choices(
    steps: tuple[Step, ...], settings: Settings, references: tuple[Path, ...], suffix: str | None
) -> Choices:
    """Return choices that ask for the same; automatic ones where a model is not known any more."""
    own = replace(settings, existing=Settings().existing)
    automatic = replace(automatic_choices(), references=references, settings=own, suffix=suffix)
    if steps[0].model == AUTO:
        template = replace(steps[0], model="", scale=None)
        return replace(automatic, template=template, enlargement=steps[0].scale or 1)
    choices = usual_choices()
    choices = replace(choices, tasks=tuple(replace(k, wanted=False) for k in choices.tasks))
    try:
        if model_spec(steps[0].model).traits.mosaic:
            choices = choices.behind_demosaicing()
        for step in steps:
            choices = choices.with_step(step)
    except UnknownModelError:
        return automatic
    return replace(choices, references=references, settings=own, suffix=suffix)

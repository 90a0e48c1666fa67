"""``restore image``: restore one picture, or several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .dry_run import show_plan
from .options import Request, given, restoration_options
from .params import expanded
from .report import Report, in_words, journal
from .run import run
from .words import tell, warn

if TYPE_CHECKING:
    from restorer import Address, Job, Result, Step


@click.command(
    epilog="\b\nExamples:\n"
    "  restore image photo.jpg                       repair the damage: photo-restored.jpg\n"
    "  restore image small.png --scale 2             repair and enlarge to twice the size\n"
    "  restore image noisy.jpg --task denoising      remove noise\n"
    "  restore image old.tif -o new.png --task denoising --task super-resolution\n"
    "  restore image small.jpg --reference sharp.jpg -o big.png\n"
    "  restore image *.jpg -o large/                 several images\n"
)
@click.argument("sources", metavar="IN...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="File or folder to write. The suffix of a file selects its format. For several images,"
    " OUT must be a folder.",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    default="{stem}-restored{suffix}",
    show_default=True,
    help="Name of the result if OUT is not a file, built from {stem}, {suffix}, {model} and"
    " {scale}.",
)
@click.option("--notify", is_flag=True, help="Show a desktop notification at the end.")
@restoration_options
@click.pass_context
def image(
    ctx: click.Context,
    sources: tuple[str, ...],
    output: str | None,
    name: str,
    notify: bool,
    request: Request,
    dry_run: bool,
    report: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Restore the image IN and write it next to IN, or to OUT."""
    from restorer import Decision, check_references

    paths = _sources(sources)
    if len(paths) > 1 and output is not None and not _is_folder(output):
        raise click.UsageError(f"-o {output}: is not a folder; several images need one")
    jobs = request.completed([_job(path, output, name, request) for path in paths])
    _check_targets(jobs)
    for job in jobs:
        if job.references and isinstance(job.source, Path):  # else they are checked with the copy
            check_references(job.source, job.references)
    if dry_run:
        ctx.exit(show_plan([*map(Decision, jobs)]))

    failures: list[str] = []

    def show(job: Job, result: Result) -> None:
        if result.status != "done":
            failures.append(in_words(job, result))
        if result.status != "done" or result.missing:
            warn(in_words(job, result))
        elif not quiet:
            tell(in_words(job, result))

    with journal(report) as file:
        account = Report(file=file, show=show)
        run(jobs, account, quiet=quiet, verbose=verbose)
        account.close()
    if notify:
        _notify(len(jobs), failures)
    ctx.exit(account.exit_code)


def _notify(count: int, failures: Sequence[str]) -> None:
    from .notify import notify

    done = count - len(failures)
    pictures = f"{count} picture{'s' * (count != 1)}"
    title = f"{done} of {pictures} restored" if failures else f"{pictures} restored"
    notify(title, failures[0] if failures else "")


def _sources(words: Sequence[str]) -> list[Path | Address]:
    """Return the files that are named, each once. Raises UsageError for what is no file."""
    from restorer import location

    words = expanded(words)
    places = [*map(location, words)]
    for word, place in zip(words, places, strict=True):
        if word == "-":
            raise click.UsageError("-: images cannot be read from a pipe; name a file")
        try:
            if not place.exists():
                raise click.UsageError(f"{place}: no such file")
            if place.is_dir():
                raise click.UsageError(f"{place}: is a folder; `restore batch` restores folders")
        except OSError as error:
            raise click.UsageError(f"{place}: {error.strerror}") from error
    return list(dict.fromkeys(places))


def _check_targets(jobs: Sequence[Job]) -> None:
    """Raise UsageError where two images would have one result."""
    from restorer import file_identity

    sources: dict[object, Path | Address] = {}
    for job in jobs:
        other = sources.setdefault(file_identity(job.target), job.source)
        if other != job.source:
            raise click.UsageError(
                f"{other} and {job.source} would both become {job.target}; use --name or run twice"
            )


def _is_folder(output: str) -> bool:
    from restorer import location

    if output.endswith(("/", os.sep)) or os.path.isdir(output):
        return True
    place = location(output)
    try:
        return not isinstance(place, Path) and place.is_dir()
    except OSError as error:
        raise click.UsageError(f"-o {place}: {error.strerror}") from error


def _job(source: Path | Address, output: str | None, name: str, request: Request) -> Job:
    """Return what to do; raise UsageError where the source itself would be overwritten unasked."""
    from restorer import Job, file_identity

    steps, settings = request.steps(), request.settings()
    target = _target(source, output, name, request, steps)
    if file_identity(target) == file_identity(source) and settings.existing != "replace":
        raise click.UsageError(
            f"{target}: is the original; --existing replace overwrites it, -o names another file"
        )
    return Job(source, target, steps, settings)


def _target(
    source: Path | Address,
    output: str | None,
    name: str,
    request: Request,
    steps: Sequence[Step],
) -> Path | Address:
    from restorer import WRITABLE, location, target_name

    folder = source.parent if output is None else location(output)
    if output == "-":
        raise click.UsageError("-o -: results cannot be written to a pipe; name a file")
    if output is None or _is_folder(output):
        return folder / target_name(source, steps, name, request.suffix)
    target = folder
    if not target.suffix:
        return target.with_suffix(request.suffix or Path(target_name(source, steps)).suffix)
    if target.suffix.lower() not in WRITABLE:
        known = ", ".join(sorted(WRITABLE))
        raise click.UsageError(
            f"{target}: unknown image type {target.suffix!r}; expected one of {known}"
        )
    if given("format") and target.suffix.lower() != request.suffix:
        raise click.UsageError(f"{target}: contradicts --format {request.format}")
    return target

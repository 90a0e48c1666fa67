"""``restore image``: one picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .dry_run import show_plan
from .options import Request, given, restoration_options
from .report import Report, in_words, journal
from .run import run
from .words import tell, warn

if TYPE_CHECKING:
    from restorer import Job, Step


@click.command(
    epilog="\b\nExamples:\n"
    "  restore image small.png                       enlarge twofold: small-restored.png\n"
    "  restore image noisy.jpg --task denoising      remove noise\n"
    "  restore image old.tif -o new.png --task denoising --task super-resolution\n"
    "  restore image small.jpg --reference sharp.jpg -o big.png\n"
)
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="File or folder to write; the suffix of a file decides its format.",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    default="{stem}-restored{suffix}",
    show_default=True,
    help="Name of the result if OUT is not a file: {stem} {suffix} {model} {scale}.",
)
@restoration_options
@click.pass_context
def image(
    ctx: click.Context,
    source: str,
    output: str | None,
    name: str,
    request: Request,
    dry_run: bool,
    report: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Restore the image IN and write it next to IN, or to OUT."""
    from restorer import check_references

    (job,) = request.with_references([_job(Path(source), output, name, request)])
    if job.references:
        check_references(job.source, job.references)
    if dry_run:
        ctx.exit(show_plan([job], []))
    with journal(report) as file:
        account = Report(file=file)
        results = run([job], account, quiet=quiet, verbose=verbose)
        account.close()
    for result in results:
        if result.status != "done":
            warn(in_words(job, result))
        elif not quiet:
            tell(in_words(job, result))
    ctx.exit(account.exit_code)


def _job(source: Path, output: str | None, name: str, request: Request) -> Job:
    """Return what to do; raise UsageError where the source itself would be overwritten unasked."""
    from restorer import Job

    steps, settings = request.steps(), request.settings()
    target = _target(source, output, name, request, steps)
    if os.path.realpath(target) == os.path.realpath(source) and settings.existing != "replace":
        raise click.UsageError(
            f"{target}: is the original; --existing replace overwrites it, -o names another file"
        )
    return Job(source, target, steps, settings)


def _target(
    source: Path, output: str | None, name: str, request: Request, steps: Sequence[Step]
) -> Path:
    from restorer import WRITABLE, target_name

    folder = source.parent if output is None else Path(output)
    if output is None or os.path.isdir(folder) or output.endswith(("/", os.sep)):
        return folder / target_name(source, steps, name, request.suffix)
    target = Path(output)
    if not target.suffix:
        return target.with_suffix(request.suffix or source.suffix)
    if target.suffix.lower() not in WRITABLE:
        known = ", ".join(sorted(WRITABLE))
        raise click.UsageError(f"{target}: unknown image type {target.suffix!r}; known are {known}")
    if given("format") and target.suffix.lower() != request.suffix:
        raise click.UsageError(f"{target}: contradicts --format {request.format}")
    return target

"""``restore edit``: the external editor for photo programs."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Request, editing_options
from .report import Report, in_words
from .run import run
from .words import tell, warn

if TYPE_CHECKING:
    from restorer import Job, Result

_TAKEN = ("tiff", "png")  # without loss, and what photo programs hand over


@click.command(
    epilog="\b\nExamples:\n"
    "  restore edit copy.tif                  find the damage and repair it\n"
    "  restore edit --window copy.tif         choose in the window\n"
    "  restore edit --scale 2 copy.tif        repair and enlarge to twice the size\n"
)
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--window",
    is_flag=True,
    help="Open FILE in the window; Save replaces it and closes the window.",
)
@editing_options
@click.pass_context
def edit(
    ctx: click.Context,
    files: tuple[Path, ...],
    window: bool,
    request: Request,
    quiet: bool,
    verbose: bool,
) -> None:
    """Restore the working copy FILE in place, as an external editor for photo programs.

    A photo program gives its external editor a copy of the picture, and reads that file again when
    the editor ends. FILE must be a TIFF or PNG file. It is replaced as a whole or not at all, and
    keeps its depth, color profile, metadata and permissions. Never name an original here; use
    `restore image`, which writes a new file next to it.

    Exit codes: 0 FILE was replaced, 1 it was not, 2 wrong usage, 130 interrupted.
    """
    copies = [_working_copy(path) for path in files]
    if window:
        ctx.exit(_in_window(copies, request))
    jobs = request.completed(_job(path, request) for path in copies)

    def show(job: Job, result: Result) -> None:
        if result.status != "done" or result.missing:
            warn(in_words(job, result))
        elif not quiet:
            tell(in_words(job, result))

    account = Report(show=show)
    run(jobs, account, quiet=quiet, verbose=verbose)
    account.close()
    ctx.exit(account.exit_code)


def _working_copy(path: Path) -> Path:
    """Return the file behind links. Raises UsageError for what must not be replaced."""
    from restorer import FORMATS, probe

    path = Path(os.path.realpath(path))
    format = probe(path).format
    if format not in [FORMATS[name].name for name in _TAKEN]:
        raise click.UsageError(
            f"{path}: is {format}, which may be an original; set the program to pass a TIFF copy,"
            f" or run: restore image {path.name}"
        )
    if path.suffix.lower() not in [s for name in _TAKEN for s in FORMATS[name].suffixes]:
        raise click.UsageError(
            f"{path}: is {format}, but its suffix is that of another format; rename it"
        )
    if not stat.S_IMODE(path.stat().st_mode) & stat.S_IWUSR:
        raise click.UsageError(f"{path}: is write-protected, so it cannot be a working copy")
    return path


def _job(path: Path, request: Request) -> Job:
    from restorer import Job

    return Job(path, path, request.steps(), replace(request.settings(), existing="replace"))


def _in_window(files: Sequence[Path], request: Request) -> int:
    if len(files) > 1:
        raise click.UsageError("--window: takes only one FILE")
    if request.task or request.model or request.scale is not None:
        raise click.UsageError(
            "--window: you choose the steps in the window; leave out the other options"
        )
    from .gui import window_app

    return int(window_app().edit(files[0]))

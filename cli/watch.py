"""``restore watch``: restore files as they arrive in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .folders import FolderChoice, engine_option, folder_options
from .options import Request, restoration_options
from .params import FolderType
from .report import Report, in_words, journal
from .run import run_watch
from .words import tell, warn

if TYPE_CHECKING:
    from restorer import Address, Decision, Job, Result


@click.command(
    epilog="\b\nExamples:\n"
    "  restore watch incoming restored --task denoising\n"
    "  restore watch /mnt/scanner clean --format png --settle 10 --poll\n"
)
@click.argument(
    "source",
    metavar="IN_DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.argument("target", metavar="OUT_DIR", type=FolderType())
@folder_options
@engine_option(clusters=False)
@click.option(
    "--settle",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 3600),
    default=2.0,
    show_default=True,
    help="Restore a file once it has not changed for this long.",
)
@click.option(
    "--poll",
    is_flag=True,
    help="Look for changes several times a second, for folders whose changes the system does not"
    " report (network shares).",
)
@restoration_options
@click.pass_context
def watch(
    ctx: click.Context,
    source: Path,
    target: Path | Address,
    choice: FolderChoice,
    jobs: int | None,
    engine: str,
    settle: float,
    poll: bool,
    request: Request,
    dry_run: bool,
    report: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Restore the images of IN_DIR into OUT_DIR, and each new one, until you press Ctrl-C.

    A file is restored once it is complete, and again when it changes. After a restart, the command
    continues where it stopped.
    """
    from restorer import (
        FolderWatch,
        Job,
        OutputFolder,
        SettingsError,
        check_apart,
        exclude_results,
    )

    if dry_run:
        raise click.UsageError(
            "--dry-run: not available here; `restore batch` with --dry-run shows a plan"
        )
    check_apart(source, target)
    steps, settings = request.steps(), request.settings()
    unread: set[Path | Address] = set()
    output = OutputFolder(target, ctx.find_root().meta["command"])
    earlier = output  # as its journals are at the last look

    def plan() -> Sequence[Job]:
        nonlocal earlier
        earlier = OutputFolder(target)
        batch = choice.plan(source, target, request, earlier.targets)
        for each in batch.ignored:
            if each.failed and each.path == source:
                raise SettingsError(f"{source}: {each.reason}")
            if each.failed and each.path not in unread:
                unread.add(each.path)
                warn(f"{each.path}: {each.reason}")
        return request.completed(exclude_results(batch).jobs)

    def decide(found: Sequence[Job]) -> Sequence[Decision]:
        return earlier.decide(found)

    def show(job: Job, result: Result) -> None:
        if result.status == "failed":
            warn(in_words(job, result))
        elif result.status == "done" and not quiet:
            tell(in_words(job, result))

    with journal(report) as file, output:
        account = Report(file=file, show=show, output=output)
        output.open()
        if not quiet:
            tell(f"watching {source}; press Ctrl-C to stop")
        run_watch(
            FolderWatch(source, plan, decide, settle_s=settle, poll=poll),
            Job(source, target, steps, settings),
            account,
            engine=engine,
            workers=jobs,
            claim=output.claim,
            verbose=verbose,
        )
        account.close()
    account.show(quiet=quiet)
    ctx.exit(0 if account.exit_code == 130 else account.exit_code)

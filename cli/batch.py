"""``restore batch``: restore a folder into another."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restorer import ENGINES

from .dry_run import show_plan
from .folders import FolderChoice, engine_option, folder_options
from .options import Request, restoration_options
from .page import Page
from .params import FolderType
from .report import Report, journal
from .run import run
from .words import tell, warn

if TYPE_CHECKING:
    from restorer import Address


@click.command(
    epilog="\b\nExamples:\n"
    "  restore batch holiday better                     repair the damage of each picture\n"
    "  restore batch holiday large --scale 2            also enlarge to twice the size\n"
    "  restore batch scans clean --task denoising --format png --jobs 2\n"
    "  restore batch s3://archive/scans s3://archive/better\n"
)
@click.argument("source", metavar="IN_DIR", type=FolderType(exists=True))
@click.argument("target", metavar="OUT_DIR", type=FolderType())
@folder_options
@engine_option(clusters=True)
@click.option(
    "--all-headers",
    is_flag=True,
    help="With --dry-run, read the headers of all files, even of more than 20,000, instead of a"
    " sample of 2,000.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="Ray cluster for --engine ray; without it, a cluster is started on this machine.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan of --dry-run as JSON.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="At the end, write a web page that shows the results before and after, failures and"
    " notes.",
)
@restoration_options
@click.pass_context
def batch(
    ctx: click.Context,
    source: Path | Address,
    target: Path | Address,
    choice: FolderChoice,
    jobs: int | None,
    engine: str,
    all_headers: bool,
    address: str | None,
    as_json: bool,
    html: Path | None,
    request: Request,
    dry_run: bool,
    report: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Restore all images of IN_DIR into OUT_DIR.

    Both may be addresses such as s3://bucket/folder, which need restorer[cloud]. A bad file does
    not stop the others. To continue an interrupted batch, run the same command again.
    """
    from restorer import OutputFolder, exclude_results

    if as_json and not dry_run:
        raise click.UsageError(
            "--json: prints the plan of --dry-run; to record results, use --report FILE"
        )
    if all_headers and not dry_run:
        raise click.UsageError("--all-headers: needs --dry-run; a real run reads all files anyway")
    if html is not None and dry_run:
        raise click.UsageError("--html: shows results, but --dry-run makes none")
    if address is not None and not ENGINES[engine].cluster:
        raise click.UsageError("--address: needs --engine ray")
    output = OutputFolder(target, ctx.find_root().meta["command"])
    plan = exclude_results(choice.plan(source, target, request, output.targets))
    plan = replace(plan, jobs=request.completed(plan.jobs))
    decisions = output.decide(plan.jobs)
    if dry_run:
        ctx.exit(show_plan(decisions, plan, workers=jobs, all_headers=all_headers, as_json=as_json))
    with journal(report) as file, output:
        page = None if html is None else Page(html, output.command)
        account = Report(verbose=verbose, file=file, output=output, page=page)
        for each in plan.ignored:
            account.ignore(each)
        for decision in decisions:
            account.decide(decision)
        chosen = [decision.job for decision in decisions if decision.skipped is None]
        if chosen:
            output.open()
            run(
                chosen,
                account,
                engine=engine,
                address=address,
                workers=jobs,
                claim=output.claim,
                quiet=quiet,
                verbose=verbose,
            )
        elif not plan.jobs:
            warn(f"{source}: no pictures to restore")
        account.close()
    account.show(quiet=quiet)
    ctx.exit(account.exit_code)


@click.command()
@click.argument("folder", metavar="OUT_DIR", type=FolderType(exists=True))
@click.pass_context
def resume(ctx: click.Context, folder: Path | Address) -> None:
    """Continue the last batch that wrote into OUT_DIR.

    Runs the same command again, from the same folder. Finished files are skipped.
    """
    from restorer import join_command, last_command

    words, cwd = last_command(folder)
    tell(f"$ restore {join_command(words)}")
    try:
        os.chdir(cwd)
    except OSError as error:
        raise click.UsageError(f"{cwd}: {error.strerror}; the batch was run there") from error
    root = ctx.find_root().command
    with root.make_context("restore", list(words)) as again:
        root.invoke(again)

"""The options of the commands that restore folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from restorer import ENGINES

from .params import AutoOr

if TYPE_CHECKING:
    from restorer import Address, Batch

    from .options import Request

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--recursive/--no-recursive",
        default=True,
        show_default=True,
        help="Include subfolders, and create the same ones in OUT_DIR.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="PATTERN",
        help="Restore only files that match, such as '*.jpg' or 'trip/*'; may be repeated.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="Skip files and folders that match; may be repeated.",
    ),
    click.option(
        "--name",
        metavar="TEMPLATE",
        default="{stem}{suffix}",
        show_default=True,
        help="Names of the results, built from {stem}, {suffix}, {model} and {scale}.",
    ),
    click.option(
        "--jobs",
        type=AutoOr(click.IntRange(1)),
        metavar="N|auto",
        help="Number of images to process at a time; auto uses what `restore doctor` measured."
        "  [default: auto]",
    ),
)


@dataclass(frozen=True)
class FolderChoice:
    """Which files of a folder are restored, and how their results are named; see `plan_jobs`."""

    recursive: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    name: str

    def plan(
        self,
        source: Path | Address,
        target: Path | Address,
        request: Request,
        earlier: Mapping[str, Path],
    ) -> Batch:
        """Return the jobs between two folders; raise what `plan_jobs` and `Request` raise.

        Args:
            source: The folder to read.
            target: The folder to write.
            request: What is asked for every picture.
            earlier: Targets of earlier runs, which keep their names.
        """
        from restorer import plan_jobs

        return plan_jobs(
            source,
            target,
            request.steps(),
            recursive=self.recursive,
            include=self.include,
            exclude=self.exclude,
            name=self.name,
            suffix=request.suffix,
            settings=request.settings(),
            earlier=earlier,
        )


def folder_options(command: Command) -> Command:
    """Add ``--jobs``, and the options that choose and name files; these reach it as `choice`."""

    @wraps(command)
    def collected(*args: Any, **params: Any) -> Any:
        choice = FolderChoice(**{field.name: params.pop(field.name) for field in _FIELDS})
        return command(*args, choice=choice, **params)

    for add in reversed(_OPTIONS):
        add(collected)
    return collected  # type: ignore[return-value]  # same to callers: click passes by keyword


_FIELDS = fields(FolderChoice)


def engine_option(*, clusters: bool) -> Callable[[Command], Command]:
    """Return the option ``--engine``, with or without those that run on a cluster."""
    rows = {name: row for name, row in ENGINES.items() if clusters or not row.cluster}
    words = "; ".join(f"{name}: {row.help}" for name, row in rows.items())
    return click.option(
        "--engine",
        type=click.Choice(tuple(rows)),
        default="local",
        show_default=True,
        help=f"How to run the jobs; {words}.",
    )

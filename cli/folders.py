"""The options of the commands that restore folders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from restorer import ENGINES

from .params import AutoOr

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--recursive/--no-recursive",
        default=True,
        show_default=True,
        help="Include subfolders; OUT_DIR gets the same ones.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="PATTERN",
        help="Take only files like '*.jpg' or 'trip/*'.",
    ),
    click.option(
        "--exclude", multiple=True, metavar="PATTERN", help="Ignore such files and folders."
    ),
    click.option(
        "--name",
        metavar="TEMPLATE",
        default="{stem}{suffix}",
        show_default=True,
        help="Names of the results: {stem} {suffix} {model} {scale}.",
    ),
    click.option(
        "--jobs",
        type=AutoOr(click.IntRange(1)),
        metavar="N|auto",
        help="Number of images at a time; auto takes the one that `restore doctor` measured."
        "  [default: auto]",
    ),
)


def folder_options(command: Command) -> Command:
    """Add the options that choose and name files, and ``--jobs``."""
    for add in reversed(_OPTIONS):
        add(command)
    return command


def engine_option(*, clusters: bool) -> Callable[[Command], Command]:
    """Return the option ``--engine``, with or without those that run on a cluster."""
    rows = {name: row for name, row in ENGINES.items() if clusters or not row.cluster}
    words = "; ".join(f"{name}: {row.help}" for name, row in rows.items())
    return click.option(
        "--engine",
        type=click.Choice(tuple(rows)),
        default="local",
        show_default=True,
        help=f"Way to run the jobs; {words}.",
    )

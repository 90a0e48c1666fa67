"""``restore``: the group of commands, and the exit codes of errors."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from restorer import Cancelled, RestorerError, SettingsError, UnknownModelError

from .batch import batch, resume
from .bench import bench
from .compare import compare
from .demo import demo
from .doctor import doctor
from .edit import edit
from .evaluate import evaluate
from .gui import gui
from .image import image
from .inspect import inspect
from .models import models
from .replay import replay
from .train import train
from .verify import verify
from .watch import watch
from .weights import weights
from .words import tell, warn


class _Restore(click.Group):
    """Print expected errors in one line and set the exit code; bugs keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, UnknownModelError) as error:
            warn(f"restore: {error}")
            ctx.exit(2)
        except RestorerError as error:
            warn(f"restore: {error}")
            ctx.exit(130 if isinstance(error, Cancelled) else 1)
        except KeyboardInterrupt:
            click.echo(err=True)  # behind the ^C of the terminal
            warn("restore: stopped")
            ctx.exit(130)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words, by which a batch can be run again."""
        ctx.meta["command"] = list(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List commands by importance instead of alphabetically."""
        return list(self.commands)


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from .installation import version_lines

        tell(*version_lines())
        ctx.exit()


@click.group(
    cls=_Restore,
    commands=[
        image,
        batch,
        resume,
        watch,
        inspect,
        edit,
        gui,
        models,
        weights,
        doctor,
        bench,
        compare,
        verify,
        replay,
        demo,
        evaluate,
        train,
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version, the commit and the build, and exit.",
)
def cli() -> None:
    """Restore photographs: enlarge them, and remove noise or JPEG artifacts.

    Exit codes: 0 success, 1 some files failed, 2 wrong usage, 130 interrupted.
    """


def main() -> None:
    """Run the command line and exit."""
    _fill_closed_streams()
    _print_all_characters()
    # On Windows, click would take brackets for patterns and remove them; see `expanded`.
    cli.main(prog_name="restore", windows_expand_args=False)


def _print_all_characters() -> None:
    """Escape what the encoding of an output has not, such as a name from Japan under cp1252.

    On Windows, redirected output has the encoding of the system.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fill_closed_streams() -> None:
    """Open the null device for standard streams closed with `>&-`.

    Otherwise an image file could get the descriptor of a standard stream and receive our output.
    Python sets such a stream to None.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115  for the whole process
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115  for the whole process

"""``restore``: the group of commands, and the exit codes of errors."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from importlib import import_module
from typing import Any

import click

from restorer import Cancelled, RestorerError, SettingsError, UnknownModelError

from .words import tell, warn

# The commands by importance, and the first sentence of the help of each, so that the list of all
# loads none of them.
_COMMANDS = {
    "image": "Restore the image IN and write it next to IN, or to OUT.",
    "batch": "Restore all images of IN_DIR into OUT_DIR.",
    "resume": "Continue the last batch that wrote into OUT_DIR.",
    "watch": "Restore the images of IN_DIR into OUT_DIR, and each new one, until you press Ctrl-C.",
    "inspect": "Say what each FILE shows, what is wrong with it, and which steps would repair it.",
    "edit": "Restore the working copy FILE in place, as an external editor for photo programs.",
    "gui": "Open the desktop window, with the given images and folders.",
    "models": "List all models, and whether their weights are installed.",
    "weights": "Manage the weights of models.",
    "doctor": "Check the installation and measure the speed of this machine.",
    "bench": "Measure the time and memory of models.",
    "compare": "Draw a contact sheet that compares models on a crop of IMAGE.",
    "verify": (
        "Check that OUT is a sound result of IN: two files, or two folders of `restore batch`."
    ),
    "replay": "Repeat the restoration that made FILE, and compare the pixels.",
    "demo": "Restore sample photos and print the gain in PSNR.",
    "integrate": "Install actions into photo programs and file managers, for the current user.",
    "evaluate": "Degrade clean images, restore them, and compare the results with the originals.",
    "train": "Train the networks of a recipe.",
}
_MODULES = {"resume": "batch"}  # of the commands that share one


class _Restore(click.Group):
    """Load each command at its use; print expected errors in one line and set the exit code.

    Bugs keep their traceback.
    """

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

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; its module is loaded at the first call."""
        if cmd_name not in self.commands:
            return None
        module = _MODULES.get(cmd_name, cmd_name)
        found = getattr(import_module(f"{__package__}.{module}"), cmd_name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List all commands, of which none is loaded."""
        limit = formatter.width - 6 - max(map(len, self.commands))  # as click itself has it
        rows = [(name, each.get_short_help_str(limit)) for name, each in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from .installation import version_lines

        tell(*version_lines())
        ctx.exit()


@click.group(
    cls=_Restore,
    commands=[click.Command(name, help=text) for name, text in _COMMANDS.items()],
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
    # Without it, a last collection would pass over all objects of PyTorch, in half a second.
    atexit.register(gc.freeze)
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

"""``restore integrate``: install actions into darktable, GIMP and file managers."""

from __future__ import annotations

import sys

import click

from .words import table, tell

_NAMES = ("darktable", "gimp", "nautilus", "dolphin", "sendto")


@click.command(
    epilog="\b\nExamples:\n"
    "  restore integrate                      list the files and their state\n"
    "  restore integrate darktable gimp       install for these programs\n"
    "  restore integrate nautilus --remove    remove it again\n"
)
@click.argument("programs", metavar="[PROGRAM...]", nargs=-1, type=click.Choice(_NAMES))
@click.option("--remove", is_flag=True, help="Remove the installed files instead.")
@click.pass_context
def integrate(ctx: click.Context, programs: tuple[str, ...], remove: bool) -> None:
    """Install actions into photo programs and file managers, for the current user.

    PROGRAM is darktable, gimp (GIMP 3), nautilus (GNOME Files), dolphin (KDE) or sendto (the Send
    to menu of Windows). All actions call this installation of restorer by its path; if you move it,
    install them again. Without PROGRAM, a table shows the files and whether they are installed.
    """
    from . import integration

    if not programs:
        if remove:
            raise click.UsageError("--remove: needs the names of the programs")
        tell(*table(("program", "installed", "files"), _rows()))
        return
    command, code = integration.own_command(), 0
    for name in programs:
        program = integration.PROGRAMS[name]
        if sys.platform not in program.systems:
            raise click.UsageError(f"{name}: {program.title} does not exist on this system")
        for file in program.files(command):
            try:
                if remove:
                    gone = integration.remove(file)
                    tell(f"{file.path}: {'removed' if gone else 'not there'}")
                else:
                    integration.install(file)
                    tell(f"{file.path}: {'line added' if file.line else 'written'}")
            except OSError as error:
                code = 1
                reason = f"{file.path}: {error.strerror}" if error.strerror else str(error)
                click.echo(f"restore: {reason}", err=True)
        if not remove and not code:
            tell(f"{program.title}: {program.hint}")
    ctx.exit(code)


def _rows() -> list[list[str]]:
    from . import integration

    rows = []
    for name, program in integration.PROGRAMS.items():
        if sys.platform not in program.systems:
            continue
        for file in program.files(integration.own_command()):
            there = "yes" if integration.is_installed(file) else "no"
            rows.append([name, there, str(file.path)])
    return rows

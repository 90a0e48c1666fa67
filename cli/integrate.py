"""``restore integrate``: actions in darktable, GIMP and file managers."""

from __future__ import annotations

import sys

import click

from .words import table, tell

_NAMES = ("darktable", "gimp", "nautilus", "dolphin", "sendto")


@click.command(
    epilog="\b\nExamples:\n"
    "  restore integrate                      show what there is\n"
    "  restore integrate darktable gimp       install for these\n"
    "  restore integrate nautilus --remove    remove it again\n"
)
@click.argument("programs", metavar="[PROGRAM...]", nargs=-1, type=click.Choice(_NAMES))
@click.option("--remove", is_flag=True, help="Remove what was installed, instead.")
@click.pass_context
def integrate(ctx: click.Context, programs: tuple[str, ...], remove: bool) -> None:
    """Install actions into other programs, for the current user.

    PROGRAM is darktable, gimp (GIMP 3), nautilus (Files of GNOME), dolphin (of KDE) or sendto (the
    menu Send to of Windows). All call this installation of restorer by its path: install again
    after it was moved. Without PROGRAM, a table shows where the files go and which are there.
    """
    from . import integration

    if not programs:
        if remove:
            raise click.UsageError("--remove: name the programs")
        tell(*table(("program", "installed", "files"), _rows()))
        return
    command, code = integration.own_command(), 0
    for name in programs:
        program = integration.PROGRAMS[name]
        if sys.platform not in program.systems:
            raise click.UsageError(f"{name}: {program.title} is not of this system")
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

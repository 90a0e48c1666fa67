"""``restore gui``: open the desktop window."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from .params import expanded


@click.command()
@click.argument("files", metavar="[FILE ...]", nargs=-1, type=click.Path(path_type=Path))
@click.pass_context
def gui(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Open the desktop window, with the given images and folders."""
    ctx.exit(window_app().main([Path(word) for word in expanded(map(str, files))]))


def window_app() -> Any:
    """Return the module of the application. Raises ClickException where Qt is missing."""
    try:
        # `cli` does not import `gui` statically, so that the command line works without Qt.
        return import_module("restorer.gui.app")
    except ImportError as error:
        raise click.ClickException(_remedy(error)) from error


def _remedy(error: ImportError) -> str:
    if error.name is not None and error.name.split(".")[0] in ("PySide6", "shiboken6"):
        return "the window requires PySide6: pip install 'restorer[gui]'"
    return (
        f"{error}; the window requires system libraries. On Debian and Ubuntu:"
        " apt-get install libegl1 libgl1 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0"
        " libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 libxcb-shape0"
    )

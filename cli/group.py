"""``restore``: the group of commands, and how trouble leaves the program."""

from __future__ import annotations

from typing import Any

import click

from restorer import RestorerError, SettingsError, UnknownModelError, __version__

from .batch import batch
from .demo import demo
from .doctor import doctor
from .evaluate import evaluate
from .image import image
from .models import models
from .train import train
from .words import warn


class _Restore(click.Group):
    """Turns expected errors into one line and an exit code; bugs keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, UnknownModelError) as error:
            warn(f"restore: {error}")
            ctx.exit(2)
        except RestorerError as error:
            warn(f"restore: {error}")
            ctx.exit(1)
        except KeyboardInterrupt:
            warn("\nrestore: stopped")
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return list(self.commands)


@click.group(
    cls=_Restore,
    commands=[image, batch, models, doctor, demo, evaluate, train],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="restore")
def cli() -> None:
    """Make photographs better: larger and sharper, or free of noise.

    Exit codes: 0 all done, 1 some failed, 2 wrong usage, 130 interrupted.
    """


def main() -> None:
    """Run the command line of this process and exit."""
    cli.main(prog_name="restore")

"""``restore train``: train networks by a recipe."""

from __future__ import annotations

import hashlib
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .stopping import stoppable
from .words import size, tell, warn

if TYPE_CHECKING:
    from restorer.training.recipe import Recipe


@click.command()
@click.argument("recipe")
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of clean photographs.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for checkpoints and results.  [default: runs/<model>]",
)
@click.option("--device", default="cpu", show_default=True, help="Device: cpu, cuda or cuda:1.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Processes that prepare batches; a GPU needs several.",
)
@click.option(
    "--batch",
    type=click.IntRange(1),
    help="Patches per batch instead of the recipe's number; a GPU can take several times as many.",
)
@click.option(
    "--compile/--eager",
    "compiled",
    default=None,
    help="Use torch.compile for faster iterations.  [default: on GPUs]",
)
@click.option(
    "--resume/--restart",
    default=True,
    show_default=True,
    help="Continue from the last checkpoint, or delete it and start again.",
)
@click.pass_context
def train(
    ctx: click.Context,
    recipe: str,
    data: Path,
    out: Path | None,
    device: str,
    workers: int,
    batch: int | None,
    compiled: bool | None,
    resume: bool,
) -> None:
    """Train the networks of a recipe.

    RECIPE is a TOML file, or the name of an included recipe. Run the same command
    again to continue an interrupted training. Loss and validation PSNR are
    written to log.jsonl and, with matplotlib, plotted in curves.png.
    """
    plan = _recipe(recipe)
    if batch is not None:
        plan = replace(plan, batch=batch)
    if compiled is None:
        compiled = device.startswith("cuda")
    folder = out or Path("runs") / plan.model
    if not resume:
        for name in ("state.pt", "log.jsonl"):
            (folder / name).unlink(missing_ok=True)
    if not _train(plan, data, folder, device, workers, compiled):
        warn(f"stopped; run the same command again to continue from {folder}")
        ctx.exit(130)
    for member in plan.members():
        weights = folder / f"{member.model}.safetensors"
        tell(f"{weights}: {size(weights.stat().st_size)}; entry for the catalog:")
        tell("[model.weights]")
        tell(f'name = "{weights.name}"')
        tell(f'sha256 = "{hashlib.sha256(weights.read_bytes()).hexdigest()}"')
        tell(f"size = {weights.stat().st_size}")


def _train(
    recipe: Recipe, data: Path, folder: Path, device: str, workers: int, compiled: bool
) -> bool:
    """Train and show loss and validation PSNR; return whether the training was completed."""
    from tqdm import tqdm

    from restorer import CancelToken
    from restorer.training.loop import train as reports

    cancel = CancelToken()
    running = reports(recipe, data, folder, device=device, workers=workers, compiled=compiled)
    progress = tqdm(total=recipe.iterations, disable=not sys.stderr.isatty(), unit="it")
    with stoppable("this iteration", cancel.cancel), progress as bar, closing(running):
        for report in running:
            if cancel.cancelled and report.step < recipe.iterations:
                return False
            bar.n = report.step
            bar.set_postfix_str(f"loss {report.loss:.4f}")
            if report.validation_psnr is not None:
                warn(
                    f"iteration {report.step}: loss {report.loss:.4f},"
                    f" validation {report.validation_psnr:.2f} dB"
                )
    try:
        from restorer.training.curves import draw_curves

        tell(f"{draw_curves(folder)}: loss and validation PSNR")
    except ModuleNotFoundError:
        warn("curves.png was not plotted; it requires matplotlib: pip install 'restorer[bench]'")
    return True


def _recipe(name: str) -> Recipe:
    """Return the recipe of a file or an included name. Raises UsageError with the known names."""
    from importlib.resources import files

    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from restorer.training.recipe import read_recipe

    included = files("restorer.weights").joinpath("recipes")
    found = included.joinpath(f"{name.removesuffix('.toml')}.toml")
    try:
        text = (Path(name) if Path(name).is_file() else found).read_text("utf-8")
        return read_recipe(tomlkit.parse(text).unwrap())
    except OSError as error:
        known = ", ".join(sorted(each.name.removesuffix(".toml") for each in included.iterdir()))
        raise click.UsageError(
            f"recipe {name!r}: no such file; included recipes are {known}"
        ) from error
    except (ValueError, TOMLKitError) as error:  # not UTF-8, not TOML, or not a recipe
        raise click.UsageError(f"recipe {name!r}: {error}") from error

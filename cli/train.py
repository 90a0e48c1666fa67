"""``restore train``: train the networks of a recipe."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import table_options
from .stopping import stoppable
from .words import size, tell, warn

if TYPE_CHECKING:
    from restorer import Recipe

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(
    epilog="\b\nExamples:\n"
    "  restore train panet-sr-x2-lite --data photos/ --name my-x2 --iterations 1000\n"
    "  restore train panet-denoise-lite --data clean/ --inputs noisy/ --name my-denoiser\n"
    "  restore train mine.toml --data photos/ --device cuda --workers 8 --batch 32\n"
    "  torchrun --nproc-per-node 4 --no-python restore train mine.toml --data DIR --device cuda\n"
)
@click.argument("recipe")
@click.option("--data", required=True, type=_FOLDER, help="Folder of clean photographs.")
@click.option(
    "--inputs",
    type=_FOLDER,
    help="Folder of degraded versions to use instead of simulated damage, matched by name (a.png"
    " or a_noisy.png with a.png).",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for checkpoints and results.  [default: runs/<model>]",
)
@click.option("--name", metavar="ID", help="Id of the resulting model, instead of the recipe's.")
@click.option(
    "--start",
    metavar="MODEL",
    help="Model id or checkpoint to start from, instead of the recipe's.",
)
@click.option(
    "--iterations", type=click.IntRange(1), help="Number of iterations, instead of the recipe's."
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Train for this long instead of for a number of iterations; the learning rate follows"
    " the clock.",
)
@click.option(
    "--batch",
    type=click.IntRange(1),
    help="Patches per batch, instead of the recipe's number; a GPU can take several times as many.",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    help="Highest learning rate, instead of the recipe's.",
)
@click.option("--device", default="cpu", show_default=True, help="Device: cpu, cuda or cuda:1.")
@table_options("precision")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Number of processes that prepare batches; a GPU needs several if the damage is random.",
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
    inputs: Path | None,
    out: Path | None,
    name: str | None,
    start: str | None,
    iterations: int | None,
    minutes: float | None,
    batch: int | None,
    learning_rate: float | None,
    device: str,
    precision: str,
    workers: int,
    compiled: bool | None,
    resume: bool,
) -> None:
    """Train the networks of a recipe.

    RECIPE is a TOML file, the name of an included recipe, or the id of an included model. To
    continue an interrupted training run, run the same command again. Loss and validation PSNR are
    written to log.jsonl and, with matplotlib, plotted in curves.png; pictures of held-out patches
    are in the folder validation.
    """
    from restorer import read_recipe
    from restorer.training.ranks import is_first_process

    given = {
        "model": name,
        "start": start,
        "iterations": iterations,
        "batch": batch,
        "learning_rate": learning_rate,
    }
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    plan = replace(read_recipe(recipe), **changes)
    _check_names(plan)
    if compiled is None:
        compiled = device.startswith("cuda") and _has_triton()
        if device.startswith("cuda") and not compiled:
            warn("Triton is not installed: the networks are not compiled, which is slower")
    elif compiled and device.startswith("cuda") and not _has_triton():
        raise click.UsageError("--compile: needs Triton on GPUs, which is not installed")
    folder = out or Path("runs") / plan.model
    options: dict[str, Any] = {
        "precision": precision,
        "workers": workers,
        "compiled": compiled,
        "resume": resume,
    }
    completed = _train(plan, data, folder, inputs=inputs, device=device, minutes=minutes, **options)
    if not is_first_process():
        return
    if not completed:
        warn(f"stopped; run the same command again to continue from {folder}")
        ctx.exit(130)
    _draw(folder)
    for member in plan.members():
        _tell_next_steps(member, folder / f"{member.model}.safetensors")


def _check_names(plan: Recipe) -> None:
    """Raise UsageError for ids that `restore weights add` would refuse, before the training."""
    for member in plan.members():
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", member.model):
            raise click.UsageError(
                f"model {member.model!r}: expected lower-case letters and digits, joined by"
                " hyphens; choose a --name"
            )
    if plan.siblings and len({member.model for member in plan.members()}) <= len(plan.siblings):
        raise click.UsageError(f"--name {plan.model}: is that of another network of the recipe")


def _train(
    recipe: Recipe, data: Path, folder: Path, *, minutes: float | None, **options: Any
) -> bool:
    """Train and show loss and validation PSNR; return whether the training was completed."""
    from tqdm import tqdm

    from restorer import CancelToken
    from restorer.training.loop import train as reports
    from restorer.training.ranks import is_first_process

    cancel = CancelToken()
    running = reports(recipe, data, folder, minutes=minutes, on_note=warn, **options)
    hidden = not (sys.stderr.isatty() and is_first_process())
    total = recipe.iterations if minutes is None else None
    progress = tqdm(total=total, disable=hidden, unit="it")
    step = recipe.iterations  # a finished training yields no report
    with stoppable("this iteration", cancel.cancel), progress as bar, closing(running):
        for report in running:
            step = report.step
            if cancel.cancelled and step != total:
                return False
            bar.n = step
            bar.set_postfix_str(f"loss {report.loss:.4f}")
            if report.validation_psnr is not None:
                warn(
                    f"iteration {step}: loss {report.loss:.4f},"
                    f" validation {report.validation_psnr:.2f} dB"
                )
    return total is None or step == total


def _draw(folder: Path) -> None:
    try:
        from restorer.training.curves import draw_curves

        tell(f"{draw_curves(folder)}: loss and validation PSNR")
    except ModuleNotFoundError:
        warn("curves.png was not plotted; it requires matplotlib: pip install 'restorer[bench]'")
    tell(f"{folder / 'validation'}: pictures of held-out patches")


def _has_triton() -> bool:
    """Whether torch.compile works on GPUs; PyTorch for Windows comes without it."""
    return find_spec("triton") is not None


def _tell_next_steps(member: Recipe, weights: Path) -> None:
    """Print the commands that install the weights and restore an image with them."""
    from restorer import TASKS, join_command, list_models

    taken = {spec.id for spec in list_models()}
    names = [member.model, f"my-{member.model}", *(f"my-{member.model}-{n}" for n in range(2, 99))]
    model = next(name for name in names if name not in taken)
    task = TASKS[member.degrade().task]
    image = "MOSAIC.png" if task.mosaic else "PHOTO.jpg"
    reference = " --reference SHARP.jpg" if task.needs_references else ""
    tell(f"{weights}: {size(weights.stat().st_size)}; to use it:")
    line = join_command(["restore", "weights", "add", str(weights), "--id", model])
    tell(f"  {line}")
    tell(f"  restore image {image} --model {model}{reference}")

"""``restore bench``: measure the speed of models on this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import table_options
from .params import Listed
from .words import size, table, tell, tell_json

if TYPE_CHECKING:
    from restorer import Speed

_HEAD = ("model", "device", "precision", "megapixels", "s", "s/megapixel", "memory")


def _megapixels(word: str) -> float:
    if not (number := float(word)) > 0:
        raise ValueError
    return number


@click.command()
@click.argument("models", nargs=-1, metavar="[ID]...")
@click.option(
    "--megapixels",
    type=Listed(_megapixels, "megapixels such as 0.25,1,4"),
    default="0.25,1,4",
    show_default=True,
    help="Sizes of the test images, in megapixels.",
)
@table_options("device")
@click.option(
    "--precision",
    multiple=True,
    type=click.Choice(["auto", "fp32", "tf32", "bf16", "fp16"]),
    default=("auto",),
    show_default=True,
    help="Number format of the computation; may be repeated.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Repeat each measurement and keep the fastest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Plot time against image size (needs the extra bench).",
    metavar="FILE",
)
def bench(
    models: tuple[str, ...],
    megapixels: tuple[float, ...],
    device: str,
    precision: tuple[str, ...],
    rounds: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Measure the time and memory of models.

    Without IDs, all included models are measured.
    """
    from tqdm import tqdm

    from restorer import list_models, measure_speed

    chosen = models or tuple(spec.id for spec in list_models() if spec.weights.embedded)
    measured = measure_speed(chosen, megapixels, device=device, precisions=precision, rounds=rounds)
    total = len(chosen) * len(megapixels) * len(precision)
    hidden = not sys.stderr.isatty()
    speeds = list(tqdm(measured, total=total, unit="run", leave=False, disable=hidden))
    if plot is not None:
        _draw(speeds, plot)
    if as_json:
        tell_json([asdict(speed) for speed in speeds])
    else:
        tell(*table(_HEAD, [_row(speed) for speed in speeds]))


def _row(speed: Speed) -> tuple[str, ...]:
    return (
        speed.model,
        speed.device,
        speed.precision,
        f"{speed.megapixels:.2f}",
        f"{speed.seconds:.1f}",
        f"{speed.seconds_per_megapixel:.2f}",
        size(speed.memory) if speed.memory else "",
    )


def _draw(speeds: Sequence[Speed], path: Path) -> None:
    """Plot seconds per megapixel over megapixels, one line for each model and precision."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise click.UsageError(
            "--plot requires matplotlib: pip install 'restorer[bench]'"
        ) from error
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys((s.model, s.device, s.precision) for s in speeds):
        own = [s for s in speeds if (s.model, s.device, s.precision) == name]
        sizes, times = [s.megapixels for s in own], [s.seconds_per_megapixel for s in own]
        axes.plot(sizes, times, marker="o", label=", ".join(name))
    axes.set(xscale="log", ylim=(0, None), xlabel="megapixels", ylabel="seconds per megapixel")
    axes.legend()
    figure.savefig(path, dpi=120)

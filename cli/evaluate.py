"""``restore evaluate``: PSNR and SSIM by the papers' protocols."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import click

from .options import table_options
from .params import Listed, model_or_path
from .words import table, tell

if TYPE_CHECKING:
    from restorer.evaluation.evaluate import Evaluation, Score

_PROTOCOLS = """\b
Protocols; the first of each task is its default:
  super-resolution     MATLAB bicubic; compared on Y, scale pixels shaved
  web                  super-resolution of low-quality web images
  denoising            white noise, not clipped; all channels
  denoising-8bit       white noise, rounded and clipped as in files
  camera               denoising of simulated camera photos in low light
  deblocking           JPEG, 4:2:0; all channels, or gray for gray images
  deblocking-luma      JPEG of the Y channel alone
  demosaicing          Bayer mosaics; all channels
  reference-sr         central crops; reference: the next view; on Y
  reference-unrelated  the same with an image from another folder
  reference-self       the same with the image itself, rotated and shifted
"""
_NONE = "-"  # a model of another scale, or trained for another value
_FASTEST = 1e-3  # lower limit of the plot, in seconds per megapixel


@click.command(
    epilog=f"{_PROTOCOLS}\n\b\nExamples:\n"
    "  restore evaluate panet-sr-x2-lite nlsn-x2-paper --data Set5 --data Set14\n"
    "  restore evaluate panet-denoise-lite --data CBSD68 --sigma 15,25,50\n"
    "  restore evaluate mine.pth --task denoising --data CBSD68 --limit 5 --plot mine.png\n"
    "  restore evaluate --task reference-sr --data castle/ --data church/\n"
)
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--data",
    "folders",
    multiple=True,
    required=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of clean images; may be repeated.",
)
@click.option("--task", help="Evaluate the default models of this task, or use checkpoints for it.")
@click.option("--protocol", metavar="NAME", help="Degradation and comparison; see below.")
@click.option(
    "--sigma", type=Listed(float, "noise levels such as 15,25,50"), help="Noise levels, 0-255."
)
@click.option(
    "--quality", type=Listed(int, "qualities such as 10,20,30,40"), help="JPEG qualities."
)
@click.option("--bayer", type=Listed(str, "patterns such as rggb,grbg"), help="Bayer patterns.")
@click.option("--blind", is_flag=True, help="Let models estimate the noise level or quality.")
@click.option("--limit", type=click.IntRange(1), help="Use only the first images of each folder.")
@click.option("--no-baselines", is_flag=True, help="Omit methods without a network.")
@click.option("--chop", is_flag=True, help="Divide images as the network's authors did.")
@table_options("self_ensemble", "keep_colors", "device", "precision")
@click.option("--per-image", is_flag=True, help="Print the figures of each image before the means.")
@click.option("--json", "as_json", is_flag=True, help="Print all scores as JSON.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Plot quality against time (needs the extra bench).",
    metavar="FILE",
)
def evaluate(
    models: tuple[str, ...],
    folders: tuple[Path, ...],
    task: str | None,
    protocol: str | None,
    sigma: tuple[float, ...] | None,
    quality: tuple[int, ...] | None,
    bayer: tuple[str, ...] | None,
    blind: bool,
    limit: int | None,
    no_baselines: bool,
    chop: bool,
    self_ensemble: bool,
    keep_colors: bool,
    device: str,
    precision: str,
    per_image: bool,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Degrade clean images, restore them, and compare.

    MODEL is an id (see `restore models`) or a checkpoint file; all must be for the same task. The
    degradations and comparisons follow the papers. Each cell shows the mean PSNR in dB / SSIM.
    """
    from tqdm import tqdm

    from restorer import Settings
    from restorer.evaluation.evaluate import Evaluation

    run = Evaluation(
        [model_or_path(word) for word in models] or _default_models(task, protocol),
        folders,
        protocol=protocol,
        task=task,
        values={"sigma": sigma or (), "jpeg_quality": quality or (), "bayer": bayer or ()},
        limit=limit,
        baselines=not no_baselines,
        blind=blind,
        settings=Settings(
            device=device,
            precision=precision,
            tiling="chop" if chop else "blend",
            self_ensemble=self_ensemble,
            keep_colors=keep_colors,
        ),
    )
    hidden = not sys.stderr.isatty()
    scores = list(tqdm(run.scores(), total=len(run), unit="image", leave=False, disable=hidden))
    if plot is not None:
        _draw(run, scores, plot)
    if as_json:
        tell(*json.dumps([_plain(score) for score in scores], indent=2).splitlines())
        return
    if per_image:
        tell(*_per_image(scores), "")
    lines = [line for folder in folders for line in ("", *_means(run, scores, str(folder)))]
    tell(*lines[1:])


def _default_models(task: str | None, protocol: str | None) -> list[str]:
    """Return the default models of a task; none for a protocol, which measures its baselines.

    Raises UsageError, UnknownModelError.
    """
    from restorer import TASKS, default_model

    if task is None and protocol is not None:
        return []
    if task is None:
        raise click.UsageError("specify models, or --task for its default models, or --protocol")
    default_model(task)
    return list(TASKS[task].default_models.values())


def _plain(score: Score) -> dict[str, object]:
    """Return a score for JSON, which has no infinity."""
    return {**asdict(score), "psnr": score.psnr if math.isfinite(score.psnr) else None}


def _per_image(scores: Sequence[Score]) -> list[str]:
    head = ("folder", "image", "method", "setting", "PSNR", "SSIM", "s")
    rows = [
        (
            s.folder,
            s.image,
            s.method,
            s.setting,
            f"{s.psnr:.2f}",
            f"{s.ssim:.4f}",
            f"{s.seconds:.2f}",
        )
        for s in scores
    ]
    return table(head, rows)


def _means(run: Evaluation, scores: Sequence[Score], folder: str) -> list[str]:
    """Return the lines of the table of one folder."""
    own = [score for score in scores if score.folder == folder]
    rows = []
    for method in run.methods:
        cells = [_cell(each) for each in _by_setting(run, own, method)]
        rows.append(
            (
                method,
                *cells,
                f"{_seconds_per_megapixel([s for s in own if s.method == method]):.2f}",
            )
        )
    count = len({score.image for score in own})
    title = f"{folder}: {count} image{'s' * (count > 1)}, {run.protocol.title}"
    return [title, *table(("method", *run.settings, "s/megapixel"), rows)]


def _by_setting(run: Evaluation, scores: Sequence[Score], method: str) -> Iterator[Sequence[Score]]:
    for setting in run.settings:
        yield [s for s in scores if (s.method, s.setting) == (method, setting)]


def _cell(scores: Sequence[Score]) -> str:
    if not scores:
        return _NONE
    return f"{fmean(s.psnr for s in scores):.2f} / {fmean(s.ssim for s in scores):.4f}"


def _seconds_per_megapixel(scores: Sequence[Score]) -> float:
    """Return the mean time in seconds per megapixel."""
    return sum(s.seconds for s in scores) / sum(s.megapixels for s in scores)


def _draw(run: Evaluation, scores: Sequence[Score], path: Path) -> None:
    """Plot PSNR over seconds per megapixel: a row for each folder, a column for each setting."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise click.UsageError(
            "--plot requires matplotlib: pip install 'restorer[bench]'"
        ) from error
    folders = list(dict.fromkeys(score.folder for score in scores))
    rows, columns = len(folders), len(run.settings)
    figure = Figure(figsize=(1 + 4 * columns, 0.5 + 3.5 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, folder in zip(axes, folders, strict=True):
        inside = [score for score in scores if score.folder == folder]
        for number, method in enumerate(run.methods):
            for panel, own in zip(row, _by_setting(run, inside, method), strict=True):
                if own:
                    point = max(_seconds_per_megapixel(own), _FASTEST), fmean(s.psnr for s in own)
                    panel.plot(*point, "o", color=f"C{number % 10}", label=Path(method).name)
        for panel, setting in zip(row, run.settings, strict=True):
            panel.set(xscale="log", xlabel="seconds per megapixel", ylabel="PSNR in dB")
            panel.set_title(f"{folder}, {setting}")
            panel.margins(0.25)
            panel.legend()
    figure.savefig(path, dpi=120)

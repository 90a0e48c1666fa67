"""``restore evaluate``: PSNR and SSIM by the rules of the papers."""

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
Protocols; the first of a task is its usual one:
  super-resolution  MATLAB bicubic; on Y, scale pixels shaved
  web               super-resolution of pictures as on the web
  denoising         white noise, not clipped; all channels
  denoising-8bit    white noise, rounded and clipped as in files
  camera            denoising of pictures as of cameras in bad light
  deblocking        JPEG, 4:2:0; all channels, gray of gray pictures
  deblocking-luma   JPEG of the Y of all pictures
  demosaicing       Bayer mosaics; all channels
  reference-sr      middles of views, the next view as reference; on Y
  reference-unrelated  the same, a picture of another folder as reference
  reference-self    the same, the picture itself turned and shifted
"""
_NONE = "-"  # where a model has no figure: of another scale, or trained for another value
_FASTEST = 1e-3  # seconds a megapixel at which the plot begins


@click.command(
    epilog=f"{_PROTOCOLS}\n\b\nExamples:\n"
    "  restore evaluate panet-sr-x2-lite nlsn-x2-paper --data Set5 --data Set14\n"
    "  restore evaluate panet-denoise-lite --data CBSD68 --sigma 15,25,50\n"
    "  restore evaluate mine.pth --task denoising --data CBSD68 --limit 5 --plot mine.png\n"
    "  restore evaluate --task reference-sr --data castle/ --data church/   views of two places\n"
)
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--data",
    "folders",
    multiple=True,
    required=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Clean pictures; may be given several times.",
)
@click.option("--task", help="Evaluate its usual models; or what a checkpoint is for.")
@click.option("--protocol", metavar="NAME", help="How to damage and compare; see below.")
@click.option(
    "--sigma", type=Listed(float, "noise levels such as 15,25,50"), help="Of the noise, 0-255."
)
@click.option("--quality", type=Listed(int, "qualities such as 10,20,30,40"), help="Of the JPEG.")
@click.option("--bayer", type=Listed(str, "patterns such as rggb,grbg"), help="Of the mosaic.")
@click.option("--blind", is_flag=True, help="Let models estimate what they could be told.")
@click.option("--limit", type=click.IntRange(1), help="Take only the first pictures of a folder.")
@click.option("--no-baselines", is_flag=True, help="Leave out what is used without a network.")
@click.option("--chop", is_flag=True, help="Cut pictures as the authors of the network did.")
@table_options("self_ensemble", "device", "precision")
@click.option("--per-image", is_flag=True, help="Print each picture before the means.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with all scores.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a picture of quality against time (needs matplotlib).",
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
    device: str,
    precision: str,
    per_image: bool,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Damage clean pictures, restore them, and compare.

    MODEL is an id (`restore models`) or a checkpoint file; all are for one task, whose damage and
    comparison are those of the papers. Each cell is the mean of PSNR in dB / SSIM.
    """
    from tqdm import tqdm

    from restorer import Settings
    from restorer.evaluation.evaluate import Evaluation

    run = Evaluation(
        [model_or_path(word) for word in models] or _usual(task, protocol),
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
        ),
    )
    hidden = not sys.stderr.isatty()
    scores = list(tqdm(run.scores(), total=len(run), unit="picture", leave=False, disable=hidden))
    if plot is not None:
        _draw(run, scores, plot)
    if as_json:
        tell(json.dumps([_plain(score) for score in scores], indent=2))
        return
    if per_image:
        tell(_per_image(scores))
        tell()
    tell("\n\n".join(_means(run, scores, str(folder)) for folder in folders))


def _usual(task: str | None, protocol: str | None) -> list[str]:
    """Return the models that a task means; none for a protocol, whose baselines are asked for.

    Raises UsageError, UnknownModelError.
    """
    from restorer import TASKS, default_model

    if task is None and protocol is not None:
        return []
    if task is None:
        raise click.UsageError("name models, a --task for its usual ones, or a --protocol")
    default_model(task)
    return list(TASKS[task].default_models.values())


def _plain(score: Score) -> dict[str, object]:
    """Return a score as JSON has it, without infinity."""
    return {**asdict(score), "psnr": score.psnr if math.isfinite(score.psnr) else None}


def _per_image(scores: Sequence[Score]) -> str:
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


def _means(run: Evaluation, scores: Sequence[Score], folder: str) -> str:
    """Return the table of one folder, as in the papers."""
    own = [score for score in scores if score.folder == folder]
    rows = []
    for method in run.methods:
        cells = [_cell(each) for each in _by_setting(run, own, method)]
        rows.append((method, *cells, f"{_pace([s for s in own if s.method == method]):.2f}"))
    count = len({score.image for score in own})
    title = f"{folder}: {count} picture{'s' * (count > 1)}, {run.protocol.title}"
    return f"{title}\n{table(('method', *run.settings, 's/megapixel'), rows)}"


def _by_setting(run: Evaluation, scores: Sequence[Score], method: str) -> Iterator[Sequence[Score]]:
    for setting in run.settings:
        yield [s for s in scores if (s.method, s.setting) == (method, setting)]


def _cell(scores: Sequence[Score]) -> str:
    if not scores:
        return _NONE
    return f"{fmean(s.psnr for s in scores):.2f} / {fmean(s.ssim for s in scores):.4f}"


def _pace(scores: Sequence[Score]) -> float:
    """Return seconds a megapixel of what was restored."""
    return sum(s.seconds for s in scores) / sum(s.megapixels for s in scores)


def _draw(run: Evaluation, scores: Sequence[Score], path: Path) -> None:
    """Draw PSNR over seconds a megapixel: a row for each folder, a column for each setting."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise click.UsageError("--plot: needs matplotlib; pip install matplotlib") from error
    folders = list(dict.fromkeys(score.folder for score in scores))
    rows, columns = len(folders), len(run.settings)
    figure = Figure(figsize=(1 + 4 * columns, 0.5 + 3.5 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, folder in zip(axes, folders, strict=True):
        inside = [score for score in scores if score.folder == folder]
        for number, method in enumerate(run.methods):
            for panel, own in zip(row, _by_setting(run, inside, method), strict=True):
                if own:
                    place = max(_pace(own), _FASTEST), fmean(s.psnr for s in own)
                    panel.plot(*place, "o", color=f"C{number % 10}", label=Path(method).name)
        for panel, setting in zip(row, run.settings, strict=True):
            panel.set(xscale="log", xlabel="seconds a megapixel", ylabel="PSNR in dB")
            panel.set_title(f"{folder}, {setting}")
            panel.margins(0.25)
            panel.legend()
    figure.savefig(path, dpi=120)

"""``restore evaluate``: PSNR and SSIM by the rules of the papers."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import click

from .words import table, tell

if TYPE_CHECKING:
    from restorer.training.evaluate import Score


@click.command(
    epilog="\b\nExamples:\n"
    "  restore evaluate Set5 --task super-resolution --scale 2\n"
    "  restore evaluate CBSD68 --task denoising --method nlm --method panet-denoise-lite\n"
)
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--task", required=True, help="super-resolution or denoising.")
@click.option(
    "--method",
    multiple=True,
    metavar="ID",
    help="A model, or input, bicubic, nlm; gains are over the first."
    "  [default: what is usual without a network, and the task's model]",
)
@click.option("--scale", type=click.IntRange(1), default=2, show_default=True)
@click.option(
    "--sigma", type=click.FloatRange(0), default=25, show_default=True, help="Of the noise, 0-255."
)
@click.option("--quantize", is_flag=True, help="Round the noisy pictures to 8 bit, as in files.")
@click.option("--chop", is_flag=True, help="Cut pictures as the authors of the network did.")
@click.option("--self-ensemble", is_flag=True, help="Take the mean over eight flips and rotations.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--per-image", is_flag=True, help="Each picture before the means.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with all scores.")
def evaluate(
    folder: Path,
    task: str,
    method: tuple[str, ...],
    scale: int,
    sigma: float,
    quantize: bool,
    chop: bool,
    self_ensemble: bool,
    device: str,
    per_image: bool,
    as_json: bool,
) -> None:
    """Damage the clean pictures in DIR, restore them, and compare."""
    from tqdm import tqdm

    from restorer import Settings
    from restorer.training.evaluate import evaluate as score

    methods = method or _usual(task, scale)
    scored = score(
        folder,
        methods,
        task=task,
        scale=scale,
        sigma=sigma,
        quantized=quantize,
        settings=Settings(
            device=device, tiling="chop" if chop else "blend", self_ensemble=self_ensemble
        ),
    )
    scores = list(tqdm(scored, unit="score", leave=False, disable=not sys.stderr.isatty()))
    if as_json:
        tell(json.dumps([asdict(each) for each in scores], indent=2))
        return
    if per_image:
        tell(_per_image(scores))
        tell()
    tell(_means(scores, methods))


def _usual(task: str, scale: int) -> tuple[str, ...]:
    """Return what a task is measured against, and its model."""
    from restorer import default_model

    if task == "super-resolution":
        return ("bicubic", default_model(task, scale))
    return ("input", "nlm", default_model(task))


def _per_image(scores: Sequence[Score]) -> str:
    rows = [
        (s.image, s.method, f"{s.psnr:.2f}", f"{s.ssim:.4f}", f"{s.seconds:.2f}") for s in scores
    ]
    return table(("image", "method", "PSNR", "SSIM", "s"), rows)


def _means(scores: Sequence[Score], methods: Sequence[str]) -> str:
    rows = []
    for method in methods:
        own = [score for score in scores if score.method == method]
        psnr = fmean(score.psnr for score in own)
        first = fmean(score.psnr for score in scores if score.method == methods[0])
        ssim, seconds = fmean(s.ssim for s in own), fmean(s.seconds for s in own)
        rows.append(
            (method, f"{psnr:.2f}", f"{ssim:.4f}", f"{psnr - first:+.2f}", f"{seconds:.2f}")
        )
    return table(("mean of method", "PSNR", "SSIM", "gain", "s"), rows)

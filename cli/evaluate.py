"""``restore evaluate``: measure PSNR and SSIM with the papers' protocols."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import table_options
from .params import Listed, model_or_path
from .words import table, tell, tell_json

if TYPE_CHECKING:
    from restorer import EvaluationTable, Score

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
_FASTEST = 1e-3  # lower limit of the plot, in seconds per megapixel


@click.command(
    epilog=f"{_PROTOCOLS}\n\b\nExamples:\n"
    "  restore evaluate panet-sr-x2-lite nlsn-x2-paper --data Set5 --data Set14\n"
    "  restore evaluate panet-denoise-lite --data CBSD68 --sigma 15,25,50\n"
    "  restore evaluate mine.pth --task denoising --data CBSD68 --limit 5 --plot mine.png\n"
    "  restore evaluate mine.pth --data clean/ --inputs noisy/\n"
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
@click.option(
    "--inputs",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of degraded versions, matched by name, to use instead of a protocol; one for"
    " each --data.",
)
@click.option(
    "--task", help="Evaluate the default models of this task, or use the given checkpoints for it."
)
@click.option(
    "--protocol", metavar="NAME", help="How to degrade and compare the images; see below."
)
@click.option(
    "--sigma", type=Listed(float, "noise levels such as 15,25,50"), help="Noise levels, 0-255."
)
@click.option(
    "--quality", type=Listed(int, "qualities such as 10,20,30,40"), help="JPEG qualities."
)
@click.option("--bayer", type=Listed(str, "patterns such as rggb,grbg"), help="Bayer patterns.")
@click.option(
    "--blind", is_flag=True, help="Let the models estimate the noise level or JPEG quality."
)
@click.option("--limit", type=click.IntRange(1), help="Use only the first images of each folder.")
@click.option("--no-baselines", is_flag=True, help="Leave out the methods without a network.")
@click.option("--chop", is_flag=True, help="Cut images into parts as the network's authors did.")
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
    inputs: tuple[Path, ...],
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
    """Degrade clean images, restore them, and compare the results with the originals.

    MODEL is an id (see `restore models`) or a checkpoint file; all must be for the same task. The
    degradations and comparisons follow the papers. With --inputs, your own degraded images are used
    instead. Each cell shows the mean PSNR in dB and the mean SSIM.
    """
    from tqdm import tqdm

    from restorer import Settings
    from restorer import evaluate as measure

    with tqdm(unit="image", leave=False, disable=not sys.stderr.isatty()) as bar:

        def on_image(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        given = [model_or_path(word) for word in models]
        result = measure(
            given or ([] if inputs else _default_models(task, protocol)),
            folders,
            inputs=inputs or None,
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
            on_image=on_image,
        )
    if plot is not None:
        _draw(result, plot)
    if as_json:
        tell_json([score.to_dict() for score in result.scores])
        return
    if per_image:
        tell(*_per_image(result.scores), "")
    tell(*str(result).splitlines())


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


def _draw(result: EvaluationTable, path: Path) -> None:
    """Plot PSNR over seconds per megapixel: a row for each folder, a column for each setting."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise click.UsageError(
            "--plot requires matplotlib: pip install 'restorer[bench]'"
        ) from error
    rows, columns = len(result.folders), len(result.settings)
    figure = Figure(figsize=(1 + 4 * columns, 0.5 + 3.5 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    colors = {method: f"C{number % 10}" for number, method in enumerate(result.methods)}
    for row, folder in zip(axes, result.folders, strict=True):
        for panel, setting in zip(row, result.settings, strict=True):
            for mean in result.means():
                if (mean.folder, mean.setting) == (folder, setting):
                    point = max(mean.seconds_per_megapixel, _FASTEST), mean.psnr
                    label, color = Path(mean.method).name, colors[mean.method]
                    panel.plot(*point, "o", color=color, label=label)
            panel.set(xscale="log", xlabel="seconds per megapixel", ylabel="PSNR in dB")
            panel.set_title(f"{folder}, {setting}")
            panel.margins(0.25)
            panel.legend()
    figure.savefig(path, dpi=120)

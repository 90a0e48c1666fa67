"""``restore compare``: the same part of a picture through several models."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import table_options
from .params import Listed, model_or_path
from .words import duration, size, table, tell, warn

if TYPE_CHECKING:
    from PIL import Image as PilImage

    from restorer import Image, Region, Sample, Step

    from .sheet import Cell

_SHOWN = 384  # side of a crop on the sheet, where the program chooses it


@click.command(
    epilog="\b\nExamples:\n"
    "  restore compare photo.jpg --models panet-denoise-lite,panet-denoise-photo-lite\n"
    "  restore compare small.png --models panet-sr-x2-lite,mine.pth --crop 100,80,128,128\n"
    "  restore compare noisy.png --models panet-denoise-lite --truth clean.png -o sheet.png\n"
)
@click.argument(
    "source", metavar="IMAGE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--models",
    required=True,
    metavar="ID,ID...",
    type=Listed(str, "models such as panet-sr-x2-lite,nlsn-x2-paper"),
    help="Ids (`restore models`) or checkpoint files.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture to write.  [default: IMAGE-compare.png, beside it]",
)
@click.option(
    "--crop",
    metavar="X,Y,W,H",
    type=Listed(int, "four whole numbers X,Y,W,H"),
    help="Part of the picture, in its pixels.  [default: where it has most detail]",
)
@click.option(
    "--truth",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How the whole picture should be: adds PSNR and SSIM, over all colors of the crop.",
)
@table_options("sigma", "jpeg_quality", "bayer", "device")
@click.pass_context
def compare(
    ctx: click.Context,
    source: Path,
    models: tuple[str, ...],
    output: Path | None,
    crop: tuple[int, ...] | None,
    truth: Path | None,
    sigma: float | None,
    jpeg_quality: int | None,
    bayer: str | None,
    device: str,
) -> None:
    """Put one part of IMAGE through several models: a contact sheet with time and memory.

    The picture itself comes first; where models enlarge, it is enlarged by bicubic interpolation.
    Time and memory are those of the part, with what has to be computed around it.
    """
    from tqdm import tqdm

    from restorer import Settings, compare_models, read

    target = output or source.with_name(f"{source.stem}-compare.png")
    _check_target(target, source, truth)
    image = read(source)
    values = {"sigma": sigma, "jpeg_quality": jpeg_quality, "bayer": bayer}
    steps = [_step(word, values) for word in models]
    region = _region(crop, image, steps)
    wanted = None if truth is None else read(truth)
    found = compare_models(image, steps, region, truth=wanted, settings=Settings(device=device))
    hidden = not sys.stderr.isatty()
    samples = list(tqdm(found, total=len(steps) + 1, unit="model", leave=False, disable=hidden))
    _write(target, source, image, region, samples, wanted)
    tell(_table(samples, judged=truth is not None))
    for sample in samples:
        if sample.error:
            named = sample.error.startswith(sample.model)
            warn(sample.error if named else f"{sample.model}: {sample.error}")
    tell(str(target))
    ctx.exit(1 if any(sample.error for sample in samples) else 0)


def _check_target(target: Path, *originals: Path | None) -> None:
    """Raise UsageError where the sheet would overwrite a picture, or cannot be one."""
    from restorer import WRITABLE

    if target.suffix.lower() not in WRITABLE:
        known = ", ".join(sorted(WRITABLE))
        raise click.UsageError(f"{target}: unknown image type {target.suffix!r}; known are {known}")
    for path in originals:
        if path is not None and os.path.realpath(path) == os.path.realpath(target):
            raise click.UsageError(f"{target}: is an original; -o names another file")


def _step(word: str, values: Mapping[str, Any]) -> Step | Path:
    """Return a model with the options that concern it."""
    from restorer import STEP_OPTIONS, Step, model_spec

    model = model_or_path(word)
    if isinstance(model, Path):
        return model
    spec = model_spec(model)
    taken = [option.field for option in STEP_OPTIONS if spec.takes(option)]
    return Step(model, **{field: value for field, value in values.items() if field in taken})


def _region(crop: tuple[int, ...] | None, image: Image, steps: Sequence[Step | Path]) -> Region:
    """Return what was asked for, or a detailed square that fills its place on the sheet."""
    from restorer import Region, detailed_region, model_spec

    if crop is None:
        scales = [1 if isinstance(step, Path) else model_spec(step.model).scale for step in steps]
        return detailed_region(image, _SHOWN // max(2, *scales))
    if len(crop) != 4:
        raise click.UsageError(f"--crop: {len(crop)} numbers, expected X,Y,W,H")
    left, top, width, height = crop
    inside = 0 <= left < left + width <= image.width and 0 <= top < top + height <= image.height
    if not inside:
        raise click.UsageError(
            f"--crop {left},{top},{width},{height}: not in a picture of"
            f" {image.width} x {image.height} pixels"
        )
    return Region(top, left, height, width)


def _write(
    target: Path,
    source: Path,
    image: Image,
    region: Region,
    samples: Sequence[Sample],
    truth: Image | None,
) -> None:
    """Draw the sheet, in the color space of the picture, and write it whole or not at all."""
    import numpy as np

    from restorer import Image, Metadata, write

    from .sheet import Cell, contact_sheet

    cells = [_cell(sample) for sample in samples]
    if truth is not None:
        scale = truth.height // image.height
        pixels = np.ascontiguousarray(region.scaled(scale).of(truth.pixels))
        cells.append(Cell(_drawn(Image(pixels)), "truth"))
    place = f"{region.width} x {region.height} pixels from {region.left}, {region.top}"
    sheet = contact_sheet(f"{source.name}: {place}", cells)
    profile = image.metadata.icc if image.pixels.shape[2] >= 3 else None
    picture = Image(np.ascontiguousarray(np.asarray(sheet)), Metadata(icc=profile))
    write(picture, target, existing="replace")


def _cell(sample: Sample) -> Cell:
    from .sheet import Cell

    if not sample.model:
        how = f"before, bicubic x{sample.scale}" if sample.scale > 1 else "before"
        return Cell(_drawn(sample.image), how, ["", *_figures(sample)])
    if sample.image is None:
        return Cell(None, sample.model, text=sample.error)
    memory = f", {size(sample.memory)}" if sample.memory else ""
    enlarged = f", x{sample.scale}" if sample.scale > 1 else ""
    captions = [f"{duration(sample.seconds)}{memory}{enlarged}", *_figures(sample)]
    return Cell(_drawn(sample.image), sample.model, captions)


def _figures(sample: Sample) -> list[str]:
    if sample.psnr is None:
        return []
    similarity = "" if sample.ssim is None else f", SSIM {sample.ssim:.4f}"
    return [f"{sample.psnr:.2f} dB{similarity}"]


def _drawn(image: Image | None) -> PilImage.Image:
    """Return RGB of 8 bits; what is transparent shows a checkerboard."""
    import numpy as np
    from PIL import Image as PilImage

    assert image is not None, "the picture itself is always there"
    values = image.to_float().clip(0, 1)
    if image.has_alpha:
        rows, columns = np.indices(values.shape[:2]) // 8
        board = np.where((rows + columns) % 2, 0.55, 0.45)[..., None]
        alpha = values[..., -1:]
        values = values[..., :-1] * alpha + board * (1 - alpha)
    pixels = np.rint(values * 255).astype(np.uint8)
    return PilImage.fromarray(np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))))


def _table(samples: Sequence[Sample], *, judged: bool) -> str:
    head = ("model", "scale", "s", "memory", *(("PSNR", "SSIM") if judged else ()))
    rows = []
    for sample in samples:
        figures = [sample.psnr, sample.ssim] if judged else []
        told = [
            "-" if figure is None else f"{figure:.{digits}f}"
            for figure, digits in zip(figures, (2, 4), strict=False)
        ]
        cost = (f"{sample.seconds:.1f}", size(sample.memory) if sample.memory else "-")
        name = sample.model or "before"
        nothing = ("-", "-")
        own = nothing if sample.error or not sample.model else cost
        rows.append((name, f"{sample.scale}x", *own, *told))
    return table(head, rows)

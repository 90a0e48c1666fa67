"""``restore compare``: a contact sheet that shows one crop as several models restore it."""

from __future__ import annotations

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

_SHOWN = 384  # side of an automatic crop on the sheet


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
    help="Model ids (see `restore models`) or checkpoint files.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the contact sheet.  [default: IMAGE-compare.png, next to IMAGE]",
)
@click.option(
    "--crop",
    metavar="X,Y,W,H",
    type=Listed(int, "four integers X,Y,W,H"),
    help="Crop of the image in pixels.  [default: the most detailed area]",
)
@click.option(
    "--truth",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ground truth for the whole image; adds the PSNR and SSIM of the crop.",
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
    """Draw a contact sheet that compares models on a crop of IMAGE.

    The first cell shows the input, enlarged by bicubic interpolation if the models enlarge. Time
    and memory are those of the crop and the surroundings that must be computed with it.
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
    tell(*_table(samples, scored=truth is not None))
    for sample in samples:
        if sample.error:
            named = sample.error.startswith(sample.model)
            warn(sample.error if named else f"{sample.model}: {sample.error}")
    tell(str(target))
    ctx.exit(1 if any(sample.error for sample in samples) else 0)


def _check_target(target: Path, *originals: Path | None) -> None:
    """Raise UsageError if the sheet would overwrite an input, or has an unknown suffix."""
    from restorer import WRITABLE, file_identity

    if target.suffix.lower() not in WRITABLE:
        known = ", ".join(sorted(WRITABLE))
        raise click.UsageError(
            f"{target}: unknown image type {target.suffix!r}; expected one of {known}"
        )
    for path in originals:
        if path is not None and file_identity(path) == file_identity(target):
            raise click.UsageError(f"{target}: is an input file; choose another one with -o")


def _step(word: str, values: Mapping[str, Any]) -> Step | Path:
    """Return a model with the options that apply to it."""
    from restorer import STEP_OPTIONS, Step, model_spec

    model = model_or_path(word)
    if isinstance(model, Path):
        return model
    spec = model_spec(model)
    taken = [option.field for option in STEP_OPTIONS if spec.takes(option)]
    return Step(model, **{field: value for field, value in values.items() if field in taken})


def _region(crop: tuple[int, ...] | None, image: Image, steps: Sequence[Step | Path]) -> Region:
    """Return the requested crop, or a detailed square that fills a cell of the sheet."""
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
            f"--crop {left},{top},{width},{height}: outside the image of"
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
    """Draw the sheet in the color space of the image and write it atomically."""
    import numpy as np

    from restorer import Image, Metadata, write

    from .sheet import Cell, contact_sheet

    cells = [_cell(sample) for sample in samples]
    if truth is not None:
        scale = truth.height // image.height
        pixels = np.ascontiguousarray(region.scaled(scale).of(truth.pixels))
        cells.append(Cell(_to_rgb(Image(pixels)), "ground truth"))
    crop = f"{region.width} x {region.height} pixels from {region.left}, {region.top}"
    sheet = contact_sheet(f"{source.name}: {crop}", cells)
    profile = image.metadata.icc if image.pixels.shape[2] >= 3 else None
    picture = Image(np.ascontiguousarray(np.asarray(sheet)), Metadata(icc=profile))
    write(picture, target, existing="replace")


def _cell(sample: Sample) -> Cell:
    from .sheet import Cell

    if not sample.model:
        how = f"input, bicubic x{sample.scale}" if sample.scale > 1 else "input"
        return Cell(_to_rgb(sample.image), how, ["", *_quality_lines(sample)])
    if sample.image is None:
        return Cell(None, sample.model, text=sample.error)
    memory = f", {size(sample.memory)}" if sample.memory else ""
    enlarged = f", x{sample.scale}" if sample.scale > 1 else ""
    captions = [f"{duration(sample.seconds)}{memory}{enlarged}", *_quality_lines(sample)]
    return Cell(_to_rgb(sample.image), sample.model, captions)


def _quality_lines(sample: Sample) -> list[str]:
    if sample.psnr is None:
        return []
    similarity = "" if sample.ssim is None else f", SSIM {sample.ssim:.4f}"
    return [f"{sample.psnr:.2f} dB{similarity}"]


def _to_rgb(image: Image | None) -> PilImage.Image:
    """Return 8-bit RGB with a checkerboard behind transparent pixels."""
    import numpy as np
    from PIL import Image as PilImage

    assert image is not None, "the input always has an image"
    values = image.to_float().clip(0, 1)
    if image.has_alpha:
        rows, columns = np.indices(values.shape[:2]) // 8
        board = np.where((rows + columns) % 2, 0.55, 0.45)[..., None]
        alpha = values[..., -1:]
        values = values[..., :-1] * alpha + board * (1 - alpha)
    pixels = np.rint(values * 255).astype(np.uint8)
    return PilImage.fromarray(np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))))


def _table(samples: Sequence[Sample], *, scored: bool) -> list[str]:
    head = ("model", "scale", "s", "memory", *(("PSNR", "SSIM") if scored else ()))
    rows = []
    for sample in samples:
        figures = [sample.psnr, sample.ssim] if scored else []
        quality = [
            "-" if figure is None else f"{figure:.{digits}f}"
            for figure, digits in zip(figures, (2, 4), strict=False)
        ]
        cost = (f"{sample.seconds:.1f}", size(sample.memory) if sample.memory else "-")
        name = sample.model or "input"
        nothing = ("-", "-")
        own = nothing if sample.error or not sample.model else cost
        rows.append((name, f"{sample.scale}x", *own, *quality))
    return table(head, rows)

"""Make the pictures of real damage in docs/quality.md: python tests/benchmarks/gallery.py

Each shows details of photographs at 100 %; there is no truth to measure against. The photographs
are from scikit-image. `--data` names a folder of test sets (rni15, real_jpeg_fbcnn) from which more
are made in `--output`, and `--dncnn` the published checkpoint of DnCNN for sigma 25. Methods whose
weights are not installed are left out, and said.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from photographs import photograph
from PIL import Image as PilImage
from reference_pictures import DOCS, sheet

import restorer
from restorer import Image, ModelError, Step
from restorer.evaluation.baselines import bicubic, non_local_means
from restorer.training.degrade import Bytes
from restorer.training.photographs import load_rgb

_CELL = 240  # side of a detail of the result
_QUALITY = 92  # JPEG quality
_BLIND = {2: "waifu2x-photo-x2-noise-1", 4: "realesrgan-x4plus"}  # networks of others, by scale


class Detail(NamedTuple):
    """A detail of a photograph.

    Attributes:
        file: Its name in scikit-image, or in the folder of test sets.
        left: Column of its corner in the photograph.
        top: Row of it.
        scale: Factor of the enlargement; 1 keeps the size.
    """

    file: str
    left: int
    top: int
    scale: int = 1


# One picture each, of one row a detail.
SHIPPED = {
    "noise": (Detail("hubble_deep_field.jpg", 300, 300), Detail("rocket.jpg", 250, 187)),
    "scans": (Detail("coins.png", 130, 40), Detail("camera.png", 180, 60)),
    "web": (Detail("ihc.png", 100, 100), Detail("page.png", 0, 10)),
    "enlarged": (Detail("rocket.jpg", 360, 290, 2), Detail("page.png", 0, 50, 2)),
    "enlarged-4": (Detail("rocket.jpg", 350, 340, 4), Detail("coins.png", 150, 150, 4)),
}
OF_SETS = {
    "noise": (
        Detail("rni15/Audrey_Hepburn.jpg", 290, 130),
        Detail("rni15/Boy.png", 260, 330),
        Detail("rni15/Dog.png", 60, 60),
        Detail("rni15/Flowers.png", 60, 120),
        Detail("rni15/Frog.png", 60, 60),
        Detail("rni15/Bears.png", 60, 80),
        Detail("rni15/Movie.png", 140, 20),
        Detail("rni15/Glass.png", 100, 80),
        Detail("rni15/Pattern1.png", 220, 40),
    ),
    "web": (
        Detail("real_jpeg_fbcnn/3.jpg", 60, 60),
        Detail("real_jpeg_fbcnn/4.jpg", 110, 0),
        Detail("real_jpeg_fbcnn/5.jpg", 400, 200),
        Detail("real_jpeg_fbcnn/6.jpg", 180, 40),
    ),
    "enlarged": (
        Detail("real_jpeg_fbcnn/1.jpg", 100, 100, 2),
        Detail("real_jpeg_fbcnn/4.jpg", 170, 20, 2),
        Detail("rni15/Frog.png", 90, 90, 4),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--output", type=Path, default=Path("gallery"))
    parser.add_argument("--dncnn", type=Path)
    options = parser.parse_args()
    for name, details in SHIPPED.items():
        page([(d, photograph(d.file)) for d in details], DOCS / f"gallery-{name}.jpg", None)
    if options.data is not None:
        options.output.mkdir(exist_ok=True)
        for name, details in OF_SETS.items():
            rows = [(detail, load_rgb(options.data / detail.file)) for detail in details]
            page(rows, options.output / f"{name}.png", options.dncnn)


def page(rows: Sequence[tuple[Detail, Bytes]], target: Path, dncnn: Path | None) -> None:
    """Write a picture with a row of all methods for each detail."""
    cells = [[*row(detail, picture, dncnn)] for detail, picture in rows]
    sheet(cells).save(target, quality=_QUALITY, optimize=True)
    print(target, flush=True)


def row(detail: Detail, picture: Bytes, dncnn: Path | None) -> Iterator[tuple[str, PilImage.Image]]:
    """Yield the detail as each method makes it, the input first."""
    scale = detail.scale
    found = restorer.diagnose(Image(picture), scale=scale)
    said = ", ".join(f"{d.kind} {d.strength:.0f}" for d in found.damages) or "clean"
    print(f"{detail.file}, {scale}x: {said}; {' + '.join(s.model for s in found.treatment.steps)}")
    if scale == 1:
        yield "input", cut(picture, detail)
        sigma = restorer.estimate_sigma(picture)
        yield f"non-local means, {sigma:.0f}", cut(non_local_means(picture, max(sigma, 3)), detail)
        if dncnn is not None:
            yield "DnCNN, 25", cut(gray_planes(picture, dncnn), detail)
    else:
        yield "bicubic", cut(bicubic(picture, scale), detail)
    if scale in _BLIND:
        try:
            yield _BLIND[scale], cut(restorer.restore(picture, _BLIND[scale]), detail)
        except ModelError as error:
            print(f"  left out: {error}")
    yield "restorer", cut(restorer.restore(picture, Step("auto", scale=scale)), detail)


def gray_planes(picture: Bytes, checkpoint: Path) -> Bytes:
    """Denoise the colors one by one with a network for gray."""
    return restorer.restore(picture, str(checkpoint))


def cut(picture: Bytes, detail: Detail) -> PilImage.Image:
    """Return the detail of a result."""
    left, top = detail.left * detail.scale, detail.top * detail.scale
    return PilImage.fromarray(picture[top : top + _CELL, left : left + _CELL])


if __name__ == "__main__":
    main()

"""Make the pictures of docs/reference-sr.md: python tests/benchmarks/reference_pictures.py

From photographs that ship inside scikit-image. Each is shrunk by 4 and enlarged again, without and
with a reference; above are details at 200 %, below the input, the reference and the maps, whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from photographs import photograph
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

import restorer
from restorer import Image, ReferenceMaps, psnr_luma
from restorer.evaluation.baselines import bicubic
from restorer.training.degrade import Bytes, bicubic_downscale, crop_to_multiple

DOCS = Path(__file__).parents[2] / "docs"
SCALE = 4
MODEL, PLAIN = "ttsr-x4-lite", "panet-sr-x4-lite"
_ZOOM, _CELL, _GAP, _CAPTION = 2, 240, 8, 26
_BACKGROUND, _CAPTION_TEXT = "#16181d", "#9aa0aa"
_QUALITY = 90  # JPEG quality


class Example(NamedTuple):
    """An image, its reference, and the corner (top, left) of the detail to show."""

    name: str
    truth: Bytes
    reference: Bytes
    detail: tuple[int, int]


def main() -> None:
    for example in (another_view(), another_place()):
        show(example)


def another_view() -> Example:
    """Return a motorcycle, with the view of the other camera of a stereo pair as reference."""
    left, right = photograph("motorcycle_left.png"), photograph("motorcycle_right.png")
    return Example("helps", crop_to_multiple(left, SCALE), right, (180, 330))


def another_place() -> Example:
    """Return gravel, with neighboring gravel as reference."""
    truth, other = np.split(photograph("gravel.png"), 2)
    return Example("not", truth, other, (100, 60))


def show(example: Example) -> None:
    """Enlarge an example with and without its reference, print the gain, and write the figure."""
    small = Image(np.ascontiguousarray(bicubic_downscale(example.truth, SCALE)))
    plain = restorer.restore(small, PLAIN)
    found: list[ReferenceMaps] = []
    guided = restorer.restore(
        small, MODEL, references=[Image(example.reference)], on_maps=found.append
    )
    figures = [psnr_luma(x.pixels, example.truth, shave=SCALE) for x in (plain, guided)]
    print(f"{example.name}: {figures[0]:.2f} dB, with the reference {figures[1]:.2f}")
    print("  " + "; ".join(guided.notes))
    details = [
        ("bicubic", bicubic(small.pixels, SCALE)),
        (f"{PLAIN}: {figures[0]:.2f} dB", plain.pixels),
        (f"with the reference: {figures[1]:.2f} dB", guided.pixels),
        ("truth", example.truth),
    ]
    wholes = [
        ("input", small.pixels),
        ("reference", example.reference),
        ("confidence", found[0].confidence_picture()),
        ("source", found[0].source_picture()),
    ]
    top, left = example.detail
    side = _CELL // _ZOOM
    cells = [(text, enlarged(x[top : top + side, left : left + side])) for text, x in details]
    page = sheet([cells, [(text, fitted(x)) for text, x in wholes]])
    page.save(DOCS / f"reference-{example.name}.jpg", quality=_QUALITY, optimize=True)


def sheet(rows: list[list[tuple[str, PilImage.Image]]]) -> PilImage.Image:
    """Set pictures in rows, each above its caption."""
    heights = [max(picture.height for _, picture in row) for row in rows]
    across = max(map(len, rows))
    width = _GAP + across * (_CELL + _GAP)
    page = PilImage.new("RGB", (width, _GAP + sum(heights) + len(rows) * _CAPTION), _BACKGROUND)
    draw = ImageDraw.Draw(page)
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for number, (text, picture) in enumerate(row):
            left = _GAP + number * (_CELL + _GAP)
            page.paste(picture, (left + (_CELL - picture.width) // 2, top))
            place = (left + _CELL // 2, top + height + _CAPTION // 2)
            draw.text(place, text, _CAPTION_TEXT, ImageFont.load_default(13), anchor="mm")
        top += height + _CAPTION
    return page


def enlarged(values: Bytes) -> PilImage.Image:
    size = (values.shape[1] * _ZOOM, values.shape[0] * _ZOOM)
    return PilImage.fromarray(values).resize(size, PilImage.Resampling.NEAREST)


def fitted(values: Bytes) -> PilImage.Image:
    """Return a whole picture, as wide as a cell."""
    picture = PilImage.fromarray(values if values.shape[2] == 3 else values[..., 0])
    size = (_CELL, round(picture.height * _CELL / picture.width))
    return picture.convert("RGB").resize(size, PilImage.Resampling.BICUBIC)


if __name__ == "__main__":
    main()

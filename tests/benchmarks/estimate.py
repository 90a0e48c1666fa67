"""Measure how far the estimated JPEG quality is from the true one; put it into docs/quality.md.

python tests/benchmarks/estimate.py --data DIR [--limit N]

DIR is a folder of pictures that were no JPEG files, or good ones: those of CBSD68 have traces of
quality 95.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from page import fill
from PIL import Image as PilImage

from restorer.estimate.jpeg_quality import estimate_jpeg_quality

PAGE = Path(__file__).parents[2] / "docs" / "quality.md"
QUALITIES = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
BETTER = 25  # by how much a second compression is better than the first
BEST = 97
START = (3, 5)  # of a crop, off the grid of the blocks

Pixels = NDArray[np.uint8]


def saved(pixels: Pixels, quality: int, chroma: str = "4:2:0") -> Pixels:
    file = io.BytesIO()
    more = {} if pixels.ndim == 2 else {"subsampling": chroma}
    PilImage.fromarray(pixels).save(file, "JPEG", quality=quality, **more)
    return np.asarray(PilImage.open(file))


def gray(pixels: Pixels) -> Pixels:
    return np.asarray(PilImage.fromarray(pixels).convert("L"))


def cropped(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[START[0] :, START[1] :])


def again(pixels: Pixels, quality: int) -> Pixels:
    return saved(pixels, min(quality + BETTER, BEST))


CASES: Mapping[str, Callable[[Pixels, int], Pixels]] = {
    "4:4:4": lambda p, q: saved(p, q, "4:4:4"),
    "4:2:0": saved,
    "gray": lambda p, q: saved(gray(p), q),
    "4:2:0, cropped off the grid": lambda p, q: cropped(saved(p, q)),
    f"saved again at +{BETTER}": lambda p, q: again(saved(p, q), q),
    f"cropped, saved again at +{BETTER}": lambda p, q: again(cropped(saved(p, q)), q),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/estimate.py")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--limit", type=int, metavar="N", help="use only N images, evenly chosen")
    parser.add_argument("--page", type=Path, default=PAGE, help="page to write; docs/quality.md")
    wanted = parser.parse_args()
    files = sorted(wanted.data.glob("*.png"))
    chosen = files[:: max(1, len(files) // wanted.limit)][: wanted.limit] if wanted.limit else files
    if not chosen:
        parser.error(f"{wanted.data}: no .png files")
    pictures = [np.asarray(PilImage.open(file).convert("RGB")) for file in chosen]
    rows = [["quality", *map(str, QUALITIES)], ["---"] * (len(QUALITIES) + 1)]
    for name, damage in CASES.items():
        rows.append([name, *(cell([damage(p, q) for p in pictures], q) for q in QUALITIES)])
    untouched = Counter(map(estimate, pictures))
    block = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    block += (
        f"\n\nMean absolute error over {len(pictures)} images; a number after a semicolon counts"
    )
    block += (
        " images without a detected quality, which\ncount as 100. In the unmodified images, the"
    )
    block += " estimate was: "
    block += ", ".join(f"{found or 'nothing'} in {n}" for found, n in untouched.items()) + "."
    print(block)
    fill(wanted.page, "jpeg-estimate", block)


def cell(pictures: list[Pixels], quality: int) -> str:
    """Return the mean absolute error and the number of images without traces."""
    found = [estimate(picture) for picture in pictures]
    missed = found.count(None)
    error = np.mean([abs((100 if f is None else f) - quality) for f in found])
    return f"{error:.1f}" + (f"; {missed}" if missed else "")


def estimate(pixels: Pixels) -> int | None:
    return estimate_jpeg_quality(pixels.reshape(*pixels.shape[:2], -1).astype(np.float32) / 255)


if __name__ == "__main__":
    main()

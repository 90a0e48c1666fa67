"""Make the crops of docs/choose.md: python tests/benchmarks/choose_pictures.py [NAME ...]

A protocol damages photographs of scikit-image, and the program restores them; each picture shows a
detail of the input beside the result. Needs the extra demo.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from photographs import photograph
from PIL import Image as PilImage

import restorer
from restorer import Image, Step
from restorer.evaluation.protocols import PROTOCOLS, Value
from restorer.training.degrade import Bytes

DOCS = Path(__file__).parents[2] / "docs"
_SIDE, _GAP, _QUALITY = 150, 6, 88  # of a crop in pixels, between crops, of JPEG


class Case(NamedTuple):
    """A photograph, its damage and its restoration.

    Attributes:
        protocol: How it is damaged; empty leaves it as it is.
        part: Top, left and side of the detail, in pixels of the result.
        step: What restores it.
        area: Top, left and side of the part of the photograph that is used.
        seed: Seed of the damage.
    """

    photograph: str
    protocol: str
    value: Value
    part: tuple[int, int, int]
    step: Step
    area: tuple[int, int, int] | None = None
    seed: int = 0


def main(names: list[str]) -> None:
    for name in names or CASES:
        before, after = detail(CASES[name])
        picture = PilImage.new("RGB", (2 * _SIDE + _GAP, _SIDE), "white")
        for left, crop in ((0, before), (_SIDE + _GAP, after)):
            shown = PilImage.fromarray(crop).resize((_SIDE, _SIDE), PilImage.Resampling.NEAREST)
            picture.paste(shown, (left, 0))
        target = DOCS / f"choose-{name}.jpg"
        picture.save(target, quality=_QUALITY, optimize=True)
        print(f"{target}: {target.stat().st_size / 1000:.0f} kB", flush=True)


def detail(case: Case) -> tuple[Bytes, Bytes]:
    """Return the detail of the input, enlarged to the size of the result, and of the result."""
    clean = photograph(case.photograph)
    if case.area is not None:
        top, left, side = case.area
        clean = np.ascontiguousarray(clean[top : top + side, left : left + side])
    image = Image(clean)
    if case.protocol:
        image = PROTOCOLS[case.protocol].case(clean, case.value, case.seed).image
    result = restorer.restore(image, case.step)
    print(f"  {case.photograph}: {'; '.join(result.notes)}")
    scale = result.pixels.shape[0] // image.pixels.shape[0]
    top, left, side = case.part
    small = image.pixels[top // scale : (top + side) // scale]
    small = small[:, left // scale : (left + side) // scale]
    before = np.repeat(np.repeat(small, scale, 0), scale, 1)
    after = result.pixels[top : top + side, left : left + side]
    return colors(before), colors(after)


def colors(pixels: Bytes) -> Bytes:
    """Return RGB of gray or RGB pixels."""
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))


_CAT = (20, 60, 240)
CASES = {
    "noise": Case("chelsea.png", "denoising-8bit", 25, (70, 40, 150), Step("auto"), _CAT),
    "camera": Case("chelsea.png", "camera", 1, (70, 40, 150), Step("auto"), _CAT, 2),
    "jpeg": Case("astronaut.png", "deblocking", 15, (45, 45, 150), Step("auto"), (20, 120, 240)),
    "small": Case(
        "coffee.png", "super-resolution", 2, (60, 60, 150), Step("panet-sr-x2-lite"), (90, 200, 240)
    ),
    "web": Case(
        "coffee.png", "web", 2, (60, 60, 150), Step("panet-sr-x2-photo-lite"), (90, 200, 240), 7
    ),
    "mosaic": Case(
        "motorcycle_left.png",
        "demosaicing",
        "rggb",
        (80, 60, 75),
        Step("panet-demosaic-lite", bayer="rggb"),
        (220, 260, 240),
    ),
    # Failures.
    "letters": Case(
        "page.png", "super-resolution", 3, (0, 90, 150), Step("panet-sr-x3-lite"), (0, 0, 189)
    ),
    "wrong-model": Case(
        "chelsea.png", "camera", 1, (70, 40, 150), Step("panet-denoise-lite"), _CAT, 2
    ),
    "stars": Case("hubble_deep_field.jpg", "", 0, (45, 45, 150), Step("auto"), (300, 300, 240)),
    "clean": Case("rocket.jpg", "", 0, (40, 40, 150), Step("auto"), (190, 250, 230)),
}

if __name__ == "__main__":
    main(sys.argv[1:])

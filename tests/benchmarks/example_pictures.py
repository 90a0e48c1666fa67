"""Make the figures of docs/weights.md: python tests/benchmarks/example_pictures.py [NAME ...]

The protocols degrade photographs from scikit-image, and `restore compare` draws the degraded image,
the result of each model, and the ground truth.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from photographs import photograph

from restorer import Image, write
from restorer.evaluation.protocols import PROTOCOLS, Value

DOCS = Path(__file__).parents[2] / "docs"


class Example(NamedTuple):
    """A photograph, the protocol that degrades it, and the models to compare.

    Attributes:
        part: Left, top and side of the crop of the degraded image.
        options: Additional options of `restore compare`.
        number: Seed of all randomness.
    """

    photograph: str
    protocol: str
    value: Value
    part: tuple[int, int, int]
    models: str
    options: tuple[str, ...] = ()
    number: int = 0


def main(names: list[str]) -> None:
    for name in names or EXAMPLES:
        example = EXAMPLES[name]
        clean = photograph(example.photograph)
        case = PROTOCOLS[example.protocol].case(clean, example.value, example.number)
        left, top, side = example.part
        with tempfile.TemporaryDirectory() as scratch:
            source, truth = Path(scratch) / "degraded.png", Path(scratch) / "truth.png"
            write(case.image, source)
            write(Image(case.truth), truth)
            command = [
                *(sys.executable, "-m", "restorer.cli", "compare", str(source)),
                *("--models", example.models, "--truth", str(truth), *example.options),
                *("--crop", f"{left},{top},{side},{side}"),
                *("--output", str(DOCS / f"example-{name}.jpg")),
            ]
            print(name, flush=True)
            subprocess.run(command, check=True)


EXAMPLES = {
    "enlarge-2": Example("coffee.png", "super-resolution", 2, (120, 60, 96), "panet-sr-x2-lite"),
    "enlarge-3": Example("astronaut.png", "super-resolution", 3, (50, 20, 80), "panet-sr-x3-lite"),
    "enlarge-4": Example("astronaut.png", "super-resolution", 4, (36, 14, 60), "panet-sr-x4-lite"),
    "enlarge-letters": Example("page.png", "super-resolution", 3, (30, 0, 56), "panet-sr-x3-lite"),
    "web": Example(
        "coffee.png",
        "web",
        2,
        (100, 50, 96),
        "panet-sr-x2-lite,panet-sr-x2-photo-lite",
        number=7,
    ),
    "noise": Example("chelsea.png", "denoising-8bit", 25, (100, 60, 144), "panet-denoise-lite"),
    "camera": Example(
        "chelsea.png",
        "camera",
        1,
        (100, 60, 144),
        "panet-denoise-lite,panet-denoise-photo-lite",
        number=2,
    ),
    "jpeg": Example("astronaut.png", "deblocking", 15, (150, 60, 144), "panet-deblock-lite"),
    "mosaic": Example(
        "motorcycle_left.png",
        "demosaicing",
        "rggb",
        (300, 250, 120),
        "panet-demosaic-lite",
        ("--bayer", "rggb"),
    ),
}


if __name__ == "__main__":
    main(sys.argv[1:])

"""Make the pictures of weights/README.md: python tests/benchmarks/example_pictures.py [NAME ...]

From photographs that ship inside scikit-image, damaged as the protocols do it. `restore compare`
draws them: what is damaged, what each model makes of it, and the truth.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import numpy as np

import restorer
from restorer import Image
from restorer.training.camera import Exposure
from restorer.training.degradations import Web
from restorer.training.degrade import (
    Bytes,
    bicubic_downscale,
    crop_to_multiple,
    gaussian_noise,
    jpeg,
    mosaic,
    quantize,
)

DOCS = Path(__file__).parents[2] / "docs"


class Example(NamedTuple):
    """A photograph, its damage, and what of the damaged picture is shown: (left, top, side)."""

    photograph: str
    damage: Callable[[Bytes], tuple[Bytes, Bytes]]
    part: tuple[int, int, int]
    models: str
    options: tuple[str, ...] = ()


def main(names: list[str]) -> None:
    for name in names or EXAMPLES:
        example = EXAMPLES[name]
        damaged, truth = example.damage(photograph(example.photograph))
        left, top, side = example.part
        with tempfile.TemporaryDirectory() as scratch:
            source, clean = Path(scratch) / "damaged.png", Path(scratch) / "clean.png"
            restorer.write(Image(np.ascontiguousarray(damaged)), source)
            restorer.write(Image(np.ascontiguousarray(truth)), clean)
            command = [
                *(sys.executable, "-m", "restorer.cli", "compare", str(source)),
                *("--models", example.models, "--truth", str(clean), *example.options),
                *("--crop", f"{left},{top},{side},{side}"),
                *("--output", str(DOCS / f"example-{name}.jpg")),
            ]
            print(name, flush=True)
            subprocess.run(command, check=True)


def photograph(name: str) -> Bytes:
    """Return a photograph as (H, W, 3), sides multiples of 12."""
    with as_file(files("skimage.data").joinpath(name)) as path:
        pixels = restorer.read(path).pixels
    colour = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., :1].repeat(3, 2)
    return crop_to_multiple(np.asarray(colour, np.uint8), 12)


def shrunk(scale: int) -> Callable[[Bytes], tuple[Bytes, Bytes]]:
    return lambda clean: (bicubic_downscale(clean, scale), clean)


def noisy(sigma: float) -> Callable[[Bytes], tuple[Bytes, Bytes]]:
    return lambda clean: (quantize(gaussian_noise(clean.astype(np.float32), sigma, 0)), clean)


def compressed(quality: int) -> Callable[[Bytes], tuple[Bytes, Bytes]]:
    return lambda clean: (jpeg(clean, quality), clean)


def sampled(clean: Bytes) -> tuple[Bytes, Bytes]:
    return mosaic(clean, "rggb").sum(2, keepdims=True, dtype=np.uint8), clean


def taken(seed: int) -> Callable[[Bytes], tuple[Bytes, Bytes]]:
    """Photograph as a camera does in bad light."""

    def damage(clean: Bytes) -> tuple[Bytes, Bytes]:
        rng = np.random.default_rng(seed)
        stored, truth = Exposure.draw(rng).take(clean, rng)
        return stored, quantize(truth * 255)

    return damage


def from_the_web(scale: int, seed: int) -> Callable[[Bytes], tuple[Bytes, Bytes]]:
    def damage(clean: Bytes) -> tuple[Bytes, Bytes]:
        web = Web(scale)
        small, _ = web.prepare(clean)
        stored, truth = web.finish(small, clean, np.random.default_rng(seed))
        return (quantize(values * 255) for values in (stored, truth))  # type: ignore[return-value]

    return damage


EXAMPLES = {
    "enlarge-2": Example("coffee.png", shrunk(2), (120, 60, 96), "panet-sr-x2-lite"),
    "enlarge-3": Example("astronaut.png", shrunk(3), (50, 20, 80), "panet-sr-x3-lite"),
    "enlarge-4": Example("astronaut.png", shrunk(4), (36, 14, 60), "panet-sr-x4-lite"),
    "enlarge-letters": Example("page.png", shrunk(3), (30, 0, 56), "panet-sr-x3-lite"),
    "web": Example(
        "coffee.png", from_the_web(2, 7), (100, 50, 96), "panet-sr-x2-lite,panet-sr-x2-photo-lite"
    ),
    "noise": Example("chelsea.png", noisy(25), (100, 60, 144), "panet-denoise-lite"),
    "camera": Example(
        "chelsea.png", taken(2), (100, 60, 144), "panet-denoise-lite,panet-denoise-photo-lite"
    ),
    "jpeg": Example("astronaut.png", compressed(15), (150, 60, 144), "panet-deblock-lite"),
    "mosaic": Example(
        "motorcycle_left.png", sampled, (300, 250, 120), "panet-demosaic-lite", ("--bayer", "rggb")
    ),
}


if __name__ == "__main__":
    main(sys.argv[1:])

"""Make the pictures that the window ships: python tests/benchmarks/window_examples.py

The protocols degrade photographs from scikit-image; each model restores them. A file in
gui/models/examples holds the same square before on the left and after on the right. The samples
of the start page, gui/shell/samples, are degraded photographs.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from photographs import photograph
from PIL import Image as PilImage
from skimage.transform import rotate

import restorer
from restorer import Image, Mosaic, Step, plain_picture
from restorer.evaluation.protocols import PROTOCOLS, Value
from restorer.formats.color.matrix import colorants
from restorer.sensor.mosaic import CameraColor
from restorer.sensor.noise import SensorNoise
from restorer.training.degrade import Bytes, bicubic_downscale, jpeg, pillow_bicubic, quantize

GUI = Path(__file__).parents[2] / "gui"
FOLDER = GUI / "models" / "examples"
SAMPLES = GUI / "shell" / "samples"
SIDE = 84  # of the square, in pixels of the result
ZOOM = 2
SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # x, y of white, red, green and blue


class Example(NamedTuple):
    """A photograph, the protocol that degrades it, and the corner of the square in the result."""

    photograph: str
    protocol: str
    value: Value
    top: int
    left: int
    number: int = 0


EXAMPLES = {
    "panet-sr-x2-lite": Example("coffee.png", "super-resolution", 2, 130, 260),
    "panet-sr-x3-lite": Example("astronaut.png", "super-resolution", 3, 60, 170),
    "panet-sr-x4-lite": Example("astronaut.png", "super-resolution", 4, 60, 170),
    "panet-sr-x2-photo-lite": Example("coffee.png", "web", 2, 130, 260, 7),
    "panet-sr-x4-photo-lite": Example("coffee.png", "web", 4, 130, 260, 7),
    "panet-denoise-lite": Example("chelsea.png", "denoising-8bit", 25, 80, 130),
    "panet-denoise-photo-lite": Example("chelsea.png", "camera", 1, 80, 130, 2),
    "panet-deblock-lite": Example("astronaut.png", "deblocking", 15, 60, 190),
    "panet-demosaic-lite": Example("motorcycle_left.png", "demosaicing", "rggb", 300, 290),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    SAMPLES.mkdir(exist_ok=True)
    make_samples()
    make_examples()


def make_samples() -> None:
    """Write a noisy photograph, a small picture of the web, and one that was saved twice."""
    night = PROTOCOLS["camera"].case(photograph("chelsea.png"), 1, 2).image
    save(night.pixels, SAMPLES / "night.jpg", 95)
    web = PROTOCOLS["web"].case(photograph("coffee.png"), 2, 7).image
    save(web.pixels, SAMPLES / "web.jpg", 95)
    save(jpeg(photograph("astronaut.png"), 20), SAMPLES / "saved-often.jpg", 40)


def make_examples() -> None:
    """Write what each included model does."""
    for model, example in EXAMPLES.items():
        clean = photograph(example.photograph)
        case = PROTOCOLS[example.protocol].case(clean, example.value, example.number)
        bayer = str(example.value) if example.protocol == "demosaicing" else None
        result = restorer.restore(case.image, Step(model, bayer=bayer))
        keep(model, case.image, result, example.top, example.left)
    for scale in (2, 4):
        whole = photograph("astronaut.png")[:384, 64:448]
        turned = rotate(photograph("astronaut.png")[:432, 24:488], 6, order=3, mode="reflect")
        reference = Image(quantize(turned * 255 * 0.9))
        small = Image(bicubic_downscale(whole, scale))
        model = f"ttsr-x{scale}-lite"
        result = restorer.restore(small, model, references=[reference])
        keep(model, small, result, 60, 110)

    noisy = taken(photograph("motorcycle_left.png"), seed=3)
    model = "panet-demosaic-noisy-lite"
    corner = EXAMPLES["panet-demosaic-lite"]
    developed = plain_picture(noisy)
    keep(model, eight(developed), eight(restorer.restore(noisy, model)), corner.top, corner.left)


def taken(photo: Bytes, seed: int) -> Mosaic:
    """Return the samples of a sensor at a high sensitivity."""
    light = (photo / 255.0) ** 2.2
    red, green, blue = light[0::2, 0::2, 0], light[..., 1], light[1::2, 1::2, 2]
    samples = green.copy()
    samples[0::2, 0::2], samples[1::2, 1::2] = red, blue
    noise = SensorNoise((2e-3,) * 3, (1e-4,) * 3)
    deviation = np.sqrt(2e-3 * samples + 1e-4)
    samples += deviation * np.random.default_rng(seed).normal(size=samples.shape)
    color = CameraColor(np.ones(3), colorants(SRGB))
    return Mosaic(samples[..., None].astype(np.float32), "rggb", color, noise=noise)


def eight(image: Image) -> Image:
    return image.with_float(image.to_float(), bits=8)


def keep(model: str, source: Image, result: Image, top: int, left: int) -> None:
    size = (result.height, result.width)
    pixels = np.ascontiguousarray(source.pixels[..., :3])
    before = pixels if source.width == result.width else pillow_bicubic(pixels, size)
    place = slice(top, top + SIDE), slice(left, left + SIDE)
    squares = [enlarged(each[place]) for each in (before, result.pixels)]
    save(np.hstack(squares), FOLDER / f"{model}.jpg", 92)


def save(pixels: Bytes, path: Path, quality: int) -> None:
    PilImage.fromarray(pixels).save(path, quality=quality, subsampling=0, optimize=True)
    print(path.name, path.stat().st_size)


def enlarged(pixels: Bytes) -> Bytes:
    return pixels.repeat(ZOOM, 0).repeat(ZOOM, 1)


if __name__ == "__main__":
    main()

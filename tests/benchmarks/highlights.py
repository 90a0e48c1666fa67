"""Highlights of camera RAW: clipped to white and reconstructed, against the truth.

python tests/benchmarks/highlights.py PHOTOGRAPHS... [--count 16]

Photographs are made linear and brightened, so that a camera saturates in one or more channels, and
rendered darker by the same factor. PSNR in linear light and CIEDE2000 are those of the pixels in
which the camera saturates. The last column is CIEDE2000 at the exposure of the camera.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import color

import restorer
from restorer import READABLE
from restorer.formats.color import matrix
from restorer.formats.raw.rendering import Development
from restorer.sensor import bayer

NEUTRALS = {"daylight": (0.5, 1.0, 0.625), "tungsten": (0.85, 1.0, 0.4), "shade": (0.4, 1.0, 0.8)}
GAINS = (1.5, 2.5)
SIZE = 320
METHODS = ("clip", "reconstruct")


def recorded(linear: NDArray[np.float32], neutral: tuple[float, ...]) -> restorer.Mosaic:
    """Return what a sensor records of linear colors in sRGB."""
    samples = np.zeros((*linear.shape[:2], 1), np.float32)
    for y, x, number in bayer.sites("rggb"):
        samples[y::2, x::2, 0] = np.minimum(linear[y::2, x::2, number] * neutral[number], 1)
    to_xyz = matrix.colorants(matrix.SRGB_CHROMATICITIES)
    return restorer.Mosaic(samples, "rggb", restorer.CameraColor(np.array(neutral), to_xyz))


def errors(
    linear: NDArray[np.float32], neutral: tuple[float, ...], gain: float, method: str
) -> tuple[float, float, float]:
    """Return PSNR and CIEDE2000 at lower exposure, and CIEDE2000 at that of the camera."""
    mosaic = recorded(linear * np.float32(gain), neutral)
    saturated = (linear * gain * neutral >= 1).any(2)
    found = []
    for stops in (-np.log2(gain), 0.0):
        wanted = np.minimum(linear * np.float32(gain * 2**stops), 1)
        development = Development(exposure=stops, tone="linear", highlights=method)  # type: ignore[arg-type]  # of METHODS
        picture = restorer.plain_picture(mosaic, development).to_float()
        psnr = -10 * np.log10(((matrix.decoded(picture) - wanted)[saturated] ** 2).mean())
        labs = (color.rgb2lab(each) for each in (picture, matrix.encoded(wanted)))
        found += [psnr, color.deltaE_ciede2000(*labs)[saturated].mean()]
    return found[0], found[1], found[3]


def main() -> None:
    """Print a table: white balances by gains and methods."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=16)
    options = parser.parse_args()
    paths = sorted(
        path for folder in options.photographs for path in folder.iterdir()
        if path.suffix.lower() in READABLE
    )  # fmt: skip
    paths = paths[:: max(1, len(paths) // options.count)][: options.count]
    photos = [matrix.decoded(restorer.read(path).to_float()[:SIZE, :SIZE, :3]) for path in paths]
    print("| white balance | brightened by | highlights | PSNR | CIEDE2000 | as exposed |")
    print("|---" * 6 + "|")
    for name, neutral in NEUTRALS.items():
        for gain in GAINS:
            used = [photo for photo in photos if (photo * gain >= 1).any(2).mean() > 0.01]
            for method in METHODS:
                means = np.mean([errors(photo, neutral, gain, method) for photo in used], axis=0)
                cells = " | ".join(f"{value:.2f}" for value in means)
                print(f"| {name} | {gain} | {method} | {cells} |", flush=True)


if __name__ == "__main__":
    main()

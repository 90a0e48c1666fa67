"""Demosaicing of RAW files: PSNR in linear light of the network and of LibRaw's methods.

python tests/benchmarks/raw.py PHOTOGRAPHS... [--crops 8] [--side 256]

Photographs are made linear, multiplied by the neutral of a camera, sampled in one of the four Bayer
phases, and written as DNG files of 14 bits; then each method demosaics the file in the colors of
the camera. Noise follows the DNG specification, sigma^2 = S x + O, for three speeds of a camera
whose BaselineNoise is 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray

import restorer
from restorer import READABLE, bayer
from restorer.formats import matrix

sys.path.insert(0, str(Path(__file__).parents[1]))

from raw_files import BLACK, NEUTRAL, write_dng

WHITE = 16_383
ISOS = {0: (0.0, 0.0), 100: (2e-5, 4.5e-7), 1600: (3.2e-4, 1e-5), 6400: (1.3e-3, 1e-4)}
DEMOSAIC = "panet-demosaic-lite"
EDGE = 8  # pixels that are not compared
LIBRAW = {"AHD": rawpy.DemosaicAlgorithm.AHD, "DCB": rawpy.DemosaicAlgorithm.DCB}


def demosaiced(path: Path, noisy: bool) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the balanced linear colors of each method."""
    for name, method in LIBRAW.items():
        with rawpy.imread(str(path)) as raw:
            pixels = raw.postprocess(
                demosaic_algorithm=method,
                output_color=rawpy.ColorSpace.raw,
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                gamma=(1, 1),
                output_bps=16,
            )
        yield f"LibRaw {name}", (pixels / 65_535).astype(np.float32)
    page = restorer.read_page(path)
    then = ["panet-denoise-lite", "panet-denoise-photo-lite"] if noisy else []
    for steps in ([DEMOSAIC], *([DEMOSAIC, model] for model in then)):
        clipped = restorer.Settings(highlights="clip")  # white papers are no highlights
        source = restorer.Source(page, settings=clipped, camera_colors=True)
        image = restorer.restore_region(
            source, steps, source.region, settings=restorer.Settings(bits=32)
        )
        yield " + ".join(steps), matrix.decoded(image.to_float())


def main() -> None:
    """Print a table: methods by speeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--crops", type=int, default=8)
    parser.add_argument("--side", type=int, default=256)
    options = parser.parse_args()
    paths = sorted(
        path for folder in options.photographs for path in folder.iterdir()
        if path.suffix.lower() in READABLE
    )  # fmt: skip
    paths = paths[:: max(1, len(paths) // options.crops)][: options.crops]
    random, found = np.random.default_rng(0), dict[str, dict[int, list[float]]]()
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            image = restorer.read(path)
            top, left = ((n - options.side) // 2 for n in (image.height, image.width))
            region = restorer.Region(max(0, top), max(0, left), options.side, options.side)
            linear = matrix.decoded(region.of(image.to_float())[..., :3])
            pattern = bayer.PATTERNS[number % 4]
            for iso, (slope, floor) in ISOS.items():
                samples = np.zeros(linear.shape[:2], np.float32)
                for y, x, color in bayer.sites(pattern):
                    samples[y::2, x::2] = linear[y::2, x::2, color] * NEUTRAL[color]
                samples += random.normal(size=samples.shape) * np.sqrt(slope * samples + floor)
                counts = np.clip(np.rint(samples * (WHITE - BLACK) + BLACK), 0, WHITE)
                dng = Path(folder, "a.dng")
                write_dng(dng, counts.astype(np.uint16), pattern, white=(50717, 4, 1, WHITE))
                inner = slice(EDGE, -EDGE)
                for name, colors in demosaiced(dng, noisy=bool(iso)):
                    error = ((colors - linear)[inner, inner] ** 2).mean()
                    psnrs = found.setdefault(name, {}).setdefault(iso, [])
                    psnrs.append(-10 * np.log10(error))
    print("| method | no noise |", " | ".join(f"ISO {iso}" for iso in ISOS if iso), "|")
    print("|---" * (len(ISOS) + 1) + "|")
    for name, psnrs in found.items():
        cells = (f"{np.mean(psnrs[iso]):.2f}" if iso in psnrs else "" for iso in ISOS)
        print(f"| {name} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()

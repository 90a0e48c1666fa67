"""Demosaicing and denoising of RAW files: PSNR in linear light, of colors and of samples.

python tests/benchmarks/raw.py PHOTOGRAPHS... [--crops 8] [--side 256] [--pmrid CHECKPOINT]

Photographs are made linear, multiplied by the neutral of a camera, sampled in one of the four Bayer
phases, and written as DNG files of 14 bits; then each method demosaics the file in the colors of
the camera. Noise follows the DNG specification, sigma^2 = S x + O, for the speeds of a camera whose
BaselineNoise is 1; the files state it in NoiseProfile. The second table compares the samples of
methods that denoise them before demosaicing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray
from pmrid import Pmrid, denoised, load_pmrid

import restorer
from restorer import READABLE, Mosaic, SensorNoise, Step
from restorer.formats.color import matrix
from restorer.sensor import bayer
from restorer.sensor.noise import curved, sigma_of, straightened

sys.path.insert(0, str(Path(__file__).parents[1]))

from raw_files import NEUTRAL, write_dng

BLACK, WHITE = 1024, 16_383  # noise of ISO 25,600 is hardly cut off
ISOS = {
    0: (0.0, 0.0),
    100: (2e-5, 4.5e-7),
    400: (8e-5, 1.2e-6),
    1600: (3.2e-4, 1e-5),
    6400: (1.3e-3, 1e-4),
    25_600: (5.1e-3, 8e-4),
}
DEMOSAIC, JOINT, DENOISE = "panet-demosaic-lite", restorer.raw_model(), "panet-denoise-lite"
SAMPLES = "samples: "  # names of results that are samples start so
EDGE = 8  # pixels that are not compared
LIBRAW = {"AHD": rawpy.DemosaicAlgorithm.AHD, "DCB": rawpy.DemosaicAlgorithm.DCB}


def results(
    path: Path, noisy: bool, pmrid: Pmrid | None
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the balanced linear colors of each method, and the samples of those that have them."""
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
    assert isinstance(page, Mosaic), "it has a Bayer pattern"
    yield DEMOSAIC, colors_of(page, DEMOSAIC)
    if not noisy:
        yield JOINT, colors_of(page, DENOISE)
        return
    assert page.noise is not None, "the file states it"
    for model in (DENOISE, "panet-denoise-photo-lite"):
        yield f"{DEMOSAIC} + {model}", colors_of(page, DEMOSAIC, model)
    ways = {f"{DENOISE} on four planes": on_planes(page, page.noise)}
    if pmrid is not None:
        ways["PMRID"] = denoised(pmrid, page.samples, page.pattern, page.noise)
    for name, samples in ways.items():
        yield SAMPLES + name, samples
        yield f"{name} + {DEMOSAIC}", colors_of(replace(page, samples=samples), DEMOSAIC)
    yield SAMPLES + JOINT, restorer.denoise_mosaic(page).samples
    yield JOINT, colors_of(page, DENOISE)
    yield f"{JOINT}, noise estimated", colors_of(replace(page, noise=None), DENOISE)


def colors_of(page: Mosaic, *steps: str | Step) -> NDArray[np.float32]:
    """Return the balanced linear colors of a network."""
    clipped = restorer.Settings(highlights="clip")  # white papers are no highlights
    source = restorer.Source(page, settings=clipped, camera_colors=True)
    image = restorer.restore_region(
        source, steps, source.region, settings=restorer.Settings(bits=32)
    )
    return matrix.decoded(image.to_float())


def on_planes(page: Mosaic, noise: SensorNoise) -> NDArray[np.float32]:
    """Denoise red, blue and one of the greens, then the other, at half the size and on the curve.

    The network for even noise knows its level there.
    """
    knee, planes = noise.knee, {}
    for y, x, number in bayer.sites(page.pattern):
        planes.setdefault(number, []).append((y, x))
    (red,), greens, (blue,) = (planes[number] for number in range(3))
    result = np.zeros_like(page.samples)
    for green in greens:
        places = (red, green, blue)
        colors = np.concatenate([page.samples[y::2, x::2] for y, x in places], 2)
        sigma = sigma_of(noise)
        clean = restorer.restore(curved(colors, knee), Step(DENOISE, sigma=sigma))
        for number, (y, x) in enumerate(places):
            share = 1.0 if number == 1 else 0.5
            result[y::2, x::2, 0] += share * straightened(clean[..., number], knee)
    return result


def main() -> None:
    """Print a table: methods by speeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--crops", type=int, default=8)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--pmrid", type=Path, help="checkpoint of PMRID")
    options = parser.parse_args()
    paths = sorted(
        path for folder in options.photographs for path in folder.iterdir()
        if path.suffix.lower() in READABLE
    )  # fmt: skip
    paths = paths[:: max(1, len(paths) // options.crops)][: options.crops]
    pmrid = load_pmrid(options.pmrid) if options.pmrid else None
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
                clean = samples.copy()
                samples += random.normal(size=samples.shape) * np.sqrt(slope * samples + floor)
                counts = np.clip(np.rint(samples * (WHITE - BLACK) + BLACK), 0, WHITE)
                dng = Path(folder, "a.dng")
                levels = {"black": (50714, 4, 1, BLACK), "white": (50717, 4, 1, WHITE)}
                levels |= {"noise": (51041, 12, 2, (slope, floor))} if iso else {}
                write_dng(dng, counts.astype(np.uint16), pattern, **levels)
                inner = slice(EDGE, -EDGE)
                for name, found_values in results(dng, bool(iso), pmrid):
                    truth = clean[..., None] if name.startswith(SAMPLES) else linear
                    difference = np.clip(found_values, 0, 1) - truth
                    error = (difference[inner, inner] ** 2).mean()
                    psnrs = found.setdefault(name, {}).setdefault(iso, [])
                    psnrs.append(-10 * np.log10(error))
    for samples in (False, True):
        print("\n| method | no noise |", " | ".join(f"ISO {iso:,}" for iso in ISOS if iso), "|")
        print("|---" * (len(ISOS) + 1) + "|")
        for name, psnrs in found.items():
            if name.startswith(SAMPLES) == samples:
                cells = (f"{np.mean(psnrs[iso]):.2f}" if iso in psnrs else "" for iso in ISOS)
                print(f"| {name.removeprefix(SAMPLES)} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()

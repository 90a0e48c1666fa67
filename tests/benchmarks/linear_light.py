"""Linear light: which encoding the networks want, and how bright highlights stay.

python tests/benchmarks/linear_light.py PHOTOGRAPHS... [--count 10]

Crops of photographs are made linear. The first table gives PSNR after encoding by sRGB of networks
that see linear values through a curve, and the light of the result as a share of that of its input.
The second brightens the crops: the relative error above white, and PSNR of the rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image as PilImage

import restorer
from restorer import READABLE, Image
from restorer.formats.color import light, matrix
from restorer.image import FloatArray

Map: TypeAlias = Callable[[FloatArray], FloatArray]

SIZE, BORDER = 160, 4
GAINS, UNITS = (4, 16), (0.1, 0.25, 0.5, 1.0, 2.0)
ENLARGE, DENOISE = "panet-sr-x2-lite", "panet-denoise-lite"
PROGRAM = light.NetworkCurve().encode, light.NetworkCurve().decode
CURVES: dict[str, tuple[Map, Map]] = {
    "none": (lambda values: values, lambda values: values),
    "gamma 2.2": (lambda v: power(v, 1 / 2.2), lambda v: power(v, 2.2)),
    "sRGB": (matrix.encoded, matrix.decoded),
    "sRGB and logarithm": PROGRAM,
}


def power(values: FloatArray, exponent: float) -> FloatArray:
    raised: FloatArray = np.copysign(np.abs(values) ** np.float32(exponent), values)
    return raised


def mean(values: FloatArray) -> FloatArray:
    """Shrink by the mean of 2 x 2 pixels, as the sites of a sensor do."""
    height, width, channels = values.shape
    means: FloatArray = values.reshape(height // 2, 2, width // 2, 2, channels).mean((1, 3))
    return means


def cubic(values: FloatArray) -> FloatArray:
    """Shrink by Pillow's bicubic filter, as the pairs of the training were made."""
    size = values.shape[1] // 2, values.shape[0] // 2
    planes = (PilImage.fromarray(np.ascontiguousarray(p)) for p in np.moveaxis(values, 2, 0))
    return np.stack([np.asarray(p.resize(size, PilImage.Resampling.BICUBIC)) for p in planes], 2)


def noisy(encoded: FloatArray) -> FloatArray:
    noise = np.random.default_rng(0).normal(0, 25 / 255, encoded.shape)
    return matrix.decoded(encoded + noise.astype(np.float32))


def shot(linear: FloatArray) -> FloatArray:
    """Add the noise of light: 2 % at white."""
    sigma = np.sqrt(4e-4 * np.maximum(linear, 0) + 1e-5)
    noise = np.random.default_rng(0).normal(0, 1, linear.shape) * sigma
    noised: FloatArray = linear + noise.astype(np.float32)
    return noised


INPUTS: dict[str, tuple[str, Map]] = {  # from encoded values to linear ones
    "x2, shrunk (bicubic) encoded": (ENLARGE, lambda v: matrix.decoded(cubic(v))),
    "x2, shrunk (bicubic) in linear light": (ENLARGE, lambda v: cubic(matrix.decoded(v))),
    "x2, shrunk (mean) in linear light": (ENLARGE, lambda v: mean(matrix.decoded(v))),
    "denoising, sigma 25": (DENOISE, noisy),
}


def restored(linear: FloatArray, model: str, curve: tuple[Map, Map]) -> FloatArray:
    encode, decode = curve
    image = Image(np.ascontiguousarray(encode(linear), np.float32))
    return decode(restorer.restore(image, model).pixels)  # type: ignore[arg-type]  # float32


def psnr(found: FloatArray, truth: FloatArray) -> float:
    shown = np.clip(matrix.encoded(found), 0, 1)
    error = (shown - np.clip(truth, 0, 1))[BORDER:-BORDER, BORDER:-BORDER]
    return float(-10 * np.log10((error.astype(np.float64) ** 2).mean()))


def crops(photographs: list[Path], count: int) -> list[FloatArray]:
    paths = [
        path for each in photographs for path in (each.rglob("*") if each.is_dir() else [each])
    ]
    paths = sorted(path for path in paths if path.suffix.lower() in READABLE)
    found = []
    for path in paths[:: max(1, len(paths) // count)][:count]:
        values = restorer.read(path).to_float()[..., :3]
        top, left = ((length - SIZE) // 2 for length in values.shape[:2])
        found.append(values[top : top + SIZE, left : left + SIZE])
    return found


def print_curves(truths: list[FloatArray]) -> None:
    print("| input | curve | PSNR | light |\n|---|---|---|---|")
    for title, (model, damage) in INPUTS.items():
        given = [damage(truth) for truth in truths]
        for name, curve in CURVES.items():
            results = [restored(linear, model, curve) for linear in given]
            quality = np.mean([psnr(r, t) for r, t in zip(results, truths, strict=True)])
            share = np.mean([r.mean() / g.mean() for r, g in zip(results, given, strict=True)])
            print(f"| {title} | {name} | {quality:.2f} | {100 * share:.1f} % |", flush=True)


def print_highlights(truths: list[FloatArray]) -> None:
    print("\n| brighter | logarithm | x2 | rest | denoising | rest |\n|---|---|---|---|---|---|")
    for gain in GAINS:
        linear = [matrix.decoded(truth) * np.float32(gain) for truth in truths]
        for unit in (*UNITS, None):
            if unit is not None:
                light._UNIT = unit
            curve = CURVES["sRGB"] if unit is None else PROGRAM
            cells = []
            for model, damage in ((ENLARGE, mean), (DENOISE, shot)):
                results = [restored(damage(each), model, curve) for each in linear]
                found, truth = np.stack(results), np.stack(linear)
                above = truth > 1
                ratio = np.maximum(found[above], 1e-3) / truth[above]
                cells.append(f"{100 * np.abs(np.log(ratio)).mean():.1f} %")
                rest = [
                    psnr(np.minimum(f, 1), matrix.encoded(t))
                    for f, t in zip(found, truth, strict=True)
                ]
                cells.append(f"{np.mean(rest):.2f}")
            print(f"| {gain} x | {unit or 'none (sRGB)'} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    truths = crops(options.photographs, options.count)
    print_curves(truths)
    print_highlights(truths)


if __name__ == "__main__":
    main()

"""How well the noise of RAW files is estimated: estimated over true sigma, by speed and brightness.

python tests/benchmarks/sensor_noise.py PHOTOGRAPHS... [--count 20]

Photographs of any size, shrunk to a third where they are large, are sampled by a camera whose
BaselineNoise is 1, as in ``raw.py``. What noise they have themselves is estimated, too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from raw import ISOS, NEUTRAL

import restorer
from restorer import READABLE
from restorer.estimate.sensor_noise import fit_noise
from restorer.formats.color import matrix
from restorer.sensor import bayer

LIGHTS = (0.01, 0.1, 0.5)
LARGE = 1500  # pixels of a side


def main() -> None:
    """Print a table: medians, and the range of 8 in 10 photographs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    paths = sorted(
        path for folder in options.photographs for path in folder.rglob("*")
        if path.suffix.lower() in READABLE
    )  # fmt: skip
    paths = paths[:: max(1, len(paths) // options.count)][: options.count]
    random, found = np.random.default_rng(0), dict[int, list[list[float]]]()
    for path in paths:
        values = restorer.read(path).to_float()[..., :3]
        step = 3 if max(values.shape) > LARGE else 1
        height, width = (length // (2 * step) * 2 for length in values.shape[:2])
        linear = matrix.decoded(values[: height * step, : width * step])
        linear = linear.reshape(height, step, width, step, 3).mean((1, 3))
        clean = np.zeros((height, width, 1), np.float32)
        for y, x, color in bayer.sites("rggb"):
            clean[y::2, x::2, 0] = linear[y::2, x::2, color] * NEUTRAL[color]
        for iso, (scale, offset) in ISOS.items():
            if iso == 0:
                continue
            noise = random.normal(size=clean.shape) * np.sqrt(scale * clean + offset)
            fit = fit_noise((clean + noise).astype(np.float32), "rggb")
            assert fit is not None, path
            ratios = [
                np.sqrt((fit.scale[1] * x + fit.offset[1]) / (scale * x + offset)) for x in LIGHTS
            ]
            found.setdefault(iso, []).append(ratios)
    print("| noise |", " | ".join(f"at {light:.0%} of white" for light in LIGHTS), "|")
    print("|---" * (len(LIGHTS) + 1) + "|")
    for iso, each in found.items():
        low, middle, high = np.quantile(each, (0.1, 0.5, 0.9), axis=0)
        cells = (f"{m:.2f} ({a:.2f} to {b:.2f})" for a, m, b in zip(low, middle, high, strict=True))
        print(f"| ISO {iso:,} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()

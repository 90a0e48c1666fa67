"""Memory and time of images larger than memory.

python tests/benchmarks/stream.py

Streams a tiled 16-bit RGB TIFF of 20,000 x 20,000 pixels through a small convolutional network, and
a TIFF of 20,000 x 512 pixels through panet-denoise-lite, whose memory depends only on the width.
Each network runs in its own process; the peak includes Python and PyTorch.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import restorer
from restorer import Settings, Step, formats
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec, WeightsFile
from restorer.restoration import streaming as stream
from restorer.tiling.plan import TileNeeds

WIDTH = 20_000
HEIGHTS = {"convolutional": 20_000, "panet-denoise-lite": 512}
LIMIT_BYTES = 2 << 30
_TILE = 256


class Convolutional(nn.Module):
    """Two convolutions around the identity."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(8, 3, 3, padding=1)
        )

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        result: Tensor = x + 0.01 * self.body(x)
        return result


def predictor(name: str) -> Predictor:
    if name != "convolutional":
        return restorer.load(name, device="cpu", precision="fp32")
    torch.manual_seed(0)
    needs = TileNeeds(4, 16, 512, 16, 0, 200, global_context=False, radius=2)
    weights = WeightsFile("none")
    spec = ModelSpec(name, "", "denoising", "none", {}, 1, "", "", needs, weights)
    return Predictor(spec, Convolutional(), "cpu", "fp32")


def tiles(height: int) -> Iterator[NDArray[np.uint16]]:
    """Yield gradients under a little noise, which compress like photographs."""
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 512, (_TILE, _TILE, 3)).astype(np.uint16) for _ in range(8)]
    y, x = np.mgrid[:_TILE, :_TILE]
    slope = np.stack([x * 64, y * 64, (x + y) * 32], 2).astype(np.uint16)
    count = -(-height // _TILE) * -(-WIDTH // _TILE)
    for number in range(count):
        yield slope + noise[number % len(noise)] + np.uint16(number * 40_000 // count)


def make(path: Path, height: int) -> None:
    tifffile.imwrite(
        path,
        tiles(height),
        shape=(height, WIDTH, 3),
        dtype=np.uint16,
        tile=(_TILE, _TILE),
        bigtiff=True,
        photometric="rgb",
        compression="zlib",
        predictor=True,
        metadata=None,
        buffersize=2**25,
    )


def run(name: str, source: Path) -> None:
    """Restore one picture and print its line."""
    passes = [(predictor(name), Step(name, sigma=2 if name != "convolutional" else None))]
    start = time.perf_counter()
    target = source.with_name("out.tif")
    with formats.open_source(source, max_pixels=2**30) as file:
        rows = file.rows()
        stream.StreamedRestoration(rows, passes, Settings()).write(target, "fail")
        pixels = rows.header.height * rows.header.width
    seconds = time.perf_counter() - start
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    verdict = "below" if peak < LIMIT_BYTES else "above"
    print(
        f"{name}: {WIDTH} x {pixels // WIDTH}, {seconds:.0f} s,"
        f" {seconds / (pixels / 1e6):.2f} s a megapixel,"
        f" peak {peak / 2**20:.0f} MiB, {verdict} {LIMIT_BYTES / 2**20:.0f}"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        needed = 3 * WIDTH * max(HEIGHTS.values()) * 6
        if shutil.disk_usage(folder).free < needed:
            sys.exit(f"{folder}: needs {needed / 1e9:.0f} GB of free disk")
        for name, height in HEIGHTS.items():
            source = Path(folder, "in.tif")
            make(source, height)
            subprocess.run([sys.executable, __file__, name, str(source)], check=True)
            source.with_name("out.tif").unlink()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(sys.argv[1], Path(sys.argv[2]))
    else:
        main()

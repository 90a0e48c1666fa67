"""Time and memory of a RAW file, beside the network alone on the same mosaic.

python tests/benchmarks/raw_speed.py [--megapixels 24] [--part 2]

A DNG of 14 bits becomes a TIFF, as `restore image` does it. The network alone takes the same mosaic
as an array of `--part` megapixels; its processor time per megapixel and its peak memory, with
Python and PyTorch, are what the whole is compared with. Each runs in its own process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import restorer
from restorer import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))

from raw_files import NEUTRAL, sensor, write_dng

from restorer.formats.color import matrix

from helpers import make_photograph

MODEL = "panet-demosaic-lite"
CHOSEN = Settings(device="cpu")
TILE = 600
MOST_BYTES, MOST_TIME = 2 << 30, 1.5


def size_of(megapixels: float) -> tuple[int, int]:
    """Return even sides in the ratio 2:3."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5 / 2) * 2
    return height, height * 3 // 2


def make(path: Path, megapixels: float) -> None:
    """Write a DNG of a photograph that is repeated, brightened beyond saturation in places."""
    height, width = size_of(megapixels)
    photo = matrix.decoded(make_photograph(TILE, TILE).astype(np.float32) / np.float32(255))
    tile = np.minimum(sensor(photo * np.float32(1.2), "rggb"), 16_000)
    down, across = -(-height // TILE), -(-width // TILE)
    write_dng(path, np.tile(tile, (down, across))[:height, :width])


def measure(what: str, path: Path) -> None:
    """Print processor and elapsed time, and the peak of the memory."""
    if what == "file":
        job = restorer.Job(path, path.with_suffix(".tif"), (MODEL,), CHOSEN)
        started, cpu = time.perf_counter(), time.process_time()
        result = restorer.run_job(job)
        assert result.status == "done", result.error
    else:
        page = restorer.read_page(path)
        assert isinstance(page, restorer.Mosaic)
        balanced = np.minimum(page.samples / min(NEUTRAL), 1)
        array = (matrix.encoded(balanced) * 65_535).astype(np.uint16)
        started, cpu = time.perf_counter(), time.process_time()
        restorer.restore(array, MODEL, settings=CHOSEN)
    spent = time.perf_counter() - started, time.process_time() - cpu
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    print(json.dumps([*spent, peak]))


def main() -> None:
    """Print a table, and whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--part", type=float, default=2)
    parser.add_argument("--measure", nargs=2)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for what, megapixels in (("network", options.part), ("file", options.megapixels)):
            path = Path(folder, f"{what}.dng")
            make(path, megapixels)
            command = [sys.executable, __file__, "--measure", what, str(path)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[what] = np.array(json.loads(printed)) / [megapixels, megapixels, 1 << 30]
    print("| | elapsed s/MP | processor s/MP | peak GiB |")
    print("|---|---|---|---|")
    names = {
        "network": f"network alone, {options.part:g} MP",
        "file": f"DNG to TIFF, {options.megapixels:g} MP",
    }
    for what, name in names.items():
        elapsed, cpu, peak = found[what]
        print(f"| {name} | {elapsed:.2f} | {cpu:.2f} | {peak:.2f} |")
    ratio = found["file"][1] / found["network"][1]
    above = found["file"][2] - found["network"][2]
    print(f"\nprocessor time {ratio:.2f} x, memory {above:.2f} GiB above the network")
    print(f"{os.cpu_count()} processors; limits {MOST_TIME} x and {MOST_BYTES / 2**30:g} GiB")


if __name__ == "__main__":
    main()

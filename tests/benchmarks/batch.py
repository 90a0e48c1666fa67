"""Share of a batch's time in which the network runs, and the gain from overlapping the rest.

python tests/benchmarks/batch.py [IMAGES] [MEGAPIXELS] [MODEL]

Decodes, restores and encodes JPEG files of 12 megapixels, first like `restore batch`, and then one
after the other, so that nothing overlaps.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from skimage import data

import restorer
from restorer.inference.predictor import Predictor

spans: list[tuple[float, float]] = []
run_tiles = Predictor.run


def watched(self: Predictor, *arguments: Any, **options: Any) -> Any:
    start = time.perf_counter()
    try:
        return run_tiles(self, *arguments, **options)
    finally:
        spans.append((start, time.perf_counter()))


def busy_seconds() -> float:
    """Return the time during which at least one network ran."""
    total, end = 0.0, 0.0
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def write_pictures(folder: Path, count: int, megapixels: float) -> None:
    """Write photographs, tiled to the size and with grain, for realistic file sizes."""
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    width = round(height * 4 / 3)
    for number in range(count):
        tile = np.roll(data.astronaut(), 40 * number, axis=1)
        repeats = (height // tile.shape[0] + 1, width // tile.shape[1] + 1, 1)
        whole = np.tile(tile, repeats)[:height, :width].astype(np.float32)
        whole += np.random.default_rng(number).normal(0, 4, whole.shape)
        pixels = np.clip(np.rint(whole), 0, 255).astype(np.uint8)
        restorer.write(restorer.Image(pixels), folder / f"{number}.jpg")


def main() -> None:
    defaults = ["4", "12", "panet-denoise-lite"]
    count, megapixels, model = sys.argv[1:] + defaults[len(sys.argv) - 1 :]
    Predictor.run = watched  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "in"
        source.mkdir()
        write_pictures(source, int(count), float(megapixels))
        jobs = restorer.plan_jobs(source, Path(scratch) / "out", [model]).jobs
        start = time.perf_counter()
        events = list(restorer.run_jobs(jobs, workers=1))
        results = [e.result for e in events if isinstance(e, restorer.Finished)]
        whole, busy = time.perf_counter() - start, busy_seconds()
        assert all(result.status == "done" for result in results), results
        again = restorer.plan_jobs(source, Path(scratch) / "alone", [model]).jobs[0]
        start = time.perf_counter()
        restorer.run_job(again)
        alone = (time.perf_counter() - start) * int(count)
    print("| model | JPEGs | seconds | network busy | one after the other | ratio |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {model} | {count} of {megapixels} megapixels | {whole:.0f} | {busy / whole:.1%}"
        f" | {alone:.0f} | {alone / whole:.2f}x |"
    )


if __name__ == "__main__":
    main()

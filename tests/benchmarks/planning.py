"""Time and memory of planning a batch of many small files, and the time until the first one starts.

python tests/benchmarks/planning.py [FILES] [HEADERS]

Plans FILES names (100,000), forecasts HEADERS of them (5,000) from their headers, and starts a
batch of HEADERS files. The files are hard links to JPEG pictures of 16 x 16 pixels. The time until
the start is that of the clock, the others are those of the processor.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import restorer

MODEL = "panet-sr-x2-lite"
IN_FOLDER = 1000  # a file system allows few links to one file


def write_files(folder: Path, count: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    for start in range(0, count, IN_FOLDER):
        first = folder / f"{start:07}" / "first.jpg"
        restorer.write(restorer.Image(pixels), first)
        for number in range(start + 1, min(start + IN_FOLDER, count)):
            os.link(first, first.with_name(f"IMG_{number:07}.jpg"))


def decide(source: Path, target: Path) -> list[restorer.Decision]:
    output = restorer.OutputFolder(target)
    batch = restorer.plan_jobs(source, target, [MODEL], earlier=output.targets)
    return output.decide(restorer.exclude_results(batch).jobs)


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    files, headers = [*map(int, sys.argv[1:]), 100_000, 5_000][:2]
    with tempfile.TemporaryDirectory() as scratch:
        source, few, target = (Path(scratch) / name for name in ("in", "few", "out"))
        write_files(few, headers)
        restorer.forecast_batch(decide(few, target)[:1])  # loads everything
        write_files(source, files)
        before, start = memory_mb(), time.process_time()
        decisions = decide(source, target)
        planned, grown = time.process_time() - start, memory_mb() - before
        assert len(decisions) == files
        start = time.process_time()
        restorer.forecast_batch(decisions[:headers])
        forecast = time.process_time() - start
        del decisions
        start = time.perf_counter()
        jobs = (decision.job for decision in decide(few, target))
        events = restorer.run_jobs(jobs)
        first = next(events)
        assert isinstance(first, restorer.Started)
        started = time.perf_counter() - start
        events.close()  # type: ignore[attr-defined]  # a generator
    print("| names | s | MB | headers, ms each | start of a batch of | s |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {files:,} | {planned:.1f} | {grown:.0f} | {1000 * forecast / headers:.2f}"
        f" | {headers:,} | {started:.1f} |"
    )


if __name__ == "__main__":
    main()

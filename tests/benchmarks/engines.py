"""Seconds of a batch with threads and with processes, for many small files and for few large ones.

python tests/benchmarks/engines.py [ROUNDS] [MODEL]

Each round runs all engines in turn on the same files, so that other programs slow all of them down;
the ratios are medians over the rounds. *Started* leaves out the time up to the first result.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from batch import write_pictures

import restorer

KINDS = {"many small": (64, 0.016), "few large": (4, 2.0)}  # number, megapixels
ENGINES = [("local", 1), ("local", 2), ("processes", 2)]


def run(source: Path, target: Path, model: str, engine: str, workers: int) -> tuple[float, float]:
    """Return the seconds of the whole run, and of all results but the first."""
    jobs = restorer.plan_jobs(source, target, [model]).jobs
    start = time.perf_counter()
    ends = []
    for event in restorer.run_jobs(jobs, engine=engine, workers=workers):
        if isinstance(event, restorer.Finished):
            assert event.result.status == "done", event.result
            ends.append(time.perf_counter())
    return time.perf_counter() - start, ends[-1] - ends[0]


def main() -> None:
    defaults = ["2", "panet-denoise-lite"]
    rounds, model = sys.argv[1:] + defaults[len(sys.argv) - 1 :]
    print("| files | engine | workers | seconds | ratio | started, seconds | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for kind, (count, megapixels) in KINDS.items():
            source = Path(scratch) / kind
            source.mkdir()
            write_pictures(source, count, megapixels)
            runs = [
                [
                    run(source, Path(scratch) / f"{kind}-{number}-{engine}-{n}", model, engine, n)
                    for engine, n in ENGINES
                ]
                for number in range(int(rounds))
            ]
            for column, (engine, workers) in enumerate(ENGINES):
                cells = []
                for part in (0, 1):
                    seconds = [row[column][part] for row in runs]
                    ratios = [row[0][part] / row[column][part] for row in runs]
                    cells.append(f"{min(seconds):.1f} | {statistics.median(ratios):.2f}x")
                print(
                    f"| {count} of {megapixels} MP | {engine} | {workers} |", " | ".join(cells), "|"
                )


if __name__ == "__main__":
    main()

"""Peak memory of denoising several pictures at once, with and without a budget.

python tests/benchmarks/in_flight.py BUDGET_MB [IMAGES] [MEGAPIXELS] [stand-in]

With the last word, nearest neighbors stand in for the network, which would take an hour for large
pictures.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from batch import write_pictures
from footprint import stand_in

import restorer
from restorer.batch.memory import MemoryBudget
from restorer.inference import soundness


def resident_mb() -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    if sys.argv[-1] == "stand-in":
        sys.argv.pop()
        soundness.forward = stand_in
    defaults = ["4", "6"]
    budget, count, megapixels = sys.argv[1:] + defaults[len(sys.argv) - 2 :]
    MemoryBudget.of_machine = lambda: MemoryBudget(int(budget) << 20)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "in"
        source.mkdir()
        write_pictures(source, int(count), float(megapixels))
        jobs = restorer.plan_jobs(source, Path(scratch) / "out", ["panet-denoise-lite"]).jobs
        Path("/proc/self/clear_refs").write_text("5", "ascii")
        events = list(restorer.run_jobs(jobs, workers=int(count)))
    results = [event.result for event in events if isinstance(event, restorer.Finished)]
    assert all(result.status == "done" for result in results), results
    print(f"| {budget} | {count} of {megapixels} MP | {resident_mb():.0f} |")


if __name__ == "__main__":
    main()

"""Time of the processor that a tiny picture takes in a batch, apart from its network.

python tests/benchmarks/small_files.py [FILES]

Runs `run_jobs` over FILES (300) pictures of 16 x 16 pixels of each kind, one worker with one
thread, and measures the network inside the same run. The first 20 files, which load everything,
do not count.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch

import restorer
from restorer.formats.profiles import srgb_profile
from restorer.networks.panet import PANetLite

MODELS = ["panet-denoise-lite", "panet-sr-x2-lite"]
KINDS = {"PNG": ".png", "JPEG": ".jpg", "JPEG, EXIF, profile": ".jpg"}
SIDE = 16
FIRST = 20

seconds = 0.0
forward = PANetLite.forward


def watched(self: PANetLite, *arguments: Any, **options: Any) -> Any:
    """Run the network and add up its time."""
    global seconds
    start = time.thread_time()
    try:
        return forward(self, *arguments, **options)
    finally:
        seconds += time.thread_time() - start


def write_pictures(folder: Path, kind: str, count: int) -> None:
    exif = PIL.Image.Exif()
    exif[271], exif[272], exif[274] = "Maker", "Model", 1
    described = {"exif": exif, "icc_profile": srgb_profile()} if "EXIF" in kind else {}
    folder.mkdir()
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
        path = folder / f"{number:05}{KINDS[kind]}"
        PIL.Image.fromarray(pixels).save(path, **described)


def run(source: Path, target: Path, model: str, count: int) -> tuple[float, float]:
    """Return the milliseconds of a file as a whole, and of its network."""
    global seconds
    start, done = 0.0, 0
    with restorer.OutputFolder(target) as output:
        output.open()
        jobs = {job.id: job for job in restorer.plan_jobs(source, target, [model]).jobs}
        for event in restorer.run_jobs(job for job in jobs.values() if output.claim(job)):
            if isinstance(event, restorer.Started):
                output.start(jobs[event.id])
            elif isinstance(event, restorer.Finished):
                assert event.result.status == "done", event.result
                output.finish(jobs[event.id], event.result)
                done += 1
                if done == FIRST:
                    start, seconds = time.process_time(), 0.0
    return 1000 * (time.process_time() - start) / count, 1000 * seconds / count


def main() -> None:
    count = int([*sys.argv[1:], "300"][0])
    torch.set_num_threads(1)
    print("| files | model | ms a file | network | all else |")
    print("|---|---|---|---|---|")
    PANetLite.forward = watched  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as scratch:
        for kind in KINDS:
            source = Path(scratch) / kind
            write_pictures(source, kind, count + FIRST)
            for model in MODELS:
                whole, network = run(source, Path(scratch) / f"{kind} {model}", model, count)
                print(f"| {kind} | {model} | {whole:.1f} | {network:.1f} | {whole - network:.1f} |")


if __name__ == "__main__":
    main()

"""Time of the processor that a tiny picture takes in a batch, apart from its network.

python tests/benchmarks/small_files.py [FILES]

Runs FILES (100) pictures of 16 x 16 pixels of each kind, with their claims and journal, in one
thread, and measures the network inside the same run. The figures are medians over the files, so
that other programs disturb them little; the first files, which load everything, do not count.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch

import restorer
from restorer.formats.color.profiles import srgb_profile
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


def run(source: Path, target: Path, model: str) -> tuple[float, float]:
    """Return the median milliseconds of the network, and of all else that a file takes."""
    global seconds
    spent: list[tuple[float, float]] = []
    with restorer.OutputFolder(target) as output:
        output.open()
        for job in restorer.plan_jobs(source, target, [model]).jobs:
            start, seconds = time.thread_time(), 0.0
            assert output.claim(job)
            output.start(job)
            result = restorer.run_job(job)
            output.finish(job, result)
            assert result.status == "done", result
            spent.append((seconds, time.thread_time() - start - seconds))
    network, rest = (1000 * statistics.median(part) for part in zip(*spent[FIRST:], strict=True))
    return network, rest


def main() -> None:
    count = int([*sys.argv[1:], "100"][0])
    torch.set_num_threads(1)
    print("| files | model | network, ms | all else, ms |")
    print("|---|---|---|---|")
    PANetLite.forward = watched  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as scratch:
        for kind in KINDS:
            source = Path(scratch) / kind
            write_pictures(source, kind, count + FIRST)
            for model in MODELS:
                network, rest = run(source, Path(scratch) / f"{kind} {model}", model)
                print(f"| {kind} | {model} | {network:.1f} | {rest:.1f} |")


if __name__ == "__main__":
    main()

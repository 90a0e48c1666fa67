"""Memory and time of large images with large references.

python tests/benchmarks/references.py [MODEL ...]

Enlarges an image of 3 megapixels with a reference of 12, each model in its own process; the peak
includes Python and PyTorch. *Pause* is the longest time between two progress reports, which is how
long cancelling can take.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import cv2
import numpy as np

import restorer
from restorer import Image, Settings

MODELS = ("ttsr-x4-lite", "ttsr-x2-lite")
TARGET, REFERENCE = (1500, 2000), (3000, 4000)
LIMIT_BYTES = 4 << 30


def main(models: list[str]) -> None:
    print("| model | s | pause s | texture from the reference | peak MiB |")
    print("|---|---|---|---|---|")
    for model in models or MODELS:
        command = [sys.executable, __file__, "--one", model]
        print(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def measure(model: str) -> None:
    """Print the row of one model."""
    small, view = pair()
    taken = 0.0
    moments = [time.perf_counter()]

    def record(maps: restorer.ReferenceMaps) -> None:
        nonlocal taken
        taken = float(maps.confidence.mean())

    restorer.restore(
        small,
        model,
        references=[view],
        settings=Settings(device="cpu", precision="fp32"),
        on_tile=lambda done, total: moments.append(time.perf_counter()),
        on_maps=record,
    )
    seconds, pause = moments[-1] - moments[0], np.diff(moments).max()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"| {model} | {seconds:.0f} | {pause:.1f} | {taken:.0%} | {peak / 2**20:.0f} |")
    assert peak < LIMIT_BYTES, f"{model}: {peak / 2**30:.2f} GiB"


def pair() -> tuple[Image, Image]:
    """A scene with structure at all sizes: a part of it, small, and a view of more, turned."""
    rng = np.random.default_rng(0)
    height, width = REFERENCE
    scene = np.zeros((height, width, 3), np.float32)
    for cell in (2, 4, 8, 16, 32, 64, 128):
        grid = rng.normal(0, 22, (height // cell + 2, width // cell + 2, 3)).astype(np.float32)
        wide = (grid.shape[1] * cell, grid.shape[0] * cell)
        scene += cv2.resize(grid, wide, interpolation=cv2.INTER_CUBIC)[:height, :width]
    scene = np.clip(scene + 128, 0, 255)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 2.0, 1.04)
    view = cv2.warpAffine(scene, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    small = cv2.resize(scene, TARGET[::-1], interpolation=cv2.INTER_AREA)
    return tuple(Image(np.rint(x).astype(np.uint8)) for x in (small, view))  # type: ignore[return-value]  # of two


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2])
    else:
        main(sys.argv[1:])

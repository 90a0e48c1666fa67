"""Time and memory of context `whole` at full width compared with tiles, each in its own process.

python tests/benchmarks/whole.py [megapixels of input] [limit MiB]

Networks have their published width, so that all features have their full size, but fewer blocks,
which would take hours.
"""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from restorer.inference.whole.run import estimate_whole, run_whole
from restorer.networks import ENLCN, NLSN, PANetLite
from restorer.networks.layers import channels_last
from restorer.networks.stages import Global, Program, Staged

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "nlsn, 1 block, x2": lambda: NLSN(scale=2, blocks=1),
    "enlcn, 1 block, x2": lambda: ENLCN(scale=2, blocks=1),
    "panet-lite, denoising": lambda: PANetLite(conditions=1, unshuffle=2, squeeze=4),
}
TILE, OVERLAP = 192, 24  # as in the catalog for NLSN and ENLCN


def anonymous_bytes() -> int:
    """Return the resident memory without mapped files, which the system can write to disk."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) * 1024


class Peaks(threading.Thread):
    """Samples anonymous memory every 20 ms, separately inside and outside attention modules."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = anonymous_bytes()
        self.attending = False
        self.highest = {False: self.before, True: self.before}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            attending = self.attending
            self.highest[attending] = max(self.highest[attending], anonymous_bytes())

    def mebibytes(self, attending: bool) -> int:
        return (self.highest[attending] - self.before) >> 20


class Watched:
    """The stages of a network, with attentions that tell a watch when they run."""

    def __init__(self, network: Staged, watch: Peaks) -> None:
        self.network, self.watch = network, watch

    def stages(self, *, seed: int = 0) -> Program:
        program = self.network.stages(seed=seed)
        stages = (
            replace(s, run=partial(self.attend, s.run)) if isinstance(s, Global) else s
            for s in program.stages
        )
        return replace(program, stages=tuple(stages))

    def attend(self, run: Callable[..., None], *maps: Tensor) -> None:
        self.watch.attending = True
        run(*maps)
        self.watch.attending = False


def measure(name: str, megapixels: float, granted: int) -> None:
    """Print one row."""
    torch.manual_seed(0)
    network = channels_last(NETWORKS[name]()).eval().requires_grad_(False)
    program = network.stages()
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4) / 8) * 8
    width = round(megapixels * 1e6 / height / 8) * 8
    values = np.random.default_rng(0).random((height, width, program.image.channels), np.float32)
    estimate = estimate_whole(network, (height, width), device_bytes=granted)
    watch = Peaks()
    watch.start()
    start = time.perf_counter()
    run_whole(Watched(network, watch), values, memory_bytes=granted)
    seconds = time.perf_counter() - start
    watch.stopped.set()
    part = torch.from_numpy(values[:TILE, :TILE]).permute(2, 0, 1)[None]
    with torch.inference_mode():
        network(part, seed=0)
        start = time.perf_counter()
        network(part.contiguous(memory_format=torch.channels_last), seed=0)
        tiled = (time.perf_counter() - start) / (TILE - OVERLAP) ** 2 * height * width
    print(
        f"| {name} | {width} x {height} | {granted >> 20} | {estimate.map_bytes >> 20}"
        f" | {watch.mebibytes(False)} | {watch.mebibytes(True)}"
        f" | {estimate.seconds:.0f} | {seconds:.0f} | {tiled:.0f} |",
        flush=True,
    )


def main() -> None:
    print(
        "| network | input | limit MiB | feature maps MiB | peak of convolutions MiB"
        " | peak of attentions MiB | estimated s | whole s | in tiles s |"
    )
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    size, granted = sys.argv[1:] or ("2", "2048")
    for name in NETWORKS:
        subprocess.run([sys.executable, __file__, size, granted, name], check=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    if len(sys.argv) == 4:
        measure(sys.argv[3], float(sys.argv[1]), int(sys.argv[2]) << 20)
    else:
        main()

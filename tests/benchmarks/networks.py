"""Time of the shipped networks against EDSR-baseline, and their memory per tile pixel.

python tests/benchmarks/networks.py

EDSR-baseline (16 blocks of 64 channels, x2, eager float32, NCHW) is the yardstick: both run in
turn, the median of each is printed with the ratio per input pixel.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from memory import peak_bytes
from torch import Tensor, nn

import restorer
from restorer.networks.layers import ResidualBlock, Upsampler, conv3x3
from restorer.tiling import plan_tiles

SIDE = 384
ROUNDS = 3


class EDSRBaseline(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        blocks = [ResidualBlock(64, nn.ReLU(inplace=True)) for _ in range(16)]
        self.head = conv3x3(3, 64)
        self.body = nn.Sequential(*blocks, conv3x3(64, 64))
        self.tail = nn.Sequential(Upsampler(2, 64), conv3x3(64, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(x)
        result: Tensor = self.tail(x + self.body(x))
        return result


def planes(spec: restorer.ModelSpec, side: int) -> np.ndarray:
    count = spec.channels + bool(spec.condition)
    return np.random.default_rng(0).random((side, side, count)).astype(np.float32)


def seconds(spec: restorer.ModelSpec) -> float:
    predictor = restorer.open_model(spec.id, device="cpu")
    plan = plan_tiles((SIDE, SIDE), spec.tile)
    start = time.perf_counter()
    predictor.run(planes(spec, SIDE), plan)
    return time.perf_counter() - start


def baseline_seconds(network: nn.Module) -> float:
    x = torch.rand(1, 3, SIDE, SIDE)
    start = time.perf_counter()
    with torch.inference_mode():
        network(x)
    return time.perf_counter() - start


def bytes_per_pixel(model: str) -> int:
    """Return the peak memory of one tile of the usual side, per pixel, in a process of its own."""
    code = [sys.executable, __file__, model]
    return int(subprocess.run(code, capture_output=True, text=True, check=True).stdout)


def measure_memory(spec: restorer.ModelSpec) -> int:
    predictor = restorer.open_model(spec.id, device="cpu")
    values = planes(spec, spec.tile.side)
    plan = plan_tiles(values.shape[:2], spec.tile)
    return peak_bytes(lambda: predictor.run(values, plan)) // spec.tile.side**2


def main() -> None:
    baseline = EDSRBaseline().eval()
    baseline_seconds(baseline)
    print("| model | s/megapixel | EDSR-baseline s/megapixel | faster | bytes/tile pixel |")
    print("|---|---|---|---|---|")
    for spec in restorer.list_models():
        seconds(spec)
        pairs = [(seconds(spec), baseline_seconds(baseline)) for _ in range(ROUNDS)]
        ours, theirs = (
            statistics.median(times) / SIDE**2 * 1e6 for times in zip(*pairs, strict=True)
        )
        print(
            f"| {spec.id} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.1f}x"
            f" | {bytes_per_pixel(spec.id)} |"
        )


if __name__ == "__main__":
    torch.set_num_threads(2)
    if len(sys.argv) == 1:
        main()
    else:
        print(measure_memory(restorer.model_spec(sys.argv[1])))

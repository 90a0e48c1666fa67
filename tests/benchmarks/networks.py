"""Time of the networks compared with EDSR-baseline, and their memory per tile pixel.

python tests/benchmarks/networks.py

The reference is EDSR-baseline (16 blocks of 64 channels, x2, eager float32, NCHW). Both networks
run in turn; the table shows medians and the ratio per input pixel. The included ones run a tile a
core. Published networks run one tile once with random weights.
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
from torch.nn import functional

import restorer
from restorer.inference.predictor import Predictor
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import ResidualBlock, Upsampler, conv3x3
from restorer.tiling.plan import plan_tiles

SIDE = 784  # nine tiles of the included networks
ROUNDS = 3
# One network of each size; other settings take the same time.
PUBLISHED = ("pa-edsr-x2", "pa-edsr-x3", "pa-edsr-x4", "panet-denoise-30", "panet-deblock-10")
PUBLISHED += ("nlsn-x2", "nlsn-x3", "nlsn-x4", "enlcn-x2", "enlcn-x4")


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


class SPAN(nn.Module):
    """The network with 52 channels of Wan et al. 2023 (arXiv:2311.12770), re-parameterized."""

    def __init__(self) -> None:
        super().__init__()
        self.head = conv3x3(3, 52)
        self.blocks = nn.ModuleList(ParameterFreeAttention(52) for _ in range(6))
        self.last = conv3x3(52, 52)
        self.merge = nn.Conv2d(4 * 52, 52, 1)
        self.tail = nn.Sequential(conv3x3(52, 12), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        x = features = self.head(x)
        outputs, firsts = [], []
        for block in self.blocks:
            x, first = block(x)
            outputs.append(x)
            firsts.append(first)
        merged = self.merge(torch.cat([features, self.last(x), outputs[0], firsts[-1]], 1))
        result: Tensor = self.tail(merged)
        return result


class ParameterFreeAttention(nn.Module):
    """A block of SPAN, whose last convolution also gives the weights of its output."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv3x3(channels, channels) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.convs[0](x)
        second = self.convs[1](functional.silu(first))
        third = self.convs[2](functional.silu(second))
        return (third + x) * (torch.sigmoid(third) - 0.5), first


def planes(spec: restorer.ModelSpec, side: int) -> np.ndarray:
    count = spec.channels + bool(spec.condition)
    return np.random.default_rng(0).random((side, side, count)).astype(np.float32)


def predictor_of(spec: restorer.ModelSpec) -> Predictor:
    if spec.weights.embedded:
        return restorer.load(spec.id, device="cpu")
    torch.manual_seed(0)
    return Predictor(spec, ARCHITECTURES[spec.architecture](**spec.params), "cpu", "fp32")


def seconds(spec: restorer.ModelSpec, side: int) -> float:
    predictor = predictor_of(spec)
    plan = plan_tiles((side, side), spec.tile.for_picture((side, side)))
    start = time.perf_counter()
    predictor.run(planes(spec, side), plan, batch=torch.get_num_threads())
    return time.perf_counter() - start


def baseline_seconds(network: nn.Module, side: int) -> float:
    x = torch.rand(1, 3, side, side)
    start = time.perf_counter()
    with torch.inference_mode():
        network(x)
    return time.perf_counter() - start


def bytes_per_pixel(model: str) -> int:
    """Return the peak memory of one tile of the usual side, per pixel, in a process of its own."""
    code = [sys.executable, __file__, model]
    return int(subprocess.run(code, capture_output=True, text=True, check=True).stdout)


def measure_memory(spec: restorer.ModelSpec) -> int:
    predictor = predictor_of(spec)
    values = planes(spec, spec.tile.side)
    plan = plan_tiles(values.shape[:2], spec.tile)
    return peak_bytes(lambda: predictor.run(values, plan)) // spec.tile.side**2


def main() -> None:
    baseline = EDSRBaseline().eval()
    baseline_seconds(baseline, SIDE)
    print("| model | s/megapixel | EDSR-baseline s/megapixel | faster | bytes/tile pixel |")
    print("|---|---|---|---|---|")
    for spec in restorer.list_models():
        if spec.base:  # takes an enlargement and references, which are no network's work
            continue
        if spec.weights.embedded:
            seconds(spec, SIDE)
            compare(spec, baseline, SIDE, ROUNDS)
        elif spec.id.removesuffix("-paper") in PUBLISHED:
            compare(spec, baseline, spec.tile.side, 1)


def compare(spec: restorer.ModelSpec, baseline: nn.Module, side: int, rounds: int) -> None:
    pairs = [(seconds(spec, side), baseline_seconds(baseline, side)) for _ in range(rounds)]
    ours, theirs = (statistics.median(times) / side**2 * 1e6 for times in zip(*pairs, strict=True))
    ratio = f"{theirs / ours:.1f}x" if ours < theirs else f"1/{ours / theirs:.1f}"
    memory = bytes_per_pixel(spec.id)
    print(f"| {spec.id} | {ours:.2f} | {theirs:.2f} | {ratio} | {memory} |", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    if len(sys.argv) == 1:
        main()
    else:
        print(measure_memory(restorer.model_spec(sys.argv[1])))

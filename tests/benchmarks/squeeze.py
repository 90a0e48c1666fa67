"""Time of the attention by the spacing of its features and the side of the tiles.

python tests/benchmarks/squeeze.py

Prints seconds of processor time per megapixel on one thread, the fastest of several runs with
random weights. The figures in parentheses include what neighboring tiles, which share `OVERLAP`
pixels, compute twice.
"""

from __future__ import annotations

import math
import time

import torch

from restorer.networks import PANetLite
from restorer.networks.layers import channels_last

OVERLAP = 16
SIDES = (96, 160, 208)
ROUNDS = 8
ENLARGER = {"scale": 2}
DENOISER = {"conditions": 1, "channels": 64, "unshuffle": 2}
NETWORKS = {
    "x2, 4 pixels": ENLARGER | {"squeeze": 4},
    "x2, 8 pixels": ENLARGER | {"squeeze": 8},
    "x2, no attention": ENLARGER | {"attention_channels": 0},
    "denoiser, 4 pixels": DENOISER | {"squeeze": 2},
    "denoiser, 8 pixels": DENOISER | {"squeeze": 4},
    "denoiser, no attention": DENOISER | {"attention_channels": 0},
}


def seconds(network: PANetLite, side: int) -> float:
    """Return the processor time of one tile."""
    tile = torch.rand(1, 3 + network.conditions, side, side)
    tile = tile.to(memory_format=torch.channels_last)
    start = time.process_time()
    network(tile)
    return time.process_time() - start


def main() -> None:
    networks = {name: PANetLite(**params).eval() for name, params in NETWORKS.items()}
    for network in networks.values():
        channels_last(network)
    fastest = {(name, side): math.inf for name in networks for side in SIDES}
    for _ in range(ROUNDS):
        for name, side in fastest:
            took = seconds(networks[name], side)
            fastest[name, side] = min(fastest[name, side], took)
    print("| network, feature spacing | " + " | ".join(map(str, SIDES)) + " |")
    print("|---" * (1 + len(SIDES)) + "|")
    for name in networks:
        times = [
            f"{fastest[name, side] / side**2 * 1e6:.1f}"
            f" ({fastest[name, side] / (side - OVERLAP) ** 2 * 1e6:.1f})"
            for side in SIDES
        ]
        print(f"| {name} | {' | '.join(times)} |")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with torch.inference_mode():
        main()

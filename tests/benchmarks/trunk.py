"""Time of the included networks by how their trunk and their tiles are computed.

python tests/benchmarks/trunk.py [SIDE] [ROUNDS]

All ways run in turn on one picture, whole with its tiles; the table shows medians, and how many
times as fast each is as the first of its network and precision. EDSR-baseline (16 blocks of 64
channels, x2) runs in one piece in eager float32, NCHW.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

import torch
from networks import EDSRBaseline, baseline_seconds, planes

import restorer
from restorer.inference.predictor import Predictor
from restorer.tiling.plan import plan_tiles

MODELS = ("panet-sr-x2-lite", "panet-denoise-lite")
THREADS = 2
WAYS = {
    "NCHW": (False, False, 1),
    "channels last": (True, False, 1),
    "channels last, fused": (True, True, 1),
    "channels last, a tile a core": (True, False, THREADS),
    "channels last, fused, a tile a core": (True, True, THREADS),
}


@contextmanager
def computed(predictor: Predictor, last: bool, fused: bool) -> Iterator[None]:
    """Choose the layout of weights and input, which that of the features follows, and operators."""
    layout = torch.channels_last if last else torch.contiguous_format
    predictor.network.to(memory_format=layout)  # type: ignore[call-overload]  # missing in torch's types
    hook = predictor.network.register_forward_pre_hook(
        lambda _, inputs: (inputs[0].contiguous(memory_format=layout),)
    )
    with nullcontext() if fused else patch("restorer.networks.panet.fused_type", lambda x: None):
        yield
    hook.remove()


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(predictor: Predictor, side: int, rounds: int) -> dict[str, float]:
    """Return the median seconds per megapixel of each way."""
    needs = predictor.spec.tile.for_picture((side, side))
    values, plan = planes(predictor.spec, side), plan_tiles((side, side), needs)
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    predictor.run(values[:208, :208], plan_tiles((208, 208), predictor.spec.tile))
    for _ in range(rounds):
        for way, (last, fused, batch) in WAYS.items():
            with computed(predictor, last, fused):
                times[way].append(seconds(lambda n=batch: predictor.run(values, plan, batch=n)))
    return {way: statistics.median(each) / side**2 * 1e6 for way, each in times.items()}


def main(side: int = 784, rounds: int = 3) -> None:
    torch.set_num_threads(THREADS)
    baseline = EDSRBaseline().eval()
    edsr = statistics.median(baseline_seconds(baseline, side) for _ in range(rounds))
    edsr *= 1e6 / side**2
    print("| network, way | precision | s/megapixel | faster | than EDSR-baseline |")
    print("|---|---|---|---|---|")
    print(f"| EDSR-baseline, NCHW | fp32 | {edsr:.2f} | | |")
    for model in MODELS:
        for precision in ("fp32", "bf16"):
            found = measure(restorer.load(model, device="cpu", precision=precision), side, rounds)
            first = next(iter(found.values()))
            for way, each in found.items():
                ratios = f"{first / each:.2f}x | {edsr / each:.1f}x"
                print(f"| {model}, {way} | {precision} | {each:.2f} | {ratios} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

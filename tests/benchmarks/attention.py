"""Time and memory of tiled pyramid attention compared with its direct form.

python tests/benchmarks/attention.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from memory import peak_bytes
from torch import Tensor

from restorer.attention.pyramid import PyramidAttention

SIDES = (48, 64, 96)
CHANNELS = ((64, 2), (256, 8))  # channels and reduction of PANet and PA-EDSR
LARGE_SIDE = 256  # the plain score matrix alone would take 57 GB
ROUNDS = 3


def plain_attention(
    query: Tensor,
    levels: list[tuple[Tensor, Tensor]],
    *,
    softmax_scale: float,
    norm_floor: float,
    hard: bool,
    paste_type: torch.dtype | None,
) -> Tensor:
    """The published form: patches as convolution kernels, softmax, transposed convolution."""
    keys = torch.cat([F.unfold(k, 3, padding=1)[0].mT for k, _ in levels])
    values = torch.cat([F.unfold(v, 3, padding=1)[0].mT for _, v in levels])
    keys = keys / keys.norm(dim=1, keepdim=True).clamp_min(norm_floor)
    scores = F.conv2d(query, keys.view(-1, query.shape[1], 3, 3), padding=1)
    weights = (scores * softmax_scale).softmax(1)
    return F.conv_transpose2d(weights, values.view(len(values), -1, 3, 3), padding=1)


def run(
    form: str, side: int, channels: int, reduction: int, dtype: torch.dtype = torch.float32
) -> Tensor:
    if form == "plain":
        sys.modules[PyramidAttention.__module__].patch_attention = plain_attention  # type: ignore[attr-defined]
    torch.manual_seed(0)
    module = PyramidAttention(channels, reduction=reduction).to(dtype)
    x = torch.randn(1, channels, side, side).to(dtype)
    with torch.inference_mode(), torch.autocast("cpu", enabled=form == "bf16"):
        return module.attend(x)


def median_seconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return statistics.median(times)


def measure(form: str, side: int, channels: int, reduction: int) -> tuple[float, int]:
    """Return seconds and the peak memory beyond the start of the process, in its own process."""
    code = [sys.executable, __file__, form, str(side), str(channels), str(reduction)]
    seconds, extra = subprocess.run(code, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), int(extra)


def errors(side: int, channels: int, reduction: int) -> list[float]:
    """Return the largest errors of plain, tiled and bf16, against the largest value.

    The truth is tiled in float64, which the tests hold against plain in float64.
    """
    home = sys.modules[PyramidAttention.__module__]
    truth = run("tiled", side, channels, reduction, torch.float64)
    results = [run(form, side, channels, reduction) for form in ("tiled", "bf16")]
    saved = home.patch_attention  # type: ignore[attr-defined]
    plain = run("plain", side, channels, reduction)
    home.patch_attention = saved  # type: ignore[attr-defined]
    scale = truth.abs().max()
    return [float((result - truth).abs().max() / scale) for result in (plain, *results)]


def main() -> None:
    print(
        "| side | channels | plain s | tiled s | faster | bf16 s | faster"
        " | plain MiB | tiled MiB | bf16 MiB | plain error | tiled error | bf16 error |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for channels, reduction in CHANNELS:
        for side in SIDES:
            ours, ours_mib = measure("tiled", side, channels, reduction)
            half, half_mib = measure("bf16", side, channels, reduction)
            plain, plain_mib = measure("plain", side, channels, reduction)
            off = " | ".join(f"{error:.1e}" for error in errors(side, channels, reduction))
            print(
                f"| {side} | {channels} | {plain:.3f} | {ours:.3f} | {plain / ours:.1f}x"
                f" | {half:.3f} | {plain / half:.1f}x | {plain_mib} | {ours_mib} | {half_mib}"
                f" | {off} |",
                flush=True,
            )
    for channels, reduction in CHANNELS:
        ours, ours_mib = measure("tiled", LARGE_SIDE, channels, reduction)
        line = f"| {LARGE_SIDE} | {channels} | - | {ours:.0f} | - | - | - | - | {ours_mib}"
        line += " | - | - | - | - |"
        print(line, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) == 1:
        main()
    else:
        form, (side, channels, reduction) = sys.argv[1], map(int, sys.argv[2:])
        call = partial(run, form, side, channels, reduction)
        begin = time.process_time()
        extra = peak_bytes(call) >> 20  # of the first call, when no freed memory lies about
        seconds = time.process_time() - begin
        print(seconds if side == LARGE_SIDE else median_seconds(call), extra)

"""Time and memory of NLSN and ENLCN, compared with the arithmetic of the authors' code.

python tests/benchmarks/nonlocal.py

The plain forms were written from a description of the authors' code, which has no license: all
chunks of all rounds at once, and a convolution for the values of all pixels. They draw the same
rotations, so that both forms compute the same.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from types import MethodType

import torch
import torch.nn.functional as F
from memory import peak_bytes
from torch import Tensor, nn

from restorer.attention.efficient import EfficientNonLocalAttention
from restorer.attention.hashed import count_buckets
from restorer.attention.seeding import draw_rotations
from restorer.attention.sparse import NonLocalSparseAttention
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import channels_last

CHANNELS = 256
SIDES = (96, 192)
NETWORKS = ("nlsn", "enlcn")
NETWORK_SIDE = 96
ROUNDS = 3
FLOOR = 5e-5


def plain_sparse(module: NonLocalSparseAttention, x: Tensor, *, seed: int = 0) -> Tensor:
    """Compute `NonLocalSparseAttention` with all chunks of all rounds in memory."""
    batch, _, height, width = x.shape
    pixels, rounds = height * width, module.hashes
    match, values = (
        layer(x).view(batch, -1, pixels).permute(0, 2, 1)
        for layer in (module.conv_match, module.conv_assembly)
    )
    buckets = count_buckets(pixels, module.chunk_size)
    rotations = draw_rotations(seed, module.index, (1, match.shape[2], rounds, buckets // 2))
    rotated = torch.einsum("btf,bfhi->bhti", match, rotations.expand(batch, -1, -1, -1))
    offsets = (torch.arange(rounds) * buckets).view(1, -1, 1)
    codes = torch.cat([rotated, -rotated], -1).argmax(-1) + offsets
    order = codes.view(batch, -1).argsort(stable=True)
    undo, order = order.argsort(), order % pixels
    queries, sorted_values = (
        _cut(_take(t, order).view(batch, rounds, pixels, -1), module.chunk_size)
        for t in (match, values)
    )
    keys = _with_neighbors(F.normalize(queries, dim=-1, eps=FLOOR))
    scores = torch.einsum("bhkie,bhkje->bhkij", queries, keys)
    log_sum = scores.logsumexp(-1, keepdim=True)
    attended = torch.einsum(
        "bhkij,bhkje->bhkie", (scores - log_sum).exp(), _with_neighbors(sorted_values)
    )
    attended, log_sum = (t.flatten(2, 3)[:, :, :pixels].flatten(1, 2) for t in (attended, log_sum))
    attended, log_sum = (
        _take(t, undo).view(batch, rounds, pixels, -1) for t in (attended, log_sum)
    )
    mixed = (attended * log_sum.softmax(1)).sum(1)
    return mixed.permute(0, 2, 1).reshape(x.shape) * module.residual_scale + x


def _take(x: Tensor, places: Tensor) -> Tensor:
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[2]))


def _cut(x: Tensor, size: int) -> Tensor:
    """Cut (N, rounds, L, C) into chunks, the last padded with copies of the last pixels."""
    missing = -x.shape[2] % size
    padded = torch.cat([x, x[:, :, x.shape[2] - missing :]], 2)
    return padded.reshape(*x.shape[:2], -1, size, x.shape[3])


def _with_neighbors(x: Tensor) -> Tensor:
    return torch.cat([x, x.roll(1, 2), x.roll(-1, 2)], 3)


def plain_efficient(module: EfficientNonLocalAttention, x: Tensor) -> Tensor:
    """Compute `EfficientNonLocalAttention` with a row per pixel and values for all pixels."""
    query, key = (
        F.normalize(layer(x), dim=1, eps=FLOOR) * module.norm
        for layer in (module.conv_match1, module.conv_match2)
    )
    query, key, value = (t.flatten(2).mT for t in (query, key, module.conv_assembly(x)))
    query, key = (_features(t, module.attn_fn.projection_matrix) for t in (query, key))
    inverse = 1 / torch.einsum("bnd,bd->bn", query, key.sum(1))
    context = torch.einsum("bnd,bne->bde", key, value)
    attended = torch.einsum("bde,bnd,bn->bne", context, query, inverse)
    return attended.mT.reshape(x.shape) * module.residual_scale + x


def _features(vectors: Tensor, projection: Tensor) -> Tensor:
    products = torch.einsum("bid,jd->bij", vectors, projection)
    energy = vectors.square().sum(-1, keepdim=True) / 2
    return len(projection) ** -0.5 * ((products - energy).exp() + 1e-4)


PLAIN = {NonLocalSparseAttention: plain_sparse, EfficientNonLocalAttention: plain_efficient}


def make_plain(network: nn.Module) -> nn.Module:
    """Let the attentions of a network compute in their plain form."""
    for module in network.modules():
        if type(module) in PLAIN:
            module.forward = MethodType(PLAIN[type(module)], module)  # type: ignore[method-assign]
    return network


def call_of(form: str, name: str, side: int) -> Callable[[], Tensor]:
    """Return a call of an attention or a network, ``plain``, ``fp32`` or ``bf16``."""
    torch.manual_seed(0)
    if name in ARCHITECTURES:
        module, x = ARCHITECTURES[name](scale=2), torch.rand(1, 3, side, side)
    else:
        (kind,) = (k for k in PLAIN if k.__name__ == name)
        module, x = kind(CHANNELS, residual_scale=0.1), torch.randn(1, CHANNELS, side, side)
    if form == "plain":
        make_plain(module)
    else:  # the layout of images in memory that restorer uses
        channels_last(module)
        x = x.contiguous(memory_format=torch.channels_last)

    def call() -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", enabled=form == "bf16"):
            result: Tensor = module.eval()(x)
            return result

    return call


def measure(form: str, name: str, side: int) -> tuple[float, int]:
    """Return the median seconds and the peak memory beyond the input, in its own process."""
    code = [sys.executable, __file__, form, name, str(side)]
    seconds, extra = subprocess.run(code, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), int(extra)


def main() -> None:
    print("| form | side | plain s | fp32 s | faster | bf16 s | faster | plain MiB | fp32 MiB |")
    print("|---|---|---|---|---|---|---|---|---|")
    cases = [(kind.__name__, side) for kind in PLAIN for side in SIDES]
    for name, side in [*cases, *((name, NETWORK_SIDE) for name in NETWORKS)]:
        (plain, plain_mib), (ours, ours_mib) = (measure(f, name, side) for f in ("plain", "fp32"))
        half = measure("bf16", name, side)[0] if name in NETWORKS else None
        row = (name, side, f"{plain:.3f}", f"{ours:.3f}", f"{plain / ours:.2f}x")
        row += (f"{half:.3f}", f"{plain / half:.2f}x") if half else ("-", "-")
        print("|", " | ".join(map(str, (*row, plain_mib, ours_mib))), "|", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) == 1:
        main()
    else:
        call = call_of(sys.argv[1], sys.argv[2], int(sys.argv[3]))
        times = []

        def timed() -> None:
            start = time.process_time()
            call()
            times.append(time.process_time() - start)

        extra = peak_bytes(timed) >> 20  # of the first call, when no freed memory lies about
        for _ in range(ROUNDS):
            timed()
        print(statistics.median(times[1:]), extra)

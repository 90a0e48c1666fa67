"""Contribution of attention modules: small x2 networks, each trained for the same time.

python tests/benchmarks/ablation.py --train PHOTOGRAPHS [--minutes 6] [--trained] [--variant NAME]
DATA...

The trunk is that of `panet-sr-x2-lite`, with random weights or the included ones (`--trained`). In
the latter case, its attention is removed, and the attention and additional blocks of each variant
initially contribute nothing. The time of an iteration is the fastest of several in processor time
of one thread, so that other programs do not matter. All variants use the same batches. DATA are
folders of images that were not used for training; the benchmark measures the PSNR on Y of their
central crops, `TILE` pixels wide after downscaling by 2.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from restorer import READABLE, model_spec
from restorer.attention import EfficientNonLocalAttention, NonLocalSparseAttention
from restorer.metrics import psnr_luma
from restorer.models.checkpoint import read_state
from restorer.models.store import weights_path
from restorer.networks import ARCHITECTURES, PANetLite
from restorer.networks.layers import channels_last
from restorer.training.degrade import bicubic_downscale, crop_to_multiple
from restorer.training.growth import adopt
from restorer.training.loop import train
from restorer.training.photographs import load_rgb
from restorer.training.recipe import Recipe

TILE = 160
INNER = 32  # channels of every attention
BATCH, PATCH = 5, 64
ROUNDS = 12
TUNING_RATE = 2.5e-4  # learning rate for networks with a trained trunk


class Gain(nn.Module):
    """An adapter that replaces the pyramid attention by another attention module."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def attend(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the change that the attention adds."""
        gain: Tensor = self.attention(x) - x
        return gain


def pyramid(squeeze: int) -> PANetLite:
    """Return the network that ships, with its attention on another resolution."""
    return PANetLite(scale=2, squeeze=squeeze, attention_channels=INNER)


def without(blocks: int) -> PANetLite:
    """Return a network without attention."""
    return PANetLite(scale=2, blocks=blocks, attention_channels=0)


def other(attention: Callable[[], nn.Module], squeeze: int) -> PANetLite:
    """Return a network with another attention in the same place."""
    network = pyramid(squeeze)
    network.attention.attention = Gain(attention())
    return network


enla = partial(EfficientNonLocalAttention, INNER, reduction=2)
nlsa = partial(NonLocalSparseAttention, INNER, reduction=2)
VARIANTS: dict[str, Callable[[], nn.Module]] = {
    "none, 8 blocks": lambda: without(8),
    "none, 9 blocks": lambda: without(9),
    "none, 10 blocks": lambda: without(10),
    "pyramid, 1/8 (included)": lambda: pyramid(8),
    "pyramid, 1/4": lambda: pyramid(4),
    "pyramid, 1/2": lambda: pyramid(2),
    "ENLA, 1/4": lambda: other(enla, 4),
    "ENLA, 1/1": lambda: other(enla, 1),
    "NLSA, 1/4": lambda: other(nlsa, 4),
}


def with_trunk_of(build: Callable[[], nn.Module]) -> nn.Module:
    """Return a network with the trunk that ships; its attention keeps its initial values."""
    network = build()
    state = read_state(weights_path(model_spec("panet-sr-x2-lite")))
    adopt(network, {name: own for name, own in state.items() if "attention" not in name})
    return network


def recipe(iterations: int, learning_rate: float) -> Recipe:
    return Recipe(
        model="ablation",
        architecture="ablation",
        params={},
        degradation={"kind": "bicubic", "scale": 2},
        iterations=iterations,
        batch=BATCH,
        patch=PATCH,
        learning_rate=learning_rate,
        warmup=min(100, iterations // 4),
        average=0.995,
        seed=1,
        checkpoint_every=iterations,
    )


def seconds_an_iteration(variants: dict[str, Callable[[], nn.Module]]) -> dict[str, float]:
    """Return the processor time of the fastest of many iterations, each network in turn."""
    networks = {name: channels_last(build()) for name, build in variants.items()}
    patches = torch.rand(BATCH, 3, PATCH, PATCH).to(memory_format=torch.channels_last)
    fastest = dict.fromkeys(networks, math.inf)
    for _ in range(ROUNDS):
        for name, network in networks.items():
            start = time.process_time()
            network(patches).mean().backward()
            fastest[name] = min(fastest[name], time.process_time() - start)
    return fastest


def pairs(folder: Path) -> Iterator[tuple[Tensor, np.ndarray]]:
    """Yield (1, 3, h, w) inputs with white 1 and (2 h, 2 w, 3) bytes."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in READABLE):
        clean = crop_to_multiple(load_rgb(path), 16)
        top, left = (max(0, n // 2 - TILE) // 16 * 16 for n in clean.shape[:2])
        clean = clean[top : top + 2 * TILE, left : left + 2 * TILE]
        small = bicubic_downscale(clean, 2).astype(np.float32) / 255
        yield torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1)))[None], clean


def quality(network: nn.Module, folder: Path) -> float:
    """Return the mean PSNR of Y in dB."""
    figures = []
    for small, clean in pairs(folder):
        restored = network(small.to(memory_format=torch.channels_last))[0].clamp(0, 1)
        values = np.rint(restored.numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
        figures.append(psnr_luma(values, clean, shave=2))
    return statistics.mean(figures)


def seconds_a_megapixel(network: nn.Module) -> float:
    """Return the processor time of a tile, for each megapixel of it."""
    tile = torch.rand(1, 3, TILE, TILE).to(memory_format=torch.channels_last)
    times = []
    for _ in range(8):
        start = time.process_time()
        network(tile)
        times.append(time.process_time() - start)
    return min(times) / TILE**2 * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--trained", action="store_true", help="begin from the trunk that ships")
    parser.add_argument("--variant", choices=VARIANTS, action="append", help="all, where not given")
    parser.add_argument("data", type=Path, nargs="+")
    options = parser.parse_args()
    torch.set_num_threads(1)
    variants = {name: VARIANTS[name] for name in options.variant or VARIANTS}
    paces = seconds_an_iteration(variants)
    names = " | ".join(folder.name for folder in options.data)
    print(f"| attention | parameters | iterations | s/MP | validation | {names} |")
    print("|---" * (5 + len(options.data)) + "|", flush=True)
    for name, build in variants.items():
        begun = partial(with_trunk_of, build) if options.trained else build
        ARCHITECTURES["ablation"] = begun  # type: ignore[assignment]  # what `train` asks for
        with tempfile.TemporaryDirectory() as scratch:
            iterations = round(options.minutes * 60 / paces[name])
            plan = recipe(iterations, TUNING_RATE if options.trained else 1e-3)
            *_, last = train(plan, options.train, Path(scratch))
            network = channels_last(build())
            network.load_state_dict(read_state(Path(scratch) / "ablation.safetensors"))
        count = sum(p.numel() for p in network.parameters())
        with torch.no_grad():
            figures = [quality(network, folder) for folder in options.data]
            seconds = seconds_a_megapixel(network)
        shown = " | ".join(f"{figure:.2f}" for figure in [last.validation_psnr, *figures])
        print(f"| {name} | {count:,} | {iterations} | {seconds:.1f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()

"""Contribution of parts of the small networks, each trained for the same time.

python tests/benchmarks/ablation.py --train PHOTOGRAPHS [--scale 2] [--minutes 6] [--trained]
[--teacher MODEL] [--fourier 0.05] [--variant NAME] DATA...

The trunk is that of `panet-sr-x2-lite` (or x3, x4), with random weights or the included ones
(`--trained`). In the latter case, its attention is removed, and the attention and additional blocks
of each variant initially contribute nothing; the variants of the `whole` network keep it. The time
of an iteration is the fastest of several in processor time of one thread, so that other programs do
not matter. All variants use the same batches. DATA are folders of images that were not used for
training; the benchmark measures the PSNR on Y of their central crops, `TILE` pixels wide after
downscaling.
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
from torch.nn.utils import parametrize

from restorer import READABLE, model_spec
from restorer.attention import EfficientNonLocalAttention, NonLocalSparseAttention
from restorer.metrics import psnr_luma
from restorer.models.checkpoint import read_state
from restorer.models.store import weights_path
from restorer.networks import ARCHITECTURES, PANetLite
from restorer.networks.layers import ResidualBlock, channels_last
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


class Gate(nn.Module):
    """A residual block with the attention of SPAN (Wan et al. 2024, arXiv:2311.12770).

    Its output is weighed by an odd function of its own change, without further convolutions. The
    weight begins at zero, so that the block begins as it was.
    """

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        self.body = block.body
        self.gain = nn.Parameter(torch.zeros(1, block.body[0].in_channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        change = self.body(x)
        return (x + change) * (1 + self.gain * (change.sigmoid() - 0.5))


class Branch(nn.Module):
    """A kernel plus that of a wider branch, 3x3 and 1x1, which begins at zero.

    The sum is one kernel (Hu et al. 2022, arXiv:2204.00826), so that the branch takes no time.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.wide = nn.Parameter(torch.empty(2 * channels, channels, 3, 3))
        self.narrow = nn.Parameter(torch.zeros(channels, 2 * channels, 1, 1))
        nn.init.kaiming_uniform_(self.wide, math.sqrt(5))

    def forward(self, kernel: Tensor) -> Tensor:
        """Map a (C, C, 3, 3) kernel to the same shape."""
        return kernel + torch.einsum("ok,kihw->oihw", self.narrow[:, :, 0, 0], self.wide)


def pyramid(scale: int, *, squeeze: int) -> PANetLite:
    """Return the network that ships, with its attention on another resolution."""
    return PANetLite(scale=scale, squeeze=squeeze, attention_channels=INNER)


def without(scale: int, *, blocks: int) -> PANetLite:
    """Return a network without attention."""
    return PANetLite(scale=scale, blocks=blocks, attention_channels=0)


def other(scale: int, *, attention: Callable[[], nn.Module], squeeze: int) -> PANetLite:
    """Return a network with another attention in the same place."""
    network = pyramid(scale, squeeze=squeeze)
    network.attention.attention = Gain(attention())
    return network


def add_gates(network: nn.Module) -> None:
    """Replace the residual blocks of a network."""
    for part in (network.before, network.after):
        for number, block in enumerate(part):
            if isinstance(block, ResidualBlock):
                part[number] = Gate(block)


def add_branches(network: nn.Module) -> None:
    """Add a branch to each convolution of the residual blocks."""
    for block in [each for each in network.modules() if isinstance(each, ResidualBlock)]:
        for convolution in (block.body[0], block.body[2]):
            branch = Branch(convolution.in_channels)
            parametrize.register_parametrization(convolution, "weight", branch)


enla = partial(EfficientNonLocalAttention, INNER, reduction=2)
nlsa = partial(NonLocalSparseAttention, INNER, reduction=2)
VARIANTS: dict[str, Callable[[int], nn.Module]] = {
    "none, 8 blocks": partial(without, blocks=8),
    "none, 9 blocks": partial(without, blocks=9),
    "none, 10 blocks": partial(without, blocks=10),
    "pyramid, 1/8 (included)": partial(pyramid, squeeze=8),
    "pyramid, 1/4": partial(pyramid, squeeze=4),
    "pyramid, 1/2": partial(pyramid, squeeze=2),
    "ENLA, 1/4": partial(other, attention=enla, squeeze=4),
    "ENLA, 1/1": partial(other, attention=enla, squeeze=1),
    "NLSA, 1/4": partial(other, attention=nlsa, squeeze=4),
    "whole": partial(pyramid, squeeze=8),
    "whole, gates": partial(pyramid, squeeze=8),
    "whole, branches": partial(pyramid, squeeze=8),
}
CHANGES = {"whole, gates": add_gates, "whole, branches": add_branches}


def built(name: str, scale: int, *, trained: bool) -> nn.Module:
    """Return the network of a variant with random weights, or with the trunk that ships."""
    network = VARIANTS[name](scale)
    if trained:
        state = read_state(weights_path(model_spec(f"panet-sr-x{scale}-lite")))
        whole = name.startswith("whole")
        adopt(network, {n: own for n, own in state.items() if whole or "attention" not in n})
    if name in CHANGES:
        CHANGES[name](network)
    return network


def recipe(iterations: int, learning_rate: float, options: argparse.Namespace) -> Recipe:
    return Recipe(
        model="ablation",
        architecture="ablation",
        params={},
        degradation={"kind": "bicubic", "scale": options.scale},
        teacher=options.teacher,
        fourier=options.fourier,
        iterations=iterations,
        batch=BATCH,
        patch=PATCH,
        learning_rate=learning_rate,
        warmup=min(100, iterations // 4),
        average=0.995,
        seed=1,
        checkpoint_every=iterations,
    )


def seconds_an_iteration(variants: list[str], scale: int) -> dict[str, float]:
    """Return the processor time of the fastest of many iterations, each network in turn."""
    networks = {name: channels_last(built(name, scale, trained=False)) for name in variants}
    patches = torch.rand(BATCH, 3, PATCH, PATCH).to(memory_format=torch.channels_last)
    fastest = dict.fromkeys(networks, math.inf)
    for _ in range(ROUNDS):
        for name, network in networks.items():
            start = time.process_time()
            network(patches).mean().backward()
            fastest[name] = min(fastest[name], time.process_time() - start)
    return fastest


def pairs(folder: Path, scale: int) -> Iterator[tuple[Tensor, np.ndarray]]:
    """Yield (1, 3, h, w) inputs with white 1 and (scale h, scale w, 3) bytes."""
    unit, side = 8 * scale, TILE * scale
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in READABLE):
        clean = crop_to_multiple(load_rgb(path), unit)
        top, left = (max(0, n - side) // 2 // unit * unit for n in clean.shape[:2])
        clean = clean[top : top + side, left : left + side]
        small = bicubic_downscale(clean, scale).astype(np.float32) / 255
        yield torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1)))[None], clean


def quality(network: nn.Module, folder: Path, scale: int) -> float:
    """Return the mean PSNR of Y in dB."""
    figures = []
    for small, clean in pairs(folder, scale):
        restored = network(small.to(memory_format=torch.channels_last))[0].clamp(0, 1)
        values = np.rint(restored.numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
        figures.append(psnr_luma(values, clean, shave=scale))
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
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), default=2)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--teacher", help="id or path of the model that makes the targets")
    parser.add_argument("--fourier", type=float, default=0.0, help="weight of the Fourier loss")
    parser.add_argument("--trained", action="store_true", help="begin from the trunk that ships")
    parser.add_argument("--variant", choices=VARIANTS, action="append", help="all, where not given")
    parser.add_argument("data", type=Path, nargs="+")
    options = parser.parse_args()
    torch.set_num_threads(1)
    variants, scale = options.variant or list(VARIANTS), options.scale
    paces = seconds_an_iteration(variants, scale)
    names = " | ".join(folder.name for folder in options.data)
    print(f"| attention | parameters | iterations | s/MP | validation | {names} |")
    print("|---" * (5 + len(options.data)) + "|", flush=True)
    for name in variants:
        begun = partial(built, name, scale, trained=options.trained)
        ARCHITECTURES["ablation"] = begun  # type: ignore[assignment]  # what `train` asks for
        with tempfile.TemporaryDirectory() as scratch:
            iterations = round(options.minutes * 60 / paces[name])
            plan = recipe(iterations, TUNING_RATE if options.trained else 1e-3, options)
            *_, last = train(plan, options.train, Path(scratch))
            network = channels_last(built(name, scale, trained=False))
            network.load_state_dict(read_state(Path(scratch) / "ablation.safetensors"))
        count = sum(p.numel() for p in network.parameters())
        with torch.no_grad():
            figures = [quality(network, folder, scale) for folder in options.data]
            seconds = seconds_a_megapixel(network)
        shown = " | ".join(f"{figure:.2f}" for figure in [last.validation_psnr, *figures])
        print(f"| {name} | {count:,} | {iterations} | {seconds:.1f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()

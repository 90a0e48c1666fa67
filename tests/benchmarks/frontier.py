"""Quality against time of included and published networks, and what convolutions alone take.

python tests/benchmarks/frontier.py

All networks run in turn on one picture with two threads, in float32; the included ones in tiles, as
in use, the published ones in one piece with channels last. *Convolutions alone* is what those of a
tile would take at the speed of the fastest one of this processor (3x3, 64 to 64 channels). The PSNR
comes from docs/quality.md, and for published networks from their papers. The times of IMDN and PAN
were measured in another run, beside DnCNN, and are given in its time. Draws docs/frontier.png.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import torch
from networks import SPAN, EDSRBaseline, planes
from torch import nn
from trunk import seconds

import restorer
from restorer.networks.layers import channels_last, conv3x3
from restorer.networks.smfanet import SMFANet
from restorer.tiling.plan import plan_tiles

SIDE, THREADS, ROUNDS = 784, 2, 3
_PICTURE = Path(__file__).parents[2] / "docs" / "frontier.png"
_TICKS = (0.5, 1, 2, 5, 10, 20)
_ABOVE = ("PAN", "IMDN", "SMFANet", "SPAN")  # have their names above: another point is below
_PUBLISHED_MARK, _OWN_MARK = "#777777", "#d1495b"


@dataclass(frozen=True)
class Network:
    """A network of the plot.

    Attributes:
        psnr: PSNR in dB: x2 on Set5, or sigma 25 on CBSD68.
        run: Restores the picture once; None for a network that runs in no time of its own.
        of_dncnn: Time in that of DnCNN, where `run` is None.
        flops: Operations of its convolutions per pixel of the input.
    """

    name: str
    task: str
    psnr: float
    run: Callable[[], object] | None
    of_dncnn: float = 0.0
    flops: float = 0.0


def plain(channels: int, layers: int, *, unshuffle: int = 1, planes: int = 3) -> nn.Module:
    """Return the stack of convolutions that DnCNN and FFDNet are; Zhang et al. 2017 and 2018."""
    inside = [conv3x3(channels, channels) for _ in range(layers - 2)]
    blocks = [part for conv in inside for part in (conv, nn.ReLU(inplace=True))]
    return nn.Sequential(
        nn.PixelUnshuffle(unshuffle),
        conv3x3(planes * unshuffle**2, channels),
        nn.ReLU(inplace=True),
        *blocks,
        conv3x3(channels, 3 * unshuffle**2),
        nn.PixelShuffle(unshuffle),
    )


def published(name: str, task: str, psnr: float, network: nn.Module, inputs: int = 3) -> Network:
    network = channels_last(network.eval())
    x = torch.rand(1, inputs, SIDE, SIDE).contiguous(memory_format=torch.channels_last)

    def run() -> object:
        with torch.inference_mode():
            return network(x)

    return Network(name, task, psnr, run, flops=flops_of(network, inputs))


def included(model: str, precision: restorer.Precision, psnr: float) -> Network:
    predictor = restorer.load(model, device="cpu", precision=precision)
    values, spec = planes(predictor.spec, SIDE), predictor.spec
    plan = plan_tiles((SIDE, SIDE), spec.tile.for_picture((SIDE, SIDE)))
    name = f"{model}, {precision}"
    flops = flops_of(predictor.network, spec.planes)
    return Network(
        name,
        spec.task,
        psnr,
        lambda: predictor.run(values, plan, batch=THREADS),
        flops=flops,
    )


def flops_of(network: nn.Module, inputs: int) -> float:
    """Return the operations of the convolutions per input pixel: two for each weight used."""
    counted, side = list[float](), 64

    def count(layer: nn.Module, _: object, y: torch.Tensor) -> None:
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d), "has weights"
        pixels = y[0, 0].numel()
        if isinstance(layer, nn.ConvTranspose2d):
            pixels //= layer.stride[0] * layer.stride[1]
        counted.append(2 * layer.weight.numel() * pixels)

    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    network(torch.rand(1, inputs, side, side))  # with gradients, no operators are fused
    for hook in hooks:
        hook.remove()
    return sum(counted) / side**2


def peak_flops(dtype: torch.dtype) -> float:
    """Return the operations per second of all threads together, each with a picture of its own."""
    torch.set_num_threads(1)
    layer = conv3x3(64, 64).to(dtype).to(memory_format=torch.channels_last)
    x = torch.rand(1, 64, 208, 208).to(dtype).contiguous(memory_format=torch.channels_last)

    def run() -> None:
        with torch.inference_mode():
            for _ in range(10):
                layer(x)

    run()
    fastest = min(seconds(run) for _ in range(10)) / 10
    torch.set_num_threads(THREADS)
    return THREADS * 2 * layer.weight.numel() * 208**2 / fastest


def networks() -> list[Network]:
    x2, noise = "super-resolution", "denoising"
    figure = {spec.id: spec.figure for spec in restorer.list_models()}
    own = {
        "panet-sr-x2-lite": float(figure["panet-sr-x2-lite"].split()[1].rstrip(",")),
        "panet-denoise-lite": float(figure["panet-denoise-lite"].split()[-2]),
    }
    return [
        *(included(m, p, psnr) for m, psnr in own.items() for p in ("fp32", "bf16")),
        published("EDSR-baseline", x2, 37.99, EDSRBaseline()),
        published("SPAN", x2, 38.08, SPAN()),
        published("SMFANet", x2, 38.08, SMFANet(scale=2)),
        Network("PAN", x2, 38.00, None, of_dncnn=1.52),
        Network("IMDN", x2, 38.00, None, of_dncnn=2.46),
        published("DnCNN", noise, 31.23, plain(64, 20)),
        published("FFDNet", noise, 31.21, plain(96, 12, unshuffle=2, planes=4), inputs=4),
    ]


def main() -> None:
    torch.set_num_threads(THREADS)
    found = networks()
    times: dict[str, list[float]] = {each.name: [] for each in found if each.run}
    for number in range(ROUNDS + 1):  # the first round warms up
        for each in found:
            if each.run is not None:
                taken = seconds(each.run) / SIDE**2 * 1e6
                if number:
                    times[each.name].append(taken)
    pace = {name: statistics.median(each) for name, each in times.items()}
    pace |= {each.name: each.of_dncnn * pace["DnCNN"] for each in found if each.run is None}
    peaks = {"fp32": peak_flops(torch.float32), "bf16": peak_flops(torch.bfloat16)}
    print("| network | PSNR, dB | s/megapixel | kFLOP/pixel | convolutions alone, s | share |")
    print("|---|---|---|---|---|---|")
    for each in found:
        row = f"| {each.name} | {each.psnr:.2f} | {pace[each.name]:.2f} |"
        if each.run is None:
            print(f"{row} | | |")
            continue
        peak = peaks["bf16" if each.name.endswith("bf16") else "fp32"]
        alone = each.flops * 1e6 / peak
        share = alone / pace[each.name]
        print(f"{row} {each.flops / 1e3:.0f} | {alone:.2f} | {share:.0%} |")
    draw(found, pace)


def draw(found: list[Network], pace: dict[str, float]) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import NullLocator

    titles = {
        "super-resolution": "Set5, enlarged 2x (red: panet-sr-x2-lite)",
        "denoising": "CBSD68, sigma 25 (red: panet-denoise-lite)",
    }
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axis, (task, title) in zip(axes, titles.items(), strict=True):
        for each in found:
            if each.task != task:
                continue
            own = each.name.startswith("panet")
            place = pace[each.name], each.psnr
            axis.plot(*place, "o", color=_OWN_MARK if own else _PUBLISHED_MARK)
            label, above = each.name.split(", ")[-1], each.name in _ABOVE
            axis.annotate(
                label,
                place,
                (0, 7 if above else -7),
                textcoords="offset points",
                ha="center",
                va="bottom" if above else "top",
                fontsize=8,
            )
        axis.set(xscale="log", xlabel="seconds per megapixel", title=title)
        axis.set_xticks(_TICKS, [str(tick) for tick in _TICKS])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xlim(0.4, 40)
        axis.margins(y=0.25)
    axes[0].set_ylabel("PSNR, dB")
    figure.savefig(_PICTURE, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    torch.manual_seed(0)
    main()

"""Networks that are equivariant to rotations by 90 degrees and flips.

Source: Cohen and Welling 2016, "Group equivariant convolutional networks", arXiv:1602.07576. Hidden
channels come in groups of eight, one for each rotation and flip of the square. Transforming the
image permutes the channels within each group. The layers remain ordinary convolutions, whose
kernels are invariant to a transformation combined with the permutation of their channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from restorer.errors import SettingsError

Order: TypeAlias = NDArray[np.intp]  # permutation: the source channel of each channel

# The eight transformations: number of quarter turns, and whether to flip horizontally before.
TRANSFORMS = tuple((quarters, flipped) for flipped in (False, True) for quarters in range(4))


def transform(values: NDArray[Any], symmetry: tuple[int, bool]) -> NDArray[Any]:
    """Apply one of `TRANSFORMS` to (..., H, W) values."""
    quarters, flipped = symmetry
    return np.rot90(values[..., ::-1] if flipped else values, quarters, (-2, -1))


def symmetrize(network: nn.Module) -> None:
    """Make all convolutions symmetric and keep them symmetric during training.

    Each kernel is replaced by the mean over its transformations, rescaled to its former norm. From
    then on, gradients are averaged in the same way. Adam and Muon treat all entries, or rows and
    columns, alike, so symmetric kernels remain symmetric.

    Channels that come from a `PixelUnshuffle` or go into a `PixelShuffle` belong to pixel blocks;
    all others are hidden channels. Kernels and blocks must be square.

    Raises SettingsError if the number of hidden channels is not a multiple of eight.
    """
    places: dict[Tensor, Tensor] = {}  # shared parameters have one entry
    for layer, inputs, outputs in _convolutions(network):
        rows, columns = outputs, inputs
        if isinstance(layer, nn.ConvTranspose2d):
            rows, columns = inputs, outputs
        places[layer.weight] = _places(layer.weight, rows, columns)
        if layer.bias is not None:
            places[layer.bias] = torch.from_numpy(np.stack(outputs)).to(layer.bias.device)
    for parameter, own in places.items():
        with torch.no_grad():
            mean = _mean(parameter, own)
            norm = mean.norm()
            parameter.copy_(mean * (parameter.norm() / norm) if norm else mean)
        average = partial(_mean, places=own)
        parameter.register_hook(average)  # type: ignore[no-untyped-call]  # torch leaves it untyped


def _mean(values: Tensor, places: Tensor) -> Tensor:
    return values.flatten()[places].mean(0).reshape(values.shape)


def _places(kernel: Tensor, rows: list[Order], columns: list[Order]) -> Tensor:
    """Return (8, entries): for each transformation, the source entry of each kernel entry."""
    entries = np.arange(kernel.numel()).reshape(kernel.shape)
    each = [
        transform(entries, symmetry)[row][:, column].ravel()
        for symmetry, row, column in zip(TRANSFORMS, rows, columns, strict=True)
    ]
    return torch.from_numpy(np.stack(each)).to(kernel.device)


def _convolutions(
    network: nn.Module,
) -> Iterator[tuple[nn.Conv2d | nn.ConvTranspose2d, list[Order], list[Order]]]:
    """Yield every convolution with the permutations of its input and output channels."""
    blocks_in: dict[nn.Module, int] = {}
    blocks_out: dict[nn.Module, int] = {}
    for chain in network.modules():
        if isinstance(chain, nn.Sequential):
            for before, after in pairwise(chain):
                if isinstance(before, nn.PixelUnshuffle):
                    blocks_in[after] = before.downscale_factor
                if isinstance(after, nn.PixelShuffle):
                    blocks_out[before] = after.upscale_factor
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            inputs = _orders(layer.in_channels, blocks_in.get(layer))
            yield layer, inputs, _orders(layer.out_channels, blocks_out.get(layer))


def _orders(channels: int, side: int | None) -> list[Order]:
    """Return the permutation for each transformation, for blocks of `side` or hidden channels."""
    own = _hidden_orders() if side is None else _block_orders(side)
    if channels % len(own[0]):
        raise SettingsError(f"symmetric: {channels} channels, expected a multiple of {len(own[0])}")
    firsts = np.arange(0, channels, len(own[0]))[:, None]
    return [(firsts + order).ravel() for order in own]


def _block_orders(side: int) -> list[Order]:
    return [
        transform(np.arange(side * side).reshape(side, side), each).ravel() for each in TRANSFORMS
    ]


def _hidden_orders() -> list[Order]:
    """Return the permutation of a group of eight for each transformation, by composition."""
    block = np.arange(9).reshape(3, 3)
    number = {transform(block, each).tobytes(): i for i, each in enumerate(TRANSFORMS)}
    orders = []
    for symmetry in TRANSFORMS:
        after = [
            number[transform(transform(block, each), symmetry).tobytes()] for each in TRANSFORMS
        ]
        orders.append(np.argsort(after))
    return orders

"""Symmetry: networks whose results turn and flip with their pictures.

Source: Cohen and Welling 2016, "Group equivariant convolutional networks", arXiv:1602.07576. Hidden
    planes come in eights, one for each turn and flip of the square; where a picture is turned or
    flipped, the planes of an eight change places. The convolutions stay what they were: theirs are
    the kernels that do not change when they are turned or flipped and their planes change places.
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

Order: TypeAlias = NDArray[np.intp]  # which plane comes to the place of each

# Quarter turns, and whether left and right change sides before.
TURNS = tuple((quarters, flipped) for flipped in (False, True) for quarters in range(4))


def turned(values: NDArray[Any], turn: tuple[int, bool]) -> NDArray[Any]:
    """Return (..., H, W) turned and flipped, one of `TURNS`."""
    quarters, flipped = turn
    return np.rot90(values[..., ::-1] if flipped else values, quarters, (-2, -1))


def symmetrize(network: nn.Module) -> None:
    """Make the convolutions symmetric, and keep them so in training.

    Each kernel becomes the mean of what its turns and flips make of it, with the norm that it had;
    so does each gradient from now on. Adam and Muon treat all entries, or rows and columns, alike,
    so that what is symmetric remains so.

    Planes are taken for parts of pixel blocks where they come out of a `PixelUnshuffle` or go into
    a `PixelShuffle`, for hidden ones elsewhere. The sizes of kernels and blocks are square.

    Raises SettingsError where hidden planes are no multiple of eight.
    """
    places: dict[Tensor, Tensor] = {}  # one entry for a parameter that several networks share
    for layer, taken, given in _convolutions(network):
        rows, columns = given, taken
        if isinstance(layer, nn.ConvTranspose2d):
            rows, columns = taken, given
        places[layer.weight] = _places(layer.weight, rows, columns)
        if layer.bias is not None:
            places[layer.bias] = torch.from_numpy(np.stack(given)).to(layer.bias.device)
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
    """Return (8, entries): for every turn, which entry of the kernel comes to each place."""
    entries = np.arange(kernel.numel()).reshape(kernel.shape)
    each = [
        turned(entries, turn)[row][:, column].ravel()
        for turn, row, column in zip(TURNS, rows, columns, strict=True)
    ]
    return torch.from_numpy(np.stack(each)).to(kernel.device)


def _convolutions(
    network: nn.Module,
) -> Iterator[tuple[nn.Conv2d | nn.ConvTranspose2d, list[Order], list[Order]]]:
    """Give every convolution with the orders of the planes that it takes and gives."""
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
            taken = _orders(layer.in_channels, blocks_in.get(layer))
            yield layer, taken, _orders(layer.out_channels, blocks_out.get(layer))


def _orders(planes: int, side: int | None) -> list[Order]:
    """Return for every turn the order of planes: of blocks of `side` pixels, or hidden ones."""
    own = _hidden_orders() if side is None else _block_orders(side)
    if planes % len(own[0]):
        raise SettingsError(f"symmetric: {planes} planes, expected a multiple of {len(own[0])}")
    firsts = np.arange(0, planes, len(own[0]))[:, None]
    return [(firsts + order).ravel() for order in own]


def _block_orders(side: int) -> list[Order]:
    return [turned(np.arange(side * side).reshape(side, side), turn).ravel() for turn in TURNS]


def _hidden_orders() -> list[Order]:
    """Return for every turn the order of an eight: the plane of a turn goes to that of both."""
    block = np.arange(9).reshape(3, 3)
    number = {turned(block, turn).tobytes(): i for i, turn in enumerate(TURNS)}
    orders = []
    for turn in TURNS:
        after = [number[turned(turned(block, each), turn).tobytes()] for each in TURNS]
        orders.append(np.argsort(after))
    return orders

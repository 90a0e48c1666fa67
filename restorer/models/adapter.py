"""Adapters that give other people's networks the interface that `Predictor` calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from restorer.errors import InferenceError


class SeededNetwork(nn.Module):
    """A network without a seed of its own, called with the global generators set and restored.

    Args:
        network: Maps (N, C, H, W) tensors.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Return the result of the network."""
        with seeded(x, seed):
            y: Tensor = self.network(x)
        return y


class BorrowedNetwork(nn.Module):
    """A module that stays the caller's: its device, type, mode and gradients do not change.

    It is no submodule, so that ``to``, ``eval`` and ``requires_grad_`` of this one pass it by. It
    runs in evaluation mode, and returns to the mode that it had.

    Args:
        module: Maps (N, C, H, W) tensors; a keyword ``seed`` is passed on.
        call: Called in place of the module.
        square: Whether inputs are padded to squares by mirroring, and results cropped.
    """

    def __init__(
        self,
        module: nn.Module,
        call: Callable[..., Tensor] | None = None,
        *,
        square: bool = False,
    ) -> None:
        super().__init__()
        self._held = (module, call or module)
        self._takes_seed = call is None and takes_seed(module)
        self.square = square

    @property
    def module(self) -> nn.Module:
        """The module of the caller."""
        return self._held[0]

    @property
    def device(self) -> torch.device:
        """The device of its first parameter or buffer; the CPU without any."""
        found = next(self._tensors(), None)
        return torch.device("cpu") if found is None else found.device

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, C, H, W) to (N, C', scale * H, scale * W)."""
        module, call = self._held
        height, width = x.shape[2:]
        padded = self.square and height != width
        if padded:
            x = mirrored(x, max(height, width), max(height, width))
        dtype = next((t.dtype for t in self._tensors() if t.is_floating_point()), x.dtype)
        x = x.to(dtype).contiguous()  # the layout of its own calls, for the same bits
        with _evaluating(module), seeded(x, seed):
            y = call(x, seed=seed) if self._takes_seed else call(x)
        if not isinstance(y, Tensor):
            raise InferenceError(
                f"{type(module).__name__}: returns {type(y).__name__}, expected one tensor; wrap it"
                " in a module that returns the restored picture"
            )
        scale = y.shape[2] // x.shape[2]
        return y[:, :, : height * scale, : width * scale] if padded else y

    def _tensors(self) -> Iterator[Tensor]:
        yield from self.module.parameters()
        yield from self.module.buffers()


def takes_seed(module: nn.Module) -> bool:
    """Whether the forward of a module takes a keyword ``seed``."""
    try:
        return "seed" in inspect.signature(module.forward).parameters
    except (TypeError, ValueError):  # compiled code without a signature
        return False


@contextmanager
def seeded(x: Tensor, seed: int) -> Iterator[None]:
    """Seed torch's global generators, of the device of `x` too, and restore them at the end."""
    with torch.random.fork_rng([x.device] if x.is_cuda else []):
        torch.manual_seed(seed)
        yield


def mirrored(x: Tensor, height: int, width: int) -> Tensor:
    """Return (N, C, H, W) extended at the bottom and right by mirroring, as often as needed."""
    for dim, side in ((2, height), (3, width)):
        last = x.shape[dim] - 1
        if side > last + 1:
            places = torch.arange(side, device=x.device) % max(1, 2 * last)
            x = x.index_select(dim, torch.where(places > last, 2 * last - places, places))
    return x


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    training = [each for each in module.modules() if each.training]
    for each in training:
        each.training = False
    try:
        yield
    finally:
        for each in training:
            each.training = True

"""Networks by the name that the catalogue gives them; torch inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor, nn

from restorer.networks.panet import PAEDSR, PANet, PANetLite

__all__ = ["ARCHITECTURES", "PAEDSR", "Network", "PANet", "PANetLite"]


class Network(Protocol):
    """What every architecture offers to `inference`."""

    def __call__(self, x: Tensor, *, seed: int) -> Tensor:
        """Map (N, C, h, w) to (N, C', h*scale, w*scale); same seed, same pixels."""


# Catalogue name -> constructor; its keyword arguments are the catalogue's `params`.
ARCHITECTURES: Mapping[str, Callable[..., nn.Module]] = {
    "pa-edsr": PAEDSR,
    "panet": PANet,
    "panet-lite": PANetLite,
}

"""Networks by the name that the catalog gives them; torch inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from restorer.networks.enlcn import ENLCN
from restorer.networks.nlsn import NLSN
from restorer.networks.nonlocal_net import NonLocalNet
from restorer.networks.panet import PAEDSR, PANet, PANetLite
from restorer.networks.ttsr import TTSR
from restorer.networks.ttsr_lite import TTSRLite

__all__ = [
    "ARCHITECTURES",
    "ENLCN",
    "NLSN",
    "PAEDSR",
    "TTSR",
    "Architecture",
    "Network",
    "NonLocalNet",
    "PANet",
    "PANetLite",
    "PublishedNetwork",
    "TTSRLite",
]


class Network(Protocol):
    """What every architecture offers to `inference`, but for those that need a reference."""

    def __call__(self, x: Tensor, *, seed: int) -> Tensor:
        """Map (N, C, h, w) to (N, C', h*scale, w*scale); same seed, same pixels."""


@runtime_checkable
class PublishedNetwork(Protocol):
    """What every architecture offers to those who take its weights elsewhere."""

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict in the layout of the authors."""


class Architecture(Protocol):
    """A row of `ARCHITECTURES`: the class of a network."""

    def __call__(self, *args: Any, **params: Any) -> nn.Module:
        """Build the network; the catalog's `params` are its arguments."""

    def arguments(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the arguments that the shapes of a state dict point to; None: not its own."""


ARCHITECTURES: Mapping[str, Architecture] = {
    "pa-edsr": PAEDSR,
    "panet": PANet,
    "panet-lite": PANetLite,
    "nlsn": NLSN,
    "enlcn": ENLCN,
    "nonlocal-net": NonLocalNet,
    "ttsr": TTSR,
    "ttsr-lite": TTSRLite,
}

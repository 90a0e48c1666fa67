"""Network architectures by their names in the catalog; importing this loads torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from restorer.networks.enlcn import ENLCN
from restorer.networks.layers import ReferenceUse
from restorer.networks.nlsn import NLSN
from restorer.networks.nonlocal_net import NonLocalNet
from restorer.networks.panet import PAEDSR, PANet, PANetLite
from restorer.networks.smfanet import SMFANet
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
    "SMFANet",
    "TTSRLite",
    "reference_use",
]


class Network(Protocol):
    """The call interface that `inference` uses; reference-based networks have their own."""

    def __call__(self, x: Tensor, *, seed: int) -> Tensor:
        """Map (N, C, h, w) to (N, C', h*scale, w*scale); same seed, same pixels."""


@runtime_checkable
class PublishedNetwork(Protocol):
    """A network that exports its weights in the layout of the authors' code."""

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict in the layout of the authors."""


class Architecture(Protocol):
    """An entry of `ARCHITECTURES`: a network class with its capabilities.

    Without arguments it builds the network of the published size; an instance has its ``scale``.
    Other capabilities are optional: ``references``, how the network takes reference pictures (none
    by default); a keyword ``seed`` of its forward; ``stages`` and ``published_state``.
    """

    def __call__(self, *args: Any, **params: Any) -> nn.Module:
        """Build the network; the catalog's `params` are its arguments."""

    def arguments(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""


# A program may add entries of its own; their checkpoints are then identified like all others.
ARCHITECTURES: dict[str, Architecture] = {
    "pa-edsr": PAEDSR,
    "panet": PANet,
    "panet-lite": PANetLite,
    "nlsn": NLSN,
    "enlcn": ENLCN,
    "nonlocal-net": NonLocalNet,
    "smfanet": SMFANet,
    "ttsr": TTSR,
    "ttsr-lite": TTSRLite,
}


def reference_use(architecture: str) -> ReferenceUse:
    """Return how a network takes reference pictures; none for networks of spandrel."""
    use: ReferenceUse = getattr(ARCHITECTURES.get(architecture), "references", "none")
    return use

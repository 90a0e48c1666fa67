"""The network that merges references into an enlargement, as a `Predictor`."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from restorer.inference.predictor import Predictor
from restorer.networks.ttsr_lite import TTSRLite


class Merger(nn.Module):
    """The network with its confidence as a fourth plane of the result.

    Args:
        network: The merging network.
    """

    def __init__(self, network: TTSRLite) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, 7, H, W) to (N, 4, H, W); see `TTSRLite.guide`."""
        guided = self.network.guide(x)
        return torch.cat([guided.restored, guided.confidence], 1)


def merging(predictor: Predictor) -> Predictor:
    """Return the merging half of a reference model, which takes an enlargement at its size.

    A merging predictor is returned unchanged.
    """
    if isinstance(predictor.network, Merger):
        return predictor
    assert isinstance(predictor.network, TTSRLite), "the architecture of models with a base"
    spec = replace(predictor.spec, scale=1)
    return Predictor(spec, Merger(predictor.network), predictor.device, predictor.precision)

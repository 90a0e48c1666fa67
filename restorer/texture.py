"""The network that merges references into an enlargement, as a `Predictor` and as a judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from restorer.devices import fitting
from restorer.image import FloatArray
from restorer.inference import Predictor
from restorer.networks.ttsr_lite import TTSRLite

_ROWS = 256  # that are judged at once, target pixels
_REACH = 8  # how far a judgement sees: features, their patch, the window of brightness


class Merger(nn.Module):
    """The network with its confidence as a fourth plane of the result.

    Args:
        network: What merges.
    """

    def __init__(self, network: TTSRLite) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, 7, H, W) to (N, 4, H, W); see `TTSRLite.guide`."""
        guided = self.network.guide(x)
        return torch.cat([guided.restored, guided.confidence], 1)


def merging(predictor: Predictor) -> Predictor:
    """Return the second half of a reference model: it takes an enlargement and changes no size.

    A predictor that is one already is returned as it is.
    """
    if isinstance(predictor.network, Merger):
        return predictor
    assert isinstance(predictor.network, TTSRLite), "the architecture of models with a base"
    spec = replace(predictor.spec, scale=1)
    return Predictor(spec, Merger(predictor.network), predictor.device, predictor.precision)


def judge(predictor: Predictor, target: FloatArray, reference: FloatArray) -> FloatArray:
    """Return (h, w), how well a reference fits as it lies on a target, both (h, w, 3): -1 to 1."""
    assert isinstance(predictor.network, Merger), "made by merging"
    network, height = predictor.network.network, len(target)
    judged = np.empty(target.shape[:2], np.float32)
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        first, last = max(0, top - _REACH), min(height, bottom + _REACH)
        what = f"{predictor.spec.id}: {last - first} rows of {target.shape[1]} pixels"
        with fitting(predictor.device, what), torch.inference_mode():
            here, there = (
                torch.from_numpy(np.ascontiguousarray(x[first:last]))
                .to(predictor.device)
                .permute(2, 0, 1)[None]
                for x in (target, reference)
            )
            fit = network.judge(here, there)[0, 0].cpu().numpy()
        judged[top:bottom] = fit[top - first : bottom - first]
    return judged

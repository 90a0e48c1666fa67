"""Judge with the merging network how well a registered reference fits."""

from __future__ import annotations

import numpy as np
import torch

from restorer.image import FloatArray
from restorer.inference.memory import fitting
from restorer.inference.merging import Merger
from restorer.inference.predictor import Predictor

_ROWS = 256  # rows of the target that are judged at once
_REACH = 8  # receptive field of a judgment: features, their patch, the window of brightness


def judge(predictor: Predictor, target: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the fit (h, w), -1 to 1, of a registered reference on a target, both (h, w, 3)."""
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

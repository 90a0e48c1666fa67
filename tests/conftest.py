"""Seeds and small images for all tests."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from helpers import make_photograph


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def photograph() -> NDArray[np.uint8]:
    """A 96x128 RGB picture with edges, gradients and texture."""
    return make_photograph(96, 128)

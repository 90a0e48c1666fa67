"""Symmetric networks are equivariant to rotations and flips and remain so in training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

import restorer
from restorer.networks import PANetLite
from restorer.training.loop import train
from restorer.training.muon import Muon, hidden_kernels
from restorer.training.recipe import Recipe
from restorer.training.symmetry import TRANSFORMS, symmetrize, transform

from helpers import make_photograph

NETWORKS: list[dict[str, Any]] = [
    {"scale": 2, "squeeze": 4},
    {"scale": 3, "squeeze": 2},
    {"scale": 4, "squeeze": 2, "attention_channels": 0},
    {"scale": 1, "conditions": 1, "unshuffle": 2, "squeeze": 2},
]


def _random(params: Mapping[str, Any], seed: int = 0) -> PANetLite:
    torch.manual_seed(seed)
    network = PANetLite(**{"blocks": 2, "channels": 32, "attention_channels": 16, **params})
    for parameter in network.parameters():  # the attention's output starts at zero
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return network


def _run(network: nn.Module, planes: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.no_grad():
        result: NDArray[np.float32] = network(torch.from_numpy(planes.copy())[None])[0].numpy()
    return result


def _largest_difference(network: PANetLite, turn: tuple[int, bool], seed: int = 0) -> float:
    rng = np.random.default_rng(seed)
    planes = rng.random((3 + network.conditions, 16, 24), np.float32)
    result = _run(network, planes)
    again = _run(network, transform(planes, turn))
    return float(np.abs(again - transform(result, turn)).max() / np.abs(result).max())


@given(st.sampled_from(NETWORKS), st.sampled_from(TRANSFORMS), st.integers(0, 99))
def test_symmetric_networks_are_equivariant(
    params: dict[str, Any], turn: tuple[int, bool], seed: int
) -> None:
    network = _random(params, seed)
    symmetrize(network)
    assert _largest_difference(network, turn, seed) < 1e-4


def test_other_networks_are_not_equivariant() -> None:
    differences = [_largest_difference(_random(NETWORKS[0]), turn) for turn in TRANSFORMS]
    assert differences[0] == 0
    assert min(differences[1:]) > 0.01


def test_symmetric_kernels_and_norms_are_preserved() -> None:
    network = _random(NETWORKS[0])
    before = [float(kernel.detach().norm()) for kernel in hidden_kernels(network)]
    symmetrize(network)
    assert [float(kernel.detach().norm()) for kernel in hidden_kernels(network)] == pytest.approx(
        before
    )
    state = {name: value.clone() for name, value in network.state_dict().items()}
    symmetrize(network)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, state[name])


def test_training_keeps_the_symmetry() -> None:
    network = _random(NETWORKS[0])
    symmetrize(network)
    kernels = hidden_kernels(network)
    taken = {id(kernel) for kernel in kernels}
    others = [p for p in network.parameters() if id(p) not in taken]
    optimizers = [Muon(kernels, lr=1e-2), torch.optim.Adam(others, lr=1e-2)]
    for _ in range(5):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = (network(torch.rand(2, 3, 16, 16)) - torch.rand(2, 3, 32, 32)).abs().mean()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
    assert max(_largest_difference(network, turn) for turn in TRANSFORMS) < 1e-3


def test_a_symmetric_recipe_makes_symmetric_networks(tmp_path: Path) -> None:
    for number in range(2):
        picture = restorer.Image(make_photograph(80, 90 + number))
        restorer.write(picture, tmp_path / "photographs" / f"{number}.png")
    recipe = Recipe(
        model="tiny",
        architecture="panet-lite",
        params={"scale": 2, "blocks": 2, "channels": 32, "attention_channels": 16},
        degradation={"kind": "bicubic", "scale": 2},
        iterations=4,
        batch=2,
        patch=16,
        learning_rate=1e-3,
        symmetric=True,
        siblings=({"model": "twin", "params": {"scale": 3}, "degradation": {"scale": 3}},),
    )
    for _ in train(recipe, tmp_path / "photographs", tmp_path / "out"):
        pass
    for name, scale in (("tiny", 2), ("twin", 3)):
        network = PANetLite(**{**recipe.params, "scale": scale})
        state = restorer.models.checkpoint.read_state(tmp_path / "out" / f"{name}.safetensors")
        network.load_state_dict({k: v.float() for k, v in state.items()})
        assert max(_largest_difference(network, turn) for turn in TRANSFORMS) < 1e-3


def test_channels_that_are_no_multiple_of_eight_are_refused() -> None:
    with pytest.raises(restorer.SettingsError, match="12 channels"):
        symmetrize(PANetLite(channels=12))

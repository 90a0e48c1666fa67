"""Muon makes orthogonal updates of the right size."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from restorer.networks import PANetLite
from restorer.training.muon import Muon, hidden_kernels, orthogonalize


@given(st.integers(1, 40), st.integers(1, 40), st.floats(1e-3, 1e3), st.integers(0, 99))
def test_orthogonalization_keeps_singular_vectors_and_sets_values_to_about_one(
    rows: int, columns: int, factor: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    square = torch.randn(rows, columns, generator=generator)
    u, _, v = torch.linalg.svd(square, full_matrices=False)
    values = factor * torch.linspace(1, 0.1, min(rows, columns))
    made = u.T @ orthogonalize(u * values @ v) @ v.T
    assert torch.allclose(made, made.diagonal().diag(), atol=1e-3)
    assert made.diagonal().min() > 0.6
    assert made.diagonal().max() < 1.3


def test_a_gradient_of_zeros_changes_nothing() -> None:
    kernel = nn.Parameter(torch.ones(32, 32, 3, 3))
    kernel.grad = torch.zeros_like(kernel)
    Muon([kernel], lr=0.1).step()
    assert torch.equal(kernel, torch.ones_like(kernel))


@pytest.mark.parametrize("shape", [(32, 64, 3, 3), (64, 32, 3, 3), (48, 48, 1, 1)])
def test_an_update_is_a_fifth_of_the_learning_rate(shape: tuple[int, ...]) -> None:
    kernel = nn.Parameter(torch.zeros(shape))
    kernel.grad = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    Muon([kernel], lr=1e-2).step()
    assert float(kernel.detach().square().mean().sqrt()) == pytest.approx(2e-3, rel=0.2)


def test_kernels_are_updated_independently() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(32, 64, 3, 3), (48, 32, 1, 1), (32, 64, 3, 3)]
    kernels = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]
    alone = copy.deepcopy(kernels)
    together = Muon(kernels, lr=1e-2)
    singles = [Muon([kernel], lr=1e-2) for kernel in alone]
    for _ in range(3):
        for kernel, twin in zip(kernels, alone, strict=True):
            kernel.grad = torch.randn(kernel.shape, generator=generator)
            twin.grad = kernel.grad.clone()
        for optimizer in (together, *singles):
            optimizer.step()
    torch.testing.assert_close(kernels, alone)


def test_hidden_kernels_are_those_between_wide_layers() -> None:
    network = PANetLite(scale=2, blocks=2, channels=32, attention_channels=8)
    names = {id(p): name for name, p in network.named_parameters()}
    found = [names[id(kernel)] for kernel in hidden_kernels(network)]
    assert found == [
        "before.0.body.0.weight",
        "before.0.body.2.weight",
        "after.0.body.0.weight",
        "after.0.body.2.weight",
        "after.1.weight",
    ]

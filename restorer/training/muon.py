"""Muon: momentum whose kernels are orthogonalized before a step.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", with the
    step size of Liu et al. 2025, arXiv:2502.16982, equation 4. `torch.optim.Muon` takes matrices
    only, and the kernels of a convolution are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

# Quintic iteration that takes singular values to about 1: not exactly, but in five steps.
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_MOMENTUM = 0.95
_RMS = 0.2  # of an update, about that of Adam's, so that both go with one learning rate
_HIDDEN_PLANES = 32


class Muon(torch.optim.Optimizer):
    """Update the kernels of hidden convolutions, each as a matrix (out, in * height * width).

    Args:
        kernels: Parameters of two dimensions or more.
        lr: Learning rate; the root mean square of an update is a fifth of it.
    """

    def __init__(self, kernels: Iterable[nn.Parameter], *, lr: float) -> None:
        super().__init__(kernels, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # returns no loss
        """Update all kernels that have gradients; `closure` is not used.

        Kernels of one shape are orthogonalized at once: a GPU would wait for each of hundreds of
        small products.
        """
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = {}
            for kernel in group["params"]:
                if kernel.grad is not None:
                    alike.setdefault(kernel.shape, []).append(kernel)
            for shape, kernels in alike.items():
                directions = torch.stack([self._direction(kernel).flatten(1) for kernel in kernels])
                updates = orthogonalized(directions) * (_RMS * max(directions.shape[1:]) ** 0.5)
                for kernel, update in zip(kernels, updates, strict=True):
                    kernel.sub_(update.reshape(shape), alpha=group["lr"])

    def _direction(self, kernel: nn.Parameter) -> Tensor:
        """Return the gradient with Nesterov's momentum, which it joins."""
        assert kernel.grad is not None
        state = self.state[kernel]
        if not state:
            state["momentum"] = torch.zeros_like(kernel)
        momentum = state["momentum"].lerp_(kernel.grad, 1 - _MOMENTUM)
        return kernel.grad.lerp(momentum, _MOMENTUM)


def orthogonalized(matrices: Tensor) -> Tensor:
    """Return about U V^T for (..., m, n) matrices U S V^T: singular values of about 0.7 to 1.1."""
    a, b, c = _NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    values: Tensor = x.mT if tall else x
    return values


def hidden_kernels(network: nn.Module) -> list[nn.Parameter]:
    """Return the kernels between hidden layers: those of at least 32 planes on both sides."""
    return [p for p in network.parameters() if p.ndim == 4 and min(p.shape[:2]) >= _HIDDEN_PLANES]

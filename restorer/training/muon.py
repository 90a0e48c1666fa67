"""The Muon optimizer: momentum with orthogonalized updates.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", with the
step size of Liu et al. 2025, arXiv:2502.16982, equation 4. `torch.optim.Muon` only supports
matrices, not the kernels of convolutions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

# Coefficients of a quintic iteration that brings singular values close to 1 in five steps.
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_MOMENTUM = 0.95
_RMS = 0.2  # RMS of an update, close to that of Adam, so that both use the same learning rate
_HIDDEN_CHANNELS = 32


class Muon(torch.optim.Optimizer):
    """Optimizer for hidden convolution kernels, as matrices (out, in * height * width).

    Args:
        kernels: Parameters with at least two dimensions.
        lr: Learning rate; the root mean square of an update is a fifth of it.
    """

    def __init__(self, kernels: Iterable[nn.Parameter], *, lr: float) -> None:
        super().__init__(kernels, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # returns no loss
        """Update all kernels that have gradients; `closure` is not used.

        Kernels with the same shape are orthogonalized together, because hundreds of small
        products would be slow on a GPU.
        """
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = {}
            for kernel in group["params"]:
                if kernel.grad is not None:
                    by_shape.setdefault(kernel.shape, []).append(kernel)
            for shape, kernels in by_shape.items():
                directions = torch.stack([self._direction(kernel).flatten(1) for kernel in kernels])
                updates = orthogonalize(directions) * (_RMS * max(directions.shape[1:]) ** 0.5)
                for kernel, update in zip(kernels, updates, strict=True):
                    kernel.sub_(update.reshape(shape), alpha=group["lr"])

    def _direction(self, kernel: nn.Parameter) -> Tensor:
        """Add the gradient to the momentum and return the Nesterov direction."""
        assert kernel.grad is not None
        state = self.state[kernel]
        if not state:
            state["momentum"] = torch.zeros_like(kernel)
        momentum = state["momentum"].lerp_(kernel.grad, 1 - _MOMENTUM)
        return kernel.grad.lerp(momentum, _MOMENTUM)


def orthogonalize(matrices: Tensor) -> Tensor:
    """Approximate U V^T for (..., m, n) matrices U S V^T; singular values become 0.7 to 1.1."""
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
    """Return the kernels between hidden layers, with at least 32 channels on both sides."""
    return [p for p in network.parameters() if p.ndim == 4 and min(p.shape[:2]) >= _HIDDEN_CHANNELS]

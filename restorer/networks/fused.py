"""Convolutions fused with the operations that follow them, on CPUs.

oneDNN applies a ReLU to the values of a convolution, or adds them to a tensor, while they are in
its registers ("post-operations"; PyTorch's compiler calls the same operators). In bfloat16 they
are rounded once in place of twice, and no tensor is allocated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.modes import is_exporting
from restorer.networks.layers import ResidualBlock


def fused_type(x: Tensor) -> torch.dtype | None:
    """Return the type of fused convolutions of `x`; None where there are none.

    They have no gradients, and are not for other devices, exports and compilers.
    """
    if x.device.type != "cpu" or torch.is_grad_enabled() or is_exporting():
        return None
    dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    enabled = torch.backends.mkldnn.enabled and not torch.compiler.is_compiling()
    return dtype if enabled and _agrees(dtype) else None


def blocks_in_place(blocks: Sequence[nn.Module], x: Tensor) -> Tensor:
    """Return `x`, (N, C, H, W) of a `fused_type`, after residual blocks that overwrite it.

    The blocks have a ReLU and a residual scale of 1; see `is_fusible`.
    """
    for block in blocks:
        assert isinstance(block, ResidualBlock), "is fusible"
        add_convolution(block.body[2], _convolved(block.body[0], x, "relu"), x)
    return x


def add_convolution(layer: nn.Module, x: Tensor, total: Tensor) -> Tensor:
    """Add a convolution of `x` to `total`, in place, and return it."""
    weight, bias, *how = _arguments(layer, total.dtype)
    torch.ops.mkldnn._convolution_pointwise_.binary(
        total, x, weight, bias, *how, "add", 1.0, None, [], None
    )
    return total


def is_fusible(block: nn.Module) -> bool:
    """Whether a module is a residual block that `blocks_in_place` computes."""
    return (
        isinstance(block, ResidualBlock)
        and isinstance(block.body[1], nn.ReLU)
        and block.residual_scale == 1
    )


def _convolved(layer: nn.Module, x: Tensor, after: str) -> Tensor:
    weight, bias, *how = _arguments(layer, x.dtype)
    result: Tensor = torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *how, after, [], None)
    return result


def _arguments(layer: nn.Module, dtype: torch.dtype) -> tuple[object, ...]:
    assert isinstance(layer, nn.Conv2d), "of a trunk"
    bias = None if layer.bias is None else layer.bias.to(dtype)
    how = layer.padding, layer.stride, layer.dilation, layer.groups
    return layer.weight.to(dtype), bias, *how


@cache
def _agrees(dtype: torch.dtype) -> bool:
    """Whether this processor and version of PyTorch have the operators, and they are right."""
    if dtype not in (torch.float32, torch.bfloat16):
        return False
    with torch.inference_mode(), torch.random.fork_rng([]), torch.autocast("cpu", enabled=False):
        torch.manual_seed(0)
        layer = nn.Conv2d(16, 16, 3, padding=1).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
        x = torch.randn(1, 16, 12, 10).to(dtype, memory_format=torch.channels_last)
        expected = F.relu(layer(x.float())) + layer(x.float())
        try:
            found = add_convolution(layer, x, _convolved(layer, x, "relu"))
        except (AttributeError, RuntimeError):
            return False
        return bool(torch.allclose(found.float(), expected, rtol=0.02, atol=0.02))

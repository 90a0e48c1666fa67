"""Efficient non-local attention (Xia et al. 2022, arXiv:2201.03794) as a module.

`EfficientNonLocalAttention` computes the same as the module of Zj-BinXia/ENLCA@5d8d5b2, with the
same state-dict names, and was written from a description of it (that code has no license).
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from restorer.attention.kernel import contrastive_loss, kernel_attention, orthogonal_projection
from restorer.attention.modes import at_least_float32
from restorer.attention.tf32 import exactly

_NORM_FLOOR = 5e-5  # value of the authors' code


class Projection(nn.Module):
    """The (features, channels) random projection of an attention, with its published name."""

    projection_matrix: Tensor

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("projection_matrix", orthogonal_projection(features, channels))


class EfficientNonLocalAttention(nn.Module):
    """y = residual_scale * attention(x) + x, with attention by random features.

    exp(q.k) is approximated by products of positive random features (equation 6 of the paper), so
    that keys and values are summed up once for all queries. The random projection is part of the
    state dict and changes only when training calls `redraw_projection`.

    Shapes: (N, C, H, W) to the same shape, for any H and W. Time grows with H W * features * C,
    memory with H W (C + C / reduction) plus 32 MiB. All inputs and parameters get gradients, the
    projection does not.

    ::

        >>> import torch
        >>> from restorer.attention import EfficientNonLocalAttention
        >>> attention = EfficientNonLocalAttention(16, features=32)
        >>> attention(torch.rand(2, 16, 20, 30)).shape
        torch.Size([2, 16, 20, 30])

    Args:
        channels: Number of channels C.
        reduction: Queries and keys have C / reduction channels.
        features: Number of random features m.
        amplification: Amplification factor k of the paper: queries and keys have the squared norm
            k. Larger values give sparser weights.
        residual_scale: Factor on the attention.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 4,
        features: int = 128,
        amplification: float = 6.0,
        residual_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.norm = math.sqrt(amplification)
        self.residual_scale = residual_scale
        self.conv_match1 = nn.Sequential(nn.Conv2d(channels, channels // reduction, 1))
        self.conv_match2 = nn.Sequential(nn.Conv2d(channels, channels // reduction, 1))
        self.conv_assembly = nn.Sequential(nn.Conv2d(channels, channels, 1))
        self.attn_fn = Projection(features, channels // reduction)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        # The features are exponentials of sums near 20, for which half precision is too coarse.
        with exactly(x.device.type):
            x = x.to(self.attn_fn.projection_matrix.dtype)
            attended = kernel_attention(
                self.query(x),
                self.key(x),
                x,
                self.attn_fn.projection_matrix,
                assemble=self.assemble,
            )
        return torch.add(
            x, attended.to(x.dtype), alpha=self.residual_scale
        )  # one temporary less than x + s * a

    def query(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the (N, C', H, W) queries, all of the same norm."""
        return self._normalize(self.conv_match1(x))

    def key(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the (N, C', H, W) keys, all of the same norm."""
        return self._normalize(self.conv_match2(x))

    def assemble(self, sums: Tensor) -> Tensor:
        """Map the key sums of the features to those of their values, W x + b.

        A layer for 128 sums takes hardly any time, a layer for all pixels as much as all else.
        """
        layer = cast(nn.Conv2d, self.conv_assembly[0])
        weight, bias = (
            at_least_float32(p) for p in (layer.weight.flatten(1), cast(Tensor, layer.bias))
        )
        features, count = sums[..., :-1, :], sums[..., -1:, :]
        return torch.cat([weight @ features + bias[:, None] * count, count], -2)

    def _normalize(self, vectors: Tensor) -> Tensor:
        # F.normalize takes five times as long for the norms across channels (measured).
        energy = vectors.square().sum(1, keepdim=True).clamp_min(_NORM_FLOOR**2)
        return vectors * (self.norm * energy.rsqrt())

    def loss(self, x: Tensor) -> Tensor:
        """Return the contrastive loss, a scalar, of (N, C, H, W) features.

        Raises ValueError below 65 pixels.
        """
        with exactly(x.device.type):
            x = x.to(self.attn_fn.projection_matrix.dtype)
            return contrastive_loss(self.query(x), self.key(x))

    def redraw_projection(self, generator: torch.Generator) -> None:
        """Replace the random projection in place; `generator` is on the CPU."""
        projection = self.attn_fn.projection_matrix
        features, channels = projection.shape
        projection.copy_(orthogonal_projection(features, channels, generator))

"""Non-local blocks of other projects, with the names of their state dicts.

Each is a variant of the embedded Gaussian (Wang et al. 2018, arXiv:1711.07971): `PReLUNonLocal` of
HarukiYqM/Non-Local-Sparse-Attention@fb3d422, `SelfAttention` of SAGAN (Zhang et al. 2019,
arXiv:1805.08318), and two listings that circulate without a repository: `WeightNormNonLocal` and
`FoldedNonLocal`. All compute the same as the original code, and were written from a description.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.dense import dense_attention, query_softmax_attention, softmax_affinity


class PReLUNonLocal(nn.Module):
    """y = attention(x) + residual_scale * x, with a PReLU after each of the three convolutions."""

    def __init__(self, channels: int, *, reduction: int = 2, residual_scale: float = 1.0) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        inner = channels // reduction
        self.conv_match1 = nn.Sequential(nn.Conv2d(channels, inner, 1), nn.PReLU())
        self.conv_match2 = nn.Sequential(nn.Conv2d(channels, inner, 1), nn.PReLU())
        self.conv_assembly = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.PReLU())

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        maps = self.conv_match1(x), self.conv_match2(x), self.conv_assembly(x)
        return dense_attention(*maps, softmax_affinity) + x * self.residual_scale


class SelfAttention(nn.Module):
    """y = gamma * attention(x) + x, with a learned gamma initialized to 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // 8)
        self.query_conv = nn.Conv2d(channels, inner, 1)
        self.key_conv = nn.Conv2d(channels, inner, 1)
        self.value_conv = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        maps = self.query_conv(x), self.key_conv(x), self.value_conv(x)
        return self.gamma * dense_attention(*maps, softmax_affinity) + x

    def affinity(self, x: Tensor) -> Tensor:
        """Return the whole attention map, (N, H W, H W)."""
        return softmax_affinity(self.query_conv(x).flatten(2), self.key_conv(x).flatten(2))


class WeightNormNonLocal(nn.Module):
    """z = W y + x with weight-normalized convolutions; queries and keys share one.

    The parameters are the pairs `weight_g`, `weight_v` of torch's old weight norm, so that a
    published state dict loads unchanged and training continues with the same parametrization.
    """

    def __init__(self, channels: int, key_channels: int, value_channels: int) -> None:
        super().__init__()
        self.f_key = WeightNormConv(channels, key_channels)
        self.f_query = self.f_key
        self.f_value = WeightNormConv(channels, value_channels)
        self.W = WeightNormConv(value_channels, channels)
        nn.init.zeros_(self.W.weight_g)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        match = self.f_key(x)
        z: Tensor = self.W(dense_attention(match, match, self.f_value(x), softmax_affinity)) + x
        return z


class WeightNormConv(nn.Module):
    """A 1x1 convolution with the weight g * v / |v|, normalized per output channel."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        conv = nn.Conv2d(channels_in, channels_out, 1)
        self.weight_v = nn.Parameter(conv.weight.detach().clone())
        self.weight_g = nn.Parameter(self._norms().detach())
        self.bias = nn.Parameter(torch.zeros(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H, W)."""
        return F.conv2d(x, self.weight_v * (self.weight_g / self._norms()), self.bias)

    def _norms(self) -> Tensor:
        norms: Tensor = torch.linalg.vector_norm(self.weight_v, dim=(1, 2, 3), keepdim=True)
        return norms


class FoldedNonLocal(nn.Module):
    """The non-local block of a widespread listing, bugs included, for use with its weights only.

    Maps of C / 2 channels are reshaped to C rows, so each row holds half of the pixels of a channel
    and the attention compares unrelated pairs of pixels. The softmax runs over the queries. H * W
    must be even. New networks should use `NonLocalBlock`.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 2
        self.conv_phi = nn.Conv2d(channels, inner, 1, bias=False)
        self.conv_theta = nn.Conv2d(channels, inner, 1, bias=False)
        self.conv_g = nn.Conv2d(channels, inner, 1, bias=False)
        self.conv_mask = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape.

        Raises ValueError if H * W is odd.
        """
        batch, channels, height, width = x.shape
        if height * width % 2:
            raise ValueError(
                f"features of {height} x {width}: the folded block needs an even H * W"
            )
        maps = (self.conv_theta(x), self.conv_phi(x), self.conv_g(x))
        theta, phi, g = (y.reshape(batch, channels, -1) for y in maps)
        attended = query_softmax_attention(theta, phi, g)
        z: Tensor = self.conv_mask(attended.reshape(batch, -1, height, width)) + x
        return z

"""Non-local block (Wang et al. 2018, arXiv:1711.07971) as a module.

`NonLocalBlock` computes the same as the four pairwise functions of
AlexHex7/Non-local_pytorch@ec15789 (Apache-2.0), with the same state-dict names. The authors' own
code differs: it pools before the convolutions and divides the scores of the embedded Gaussian by
the square root of the number of channels.
"""

from __future__ import annotations

from typing import Literal, cast

import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.dense import (
    dense_attention,
    product_affinity,
    softmax_affinity,
    sum_affinity,
)

Pairwise = Literal["gaussian", "embedded_gaussian", "dot_product", "concatenation"]

AFFINITIES = {
    "gaussian": softmax_affinity,
    "embedded_gaussian": softmax_affinity,
    "dot_product": product_affinity,
    "concatenation": sum_affinity,
}


class NonLocalBlock(nn.Module):
    """z = W y + x, where y_i is the sum over all pixels j of g(x_j) weighted by f(x_i, x_j).

    The pairwise functions are equations 2 to 5 of the paper: exp(x_i.x_j), exp(theta_i.phi_j),
    theta_i.phi_j and relu(w.[theta_i, phi_j]). The block starts as the identity, because its last
    layer (W or the batch norm) is initialized to zero, so it can be added to a trained network.

    Shapes: (N, C, H, W) to the same shape, for any H and W. Time grows with (H W)**2 C, a quarter
    of it with `pooling`, and with H W C**2 for the dot product; memory with H W C plus 8 MiB. All
    inputs and parameters get gradients; second derivatives of the Gaussians fail where PyTorch's
    attention kernels compute them (`torch.nn.functional.scaled_dot_product_attention`).

    ::

        >>> import torch
        >>> from restorer.attention import NonLocalBlock
        >>> x = torch.rand(1, 16, 20, 30)
        >>> block = NonLocalBlock(16, pairwise="embedded_gaussian", pooling=True)
        >>> torch.equal(block(x), x)
        True

    Args:
        channels: Number of channels C; theta, phi and g have half as many.
        pairwise: Pairwise function f. The Gaussians are normalized by their sum over j, the others
            by the number of pixels.
        pooling: Halve the size of the keys and values by 2x2 max pooling.
        batch_norm: Apply batch normalization to W y.
    """

    def __init__(
        self,
        channels: int,
        *,
        pairwise: Pairwise = "embedded_gaussian",
        pooling: bool = False,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        inner = max(1, channels // 2)
        pool = [Halve()] if pooling else []
        self.pairwise = pairwise
        self.g = _chain(nn.Conv2d(channels, inner, 1), *pool)
        self.W = _chain(
            nn.Conv2d(inner, channels, 1), *([nn.BatchNorm2d(channels)] if batch_norm else [])
        )
        last = self.W[-1] if isinstance(self.W, nn.Sequential) else self.W
        nn.init.zeros_(cast(Tensor, last.weight))
        nn.init.zeros_(cast(Tensor, last.bias))
        self.theta: nn.Module = nn.Identity()
        self.phi: nn.Module = nn.Sequential(*pool)
        if pairwise != "gaussian":
            self.theta = nn.Conv2d(channels, inner, 1)
            self.phi = _chain(nn.Conv2d(channels, inner, 1), *pool)
        if pairwise == "concatenation":
            self.concat_project = nn.Sequential(nn.Conv2d(2 * inner, 1, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        query, key = self._embed(x)
        value = self.g(x)
        y = dense_attention(query, key, value, AFFINITIES[self.pairwise])
        z: Tensor = self.W(y.to(value.dtype)) + x
        return z

    def affinity(self, x: Tensor) -> Tensor:
        """Return the whole normalized f, (N, H W, keys); memory grows with (H W)**2."""
        query, key = self._embed(x)
        return AFFINITIES[self.pairwise](query.flatten(2), key.flatten(2))

    def _embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return theta(x), (N, C', H, W), and phi(x), (N, C', h, w)."""
        query, key = self.theta(x), self.phi(x)
        if self.pairwise != "concatenation":
            return query, key
        # w.[theta, phi] is the sum of two products, so the pairs need not be concatenated.
        own, other = cast(Tensor, self.concat_project[0].weight).chunk(2, 1)
        return F.conv2d(query, own), F.conv2d(key, other)


class Halve(nn.Module):
    """2x2 max pooling that drops an odd last row or column, but keeps a single one."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H // 2, W // 2), at least 1."""
        return F.max_pool2d(x, [min(2, side) for side in x.shape[2:]])


def _chain(first: nn.Module, *others: nn.Module) -> nn.Module:
    """Return a sequence, or `first` itself if it is alone, as the published names require."""
    return nn.Sequential(first, *others) if others else first

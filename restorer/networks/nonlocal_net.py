"""Non-local block (Wang et al. 2018, arXiv:1711.07971) and a restoration network built from it.

`NonLocalBlock` computes the same as the four pairwise functions of
AlexHex7/Non-local_pytorch@ec15789 (Apache-2.0), with the same state-dict names. The authors' own
code differs: it pools before the convolutions and divides the scores of the embedded Gaussian by
the square root of the number of channels. `NonLocalNet` is this project's own design, an EDSR trunk
with non-local blocks between its residual blocks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, cast

import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.dense import (
    dense_attention,
    product_affinity,
    softmax_affinity,
    sum_affinity,
)
from restorer.networks.layers import (
    ReferenceUse,
    ResidualBlock,
    Upsampler,
    conv3x3,
    conv_shape,
    count_blocks,
    find_scale,
)
from restorer.networks.stages import Program, trunk_program

Pairwise = Literal["gaussian", "embedded_gaussian", "dot_product", "concatenation"]

AFFINITIES = {
    "gaussian": softmax_affinity,
    "embedded_gaussian": softmax_affinity,
    "dot_product": product_affinity,
    "concatenation": sum_affinity,
}


class NonLocalBlock(nn.Module):
    """z = W y + x, where y_i is the sum over all pixels j of g(x_j) weighted by f(x_i, x_j).

    The block starts as the identity, because its last layer (W or the batch norm) is initialized
    to zero.

    Args:
        channels: Number of channels; theta, phi and g have half as many.
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
        y = dense_attention(query, key, self.g(x), AFFINITIES[self.pairwise])
        z: Tensor = self.W(y) + x
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


class NonLocalNet(nn.Module):
    """Restore at scale 1, or super-resolve by 2, 3 or 4, with non-local blocks along the trunk.

    The input image, enlarged by pixel repetition, is added to the output of the trunk.

    Args:
        scale: 1, or the upscaling factor.
        colors: Channels of the image.
        blocks: Number of residual blocks.
        channels: Width of the trunk.
        pairwise: See `NonLocalBlock`.
        pooling: See `NonLocalBlock`.
        batch_norm: See `NonLocalBlock`.
        every: Number of residual blocks before each non-local block.
    """

    ignored_keys = ()
    references: ClassVar[ReferenceUse] = "none"

    def __init__(
        self,
        *,
        scale: int = 1,
        colors: int = 3,
        blocks: int = 16,
        channels: int = 64,
        pairwise: Pairwise = "embedded_gaussian",
        pooling: bool = True,
        batch_norm: bool = False,
        every: int = 8,
    ) -> None:
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = []
        for count in range(1, blocks + 1):
            layers.append(ResidualBlock(channels, nn.ReLU(inplace=True)))
            if count % every == 0:
                layers.append(
                    NonLocalBlock(
                        channels, pairwise=pairwise, pooling=pooling, batch_norm=batch_norm
                    )
                )
        self.head = nn.Sequential(conv3x3(colors, channels))
        self.body = nn.Sequential(*layers, conv3x3(channels, channels))
        enlarge = [Upsampler(scale, channels)] if scale > 1 else []
        self.tail = nn.Sequential(*enlarge, conv3x3(channels, colors))

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, colors, H, W), white 1, to (N, colors, scale H, scale W); `seed` is unused."""
        features = self.enter(x)
        return self.leave(x, features + self.body(features))

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        pairwise = {layer.pairwise for layer in self.body if isinstance(layer, NonLocalBlock)}
        # Dot products are linear: their sum over the keys comes first.
        return trunk_program(self, NonLocalBlock, order=1 if pairwise == {"dot_product"} else 2)

    def enter(self, x: Tensor) -> Tensor:
        """Map (N, colors, H, W) to the features of the head, (N, channels, H, W)."""
        features: Tensor = self.head(x)
        return features

    def leave(self, x: Tensor, trunk: Tensor) -> Tensor:
        """Map (N, channels, H, W) and the image to (N, colors, scale H, scale W)."""
        if self.scale > 1:
            x = F.interpolate(x, scale_factor=self.scale, mode="nearest")
        restored: Tensor = x + self.tail(trunk)
        return restored

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's.

        Dot products have the same shapes as the embedded Gaussian and are read as such.
        """
        inside = (re.fullmatch(r"body\.(\d+)\.g\.(?:0\.)?weight", key) for key in shapes)
        places = [int(match[1]) for match in inside if match]
        channels, colors = conv_shape(shapes, "head.0")
        if not places or not channels:
            return None
        first = f"body.{min(places)}"
        pairwise = "embedded_gaussian" if f"{first}.theta.weight" in shapes else "gaussian"
        if f"{first}.concat_project.0.weight" in shapes:
            pairwise = "concatenation"
        return {
            "scale": find_scale(shapes) or 1,
            "colors": colors,
            "blocks": count_blocks(shapes),
            "channels": channels,
            "pairwise": pairwise,
            "pooling": f"{first}.g.0.weight" in shapes,
            "batch_norm": f"{first}.W.1.weight" in shapes,
            "every": min(places),
        }

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict; there is no other layout."""
        return self.state_dict()


def _chain(first: nn.Module, *others: nn.Module) -> nn.Module:
    """Return a sequence, or `first` itself if it is alone, as the published names require."""
    return nn.Sequential(first, *others) if others else first

"""A restoration network built from non-local blocks (Wang et al. 2018, arXiv:1711.07971).

`NonLocalNet` is this project's own design, an EDSR trunk with non-local blocks between its residual
blocks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.nonlocal_block import NonLocalBlock, Pairwise
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

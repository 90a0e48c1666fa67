"""Self-modulation feature aggregation network (Zheng et al. 2024, ECCV).

"SMFANet: A Lightweight Self-Modulation Feature Aggregation Network for Efficient Image
Super-Resolution". `SMFANet` computes the same as the network of Zheng-MJ/SMFANet@b3ac071, with the
same state-dict names. It was written from the paper, and reaches its figures with those weights.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.networks.layers import ReferenceUse, conv3x3, conv_shape

_POOLING = 8  # side of the areas whose maxima make the non-local features
_LOCAL_WIDTH = 2  # of the local branch, in relation to the width of the network
_PARTIAL = 4  # the feed-forward network filters one of so many features in space


class SMFANet(nn.Module):
    """Super-resolve by 2, 3 or 4; SMFANet+ has 12 blocks of 48 features.

    Every block takes the variance of its features over the whole image.

    Args:
        scale: The upscaling factor.
        blocks: Number of feature modulation blocks.
        channels: Width of the network, a multiple of 2.
        expansion: Width of the feed-forward networks, in relation to `channels`.
    """

    ignored_keys = ()
    references: ClassVar[ReferenceUse] = "none"

    def __init__(
        self, *, scale: int = 2, blocks: int = 8, channels: int = 36, expansion: int = 2
    ) -> None:
        super().__init__()
        self.scale = scale
        self.to_feat = conv3x3(3, channels)
        self.feats = nn.Sequential(*(_Block(channels, expansion) for _ in range(blocks)))
        self.to_img = nn.Sequential(conv3x3(channels, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, 3, H, W), white 1, to (N, 3, scale H, scale W); `seed` is unused.

        H and W are 8 or more.
        """
        features = self.to_feat(x)
        restored: Tensor = self.to_img(features + self.feats(features))
        return restored

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        numbers = [int(m[1]) for key in shapes if (m := re.match(r"feats\.(\d+)\.smfa\.", key))]
        channels = conv_shape(shapes, "to_feat")[0]
        expansion = conv_shape(shapes, "feats.0.pcfn.conv_0")[0] // max(1, channels)
        scale = math.isqrt(conv_shape(shapes, "to_img.0")[0] // 3)
        if not numbers or not channels or not expansion or not scale:
            return None
        return {
            "scale": scale,
            "blocks": max(numbers) + 1,
            "channels": channels,
            "expansion": expansion,
        }

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict, whose names are those of the authors."""
        return self.state_dict()


class _Block(nn.Module):
    """Feature modulation: self-modulation, then a feed-forward network, each with a shortcut."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        self.smfa = _SelfModulation(channels)
        self.pcfn = _PartialFeedForward(channels, expansion)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.smfa(F.normalize(x))
        x = x + self.pcfn(F.normalize(x))
        return x


class _SelfModulation(nn.Module):
    """Non-local features, which modulate a share of the features, added to local ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear_0 = nn.Conv2d(channels, 2 * channels, 1)
        self.linear_1 = nn.Conv2d(channels, channels, 1)
        self.linear_2 = nn.Conv2d(channels, channels, 1)
        self.lde = _LocalDetail(channels)
        self.dw_conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.alpha = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.belt = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        local, modulated = self.linear_0(x).chunk(2, dim=1)
        coarse = F.adaptive_max_pool2d(modulated, (height // _POOLING, width // _POOLING))
        spread = modulated.float().var((2, 3), keepdim=True).to(modulated.dtype)
        gates = F.gelu(self.linear_1(self.dw_conv(coarse) * self.alpha + spread * self.belt))
        modulated = modulated * F.interpolate(gates, (height, width), mode="nearest")
        joined: Tensor = self.linear_2(modulated + self.lde(local))
        return joined


class _LocalDetail(nn.Module):
    """Two layers with a filter for each feature before the first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _LOCAL_WIDTH * channels
        self.conv_0 = nn.Sequential(
            nn.Conv2d(channels, wide, 3, padding=1, groups=channels), nn.Conv2d(wide, wide, 1)
        )
        self.conv_1 = nn.Conv2d(wide, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        restored: Tensor = self.conv_1(F.gelu(self.conv_0(x)))
        return restored


class _PartialFeedForward(nn.Module):
    """Two layers; between them, a quarter of the features is filtered in space."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        wide = expansion * channels
        part = wide // _PARTIAL
        self.conv_0 = nn.Conv2d(channels, wide, 1)
        self.conv_1 = conv3x3(part, part)
        self.conv_2 = nn.Conv2d(wide, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        part = self.conv_1.in_channels
        x = F.gelu(self.conv_0(x))
        filtered = F.gelu(self.conv_1(x[:, :part]))
        restored: Tensor = self.conv_2(torch.cat([filtered, x[:, part:]], dim=1))
        return restored

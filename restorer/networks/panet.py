"""Pyramid attention networks (Mei et al. 2020, arXiv:2004.13824).

Reference: SHI-Labs/Pyramid-Attention-Networks@a267cf8 (MIT). `PANet` (denoising, demosaicing, JPEG
artifacts) and `PAEDSR` (super-resolution) compute the same as the authors' networks, with the same
state-dict names, except for redundant keys: `msa.*` (a second name of the attention), `sub_mean.*`
and `add_mean.*`. `PANetLite` is this project's own small member of the family.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.pyramid import PyramidAttention
from restorer.attention.windows import attend_in_windows
from restorer.networks.fused import add_convolution, blocks_in_place, fused_type, is_fusible
from restorer.networks.layers import (
    EDSR,
    ReferenceUse,
    ResidualBlock,
    conv3x3,
    conv_shape,
    count_blocks,
    find_scale,
    mean_shift_state,
)
from restorer.networks.stages import (
    Chain,
    Global,
    Local,
    Map,
    Program,
    filling,
    reach,
    trunk_program,
)

_WINDOW_OVERLAP = 4  # coarse pixels; the patches of the outermost ones are cut off


class PANet(nn.Module):
    """Restore without changing the size: 80 blocks of 64 channels, attention in the middle.

    All blocks share one PReLU, as in the reference code. There is no mean shift and no image
    residual: the network returns the clean image itself.
    """

    ignored_keys = ("sub_mean.", "add_mean.")
    references: ClassVar[ReferenceUse] = "none"
    scale = 1

    def __init__(
        self, *, colors: int = 3, blocks: int = 80, channels: int = 64, peak: float = 1.0
    ) -> None:
        super().__init__()
        self.peak = peak  # the stored mean shifts are the only place that records it
        activation = nn.PReLU()
        half = [ResidualBlock(channels, activation) for _ in range(blocks // 2)]
        other = [ResidualBlock(channels, activation) for _ in range(blocks // 2)]
        self.head = nn.Sequential(conv3x3(colors, channels))
        self.body = nn.Sequential(
            *half, PyramidAttention(channels), *other, conv3x3(channels, channels)
        )
        self.tail = nn.Sequential(conv3x3(channels, colors))

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, colors, H, W) with white `peak` to the same shape; `seed` is not used."""
        features = self.enter(x)
        return self.leave(x, features + self.body(features))

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        return trunk_program(self, PyramidAttention, order=2)

    def enter(self, x: Tensor) -> Tensor:
        """Map (N, colors, H, W) to (N, channels, H, W), the head's features."""
        features: Tensor = self.head(x)
        return features

    def leave(self, x: Tensor, trunk: Tensor) -> Tensor:
        """Map (N, channels, H, W) to (N, colors, H, W); the image `x` is not used."""
        restored: Tensor = self.tail(trunk)
        return restored

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        colors, channels = conv_shape(shapes, "tail.0")
        if not colors or not any(_match_shape(shapes)):
            return None
        return {"colors": colors, "blocks": count_blocks(shapes), "channels": channels}

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict as the authors store it."""
        return self.state_dict() | mean_shift_state(self.peak)


class PAEDSR(EDSR):
    """Super-resolve by 2, 3 or 4: EDSR, 32 blocks of 256 channels, an attention in the middle."""

    ignored_keys = (*EDSR.ignored_keys, "msa.")

    def __init__(
        self,
        *,
        scale: int = 2,
        blocks: int = 32,
        channels: int = 256,
        reduction: int = 8,
        residual_scale: float = 0.1,
        peak: float = 1.0,
    ) -> None:
        half = [ResidualBlock(channels, nn.ReLU(), residual_scale) for _ in range(blocks // 2)]
        other = [ResidualBlock(channels, nn.ReLU(), residual_scale) for _ in range(blocks // 2)]
        attention = PyramidAttention(channels, reduction=reduction, residual_scale=residual_scale)
        super().__init__(
            lambda: nn.Sequential(*half, attention, *other, conv3x3(channels, channels)),
            scale=scale,
            channels=channels,
            peak=peak,
        )

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        return trunk_program(self, PyramidAttention, order=2)

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        scale = find_scale(shapes)
        inner, channels = _match_shape(shapes)
        if scale is None or not inner:
            return None
        return {
            "scale": scale,
            "blocks": count_blocks(shapes),
            "channels": channels,
            "reduction": channels // inner,
        }

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict as the authors store it, with both names of the attention."""
        state = super().published_state()
        places = [i for i, m in enumerate(self.body) if isinstance(m, PyramidAttention)]
        attention = f"body.{places[0]}."
        doubles = {
            key.replace(attention, "msa.", 1): value
            for key, value in state.items()
            if key.startswith(attention)
        }
        return state | doubles


class PANetLite(nn.Module):
    """A small pyramid attention network for super-resolution or denoising on CPUs.

    The trunk works on space-to-depth pixels (`unshuffle`). The attention works on features that are
    another `squeeze` times coarser, because its time is quadratic in the number of pixels, and in
    windows of the size of the patches that it was trained on. The output of the attention is
    initialized to zero, so it can be added to a trained trunk without changing its result. The
    input image is added to the output of the trunk.

    Args:
        scale: 1, or the upscaling factor.
        conditions: Number of input planes in addition to RGB (1: the noise level map).
        blocks: Number of residual blocks, half before and half after the attention.
        channels: Width of the trunk.
        unshuffle: Space-to-depth factor of the trunk.
        squeeze: Side of the pixel blocks that the attention treats as one pixel.
        attention_channels: Width of the attention, 0 for none.
        levels: Number of scales of the pyramid.
        window: Largest side of a window of the attention, in coarse pixels.
    """

    ignored_keys = ()
    references: ClassVar[ReferenceUse] = "none"

    def __init__(
        self,
        *,
        scale: int = 1,
        conditions: int = 0,
        blocks: int = 8,
        channels: int = 48,
        unshuffle: int = 1,
        squeeze: int = 2,
        attention_channels: int = 32,
        levels: int = 3,
        window: int = 26,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.unshuffle = unshuffle
        self.conditions = conditions
        self.channels = channels
        self.window_side = window * squeeze * unshuffle  # in image pixels
        self.head = nn.Sequential(
            nn.PixelUnshuffle(unshuffle), conv3x3((3 + conditions) * unshuffle**2, channels)
        )
        self.before = nn.Sequential(*_blocks(channels, blocks // 2))
        self.attention = (
            SqueezedAttention(
                channels, attention_channels, squeeze=squeeze, levels=levels, window=window
            )
            if attention_channels
            else nn.Identity()
        )
        self.after = nn.Sequential(
            *_blocks(channels, blocks - blocks // 2), conv3x3(channels, channels)
        )
        self.tail = nn.Sequential(
            conv3x3(channels, 3 * (unshuffle * scale) ** 2), nn.PixelShuffle(unshuffle * scale)
        )

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, 3 + conditions, H, W) with white 1 to (N, 3, scale H, scale W).

        H and W are multiples of unshuffle * squeeze; `seed` is not used.
        """
        features: Tensor = self.head(x)
        before, (*after, closing) = list(self.before), list(self.after)
        dtype = fused_type(features)
        if dtype is None or not all(is_fusible(block) for block in (*before, *after)):
            return self.leave(x, features + self.after(self.attention(self.before(features))))
        features = features.to(dtype)
        body = self.attention(blocks_in_place(before, features.clone())).to(dtype)
        return self.leave(x, add_convolution(closing, blocks_in_place(after, body), features))

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        attention = self.attention if isinstance(self.attention, SqueezedAttention) else None
        squeeze = attention.squeeze.stride[0] if attention else 1
        cell = self.unshuffle * squeeze
        image = Map("image", 3 + self.conditions, cell)
        chain = Chain(image, self.channels, squeeze)
        for layer in (self.head, *self.before):
            chain.apply(layer, reach(layer))
        chain.close()
        reads = [chain.features, image]
        if attention is not None:
            coarse = Map("coarse", attention.squeeze.out_channels)
            chain.stages.append(Local(attention.squeeze, (chain.features,), coarse, 0))
            attend = filling(attention.attention.attend)
            chain.stages.append(Global(attend, (coarse,), coarse, 2))
            reads.append(coarse)

        def close(features: Tensor, x: Tensor, *attended: Tensor) -> Tensor:
            if attention is not None:
                features = attention.join(features, *attended)
            return self.leave(x, self.head(x) + self.after(features))

        result = Map("result", 3, cell * self.scale)
        radius = reach(self.head, self.after, self.tail)
        return chain.finish(Local(close, tuple(reads), result, radius))

    def leave(self, x: Tensor, trunk: Tensor) -> Tensor:
        """Map (N, channels, H / unshuffle, W / unshuffle) and the image to the result."""
        image = x[:, :3]
        if self.scale > 1:
            image = F.interpolate(image, scale_factor=self.scale, mode="nearest")
        restored: Tensor = image + self.tail(trunk)
        return restored

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's.

        The state dict does not record the number of levels, which takes its default.
        """
        channels, inputs = conv_shape(shapes, "head.1")
        outputs, _ = conv_shape(shapes, "tail.0")
        blocks = count_blocks(shapes, "before", "after")
        if not blocks or min(inputs, outputs) < 3:
            return None
        # inputs = (3 + conditions) * unshuffle**2, and 3 a**2 = 4 b**2 has no integer solution.
        conditions = 0 if math.isqrt(inputs // 3) ** 2 * 3 == inputs else 1
        unshuffle = math.isqrt(inputs // (3 + conditions))
        inner, _ = conv_shape(shapes, "attention.squeeze")
        return {
            "scale": max(1, math.isqrt(outputs // 3) // unshuffle),
            "conditions": conditions,
            "blocks": blocks,
            "channels": channels,
            "unshuffle": unshuffle,
            "squeeze": shapes["attention.squeeze.weight"][3] if inner else 2,
            "attention_channels": inner,
        }

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict; there is no other layout."""
        return self.state_dict()


class SqueezedAttention(nn.Module):
    """x plus pyramid attention on `squeeze` times coarser features, initialized to the identity.

    Attributes:
        window: Largest side of the windows of coarse features that the attention compares.
    """

    def __init__(
        self, channels: int, inner: int, *, squeeze: int, levels: int, window: int
    ) -> None:
        super().__init__()
        self.window = window
        self.squeeze = nn.Conv2d(channels, inner, squeeze, stride=squeeze)
        self.attention = PyramidAttention(inner, levels=levels)
        self.expand = nn.ConvTranspose2d(inner, channels, squeeze, stride=squeeze)
        nn.init.zeros_(self.expand.weight)
        nn.init.zeros_(self.expand.bias)  # type: ignore[arg-type]  # built with a bias

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape; H and W are multiples of `squeeze`."""
        attended = attend_in_windows(
            self.attention.attend, self.squeeze(x), side=self.window, overlap=_WINDOW_OVERLAP
        )
        return self.join(x, attended)

    def join(self, x: Tensor, attended: Tensor) -> Tensor:
        """Add the attention of the coarse features to the fine ones."""
        expanded: Tensor = self.expand(attended)
        return x + expanded


def _match_shape(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
    """Return the output and input channels of the attention's query convolution in ``body``."""
    name = ".conv_match_L_base.0.weight"
    keys = [key for key in shapes if key.startswith("body.") and key.endswith(name)]
    return conv_shape(shapes, keys[0].removesuffix(".weight")) if keys else (0, 0)


def _blocks(channels: int, count: int) -> list[ResidualBlock]:
    return [ResidualBlock(channels, nn.ReLU(inplace=True)) for _ in range(count)]

"""Efficient non-local contrastive network (Xia et al. 2022, arXiv:2201.03794).

`ENLCN` computes the same as the network of Zj-BinXia/ENLCA@5d8d5b2, with the same state-dict names,
and was written from a description of it (that code has no license). The random projections are part
of the checkpoint; they change only when training calls `redraw_projections`. A separate method
returns the contrastive losses, which the reference code returns in training mode.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.kernel import (
    block_pixels,
    contrastive_loss,
    kernel_attention,
    key_sums,
    orthogonal_projection,
    read_sums,
)
from restorer.networks.layers import (
    EDSR,
    attended_body,
    conv_shape,
    count_blocks,
    find_scale,
    seeded_generator,
)
from restorer.networks.stages import Chain, Global, Program, trunk_program

_AMPLIFICATION = math.sqrt(6)  # norm of queries and keys in the authors' code
_NORM_FLOOR = 5e-5  # value of the authors' code


class Projection(nn.Module):
    """The (features, channels) random projection of an attention, with its published name."""

    projection_matrix: Tensor

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("projection_matrix", orthogonal_projection(features, channels))


class KernelAttention(nn.Module):
    """y = residual_scale * attention(x) + x, with attention by random features.

    Args:
        channels: Number of channels C.
        reduction: Queries and keys have C / reduction channels.
        features: Number of random features.
        residual_scale: Factor on the attention.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 4,
        features: int = 128,
        residual_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.conv_match1 = nn.Sequential(nn.Conv2d(channels, channels // reduction, 1))
        self.conv_match2 = nn.Sequential(nn.Conv2d(channels, channels // reduction, 1))
        self.conv_assembly = nn.Sequential(nn.Conv2d(channels, channels, 1))
        self.attn_fn = Projection(features, channels // reduction)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape, in float32."""
        # The features are exponentials of sums near 20, for which half precision is too coarse.
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(self.attn_fn.projection_matrix.dtype)
            attended = kernel_attention(
                *self._match(x), self.conv_assembly(x), self.attn_fn.projection_matrix
            )
        return torch.add(
            x, attended, alpha=self.residual_scale
        )  # one temporary less than x + s * a

    def extend(self, chain: Chain) -> None:
        """Append the stage of `forward` to a program; see `forward_into`."""
        chain.stages.append(Global(self.forward_into, (chain.features,), chain.features, 1))

    def forward_into(self, x: Tensor, out: Tensor) -> None:
        """Write `forward` of (1, C, H, W) into `out`, which may be `x`, one block at a time."""
        projection = self.attn_fn.projection_matrix
        step = block_pixels(projection)
        inputs, outputs = (torch.split(m.flatten(2)[:, :, None], step, dim=3) for m in (x, out))
        with torch.autocast(x.device.type, enabled=False):
            sums = reduce(torch.add, (self._key_sums(block) for block in inputs))
            for block, result in zip(inputs, outputs, strict=True):
                attended = read_sums(sums, self._query(block)[0, :, 0], projection)[None, :, None]
                result.copy_(torch.add(block, attended, alpha=self.residual_scale))

    def _key_sums(self, x: Tensor) -> Tensor:
        """Return the key sums of (1, C, 1, L) features; see `restorer.attention.kernel`."""
        key, value = self._key(x)[0, :, 0], self.conv_assembly(x)[0, :, 0]
        return key_sums(key, value, self.attn_fn.projection_matrix)

    def loss(self, x: Tensor) -> Tensor:
        """Return the contrastive loss, a scalar, of (N, C, H, W) features.

        Raises ValueError below 65 pixels.
        """
        with torch.autocast(x.device.type, enabled=False):
            return contrastive_loss(*self._match(x.to(self.attn_fn.projection_matrix.dtype)))

    def redraw_projection(self, generator: torch.Generator) -> None:
        """Replace the random projection in place; `generator` is on the CPU."""
        projection = self.attn_fn.projection_matrix
        features, channels = projection.shape
        projection.copy_(orthogonal_projection(features, channels, generator))

    def _match(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, C, H, W) to queries and keys, all vectors of the same norm."""
        return self._query(x), self._key(x)

    def _query(self, x: Tensor) -> Tensor:
        return F.normalize(self.conv_match1(x), dim=1, eps=_NORM_FLOOR) * _AMPLIFICATION

    def _key(self, x: Tensor) -> Tensor:
        return F.normalize(self.conv_match2(x), dim=1, eps=_NORM_FLOOR) * _AMPLIFICATION


class ENLCN(EDSR):
    """Super-resolve by 2, 3 or 4: EDSR, 32 blocks of 256 channels, an attention every 8 blocks.

    The authors published weights for 2 and 4.
    """

    def __init__(
        self,
        *,
        scale: int = 2,
        blocks: int = 32,
        channels: int = 256,
        residual_scale: float = 0.1,
        features: int = 128,
        peak: float = 1.0,
    ) -> None:

        def attention(_: int) -> KernelAttention:
            return KernelAttention(channels, features=features, residual_scale=residual_scale)

        super().__init__(
            lambda: attended_body(attention, blocks, channels, residual_scale),
            scale=scale,
            channels=channels,
            peak=peak,
        )

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        return trunk_program(self, KernelAttention, order=1)

    def forward_with_losses(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the result of `forward` and the (modules,) contrastive losses of all attentions.

        The authors add 0.001 times the mean of these losses after epoch 100.
        Raises ValueError below 65 pixels.
        """
        losses = []
        shallow = features = self.enter(x)
        for layer in self.body:
            if isinstance(layer, KernelAttention):
                losses.append(layer.loss(features))
            features = layer(features)
        return self.leave(x, shallow + features), torch.stack(losses)

    def redraw_projections(self, seed: int) -> None:
        """Replace the random projections during training; the authors do so every 640 steps."""
        attentions = [layer for layer in self.body if isinstance(layer, KernelAttention)]
        for index, attention in enumerate(attentions):
            attention.redraw_projection(seeded_generator(seed, index))

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        scale = find_scale(shapes)
        projection = shapes.get("body.0.attn_fn.projection_matrix", ())
        channels = conv_shape(shapes, "body.0.conv_match1.0")[1]
        if scale is None or not channels or len(projection) != 2:
            return None
        return {
            "scale": scale,
            "blocks": count_blocks(shapes),
            "channels": channels,
            "features": projection[0],
        }

"""Efficient non-local contrastive network (Xia et al. 2022, arXiv:2201.03794).

`ENLCN` computes the same as the network of Zj-BinXia/ENLCA@5d8d5b2, with the same state-dict names,
and was written from a description of it (that code has no license). The random projections are part
of the checkpoint; they change only when training calls `redraw_projections`. A separate method
returns the contrastive losses, which the reference code returns in training mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce
from typing import Any

import torch
from torch import Tensor

from restorer.attention.efficient import EfficientNonLocalAttention
from restorer.attention.kernel import block_pixels, key_sums, read_sums
from restorer.attention.seeding import seeded_generator
from restorer.attention.tf32 import exactly
from restorer.networks.layers import (
    EDSR,
    attended_body,
    conv_shape,
    count_blocks,
    find_scale,
)
from restorer.networks.stages import Chain, Global, Program, trunk_program


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

        def attention(_: int) -> EfficientNonLocalAttention:
            return EfficientNonLocalAttention(
                channels, features=features, residual_scale=residual_scale
            )

        super().__init__(
            lambda: attended_body(attention, blocks, channels, residual_scale),
            scale=scale,
            channels=channels,
            peak=peak,
        )

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        return trunk_program(self, EfficientNonLocalAttention, order=1, extend=_extend)

    def forward_with_losses(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the result of `forward` and the (modules,) contrastive losses of all attentions.

        The authors add 0.001 times the mean of these losses after epoch 100.
        Raises ValueError below 65 pixels.
        """
        losses = []
        shallow = features = self.enter(x)
        for layer in self.body:
            if isinstance(layer, EfficientNonLocalAttention):
                losses.append(layer.loss(features))
            features = layer(features)
        return self.leave(x, shallow + features), torch.stack(losses)

    def redraw_projections(self, seed: int) -> None:
        """Replace the random projections during training; the authors do so every 640 steps."""
        attentions = [layer for layer in self.body if isinstance(layer, EfficientNonLocalAttention)]
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


def _extend(attention: EfficientNonLocalAttention, chain: Chain) -> None:
    """Append the stage of an attention to a program."""
    run = partial(attend_into, attention)
    chain.stages.append(Global(run, (chain.features,), chain.features, 1))


def attend_into(attention: EfficientNonLocalAttention, x: Tensor, out: Tensor) -> None:
    """Write the attention of (1, C, H, W) into `out`, which may be `x`, one block at a time."""
    projection = attention.attn_fn.projection_matrix
    step = block_pixels(projection)
    inputs, outputs = (torch.split(m.flatten(2)[:, :, None], step, dim=3) for m in (x, out))
    with exactly(x.device.type):
        total = reduce(torch.add, (_key_sums(attention, block) for block in inputs))
        sums = attention.assemble(total)
        for block, result in zip(inputs, outputs, strict=True):
            attended = read_sums(sums, attention.query(block)[0, :, 0], projection)
            scale = attention.residual_scale
            result.copy_(torch.add(block, attended[None, :, None], alpha=scale))


def _key_sums(attention: EfficientNonLocalAttention, x: Tensor) -> Tensor:
    """Return the key sums of (1, C, 1, L) features; see `restorer.attention.kernel`."""
    return key_sums(attention.key(x)[0, :, 0], x[0, :, 0], attention.attn_fn.projection_matrix)

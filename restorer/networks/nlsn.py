"""Non-local sparse network (Mei et al. 2021, CVPR).

"Image Super-Resolution with Non-Local Sparse Attention". `NLSN` computes the same as the network of
HarukiYqM/Non-Local-Sparse-Attention@fb3d422, with the same state-dict names, and was written from a
description of it (that code has no license). `NonLocalSparseAttention` states what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from restorer.attention.sparse import NonLocalSparseAttention
from restorer.attention.tf32 import exactly
from restorer.networks.layers import EDSR, attended_body, conv_shape, count_blocks, find_scale
from restorer.networks.stages import Chain, Global, Local, Map, Program, reach, trunk_program


class NLSN(EDSR):
    """Super-resolve by 2, 3 or 4: EDSR, 32 blocks of 256 channels, an attention every 8 blocks."""

    def __init__(
        self,
        *,
        scale: int = 2,
        blocks: int = 32,
        channels: int = 256,
        residual_scale: float = 0.1,
        chunk_size: int = 144,
        hashes: int = 4,
        peak: float = 1.0,
    ) -> None:

        def attention(index: int) -> NonLocalSparseAttention:
            return NonLocalSparseAttention(
                channels,
                index=index,
                chunk_size=chunk_size,
                hashes=hashes,
                residual_scale=residual_scale,
            )

        super().__init__(
            lambda: attended_body(attention, blocks, channels, residual_scale),
            scale=scale,
            channels=channels,
            peak=peak,
        )

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, 3, H, W) with white `peak` to (N, 3, scale H, scale W).

        `seed` determines the random rotations.
        """
        shallow = features = self.enter(x)
        for layer in self.body:
            sparse = isinstance(layer, NonLocalSparseAttention)
            features = layer(features, seed=seed) if sparse else layer(features)
        return self.leave(x, shallow + features)

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        return trunk_program(
            self, NonLocalSparseAttention, order=1, extend=partial(_extend, seed=seed)
        )

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        scale = find_scale(shapes)
        channels = conv_shape(shapes, "body.0.conv_match.0")[1]
        pyramid = any("conv_match_L_base" in key for key in shapes)
        if scale is None or not channels or pyramid:
            return None
        return {"scale": scale, "blocks": count_blocks(shapes), "channels": channels}


def _extend(attention: NonLocalSparseAttention, chain: Chain, *, seed: int) -> None:
    """Append the stages of an attention to a program, without holding whole maps in memory.

    The attention weights sum to 1, so `conv_assembly` can follow the attention: its values are then
    the features themselves.
    """
    features, number = chain.features, len(chain.stages)
    match = Map(f"match {number}", attention.channels_matched, features.density)
    attended = Map(f"attended {number}", features.channels, features.density)

    def attend(match: Tensor, x: Tensor, out: Tensor) -> None:
        attention.attend(match, x, seed=seed, out=out)

    def join(x: Tensor, attended: Tensor) -> Tensor:
        return torch.add(x, attention.conv_assembly(attended), alpha=attention.residual_scale)

    radius = reach(attention.conv_match)
    chain.stages += [
        Local(_exactly(attention.conv_match), (features,), match, radius),
        Global(attend, (match, features), attended, 1),
        Local(_exactly(join), (features, attended), features, 0),
    ]


def _exactly(layer: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the layer with autocast disabled, so that it runs in float32."""

    def run(*maps: Tensor) -> Tensor:
        with exactly(maps[0].device.type):
            return layer(*maps)

    return run

"""Non-local sparse network (Mei et al. 2021, CVPR).

"Image Super-Resolution with Non-Local Sparse Attention". `NLSN` computes what the network of
HarukiYqM/Non-Local-Sparse-Attention@fb3d422 computes, with its state-dict names, written from a
description of it (that code has no licence). What differs: the random rotations come from a seed,
where the reference draws them anew, unseeded, at every call; the sort is stable, as it was on the
authors' GPUs; images below one chunk are defined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from restorer.attention.hashed import count_buckets, hashed_attention
from restorer.networks.layers import (
    EDSR,
    attended_body,
    conv3x3,
    conv_shape,
    count_blocks,
    find_scale,
    seeded_generator,
)
from restorer.networks.stages import Program, trunk_program


class SparseAttention(nn.Module):
    """y = residual_scale * attention(x) + x, the attention among pixels that are hashed alike.

    Args:
        channels: C of the features.
        index: Number of the module in its network; each one has rotations of its own.
        reduction: Pixels are hashed and compared in C / reduction channels.
        chunk_size: Pixels per chunk.
        hashes: Rounds of hashing.
        residual_scale: Factor on the attention.
    """

    def __init__(
        self,
        channels: int,
        *,
        index: int = 0,
        reduction: int = 4,
        chunk_size: int = 144,
        hashes: int = 4,
        residual_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.index = index
        self.chunk_size = chunk_size
        self.hashes = hashes
        self.residual_scale = residual_scale
        self.conv_match = nn.Sequential(conv3x3(channels, channels // reduction))
        self.conv_assembly = nn.Sequential(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, C, H, W) to the same shape, in float32; same seed, same pixels."""
        # Half precision would hash pixels to other buckets.
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(next(self.parameters()).dtype)
            embedding = self.conv_match(x)
            buckets = count_buckets(x.shape[2] * x.shape[3], self.chunk_size)
            shape = (1, embedding.shape[1], self.hashes, buckets // 2)
            attended = hashed_attention(
                embedding,
                self.conv_assembly(x),
                draw_rotations(seed, self.index, shape).to(x.device),
                chunk_size=self.chunk_size,
            )
        return torch.add(x, attended, alpha=self.residual_scale)  # one map less than x + s * a


class NLSN(EDSR):
    """Super-resolve by 2, 3 or 4: EDSR with 32 blocks of 256 channels, attention every 8 blocks."""

    def __init__(
        self,
        *,
        scale: int,
        blocks: int = 32,
        channels: int = 256,
        residual_scale: float = 0.1,
        chunk_size: int = 144,
        hashes: int = 4,
        peak: float = 1.0,
    ) -> None:

        def attention(index: int) -> SparseAttention:
            return SparseAttention(
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

        `seed` draws the rotations.
        """
        shallow = features = self.enter(x)
        for layer in self.body:
            sparse = isinstance(layer, SparseAttention)
            features = layer(features, seed=seed) if sparse else layer(features)
        return self.leave(x, shallow + features)

    def stages(self, *, seed: int = 0) -> Program:
        """Return the stages of `forward`; see `restorer.networks.stages`."""
        return trunk_program(self, SparseAttention, order=1, seed=seed)

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        scale = find_scale(shapes)
        channels = conv_shape(shapes, "body.0.conv_match.0")[1]
        pyramid = any("conv_match_L_base" in key for key in shapes)
        if scale is None or not channels or pyramid:
            return None
        return {"scale": scale, "blocks": count_blocks(shapes), "channels": channels}


def draw_rotations(seed: int, index: int, shape: tuple[int, ...]) -> Tensor:
    """Draw Gaussian rotations that depend on the arguments alone, on the CPU in float32."""
    return torch.randn(shape, generator=seeded_generator(seed, index, *shape), device="cpu")

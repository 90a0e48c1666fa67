"""Non-local sparse network (Mei et al. 2021, CVPR).

"Image Super-Resolution with Non-Local Sparse Attention". `NLSN` computes the same as the network of
HarukiYqM/Non-Local-Sparse-Attention@fb3d422, with the same state-dict names, and was written from a
description of it (that code has no license). Three things differ: the random rotations come from a
seed, whereas the reference code draws them unseeded at every call; the sort is stable, as it was on
the authors' GPUs; images smaller than one chunk are supported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from restorer.networks.stages import Chain, Global, Local, Map, Program, reach, trunk_program


class SparseAttention(nn.Module):
    """y = residual_scale * attention(x) + x, with attention among pixels of similar hash codes.

    Args:
        channels: Number of channels C.
        index: Index of the module in its network, which selects its random rotations.
        reduction: Pixels are hashed and compared in C / reduction channels.
        chunk_size: Pixels per chunk.
        hashes: Number of hash rounds.
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
        self.channels_matched = channels // reduction
        self.conv_match = nn.Sequential(conv3x3(channels, self.channels_matched))
        self.conv_assembly = nn.Sequential(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, C, H, W) to the same shape in float32; the result depends on `seed`."""
        # Half precision would hash pixels to different buckets.
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(next(self.parameters()).dtype)
            attended = self._attend(self.conv_match(x), self.conv_assembly(x), seed=seed)
        return torch.add(
            x, attended, alpha=self.residual_scale
        )  # one temporary less than x + s * a

    def extend(self, chain: Chain, *, seed: int = 0) -> None:
        """Append the stages of `forward` to a program, without holding whole maps in memory.

        The attention weights sum to 1, so `conv_assembly` can follow the attention: its values are
        then the features themselves.
        """
        features, number = chain.features, len(chain.stages)
        match = Map(f"match {number}", self.channels_matched, features.density)
        attended = Map(f"attended {number}", features.channels, features.density)

        def attend(match: Tensor, x: Tensor, out: Tensor) -> None:
            self._attend(match, x, seed=seed, out=out)

        chain.stages += [
            Local(_exactly(self.conv_match), (features,), match, reach(self.conv_match)),
            Global(attend, (match, features), attended, 1),
            Local(_exactly(self._join), (features, attended), features, 0),
        ]

    def _join(self, x: Tensor, attended: Tensor) -> Tensor:
        return torch.add(x, self.conv_assembly(attended), alpha=self.residual_scale)

    def _attend(
        self, match: Tensor, values: Tensor, *, seed: int, out: Tensor | None = None
    ) -> Tensor:
        """Attend with (N, C', H, W) embeddings to (N, V, H, W) values; write to `out` if given."""
        buckets = count_buckets(match.shape[2] * match.shape[3], self.chunk_size)
        shape = (1, match.shape[1], self.hashes, buckets // 2)
        rotations = draw_rotations(seed, self.index, shape).to(match.device)
        return hashed_attention(match, values, rotations, chunk_size=self.chunk_size, out=out)


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

        `seed` determines the random rotations.
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


def _exactly(layer: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the layer with autocast disabled, so that it runs in float32."""

    def run(*maps: Tensor) -> Tensor:
        with torch.autocast(maps[0].device.type, enabled=False):
            return layer(*maps)

    return run


def draw_rotations(seed: int, index: int, shape: tuple[int, ...]) -> Tensor:
    """Draw Gaussian rotations on the CPU, in float32; they depend only on the arguments."""
    return torch.randn(shape, generator=seeded_generator(seed, index, *shape), device="cpu")

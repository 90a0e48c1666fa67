"""Non-local sparse attention (Mei et al. 2021, CVPR) as a module.

"Image Super-Resolution with Non-Local Sparse Attention". `NonLocalSparseAttention` computes the
same as the module of HarukiYqM/Non-Local-Sparse-Attention@fb3d422, with the same state-dict names,
and was written from a description of it (that code has no license).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restorer.attention.hashed import count_buckets, hashed_attention
from restorer.attention.seeding import draw_rotations
from restorer.attention.tf32 import exactly


class NonLocalSparseAttention(nn.Module):
    """y = residual_scale * attention(x) + x, with attention among pixels of similar hash codes.

    Pixels are hashed by random rotations (equation 8 of the paper), sorted by their code and cut
    into chunks; a chunk attends to itself and its two neighbors, and the rounds are averaged with
    weights from their softmax normalizers. Three things differ from the authors' code: the random
    rotations come from a seed, whereas theirs are drawn unseeded at every call; the sort is stable,
    as it was on the authors' GPUs; images smaller than one chunk are supported.

    Shapes: (N, C, H, W) to the same shape, for any H and W. Time grows with H W * hashes *
    chunk_size * C, memory with H W (C + C / reduction) plus 64 MiB. All inputs and parameters get
    gradients; the assignment of pixels to chunks has none. An exported module has one size,
    because the number of rotations depends on it.

    ::

        >>> import torch
        >>> from restorer.attention import NonLocalSparseAttention
        >>> attention = NonLocalSparseAttention(16, chunk_size=36)
        >>> x = torch.rand(1, 16, 20, 30)
        >>> torch.equal(attention(x, seed=1), attention(x, seed=1))
        True

    Args:
        channels: Number of channels C.
        index: Index of the module in its network, which selects its random rotations.
        reduction: Pixels are hashed and compared in C / reduction channels.
        chunk_size: Pixels per chunk.
        hashes: Number of hash rounds.
        residual_scale: Factor on the attention.
    """

    exports_any_size = False  # the number of rotations depends on the size

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
        self.conv_match = nn.Sequential(nn.Conv2d(channels, self.channels_matched, 3, padding=1))
        self.conv_assembly = nn.Sequential(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, C, H, W) to the same shape; the result depends on `seed`."""
        # Half precision would hash pixels to different buckets.
        with exactly(x.device.type):
            x = x.to(next(self.parameters()).dtype)
            attended = self.attend(self.conv_match(x), self.conv_assembly(x), seed=seed)
        return torch.add(
            x, attended.to(x.dtype), alpha=self.residual_scale
        )  # one temporary less than x + s * a

    def attend(
        self, match: Tensor, values: Tensor, *, seed: int, out: Tensor | None = None
    ) -> Tensor:
        """Attend with (N, C', H, W) embeddings to (N, V, H, W) values; write to `out` if given."""
        buckets = count_buckets(match.shape[2] * match.shape[3], self.chunk_size)
        shape = (1, match.shape[1], self.hashes, buckets // 2)
        rotations = draw_rotations(seed, self.index, shape, match.device)
        return hashed_attention(match, values, rotations, chunk_size=self.chunk_size, out=out)

"""The number of values that an operator processes at a time, by device.

On a CPU, blocks stay in its caches. A GPU waits for the CPU that starts its kernels: 11,000 of them
for a pyramid attention of 96 x 96 in blocks for a CPU, 250 in its own.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class BlockSizes(NamedTuple):
    """Numbers of float32 values.

    Attributes:
        scores: Scores, affinities or random features.
        hashed: Pixels hashed at a time, at 4 rounds of 64 rotations each.
        search: Products of the exact search, in two buffers.
        near_search: The same, where blocks of this size hold enough rows.
        tile: Scores of a tile of `restorer.attention.tiled`, over all keys.
        strip: Products of its strips, in two buffers.
    """

    scores: int
    hashed: int
    search: int
    near_search: int
    tile: int
    strip: int


SIZES = {
    "cpu": BlockSizes(
        scores=1 << 21,  # 8 MiB; with gradients, the time hardly changes from 2^17 to 2^22
        hashed=1 << 14,  # 16 MiB
        # 64 MiB: a block computes two extra rows of queries and of keys, at this size a quarter of
        # the time at 256x256. In 8 MiB, products stay in the caches: 1.25 times as fast at 64x64.
        search=1 << 24,
        near_search=1 << 21,
        tile=1 << 23,  # 32 MiB: large enough that the overlap of tiles is negligible
        # 4 MiB, measured with 2 MiB in two L2 caches and 32 MiB in a shared L3 cache. Half or twice
        # the size differs by less than the run-to-run variation, at 48x48 and 64x64.
        strip=1 << 20,
    ),
    # Not measured: as few kernels as memory of some gigabytes allows.
    "cuda": BlockSizes(
        scores=1 << 27,
        hashed=1 << 20,
        search=1 << 28,
        near_search=1 << 28,
        tile=1 << 29,
        strip=1 << 26,
    ),
}


def block_sizes(x: Tensor) -> BlockSizes:
    """Return the sizes for the device of a tensor."""
    return SIZES["cuda" if x.is_cuda else "cpu"]

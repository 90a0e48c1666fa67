"""Sums along diagonals as two Triton kernels: patch attention of one tile on NVIDIA GPUs.

The same steps as in `restorer.attention.tiled`, which is the plain form, without strips: the
products of pixels are one matrix product, the nine products of a score are added in one pass over
memory in place of eight, with the normalizer of the softmax on the way, and so are the nine weights
of a pair of pixels. The last step is a matrix product again.

A kernel that keeps its scores on the chip, as for plain attention, would have to multiply each pair
of pixels 34 times, 9 for the normalizer and 25 for the weights, because a block in registers cannot
be shifted. In float32, without tensor cores, that costs more than the passes it saves.

Triton is part of PyTorch for CUDA on Linux. Without a GPU, the kernels run in its interpreter
(``TRITON_INTERPRET=1``), for tests.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from restorer.attention.geometry import view_start
from restorer.attention.key_axis import Keys

_BLOCK = 1024  # keys at a time, eight for each thread; not measured


def attend_tile(pixels: Tensor, keys: Keys) -> Tensor:
    """Map (N, R+2, X+2, C) float32 pixels of a tile to its (N, R+2, X+2, V) pasted patches."""
    batch, below, right, _ = pixels.shape
    places, count = (below - 2) * (right - 2), len(keys.pitches)
    products = pixels.flatten(1, 2) @ keys.pixels
    scores = products.new_empty(batch, places, count)
    normalizers = products.new_empty(batch, places)
    # The products have been used when the weights are written.
    weights = view_start(products.flatten().view(keys.values.dtype), *products.shape)
    with torch.cuda.device_of(pixels):  # type: ignore[no-untyped-call]  # untyped in torch
        _sum_products[(places, batch)](
            products, keys.gain, keys.pitches, scores, normalizers, right - 2, count, BLOCK=_BLOCK
        )
        _sum_weights[(below * right, triton.cdiv(count, _BLOCK), batch)](
            scores, normalizers, keys.pitches, weights, below - 2, right - 2, count, BLOCK=_BLOCK
        )
    return (weights @ keys.values).to(pixels.dtype).view(batch, below, right, -1)


# Unspecialized, one compiled form serves all sizes: that which was tried.
@triton.jit(do_not_specialize=["columns", "count"])
def _sum_products(
    products, gain, pitches, scores, normalizers, columns, count, BLOCK: tl.constexpr
):
    """Write the scores of one patch of a tile with all keys, and the log of their normalizer."""
    place, sample = tl.program_id(0), tl.program_id(1).to(tl.int64)
    places, right = tl.num_programs(0), columns + 2
    corner = place // columns * right + place % columns
    products += (sample * (places // columns + 2) * right + corner) * count
    scores += (sample * places + place) * count
    gain += sample * count
    highest = tl.full([BLOCK], -3.0e38, tl.float32)  # not infinite: differences would be NaN
    total = tl.zeros([BLOCK], tl.float32)
    for start in range(0, count, BLOCK):
        key = start + tl.arange(0, BLOCK)
        pitch = tl.load(pitches + key, mask=key < count, other=0)
        valid = pitch > 0  # then all its neighbors exist
        score = tl.zeros([BLOCK], tl.float32)
        for i in tl.static_range(3):
            for j in tl.static_range(3):
                neighbor = products + (i * right + j) * count + key + (i - 1) * pitch + (j - 1)
                score += tl.load(neighbor, mask=valid, other=0.0)
        score *= tl.load(gain + key, mask=valid, other=0.0)
        score = tl.where(valid, score, float("-inf"))
        tl.store(scores + key, score, mask=key < count)
        higher = tl.maximum(highest, score)
        total = total * tl.exp(highest - higher) + tl.exp(score - higher)
        highest = higher
    best = tl.max(highest, 0)
    log_sum = best + tl.log(tl.sum(total * tl.exp(highest - best), 0))
    tl.store(normalizers + sample * places + place, log_sum)


@triton.jit(do_not_specialize=["rows", "columns", "count"])
def _sum_weights(scores, normalizers, pitches, weights, rows, columns, count, BLOCK: tl.constexpr):
    """Write the sums of nine weights by which one pixel of the result is made of the values."""
    pixel, sample = tl.program_id(0), tl.program_id(2).to(tl.int64)
    key = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    row, column = pixel // (columns + 2), pixel % (columns + 2)
    pitch = tl.load(pitches + key, mask=key < count, other=0)
    total = tl.zeros([BLOCK], tl.float32)
    for i in tl.static_range(3):
        for j in tl.static_range(3):
            # The patch whose pixel (i, j) this is, and the key patch with the value there.
            y, x = row - i, column - j
            exists = (y >= 0) & (y < rows) & (x >= 0) & (x < columns)
            place = sample * rows * columns + y * columns + x
            center = place * count + key - (i - 1) * pitch - (j - 1)
            valid = pitch * exists.to(tl.int32) > 0
            score = tl.load(scores + center, mask=valid, other=float("-inf"))
            total += tl.exp(score - tl.load(normalizers + place, mask=exists, other=0.0))
    target = weights + (sample * tl.num_programs(0) + pixel) * count + key
    tl.store(target, total.to(weights.dtype.element_ty), mask=key < count)

"""Attention within chunks of pixels with similar hash codes, in linear memory.

Non-local sparse attention (Mei et al. 2021, CVPR, "Image Super-Resolution with Non-Local Sparse
Attention") on the spherical hashing of Andoni et al. (2015, arXiv:1509.02897) and Reformer
(Kitaev et al. 2020, arXiv:2001.04451). Pixels are sorted by hash code and cut into chunks; a chunk
attends to itself and its two neighbors; the hash rounds are combined with weights from their
softmax normalizers.

One block of chunks is processed at a time, on a CPU of one sample. A batch is one long list of
pixels: its samples are sorted apart, and from there on share every operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention.block_sizes import block_sizes
from restorer.attention.blocks import concatenate_spans, map_samples
from restorer.attention.modes import at_least_float32, is_exporting
from restorer.attention.tf32 import exactly

_NORM_FLOOR = 5e-5  # value of the authors' code


def count_buckets(pixels: int, chunk_size: int) -> int:
    """Return the number of hash buckets: one per chunk, rounded up to an even number, 2 to 128.

    The authors' code fails below `chunk_size` pixels; here such inputs use two buckets.
    """
    chunks = pixels // chunk_size
    return max(2, min(chunks + chunks % 2, 128))


@torch.no_grad()
def hash_codes(vectors: Tensor, rotations: Tensor) -> Tensor:
    """Return the bucket of every vector in every round: the argmax of [xR, -xR].

    Args:
        vectors: (L, C), not in half precision, which would select different buckets.
        rotations: (C, rounds, buckets / 2).

    Returns:
        (rounds, L) codes from 0 to buckets - 1.
    """
    parts = []
    for rows in torch.split(vectors, block_sizes(vectors).hashed):
        rotated = (rows @ rotations.flatten(1)).view(-1, *rotations.shape[1:])
        parts.append(torch.cat([rotated, -rotated], -1).argmax(-1))
    return torch.cat(parts).mT


def hashed_attention(
    embedding: Tensor,
    values: Tensor,
    rotations: Tensor,
    *,
    chunk_size: int,
    out: Tensor | None = None,
) -> Tensor:
    """Attend from every pixel to the pixels with nearby hash codes, in float32 or float64.

    The embedding is the query; divided by its norm it is the key. Chunks form a ring: a single
    chunk attends to itself three times, two chunks attend to each other twice. The last chunk is
    padded with copies of the last pixels in sorted order, repeated as needed, and the copies count
    as keys again. The result is differentiable, except for the assignment to chunks.

    Args:
        embedding: (N, C, H, W).
        values: (N, V, H, W).
        rotations: (1, C, rounds, buckets / 2), see `count_buckets`; the same for all samples.
        chunk_size: Pixels per chunk.
        out: Output tensor for a single sample, float32 and channels last; excludes gradients.
            With channels-last float32 inputs no further feature map is allocated.

    Returns:
        (N, V, H, W).
    """
    with exactly(values.device.type):
        embedded, flat_values = (
            at_least_float32(x).flatten(2).mT.contiguous() for x in (embedding, values)
        )
        rotations = rotations[0].to(embedded.dtype)
        if out is not None:
            orders = _sorted_orders(embedded, rotations)
            _fill(out[0].flatten(1).mT, embedded[0], flat_values[0], orders, chunk_size)
            return out
        attend = partial(_attend, rotations=rotations, chunk_size=chunk_size)
        return map_samples(attend, embedded, flat_values).mT.reshape(values.shape)


def _attend(embedding: Tensor, values: Tensor, rotations: Tensor, chunk_size: int) -> Tensor:
    """Map (..., L, C), (..., L, V) and (C, rounds, buckets / 2) to (..., L, V)."""
    orders = _sorted_orders(embedding, rotations)
    queries, pixels = embedding.flatten(0, -2), values.flatten(0, -2)
    if not torch.is_grad_enabled() and not is_exporting():
        result = _fill(torch.empty_like(pixels), queries, pixels, orders, chunk_size)
    else:
        rounds = (_attend_round(queries, pixels, order, chunk_size) for order in orders)
        result, log_sum = next(rounds)
        for other in rounds:
            result, log_sum = _combine(result, log_sum, *other)
    return result.view_as(values)


def _fill(
    result: Tensor, queries: Tensor, values: Tensor, orders: Iterator[Tensor], chunk_size: int
) -> Tensor:
    """Write the attention into the (P, V) result, one round at a time without a map per round."""
    result.zero_()
    log_sum = values.new_full((len(values), 1), -torch.inf)
    for order in orders:
        _add_round(result, log_sum, queries, values, order, chunk_size)
    return result


def _sorted_orders(embedding: Tensor, rotations: Tensor) -> Iterator[Tensor]:
    """Map (..., L, C) to the pixels of each sample sorted by hash code, (N, L), for each round.

    Pixels are numbered through all samples.
    """
    length = embedding.shape[-2]
    for codes in hash_codes(embedding.flatten(0, -2), rotations):
        codes = codes.view(-1, length)
        places = torch.arange(codes.numel(), device=codes.device).view_as(codes)
        if is_exporting():  # ONNX has no stable sort; places make the codes unique
            order = (codes * length + places).argsort()
        else:
            order = codes.argsort(stable=True)
        yield order + places[:, :1]


def _attend_round(
    queries: Tensor, values: Tensor, order: Tensor, chunk_size: int
) -> tuple[Tensor, Tensor]:
    """Return the (P, V) attention of one round and the (P, 1) log of its softmax normalizer."""
    chunks, near = _cut_chunks(order, chunk_size)

    def attend(start: int, stop: int) -> Tensor:
        return torch.cat(_attend_chunks(queries, values, chunks, near, start, stop), -1)

    count = _chunk_count(chunks)
    in_order = concatenate_spans(attend, chunks.shape[1], count, dim=1).flatten(1, 2)
    attended = in_order[:, : order.shape[1]].flatten(0, 1)[order.flatten().argsort()]
    return attended[:, :-1], attended[:, -1:]


def _add_round(
    result: Tensor,
    log_sum: Tensor,
    queries: Tensor,
    values: Tensor,
    order: Tensor,
    chunk_size: int,
) -> None:
    """Combine one round with the (P, V) attention and (P, 1) log normalizer of earlier rounds."""
    chunks, near = _cut_chunks(order, chunk_size)
    count = _chunk_count(chunks)
    for start in range(0, chunks.shape[1], count):
        stop = min(start + count, chunks.shape[1])
        added = _attend_chunks(queries, values, chunks, near, start, stop)
        # The padding of the last chunk repeats pixels whose results are computed elsewhere.
        own = order[:, start * chunk_size : stop * chunk_size]
        other, other_log_sum = (x.flatten(1, 2)[:, : own.shape[1]].flatten(0, 1) for x in added)
        own = own.flatten()
        result[own], log_sum[own] = _combine(result[own], log_sum[own], other, other_log_sum)


def _combine(
    result: Tensor, log_sum: Tensor, other: Tensor, other_log_sum: Tensor
) -> tuple[Tensor, Tensor]:
    """Average two attentions, weighted by their softmax normalizers, given as logarithms."""
    combined = torch.lerp(result, other, torch.sigmoid(other_log_sum - log_sum))
    return combined, torch.logaddexp(log_sum, other_log_sum)


def _attend_chunks(
    queries: Tensor,
    values: Tensor,
    chunks: Tensor,
    near: Tensor,
    start: int,
    stop: int,
) -> tuple[Tensor, Tensor]:
    """Return the (N, chunks, chunk_size, V) attention of a chunk range and its log normalizer."""
    own, others = chunks[:, start:stop], near[:, start:stop]
    keys = F.normalize(queries[others], dim=-1, eps=_NORM_FLOOR)
    scores = queries[own] @ keys.mT
    log_sum = scores.logsumexp(-1, keepdim=True)
    return (scores - log_sum).exp() @ values[others], log_sum


def _chunk_count(chunks: Tensor) -> int:
    """Return the number of chunks of each sample to process at a time."""
    samples, _, size = chunks.shape
    return max(1, block_sizes(chunks).scores // (samples * 3 * size**2))


def _cut_chunks(order: Tensor, chunk_size: int) -> tuple[Tensor, Tensor]:
    """Divide (N, L) sorted pixels into (N, chunks, chunk_size), padding the last chunk of each.

    Also return the keys of each chunk, (N, chunks, 3 chunk_size): its own pixels and its
    neighbors'.
    """
    samples, length = order.shape
    missing = -length % chunk_size
    places = torch.arange(length + missing, device=order.device)
    places[length:] = (places[length:] - missing) % length
    chunks = order[:, places].view(samples, -1, chunk_size)
    return chunks, torch.cat([chunks, chunks.roll(1, 1), chunks.roll(-1, 1)], 2)

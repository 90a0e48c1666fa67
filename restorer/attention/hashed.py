"""Attention within chunks of pixels that a random rotation hashes alike, in linear memory.

Non-local sparse attention (Mei et al. 2021, CVPR, "Image Super-Resolution with Non-Local Sparse
Attention") on the spherical hashing of Andoni et al. (2015, arXiv:1509.02897) and Reformer
(Kitaev et al. 2020, arXiv:2001.04451). Pixels are sorted by hash code and cut into chunks; a chunk
attends to itself and its two neighbors; the rounds of hashing are weighed by their softmax masses.

One block of chunks of one sample is in work at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention.blocks import concatenate_spans, map_samples

_BLOCK_ELEMENTS = 1 << 21  # scores in work at a time, 8 MiB of float32
_HASHED_ROWS = 1 << 14  # pixels hashed at a time, 16 MiB at 4 rounds of 64 rotations
_NORM_FLOOR = 5e-5  # the authors'


def count_buckets(pixels: int, chunk_size: int) -> int:
    """Return the number of hash buckets: even, one per chunk, 2 to 128.

    The authors' code fails below `chunk_size` pixels; here these have two buckets.
    """
    chunks = pixels // chunk_size
    return max(2, min(chunks + chunks % 2, 128))


@torch.no_grad()
def hash_codes(vectors: Tensor, rotations: Tensor) -> Tensor:
    """Return the bucket of every vector in every round: the largest of [xR, -xR].

    Args:
        vectors: (L, C) in float32; half precision would choose other buckets.
        rotations: (C, rounds, buckets / 2).

    Returns:
        (rounds, L) codes from 0 to buckets - 1.
    """
    parts = []
    for rows in torch.split(vectors, _HASHED_ROWS):
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
    """Let every pixel attend to the pixels that are hashed near it, in float32.

    The embedding serves as query as it is, and as key divided by its norm. Chunks form a circle: a
    lone chunk meets itself three times, two chunks meet each other twice. The last chunk is filled
    up with copies of the last pixels in sorted order, which count as keys again; where these are
    too few, they repeat. Differentiable, but for the choice of chunks.

    Args:
        embedding: (N, C, H, W).
        values: (N, V, H, W).
        rotations: (1, C, rounds, buckets / 2), see `count_buckets`; the same for all samples.
        chunk_size: Pixels per chunk.
        out: Where to put the result, float32, channels last, of one sample; no gradients then.
            With channels-last float32 inputs no other map is made.

    Returns:
        (N, V, H, W).
    """
    with torch.autocast(values.device.type, enabled=False):
        rotations = rotations[0].float()
        embedded, given = (x.float().flatten(2).mT.contiguous() for x in (embedding, values))
        if out is not None:
            _fill(out[0].flatten(1).mT, embedded[0], given[0], rotations, chunk_size)
            return out
        attend = partial(_attend, rotations=rotations, chunk_size=chunk_size)
        return map_samples(attend, embedded, given).mT.reshape(values.shape)


def _attend(embedding: Tensor, values: Tensor, rotations: Tensor, chunk_size: int) -> Tensor:
    """Map (L, C), (L, V) and (C, rounds, buckets / 2) to (L, V)."""
    if not torch.is_grad_enabled():
        return _fill(torch.empty_like(values), embedding, values, rotations, chunk_size)
    orders = _orders(embedding, rotations)
    rounds = (_attend_round(embedding, values, order, chunk_size) for order in orders)
    result, mass = next(rounds)
    for other in rounds:
        result, mass = _mixed(result, mass, *other)
    return result


def _fill(
    result: Tensor, embedding: Tensor, values: Tensor, rotations: Tensor, chunk_size: int
) -> Tensor:
    """Put the attention into (L, V), round by round: none needs a map of its own."""
    result.zero_()
    mass = values.new_full((len(values), 1), -torch.inf)
    for order in _orders(embedding, rotations):
        _add_round(result, mass, embedding, values, order, chunk_size)
    return result


def _orders(embedding: Tensor, rotations: Tensor) -> Iterator[Tensor]:
    """Yield for every round the pixels sorted by their codes."""
    for codes in hash_codes(embedding, rotations):
        yield codes.argsort(stable=True)


def _attend_round(
    queries: Tensor, values: Tensor, order: Tensor, chunk_size: int
) -> tuple[Tensor, Tensor]:
    """Return the (L, V) attention of one round and the (L, 1) logarithm of its softmax mass."""
    chunks, near = _cut(order, chunk_size)

    def attend(start: int, stop: int) -> Tensor:
        return torch.cat(_attend_chunks(queries, values, chunks, near, start, stop), -1)

    count = _chunk_count(chunk_size)
    attended = concatenate_spans(attend, len(chunks), count).flatten(0, 1)[order.argsort()]
    return attended[:, :-1], attended[:, -1:]


def _add_round(
    result: Tensor,
    mass: Tensor,
    queries: Tensor,
    values: Tensor,
    order: Tensor,
    chunk_size: int,
) -> None:
    """Mix one round into the (L, V) attention and the (L, 1) mass of the rounds before."""
    chunks, near = _cut(order, chunk_size)
    count = _chunk_count(chunk_size)
    for start in range(0, len(chunks), count):
        stop = min(start + count, len(chunks))
        added = _attend_chunks(queries, values, chunks, near, start, stop)
        # What the last chunk was filled up with has its result in a chunk before.
        own = order[start * chunk_size : stop * chunk_size]
        other, other_mass = (x.flatten(0, 1)[: len(own)] for x in added)
        result[own], mass[own] = _mixed(result[own], mass[own], other, other_mass)


def _mixed(
    result: Tensor, mass: Tensor, other: Tensor, other_mass: Tensor
) -> tuple[Tensor, Tensor]:
    """Weigh two attentions by their softmax masses, given as logarithms."""
    mixed = torch.lerp(result, other, torch.sigmoid(other_mass - mass))
    return mixed, torch.logaddexp(mass, other_mass)


def _attend_chunks(
    queries: Tensor,
    values: Tensor,
    chunks: Tensor,
    near: Tensor,
    start: int,
    stop: int,
) -> tuple[Tensor, Tensor]:
    """Return the (chunks, chunk_size, V) attention of some chunks and the logarithm of its mass."""
    keys = F.normalize(queries[near[start:stop]], dim=-1, eps=_NORM_FLOOR)
    scores = queries[chunks[start:stop]] @ keys.mT
    mass = scores.logsumexp(-1, keepdim=True)
    return (scores - mass).exp() @ values[near[start:stop]], mass


def _chunk_count(chunk_size: int) -> int:
    """Return how many chunks to take at a time."""
    return max(1, _BLOCK_ELEMENTS // (3 * chunk_size**2))


def _cut(order: Tensor, chunk_size: int) -> tuple[Tensor, Tensor]:
    """Cut (L,) sorted pixels into (chunks, chunk_size), the last one filled up from its end.

    Also returns what each chunk looks at, (chunks, 3 chunk_size): itself and its neighbors.
    """
    length = len(order)
    missing = -length % chunk_size
    places = torch.arange(length + missing, device=order.device)
    places[length:] = (places[length:] - missing) % length
    chunks = order[places].view(-1, chunk_size)
    return chunks, torch.cat([chunks, chunks.roll(1, 0), chunks.roll(-1, 0)], 1)

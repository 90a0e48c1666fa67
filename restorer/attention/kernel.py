"""Attention as a product of positive random features, in linear time and memory.

Efficient non-local contrastive attention (Xia et al. 2022, arXiv:2201.03794) on the features of
Performer (Choromanski et al. 2021, arXiv:2009.14794): exp(q.k) is the mean of phi(q) phi(k), so the
keys and values are summed once and every query is multiplied with the sums.

One block of pixels is processed at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from restorer.attention.block_sizes import block_sizes
from restorer.attention.blocks import concatenate_spans, map_samples, sum_spans
from restorer.attention.modes import at_least_float32
from restorer.attention.tf32 import exactly

CONTRASTED = 65  # best matches per pixel that enter the contrastive loss
_FEATURE_FLOOR = 1e-4  # value of the authors' code


def kernel_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    projection: Tensor,
    *,
    assemble: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Return phi(q) (phi(k)^T v) / (phi(q) sum phi(k)) with phi(u) = exp(Fu - |u|^2 / 2) + 1e-4.

    The common factor m**-0.5 of the features cancels and is omitted. The computation is in float32,
    or in float64 if the inputs are.
    As in the reference code, no maximum is subtracted before exp, so the vectors must be short; the
    network normalizes them.

    Args:
        query: (N, C, H, W).
        key: (N, C, H, W).
        value: (N, V, H, W).
        projection: F, (features, C).
        assemble: Changes the sums of `key_sums`, as a linear layer would change the values.

    Returns:
        (N, V, H, W).
    """
    with exactly(value.device.type):
        attend = partial(_attend, projection=at_least_float32(projection), assemble=assemble)
        maps = (at_least_float32(x).flatten(2) for x in (query, key, value))
        return map_samples(attend, *maps).reshape(value.shape)


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    projection: Tensor,
    assemble: Callable[[Tensor], Tensor] | None,
) -> Tensor:
    """Map (..., C, L), (..., C, L) and (..., V, L) to (..., V, L), in memory (..., L, V).

    That is the channels-last layout of the networks, into which nothing has to be turned.
    """
    samples = key.shape[0] if key.ndim == 3 else 1
    step = max(1, block_pixels(projection) // samples)

    def gather(start: int, stop: int) -> Tensor:
        return key_sums(key[..., start:stop], value[..., start:stop], projection)

    def spread(start: int, stop: int) -> Tensor:
        return read_sums(sums, query[..., start:stop], projection).mT

    sums = sum_spans(gather, key.shape[-1], step)
    if assemble:
        sums = assemble(sums)
    return concatenate_spans(spread, query.shape[-1], step, dim=-2).mT


def block_pixels(projection: Tensor) -> int:
    """Return the number of pixels to process at a time."""
    return block_sizes(projection).scores // len(projection)


def key_sums(key: Tensor, value: Tensor, projection: Tensor) -> Tensor:
    """Return the sums phi(k) v and phi(k) over (..., C, L) keys and (..., V, L) values.

    The result is (..., V + 1, features). The sums of disjoint sets of pixels add up.
    """
    features = _features(key, projection)
    return torch.cat([value @ features.mT, features.sum(-1)[..., None, :]], -2)


def read_sums(sums: Tensor, query: Tensor, projection: Tensor) -> Tensor:
    """Return the attention of (..., C, L) queries to the pixels summed up by `key_sums`."""
    weighted = _features(query, projection).mT @ sums.mT
    return (weighted[..., :-1] / weighted[..., -1:]).mT


def _features(vectors: Tensor, projection: Tensor) -> Tensor:
    """Map (..., C, L) and (features, C) to (..., features, L) positive features."""
    half_energy = vectors.square().sum(-2, keepdim=True) / 2
    return (projection @ vectors - half_energy).exp() + _FEATURE_FLOOR


def contrastive_loss(query: Tensor, key: Tensor) -> Tensor:
    """Return the contrastive loss, a scalar that is 0 if the best matches stand out clearly.

    The loss is the mean over all queries of relu(1 - log(a / b)), where a is the mean of the 15
    largest exp(q.k) and b is the mean of ranks 51 to 65. Time is quadratic in the number of pixels,
    memory is not.

    Args:
        query: (N, C, H, W), at least 65 pixels.
        key: (N, C, H, W).

    Raises ValueError on smaller maps.
    """
    height, width = key.shape[2:]
    if height * width < CONTRASTED:
        raise ValueError(
            f"features of {height} x {width}: the contrastive loss needs {CONTRASTED} pixels"
        )
    with exactly(key.device.type):
        maps = (at_least_float32(x).flatten(2) for x in (query, key))
        return map_samples(_contrast, *maps).mean()


def _contrast(query: Tensor, key: Tensor) -> Tensor:
    """Map (..., C, L) queries and keys to (..., L) losses."""

    def contrast(start: int, stop: int) -> Tensor:
        ranked = (query[..., start:stop].mT @ key).topk(CONTRASTED).values.exp()
        ratio = ranked[..., :15].mean(-1) / (ranked[..., 50:].mean(-1) + 1e-6)
        return torch.relu(1 - ratio.log())

    samples = key.shape[0] if key.ndim == 3 else 1
    step = max(1, block_sizes(key).scores // (samples * key.shape[-1]))
    return concatenate_spans(contrast, query.shape[-1], step, dim=-1)


def orthogonal_projection(
    rows: int, columns: int, generator: torch.Generator | None = None
) -> Tensor:
    """Draw a (rows, columns) projection of orthogonal blocks with the row norms of Gaussians."""
    blocks = [torch.randn(columns, columns, generator=generator) for _ in range(0, rows, columns)]
    return orthogonalize(blocks, torch.randn(rows, columns, generator=generator))


def orthogonalize(blocks: Sequence[Tensor], lengths: Tensor) -> Tensor:
    """Map Gaussian (columns, columns) blocks and (rows, columns) lengths to (rows, columns).

    Row i is the i-th orthonormal row of the blocks, times the norm of row i of `lengths`. As in the
    reference code, the signs are those of Householder QR. The computation is in float64 and the
    result has the type of `lengths`: in float32 the rows differ between libraries by 3e-5.
    """
    orthogonal = torch.cat([torch.linalg.qr(block.double()).Q.mT for block in blocks])
    norms = torch.linalg.vector_norm(lengths.double(), dim=1, keepdim=True)
    result: Tensor = orthogonal[: len(lengths)] * norms
    return result.to(lengths.dtype)

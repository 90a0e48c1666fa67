"""Dense attention between all pixels that never stores the whole affinity matrix.

Non-local neural networks (Wang et al. 2018, arXiv:1711.07971): y_i = sum_j f(x_i, x_j) g(x_j), with
f normalized over j. An affinity maps (C, L) queries and (C, M) keys to (L, M). One block of queries
is processed at a time. For the softmax, PyTorch has kernels that keep its blocks in registers and
caches (`scaled_dot_product_attention`): on one core they take 0.25 to 0.8 of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend

from restorer.attention.block_sizes import block_sizes
from restorer.attention.blocks import concatenate_spans, map_samples, sum_spans
from restorer.attention.modes import at_least_float32, is_exporting
from restorer.attention.tf32 import exactly
from restorer.attention.trial import agrees, waves

Affinity = Callable[[Tensor, Tensor], Tensor]


def softmax_affinity(query: Tensor, key: Tensor) -> Tensor:
    """Return the softmax over the keys of q.k: (..., L, M)."""
    return (query.mT @ key).softmax(-1)


def product_affinity(query: Tensor, key: Tensor) -> Tensor:
    """Return q.k / M: (..., L, M)."""
    return query.mT @ key / key.shape[-1]


def sum_affinity(query: Tensor, key: Tensor) -> Tensor:
    """Map (..., 1, L) and (..., 1, M) scores to relu(q + k) / M: (..., L, M)."""
    return (query.mT + key).relu() / key.shape[-1]


def dense_attention(query: Tensor, key: Tensor, value: Tensor, affinity: Affinity) -> Tensor:
    """Return the sum of the values weighted by the affinities, computed in float32 or float64.

    Args:
        query: (N, C, H, W).
        key: (N, C, h, w).
        value: (N, V, h, w).
        affinity: An affinity function of this module.

    Returns:
        (N, V, H, W).
    """
    attend: Callable[..., Tensor] = partial(_attend, affinity=affinity)
    if affinity is product_affinity:
        attend = _attend_products
    elif affinity is softmax_affinity:
        attend = _attend_softmax
    with exactly(value.device.type):
        maps = (at_least_float32(x).flatten(2) for x in (query, key, value))
        return map_samples(attend, *maps).reshape(*value.shape[:2], *query.shape[2:])


def query_softmax_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return the (N, V, L) sum of the values weighted by exp(q.k) normalized over the *queries*.

    Args:
        query: (N, C, L).
        key: (N, C, M).
        value: (N, V, M).
    """
    with exactly(value.device.type):
        maps = (at_least_float32(x) for x in (query, key, value))
        return map_samples(_attend_by_keys, *maps)


def _attend(query: Tensor, key: Tensor, value: Tensor, affinity: Affinity) -> Tensor:
    """Map (..., C, L), (..., C, M) and (..., V, M) to (..., V, L)."""

    def attend(start: int, stop: int) -> Tensor:
        return value @ affinity(query[..., start:stop], key).mT

    return concatenate_spans(attend, query.shape[-1], _step(key), dim=-1)


def _attend_softmax(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Compute `_attend` for `softmax_affinity`, in PyTorch's kernels where they can."""
    rows = _rows(query), _rows(key), _rows(value)
    if is_exporting() or not _fuses(*rows):
        return _attend(query, key, value, softmax_affinity)
    attended = _fused(*rows)[:, 0, :, : value.shape[-2]]
    return attended.mT.reshape(*value.shape[:-1], query.shape[-1])


def _rows(x: Tensor) -> Tensor:
    """Map (..., C, L) to (N, 1, L, C'), with C' a multiple of 4 as the kernels for GPUs need."""
    rows = F.pad(x.mT, (0, -x.shape[-2] % 4)).contiguous()
    return rows.view(-1, 1, *rows.shape[-2:])


def _fused(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(query, key, value, scale=1.0)


def _fuses(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Whether PyTorch attends without the matrix of all scores, and this device does it right."""
    device = query.device
    if device.type not in ("cpu", "cuda") or torch.compiler.is_compiling() or not _tried(device):
        return False
    choice: int = torch._fused_sdp_choice(query, key, value, scale=1.0)
    return choice != SDPBackend.MATH.value


@cache
def _tried(device: torch.device) -> bool:
    query, key, value = (waves(2, 6, length, device=device) for length in (70, 90, 90))
    return agrees(
        f"attention of PyTorch on {device}",
        lambda: _fused(_rows(query), _rows(key), _rows(value))[:, 0, :, :6].mT,
        lambda: _attend(query, key, value, softmax_affinity),
    )


def _attend_products(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Compute `_attend` for `product_affinity`, for which the keys can be summed first."""
    return value @ (key.mT / key.shape[-1]) @ query


def _attend_by_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Compute `_attend` with the softmax over the queries, which needs all of them."""

    def contribute(start: int, stop: int) -> Tensor:
        weights = (query.mT @ key[..., start:stop]).softmax(-2)
        return value[..., start:stop] @ weights.mT

    return sum_spans(contribute, key.shape[-1], _step(query))


def _step(others: Tensor) -> int:
    """Return how many pixels to compare at a time with those of (..., C, M)."""
    samples = others.shape[0] if others.ndim == 3 else 1
    return max(1, block_sizes(others).scores // (samples * others.shape[-1]))

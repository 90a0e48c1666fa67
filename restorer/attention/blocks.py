"""Helpers that process one block of a long axis at a time, and on a CPU one sample at a time.

While gradients are recorded and there is more than one block, each block is recomputed in the
backward pass instead of being kept (activation checkpointing). An exported operator runs all
at once; see `is_exporting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from restorer.attention.modes import is_exporting

SpanFunction = Callable[[int, int], Tensor]


def concatenate_spans(function: SpanFunction, length: int, step: int, dim: int = 0) -> Tensor:
    """Concatenate function(start, stop) along `dim` over spans of at most `step` in 0..length."""
    if is_exporting():
        return function(0, length)
    if torch.is_grad_enabled():
        return torch.cat(list(_map_spans(function, length, step)), dim)
    # Collecting the parts in a list would fragment the heap: they settle in the memory that each
    # block frees, the next block no longer fits there, and the process grows by gigabytes.
    first = function(0, min(step, length))
    if step >= length:
        return first
    shape = list(first.shape)
    shape[dim] = length
    joined = first.new_empty(shape)
    joined.narrow(dim, 0, step).copy_(first)
    for start in range(step, length, step):
        stop = min(start + step, length)
        joined.narrow(dim, start, stop - start).copy_(function(start, stop))
    return joined


def in_turn(x: Tensor) -> bool:
    """Whether samples are processed one after the other: blocks of one stay in a CPU's caches."""
    return x.device.type == "cpu"


def map_samples(function: Callable[..., Tensor], *batches: Tensor) -> Tensor:
    """Apply `function` to each sample, (C, L), or on a GPU to the batches at once, (N, C, L)."""
    return each_sample(function, *batches) if in_turn(batches[0]) else function(*batches)


def each_sample(function: Callable[..., Tensor], *batches: Tensor) -> Tensor:
    """Apply `function` to each sample and stack the results.

    The result for a sample is the same, bit for bit, whatever else the batch holds.
    """
    if len(batches[0]) == 1:
        return function(*(batch[0] for batch in batches))[None]  # avoids the copy of stack
    return torch.stack([function(*samples) for samples in zip(*batches, strict=True)])


def sum_spans(function: SpanFunction, length: int, step: int) -> Tensor:
    """Add up function(start, stop) over spans of at most `step` in 0..length, in order."""
    if is_exporting():
        return function(0, length)
    return reduce(torch.add, _map_spans(function, length, step))


def _map_spans(function: SpanFunction, length: int, step: int) -> Iterator[Tensor]:
    recompute = torch.is_grad_enabled() and step < length
    for start in range(0, length, step):
        stop = min(start + step, length)
        if recompute:
            yield checkpoint(function, start, stop, use_reentrant=False)
        else:
            yield function(start, stop)

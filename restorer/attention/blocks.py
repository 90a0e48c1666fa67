"""Work on one sample, and of it on one block of a long axis, at a time.

While gradients are recorded, a block is computed again in the backward pass instead of being kept,
if there is more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

OfSpan = Callable[[int, int], Tensor]


def concatenate_spans(function: OfSpan, length: int, step: int, dim: int = 0) -> Tensor:
    """Join function(start, stop) along `dim`, for all spans of at most `step` below `length`."""
    if torch.is_grad_enabled():
        return torch.cat(list(_map_spans(function, length, step)), dim)
    # Parts kept in a list lie in what the blocks free, and no block fits there again: gigabytes.
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


def map_samples(function: Callable[..., Tensor], *batches: Tensor) -> Tensor:
    """Stack function(sample of every batch): what else is in the batch does not matter to a bit."""
    if len(batches[0]) == 1:
        return function(*(batch[0] for batch in batches))[None]  # not copied
    return torch.stack([function(*samples) for samples in zip(*batches, strict=True)])


def sum_spans(function: OfSpan, length: int, step: int) -> Tensor:
    """Add up function(start, stop) over all spans of at most `step` below `length`, in order."""
    return reduce(torch.add, _map_spans(function, length, step))


def _map_spans(function: OfSpan, length: int, step: int) -> Iterator[Tensor]:
    recompute = torch.is_grad_enabled() and step < length
    for start in range(0, length, step):
        stop = min(start + step, length)
        if recompute:
            yield checkpoint(function, start, stop, use_reentrant=False)
        else:
            yield function(start, stop)

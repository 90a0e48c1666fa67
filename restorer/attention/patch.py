"""Attention between 3x3 patches that never stores the whole score matrix.

The score of two patches is the sum of nine pixel scores along the diagonal: for patches centered at
(y, x) and (v, u), the scores of pixels (y+i, x+j) and (v+i, u+j). Pixels are therefore correlated
once and the products summed along diagonals; pasting the weighted patches is the same sum over the
weights. The result equals unfold, convolution, softmax and transposed convolution up to rounding.

Without gradients, `restorer.attention.tiled` computes the attention in place. The implementation
that records gradients is simpler: the vertical shifts are stacked in the channel dimension (three
rows, 3C channels); the horizontal ones are sums of shifted slices. All levels are concatenated on
one flat key axis with two zero columns after each row, so the same slice shift fits every level;
the zero columns score -inf and are never selected. A few query rows are processed at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from restorer.attention.block_sizes import block_sizes
from restorer.attention.blocks import in_turn
from restorer.attention.geometry import patch_norms
from restorer.attention.modes import at_least_float32, is_exporting, uncompiled
from restorer.attention.tiled import attend_tiled


def patch_attention(
    query: Tensor,
    levels: Sequence[tuple[Tensor, Tensor]],
    *,
    softmax_scale: float,
    norm_floor: float | Tensor,
    hard: bool = False,
    paste_type: torch.dtype | None = None,
) -> Tensor:
    """Reconstruct every query patch from the value patches of similar key patches.

    Patches are 3x3, zero-padded at the borders, at stride 1. A key patch is divided by the larger
    of its L2 norm and `norm_floor`; queries are not normalized. Each output pixel is the *sum* of
    the nine patches that cover it. The result is differentiable; while gradients are recorded,
    blocks are recomputed in the backward pass instead of being kept.

    Args:
        query: (N, C, H, W).
        levels: Pairs of keys (N, C, h, w) and values (N, V, h, w); the size may differ between
            levels. Half precision is converted to float32.
        softmax_scale: Factor on the scores before the softmax over all patches of all levels.
        norm_floor: Lower bound of the norm that divides a key patch; a (1,) tensor avoids a
            synchronization with the GPU.
        hard: Use only the best match (all of them on ties) instead of the softmax average.
        paste_type: Type of the weights and values in their product, which is summed up in float32;
            bfloat16 halves the time of many values. It applies where no gradients are recorded.

    Returns:
        (N, V, H, W).
    """
    query, levels = (
        at_least_float32(query),
        [(at_least_float32(k), at_least_float32(v)) for k, v in levels],
    )
    if is_exporting():
        return _attend_unfolded(query, levels, softmax_scale, norm_floor, hard)
    inputs = [query, *(x for level in levels for x in level)]
    if torch.is_grad_enabled() and any(x.requires_grad for x in inputs):
        return _attend_recorded(query, levels, softmax_scale, norm_floor, hard)
    attend = partial(
        uncompiled(attend_tiled),
        softmax_scale=softmax_scale,
        norm_floor=norm_floor,
        hard=hard,
        paste_type=paste_type or levels[0][1].dtype,
    )
    if not in_turn(query):
        return attend(query, levels)
    samples = [
        attend(query[i], [(key[i], value[i]) for key, value in levels]) for i in range(len(query))
    ]
    return torch.stack(samples)


def patch_weights(
    query: Tensor,
    keys: Sequence[Tensor],
    at: tuple[int, int],
    *,
    softmax_scale: float,
    norm_floor: float | Tensor,
    hard: bool = False,
) -> list[Tensor]:
    """Return the weight of each key patch in `patch_attention` for one query patch.

    Args:
        query: (1, C, H, W).
        keys: One (1, C, h, w) tensor per level.
        at: Row and column of the center of the query patch.
        softmax_scale: As in `patch_attention`.
        norm_floor: As in `patch_attention`.
        hard: As in `patch_attention`.

    Returns:
        One (h, w) tensor per level, indexed by the center of the key patch. The weights of all
        levels sum to 1, or to the number of best matches if `hard`.
    """
    row, column = at
    patch = F.pad(query, (1, 1, 1, 1))[:, :, row : row + 3, column : column + 3]
    scores = [
        F.conv2d(key, patch, padding=1)[0, 0] * (softmax_scale / patch_norms(key, norm_floor)[0])
        for key in keys
    ]
    weights = torch.cat([score.flatten() for score in scores]).softmax(0)
    if hard:
        weights = (weights == weights.amax()).to(weights.dtype)
    parts = torch.split(weights, [score.numel() for score in scores])
    return [part.view(score.shape) for part, score in zip(parts, scores, strict=True)]


def _attend_unfolded(
    query: Tensor,
    levels: Sequence[tuple[Tensor, Tensor]],
    softmax_scale: float,
    norm_floor: float | Tensor,
    hard: bool,
) -> Tensor:
    """Compute `patch_attention` with all patches and scores in memory, for other runtimes."""
    patches = (F.unfold(x, 3, padding=1) for x in (query, *(key for key, _ in levels)))
    queries, *keys = patches
    values = torch.cat([F.unfold(value, 3, padding=1) for _, value in levels], 2)
    normalized = [k / k.square().sum(1, keepdim=True).clamp_min(norm_floor**2).sqrt() for k in keys]
    scores = queries.mT @ torch.cat(normalized, 2) * softmax_scale
    weights = scores.softmax(-1)
    if hard:
        weights = (weights == weights.amax(-1, keepdim=True)).to(weights.dtype)
    height, width = query.shape[2:]
    return F.fold(values @ weights.mT, (height, width), 3, padding=1)


def _attend_recorded(
    query: Tensor,
    levels: Sequence[tuple[Tensor, Tensor]],
    softmax_scale: float,
    norm_floor: float | Tensor,
    hard: bool,
) -> Tensor:
    batch, _, _, width = query.shape
    query_rows = F.pad(_stack_rows(query), (1, 1)).permute(0, 2, 3, 1)  # (N, H, W+2, 3C)
    # Two extra columns at the end hold the shifted slices of the last key.
    keys = F.pad(torch.cat([_stack_rows(k, columns=1).flatten(2) for k, _ in levels], 2), (0, 2))
    values = torch.cat([_stack_rows(v, columns=1).flatten(2) for _, v in levels], 2).mT
    gain, bias = _gain_and_bias([k for k, _ in levels], softmax_scale, norm_floor)

    def attend(rows: Tensor) -> Tensor:
        """Map (N, R, W+2, 3C) query rows to (N, R, W, 3V) pasted rows."""
        count = rows.shape[1]
        products = (rows.flatten(1, 2) @ keys).view(batch, count, width + 2, -1)
        scores = products[..., :width, :-2] + products[..., 1:-1, 1:-1] + products[..., 2:, 2:]
        scores = torch.addcmul(bias, scores, gain)
        weights = scores.softmax(-1)
        if hard:
            weights = (weights == weights.amax(-1, keepdim=True)).to(weights.dtype)
        padded = F.pad(weights, (2, 0, 1, 1))
        pasted = padded[..., :width, :-2] + padded[..., 1:-1, 1:-1] + padded[..., 2:, 2:]
        return torch.matmul(pasted.flatten(1, 2), values).view(batch, count, width, -1)

    count = max(1, block_sizes(query).scores // (batch * (width + 2) * keys.shape[2]))
    blocks = torch.split(query_rows, count, dim=1)
    if len(blocks) > 1:
        parts = [checkpoint(attend, block, use_reentrant=False) for block in blocks]
    else:
        parts = [attend(query_rows)]
    above, center, below = torch.cat(parts, 1).permute(0, 3, 1, 2).chunk(3, 1)
    # Query row y contributes its upper patch row at y - 1 and its lower patch row at y + 1.
    return F.pad(above[:, :, 1:], (0, 0, 0, 1)) + center + F.pad(below[:, :, :-1], (0, 0, 1, 0))


def _stack_rows(x: Tensor, columns: int = 0) -> Tensor:
    """Map (N, C, H, W) to (N, 3C, H, W + 2 columns): each row stacked with its two neighbors."""
    height = x.shape[2]
    padded = F.pad(x, (columns, columns, 1, 1))
    return torch.cat([padded[:, :, i : i + height] for i in range(3)], 1)


def _gain_and_bias(
    keys: Sequence[Tensor], scale: float, floor: float | Tensor
) -> tuple[Tensor, Tensor]:
    """Return the (N, 1, 1, K) factor and bias of every score; the bias is -inf without a patch."""
    gains, biases = [], []
    for key in keys:
        norms = patch_norms(key, floor)
        gains.append(F.pad(scale / norms, (0, 2)).flatten(1))
        biases.append(F.pad(torch.zeros_like(norms), (0, 2), value=-torch.inf).flatten(1))
    return torch.cat(gains, 1)[:, None, None], torch.cat(biases, 1)[:, None, None]

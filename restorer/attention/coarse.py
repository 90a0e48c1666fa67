"""Coarse-to-fine search for the most similar 3x3 patches in large references.

The time of the exact search grows with the product of both image sizes. Here both images are
divided into cells of `factor` x `factor` pixels. The mean features of a query cell select the
`candidates` most similar cells of the reference; each patch of the query cell is then compared with
every patch in a window around each candidate: the candidate cell and `radius` pixels on each side.
Matches outside all windows are missed; `search_agreement` measures how much that costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention.block_sizes import block_sizes
from restorer.attention.geometry import patch_norms
from restorer.attention.transfer import MIN_NORM, cosine


@dataclass(frozen=True)
class SearchAgreement:
    """The agreement of a search with the exact search on a sample of queries."""

    same: float  # fraction of queries with the same match as the exact search
    score: float  # mean cosine similarity of the found matches
    exact_score: float  # mean cosine similarity of the exact matches

    @property
    def loss(self) -> float:
        """The loss in mean cosine similarity against the exact search."""
        return self.exact_score - self.score


def search_coarse_to_fine(
    query: Tensor, key: Tensor, *, factor: int = 4, candidates: int = 16, radius: int = 2
) -> tuple[Tensor, Tensor]:
    """Approximate `search` by comparing each query with the patches of a few windows.

    The result is exact if one window covers the reference. The search is deterministic; on ties the
    first key among those compared wins. The score is differentiable, the index is not.

    Args:
        query: (N, C, H, W), float32 or float64.
        key: (N, C, h, w); h and w are independent of H and W.
        factor: Side of a cell in pixels.
        candidates: Number of windows searched for each cell.
        radius: Margin of a window around its cell, in pixels.

    Returns:
        index (N, H, W), int64: row * w + column of the key patch's center; score (N, H, W).
    """
    with torch.no_grad():
        pairs = zip(query, key, strict=True)
        index = torch.stack([_best_patches(q, k, factor, candidates, radius) for q, k in pairs])
    return index, cosine(query, key, index)


@torch.no_grad()
def search_agreement(
    query: Tensor, key: Tensor, index: Tensor, *, samples: int = 256, seed: int = 0
) -> SearchAgreement:
    """Compare the matches of a search with the exact matches at random query positions.

    Args:
        query: (1, C, H, W).
        key: (1, C, h, w).
        index: (1, H, W), the matches to check, as `search_coarse_to_fine` returns them.
        samples: Number of query positions, drawn with replacement.
        seed: Seed of the random positions.
    """
    generator = torch.Generator().manual_seed(seed)
    places = torch.randint(index.numel(), (samples,), generator=generator).to(query.device)
    width = index.shape[2]
    rows, columns = places // width, places % width
    around = torch.arange(3, device=query.device)
    pixels = F.pad(query[0], (1, 1, 1, 1))
    patches = pixels[:, rows[:, None, None] + around[:, None], columns[:, None, None] + around]
    patches = patches.transpose(0, 1).contiguous()  # (S, C, 3, 3)
    patches /= patches.flatten(1).norm(dim=1).clamp_min(MIN_NORM)[:, None, None, None]

    height, key_width = key.shape[2:]
    padded = F.pad(key, (0, 0, 1, 1))
    gain = 1 / patch_norms(key, MIN_NORM)[0]
    best = query.new_full((samples,), -torch.inf)
    best_index = torch.zeros_like(places)
    found = query.new_zeros(samples)
    wanted = index.flatten()[places]
    step = max(1, block_sizes(key).scores // (samples * key_width))
    for top in range(0, height, step):
        bottom = min(top + step, height)
        scores = F.conv2d(padded[:, :, top : bottom + 2], patches, padding=(0, 1))[0]
        scores = (scores * gain[top:bottom]).flatten(1)
        score, place = scores.max(1)
        best_index = torch.where(score > best, place + top * key_width, best_index)
        best = torch.maximum(best, score)
        here = (wanted >= top * key_width) & (wanted < bottom * key_width)
        local = (wanted - top * key_width).clamp(0, scores.shape[1] - 1)
        found = torch.where(here, scores.gather(1, local[:, None])[:, 0], found)
    same = (best_index == wanted).double().mean()
    return SearchAgreement(float(same), float(found.mean()), float(best.mean()))


def _best_patches(query: Tensor, key: Tensor, factor: int, candidates: int, radius: int) -> Tensor:
    """Map (C, H, W) and (C, h, w) to the (H, W) index."""
    height, width = query.shape[1:]
    key_height, key_width = key.shape[1:]
    choices = _choose_cells(query, key, factor, candidates)  # (cells, candidates)
    across = -(-key_width // factor)
    side = factor + 2 * radius
    window = min(side, key_height), min(side, key_width)
    tops = (choices // across * factor - radius).clamp(0, key_height - window[0])
    lefts = (choices % across * factor - radius).clamp(0, key_width - window[1])

    blocks = _cut_blocks(query, factor)
    gain = F.pad(1 / patch_norms(key[None], MIN_NORM)[0], (0, 2, 0, 2)).flatten()
    keys = F.pad(key, (1, 1, 1, 1)).permute(1, 2, 0).flatten(0, 1)  # (pixels, C)
    found = torch.zeros(blocks.shape[0], factor * factor, dtype=torch.int64, device=query.device)
    deepest = max(blocks.shape[1:])  # values per window pixel: its channels or its products
    pixels = (window[0] + 2) * (window[1] + 2)
    step = max(1, block_sizes(keys).scores // (pixels * deepest))
    for start in range(0, len(choices), step):
        part = slice(start, start + step)
        best = query.new_full(found[part].shape, -torch.inf)
        for top, left in zip(tops[part].T, lefts[part].T, strict=True):
            corner = top * (key_width + 2) + left
            score, place = _match(blocks[part], keys, gain, corner, window, key_width + 2)
            place = place // (key_width + 2) * key_width + place % (key_width + 2)
            better = (score > best) | ((score == best) & (place < found[part]))
            best = torch.where(better, score, best)
            found[part] = torch.where(better, place, found[part])
    cells = -(-height // factor), -(-width // factor)
    grid = found.view(*cells, factor, factor).transpose(1, 2)
    return grid.reshape(cells[0] * factor, -1)[:height, :width]


def _cut_blocks(query: Tensor, factor: int) -> Tensor:
    """Map (C, H, W) to (cells, (factor + 2)**2, C): the cells with a border of one pixel."""
    height, width = query.shape[1:]
    padded = F.pad(query, (1, 1 - width % -factor, 1, 1 - height % -factor))
    blocks = padded.unfold(1, factor + 2, factor).unfold(2, factor + 2, factor)
    return blocks.permute(1, 2, 3, 4, 0).flatten(0, 1).flatten(1, 2)


def _choose_cells(query: Tensor, key: Tensor, factor: int, candidates: int) -> Tensor:
    queries, keys = (_cell_features(x, factor) for x in (query, key))
    count = min(candidates, len(keys))
    step = max(1, block_sizes(keys).scores // len(keys))
    return torch.cat([_highest(part @ keys.T, count) for part in torch.split(queries, step)])


def _highest(scores: Tensor, count: int) -> Tensor:
    """Return the places of the highest scores of each row.

    On a GPU, nothing is promised of which of equal ones `topk` returns.
    """
    if scores.is_cuda:
        return scores.sort(descending=True, stable=True).indices[:, :count]
    return scores.topk(count).indices


def _cell_features(x: Tensor, factor: int) -> Tensor:
    """Map (C, H, W) to (cells, C): mean features, normalized to unit length."""
    means = F.avg_pool2d(x[None], factor, ceil_mode=True)[0]
    return F.normalize(means.flatten(1).T, dim=1)


def _match(
    blocks: Tensor, keys: Tensor, gain: Tensor, corner: Tensor, window: tuple[int, int], pitch: int
) -> tuple[Tensor, Tensor]:
    """Return each query's best score in its window and the position of that patch.

    Both results are (B, factor**2). `corner` (B,) and the returned positions are flat indices into
    rows of `pitch` pixels. `keys` is padded by one pixel at the top left and `gain` is not, so the
    same index names the first pixel of a patch in `keys` and the patch itself in `gain`.
    """
    height, width = window
    side = math.isqrt(blocks.shape[1])
    rows, columns = (torch.arange(n + 2, device=keys.device) for n in window)
    offsets = (rows[:, None] * pitch + columns).flatten()
    places = corner[:, None] + offsets
    near = keys.index_select(0, places.flatten()).view(*places.shape, -1)
    products = torch.bmm(blocks, near.mT)
    in_rows = _sum_diagonal(products, 1, 1)
    scores = _sum_diagonal(in_rows, side, width + 2)
    # Two positions at the end of each row of a window (and of a block) are not valid patches.
    centers = places[:, : scores.shape[2]]
    bias = scores.new_zeros(height, width + 2)
    bias[:, width:] = -torch.inf
    scores = torch.addcmul(bias.flatten()[:-2], scores, gain[centers][:, None])
    score, place = scores.max(2)
    inner = torch.arange(side * (side - 2), device=keys.device).view(-1, side)[:, :-2].flatten()
    return score[:, inner], centers.gather(1, place[:, inner])


def _sum_diagonal(x: Tensor, shift: int, key_shift: int) -> Tensor:
    """Return x[:, i, j] + x[:, i + s, j + t] + x[:, i + 2s, j + 2t] where all three exist."""
    rows, columns = x.shape[1] - 2 * shift, x.shape[2] - 2 * key_shift
    first, second, third = (
        x[:, i * shift : i * shift + rows, i * key_shift : i * key_shift + columns]
        for i in range(3)
    )
    return (first + second).add_(third)

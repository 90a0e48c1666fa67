"""Hard attention between 3x3 patches in bounded memory: find and paste the best reference patch.

Source: relevance embedding and hard attention of Yang et al. 2020 (arXiv:2006.04139, equations 4 to
7; researchmm/TTSR@550e4c9, MIT).

As in `restorer.attention.patch`, the inner product of two patches is the sum of nine pixel products
along the diagonal. Here both pixel grids are zero-padded by one pixel and flattened, so each of the
two directions is a sum of three shifted slices of the product matrix. A block of query rows is
compared with a block of key rows at a time.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention.block_sizes import BlockSizes, block_sizes
from restorer.attention.geometry import balanced_size, patch_norms, view_start
from restorer.attention.modes import is_exporting, uncompiled

Divisor: TypeAlias = Literal["constant", "coverage"]

MIN_NORM = 1e-12  # default of F.normalize
_ENOUGH_ROWS = 12  # in a block, two of which are computed twice


def search(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Return the most similar key patch for each query patch, with its cosine similarity.

    Patches are 3x3, zero-padded at the borders, at stride 1, normalized over their 9C values. On
    ties the first key wins. The score is differentiable, the index is not.

    Args:
        query: (N, C, H, W), float32 or float64.
        key: (N, C, h, w); h and w are independent of H and W.

    Returns:
        index (N, H, W), int64: row * w + column of the key patch's center; score (N, H, W).
    """
    if is_exporting():
        return _search_unfolded(query, key)
    with torch.no_grad():
        index = uncompiled(_best_patches)(query, key)
    return index, cosine(query, key, index)


def paste(
    value: Tensor, index: Tensor, *, stride: int = 1, divisor: Divisor = "constant"
) -> Tensor:
    """Rebuild features from the value patches at `index`, averaging overlapping patches.

    A patch measures 3 * `stride` pixels on each side at a spacing of `stride`: 3x3 cells of stride
    x stride pixels. The result equals unfold, gather and fold with padding `stride`.

    Args:
        value: (N, C, h * stride, w * stride), zero-padded at the borders.
        index: (N, H, W) into the h * w patches, as `search` returns it.
        stride: Pixels of `value` per cell, in each direction.
        divisor: Divisor of the sum of overlapping patches: ``constant`` is 9, as the published
            weights expect, which darkens the borders; ``coverage`` is the number of patches that
            contribute a pixel of the reference, not of its zero padding.

    Returns:
        (N, C, H * stride, W * stride); differentiable in `value`.
    """
    if is_exporting():
        return _paste_unfolded(value, index, stride, divisor)
    cells = F.pixel_unshuffle(value, stride)
    pasted = _sum_patches(cells, index)
    if divisor == "coverage":
        pasted = pasted / _sum_patches(torch.ones_like(cells[:, :1]), index)
    else:
        pasted = pasted / 9
    return F.pixel_shuffle(pasted, stride)


def _search_unfolded(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Compute `search` with all patches and scores in memory, for other runtimes."""
    queries, keys = (F.normalize(F.unfold(x, 3, padding=1), dim=1) for x in (query, key))
    score, index = (queries.mT @ keys).max(2)
    shape = len(query), *query.shape[2:]
    return index.view(shape), score.view(shape)


def _paste_unfolded(value: Tensor, index: Tensor, stride: int, divisor: Divisor) -> Tensor:
    """Compute `paste` with all patches in memory, for other runtimes."""
    size = index.shape[1] * stride, index.shape[2] * stride

    def pasted(x: Tensor) -> Tensor:
        patches = F.unfold(x, 3 * stride, padding=stride, stride=stride)
        chosen = patches.gather(2, index.flatten(1)[:, None].expand(-1, patches.shape[1], -1))
        return F.fold(chosen, size, 3 * stride, padding=stride, stride=stride)

    if divisor == "coverage":
        return pasted(value) / pasted(torch.ones_like(value[:, :1]))
    return pasted(value) / 9


def _best_patches(query: Tensor, key: Tensor) -> Tensor:
    batch, _, height, width = query.shape
    key_height, key_width = key.shape[2:]
    queries = F.pad(query, (1, 1, 1, 1)).permute(0, 2, 3, 1).contiguous()
    keys = F.pad(key, (1, 1, 1, 1))
    norms = patch_norms(key, MIN_NORM)
    # The two positions after each flattened key row are not valid patches.
    gain = F.pad(1 / norms, (0, 2))
    bias = F.pad(torch.zeros_like(norms), (0, 2), value=-torch.inf)
    sizes = (height, width), (key_height, key_width)
    rows, key_rows = _block_rows(batch, block_sizes(key), *sizes)

    # New memory for every block would cost more time than its products (page faults, measured).
    size = batch * (rows + 2) * (width + 2) * (key_rows + 2) * (key_width + 2)
    buffer, other = query.new_empty(size), query.new_empty(size)

    def match(top: int) -> Tensor:
        """Return the (N, R, W) best keys of up to `rows` query rows, starting at `top`."""
        count = min(rows, height - top)
        block = queries[:, top : top + count + 2].flatten(1, 2)
        best = block.new_full((batch, count * (width + 2) - 2), -torch.inf)
        index = torch.zeros_like(best, dtype=torch.int64)
        for key_top in range(0, key_height, key_rows):
            bottom = min(key_top + key_rows, key_height)
            key_block = keys[:, :, key_top : bottom + 2].flatten(2)
            shape = (batch, block.shape[1], key_block.shape[2])
            products = torch.matmul(block, key_block, out=view_start(buffer, *shape))
            in_rows = _sum_diagonal(products, 1, 1, out=other)
            scores = _sum_diagonal(in_rows, width + 2, key_width + 2, out=buffer)
            gains, biases = (x[:, key_top:bottom].flatten(1)[:, None, :-2] for x in (gain, bias))
            score, place = torch.addcmul(biases, scores, gains, out=scores).max(2)
            place += key_top * key_width - 2 * (place // (key_width + 2))
            better = score > best
            best = torch.where(better, score, best)
            index = torch.where(better, place, index)
        return F.pad(index, (0, 2)).view(batch, count, width + 2)[:, :, :width]

    return torch.cat([match(top) for top in range(0, height, rows)], 1)


def _block_rows(
    batch: int, sizes: BlockSizes, size: tuple[int, int], key_size: tuple[int, int]
) -> tuple[int, int]:
    """Return the numbers of query rows and key rows in a block, chosen to be similar."""
    pairs, near = (
        elements // (batch * (size[1] + 2) * (key_size[1] + 2))
        for elements in (sizes.search, sizes.near_search)
    )
    if near >= _ENOUGH_ROWS**2:
        pairs = near
    rows = balanced_size(size[0], math.isqrt(pairs) - 2)
    key_rows = balanced_size(key_size[0], pairs // (rows + 2) - 2)
    return balanced_size(size[0], pairs // (key_rows + 2) - 2), key_rows


def _sum_diagonal(x: Tensor, shift: int, key_shift: int, *, out: Tensor) -> Tensor:
    """Return x[:, i, j] + x[:, i + s, j + t] + x[:, i + 2s, j + 2t] where all three exist."""
    rows, columns = x.shape[1] - 2 * shift, x.shape[2] - 2 * key_shift
    first, second, third = (
        x[:, i * shift : i * shift + rows, i * key_shift : i * key_shift + columns]
        for i in range(3)
    )
    return torch.add(first, second, out=view_start(out, len(x), rows, columns)).add_(third)


def cosine(query: Tensor, key: Tensor, index: Tensor) -> Tensor:
    """Return the (N, H, W) cosine similarity of each query patch and its match at `index`.

    `query` is (N, C, H, W), `key` is (N, C, h, w), `index` is (N, H, W) as `search` returns it.
    """
    height, width = index.shape[1:]
    queries = F.pad(query, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    keys = _pixel_rows(key)
    centers = _centers(index, key)
    product = query.new_zeros(())
    for y in range(3):
        for x in range(3):
            places = centers + (y - 1) * (key.shape[3] + 2) + (x - 1)
            matched = keys.index_select(0, places.flatten()).view(*index.shape, -1)
            product = product + (queries[:, y : y + height, x : x + width] * matched).sum(3)
    key_norms = patch_norms(key, MIN_NORM).flatten(1).gather(1, index.flatten(1)).view_as(index)
    return product / (patch_norms(query, MIN_NORM) * key_norms)


def _sum_patches(cells: Tensor, index: Tensor) -> Tensor:
    """Paste the 3x3 patches of (N, C, h, w) selected by (N, H, W) `index`: (N, C, H, W)."""
    height, width = index.shape[1:]
    centers = _centers(index, cells)
    # A cell sums over the patches of its nine neighbors; missing ones point to row 0, a zero.
    sources = [
        F.pad(centers + y * (cells.shape[3] + 2) + x, (1, 1, 1, 1))[
            :, 1 - y : 1 - y + height, 1 - x : 1 - x + width
        ]
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
    ]
    # Six times as fast as nine index_select calls and additions, without intermediates (measured).
    pasted = F.embedding_bag(torch.stack(sources, 3).flatten(0, 2), _pixel_rows(cells), mode="sum")
    return pasted.view(*index.shape, -1).permute(0, 3, 1, 2)


def _pixel_rows(x: Tensor) -> Tensor:
    """Map (N, C, H, W) to (N * (H + 2) * (W + 2), C), zero-padded by one pixel."""
    return F.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1).flatten(0, 2).contiguous()


def _centers(index: Tensor, x: Tensor) -> Tensor:
    """Return the rows of `_pixel_rows(x)` that hold the patch centers, in the shape of `index`."""
    height, width = x.shape[2:]
    image = torch.arange(len(index), device=index.device).view(-1, 1, 1)
    row, column = index // width, index % width
    return (image * (height + 2) + row + 1) * (width + 2) + column + 1

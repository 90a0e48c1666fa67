"""Relevance embedding, hard and soft attention (Yang et al. 2020, arXiv:2006.04139) as a module.

Reference: ``SearchTransfer`` of researchmm/TTSR@550e4c9 (MIT).
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from restorer.attention.coarse import search_coarse_to_fine
from restorer.attention.modes import at_least_float32, is_exporting
from restorer.attention.tf32 import exactly
from restorer.attention.transfer import Divisor, paste, search

# Largest number of patch pairs for the exact search: half a minute on two CPU cores.
_EXACT_PAIRS = 1 << 31


class TransferredTextures(NamedTuple):
    """The result of `SearchTransfer` for queries of (H, W)."""

    soft: Tensor  # (N, 1, H, W): cosine similarity of each query patch and its match, S
    textures: tuple[Tensor, ...]  # one (N, V, H * stride, W * stride) per value, T
    match: Tensor  # (N, H, W), int64: row * w + column of the match among the keys


class SearchTransfer(nn.Module):
    """Find the most similar 3x3 reference patch of each pixel, and paste the patches found.

    The cosine similarity of the patches is the relevance (equation 4 of the paper), its maximum the
    soft attention S (equation 7); hard attention (equations 5 and 6) pastes the textures at the
    match, averaged where they overlap. The module has no parameters.

    Shapes: queries (N, C, H, W), keys (N, C, h, w), values (N, V, h * stride, w * stride) with a
    stride of each value's own; see `TransferredTextures` for the results. Time grows with H W h w C
    up to `exact_pairs` pairs, and from there, searched coarse to fine, with H W C; memory with the
    inputs and results plus 128 MiB. Values get gradients through T, queries and keys through S; the
    choice of a patch has none. On ties the first key wins.

    ::

        >>> import torch
        >>> from restorer.attention import SearchTransfer
        >>> query, key = torch.rand(1, 8, 10, 12), torch.rand(1, 8, 7, 9)
        >>> found = SearchTransfer()(query, key, torch.rand(1, 3, 28, 36))
        >>> found.soft.shape, found.textures[0].shape
        (torch.Size([1, 1, 10, 12]), torch.Size([1, 3, 40, 48]))

    Args:
        divisor: Divisor of overlapping patches, ``constant`` (9, as in the authors' code, which
            darkens the borders) or ``coverage`` (their number).
        exact_pairs: Largest number H W h w of pairs for the exact search.
    """

    def __init__(self, *, divisor: Divisor = "constant", exact_pairs: int = _EXACT_PAIRS) -> None:
        super().__init__()
        self.divisor = divisor
        self.exact_pairs = exact_pairs

    def forward(self, query: Tensor, key: Tensor, *values: Tensor) -> TransferredTextures:
        """Search `query` in `key` and paste the patches of the values at the matches."""
        # Half precision often selects a different best patch.
        with exactly(query.device.type):
            pairs = query.shape[2:].numel() * key.shape[2:].numel()
            exact = is_exporting() or pairs <= self.exact_pairs
            find = search if exact else search_coarse_to_fine
            index, score = find(at_least_float32(query), at_least_float32(key))
            textures = tuple(self._paste(value, index, key) for value in values)
        return TransferredTextures(score[:, None].to(query.dtype), textures, index)

    def _paste(self, value: Tensor, index: Tensor, key: Tensor) -> Tensor:
        stride = value.shape[3] // key.shape[3]
        pasted = paste(at_least_float32(value), index, stride=stride, divisor=self.divisor)
        return pasted.to(value.dtype)

"""Color consistency: make the local means of a result follow those of its input.

A network is unbiased only where the damage is what it was told; elsewhere it shifts colors, by up
to 16 of 255 levels on a clean field that is denoised at sigma 25. The difference of the means of
input and result is measured in blocks of 8 x 8 input pixels and smoothed over neighboring blocks.
Noise and structure scatter the differences, and what may be no more than such scatter is not
corrected (Wiener shrinkage). The scatter is measured where it is, so that white noise, grain and
compression need no description.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_BLOCK = 8  # input pixels, the blocks of JPEG
_STD = 2.5  # of the Gaussian, in blocks: 20 input pixels
# Corrections that are no larger than this many squared standard errors are dropped, larger ones
# reduced by them. At 1, JPEG and camera noise lose 0.001 to 0.005 dB more; at 4, drifts remain.
_ERRORS = 2.0
_EVEN = 0.5 / 255  # range of values within which an area has no noise
# Share of clipped pixels around a block from which its mean says nothing on the colors beyond black
# or white; at half of it, noise of sigma 50 has moved the mean by about 1 of 255 levels.
_CLIPPED = 0.1
_TINY = 1e-6


def keep_colors(
    x: Tensor,
    y: Tensor,
    *,
    excess: Tensor | None = None,
    sampled: Tensor | None = None,
    even_is_exact: bool = True,
) -> Tensor:
    """Return a result with the local means of its input.

    Args:
        x: (N, C, h, w) colors of the input, white 1.
        y: (N, C, h * scale, w * scale), its result.
        excess: `excess_of` both, where that is known already.
        sampled: (1, C, h, w), 1 where a mosaic has a sample, 0 elsewhere; None for all pixels.
        even_is_exact: Whether areas of 16 x 16 equal pixels are free of damage, and keep exactly
            their color. In JPEG files, blocks are even because their detail is lost.
    """
    scale = y.shape[2] // x.shape[2]
    if sampled is None:
        excess = excess_of(x, y) if excess is None else excess
        share = torch.ones_like(excess[:, :1])
        highest, lowest = _extremes(x, x)
    else:
        share = _means(sampled)
        excess = _means((x - y) * sampled) / share.clamp(min=_TINY)
        inside = sampled > 0
        highest, lowest = _extremes(x.where(inside, -math.inf), x.where(inside, math.inf))
    exact = _even(highest, lowest) if even_is_exact else torch.zeros_like(excess)
    weights = (1 - exact) * (share > 0)
    rows, columns = (_gaussian(n, excess) for n in x.shape[2:])

    def smoothed(values: Tensor) -> Tensor:
        return rows @ (values * weights) @ columns.mT

    total = smoothed(torch.ones_like(excess)).clamp(min=_TINY)
    mean = smoothed(excess) / total
    # The variance of a mean is that of its terms times the sum of their squared weights.
    squares = ((rows**2) @ weights @ (columns**2).mT) / total**2
    scatter = (smoothed(excess**2) / total - mean**2).clamp(min=0) / (1 - squares).clamp(min=_TINY)
    kept = 1 - _ERRORS * scatter * squares / (mean**2).clamp(min=_TINY**2)
    correction = mean * kept.clamp(min=0)
    if bool((highest == 1).any()) or bool((lowest == 0).any()):
        pixels = torch.ones_like(x) if sampled is None else sampled
        shares = [smoothed(_means((x == v) * pixels) / share.clamp(min=_TINY)) for v in (0, 1)]
        clipped = torch.where(correction < 0, shares[1], shares[0]) / total
        correction = correction * (2 - 2 * clipped / _CLIPPED).clamp(0, 1)
    correction = torch.where(exact * (share > 0) > 0, excess, correction)
    down, across = (_linear(n, _BLOCK * scale, excess) for n in y.shape[2:])
    fine = torch.einsum("hr,ncrq,wq->nhwc", down, correction, across)  # in the order of networks
    return fine.permute(0, 3, 1, 2).add_(y)


def excess_of(x: Tensor, y: Tensor) -> Tensor:
    """Return by how much the means of blocks of (N, C, h, w) exceed those of its result."""
    return _means(x) - _means(y, y.shape[2] // x.shape[2])


def _means(values: Tensor, scale: int = 1) -> Tensor:
    """Return the means of blocks; those at the lower and right edges may be smaller."""
    size = _BLOCK * scale
    height, width = (
        (n - torch.arange(0, n, size, device=values.device)).clamp(max=size)
        for n in values.shape[2:]
    )
    return _blocks(values, size, 0).sum(3).sum(4) / (height[:, None] * width)


def _extremes(high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
    """Return the highest and lowest values of blocks."""
    highest = _blocks(high, _BLOCK, -math.inf).amax(3).amax(4)
    return highest, _blocks(low, _BLOCK, math.inf).amin(3).amin(4)


def _blocks(values: Tensor, size: int, around: float) -> Tensor:
    """Return (N, C, rows, size, columns, size); built-in pooling is slower, channels last."""
    height, width = (-n % size for n in values.shape[2:])
    if height or width:
        values = F.pad(values, (0, width, 0, height), value=around)
    count, channels, height, width = values.shape
    return values.reshape(count, channels, height // size, size, width // size, size)


def _even(highest: Tensor, lowest: Tensor) -> Tensor:
    """Return 1 for blocks that are part of 2 x 2 blocks without noise, else 0."""
    square = [min(2, n) for n in highest.shape[2:]]
    span = F.max_pool2d(highest, square, 1) + F.max_pool2d(-lowest, square, 1)
    even = (span < _EVEN).to(highest.dtype)
    return F.max_pool2d(even, square, 1, [n - 1 for n in square])


def _gaussian(length: int, like: Tensor) -> Tensor:
    """Return the weights (count, count) of the blocks along an axis, smaller for a part of one."""
    edges = torch.arange(0, length, _BLOCK, device=like.device, dtype=like.dtype)
    distances = (edges[:, None] - edges) / (_BLOCK * _STD)
    return torch.exp(-(distances**2) / 2) * (length - edges).clamp(max=_BLOCK) / _BLOCK


def _linear(length: int, size: int, like: Tensor) -> Tensor:
    """Return the weights (length, count) that interpolate between the centers of blocks."""
    count = -(-length // size)
    places = torch.arange(length, device=like.device, dtype=like.dtype) + 0.5
    places = (places / size - 0.5).clamp(0, count - 1)
    blocks = torch.arange(count, device=like.device, dtype=like.dtype)
    return (1 - (places[:, None] - blocks).abs()).clamp(min=0)

"""Pyramid attention (Mei et al. 2020, arXiv:2004.13824) as a module.

Reference: SHI-Labs/Pyramid-Attention-Networks@a267cf8 (MIT), with the same state-dict names.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.modes import in_bfloat16
from restorer.attention.patch import patch_attention
from restorer.attention.tf32 import exactly

_WIDE = 64  # channels; with 32 of them, rounding the weights takes the time that products gain
_INEXACT = 3  # the level whose factor, 1 - 3/10, is rounded down to a double


class PyramidAttention(nn.Module):
    """Attention of every 3x3 patch to the 3x3 patches of the input at several scales.

    y = attention(x) / 4 + residual_scale * x (equations 4 and 5 of the paper). The division by 4
    and the factor on the *identity* come from the authors' code. Level i is the input resized
    bicubically (a = -0.75, half-pixel centers, no antialiasing) by 1 - i/10. The networks were
    trained with torch 1.1, which sampled by the ratio of the sizes; `exact_ratio=False` samples by
    the factor itself, as the same code does since torch 1.6.

    Shapes: (N, C, H, W) to the same shape, for any H and W. Time grows with (H W)**2 C, memory with
    H W (C + C / reduction) plus 40 MiB of scores. All inputs and parameters get gradients, except
    with `hard`, whose choice of a patch has none. Samples of a batch do not affect each other.

    ::

        >>> import torch
        >>> from restorer.attention import PyramidAttention
        >>> attention = PyramidAttention(16, levels=3)
        >>> attention(torch.rand(1, 16, 20, 30)).shape
        torch.Size([1, 16, 20, 30])

    Args:
        channels: Number of channels C.
        reduction: Queries and keys have C / reduction channels.
        levels: Number of scales, including the full one, at most 10.
        residual_scale: Factor on the identity.
        softmax_scale: Factor on the scores.
        hard: Paste only the best match instead of the softmax average.
        exact_ratio: Sample the pyramid by the ratio of the sizes.
    """

    escape_NaN: Tensor  # noqa: N815, RUF100  the name in the published state dicts

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 2,
        levels: int = 5,
        residual_scale: float = 1.0,
        softmax_scale: float = 10.0,
        hard: bool = False,
        exact_ratio: bool = True,
    ) -> None:
        super().__init__()
        self.scales = [1 - i / 10 for i in range(levels)]
        self.residual_scale = residual_scale
        self.softmax_scale = softmax_scale
        self.hard = hard
        self.exact_ratio = exact_ratio
        self.register_buffer("escape_NaN", torch.tensor([1e-4]))
        self.conv_match_L_base = _pointwise(channels, channels // reduction)
        self.conv_match = _pointwise(channels, channels // reduction)
        self.conv_assembly = _pointwise(channels, channels)

    @property
    def exports_any_size(self) -> bool:
        """Whether one exported program is right for all sizes."""
        return len(self.scales) <= _INEXACT

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        return self.attend(x) + x * self.residual_scale

    def attend(self, x: Tensor) -> Tensor:
        """Return the attention alone, without the identity: (N, C, H, W)."""
        # Scores are multiplied by 10 and exponentiated; half precision would prefer other patches.
        # Averaging the patches in it costs no more than rounding the features, which came in it.
        reduced = x.shape[1] >= _WIDE and in_bfloat16(x)
        paste_type = torch.bfloat16 if reduced else None
        with exactly(x.device.type):
            x = x.to(self.escape_NaN.dtype)
            resized = [self._resize(x, level) for level in range(len(self.scales))]
            pasted = patch_attention(
                self.conv_match_L_base(x),
                [(self.conv_match(level), self.conv_assembly(level)) for level in resized],
                softmax_scale=self.softmax_scale,
                norm_floor=self.escape_NaN,
                hard=self.hard,
                paste_type=paste_type,
            )
        return (pasted / 4).to(x.dtype)

    def _resize(self, x: Tensor, level: int) -> Tensor:
        if level == 0:
            return x
        # A level has at least one pixel; the reference code fails for sizes below 2.
        size = [max(1, self._length(n, level)) for n in x.shape[2:]]
        if self.exact_ratio or 1 in size:
            return F.interpolate(x, size=size, mode="bicubic", align_corners=False)
        return F.interpolate(
            x, scale_factor=self.scales[level], mode="bicubic", align_corners=False
        )

    def _length(self, full: int | torch.SymInt, level: int) -> Any:
        """Return the length of a level, the product of doubles rounded down."""
        if isinstance(full, int) or level == _INEXACT:
            return int(full * self.scales[level])  # in an export, this fixes the size
        return full * (10 - level) // 10  # the same for the other levels; has a form in ONNX


def _pointwise(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 1), nn.PReLU())

"""A small texture transformer for super-resolution with references, for CPUs.

After TTSR (Yang et al. 2020, arXiv:2006.04139): relevance of learned textures, soft attention on
what is transferred. What differs: the enlargement by a network that knows no reference is given,
and is what comes out where the reference does not help; textures are transferred as pixels, whose
low frequencies are left out; all works on the pixels of the small picture, with those of the large
one as channels (space-to-depth).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.geometry import patch_norms
from restorer.networks.layers import ResidualBlock, conv3x3, conv_shape

_MIN_NORM = 1e-6
_WINDOW = 5  # input pixels that brightness and contrast are compared in
_FLOOR = (2 / 255) ** 2  # variance that counts as none
_GAIN_MAX = 2.0  # contrast of a reference is raised by no more
_STRICTNESS = 4.0  # a quarter of the variance left unexplained, and nothing is taken; see `_agree`
_DOUBT = -2.0  # start of the confidence before its sigmoid: 0.12


class Guided(NamedTuple):
    """A result, and how far it follows the reference."""

    restored: Tensor  # (N, 3, scale H, scale W)
    confidence: Tensor  # (N, 1, scale H, scale W), 0 to 1
    relevance: Tensor  # (N, 1, H, W), cosine of the textures, -1 to 1


class TTSRLite(nn.Module):
    """Merge the textures of a reference that lies on the target into its plain enlargement.

    Args:
        scale: Factor of enlargement.
        channels: Width of the trunk.
        blocks: Residual blocks.
        textures: Channels of the texture features.
    """

    ignored_keys = ()

    def __init__(
        self, *, scale: int = 4, channels: int = 64, blocks: int = 6, textures: int = 16
    ) -> None:
        super().__init__()
        self.scale = scale
        fine = 3 * scale**2
        self.extractor = nn.Sequential(
            conv3x3(3, 2 * textures),
            nn.ReLU(inplace=True),
            conv3x3(2 * textures, 2 * textures),
            nn.ReLU(inplace=True),
            conv3x3(2 * textures, textures),
        )
        self.head = conv3x3(2 * fine + 10, channels)
        self.body = nn.Sequential(
            *(ResidualBlock(channels, nn.ReLU(inplace=True)) for _ in range(blocks)),
            conv3x3(channels, channels),
            nn.ReLU(inplace=True),
        )
        self.trust = conv3x3(channels, scale**2)
        self.touch = conv3x3(channels, fine)
        for layer, start in ((self.trust, _DOUBT), (self.touch, 0.0)):
            nn.init.zeros_(layer.weight)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, start)

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Return the result of `guide`; `seed` is not used."""
        return self.guide(x).restored

    def guide(self, x: Tensor) -> Guided:
        """Merge textures into an enlargement.

        Args:
            x: (N, 7, scale H, scale W), white 1: three planes of the enlargement, three of what the
                reference shows at the same places, one that is 1 where it shows something, else 0.
        """
        scale = self.scale
        base, shown, inside = x[:, :3], x[:, 3:6], x[:, 6:, ::scale, ::scale]
        target, coarse = _shrink(base, scale), _shrink(shown, scale)
        fitted, gain = _fit(target, coarse)
        own = F.pixel_unshuffle(base - _enlarge(target, scale), scale)
        detail = F.pixel_unshuffle(shown - _enlarge(coarse, scale), scale) * gain
        relevance, agreement = self.relevance(target, fitted), _agree(target, fitted)
        seen = [target - 0.5, own, detail, target - fitted, gain, relevance, agreement, inside]
        features = self.body(self.head(torch.cat(seen, 1)))
        trust = self.trust(features).float().sigmoid() * agreement * inside
        confidence = F.pixel_shuffle(trust, scale)
        touch = F.pixel_shuffle(self.touch(features).float(), scale)
        exposed = _enlarge(fitted - gain * coarse, scale) + _enlarge(gain, scale) * shown
        change = confidence * (exposed - base + touch)
        # Low frequencies stay the target's; they are taken away once, here, and not before, or what
        # lies between low and high would be weakened twice.
        change = change - _enlarge(_shrink(change, scale), scale)
        return Guided(base + change, confidence, relevance)

    def judge(self, target: Tensor, coarse: Tensor) -> Tensor:
        """Return the relevance (N, 1, H, W) of a reference that is as coarse as the target."""
        return self.relevance(target, _fit(target, coarse)[0])

    def relevance(self, target: Tensor, reference: Tensor) -> Tensor:
        """Return (N, 1, H, W): the cosine of the texture patches of (N, 3, H, W) pictures."""
        here, there = self.extractor(target), self.extractor(reference)
        with torch.autocast(here.device.type, enabled=False):
            here, there = here.float(), there.float()
            product = F.avg_pool2d((here * there).sum(1), 3, 1, 1, divisor_override=1)
            norms = patch_norms(here, _MIN_NORM) * patch_norms(there, _MIN_NORM)
            return (product / norms)[:, None]

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        channels, inputs = conv_shape(shapes, "head")
        textures, _ = conv_shape(shapes, "extractor.4")
        area, _ = conv_shape(shapes, "trust")
        scale = round(area**0.5)
        if not textures or inputs != 6 * scale**2 + 10:
            return None
        blocks = sum(key.startswith("body.") and key.endswith(".body.0.weight") for key in shapes)
        return {"scale": scale, "channels": channels, "blocks": blocks, "textures": textures}


def _fit(target: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
    """Return `coarse` with the brightness and contrast of the target near by, and its gain.

    Least squares in a window: one gain (N, 1, H, W) for all colors, an offset for each.
    """
    mean, mean_coarse = _window(target), _window(coarse)
    covariance = (_window(target * coarse) - mean * mean_coarse).sum(1, keepdim=True)
    variance = (_window(coarse * coarse) - mean_coarse * mean_coarse).sum(1, keepdim=True)
    gain = (covariance / (variance + _FLOOR)).clamp(0, _GAIN_MAX)
    return mean + gain * (coarse - mean_coarse), gain


def _agree(target: Tensor, fitted: Tensor) -> Tensor:
    """Return (N, 1, H, W): 1 where a reference explains the target, 0 where it hardly does.

    Views that are made from photographs agree better than those of cameras: without this measure a
    network that learned from made ones trusted 0.45 dB away (neighboring views, x4).
    """
    left = _window((target - fitted).square().mean(1, keepdim=True), 3)
    variance = _window((target - _window(target)).square().mean(1, keepdim=True))
    return (1 - _STRICTNESS * left / (variance + _FLOOR)).clamp(0, 1)


def _window(x: Tensor, side: int = _WINDOW) -> Tensor:
    return F.avg_pool2d(x, side, 1, side // 2, count_include_pad=False)


def _shrink(x: Tensor, scale: int) -> Tensor:
    size = [n // scale for n in x.shape[2:]]
    return F.interpolate(x, size=size, mode="bicubic", antialias=True)


def _enlarge(x: Tensor, scale: int) -> Tensor:
    size = [n * scale for n in x.shape[2:]]
    return F.interpolate(x, size=size, mode="bicubic", antialias=True)

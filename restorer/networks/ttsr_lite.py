"""A small texture transformer for reference-based super-resolution on CPUs (this project's own).

The network follows TTSR (Yang et al. 2020, arXiv:2006.04139) in the relevance of learned textures
and the soft attention on transferred textures. It differs in three ways: its input includes the
enlargement by a network without references, which it returns wherever the reference does not help;
textures are transferred as pixels without their low frequencies; all layers work at the low
resolution, with the high-resolution pixels as channels (space-to-depth).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.geometry import neighborhood_sums, patch_norms
from restorer.attention.tf32 import exactly
from restorer.networks.layers import ReferenceUse, ResidualBlock, conv3x3, conv_shape

_MIN_NORM = 1e-6
_WINDOW = 5  # side of the window that matches brightness and contrast, in input pixels
_VARIANCE_FLOOR = (2 / 255) ** 2  # variance of a flat area
_GAIN_MAX = 2.0  # upper limit on the contrast gain of a reference
_STRICTNESS = 4.0  # the agreement is 0 from a quarter of unexplained variance on; see `_agree`
_INITIAL_LOGIT = -2.0  # initial confidence before its sigmoid: 0.12


class Guided(NamedTuple):
    """A result with maps of its use of the reference."""

    restored: Tensor  # (N, 3, scale H, scale W)
    confidence: Tensor  # (N, 1, scale H, scale W), 0 to 1
    relevance: Tensor  # (N, 1, H, W), cosine similarity of the textures, -1 to 1


class TTSRLite(nn.Module):
    """Merge the textures of an aligned reference into the enlargement of a target.

    Args:
        scale: Upscaling factor.
        channels: Width of the trunk.
        blocks: Residual blocks.
        textures: Channels of the texture features.
    """

    ignored_keys = ()
    references: ClassVar[ReferenceUse] = "registered"

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
        for layer, start in ((self.trust, _INITIAL_LOGIT), (self.touch, 0.0)):
            nn.init.zeros_(layer.weight)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, start)

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Return the result of `guide`; `seed` is not used."""
        return self.guide(x).restored

    def guide(self, x: Tensor) -> Guided:
        """Merge textures into an enlargement.

        Args:
            x: (N, 7, scale H, scale W), white 1: three planes of the enlargement, three planes of
                the aligned reference, and a mask that is 1 where the reference covers the target.
        """
        scale = self.scale
        base, shown, inside = x[:, :3], x[:, 3:6], x[:, 6:, ::scale, ::scale]
        target, coarse = _shrink(base, scale), _shrink(shown, scale)
        fitted, gain = _fit(target, coarse)
        own = F.pixel_unshuffle(base - _enlarge(target, scale), scale)
        detail = F.pixel_unshuffle(shown - _enlarge(coarse, scale), scale) * gain
        relevance, agreement = self.relevance(target, fitted), _agree(target, fitted)
        planes = [target - 0.5, own, detail, target - fitted, gain, relevance, agreement, inside]
        features = self.body(self.head(torch.cat(planes, 1)))
        trust = self.trust(features).float().sigmoid() * agreement * inside
        confidence = F.pixel_shuffle(trust, scale)
        touch = F.pixel_shuffle(self.touch(features).float(), scale)
        exposed = _enlarge(fitted - gain * coarse, scale) + _enlarge(gain, scale) * shown
        change = confidence * (exposed - base + touch)
        # The target keeps its low frequencies. They are removed from the change only once, here:
        # removing them earlier too would attenuate the middle frequencies twice.
        change = change - _enlarge(_shrink(change, scale), scale)
        return Guided(base + change, confidence, relevance)

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict; there is no other layout."""
        return self.state_dict()

    def judge(self, target: Tensor, coarse: Tensor) -> Tensor:
        """Return the (N, 1, H, W) relevance of a reference at the resolution of the target."""
        return self.relevance(target, _fit(target, coarse)[0])

    def relevance(self, target: Tensor, reference: Tensor) -> Tensor:
        """Return the (N, 1, H, W) cosine similarity of the textures of two (N, 3, H, W) images."""
        here, there = self.extractor(target), self.extractor(reference)
        with exactly(here.device.type):
            here, there = here.float(), there.float()
            product = neighborhood_sums((here * there).sum(1))
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
    """Return `coarse` with its local brightness and contrast matched to the target, and the gain.

    The fit is least squares in a window, with one (N, 1, H, W) gain for all colors and an offset
    for each color.
    """
    mean, mean_coarse = _window(target), _window(coarse)
    covariance = (_window(target * coarse) - mean * mean_coarse).sum(1, keepdim=True)
    variance = (_window(coarse * coarse) - mean_coarse * mean_coarse).sum(1, keepdim=True)
    gain = (covariance / (variance + _VARIANCE_FLOOR)).clamp(0.0, _GAIN_MAX)
    return mean + gain * (coarse - mean_coarse), gain


def _agree(target: Tensor, fitted: Tensor) -> Tensor:
    """Return the (N, 1, H, W) agreement: 1 where the reference explains the target, else down to 0.

    Views synthesized from photographs agree better than real camera views. Without this measure, a
    network trained on synthesized views trusted the references too much and lost 0.45 dB
    (neighboring views, x4).
    """
    unexplained = _window((target - fitted).square().mean(1, keepdim=True), 3)
    variance = _window((target - _window(target)).square().mean(1, keepdim=True))
    return (1 - _STRICTNESS * unexplained / (variance + _VARIANCE_FLOOR)).clamp(0.0, 1.0)


def _window(x: Tensor, side: int = _WINDOW) -> Tensor:
    return F.avg_pool2d(x, side, 1, side // 2, count_include_pad=False)


def _shrink(x: Tensor, scale: int) -> Tensor:
    size = [n // scale for n in x.shape[2:]]
    return F.interpolate(x, size=size, mode="bicubic", antialias=True)


def _enlarge(x: Tensor, scale: int) -> Tensor:
    size = [n * scale for n in x.shape[2:]]
    return F.interpolate(x, size=size, mode="bicubic", antialias=True)

"""Texture transformer network for reference-based super-resolution by 4 (Yang et al. 2020).

Paper: arXiv:2006.04139. Reference code: researchmm/TTSR@550e4c9 (MIT). `TTSR` computes the same as
the authors' network, with the same state-dict names. Images have white 1 here; the authors' code
takes and returns [-1, 1]. `LTE_copy.*`, a second name of the extractor in training, is dropped.

Attributes in capitals, and names such as `conv12` and `RB11`, are the published keys.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.attention.texture import SearchTransfer
from restorer.attention.tf32 import exactly
from restorer.attention.transfer import Divisor
from restorer.networks.layers import ReferenceUse, conv3x3

_IMAGENET_MEAN = (0.485, 0.456, 0.406)  # values of torchvision, RGB, white = 1
_IMAGENET_STD = (0.229, 0.224, 0.225)


class Textures(NamedTuple):
    """Features of an (H, W) image at three levels."""

    lv1: Tensor  # (N, 64, H, W)
    lv2: Tensor  # (N, 128, H // 2, W // 2)
    lv3: Tensor  # (N, 256, H // 4, W // 4)


class ReferenceFeatures(NamedTuple):
    """The features of a reference."""

    key: Tensor  # level 3 of the reference blurred to the input's resolution: (N, 256, h, w)
    value: Textures  # textures of the reference itself: (N, _, 4h, 4w), (2h, 2w) and (h, w)

    def expanded(self, count: int) -> ReferenceFeatures:
        """Return the features of one reference for `count` inputs, without a copy."""
        if count == 1:
            return self
        lv1, lv2, lv3, key = (x.expand(count, -1, -1, -1) for x in (*self.value, self.key))
        return ReferenceFeatures(key, Textures(lv1, lv2, lv3))


@dataclass(frozen=True)
class Transfer:
    """The hard and soft attention for an (H, W) input."""

    soft: Tensor  # (N, 1, H, W): cosine similarity of each input patch and its match
    lv3: Tensor  # (N, 256, H, W): transferred textures
    lv2: Tensor  # (N, 128, 2H, 2W)
    lv1: Tensor  # (N, 64, 4H, 4W)
    index: Tensor  # (N, H, W): row * w + column of the match in the reference's (h, w) grid


class TTSR(nn.Module):
    """Super-resolve by 4 with the textures of a reference image.

    Args:
        blocks: Residual blocks of feature extraction and of the stages x1, x2 and x4.
        channels: Width of the main network.
        residual_scale: Factor on the residuals of the blocks.
        divisor: Divisor of overlapping transferred patches, see `transfer.paste`; the published
            weights expect ``constant``.
    """

    ignored_keys = ("LTE_copy.",)
    references: ClassVar[ReferenceUse] = "searched"
    scale = 4

    def __init__(
        self,
        *,
        blocks: Sequence[int] = (16, 16, 8, 4),
        channels: int = 64,
        residual_scale: float = 1.0,
        divisor: Divisor = "constant",
    ) -> None:
        super().__init__()
        self.search = SearchTransfer(divisor=divisor)
        self.MainNet = MainNet(blocks, channels, residual_scale)
        self.LTE = LTE()

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        """Return the constructor's arguments for a state dict, None if it is another network's."""
        head = shapes.get("MainNet.SFE.conv_head.weight")
        if not head or "LTE.slice1.0.weight" not in shapes:
            return None
        stages = [f"MainNet.{stage}." for stage in ("SFE.RBs", "RB11", "RB21", "RB31")]
        blocks = [
            sum(key.startswith(stage) and key.endswith(".conv1.weight") for key in shapes)
            for stage in stages
        ]
        return {"blocks": tuple(blocks), "channels": head[0]}

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict, which already has the published keys."""
        return dict(self.state_dict())

    def encode_reference(
        self, reference: Tensor, reference_sr: Tensor | None = None
    ) -> ReferenceFeatures:
        """Return the reference features for `forward`, which can be reused for many inputs.

        Args:
            reference: (N, 3, H, W) with white 1, at the scale of the result, at least 4x4. It is
                cropped to multiples of 4 at the bottom and right.
            reference_sr: `reference` with the resolution of an enlarged input, at the same size;
                None downscales the reference by 4 and enlarges it again.
        """
        height, width = (n // 4 * 4 for n in reference.shape[2:])
        reference = reference[:, :, :height, :width]
        if reference_sr is None:
            reference_sr = _resize(_resize(reference, 1 / 4), 4)
        coarse: Textures = self.LTE(reference_sr[:, :, :height, :width])
        return ReferenceFeatures(coarse.lv3, self.LTE(reference))

    def forward(self, x: Tensor, features: ReferenceFeatures, *, seed: int = 0) -> Tensor:
        """Map (N, 3, H, W) with white 1 to (N, 3, 4H, 4W) in [0, 1]; `seed` is not used."""
        return self.transfer(x, features)[0]

    def transfer(self, x: Tensor, features: ReferenceFeatures) -> tuple[Tensor, Transfer]:
        """Return `restore` of `x` and its bicubic enlargement by Pillow, as the authors' data."""
        return self.restore(x, _resize(x, 4), features)

    def restore(
        self, x: Tensor, x_sr: Tensor, features: ReferenceFeatures
    ) -> tuple[Tensor, Transfer]:
        """Return the (N, 3, 4H, 4W) result and the transferred textures.

        Args:
            x: (N, 3, H, W) with white 1.
            x_sr: `x` enlarged by 4, with bicubic interpolation in the authors' data:
                (N, 3, 4H, 4W).
            features: Features of N references from `encode_reference`.
        """
        transfer = self._transfer(x_sr, features)
        restored: Tensor = self.MainNet(x * 2 - 1, transfer)
        return (restored + 1) / 2, transfer

    def texture_features(self, sr: Tensor) -> Textures:
        """Return the textures of a result for the transferal perceptual loss.

        Gradients flow to the image, not to the extractor.
        """
        frozen = {key: value.detach() for key, value in self.LTE.state_dict().items()}
        textures: Textures = torch.func.functional_call(self.LTE, frozen, (sr,))
        return textures

    def _transfer(self, x_sr: Tensor, features: ReferenceFeatures) -> Transfer:
        values = reversed(features.value)  # coarse to fine
        soft, (lv3, lv2, lv1), index = self.search(self.LTE(x_sr).lv3, features.key, *values)
        return Transfer(soft, lv3, lv2, lv1, index)


class LTE(nn.Module):
    """Learnable texture extractor: the first twelve layers of VGG19, computed in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.slice1 = _numbered(0, conv3x3(3, 64), nn.ReLU())
        self.slice2 = _numbered(
            2, conv3x3(64, 64), nn.ReLU(), nn.MaxPool2d(2), conv3x3(64, 128), nn.ReLU()
        )
        self.slice3 = _numbered(
            7, conv3x3(128, 128), nn.ReLU(), nn.MaxPool2d(2), conv3x3(128, 256), nn.ReLU()
        )
        std = torch.tensor(_IMAGENET_STD)
        self.sub_mean = nn.Conv2d(3, 3, 1).requires_grad_(False)
        self.sub_mean.weight.copy_(torch.diag(1 / std)[:, :, None, None])
        assert self.sub_mean.bias is not None
        self.sub_mean.bias.copy_(-torch.tensor(_IMAGENET_MEAN) / std)

    def forward(self, x: Tensor) -> Textures:
        """Map (N, 3, H, W) with white 1 to its textures."""
        with exactly(x.device.type):
            lv1 = self.slice1(self.sub_mean(x.to(self.sub_mean.weight.dtype)))
            lv2 = self.slice2(lv1)
            return Textures(lv1, lv2, self.slice3(lv2))


class MainNet(nn.Module):
    """Merge transferred textures into the features at x1, x2 and x4 (soft attention, CSFI)."""

    def __init__(self, blocks: Sequence[int], channels: int, residual_scale: float) -> None:
        super().__init__()

        def residual_blocks(stage: int) -> nn.Sequential:
            return _residual_blocks(blocks[stage], channels, residual_scale)

        self.SFE = ShallowFeatures(blocks[0], channels, residual_scale)
        self.conv11_head = conv3x3(256 + channels, channels)
        self.RB11 = residual_blocks(1)
        self.conv11_tail = conv3x3(channels, channels)

        self.conv12 = conv3x3(channels, 4 * channels)
        self.conv22_head = conv3x3(128 + channels, channels)
        self.ex12 = CSFI2(channels)
        self.RB21, self.RB22 = residual_blocks(2), residual_blocks(2)
        self.conv21_tail = conv3x3(channels, channels)
        self.conv22_tail = conv3x3(channels, channels)

        self.conv23 = conv3x3(channels, 4 * channels)
        self.conv33_head = conv3x3(64 + channels, channels)
        self.ex123 = CSFI3(channels)
        self.RB31, self.RB32, self.RB33 = (residual_blocks(3) for _ in range(3))
        self.conv31_tail = conv3x3(channels, channels)
        self.conv32_tail = conv3x3(channels, channels)
        self.conv33_tail = conv3x3(channels, channels)
        self.merge_tail = MergeTail(channels)

    def forward(self, x: Tensor, transfer: Transfer) -> Tensor:
        """Map (N, 3, H, W) in [-1, 1] to (N, 3, 4H, 4W), clipped to [-1, 1]."""
        soft = transfer.soft
        x1 = _attend(self.SFE(x), transfer.lv3, soft, self.conv11_head)
        x1 = x1 + self.conv11_tail(self.RB11(x1))

        x2 = F.relu(F.pixel_shuffle(self.conv12(x1), 2))
        x2 = _attend(x2, transfer.lv2, _bicubic(soft, 2), self.conv22_head)
        y1, y2 = self.ex12(x1, x2)
        x1 = x1 + self.conv21_tail(self.RB21(y1))
        x2 = x2 + self.conv22_tail(self.RB22(y2))

        x3 = F.relu(F.pixel_shuffle(self.conv23(x2), 2))
        x3 = _attend(x3, transfer.lv1, _bicubic(soft, 4), self.conv33_head)
        y1, y2, y3 = self.ex123(x1, x2, x3)
        x1 = x1 + self.conv31_tail(self.RB31(y1))
        x2 = x2 + self.conv32_tail(self.RB32(y2))
        x3 = x3 + self.conv33_tail(self.RB33(y3))
        merged: Tensor = self.merge_tail(x1, x2, x3)
        return merged


class ShallowFeatures(nn.Module):
    """Extract features of the input before any texture is merged."""

    def __init__(self, blocks: int, channels: int, residual_scale: float) -> None:
        super().__init__()
        self.conv_head = conv3x3(3, channels)
        self.RBs = _residual_blocks(blocks, channels, residual_scale)
        self.conv_tail = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to (N, channels, H, W)."""
        x = F.relu(self.conv_head(x))
        deep: Tensor = self.conv_tail(self.RBs(x))
        return x + deep


class Block(nn.Module):
    """Convolution, ReLU, convolution, times `residual_scale`, plus the input."""

    def __init__(self, channels: int, residual_scale: float) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)
        self.residual_scale = residual_scale

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        residual: Tensor = self.conv2(F.relu(self.conv1(x)))
        return x + residual * self.residual_scale


class CSFI2(nn.Module):
    """Cross-scale feature integration of x1 and x2: each is merged with the other, resized."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv12 = nn.Conv2d(channels, channels, 1)
        self.conv21 = _halve(channels)
        self.conv_merge1 = conv3x3(2 * channels, channels)
        self.conv_merge2 = conv3x3(2 * channels, channels)

    def forward(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, C, H, W) and (N, C, 2H, 2W) to the same shapes."""
        up = _enlarge(x1, 2, self.conv12)
        down = F.relu(self.conv21(x2))
        return _merge(self.conv_merge1, x1, down), _merge(self.conv_merge2, x2, up)


class CSFI3(nn.Module):
    """Cross-scale feature integration of x1, x2 and x4."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv12, self.conv13, self.conv23 = (nn.Conv2d(channels, channels, 1) for _ in range(3))
        self.conv21, self.conv32 = _halve(channels), _halve(channels)
        self.conv31_1, self.conv31_2 = _halve(channels), _halve(channels)
        self.conv_merge1 = conv3x3(3 * channels, channels)
        self.conv_merge2 = conv3x3(3 * channels, channels)
        self.conv_merge3 = conv3x3(3 * channels, channels)

    def forward(self, x1: Tensor, x2: Tensor, x3: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (N, C, H, W), (N, C, 2H, 2W) and (N, C, 4H, 4W) to the same shapes."""
        x12, x13 = _enlarge(x1, 2, self.conv12), _enlarge(x1, 4, self.conv13)
        x21, x23 = F.relu(self.conv21(x2)), _enlarge(x2, 2, self.conv23)
        x31, x32 = F.relu(self.conv31_2(F.relu(self.conv31_1(x3)))), F.relu(self.conv32(x3))
        return (
            _merge(self.conv_merge1, x1, x21, x31),
            _merge(self.conv_merge2, x2, x12, x32),
            _merge(self.conv_merge3, x3, x13, x23),
        )


class MergeTail(nn.Module):
    """Merge the three scales at the finest one into the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv13 = nn.Conv2d(channels, channels, 1)
        self.conv23 = nn.Conv2d(channels, channels, 1)
        self.conv_merge = conv3x3(3 * channels, channels)
        self.conv_tail1 = conv3x3(channels, channels // 2)
        self.conv_tail2 = nn.Conv2d(channels // 2, 3, 1)

    def forward(self, x1: Tensor, x2: Tensor, x3: Tensor) -> Tensor:
        """Map (N, C, H, W), (N, C, 2H, 2W) and (N, C, 4H, 4W) to (N, 3, 4H, 4W) in [-1, 1]."""
        x13, x23 = _enlarge(x1, 4, self.conv13), _enlarge(x2, 2, self.conv23)
        image: Tensor = self.conv_tail2(self.conv_tail1(_merge(self.conv_merge, x3, x13, x23)))
        return image.clamp(-1, 1)


def _attend(x: Tensor, texture: Tensor, soft: Tensor, head: nn.Module) -> Tensor:
    """Apply soft attention, equation 8 of the paper."""
    merged: Tensor = head(torch.cat([x, texture], 1))
    return x + merged * soft


def _merge(conv: nn.Module, *features: Tensor) -> Tensor:
    return F.relu(conv(torch.cat(features, 1)))


def _enlarge(x: Tensor, factor: int, conv: nn.Module) -> Tensor:
    return F.relu(conv(_bicubic(x, factor)))


def _bicubic(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bicubic", align_corners=False)


def _resize(image: Tensor, factor: float) -> Tensor:
    """Resize (N, 3, H, W) with Pillow's bicubic, as in the authors' data, but without rounding."""
    resized = F.interpolate(image, scale_factor=factor, mode="bicubic", antialias=True)
    return resized.clamp(0, 1)


def _halve(channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, stride=2, padding=1)


def _residual_blocks(count: int, channels: int, residual_scale: float) -> nn.Sequential:
    return nn.Sequential(*(Block(channels, residual_scale) for _ in range(count)))


def _numbered(first: int, *layers: nn.Module) -> nn.Sequential:
    """Return the layers in sequence, named by their numbers in VGG19."""
    return nn.Sequential(OrderedDict((str(first + i), layer) for i, layer in enumerate(layers)))

"""Blocks of the EDSR family (Lim et al. 2017, arXiv:1707.02921), with its state-dict names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import chain
from typing import ClassVar, Literal, TypeAlias

import torch
from torch import Tensor, nn

# A network searches the references itself, or takes them registered, with an enlargement.
ReferenceUse: TypeAlias = Literal["none", "searched", "registered"]

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)  # RGB mean of the DIV2K training images, white = 1


def channels_last(network: nn.Module) -> nn.Module:
    """Convert the parameters to channels last: 1.3 to 3 times as fast on all devices measured.

    Only convolutions of pictures have this layout; parameters of other networks may have more
    dimensions.
    """
    for tensor in chain(network.parameters(), network.buffers()):
        if tensor.dim() == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    return network


def conv3x3(channels_in: int, channels_out: int) -> nn.Conv2d:
    """Return a 3x3 convolution with bias that keeps the size by zero padding."""
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


class ResidualBlock(nn.Module):
    """Convolution, activation, convolution, times `residual_scale`, plus the input."""

    def __init__(self, channels: int, activation: nn.Module, residual_scale: float = 1.0) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv3x3(channels, channels), activation, conv3x3(channels, channels)
        )
        self.residual_scale = residual_scale

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        return torch.add(x, self.body(x), alpha=self.residual_scale)


class MeanShift(nn.Module):
    """Add (`sign` 1) or subtract (`sign` -1) the DIV2K mean, a constant outside the state dict.

    Attributes:
        peak: White level of the values, 1 or 255 (the default of the reference codes).
    """

    shift: Tensor

    def __init__(self, sign: int, peak: float = 1.0) -> None:
        super().__init__()
        self.peak = peak
        shift = sign * peak * torch.tensor(DIV2K_MEAN).view(1, 3, 1, 1)
        self.register_buffer("shift", shift, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Shift (N, 3, H, W) values whose white is `peak`."""
        return x + self.shift


def mean_shift_state(peak: float) -> dict[str, Tensor]:
    """Return the state of the two mean shifts in the reference codes, stored as 1x1 convolutions.

    `peak` is the white level, 1 or 255.
    """
    mean, identity = peak * torch.tensor(DIV2K_MEAN), torch.eye(3).view(3, 3, 1, 1)
    return {
        "sub_mean.weight": identity,
        "sub_mean.bias": -mean,
        "add_mean.weight": identity.clone(),
        "add_mean.bias": mean,
    }


class Upsampler(nn.Sequential):
    """Enlarge by 2, 3 or 4: convolution and pixel shuffle (Shi et al. 2016), twice for 4."""

    def __init__(self, scale: int, channels: int) -> None:
        if scale not in (2, 3, 4):
            raise ValueError(f"scale {scale}, expected 2, 3 or 4")
        factor = 3 if scale == 3 else 2
        layers: list[nn.Module] = []
        for _ in range(round(math.log(scale, factor))):
            layers += [conv3x3(channels, channels * factor**2), nn.PixelShuffle(factor)]
        super().__init__(*layers)


class EDSR(nn.Module):
    """Base of the EDSR-style super-resolution networks, which differ only in their body.

    Args:
        body: Factory of the body, which maps (N, channels, H, W) to the same shape. It is called
            between the creation of head and tail, to keep the order of random initialization.
        scale: 2, 3 or 4.
        channels: Width of the trunk.
        peak: White level, 1 or 255.
    """

    ignored_keys: tuple[str, ...] = ("sub_mean.", "add_mean.")
    references: ClassVar[ReferenceUse] = "none"

    def __init__(
        self, body: Callable[[], nn.Sequential], *, scale: int, channels: int, peak: float
    ) -> None:
        super().__init__()
        self.scale = scale
        self.sub_mean = MeanShift(-1, peak)
        self.head = nn.Sequential(conv3x3(3, channels))
        self.body = body()
        self.tail = nn.Sequential(Upsampler(scale, channels), conv3x3(channels, 3))
        self.add_mean = MeanShift(1, peak)

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Map (N, 3, H, W) with white `peak` to (N, 3, scale H, scale W); `seed` is not used."""
        features = self.enter(x)
        return self.leave(x, features + self.body(features))

    def enter(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to (N, channels, H, W), the head's features."""
        features: Tensor = self.head(self.sub_mean(x))
        return features

    def leave(self, x: Tensor, trunk: Tensor) -> Tensor:
        """Map (N, channels, H, W) to (N, 3, scale H, scale W); the image `x` is not used."""
        restored: Tensor = self.add_mean(self.tail(trunk))
        return restored

    def published_state(self) -> dict[str, Tensor]:
        """Return the state dict as the authors store it."""
        return self.state_dict() | mean_shift_state(self.sub_mean.peak)


def attended_body(
    attention: Callable[[int], nn.Module], blocks: int, channels: int, residual_scale: float
) -> nn.Sequential:
    """Return residual blocks with an attention before them and after every 8, then a convolution.

    `attention` builds a module from its index, counted from 0.
    """
    layers = [attention(0)]
    for count in range(1, blocks + 1):
        layers.append(ResidualBlock(channels, nn.ReLU(inplace=True), residual_scale))
        if count % 8 == 0:
            layers.append(attention(count // 8))
    return nn.Sequential(*layers, conv3x3(channels, channels))


def conv_shape(shapes: Mapping[str, tuple[int, ...]], name: str) -> tuple[int, int]:
    """Return the output and input channels of the convolution `name`, zeros if it is missing."""
    shape = shapes.get(f"{name}.weight", ())
    return (shape[0], shape[1]) if len(shape) == 4 else (0, 0)


def find_scale(shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """Return the scale of the `Upsampler` at ``tail.0``, None if there is none."""
    if "tail.0.2.weight" in shapes:
        return 4
    outputs, inputs = conv_shape(shapes, "tail.0.0")
    return {4 * inputs: 2, 9 * inputs: 3}.get(outputs) if inputs else None


def count_blocks(shapes: Mapping[str, tuple[int, ...]], *parts: str) -> int:
    """Return the number of residual blocks in the sequences `parts`, by default ``body``."""
    pattern = re.compile(rf"({'|'.join(parts or ['body'])})\.\d+\.body\.0\.weight")
    return sum(pattern.fullmatch(key) is not None for key in shapes)

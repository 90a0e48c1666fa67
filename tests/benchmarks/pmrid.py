"""PMRID, the published denoiser of Bayer mosaics that benchmarks compare with; it is not included.

Wang et al. 2020 (Practical Deep Raw Image Denoising on Mobile Devices, arXiv:2010.06935;
MegEngine/PMRID, Apache-2.0). The checkpoint is ``torch_pretrained.ckp`` of that repository. The
network was trained for one speed of one camera, to which the K-Sigma transform brings others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from restorer import SensorNoise
from restorer.image import FloatArray
from restorer.sensor import bayer

_LEVELS = 959.0  # white less black of the camera of the training
_LIGHT, _DARK = 0.96793, 2.97955  # its noise at ISO 1600: variance = light * level + dark
_INPUT = 256.0  # factor of the network's input
_UNIT, _MARGIN = 16, 32  # the size of inputs is a multiple of the first


class Pmrid(nn.Module):
    """Map (N, 4, H, W), red, both greens and blue, to the same without noise."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Sequential()
        self.conv0.add_module("conv", nn.Conv2d(4, 16, 3, padding=1))
        widths, counts = (16, 64, 128, 256, 512), (2, 2, 4, 4)
        for number, count in enumerate(counts, 1):
            before, own = widths[number - 1 : number + 1]
            blocks = [_Encoder(before, own, 2), *(_Encoder(own, own) for _ in range(count - 1))]
            setattr(self, f"enc{number}", nn.Sequential(*blocks))
        self.encdec = _separable(512, 64, 3)
        self.dec1, self.dec2 = _Decoder(64, 256, 64), _Decoder(64, 128, 32)
        self.dec3, self.dec4 = _Decoder(32, 64, 32), _Decoder(32, 16, 16)
        self.out0 = _Residual(16)
        self.out1 = nn.Sequential()
        self.out1.add_module("conv", nn.Conv2d(16, 4, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """Add the change to the input."""
        features = [self.conv0(x).relu()]
        for number in range(1, 5):
            features.append(getattr(self, f"enc{number}")(features[-1]))
        found = self.encdec(features.pop()).relu()
        for number in range(1, 5):
            found = getattr(self, f"dec{number}")(found, features.pop())
        change: Tensor = self.out1(self.out0(found))
        return x + change


class _Encoder(nn.Module):
    def __init__(self, before: int, own: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = _separable(before, own // 4, 5, stride)
        self.conv2 = _separable(own // 4, own, 5)
        self.proj = nn.Identity() if stride == 1 else _separable(before, own, 3, stride)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.conv2(self.conv1(x).relu()) + self.proj(x)
        return found.relu()


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv0, self.conv1 = (_separable(channels, channels, 3) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.conv1(self.conv0(x).relu())
        return found


class _Decoder(nn.Module):
    def __init__(self, before: int, skipped: int, own: int) -> None:
        super().__init__()
        self.decode_conv = _Residual(before)
        self.upsample = nn.ConvTranspose2d(before, own, 2, 2)
        self.proj_conv = _separable(skipped, own, 3)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        found: Tensor = self.upsample(self.decode_conv(x)) + self.proj_conv(skipped).relu()
        return found


def _separable(before: int, own: int, side: int, stride: int = 1) -> nn.Sequential:
    layers = nn.Sequential()
    depthwise = nn.Conv2d(before, before, side, stride, side // 2, groups=before, bias=False)
    layers.add_module("depthwise", depthwise)
    layers.add_module("pointwise", nn.Conv2d(before, own, 1))
    return layers


def load_pmrid(path: Path) -> Pmrid:
    """Return the network with published weights, which are tensors and nothing else."""
    network = Pmrid()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def denoised(network: Pmrid, samples: FloatArray, pattern: str, noise: SensorNoise) -> FloatArray:
    """Return a mosaic (H, W, 1) of even sides, linear with white 1, without its noise."""
    order = sorted(bayer.sites(pattern), key=lambda site: site[2])
    planes = np.stack([samples[y::2, x::2, 0] for y, x, _ in order])
    light, dark = noise.scale[1] * _LEVELS, noise.offset[1] * _LEVELS**2
    factor = _LIGHT / light
    shift = (dark / light**2 - _DARK / _LIGHT**2) * _LIGHT
    height, width = planes.shape[1:]
    around = [(_MARGIN, _MARGIN + -length % _UNIT) for length in (height, width)]
    given = np.pad((planes * _LEVELS * factor + shift) / _LEVELS, [(0, 0), *around], "reflect")
    with torch.no_grad():
        found = network(torch.from_numpy(given[None].astype(np.float32) * _INPUT))[0].numpy()
    found = found[:, _MARGIN : _MARGIN + height, _MARGIN : _MARGIN + width] / _INPUT
    found = (found * _LEVELS - shift) / factor / _LEVELS
    result = np.empty_like(samples)
    for plane, (y, x, _) in zip(found, order, strict=True):
        result[y::2, x::2, 0] = plane
    return result

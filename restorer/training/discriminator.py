"""The discriminator of TTSR's adversarial loss (Yang et al. 2020, arXiv:2006.04139).

Reference: researchmm/TTSR@550e4c9 (MIT); state-dict names are equal.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

_WIDTHS = (32, 64, 128, 256, 512)  # each is followed by downsampling


class Discriminator(nn.Sequential):
    """Map (N, 3, side, side) images to unbounded (N, 1) scores, higher for realistic images.

    Args:
        side: Side of the square input images, a multiple of 32.
    """

    def __init__(self, *, side: int = 160) -> None:
        if side < 32 or side % 32:
            raise ValueError(f"side {side}, expected a multiple of 32")
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        channels = 3
        for i, width in enumerate(_WIDTHS):
            for number, before, stride in ((2 * i + 1, channels, 1), (2 * i + 2, width, 2)):
                layers[f"conv{number}"] = nn.Conv2d(before, width, 3, stride, padding=1)
                layers[f"activation{number}"] = nn.LeakyReLU(0.2)
            channels = width
        layers["flatten"] = nn.Flatten()
        layers["fc1"] = nn.Linear((side // 32) ** 2 * channels, 1024)
        layers["activation11"] = nn.LeakyReLU(0.2)
        layers["fc2"] = nn.Linear(1024, 1)
        super().__init__(layers)

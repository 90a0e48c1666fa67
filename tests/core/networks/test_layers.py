"""Blocks that networks share."""

from __future__ import annotations

import torch
from torch import nn

from restorer.networks.layers import channels_last


def test_only_parameters_of_pictures_become_channels_last() -> None:
    network = nn.Module()
    network.pictures = nn.Parameter(torch.rand(4, 3, 2, 2))
    network.windows = nn.Parameter(torch.rand(4, 3, 1, 2, 2))  # FFTformer, IPT
    network.register_buffer("mask", torch.rand(4, 3, 2, 2))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    after = channels_last(network).state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    for name in ("pictures", "mask"):
        assert after[name].is_contiguous(memory_format=torch.channels_last)
    assert after["windows"].is_contiguous()

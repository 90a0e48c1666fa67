"""Every network can be exported, traced and compiled, and then computes the same."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from restorer.attention.nonlocal_block import AFFINITIES
from restorer.networks import (
    ENLCN,
    NLSN,
    PAEDSR,
    TTSR,
    NonLocalNet,
    PANet,
    PANetLite,
    SMFANet,
    TTSRLite,
)


class Referring(nn.Module):
    """TTSR with its reference as a second image."""

    def __init__(self, network: TTSR) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, reference: Tensor) -> Tensor:
        result: Tensor = self.network(x, self.network.encode_reference(reference))
        return result


def make_networks() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """Return the smallest network of each kind with inputs."""
    torch.manual_seed(0)
    image = torch.rand(1, 3, 12, 16)
    lite = PANetLite(blocks=0, channels=4, attention_channels=4, squeeze=2, levels=2)
    guided = torch.cat([image, image + torch.randn(image.shape) / 50, image[:, :1] > -1], 1)
    networks: dict[str, tuple[nn.Module, tuple[Tensor, ...]]] = {
        "panet-lite": (lite, (image,)),
        "panet": (PANet(blocks=0, channels=4), (image,)),
        "pa-edsr": (PAEDSR(blocks=0, channels=8), (image,)),
        "nlsn": (NLSN(blocks=0, channels=4, chunk_size=16, hashes=2), (image,)),
        "enlcn": (ENLCN(blocks=0, channels=4, features=8), (image,)),
        "smfanet": (SMFANet(blocks=1, channels=8), (image,)),
        "ttsr": (
            Referring(TTSR(blocks=(1, 1, 1, 1), channels=4)),
            (image, torch.rand(1, 3, 20, 24)),
        ),
        "ttsr-lite": (TTSRLite(scale=2, channels=4, blocks=0, textures=2), (guided,)),
    }
    for pairwise in AFFINITIES:
        network = NonLocalNet(blocks=1, every=1, channels=4, pairwise=pairwise)  # type: ignore[arg-type]
        networks[pairwise] = (network, (image,))
    for network, _ in networks.values():
        network.eval().requires_grad_(False)
        for parameter in network.parameters():  # some attentions start as the identity
            if parameter.dim() == 4 and not parameter.any():
                nn.init.normal_(parameter, std=0.1)
    return networks


NAMES = sorted(make_networks())
LONG = {"dot_product", "embedded_gaussian", "gaussian", "pa-edsr", "ttsr"}  # seconds each


@pytest.fixture(scope="module")
def networks() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    return make_networks()


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_form_equals_the_form_in_blocks(
    networks: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, inputs = networks[name]
    expected = network(*inputs)
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    torch.testing.assert_close(network(*inputs), expected, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in NAMES]
)
def test_an_exported_program_computes_the_same_at_each_call(
    networks: dict[str, Any], name: str
) -> None:
    network, inputs = networks[name]
    program = torch.export.export(network, inputs).module()
    for _ in range(2):  # NLSN drew other rotations at the second call
        torch.testing.assert_close(program(*inputs), network(*inputs), atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_network_computes_the_same(networks: dict[str, Any], name: str) -> None:
    network, inputs = networks[name]
    torch.compiler.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler, about itself
        result = torch.compile(network, backend="eager")(*inputs)
    torch.testing.assert_close(result, network(*inputs), atol=2e-6, rtol=1e-5)


def test_a_traced_network_computes_the_same(networks: dict[str, Any]) -> None:
    network, inputs = networks["panet"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing is deprecated, and fixes the size
        traced = torch.jit.trace(network, inputs)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(traced(*inputs), network(*inputs), atol=2e-6, rtol=1e-5)

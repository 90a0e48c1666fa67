"""Fused convolutions: the values of single operations, and where they are not used."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from restorer.metrics import psnr
from restorer.networks import PANetLite, fused
from restorer.networks.layers import channels_last

pytestmark = pytest.mark.skipif(
    not fused._agrees(torch.float32), reason="this version of PyTorch has no such operators"
)


def make_network(**options: int) -> PANetLite:
    torch.manual_seed(0)
    network = PANetLite(blocks=4, channels=16, attention_channels=8, **options).eval()
    torch.nn.init.normal_(network.attention.expand.weight, std=0.1)
    return network


def run(network: PANetLite, x: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype is not None):
        return network(x).float()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The tensors to which fused convolutions were added."""
    totals: list[Tensor] = []
    real = fused.add_convolution

    def note(layer: torch.nn.Module, x: Tensor, total: Tensor) -> Tensor:
        totals.append(total)
        return real(layer, x, total)

    monkeypatch.setattr(fused, "add_convolution", note)
    return totals


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"scale": 2}, {"unshuffle": 2, "conditions": 1}, {"attention_channels": 0}]
)
def test_float32_is_that_of_single_operations(options, last, calls) -> None:
    torch.manual_seed(0)
    sizes = {"blocks": 3, "channels": 16, "attention_channels": 8}
    network = PANetLite(**(sizes | options))
    if last:
        network = channels_last(network)
    x = torch.rand(2, 3 + options.get("conditions", 0), 24, 40)
    before = x.clone()
    fusing = run(network, x)
    count = len(calls)
    assert count > 0
    single = network(x).detach()  # with gradients
    assert len(calls) == count, "fused convolutions have no gradients"
    torch.testing.assert_close(fusing, single, rtol=1e-5, atol=1e-6)
    assert torch.equal(x, before)


def test_bfloat16_is_as_close_to_float32_as_single_operations(monkeypatch, calls) -> None:
    if not fused._agrees(torch.bfloat16):
        pytest.skip("no bfloat16 on this processor")
    network, x = channels_last(make_network()), torch.rand(1, 3, 64, 64)
    exact = run(network, x)
    fusing = run(network, x, torch.bfloat16)
    assert calls[-1].dtype == torch.bfloat16
    monkeypatch.setattr("restorer.networks.panet.fused_type", lambda x: None)
    single = run(network, x, torch.bfloat16)
    found, expected = (psnr(y.numpy(), exact.numpy(), white=1) for y in (fusing, single))
    assert found > expected - 1


def test_without_the_operators_or_with_other_blocks_nothing_is_fused(monkeypatch, calls) -> None:
    network, x = make_network(), torch.rand(1, 3, 16, 16)
    expected = run(network, x)
    calls.clear()
    network.before[0].residual_scale = 0.5
    run(network, x)
    network.before[0].residual_scale = 1.0
    with monkeypatch.context() as patched:
        patched.setattr(torch.backends.mkldnn, "enabled", False)
        torch.testing.assert_close(run(network, x), expected)
    monkeypatch.setattr(torch.ops, "mkldnn", None)
    fused._agrees.cache_clear()
    torch.testing.assert_close(run(network, x), expected)
    fused._agrees.cache_clear()
    assert not calls


def test_exports_hold_single_operations() -> None:
    network, x = make_network(), torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        program = torch.export.export(network, (x,))
    assert "mkldnn" not in program.graph_module.code

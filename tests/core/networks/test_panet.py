"""PANet and PA-EDSR equal the authors' networks."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import nn

from restorer.attention import PyramidAttention
from restorer.models.checkpoint import load_state
from restorer.networks import ARCHITECTURES, PAEDSR, PANet, PANetLite

from helpers import GOLDEN, assert_equals, golden_weights, load_golden

ATTENTION = sorted(p.stem for p in GOLDEN.glob("pa_attention*.json"))
NETWORKS = sorted(p.stem for p in GOLDEN.glob("panet_*.json"))


def build(kind: str, arguments: dict[str, Any]) -> nn.Module:
    if kind == "pa_attention":
        return PyramidAttention(
            arguments["channel"],
            reduction=arguments.get("reduction", 2),
            levels=arguments.get("level", 5),
            residual_scale=arguments.get("res_scale", 1),
            hard=not arguments.get("average", True),
        )
    blocks, channels = arguments["n_resblocks"], arguments["n_feats"]
    if kind == "paedsr":
        return PAEDSR(scale=arguments["scale"][0], blocks=blocks, channels=channels)
    return PANet(colors=arguments["n_colors"], blocks=blocks, channels=channels)


@pytest.mark.golden
@pytest.mark.parametrize("exact_ratio", [True, False], ids=["recompute", "given-factor"])
@pytest.mark.parametrize("case", ATTENTION + NETWORKS)
def test_output_equals_the_authors(case: str, exact_ratio: bool) -> None:
    description, tensors = load_golden(case)
    network = build(description["kind"], description["ctor"])
    for module in network.modules():
        if isinstance(module, PyramidAttention):
            module.exact_ratio = exact_ratio
    load_state(network, golden_weights(tensors))
    network.eval()
    inputs = [k.removeprefix("in/x_") for k in tensors if k.startswith("in/x_")]
    assert inputs
    for tag in inputs:
        name = f"y_recompute_{tag}" if exact_ratio else f"y_{tag}"
        with torch.no_grad():
            result = network(tensors[f"in/x_{tag}"])
        assert_equals(result, tensors[f"out/{name}"], description["atol"][name])


def test_all_golden_cases_exist() -> None:
    assert len(ATTENTION) == 4
    assert len(NETWORKS) == 6


@pytest.mark.parametrize(
    ("network", "count"),
    [
        # Published counts minus the 24 frozen values of the mean shifts in PA-EDSR and PANet.
        (lambda: PAEDSR(scale=2), 40_811_870 - 24),
        (lambda: PAEDSR(scale=3), 43_762_270 - 24),
        (lambda: PAEDSR(scale=4), 43_172_190 - 24),
        (PANet, 5_957_279 - 24),
        (lambda: PANet(colors=1), 5_954_973 - 24),
    ],
)
def test_published_configurations_have_the_published_number_of_parameters(
    network: Any, count: int
) -> None:
    with torch.device("meta"):
        built = network()
    attention = sum(isinstance(m, PyramidAttention) for m in built.modules())
    assert attention == 1
    # The authors' buffer for the norm floor is not counted.
    assert sum(p.numel() for p in built.parameters()) == count


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 7), (11, 4)])
def test_pyramid_attention_takes_any_size(size: tuple[int, int]) -> None:
    module = PyramidAttention(4)
    result = module(torch.randn(1, 4, *size))
    assert result.shape == (1, 4, *size)
    assert result.isfinite().all()


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_lite_network_enlarges_by_its_scale_and_starts_near_the_image(scale: int) -> None:
    network = PANetLite(scale=scale, blocks=2, channels=8, unshuffle=2, attention_channels=4)
    x = torch.rand(2, 3, 12, 20)
    result = network(x, seed=0)
    assert result.shape == (2, 3, 12 * scale, 20 * scale)


def test_attention_of_a_new_lite_network_is_the_identity() -> None:
    network = PANetLite(blocks=2, channels=8, attention_channels=4)
    x = torch.rand(1, 8, 8, 8)
    torch.testing.assert_close(network.attention(x), x)


def test_architectures_are_named_in_lower_case() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ARCHITECTURES)

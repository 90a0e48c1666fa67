"""Non-local blocks equal the published code and never hold the whole affinity matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from restorer.attention import dense
from restorer.attention.dense import dense_attention, product_affinity, softmax_affinity
from restorer.attention.nonlocal_block import AFFINITIES, NonLocalBlock
from restorer.models.checkpoint import load_state
from restorer.networks.nonlocal_net import NonLocalNet
from restorer.networks.nonlocal_variants import (
    FoldedNonLocal,
    PReLUNonLocal,
    SelfAttention,
    WeightNormNonLocal,
)

from helpers import GOLDEN, assert_equals, golden_weights, limit_blocks, load_golden

CASES = sorted(p.stem for p in GOLDEN.glob("nonlocal_*.json"))
BUILD: dict[str, Callable[[dict[str, Any]], nn.Module]] = {
    "nl_pairwise": lambda a: NonLocalBlock(
        a["in_channels"],
        pairwise=a["function"],
        pooling=a["sub_sample"],
        batch_norm=a["bn_layer"],
    ),
    "nlsn_nonlocal": lambda a: PReLUNonLocal(
        a["channel"], reduction=a["reduction"], residual_scale=a["res_scale"]
    ),
    "nl_seed003_Self_Attn": lambda a: SelfAttention(a["in_dim"]),
    "nl_seed003_Nl": lambda a: WeightNormNonLocal(
        a["in_channels"], a["key_channels"], a["value_channels"]
    ),
    "nl_seed003_NonLocalBlock": lambda a: FoldedNonLocal(a["channel"]),
}


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES)
def test_output_and_map_equal_the_authors(case: str) -> None:
    description, tensors = load_golden(case)
    block = BUILD[description["kind"]](description["ctor"]).eval()
    load_state(block, golden_weights(tensors))
    for name in (k.removeprefix("out/") for k in tensors if k.startswith("out/")):
        kind, tag = name[:-2], name[-1]
        with torch.no_grad():
            compute = block if kind == "y" else block.affinity
            result = compute(tensors[f"in/x_{tag}"])
        assert_equals(result, tensors[f"out/{name}"], description["atol"][name])


def test_all_golden_cases_exist() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize("pairwise", AFFINITIES)
@pytest.mark.parametrize("pooling", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 4)])
def test_a_new_block_is_the_identity_at_any_size(
    pairwise: Any, pooling: bool, size: tuple[int, int]
) -> None:
    block = NonLocalBlock(6, pairwise=pairwise, pooling=pooling, batch_norm=size != (1, 1))
    x = torch.randn(2, 6, *size)
    assert torch.equal(block(x), x)


def blocks_of_all_kinds() -> list[nn.Module]:
    blocks: list[nn.Module] = [NonLocalBlock(8, pairwise=p, pooling=True) for p in AFFINITIES]
    blocks += [PReLUNonLocal(8), SelfAttention(8), WeightNormNonLocal(8, 4, 4), FoldedNonLocal(8)]
    for block in blocks:
        for parameter in block.parameters():
            nn.init.normal_(parameter, std=0.3)
    return blocks


@pytest.mark.parametrize("block", blocks_of_all_kinds(), ids=lambda b: type(b).__name__)
def test_blocks_of_pixels_do_not_change_result_or_gradient(
    block: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.randn(2, 8, 6, 7, requires_grad=True)
    results, gradients = [], []
    for elements in (1 << 21, 100):
        limit_blocks(monkeypatch, elements)
        results.append(block(x))
        gradients += torch.autograd.grad(results[-1].square().sum(), x)
        with torch.no_grad():
            torch.testing.assert_close(block(x), results[-1])
    torch.testing.assert_close(*results)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_products_summed_first_equal_products_with_the_matrix() -> None:
    query, key, value = torch.randn(2, 4, 9, 5), torch.randn(2, 4, 3, 6), torch.randn(2, 7, 3, 6)
    matrix = product_affinity(query.flatten(2), key.flatten(2))
    expected = (value.flatten(2) @ matrix.mT).view(2, 7, 9, 5)
    result = dense_attention(query, key, value, product_affinity)
    torch.testing.assert_close(result, expected)


def test_threads_and_batch_do_not_change_a_bit() -> None:
    x, threads = torch.randn(3, 8, 20, 21), torch.get_num_threads()
    results = []
    for count in (1, 2):
        torch.set_num_threads(count)
        results.append(dense_attention(x, x, x, softmax_affinity))
    torch.set_num_threads(threads)
    assert torch.equal(*results)
    single = [dense_attention(s, s, s, softmax_affinity) for s in x.split(1)]
    assert torch.equal(results[0], torch.cat(single))


@pytest.mark.parametrize("channels", [(8, 8), (3, 3), (6, 3)])
def test_the_kernels_of_pytorch_equal_the_plain_form(
    channels: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = [
        torch.randn(2, channels[i], *size, requires_grad=True)
        for i, size in ((0, (20, 21)), (0, (10, 9)), (1, (10, 9)))
    ]
    query, key, value = inputs
    calls, results, gradients = [], [], []
    fused = F.scaled_dot_product_attention

    def called(*args: torch.Tensor, **options: Any) -> torch.Tensor:
        calls.append(args)
        return fused(*args, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", called)
    for fuses in (dense._fuses, lambda *rows: False):
        monkeypatch.setattr(dense, "_fuses", fuses)
        results.append(dense_attention(query, key, value, softmax_affinity))
        gradients.append(torch.autograd.grad(results[-1].square().sum(), inputs))
    assert len(calls) == (2 if channels[0] - channels[1] < 3 else 0)  # one for each sample
    torch.testing.assert_close(*results)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_queries_and_keys_of_the_weight_normed_block_are_one_convolution() -> None:
    block = WeightNormNonLocal(8, 4, 4)
    assert block.f_query is block.f_key
    x = torch.randn(1, 8, 3, 3)
    assert torch.equal(block(x), x)


def test_folding_needs_an_even_number_of_pixels() -> None:
    with pytest.raises(ValueError, match="3 x 5: the folded block needs an even"):
        FoldedNonLocal(8)(torch.randn(1, 8, 3, 5))


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (6, 9)])
def test_network_restores_any_size(scale: int, size: tuple[int, int]) -> None:
    network = NonLocalNet(scale=scale, colors=1, blocks=4, channels=8, every=2)
    assert sum(isinstance(m, NonLocalBlock) for m in network.body) == 2
    result = network(torch.rand(2, 1, *size), seed=0)
    assert result.shape == (2, 1, size[0] * scale, size[1] * scale)


def test_network_adds_to_the_image() -> None:
    network = NonLocalNet(scale=2, blocks=1, channels=4, every=1)
    for parameter in network.tail.parameters():
        nn.init.zeros_(parameter)
    x = torch.rand(1, 3, 2, 3)
    expected = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.equal(network(x), expected)


@pytest.mark.parametrize("pairwise", AFFINITIES)
def test_every_parameter_learns(pairwise: Any) -> None:
    network = NonLocalNet(blocks=2, channels=8, every=2, pairwise=pairwise, batch_norm=True)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    network(torch.rand(2, 3, 8, 9)).square().sum().backward()
    for name, parameter in network.named_parameters():
        # Batch norm subtracts the mean and with it the bias.
        assert parameter.grad is not None
        assert name.endswith("W.0.bias") or parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("pairwise", AFFINITIES)
@pytest.mark.parametrize("pooling", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_shapes_determine_the_arguments(pairwise: Any, pooling: bool, batch_norm: bool) -> None:
    given = {
        "scale": 3,
        "colors": 1,
        "blocks": 5,
        "channels": 4,
        "pairwise": pairwise,
        "pooling": pooling,
        "batch_norm": batch_norm,
        "every": 2,
    }
    state = NonLocalNet(**given).published_state()
    found = NonLocalNet.arguments({k: tuple(v.shape) for k, v in state.items()})
    if pairwise == "dot_product":  # has the same shapes as the embedded Gaussian
        given["pairwise"] = "embedded_gaussian"
    assert found == given
    load_state(NonLocalNet(**given), state)


def test_autocast_attends_in_float32() -> None:
    x = torch.randn(1, 8, 9, 9, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert dense_attention(x, x, x, softmax_affinity).dtype == torch.float32
        assert NonLocalNet(channels=8, blocks=8)(torch.rand(1, 3, 8, 9)).isfinite().all()

"""ENLCN equals the authors' network, including in training."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from restorer.attention import EfficientNonLocalAttention
from restorer.attention.dense import dense_attention, softmax_affinity
from restorer.attention.kernel import (
    contrastive_loss,
    kernel_attention,
    orthogonal_projection,
    orthogonalize,
)
from restorer.models.checkpoint import load_state
from restorer.networks.enlcn import ENLCN

from helpers import GOLDEN, assert_equals, golden_weights, limit_blocks, load_golden

ATTENTION = sorted(p.stem for p in GOLDEN.glob("enla_attention*.json"))
NETWORKS = sorted(p.stem for p in GOLDEN.glob("enlcn_*.json"))


def build(arguments: dict[str, Any]) -> nn.Module:
    if "channel" in arguments:
        return EfficientNonLocalAttention(
            arguments["channel"], residual_scale=arguments["res_scale"]
        )
    blocks, channels = arguments["n_resblocks"], arguments["n_feats"]
    return ENLCN(scale=arguments["scale"][0], blocks=blocks, channels=channels)


@pytest.mark.golden
@pytest.mark.parametrize("case", ATTENTION + NETWORKS)
def test_output_equals_the_authors(case: str) -> None:
    description, tensors = load_golden(case)
    network = build(description["ctor"]).eval()
    load_state(network, golden_weights(tensors))
    inputs = [k.removeprefix("in/x_") for k in tensors if k.startswith("in/x_")]
    assert inputs
    for tag in inputs:
        with torch.no_grad():
            result = network(tensors[f"in/x_{tag}"])
        assert_equals(result, tensors[f"out/y_{tag}"], description["atol"][f"y_{tag}"])


@pytest.mark.golden
@pytest.mark.parametrize("case", ATTENTION)
def test_contrastive_loss_equals_the_authors(case: str) -> None:
    description, tensors = load_golden(case)
    module = build(description["ctor"])
    load_state(module, golden_weights(tensors))
    for name in (k for k in tensors if k.startswith("out/train_loss_")):
        loss = module.loss(tensors[name.replace("out/train_loss_", "in/x_")])
        assert_equals(loss, tensors[name][0], description["atol"][name.removeprefix("out/")])


@pytest.mark.golden
@pytest.mark.parametrize("case", NETWORKS)
def test_contrastive_losses_of_the_network_equal_the_authors(case: str) -> None:
    description, tensors = load_golden(case)
    network = build(description["ctor"])
    load_state(network, golden_weights(tensors))
    restored, losses = network.forward_with_losses(tensors["in/x_a"])
    assert_equals(losses, tensors["out/train_losses_a"], description["atol"]["train_losses_a"])
    assert torch.equal(restored, network(tensors["in/x_a"]))


@pytest.mark.golden
@pytest.mark.parametrize("tag", ["a", "b", "c"])
def test_orthogonal_projection_equals_the_authors(tag: str) -> None:
    description, tensors = load_golden("enla_projection")
    names = sorted(k for k in tensors if k.startswith(f"in/randn_{tag}_"))
    *blocks, lengths = (tensors[name] for name in names)
    result = orthogonalize(blocks, lengths)
    assert_equals(result, tensors[f"out/projection_{tag}"], description["atol"])


def test_all_golden_cases_exist() -> None:
    assert len(ATTENTION) == 2
    assert len(NETWORKS) == 2


def test_rows_of_a_block_are_orthogonal_with_the_norm_of_gaussian_rows() -> None:
    generator = torch.Generator().manual_seed(0)
    projection = orthogonal_projection(20, 8, generator)
    assert projection.shape == (20, 8)
    for block in projection.split(8):
        product = block @ block.mT
        torch.testing.assert_close(product, product.diag().diag(), atol=2e-6, rtol=0)
    assert projection.norm(dim=1).mean() == pytest.approx(math.sqrt(8), rel=0.2)


def test_many_features_approximate_the_softmax() -> None:
    query, key = (F.normalize(torch.randn(1, 4, 5, 6), dim=1) for _ in range(2))
    value = torch.randn(1, 3, 5, 6)
    projection = torch.randn(1 << 16, 4)  # QR without a sign fix is biased in small blocks
    exact = dense_attention(query, key, value, softmax_affinity)
    torch.testing.assert_close(
        kernel_attention(query, key, value, projection), exact, atol=0.02, rtol=0
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (8, 7)])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_any_size_is_enlarged(size: tuple[int, int], scale: int) -> None:
    network = ENLCN(scale=scale, blocks=8, channels=8, features=16)
    result = network(torch.rand(2, 3, *size), seed=0)
    assert result.shape == (2, 3, size[0] * scale, size[1] * scale)
    assert result.isfinite().all()


def test_a_zero_image_is_finite() -> None:
    module = EfficientNonLocalAttention(8)
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    assert module(torch.zeros(1, 8, 3, 3)).eq(0).all()


def test_a_layer_for_the_sums_equals_a_layer_for_the_values() -> None:
    torch.manual_seed(0)
    module, x = (
        EfficientNonLocalAttention(8, features=16).double(),
        torch.randn(2, 8, 5, 7).double(),
    )
    query, key, projection = module.query(x), module.key(x), module.attn_fn.projection_matrix
    expected = kernel_attention(query, key, module.conv_assembly(x), projection)
    result = kernel_attention(query, key, x, projection, assemble=module.assemble)
    torch.testing.assert_close(result, expected)


@pytest.mark.parametrize("gradient", [False, True])
def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch, gradient: bool) -> None:
    module = EfficientNonLocalAttention(16, features=32)
    x = torch.randn(1, 16, 9, 11, requires_grad=gradient)
    results, gradients = [], []
    for elements in (1 << 21, 32 * 10):
        limit_blocks(monkeypatch, elements, "scores")
        results.append((module(x), module.loss(x)))
        if gradient:
            total = results[-1][0].square().sum() + results[-1][1]
            gradients += torch.autograd.grad(total, x)
    torch.testing.assert_close(*results)
    if gradient:
        torch.testing.assert_close(*gradients)


def test_threads_and_batch_do_not_change_a_bit_at_published_widths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit_blocks(monkeypatch, 1 << 15, "scores")
    query, key = (torch.randn(2, 64, 23, 21) / 4 for _ in range(2))
    value = torch.randn(2, 256, 23, 21)
    projection, threads = orthogonal_projection(128, 64), torch.get_num_threads()
    results = []
    for count in (1, 2):
        torch.set_num_threads(count)
        results.append(kernel_attention(query, key, value, projection))
    torch.set_num_threads(threads)
    assert torch.equal(*results)
    samples = zip(query.split(1), key.split(1), value.split(1), strict=True)
    single = [kernel_attention(*sample, projection) for sample in samples]
    assert torch.equal(results[0], torch.cat(single))


def test_losses_require_65_pixels() -> None:
    x = torch.randn(1, 4, 8, 8)
    with pytest.raises(ValueError, match="8 x 8: the contrastive loss needs 65 pixels"):
        contrastive_loss(x, x)


def test_every_parameter_learns_from_pixels_and_losses() -> None:
    network = ENLCN(scale=2, blocks=8, channels=8)
    restored, losses = network.forward_with_losses(torch.rand(1, 3, 8, 9))
    assert losses.shape == (2,)
    (restored.square().sum() + losses.mean()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_projections_change_only_when_redrawn_with_another_seed() -> None:
    network = ENLCN(scale=2, blocks=8, channels=16)

    def projections() -> list[torch.Tensor]:
        return [m.attn_fn.projection_matrix.clone() for m in network.body if hasattr(m, "attn_fn")]

    first = projections()
    network(torch.rand(1, 3, 9, 9), seed=5)
    assert all(map(torch.equal, first, projections()))
    drawn = []
    for seed in (1, 1, 2):
        network.redraw_projections(seed)
        drawn.append(projections())
    assert all(map(torch.equal, drawn[0], drawn[1]))
    assert not any(map(torch.equal, drawn[0], drawn[2]))
    assert not torch.equal(*drawn[0])


def test_autocast_attends_in_float32() -> None:
    module = EfficientNonLocalAttention(16)
    x = torch.randn(1, 16, 9, 9)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        result, loss = module(x), module.loss(x)
        restored = ENLCN(scale=2, blocks=8, channels=8)(torch.rand(1, 3, 8, 9))
    assert torch.equal(result, module(x))
    assert torch.equal(loss, module.loss(x))
    assert restored.isfinite().all()

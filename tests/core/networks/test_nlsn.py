"""NLSN equals the authors' network; its hashing is seeded and uses bounded memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from restorer.attention import NonLocalSparseAttention, sparse
from restorer.attention.dense import dense_attention, softmax_affinity
from restorer.attention.hashed import count_buckets, hash_codes, hashed_attention
from restorer.attention.seeding import draw_rotations
from restorer.models.checkpoint import load_state
from restorer.networks.nlsn import NLSN

from helpers import GOLDEN, assert_equals, golden_weights, limit_blocks, load_golden

CASES = sorted(p.stem for p in GOLDEN.glob("nls[an]_*.json"))


def build(kind: str, arguments: dict[str, Any]) -> nn.Module:
    hashing = {"chunk_size": arguments["chunk_size"], "hashes": arguments["n_hashes"]}
    if kind == "nlsa":
        scale = arguments["res_scale"]
        return NonLocalSparseAttention(arguments["channels"], residual_scale=scale, **hashing)
    blocks, channels = arguments["n_resblocks"], arguments["n_feats"]
    return NLSN(scale=arguments["scale"][0], blocks=blocks, channels=channels, **hashing)


def attend(x: Tensor, *, chunk_size: int = 16, seed: int = 0, hashes: int = 3) -> Tensor:
    """Apply self-attention to (N, C, H, W) features."""
    buckets = count_buckets(x.shape[2] * x.shape[3], chunk_size)
    rotations = draw_rotations(seed, 0, (1, x.shape[1], hashes, buckets // 2))
    return hashed_attention(x, x, rotations, chunk_size=chunk_size)


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES)
def test_output_equals_the_authors(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    description, tensors = load_golden(case)
    network = build(description["kind"], description["ctor"]).eval()
    load_state(network, golden_weights(tensors))
    inputs = [k.removeprefix("in/x_") for k in tensors if k.startswith("in/x_")]
    assert inputs
    for tag in inputs:

        def recorded(
            seed: int, index: int, shape: tuple[int, ...], device: torch.device, tag: str = tag
        ) -> Tensor:
            rotations = tensors[f"in/rot_{tag}_{index}"]
            assert rotations.shape == shape
            return rotations

        monkeypatch.setattr(sparse, "draw_rotations", recorded)
        with torch.no_grad():
            result = network(tensors[f"in/x_{tag}"], seed=0)
        assert_equals(result, tensors[f"out/y_{tag}"], description["atol"][f"y_{tag}"])


@pytest.mark.golden
@pytest.mark.parametrize("case", ["nlsa_attention", "nlsa_attention_144"])
def test_hash_codes_equal_the_authors(case: str) -> None:
    description, tensors = load_golden(case)
    network = build("nlsa", description["ctor"])
    load_state(network, golden_weights(tensors))
    for tag in (k.removeprefix("in/x_") for k in tensors if k.startswith("in/x_")):
        rotations = tensors[f"in/rot_{tag}_0"][0]
        offsets = torch.arange(rotations.shape[1])[:, None] * rotations.shape[2] * 2
        with torch.no_grad():
            embedding = network.conv_match(tensors[f"in/x_{tag}"]).flatten(2).mT
        codes = torch.stack([(hash_codes(e, rotations) + offsets).flatten() for e in embedding])
        assert torch.equal(codes.int(), tensors[f"out/hash_codes_{tag}_0"])


def test_all_golden_cases_exist() -> None:
    assert len(CASES) == 5


@pytest.mark.parametrize(
    ("pixels", "buckets"), [(1, 2), (143, 2), (144, 2), (3 * 144, 4), (1 << 20, 128)]
)
def test_the_number_of_buckets_is_even_and_at_least_two(pixels: int, buckets: int) -> None:
    assert count_buckets(pixels, 144) == buckets


def test_one_chunk_is_full_attention() -> None:
    x = torch.randn(1, 4, 6, 8)
    keys = nn.functional.normalize(x, dim=1, eps=5e-5)
    torch.testing.assert_close(
        attend(x, chunk_size=48), dense_attention(x, keys, x, softmax_affinity)
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 5), (4, 4), (1, 17), (9, 11)])
def test_any_size_is_a_mean_of_the_values(size: tuple[int, int]) -> None:
    x = torch.randn(2, 4, *size)
    result = attend(x)
    assert result.shape == x.shape
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    assert ((result >= low - 1e-5) & (result <= high + 1e-5)).all()


def test_a_zero_image_is_finite() -> None:
    assert attend(torch.zeros(1, 4, 9, 9)).eq(0).all()


def test_the_seed_determines_the_pixels() -> None:
    network = NLSN(scale=2, blocks=8, channels=8, chunk_size=16).eval()
    x = torch.rand(1, 3, 12, 13)
    with torch.no_grad():
        results = [network(x, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_rotations_differ_between_modules_and_neighboring_seeds() -> None:
    draws = [draw_rotations(seed, index, (64,)) for seed in range(3) for index in range(3)]
    draws.append(draw_rotations(-1, 0, (64,)))
    correlation = torch.corrcoef(torch.stack(draws)).fill_diagonal_(0)
    assert correlation.abs().max() < 0.6
    module = torch.randn(3)  # the global generator is unchanged
    torch.manual_seed(0)
    assert torch.equal(torch.randn(3), module)


def test_modules_of_a_network_are_numbered_in_order() -> None:
    with torch.device("meta"):
        body = NLSN(scale=2).body
    places = {i: m.index for i, m in enumerate(body) if isinstance(m, NonLocalSparseAttention)}
    assert places == {0: 0, 9: 1, 18: 2, 27: 3, 36: 4}


def test_threads_do_not_change_a_bit_at_published_widths() -> None:
    embedding, values = torch.randn(1, 64, 25, 31), torch.randn(1, 256, 25, 31)
    rotations = draw_rotations(0, 0, (1, 64, 4, count_buckets(25 * 31, 144) // 2))
    threads, results = torch.get_num_threads(), []
    for count in (1, 2):
        torch.set_num_threads(count)
        results.append(hashed_attention(embedding, values, rotations, chunk_size=144))
    torch.set_num_threads(threads)
    assert torch.equal(*results)


def test_the_batch_does_not_change_a_bit() -> None:
    x = torch.randn(3, 8, 13, 11)
    assert torch.equal(attend(x), torch.cat([attend(sample[None]) for sample in x]))


@pytest.mark.parametrize("gradient", [False, True])
def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch, gradient: bool) -> None:
    x = torch.randn(1, 8, 13, 11, requires_grad=gradient)
    results, gradients = [], []
    for elements in (1 << 21, 1):
        limit_blocks(monkeypatch, elements, "scores")
        limit_blocks(monkeypatch, 1 << 14 if elements > 1 else 7, "hashed")
        with torch.set_grad_enabled(gradient):
            results.append(attend(x))
        if gradient:
            gradients += torch.autograd.grad(results[-1].square().sum(), x)
    torch.testing.assert_close(*results)
    if gradient:
        assert gradients[0].abs().min() > 0
        torch.testing.assert_close(*gradients)


def test_every_parameter_learns() -> None:
    network = NLSN(scale=3, blocks=8, channels=8, chunk_size=16)
    network(torch.rand(1, 3, 6, 7), seed=3).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_autocast_hashes_in_float32() -> None:
    module = NonLocalSparseAttention(16, chunk_size=16)
    x = torch.randn(1, 16, 12, 12)
    with torch.no_grad():
        with torch.autocast("cpu", torch.bfloat16):
            result = module(x)
        assert torch.equal(result, module(x))
    network = NLSN(scale=2, blocks=8, channels=8, chunk_size=16)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert network(torch.rand(1, 3, 8, 9), seed=0).isfinite().all()

"""Patch attention compared with its direct form: unfold, scores, softmax, fold."""

from __future__ import annotations

import logging

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from restorer.attention import patch, tiled
from restorer.attention.key_axis import Keys

from helpers import limit_blocks


def plain(
    query: Tensor, levels: list[tuple[Tensor, Tensor]], scale: float, hard: bool = False
) -> Tensor:
    """The direct form with the whole score matrix."""
    size = query.shape[2:]
    queries = F.unfold(query, 3, padding=1).mT
    keys = torch.cat([F.unfold(k, 3, padding=1) for k, _ in levels], 2)
    values = torch.cat([F.unfold(v, 3, padding=1) for _, v in levels], 2)
    keys = keys / keys.norm(dim=1, keepdim=True).clamp_min(1e-4)
    weights = (queries @ keys * scale).softmax(-1)
    if hard:
        weights = (weights == weights.amax(-1, keepdim=True)).to(weights)
    return F.fold((weights @ values.mT).mT, size, 3, padding=1)


def features(*sizes: tuple[int, int], batch: int = 1) -> list[Tensor]:
    return [torch.randn(batch, channels, h, w) for h, w in sizes for channels in (4, 6)]


@settings(max_examples=40)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    level=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    batch=st.integers(1, 2),
    block=st.sampled_from([1, 300, 2000, 1 << 20]),
    recorded=st.booleans(),
    hard=st.booleans(),
)
def test_patch_attention_equals_the_direct_form(
    size: tuple[int, int],
    level: tuple[int, int],
    batch: int,
    block: int,
    recorded: bool,
    hard: bool,
) -> None:
    sizes = features(size, level, batch=batch)
    key, value, small_key, small_value = (x.double().requires_grad_(recorded) for x in sizes)
    query = torch.randn_like(key)
    levels = [(key, value), (small_key, small_value)]
    with pytest.MonkeyPatch.context() as monkeypatch:
        limit_blocks(monkeypatch, block)
        result = patch.patch_attention(query, levels, softmax_scale=2.0, norm_floor=1e-4, hard=hard)
    assert result.requires_grad == recorded
    torch.testing.assert_close(result, plain(query, levels, 2.0, hard))


def test_float32_equals_the_direct_form_within_1e_5() -> None:
    key, value, small_key, small_value = features((30, 40), (27, 36))
    levels = [(key, value), (small_key, small_value)]
    result = patch.patch_attention(key, levels, softmax_scale=10.0, norm_floor=1e-4)
    expected = plain(key, levels, 10.0)
    assert (result - expected).abs().max() <= 1e-5 * expected.abs().max()


@settings(max_examples=10)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)), block=st.sampled_from([1, 300, 1 << 20])
)
def test_pasting_in_bfloat16_chooses_the_patches_of_float32(
    size: tuple[int, int], block: int
) -> None:
    key, value, small_key, small_value = features(size, (5, 4))
    # Sums of nine whole numbers up to 16 are the same in both types.
    levels = [(key, (value * 4).round().clamp(-16, 16)), (small_key, small_value.sign())]
    with pytest.MonkeyPatch.context() as monkeypatch:
        limit_blocks(monkeypatch, block)
        exact, pasted = (
            patch.patch_attention(
                key, levels, softmax_scale=9.0, norm_floor=1e-4, hard=True, paste_type=paste_type
            )
            for paste_type in (None, torch.bfloat16)
        )
    assert torch.equal(pasted, exact)


def test_pasting_in_bfloat16_keeps_54_decibels() -> None:
    key, value, small_key, small_value = features((30, 40), (27, 36))
    levels = [(key, value), (small_key, small_value)]
    options = {"softmax_scale": 3.0, "norm_floor": 1e-4}
    exact = patch.patch_attention(key, levels, **options)
    pasted = patch.patch_attention(key, levels, paste_type=torch.bfloat16, **options)
    assert pasted.dtype == torch.float32
    error = (pasted - exact).square().mean().sqrt()
    assert 0 < error <= 2e-3 * exact.abs().max()


@pytest.mark.parametrize("paste_type", [torch.float32, torch.bfloat16])
def test_the_result_does_not_depend_on_the_number_of_threads(paste_type: torch.dtype) -> None:
    key, value = features((30, 40))
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            results.append(
                patch.patch_attention(
                    key,
                    [(key, value)],
                    softmax_scale=10.0,
                    norm_floor=1e-4,
                    paste_type=paste_type,
                )
            )
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


@pytest.mark.parametrize("block", [1, 1 << 20])
def test_gradients_equal_the_direct_form(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limit_blocks(monkeypatch, block)
    key, value = features((6, 5))
    inputs = [x.double().requires_grad_() for x in (torch.randn_like(key), key, value)]
    result = patch.patch_attention(
        inputs[0], [(inputs[1], inputs[2])], softmax_scale=2.0, norm_floor=1e-4
    )
    expected = plain(inputs[0], [(inputs[1], inputs[2])], 2.0)
    weights = torch.randn_like(expected)
    for ours, theirs in zip(
        torch.autograd.grad((result * weights).sum(), inputs),
        torch.autograd.grad((expected * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


class _Largest(TorchDispatchMode):
    """Records the largest tensor that any operator returns."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.elements = max(self.elements, result.numel())
        return result


@pytest.mark.parametrize("training", [False, True])
def test_the_score_matrix_is_never_held_as_a_whole(
    training: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_blocks(monkeypatch, 1 << 14)
    key, value = (x.requires_grad_(training) for x in features((32, 32)))
    with _Largest() as largest:
        result = patch.patch_attention(key, [(key, value)], softmax_scale=1.0, norm_floor=1e-4)
        if training:
            result.sum().backward()  # type: ignore[no-untyped-call]
    assert largest.elements < (32 * 32) ** 2 / 8


def test_a_constant_image_is_reproduced() -> None:
    ones = torch.ones(1, 2, 7, 7)
    result = patch.patch_attention(ones, [(ones, ones)], softmax_scale=0.0, norm_floor=1e-4)
    # At scale 0, all weights are equal; the mean patch is 1 minus its share of zero padding.
    expected = plain(ones, [(ones, ones)], 0.0)
    torch.testing.assert_close(result, expected)


def test_cpus_and_gpus_without_triton_take_the_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiled, "find_spec", lambda name: None)
    assert not tiled._has_kernels(torch.device("cpu"), torch.float32)
    assert not tiled._has_kernels(torch.device("cuda", 7), torch.float32)


def test_kernels_that_fail_are_refused_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(keys: Keys, pixels: Tensor) -> Tensor:
        raise RuntimeError("no C compiler was found")

    monkeypatch.setattr(tiled, "_in_kernels", fail)
    with caplog.at_level(logging.WARNING):
        assert not tiled._kernels_agree(torch.device("cpu"), torch.float32)
    assert "no C compiler was found; the plain form is used" in caplog.text

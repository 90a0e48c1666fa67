"""Coarse-to-fine search compared with the exact search."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from restorer.attention.coarse import search_agreement, search_coarse_to_fine
from restorer.attention.transfer import search

from helpers import limit_blocks

SIZES = st.tuples(st.integers(1, 13), st.integers(1, 13))
OPTIONS = {
    "factor": st.integers(1, 5),
    "candidates": st.integers(1, 4),
    "block": st.sampled_from([1, 1000, 1 << 20]),
}


@settings(max_examples=40)
@given(size=SIZES, key_size=SIZES, batch=st.integers(1, 2), **OPTIONS)
def test_a_window_that_covers_the_reference_finds_what_the_exact_search_finds(
    size: tuple[int, int],
    key_size: tuple[int, int],
    batch: int,
    factor: int,
    candidates: int,
    block: int,
) -> None:
    query = torch.randn(batch, 3, *size, dtype=torch.float64)
    key = torch.randn(batch, 3, *key_size, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as monkeypatch:
        limit_blocks(monkeypatch, block, "scores")
        index, score = search_coarse_to_fine(
            query, key, factor=factor, candidates=candidates, radius=13
        )
    expected_index, expected_score = search(query, key)
    assert torch.equal(index, expected_index)
    torch.testing.assert_close(score, expected_score)


@settings(max_examples=40)
@given(size=SIZES, key_size=SIZES, radius=st.integers(0, 3), **OPTIONS)
def test_matches_are_patches_of_the_reference_and_not_better_than_the_best(
    size: tuple[int, int],
    key_size: tuple[int, int],
    radius: int,
    factor: int,
    candidates: int,
    block: int,
) -> None:
    query, key = torch.randn(1, 3, *size), torch.randn(1, 3, *key_size)
    options = {"factor": factor, "candidates": candidates, "radius": radius}
    index, score = search_coarse_to_fine(query, key, **options)
    with pytest.MonkeyPatch.context() as monkeypatch:
        limit_blocks(monkeypatch, block, "scores")
        again, _ = search_coarse_to_fine(query, key, **options)
    assert index.shape == score.shape == (1, *size)
    assert int(index.min()) >= 0
    assert int(index.max()) < key_size[0] * key_size[1]
    assert bool((score <= search(query, key)[1] + 1e-5).all())
    assert torch.equal(again, index)


def test_a_shifted_copy_is_found() -> None:
    key = torch.randn(1, 8, 40, 48)
    top, left = 8, 12  # whole cells, so that every cell has a match
    query = key[:, :, top : top + 24, left : left + 28]
    index, score = search_coarse_to_fine(query, key, candidates=1, radius=0)
    rows = torch.arange(top, top + 24)[:, None]
    expected = rows * 48 + torch.arange(left, left + 28)
    assert torch.equal(index[0, 1:-1, 1:-1], expected[1:-1, 1:-1])
    torch.testing.assert_close(score[0, 1:-1, 1:-1], torch.ones(22, 26))


def test_a_copy_shifted_by_a_fraction_of_a_cell_is_found_in_a_smooth_image() -> None:
    key = torch.nn.functional.avg_pool2d(torch.randn(1, 8, 64, 64), 9, stride=1)
    query = key[:, :, 7:39, 10:42]
    index, _ = search_coarse_to_fine(query, key)
    expected = torch.arange(7, 39)[:, None] * 56 + torch.arange(10, 42)
    assert (index[0, 1:-1, 1:-1] == expected[1:-1, 1:-1]).double().mean() > 0.95


@pytest.mark.parametrize("block", [1, 1 << 20])
def test_the_first_of_equal_patches_in_the_windows_wins(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_blocks(monkeypatch, block, "scores")
    tile = torch.randint(
        -4, 5, (1, 2, 4, 4)
    ).float()  # integers, so that equal patches have equal scores
    query, key = tile.repeat(1, 1, 2, 3), tile.repeat(1, 1, 4, 5)
    index, _ = search_coarse_to_fine(query, key, candidates=20, radius=1)
    exact, _ = search(query, key)
    assert torch.equal(index, exact)


def test_the_score_is_differentiable() -> None:
    query, key = torch.randn(1, 3, 6, 6, requires_grad=True), torch.randn(1, 3, 9, 9)
    score = search_coarse_to_fine(query, key)[1]
    assert torch.autograd.grad(score.sum(), query)[0].any()


def test_agreement_of_all_queries_equals_that_of_the_whole() -> None:
    query, key = torch.randn(1, 3, 7, 9), torch.randn(1, 3, 12, 10)
    exact_index, exact_score = search(query, key)
    perfect = search_agreement(query, key, exact_index)
    assert perfect.same == 1
    assert perfect.loss == pytest.approx(0, abs=1e-6)
    assert perfect.exact_score == pytest.approx(float(exact_score.mean()), abs=0.05)

    index, score = search_coarse_to_fine(query, key, candidates=1, radius=0)
    measured = search_agreement(query, key, index, samples=20000)
    assert measured.same == pytest.approx(float((index == exact_index).double().mean()), abs=0.02)
    assert measured.loss == pytest.approx(float((exact_score - score).mean()), abs=0.01)


class _Largest(TorchDispatchMode):
    """Records the largest tensor that any operator returns."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_scores_and_windows_are_never_held_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    limit_blocks(monkeypatch, 1 << 14, "scores")
    x = torch.randn(1, 4, 32, 32)
    with _Largest() as largest:
        index, _ = search_coarse_to_fine(x, x)
        search_agreement(x, x, index, samples=64)
    assert largest.elements <= 1 << 14  # the scores have 2^20, the windows 2^19 elements

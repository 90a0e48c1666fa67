"""Search and paste compared with their direct forms: unfold, normalize, bmm, max, gather, fold."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from restorer.attention.transfer import Divisor, paste, search

from helpers import assert_equals, limit_blocks, load_golden

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9)) | st.sampled_from([(1, 30), (25, 2)])


def plain_search(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """The direct form with the whole score matrix."""
    queries = F.normalize(F.unfold(query, 3, padding=1), dim=1)
    keys = F.normalize(F.unfold(key, 3, padding=1), dim=1)
    score, index = torch.bmm(keys.mT, queries).max(1)
    shape = (len(query), *query.shape[2:])
    return index.view(shape), score.view(shape)


def plain_sum(value: Tensor, index: Tensor, stride: int) -> Tensor:
    geometry = {"kernel_size": 3 * stride, "padding": stride, "stride": stride}
    patches = F.unfold(value, **geometry)
    places = index.flatten(1)[:, None].expand(-1, patches.shape[1], -1)
    size = [n * stride for n in index.shape[1:]]
    return F.fold(patches.gather(2, places), size, **geometry)


def plain_paste(value: Tensor, index: Tensor, stride: int, divisor: Divisor) -> Tensor:
    pasted = plain_sum(value, index, stride)
    if divisor == "constant":
        return pasted / 9
    return pasted / plain_sum(torch.ones_like(value), index, stride)


@settings(max_examples=40)
@given(
    size=SIZES,
    key_size=SIZES,
    batch=st.integers(1, 2),
    block=st.sampled_from([1, 700, 5000, 1 << 20]),
)
def test_search_equals_the_direct_form(
    size: tuple[int, int], key_size: tuple[int, int], batch: int, block: int
) -> None:
    query = torch.randn(batch, 3, *size, dtype=torch.float64)
    key = torch.randn(batch, 3, *key_size, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as monkeypatch:
        limit_blocks(monkeypatch, block)
        index, score = search(query, key)
    expected_index, expected_score = plain_search(query, key)
    assert index.dtype == torch.int64
    assert torch.equal(index, expected_index)
    torch.testing.assert_close(score, expected_score)


@pytest.mark.parametrize("block", [1, 300, 1000, 1 << 20])
def test_the_first_of_equal_patches_wins_whatever_the_block(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_blocks(monkeypatch, block)
    tile = torch.randint(
        -4, 5, (1, 2, 4, 4)
    ).float()  # integers, so that equal patches have equal scores
    query, key = tile.repeat(1, 1, 2, 3), tile.repeat(1, 1, 4, 5)
    index, _ = search(query, key)
    again, _ = search(query, torch.cat([key, key], 2))
    inner = torch.arange(1, 5)
    period = (inner[:, None] - 1) % 4 + 1, (inner - 1) % 4 + 1
    assert torch.equal(index[0, 1:5, 1:5], period[0] * 20 + period[1])
    assert torch.equal(again[0, 1:5, 1:5], index[0, 1:5, 1:5])


def test_a_uniform_patch_scores_zero_and_matches_the_first_key() -> None:
    key = torch.randn(1, 3, 4, 5)
    index, score = search(torch.zeros(1, 3, 2, 6), key)
    assert not index.any()
    assert not score.any()
    index, score = search(key, torch.zeros(1, 3, 2, 6))
    assert not index.any()
    assert not score.any()


def test_an_image_finds_itself() -> None:
    x = torch.randn(2, 5, 7, 6)
    index, score = search(x, x)
    assert torch.equal(index, torch.arange(42).view(1, 7, 6).expand(2, -1, -1))
    torch.testing.assert_close(score, torch.ones(2, 7, 6))


def test_gradients_of_the_score_equal_the_direct_form() -> None:
    inputs = [torch.randn(2, 3, *size, dtype=torch.float64) for size in ((5, 4), (3, 6))]
    inputs[0][:, :, :3, :3] = 0  # the corner patch has a norm of zero
    inputs = [x.requires_grad_() for x in inputs]
    weights = torch.randn(2, 5, 4, dtype=torch.float64)
    weights[:, :2, :2] = 0  # the direct form has no gradient there, either
    ours = torch.autograd.grad((search(*inputs)[1] * weights).sum(), inputs)
    theirs = torch.autograd.grad((plain_search(*inputs)[1] * weights).sum(), inputs)
    torch.testing.assert_close(ours, theirs)
    assert all(g.any() for g in ours)


class _Largest(TorchDispatchMode):
    """Records the largest tensor that any operator returns."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_scores_and_patches_are_never_held_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit_blocks(monkeypatch, 1 << 15)
    x = torch.randn(1, 4, 32, 32)
    with _Largest() as largest:
        index, _ = search(x, x)
    assert largest.elements <= 1 << 15
    with _Largest() as largest:
        paste(torch.randn(1, 4, 128, 128), index, stride=4)
    assert largest.elements <= 4 * 136 * 136


@settings(max_examples=30)
@given(
    size=SIZES,
    key_size=SIZES,
    batch=st.integers(1, 2),
    stride=st.sampled_from([1, 2, 4]),
    divisor=st.sampled_from(["constant", "coverage"]),
)
def test_paste_equals_the_direct_form(
    size: tuple[int, int], key_size: tuple[int, int], batch: int, stride: int, divisor: Divisor
) -> None:
    value = torch.randn(batch, 3, *(n * stride for n in key_size))
    index = torch.randint(key_size[0] * key_size[1], (batch, *size))
    result = paste(value, index, stride=stride, divisor=divisor)
    torch.testing.assert_close(result, plain_paste(value, index, stride, divisor))


@pytest.mark.parametrize("divisor", ["constant", "coverage"])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_gradients_of_paste_equal_the_direct_form(stride: int, divisor: Divisor) -> None:
    value = torch.randn(2, 3, 4 * stride, 5 * stride, dtype=torch.float64, requires_grad=True)
    index = torch.randint(20, (2, 3, 7))
    weights = torch.randn(2, 3, 3 * stride, 7 * stride, dtype=torch.float64)
    ours, theirs = (
        torch.autograd.grad((result * weights).sum(), value)[0]
        for result in (
            paste(value, index, stride=stride, divisor=divisor),
            plain_paste(value, index, stride, divisor),
        )
    )
    torch.testing.assert_close(ours, theirs)


def test_coverage_reproduces_a_reference_pasted_in_place() -> None:
    value = torch.rand(1, 2, 20, 24)
    index = torch.arange(30).view(1, 5, 6)
    torch.testing.assert_close(paste(value, index, stride=4, divisor="coverage"), value)
    constant = paste(value, index, stride=4)
    torch.testing.assert_close(constant[..., 4:-4, 4:-4], value[..., 4:-4, 4:-4])
    torch.testing.assert_close(constant[..., :4, :4], value[..., :4, :4] * 4 / 9)


@pytest.mark.golden
@pytest.mark.parametrize("tag", ["a", "b"])
@pytest.mark.parametrize(
    ("case", "divisor"),
    [("search_transfer", "constant"), ("search_transfer_divisor", "coverage")],
)
def test_transfer_equals_the_authors(case: str, divisor: Divisor, tag: str) -> None:
    description, tensors = load_golden(case)
    index, score = search(tensors[f"in/lrsr_lv3_{tag}"], tensors[f"in/refsr_lv3_{tag}"])
    results = {
        f"T_lv{level}_{tag}": paste(
            tensors[f"in/ref_lv{level}_{tag}"], index, stride=2 ** (3 - level), divisor=divisor
        )
        for level in (1, 2, 3)
    }
    results[f"S_{tag}"] = score[:, None]
    for name, result in results.items():
        assert_equals(result, tensors[f"out/{name}"], description["atol"][name])

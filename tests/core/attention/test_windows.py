"""Attention in windows: whole where one fits, and of no pixel beyond a window."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from restorer.attention.windows import attend_in_windows

LENGTHS = st.integers(1, 70)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[int, int]:
    """Return the side of windows and what they share."""
    side = draw(st.integers(1, 30))
    return side, draw(st.integers(0, (side - 1) // 2))


def picture(height: int, width: int) -> Tensor:
    return torch.rand(1, 2, height, width, generator=torch.Generator().manual_seed(0))


@given(LENGTHS, LENGTHS, cuts())
def test_windows_cover_the_map_and_their_weights_sum_to_one(
    height: int, width: int, cut: tuple[int, int]
) -> None:
    side, overlap = cut
    seen = list[tuple[int, int]]()

    def same(x: Tensor) -> Tensor:
        seen.append((x.shape[2], x.shape[3]))
        return x

    x = picture(height, width)
    torch.testing.assert_close(attend_in_windows(same, x, side=side, overlap=overlap), x)
    assert len(set(seen)) == 1
    assert max(seen[0]) <= side


@given(cuts())
def test_a_map_of_one_window_is_attended_to_as_a_whole(cut: tuple[int, int]) -> None:
    x = picture(cut[0], cut[0])
    found = attend_in_windows(lambda part: part.flip(2), x, side=cut[0], overlap=cut[1])
    assert torch.equal(found, x.flip(2))


@pytest.mark.parametrize("batch", [1, 3])
def test_windows_at_once_equal_windows_in_turn(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(batch, 2, 50, 61, generator=torch.Generator().manual_seed(0))
    calls = list[int]()

    def attend(part: Tensor) -> Tensor:
        calls.append(len(part))
        return part * part.amax((2, 3), keepdim=True)

    in_turn = attend_in_windows(attend, x, side=26, overlap=4)
    monkeypatch.setattr("restorer.attention.windows.in_turn", lambda x: False)  # as on a GPU
    assert torch.equal(attend_in_windows(attend, x, side=26, overlap=4), in_turn)
    assert calls == [batch] * 9 + [9 * batch]


@given(st.integers(27, 90), st.integers(0, 89))
def test_no_pixel_sees_another_beyond_a_window(width: int, place: int) -> None:
    x = torch.zeros(1, 1, 20, width)
    x[..., place % width] = 1

    def sums(part: Tensor) -> Tensor:
        return part.sum((2, 3), keepdim=True).expand_as(part)

    touched = attend_in_windows(sums, x, side=26, overlap=4)[0, 0, 0].nonzero()
    assert touched.numel()
    assert (touched - place % width).abs().max() < 26


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_the_type_and_the_gradients_stay(dtype: torch.dtype) -> None:
    x = picture(40, 33).to(dtype).requires_grad_()
    found = attend_in_windows(lambda part: 2 * part, x, side=16, overlap=4)
    found.sum().backward()
    assert found.dtype == dtype
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.full_like(x, 2), atol=0.02, rtol=0)

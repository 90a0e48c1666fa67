"""A fast form is used only where it runs and agrees with the plain one."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from restorer.attention.trial import agrees, waves

CPU = torch.device("cpu")


def test_a_form_with_the_same_result_up_to_rounding_agrees() -> None:
    x = waves(3, 5, device=CPU)
    assert agrees("sums", lambda: x.sum(0), lambda: x.double().sum(0).float())


def failing() -> Tensor:
    raise OSError("no compiler")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (failing, "sums: no compiler"),
        (lambda: waves(5, device=CPU) + 0.01, "sums: differs by 1.0e-02"),
        (lambda: torch.full((5,), torch.nan), "sums: differs by nan"),
    ],
)
def test_a_form_that_fails_or_differs_is_refused_with_a_warning(
    form: Callable[[], Tensor], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert not agrees("sums", form, lambda: waves(5, device=CPU))
    assert words in caplog.text
    assert "the plain form is used" in caplog.text

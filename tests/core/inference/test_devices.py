"""Threads of the CPU."""

from __future__ import annotations

import multiprocessing
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

import restorer
from restorer import Image

from helpers import make_photograph

MODEL = "panet-denoise-lite"


def _restored() -> NDArray[np.generic]:
    return restorer.restore(Image(make_photograph(40, 48)), MODEL).pixels


@pytest.mark.skipif(sys.platform != "linux", reason="forks are safe on Linux alone")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_was_forked_after_a_restoration_restores_too() -> None:
    expected = _restored()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(_restored).get(60)  # it waited for ever for threads it had lost
    np.testing.assert_array_equal(found, expected)

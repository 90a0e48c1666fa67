"""TF32 is on only where it was asked for, in threads that want it and in those that do not."""

from __future__ import annotations

import threading

import pytest
import torch

from restorer.attention.tf32 import exactly, tf32
from restorer.inference.devices import Precision, number_format


def flags() -> tuple[bool, bool]:
    return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize(
    ("precision", "on"), [("fp32", False), ("bf16", False), ("fp16", False), ("tf32", True)]
)
def test_only_the_precision_tf32_computes_in_it(
    precision: Precision, on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: torch.no_grad())  # there is no card
    before = flags()
    with number_format("cuda:0", precision):
        assert flags() == (on, on)
        with exactly("cuda"):
            assert flags() == (False, False), "hashes and searches"
        assert flags() == (on, on)
    assert flags() == before
    with number_format("cpu", "tf32"):
        assert flags() == before


def test_threads_take_turns_with_the_one_switch_of_the_process() -> None:
    before, seen = flags(), list[tuple[bool, tuple[bool, bool]]]()

    def work(on: bool) -> None:
        for _ in range(50):
            with tf32("cuda", on):
                seen.append((on, flags()))
                with tf32("cuda", not on):
                    seen.append((not on, flags()))
                seen.append((on, flags()))

    threads = [threading.Thread(target=work, args=(bool(n % 2),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert len(seen) == 600
    assert all(found == (on, on) for on, found in seen)
    assert flags() == before


def test_a_thread_waits_until_no_other_one_needs_the_other_position() -> None:
    inside = threading.Event()

    def exact() -> None:
        with tf32("cuda", False):
            inside.set()

    thread = threading.Thread(target=exact)
    with tf32("cuda", True):
        thread.start()
        assert not inside.wait(0.1)
    assert inside.wait(20)
    thread.join()

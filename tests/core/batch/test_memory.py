"""The budget that the pictures in flight share."""

from __future__ import annotations

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import restorer
from restorer import Finished, Image, Job, Progress, Settings, Step, formats
from restorer.batch.memory import MemoryBudget
from restorer.errors import Cancelled
from restorer.image import FloatArray
from restorer.inference.model import LoadedModel
from restorer.restoration import footprint


def go_on() -> None:
    """Never give up."""


def give_up() -> None:
    raise Cancelled


@settings(max_examples=20)
@given(st.integers(1, 9), st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=12))
def test_reservations_never_exceed_the_budget_but_for_a_job_alone(
    total: int, requests: list[tuple[int, bool]]
) -> None:
    budget, lock, held = MemoryBudget(total), threading.Lock(), list[int]()

    def work(request: tuple[int, bool]) -> int:
        size, fails = request
        with budget.reserve(size, go_on):
            with lock:
                held.append(size)
                assert sum(held) <= total or sum(n > 0 for n in held) == 1
            with lock:
                held.remove(size)
            if fails:
                raise ZeroDivisionError
        return size

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(work, request) for request in requests]
        errors = [type(future.exception()) for future in futures]
    assert errors == [ZeroDivisionError if fails else type(None) for _, fails in requests]
    with budget.reserve(total, give_up):  # all of it is free again
        pass


def test_who_gives_up_waiting_holds_nothing_and_lets_the_next_pass() -> None:
    budget = MemoryBudget(10)
    with budget.reserve(6, give_up):
        with pytest.raises(Cancelled), budget.reserve(5, give_up):
            raise AssertionError("there is no room")
        with budget.reserve(4, give_up):
            pass
    with ExitStack() as held:
        held.enter_context(budget.reserve(99, give_up))  # larger than all: alone
        with pytest.raises(Cancelled), budget.reserve(1, give_up):
            raise AssertionError("there is no room")


def test_small_jobs_do_not_overtake_a_large_one() -> None:
    budget, order, waiting = MemoryBudget(10), list[int](), threading.Event()

    def work(size: int) -> None:
        with budget.reserve(size, waiting.set):
            order.append(size)

    with ThreadPoolExecutor(2) as pool, ExitStack() as first:
        first.enter_context(budget.reserve(5, go_on))
        pool.submit(work, 10)
        assert waiting.wait(10)
        waiting.clear()
        pool.submit(work, 1)
        assert waiting.wait(10)
        first.close()
    assert order == [10, 1]


@pytest.mark.parametrize("engine", ["local", "processes"])
def test_pictures_larger_than_the_budget_are_restored_one_at_a_time(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryBudget, "of_machine", lambda: MemoryBudget(1))
    jobs = []
    for number in range(3):
        source = tmp_path / f"{number}.png"
        restorer.write(Image(np.full((40, 40, 3), 99, np.uint8)), source)
        target, step = tmp_path / f"out{number}.png", Step("panet-denoise-lite", sigma=9)
        jobs.append(Job(source, target, (step,), Settings(tile=16, overlap=4)))
    events = list(restorer.run_jobs(jobs, engine=engine, workers=2))
    assert [e.result.status for e in events if isinstance(e, Finished)] == ["done"] * 3
    at_work = [e.id for e in events if isinstance(e, Progress) and e.phase != "read"]
    assert len(list(groupby(at_work))) == 3


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("model", ["panet-denoise-lite", "panet-sr-x2-lite", "panet-sr-x4-lite"])
def test_a_job_reserves_what_its_pictures_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, suffix: str
) -> None:
    def nearest(self: LoadedModel, values: FloatArray, seed: int) -> tuple[Tensor, Tensor]:
        scale, colors = self.spec.scale, values[..., : self.spec.channels]
        enlarged = np.ascontiguousarray(colors.repeat(scale, 1).repeat(scale, 2))
        return torch.from_numpy(enlarged), torch.tensor([1.0, 0.0])

    noise = np.random.default_rng(0).integers(0, 65535, (500, 700, 3), np.uint16)
    picture = Image(noise if suffix == ".tif" else (noise >> 8).astype(np.uint8))
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    formats.write(picture, source)
    monkeypatch.setattr("restorer.inference.soundness.forward", nearest)
    job = Job(source, target, (Step(model),), Settings(tile=96, existing="replace"))
    restorer.run_job(job)  # loads the model
    tracemalloc.start()
    assert restorer.run_job(job).status == "done"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    header, spec = formats.probe(source), restorer.model_spec(model)
    reserved = footprint.job_bytes(header, [spec], side=16)
    assert 0.7 * reserved < peak < reserved

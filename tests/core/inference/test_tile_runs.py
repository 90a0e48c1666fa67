"""Tiles in threads of their own: the same pixels, one core each, and an end to all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import restorer
from restorer.errors import Cancelled
from restorer.inference.predictor import Predictor
from restorer.networks import PANetLite
from restorer.settings import CancelToken, Settings, Step
from restorer.tiling.plan import Region, plan_tiles

from helpers import Enlarge, fake_predictor, make_photograph

SIZE = (75, 58)
PLANES = make_photograph(*SIZE).astype(np.float32) / 255


@pytest.fixture(autouse=True)
def two_cores() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def predictor() -> Predictor:
    """A network of ours with an attention that does something, with four cells a tile."""
    torch.manual_seed(0)
    network = PANetLite(scale=2, blocks=2, channels=8, attention_channels=4)
    torch.nn.init.normal_(network.attention.expand.weight, std=0.1)
    spec = fake_predictor(Enlarge(2), 2).spec
    return Predictor(replace(spec, architecture="panet-lite"), network, "cpu", "fp32")


def run(predictor: Predictor, side: int = 24, **options: Any) -> np.ndarray:
    plan = plan_tiles(SIZE, predictor.spec.tile, side=side, overlap=8)
    return predictor.run(PLANES, plan, **options)


@pytest.mark.parametrize(
    ("precision", "side", "options"),
    [
        ("fp32", 40, {}),
        ("bf16", 40, {}),
        ("fp32", 80, {}),
        ("fp32", 40, {"self_ensemble": True}),
        ("fp32", 32, {"start": (40, 30)}),
    ],
)
def test_threads_give_the_same_pixels(predictor, precision, side, options) -> None:
    predictor = predictor.at(precision)
    threaded = run(predictor, side, batch=2, **options)
    torch.set_num_threads(1)
    np.testing.assert_array_equal(threaded, run(predictor, side, **options))
    np.testing.assert_array_equal(threaded, run(predictor, side, batch=2, **options))


def test_each_thread_uses_one_core_and_others_keep_theirs(predictor) -> None:
    seen: list[tuple[str, int]] = []

    def note(*_: object) -> None:
        seen.append((threading.current_thread().name, torch.get_num_threads()))

    predictor.network.register_forward_pre_hook(note)
    plan = plan_tiles(SIZE, predictor.spec.tile, side=32, overlap=8)
    assert len(plan.tiles) % 2 == 1
    predictor.run(PLANES, plan, batch=2)
    assert len(seen) == len(plan.tiles)
    assert {count for _, count in seen} == {1}
    assert threading.current_thread().name not in {name for name, _ in seen}
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert (torch.get_num_threads(), later) == (2, [2])


def test_a_fault_or_a_cancel_ends_all_threads(predictor, monkeypatch) -> None:
    def fail(x: Tensor, *, seed: int) -> Tensor:
        raise ZeroDivisionError

    before, cancel = threading.active_count(), CancelToken()

    def stop(done: int, total: int) -> None:
        cancel.cancel()

    with pytest.raises(Cancelled):
        run(predictor, batch=2, on_tile=stop, cancel=cancel)
    monkeypatch.setattr(predictor.network, "forward", fail)
    with pytest.raises(ZeroDivisionError):
        run(predictor, batch=2)
    assert threading.active_count() == before


def test_networks_of_others_run_in_one_thread() -> None:
    assert not fake_predictor(Enlarge()).runs_in_threads
    wrapped = restorer.wrap_model(torch.nn.Conv2d(3, 3, 3, padding=1))
    assert not wrapped.runs_in_threads
    assert restorer.load("panet-denoise-lite", device="cpu").runs_in_threads


def test_the_measured_speed_is_that_of_all_cores(monkeypatch) -> None:
    counts: list[int] = []
    real = Predictor.run

    def note(self: Predictor, *values: Any, batch: int = 1, **options: Any) -> np.ndarray:
        counts.append(batch)
        return real(self, *values, batch=batch, **options)

    monkeypatch.setattr(Predictor, "run", note)
    restorer.try_workers(restorer.model_spec("panet-denoise-lite"), "cpu")
    assert set(counts) == {2}


@pytest.mark.parametrize(("memory", "expected"), [(None, 2), (1, 1)])
def test_a_step_runs_a_tile_for_each_core_if_memory_allows(memory, expected) -> None:
    from restorer.restoration.planning import plan_steps

    steps = [(restorer.load("panet-denoise-lite", device="cpu"), Step("panet-denoise-lite"))]
    settings = Settings(device="cpu", memory=memory, tile=64)
    (planned,) = plan_steps(steps, SIZE, Region(0, 0, *SIZE), settings)
    assert planned.at_once == expected
    assert planned.plan.batch == 1, "files do not depend on the number of workers and cores"
    fewer = planned.smaller()
    assert fewer is not None
    assert fewer.at_once == 1
    assert (fewer.plan.side == planned.plan.side) == (expected > 1)

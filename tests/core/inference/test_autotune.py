"""What is measured of a model on this machine, and what follows from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import restorer
from restorer import SettingsError
from restorer.inference import autotune
from restorer.inference.autotune import (
    PrecisionTrial,
    TileMemory,
    known_precision,
    largest_side,
    tile_memory,
    try_precisions,
)
from restorer.inference.calibration import known_speed, known_workers, store_rates
from restorer.inference.predictor import Predictor
from restorer.tiling.plan import TileNeeds

from helpers import fake_predictor, make_photograph, make_spec

KNOWN = replace(make_spec(), weights=restorer.WeightsFile("fake.safetensors", "0" * 64, 1))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("restorer.models.kept.user_cache_path", lambda name: tmp_path)
    return tmp_path / "calibration"


class Hungry(nn.Module):
    """Takes `linear` bytes for each pixel and `square` for each pair of pixels."""

    def __init__(self, linear: int, square: int) -> None:
        super().__init__()
        self.linear, self.square, self.calls = linear, square, 0

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        self.calls += 1
        pixels = x.shape[2] * x.shape[3]
        held = [torch.ones(self.linear * pixels, dtype=torch.uint8)]
        if self.square:
            held.append(torch.ones(self.square * pixels**2, dtype=torch.uint8))
        return x[:, :3] + 0 * float(held[-1][0])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize(("linear", "square"), [(20_000, 0), (5_000, 2)])
def test_memory_of_a_tile_is_found_by_small_probes_and_kept(linear: int, square: int) -> None:
    network = Hungry(linear, square)
    predictor = Predictor(KNOWN, network, "cpu", "fp32")
    memory = tile_memory(predictor)
    assert memory is not None
    for side in (96, 128):
        wanted = linear * side**2 + square * side**4
        assert wanted * 0.9 < memory.bytes_for(side**2) < wanted * 1.3 + 5e6
    calls = network.calls
    assert tile_memory(predictor) == memory
    assert network.calls == calls, "measured once"


def test_peaks_that_other_threads_spoil_give_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autotune.MemoryMeter, "peak", lambda meter, run: -1)
    assert tile_memory(Predictor(KNOWN, Hungry(1, 0), "cpu", "fp32")) is None


def test_a_measurement_of_another_process_is_read(cache: Path) -> None:
    assert known_speed(KNOWN, "cpu") is None
    for rate in (1.0, 2.0):
        store_rates(KNOWN, ["cpu"], {1: rate})
        (file,) = cache.iterdir()
        os.utime(file, (rate, rate))  # some clocks of file systems are slow
        assert known_speed(KNOWN, "cpu") == rate * 96**2


def test_networks_without_a_file_are_not_measured() -> None:
    assert tile_memory(fake_predictor(nn.Identity())) is None


@given(
    budget=st.floats(0, 1e12),
    side=st.sampled_from([32, 64, 96, 160, 256]),
    multiple=st.sampled_from([1, 2, 4, 8]),
)
def test_largest_side_fits_the_budget_and_the_needs(
    budget: float, side: int, multiple: int
) -> None:
    needs = TileNeeds(multiple, 16, side, 4, 0, 100, True)
    memory = TileMemory(1e6, 3000, 1.0)
    found = largest_side(memory, needs, budget)
    assert found % multiple == 0
    assert needs.min_side <= found <= needs.side
    assert found <= 16 or memory.bytes_for(found**2) <= budget
    if memory.bytes_for(side**2) <= budget:
        assert found == side


def test_memory_setting_chooses_smaller_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Seen(nn.Module):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            seen.append(x.shape[2])
            return x

    monkeypatch.setattr(
        "restorer.restoration.planning.tile_memory", lambda predictor: TileMemory(0, 1000, 0)
    )
    predictor = Predictor(make_spec(side=256), Seen(), "cpu", "fp32")
    image = restorer.Image(make_photograph(300, 300))
    for memory, largest in ((10**9, 256), (192**2 * 1000, 192), (5 * 10**6, 64)):
        seen.clear()
        restorer.restore(image, predictor, settings=restorer.Settings(memory=memory))
        assert max(seen) <= largest
        assert max(seen) > largest / 2


class Rounded(nn.Module):
    """Wrong by `error` where it computes in less than float32."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self.error = error

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        return x[:, :3] + self.error * torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize(("error", "safe"), [(1e-4, True), (0.1, False)])
def test_a_precision_is_chosen_only_if_it_is_safe_and_faster(
    error: float, safe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autotune, "fast_precisions", lambda device: ["bf16"])
    monkeypatch.setattr(
        Predictor,
        "load",
        classmethod(lambda cls, spec, device, how: cls(spec, Rounded(error), device, how)),
    )
    seconds = iter([2.0, 1.0])
    measured = autotune._timed
    monkeypatch.setattr(autotune, "_timed", lambda run: (measured(run)[0], next(seconds)))
    assert known_precision(KNOWN, "cpu") == "fp32"
    (trial,) = try_precisions(KNOWN, "cpu")
    assert trial.speedup == 2
    assert (trial.psnr >= 50) == trial.chosen() == safe
    assert known_precision(KNOWN, "cpu") == ("bf16" if safe else "fp32")


def test_a_safe_precision_that_is_slower_is_not_chosen() -> None:
    assert not PrecisionTrial("bf16", 70.0, 0.9, 0.0).chosen()


class Coarse(nn.Module):
    """Darkens every other column where it computes in less than float32: by 53 dB, 3 steps."""

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        if not torch.is_autocast_enabled("cpu"):
            return x[:, :3]
        return x[:, :3] - 0.003 * (torch.arange(x.shape[3]) % 2)


@pytest.fixture
def fast_bf16(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make bfloat16 twice as fast as float32, and the networks wrong in it by `Coarse`."""
    monkeypatch.setattr(autotune, "fast_precisions", lambda device: ["bf16"])
    monkeypatch.setattr("restorer.inference.loading.model_spec", lambda name: KNOWN)
    monkeypatch.setattr("restorer.restoration.resolve.model_spec", lambda name: KNOWN)
    monkeypatch.setattr(
        Predictor,
        "load",
        classmethod(lambda cls, spec, device, how: cls(spec, Coarse(), device, how)),
    )
    seconds = iter([2.0, 1.0])
    measured = autotune._timed
    monkeypatch.setattr(autotune, "_timed", lambda run: (measured(run)[0], next(seconds)))
    restorer.release_models()
    (trial,) = try_precisions(KNOWN, "cpu")
    assert trial.chosen(8)
    assert trial.reversed > 0.02
    yield
    restorer.release_models()


@pytest.mark.usefixtures("fast_bf16")
@pytest.mark.parametrize(
    ("depth", "asked", "precision", "used"),
    [
        ("u1", None, "auto", "bf16"),
        ("u1", 8, "auto", "bf16"),
        ("u1", 16, "auto", "fp32"),
        ("u2", None, "auto", "fp32"),
        ("u2", 8, "auto", "fp32"),
        ("f4", None, "auto", "fp32"),
        ("u2", None, "bf16", "bf16"),
    ],
)
@pytest.mark.parametrize("opened", [False, True], ids=["by name", "opened"])
def test_automatic_precision_suits_the_depth_of_the_image(
    depth: str, asked: Literal[8, 16] | None, precision: str, used: str, opened: bool
) -> None:
    levels = {"u1": 255, "u2": 65535, "f4": 1}[depth]
    ramp = (np.linspace(0, 1, 1024)[None, :, None] * levels).astype(depth)
    image = restorer.Image(np.ascontiguousarray(np.broadcast_to(ramp, (32, 1024, 3))))
    # The consistency of colors would hide the steps that show the format.
    settings = restorer.Settings(device="cpu", precision=precision, bits=asked, keep_colors=False)
    model = restorer.load("fake", device="cpu", precision=precision)
    plans: list[restorer.RunPlan] = []
    whole = restorer.Region(0, 0, 32, 1024)
    steps = [(model, restorer.Step("fake"))] if opened else ["fake"]
    result = restorer.restore_region(image, steps, whole, settings=settings, on_plans=plans.extend)
    assert [plan.precision for plan in plans] == [used]
    backwards = (np.diff(result.pixels.astype(np.float64), axis=1) < 0).mean()
    assert (backwards > 0.02) == (used == "bf16")


@pytest.mark.usefixtures("fast_bf16")
def test_all_precisions_of_a_model_share_its_network() -> None:
    models = [restorer.load("fake", device="cpu", bits=bits) for bits in (8, 16, None)]
    assert [model.precision for model in models] == ["bf16", "fp32", "bf16"]
    assert len({id(model.network) for model in models}) == 1


@pytest.mark.parametrize("model", ["panet-sr-x2-lite", "panet-demosaic-lite"])
def test_the_ramp_tells_bfloat16_from_float32(model: str) -> None:
    predictor = restorer.load(model, device="cpu", precision="fp32")
    exact, fast = (autotune.reversed_share(predictor.at(how)) for how in ("fp32", "bf16"))
    assert exact <= 0.02 < fast
    assert not PrecisionTrial("bf16", 70.0, 2.0, fast).chosen(16)


def test_a_device_that_computes_wrongly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restorer.inference.loading.choose_device", lambda wish: "mps")
    monkeypatch.setattr("restorer.inference.loading.agreement_with_cpu", lambda spec, device: 20.0)
    with pytest.raises(SettingsError, match="computes panet-sr-x2-lite wrongly"):
        restorer.load("panet-sr-x2-lite", device="mps")


@pytest.mark.parametrize("spec", [s for s in restorer.list_models() if s.weights.embedded])
def test_shipped_models_keep_fifty_decibels_in_bfloat16(spec: restorer.ModelSpec) -> None:
    planes, plan = autotune._check(spec)
    exact, fast = (
        np.clip(autotune._loaded(spec, "cpu", how).run(planes, plan), 0, 1)  # type: ignore[arg-type]
        for how in ("fp32", "bf16")
    )
    assert restorer.psnr(fast, exact, white=1) > 50


@pytest.mark.parametrize(
    ("rates", "best"),
    [({1: 10.0, 2: 14.0, 4: 12.0}, 2), ({1: 10.0, 2: 10.5}, 1), ({1: 10.0}, 1)],
)
def test_several_workers_are_used_where_they_are_worth_it(
    rates: dict[int, float], best: int
) -> None:
    assert known_workers(KNOWN, "cpu") == 1, "nothing was tried yet"
    assert known_speed(KNOWN, "cpu") is None
    store_rates(KNOWN, ["cpu"], rates)
    assert known_workers(KNOWN, "cpu") == best
    tile = known_speed(KNOWN, "cpu", 1) / rates[1]  # type: ignore[operator]  # measured
    assert known_speed(KNOWN, "cpu") == rates[best] * tile
    assert known_speed(KNOWN, "cpu", 3) == rates[max(n for n in rates if n <= 3)] * tile
    assert tile >= 96**2


def test_trial_of_workers_measures_every_number_and_gives_the_threads_back() -> None:
    spec = restorer.model_spec("panet-denoise-lite")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        rates = restorer.try_workers(spec)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert list(rates) == [1, 2]
    assert min(rates.values()) > 0
    assert known_workers(spec, "cpu") in (1, 2)

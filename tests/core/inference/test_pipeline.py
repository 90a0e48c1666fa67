"""Tiles on their way as on a GPU: the next batch starts before a result is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from restorer.errors import InvalidOutputError
from restorer.inference import predictor, tile_runs
from restorer.inference.pipeline import EIGHT_VIEWS, TensorBlender, View
from restorer.inference.predictor import Predictor
from restorer.tiling.blending import Blender, Blending
from restorer.tiling.plan import Region, plan_tiles

from helpers import make_photograph, make_spec

SIZE, SCALE = (75, 58), 2
PLANES = make_photograph(*SIZE).astype(np.float32) / 255
PLAN = plan_tiles(SIZE, make_spec().tile, side=24, overlap=8)


class Spoiling(nn.Module):
    """Enlarges by means of the whole tile; spoils one call in half precision."""

    def __init__(self, spoiled: int = 0) -> None:
        super().__init__()
        self.spoiled, self.calls = spoiled, 0

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        self.calls += 1
        y = nn.functional.interpolate(x, scale_factor=SCALE) * 0.9
        y = y + 0.1 * x.mean((2, 3), keepdim=True)
        if self.calls == self.spoiled and torch.is_autocast_enabled("cpu"):
            y = y * float("nan")
        return y


def run(network: nn.Module, **options: Any) -> np.ndarray:
    return Predictor(make_spec(SCALE), network, "cpu", "bf16").run(PLANES, PLAN, **options)


def start_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (predictor, tile_runs):
        monkeypatch.setattr(module, "batches_ahead", lambda device: 1)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("ensemble", [False, True])
def test_batches_that_start_ahead_give_the_same_pixels(
    batch: int, ensemble: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    step_by_step = run(Spoiling(), batch=batch, self_ensemble=ensemble)
    start_ahead(monkeypatch)
    ticks: list[tuple[int, int]] = []
    result = run(
        Spoiling(),
        batch=batch,
        self_ensemble=ensemble,
        on_tile=lambda done, total: ticks.append((done, total)),
    )
    np.testing.assert_array_equal(result, step_by_step)
    assert ticks == [(n + 1, len(PLAN.tiles)) for n in range(len(PLAN.tiles))]


@pytest.mark.parametrize("spoiled", [1, 3, len(PLAN.tiles)])
def test_a_fault_that_is_seen_late_is_mended_all_the_same(
    spoiled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_ahead(monkeypatch)
    np.testing.assert_array_equal(run(Spoiling(spoiled)), run(Spoiling()))


def test_a_tile_that_is_never_finite_fails_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    start_ahead(monkeypatch)
    spoiled = PLANES.copy()
    spoiled[40, 30] = np.nan
    predictor = Predictor(make_spec(SCALE), Spoiling(), "cpu", "fp32")
    with pytest.raises(InvalidOutputError, match="fake: a tile is NaN or infinity in fp32 on cpu"):
        predictor.run(spoiled, PLAN)


@pytest.mark.parametrize("ahead", [False, True])
def test_rows_are_handed_over_while_others_are_still_to_come(
    ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ahead:
        start_ahead(monkeypatch)
    network = Spoiling()
    predictor = Predictor(make_spec(SCALE), network, "cpu", "fp32")
    bands: Iterator[np.ndarray] = predictor.run_rows(lambda top, bottom: PLANES[top:bottom], PLAN)
    next(bands)
    assert len(PLAN.rows) > 3
    assert network.calls <= (1 + 2 * ahead) * len(PLAN.columns) + ahead


def test_blending_of_tensors_equals_that_of_arrays() -> None:
    rng, region = np.random.default_rng(0), Region(5, 7, 60, 40)
    arrays = Blender(PLAN, SCALE, 3, region)
    tensors = TensorBlender(Blending(PLAN, SCALE, region))
    met = PLAN.meeting(region)
    for number, row in enumerate(met):
        for tile in row:
            values = rng.random((tile.height * SCALE, tile.width * SCALE, 3), np.float32)
            arrays.add(tile, values)
            tensors.add(tile, torch.from_numpy(values))
        bottom = met[number + 1][0].top if number + 1 < len(met) else region.bottom
        np.testing.assert_array_equal(tensors.take(bottom).numpy(), arrays.take(bottom))


@pytest.mark.parametrize("view", EIGHT_VIEWS)
def test_views_of_results_are_turned_back(view: View) -> None:
    tile = np.random.default_rng(0).random((5, 7, 2), np.float32)
    seen = torch.from_numpy(view.of(tile).copy())[None]
    np.testing.assert_array_equal(view.back(seen)[0].numpy(), tile)

"""What tiles of a network need is measured, and such tiles show no seams."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from restorer import Image, InferenceError, Settings, restore, wrap_model
from restorer.models import community, seams
from restorer.tiling.blending import Blender
from restorer.tiling.plan import TileNeeds, plan_tiles

NEEDS = TileNeeds(1, 8, 256, 32, 0, 100, global_context=True)


def blurred(x: Tensor, radius: int) -> Tensor:
    return F.avg_pool2d(F.pad(x, (radius,) * 4, "reflect"), 2 * radius + 1, 1)


def in_windows(x: Tensor, side: int) -> Tensor:
    """Add the means of windows, as attention in windows that begin at the corner does."""
    height, width = x.shape[2:]
    grown = F.pad(x, (0, -width % side, 0, -height % side), "replicate")
    means = F.interpolate(F.avg_pool2d(grown, side), scale_factor=side, mode="nearest")
    return (x + means[..., :height, :width]) / 2


def normalized(x: Tensor) -> Tensor:
    """Use statistics of the whole picture, as instance normalization and channel attention do."""
    return 0.5 + (x - x.mean((2, 3), keepdim=True)) / 2


def enlarged(x: Tensor) -> Tensor:
    return F.interpolate(blurred(x, 1), scale_factor=2, mode="nearest")


def measured(run: Callable[[Tensor], Tensor], scale: int = 1) -> seams.Seams:
    found = seams.measure_seams(run, channels=1, scale=scale, needs=NEEDS)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("run", "scale", "period", "radius"),
    [
        (lambda x: blurred(x, 3), 1, 1, 8),
        (enlarged, 2, 1, 8),
        (lambda x: in_windows(x, 8), 1, 8, 0),
        (lambda x: in_windows(x, 12), 1, 12, 0),
        (lambda x: blurred(in_windows(x, 16), 10), 1, 16, 8),
        (normalized, 1, 64, None),
        (lambda x: normalized(in_windows(x, 8)), 1, 64, None),
    ],
)
def test_reach_and_windows_of_a_network_are_found(
    run: Callable[[Tensor], Tensor], scale: int, period: int, radius: int | None
) -> None:
    found = measured(run, scale)
    assert (found.period, found.radius) == (period, radius)
    assert (found.psnr >= seams.GATE_DB) == (radius is not None)


@pytest.mark.parametrize(
    ("run", "scale"), [(lambda x: blurred(in_windows(x, 16), 10), 1), (enlarged, 2)]
)
def test_tiles_that_are_measured_show_no_seams(run: Callable[[Tensor], Tensor], scale: int) -> None:
    picture = np.random.default_rng(0).random((150, 190, 1), np.float32)

    def call(values: np.ndarray) -> np.ndarray:
        return run(torch.from_numpy(values).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()

    whole, tile = call(picture), measured(run, scale).tile(NEEDS)
    side = max(96, 2 * tile.overlap)
    plan = plan_tiles(picture.shape[:2], tile, side=side, overlap=tile.overlap)
    assert len(plan.tiles) > 1
    blender = Blender(plan, scale, 1)
    mirrored = np.pad(picture, ((0, side), (0, side), (0, 0)), mode="reflect")
    for each in plan.tiles:
        rows = slice(each.top, each.top + each.height)
        blender.add(each, call(mirrored[rows, each.left : each.left + each.width]))
    error = np.square(blender.values - whole)[: -32 * scale, : -32 * scale].mean()  # mirrored
    assert -10 * math.log10(max(error, 1e-12)) > seams.GATE_DB


def test_networks_that_depend_on_the_whole_picture_get_one_tile() -> None:
    tile = measured(normalized).tile(NEEDS)
    assert tile.whole
    assert tile.global_context
    assert len(plan_tiles((3000, 4000), tile).tiles) == 1
    assert not measured(lambda x: blurred(x, 3)).tile(NEEDS).whole


def test_a_picture_is_cut_with_a_note_where_memory_does_not_hold_it() -> None:
    model = wrap_model(torch.nn.Identity())
    model.spec = replace(model.spec, tile=seams.whole_tile(replace(NEEDS, bytes_per_pixel=10_000)))
    picture = Image(np.zeros((200, 300, 3), np.uint8))
    enough = restore(picture, model, settings=Settings(memory=600_000_000))
    cut = restore(picture, model, settings=Settings(memory=599_999_999))
    assert not enough.notes
    assert "depends on the whole picture, which was cut into 4 tiles of 192" in " ".join(cut.notes)
    assert np.array_equal(enough.pixels, cut.pixels)


def test_a_measurement_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seams, "_LIMIT_S", -1.0)
    assert seams.measure_seams(normalized, channels=1, scale=1, needs=NEEDS) is None


def found_model(**changes: object) -> community.CommunityModel:
    fields = {"architecture": "Fake", "name": "Fake", "purpose": "SR", "tags": (), "scale": 1}
    fields |= {"channels": 1, "multiple_of": 1, "min_side": 0, "square": False}
    fields |= {"tiling": "supported", "bf16": False, "fp16": False}
    return community.CommunityModel(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_file_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    def build(state: object) -> torch.nn.Module:
        built.append(state)
        return torch.nn.Identity()

    monkeypatch.setattr(community, "build", build)
    first = seams.measured_tile(found_model(), {}, "a" * 64)
    assert seams.measured_tile(found_model(), {}, "a" * 64) == first
    assert len(built) == 1
    assert first.radius == 0
    assert not first.whole


def test_a_network_that_divides_pictures_itself_is_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(community, "build", SimpleNamespace)  # would fail
    assert seams.measured_tile(found_model(tiling="internal"), {}, "b" * 64).whole


def test_a_network_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(x: Tensor) -> Tensor:
        raise InferenceError("Fake: fails for 384 x 64: reason")

    network = torch.nn.Identity()
    network.forward = fail  # type: ignore[method-assign]
    monkeypatch.setattr(community, "build", lambda state: network)
    with pytest.raises(InferenceError, match="Fake: fails for 384 x 64"):
        seams.measured_tile(found_model(), {}, "c" * 64)

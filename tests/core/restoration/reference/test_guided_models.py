"""The models that ship for references: what they gain, where they must not lose, and no seams."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import restorer
from restorer import Image, ReferenceMaps, Settings
from restorer.image import FloatArray
from restorer.restoration.reference.alignment import Homography
from restorer.tiling.plan import plan_tiles
from restorer.training.degrade import bicubic_downscale

from helpers import seam_ratio

SHIPPED = [s.id for s in restorer.list_models("reference-sr") if s.weights.embedded]
SIZE = (96, 112)  # of the small picture
WORST_DB = 0.05  # that any reference may cost


def photograph(size: tuple[int, int], seed: int = 0) -> FloatArray:
    """Smooth blobs of all sizes with fine grain on them; white 1."""
    rng = np.random.default_rng(seed)
    planes = np.zeros((*size, 3), np.float32)
    for cell in (3, 6, 12, 24, 48, 96):
        grid = rng.normal(0, 1, (size[0] // cell + 2, size[1] // cell + 2, 3)).astype(np.float32)
        wide = (grid.shape[1] * cell, grid.shape[0] * cell)
        planes += cv2.resize(grid, wide, interpolation=cv2.INTER_CUBIC)[: size[0], : size[1]]
    return np.asarray(0.5 + 0.09 * planes, np.float32).clip(0, 1)


@cache
def pair(scale: int) -> tuple[FloatArray, Image, Image]:
    """A sharp picture, its small form, and a view that is turned, larger and shows more."""
    size = tuple(n * scale for n in SIZE)
    around = 48
    whole = photograph((size[0] + 2 * around, size[1] + 2 * around))
    truth = whole[around:-around, around:-around]
    matrix = cv2.getRotationMatrix2D((size[1] / 2, size[0] / 2), 4.0, 1.06)
    view = cv2.warpAffine(whole, matrix, whole.shape[1::-1], flags=cv2.INTER_LANCZOS4)
    small = bicubic_downscale(eight_bit(truth).pixels, scale)
    return truth, Image(small), eight_bit(np.asarray(view, np.float32))


def eight_bit(values: FloatArray) -> Image:
    return Image(np.clip(np.rint(values * 255), 0, 255).astype(np.uint8))


def psnr(image: Image, truth: FloatArray) -> float:
    return -10 * math.log10(float(np.square(image.to_float() - truth).mean()))


@cache
def plain(model: str) -> Image:
    spec = restorer.model_spec(model)
    assert spec.base is not None
    return restorer.restore(pair(spec.scale)[1], spec.base)


def guided(
    model: str, small: Image, view: Image, wishes: Settings | None = None
) -> tuple[Image, ReferenceMaps]:
    found: list[ReferenceMaps] = []
    result = restorer.restore(
        small, model, references=[view], settings=wishes, on_maps=found.append
    )
    return result, found[0]


@pytest.mark.parametrize("model", SHIPPED)
def test_another_view_makes_the_result_truer(model: str) -> None:
    truth, small, view = pair(restorer.model_spec(model).scale)
    result, maps = guided(model, small, view)
    assert psnr(result, truth) > psnr(plain(model), truth) + 2
    assert maps.confidence.mean() > 0.3


@pytest.mark.parametrize("model", SHIPPED)
def test_where_tiles_meet_nothing_shows(model: str) -> None:
    scale, side = restorer.model_spec(model).scale, 32
    small, view = pair(scale)[1:]
    result, maps = guided(model, small, view, Settings(tile=side, bits=32, precision="fp32"))
    assert maps.ranking[0].used
    needs = restorer.model_spec(model).tile
    size = (SIZE[0] * scale, SIZE[1] * scale)
    plan = plan_tiles(size, needs, side=side * scale, overlap=side * scale // 2)
    assert len(plan.tiles) >= 9
    for axis, starts in enumerate((plan.rows, plan.columns)):
        own = (plan.tiles[0].height, plan.tiles[0].width)[axis]
        assert seam_ratio(result.pixels, starts, own, scale, axis) < 1.1


@pytest.mark.parametrize("model", SHIPPED)
@pytest.mark.parametrize("seed", [1, 2])
def test_something_else_that_was_laid_on_by_mistake_costs_nothing(
    model: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = restorer.model_spec(model).scale
    truth, small, _ = pair(scale)
    plane = Homography(np.diag([scale, scale, 1.0]), support=100)
    monkeypatch.setattr(
        "restorer.restoration.reference.registration.shared_planes",
        lambda target, reference: [plane],
    )
    result, maps = guided(model, small, eight_bit(photograph(truth.shape[:2], seed)))
    assert maps.ranking[0].used
    assert psnr(result, truth) > psnr(plain(model), truth) - WORST_DB


@pytest.mark.parametrize("model", SHIPPED)
@settings(max_examples=3, phases=[Phase.generate])  # each takes a second
@given(
    gain=st.floats(0.5, 1.0),
    balance=st.tuples(*[st.floats(0.8, 1.0)] * 3),
    gamma=st.floats(0.8, 1.3),
)
def test_exposure_and_white_balance_of_the_view_stay_behind(
    model: str, gain: float, balance: tuple[float, float, float], gamma: float
) -> None:
    scale = restorer.model_spec(model).scale
    truth, small, view = pair(scale)
    other = view.to_float() ** np.float32(gamma) * np.float32(gain) * np.float32(balance)
    result, _ = guided(model, small, eight_bit(other))
    assert psnr(result, truth) > psnr(plain(model), truth) + 1
    moved = bicubic_downscale(result.pixels, scale) - small.pixels.astype(np.float32)
    assert np.abs(moved).mean() < 2  # of a view that is up to 60 % darker
    assert np.abs(moved.mean((0, 1))).max() < 0.5

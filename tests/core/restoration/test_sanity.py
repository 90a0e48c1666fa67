"""The gate lets every sound result pass and stops every wrong one, in bands of any height."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faults
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import restorer
from restorer import Image, Job, Region, Settings, Step
from restorer.batch.memory import MemoryBudget
from restorer.errors import InvalidOutputError
from restorer.image import FloatArray
from restorer.inference.predictor import Predictor
from restorer.restoration.reference.run import ReferenceRun
from restorer.restoration.sanity import DisagreementError, Gate
from restorer.sensor import bayer
from restorer.training.grain import Grain, add_grain

from helpers import make_photograph, make_scene

DENOISE = "panet-denoise-lite"


def passes(given: FloatArray, restored: FloatArray, scale: int = 1, rows: int = 0) -> bool:
    gate, rows = Gate("model", scale), rows or len(given)
    try:
        for top in range(0, len(given), rows):
            gate.add(given[top : top + rows], restored[top * scale : (top + rows) * scale])
        gate.close()
    except DisagreementError:
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
def test_coarse_noise_is_no_structure_for_a_network_that_removes_it(seed: int) -> None:
    scene = np.full((96, 128, 3), 0.5, np.float32)
    noisy, _ = add_grain(scene, [Grain(20, size=4.0, softness=1.0)], np.random.default_rng(seed))
    assert not passes(np.clip(noisy, 0, 1), scene)
    gate = Gate("model", 1, grain=4)
    gate.add(np.clip(noisy, 0, 1), scene)
    gate.close()


def enlarged(values: FloatArray, scale: int) -> FloatArray:
    return values.repeat(scale, 0).repeat(scale, 1)


@settings(max_examples=25)
@given(
    size=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    channels=st.integers(1, 4),
    scale=st.integers(1, 3),
    rows=st.integers(1, 150),
    sigma=st.sampled_from([0, 10, 50]),
    seed=st.integers(0, 9),
)
def test_a_clean_result_of_any_picture_passes_in_any_bands(
    size: tuple[int, int], channels: int, scale: int, rows: int, sigma: float, seed: int
) -> None:
    scene = make_scene(*size, seed)[..., [0, 1, 2, 0]][..., :channels]
    noise = np.random.default_rng(seed).normal(0, sigma / 255, scene.shape)
    noisy = np.clip(scene + noise, 0, 1).astype(np.float32)
    assert passes(noisy, enlarged(scene, scale), scale, rows)


@settings(max_examples=25)
@given(
    corner=st.tuples(st.integers(0, 120), st.integers(0, 120)),
    harm=st.sampled_from(["even", "elsewhere", "nan", "colors", "black"]),
    rows=st.integers(1, 250),
    scale=st.integers(1, 2),
)
def test_a_wrong_tile_anywhere_is_found(
    corner: tuple[int, int], harm: str, rows: int, scale: int
) -> None:
    scene = make_scene(250, 250)
    result = scene.copy()
    tile = Region(*corner, 130, 130).of(result)
    if harm == "even":
        tile[...] = tile.mean((0, 1))
    elif harm == "elsewhere":
        tile[...] = tile[::-1].copy()
    elif harm == "colors":
        tile[..., 0] += 0.25
    elif harm == "nan":
        tile[70, 50, 1] = np.nan
    else:
        tile[...] = 0
    assert not passes(scene, enlarged(result, scale), scale, rows)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    restorer.release_models()
    with monkeypatch.context() as patch:
        faults.break_networks(patch.setattr)
        yield
    restorer.release_models()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    restorer.write(Image(make_photograph(64, 80)), tmp_path / "in.tif")
    return tmp_path / "in.tif"


@pytest.mark.usefixtures("broken")
def test_a_streamed_result_that_is_wrong_is_repaired_or_not_written(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(seed: int, precision: str) -> restorer.Result:
        chosen = Settings(device="cpu", precision=precision, seed=seed, tile=48)
        return restorer.run_job(
            Job(source, source.with_name(f"{seed}.tif"), (Step(DENOISE, sigma=5),), chosen)
        )

    right = run(0, "fp32")
    monkeypatch.setattr(MemoryBudget, "of_machine", lambda: MemoryBudget(1))
    even, repaired = run(1, "fp32"), run(4, "bf16")
    assert even.status == "failed"
    assert "the structure of the picture was lost" in even.error
    assert sorted(path.name for path in source.parent.iterdir()) == ["0.tif", "4.tif", "in.tif"]
    assert "computed again in fp32 on the CPU" in "".join(repaired.notes)
    assert [plan.precision for plan in repaired.plans] == ["fp32"]
    pixels = [restorer.read(result.target).pixels for result in (right, repaired)]
    np.testing.assert_array_equal(*pixels)


@pytest.mark.usefixtures("broken")
def test_previews_and_enlargements_are_checked(source: Path) -> None:
    picture = restorer.Source(restorer.read(source))
    wrong = Settings(device="cpu", precision="fp32", seed=1, tile=48)
    with pytest.raises(InvalidOutputError, match="does not agree with its input"):
        restorer.restore_region(picture, DENOISE, Region(0, 0, 40, 40), settings=wrong)
    with pytest.raises(InvalidOutputError, match="panet-sr-x2-lite: the result does not agree"):
        restorer.restore(source, "panet-sr-x2-lite", settings=wrong)


def test_the_whole_context_and_mosaics_are_checked(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def even(self: Predictor, values: FloatArray, *_: Any, **options: Any) -> FloatArray:
        region = options.get("region") or Region(0, 0, *values.shape[:2])
        return np.full((region.height, region.width, 3), 0.5, np.float32)

    monkeypatch.setattr(Predictor, "run_whole", even)
    monkeypatch.setattr(Predictor, "run", even)
    with pytest.raises(InvalidOutputError, match="does not agree with its input"):
        restorer.restore(source, DENOISE, settings=Settings(context="whole"))
    mosaic = bayer.spread(restorer.read(source).pixels[..., 1:2], "rggb")
    with pytest.raises(InvalidOutputError, match="does not agree with its input"):
        restorer.restore(mosaic, Step("panet-demosaic-lite", bayer="rggb"))


def test_merged_references_are_checked(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def even(*_: Any, **__: Any) -> FloatArray:
        return np.full((128, 160, 3), 0.5, np.float32)

    monkeypatch.setattr(ReferenceRun, "merge", even)
    sharp = make_photograph(128, 160)
    with pytest.raises(InvalidOutputError, match="ttsr-x2-lite: the result does not agree"):
        restorer.restore(source, "ttsr-x2-lite", references=[sharp])


def test_models_of_others_may_change_what_they_like(source: Path) -> None:
    class Negative(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 1 - x

    result = restorer.restore(source, restorer.wrap_model(Negative(), task="denoising"))
    np.testing.assert_array_equal(result.pixels, 255 - restorer.read(source).pixels)

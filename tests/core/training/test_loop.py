"""Training improves the network, and a resumed run equals an uninterrupted one."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from importlib.resources import files
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import restorer
from restorer.models.catalog import tomllib
from restorer.models.checkpoint import read_state
from restorer.networks import PANetLite
from restorer.training.curves import draw_curves
from restorer.training.degradations import Bicubic, Noise
from restorer.training.degrade import Bytes
from restorer.training.growth import adopt
from restorer.training.loop import _precision, train
from restorer.training.patches import PatchSource
from restorer.training.photographs import load_rgb
from restorer.training.recipe import Recipe, read_recipe
from restorer.training.schedule import Schedule

TINY = Recipe(
    model="tiny",
    architecture="panet-lite",
    params={"scale": 2, "blocks": 2, "channels": 32, "attention_channels": 4},
    degradation={"kind": "bicubic", "scale": 2},
    iterations=6,
    batch=2,
    patch=16,
    learning_rate=1e-3,
    checkpoint_every=3,
)


TWINS = replace(
    TINY, siblings=({"model": "tiny-x3", "params": {"scale": 3}, "degradation": {"scale": 3}},)
)


def shipped_recipes() -> dict[str, Recipe]:
    folder = files("restorer.weights").joinpath("recipes")
    recipes = [read_recipe(tomllib.loads(each.read_text("utf-8"))) for each in folder.iterdir()]
    return {member.model: member for recipe in recipes for member in recipe.members()}


CANDIDATES = Path(__file__).parents[2] / "benchmarks" / "recipes"
EMBEDDED = [spec.id for spec in restorer.list_models() if spec.weights.embedded]


@pytest.mark.parametrize("name", EMBEDDED)
def test_shipped_recipes_are_read_and_match_the_catalog(name: str) -> None:
    recipe = shipped_recipes()[name]
    spec = restorer.model_spec(name)
    assert recipe.architecture == spec.architecture
    assert dict(recipe.params) == dict(spec.params)
    assert recipe.degrade().scale == spec.scale
    assert recipe.start is None or restorer.model_spec(recipe.start).weights.embedded


@pytest.mark.parametrize("path", sorted(CANDIDATES.iterdir()), ids=lambda path: path.stem)
def test_candidates_train_included_networks(path: Path) -> None:
    for member in read_recipe(path).members():
        spec = restorer.model_spec(member.model)
        assert (member.architecture, dict(member.params)) == (spec.architecture, dict(spec.params))
        assert (member.degrade().task, member.degrade().scale) == (spec.task, spec.scale)
        assert member.teacher is None or restorer.model_spec(member.teacher).scale == spec.scale


def test_unknown_keys_of_a_recipe_are_refused() -> None:
    with pytest.raises(restorer.SettingsError, match="nonsense"):
        read_recipe({"nonsense": 1})
    with pytest.raises(restorer.SettingsError, match=r"expected one of .*panet-lite"):
        read_recipe(asdict(replace(TINY, architecture="nonsense")))
    for degradation in ({"kind": "nonsense"}, {"kind": "bicubic", "nonsense": 1}, {}):
        with pytest.raises(restorer.SettingsError, match="degradation"):
            replace(TINY, degradation=degradation).degrade()
    for sibling in ({"model": "other", "nonsense": 1}, {"params": {}}):
        with pytest.raises(restorer.SettingsError, match="sibling"):
            read_recipe(asdict(replace(TINY, siblings=(sibling,))))


def test_only_matching_weights_are_initialized_from_start() -> None:
    told, blind = (
        PANetLite(conditions=conditions, blocks=2, channels=8, unshuffle=2, attention_channels=4)
        for conditions in (1, 0)
    )
    larger = PANetLite(scale=2, conditions=1, blocks=2, channels=8, unshuffle=2)
    tail = larger.tail[0].weight.clone()
    adopt(blind, told.state_dict())
    torch.testing.assert_close(blind.head[1].weight, told.head[1].weight[:, :12], rtol=0, atol=0)
    torch.testing.assert_close(blind.tail[0].weight, told.tail[0].weight, rtol=0, atol=0)
    adopt(told, blind.state_dict())  # what it does not know counts as nothing at first
    torch.testing.assert_close(told.head[1].weight[:, :12], blind.head[1].weight, rtol=0, atol=0)
    assert not told.head[1].weight[:, 12:].any()
    adopt(larger, told.state_dict())
    torch.testing.assert_close(larger.before.state_dict(), told.before.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(larger.tail[0].weight, tail, rtol=0, atol=0)


@pytest.mark.parametrize("blocks", [(2, 2), (2, 3), (3, 4), (2, 5)])
def test_a_deeper_network_initially_equals_its_start(blocks: tuple[int, int]) -> None:
    torch.manual_seed(0)
    shallow, deeper = (PANetLite(blocks=n, channels=8, attention_channels=4) for n in blocks)
    nn.init.normal_(shallow.attention.expand.weight)
    adopt(deeper, shallow.state_dict())
    pictures = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(deeper(pictures), shallow(pictures), rtol=0, atol=0)


def test_a_recipe_starts_from_a_shipped_model(photographs: Path, tmp_path: Path) -> None:
    spec = restorer.model_spec("panet-sr-x2-lite")
    recipe = replace(TINY, params=spec.params, start=spec.id, iterations=1, learning_rate=0.0)
    list(train(recipe, photographs, tmp_path / "run"))
    trained = read_state(tmp_path / "run" / "tiny.safetensors")
    for name, initial in read_state(restorer.weights_path(spec)).items():
        torch.testing.assert_close(trained[name], initial.half(), rtol=0, atol=0)


def test_batches_of_workers_are_equal(photographs: Path, tmp_path: Path) -> None:
    cv2.setNumThreads(2)  # forked workers that end these threads hang
    cv2.GaussianBlur(np.zeros((512, 512), np.float32), (0, 0), 3)
    for workers in (0, 2):
        list(train(TINY, photographs, tmp_path / str(workers), workers=workers))
    states = [read_state(tmp_path / run / "tiny.safetensors") for run in ("0", "2")]
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_the_log_has_a_line_for_each_checkpoint(photographs: Path, tmp_path: Path) -> None:
    reports = list(train(TINY, photographs, tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == [3, 6]
    assert lines[-1] == asdict(reports[-1])
    pytest.importorskip("matplotlib")
    assert draw_curves(tmp_path).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("recipe", [TINY, TWINS], ids=["alone", "siblings"])
def test_interrupted_training_gives_the_same_weights(
    recipe: Recipe, photographs: Path, tmp_path: Path
) -> None:
    whole = list(train(recipe, photographs, tmp_path / "whole"))
    assert [r.step for r in whole] == list(range(1, 7))
    assert [r.validation_psnr is not None for r in whole] == [False, False, True] * 2
    with closing(train(recipe, photographs, tmp_path / "closed")) as running:
        assert [next(running).step for _ in range(4)] == [1, 2, 3, 4]
        shutil.copytree(tmp_path / "closed", tmp_path / "killed")  # with the checkpoint of step 3
    for run, steps in (("closed", [5, 6]), ("killed", [4, 5, 6])):
        assert [r.step for r in train(recipe, photographs, tmp_path / run)] == steps
        for member in recipe.members():
            name = f"{member.model}.safetensors"
            states = [read_state(tmp_path / each / name) for each in ("whole", run)]
            torch.testing.assert_close(*states, rtol=0, atol=0)


def test_siblings_train_a_shared_trunk_in_turn(photographs: Path, tmp_path: Path) -> None:
    states = []
    for iterations in (1, 2):
        recipe = replace(TWINS, iterations=iterations)
        list(train(recipe, photographs, tmp_path / str(iterations)))
        state = torch.load(tmp_path / str(iterations) / "state.pt", weights_only=True)
        states.append(state["network"])
    one, two = states
    changed = {name for name in one if not torch.equal(one[name], two[name])}
    assert {"1.tail.0.weight", "1.tail.0.bias", "0.head.1.weight"} <= changed
    assert not {"0.tail.0.weight", "0.tail.0.bias"} & changed
    first, second = (
        read_state(tmp_path / "2" / f"{model}.safetensors") for model in ("tiny", "tiny-x3")
    )
    for name, values in first.items():
        assert name.startswith("tail.") or torch.equal(values, second[name])


@pytest.mark.filterwarnings("ignore:::torch")  # warnings of the compiler
def test_compiled_iterations_are_equal(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Like the default, this backend traces forward and backward, but it skips the generation of C++
    # code, which takes minutes.
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    recipe = replace(TINY, iterations=3)
    for compiled in (False, True):
        list(train(recipe, photographs, tmp_path / str(compiled), compiled=compiled))
    states = [read_state(tmp_path / run / "tiny.safetensors") for run in ("False", "True")]
    torch.testing.assert_close(*states, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"conditions": 1}, r"does not take the patches \(3, 16, 16\)"),
        ({"scale": 3}, "check scale"),
    ],
)
def test_networks_that_do_not_fit_the_degradation_are_refused(
    params: dict[str, int], words: str, photographs: Path, tmp_path: Path
) -> None:
    recipe = replace(TINY, params={**TINY.params, **params})
    with pytest.raises(restorer.SettingsError, match=words):
        next(train(recipe, photographs, tmp_path / "run"))


@pytest.mark.slow
def test_training_improves_on_its_start(photographs: Path, tmp_path: Path) -> None:
    recipe = replace(TINY, iterations=150, checkpoint_every=50, average=0.9, warmup=10)
    figures = [r.validation_psnr for r in train(recipe, photographs, tmp_path / "run")]
    psnrs = [f for f in figures if f is not None]
    assert psnrs[-1] > psnrs[0]


def _images(folder: Path) -> list[Bytes]:
    return [load_rgb(path) for path in sorted(folder.iterdir())]


def test_super_resolution_pairs_are_aligned(photographs: Path) -> None:
    source = PatchSource([Bicubic(2).prepare(x) for x in _images(photographs)], Bicubic(2))
    inputs, targets = source.batch(range(4), 16, seed=0, step=0)
    assert inputs.shape == (4, 3, 16, 16)
    assert targets.shape == (4, 3, 32, 32)
    means = targets.reshape(4, 3, 16, 2, 16, 2).mean((3, 5))
    assert np.abs(means - inputs).mean() < 0.03


def test_noisy_pairs_include_their_sigma(photographs: Path) -> None:
    source = PatchSource([(x, x) for x in _images(photographs)], Noise(75, gray_share=0))
    inputs, targets = source.batch(range(8), 32, seed=0, step=0)
    assert inputs.shape == (8, 4, 32, 32)
    for damaged, clean in zip(inputs, targets, strict=True):
        sigma = damaged[3, 0, 0]
        assert np.ptp(damaged[3]) == 0
        assert (damaged[:3] - clean).std() == pytest.approx(sigma, rel=0.35, abs=2 / 255)


def test_batches_depend_only_on_seed_and_step(photographs: Path) -> None:
    source = PatchSource([(x, x) for x in _images(photographs)], Noise(75))
    first, again, other = (source.batch(range(2), 16, seed=1, step=s)[0] for s in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_minutes_end_a_training_over_all_its_runs(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=1.0)  # a second passes whenever the time is asked for
    monkeypatch.setattr(Schedule, "seconds", lambda self: next(clock))
    with closing(train(TINY, photographs, tmp_path, minutes=1)) as running:
        first = [next(running).step for _ in range(5)]
    rest = [report.step for report in train(TINY, photographs, tmp_path, minutes=1)]
    assert first + rest == list(range(1, rest[-1] + 1))
    assert TINY.iterations < rest[-1] < 60
    assert not list(train(TINY, photographs, tmp_path, minutes=1))
    assert (tmp_path / "tiny.safetensors").exists()


@given(st.integers(1, 300), st.integers(0, 50), st.floats(0, 1))
def test_the_learning_rate_rises_and_falls(iterations: int, warmup: int, share: float) -> None:
    recipe = replace(TINY, iterations=iterations, warmup=warmup, precise_share=share)
    by_number, by_time = Schedule(recipe), Schedule(recipe, minutes=1, spent=30.0)
    rates = [by_number.rate(step) for step in range(iterations)]
    assert all(0 < rate <= recipe.learning_rate for rate in rates)
    assert sorted(rates[warmup:], reverse=True) == rates[warmup:]
    assert sorted(rates[:warmup]) == rates[:warmup]
    assert sum(by_number.exact(step) for step in range(iterations)) == pytest.approx(
        share * iterations, abs=1
    )
    assert by_time.rate(warmup) == pytest.approx(recipe.learning_rate * 0.505, rel=0.01)


@pytest.mark.parametrize(
    ("fast", "chosen"),
    [(["tf32", "bf16", "fp16"], "bf16"), (["fp16"], "fp16"), (["bf16"], "bf16"), ([], "fp32")],
)
def test_the_automatic_precision_of_a_training_is_half(
    fast: list[str], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restorer.training.loop.fast_precisions", lambda device: fast)
    assert _precision("auto", "cuda:0") == chosen
    assert _precision("tf32", "cuda:0") == "tf32"
    assert _precision("auto", "mps") == "fp32"

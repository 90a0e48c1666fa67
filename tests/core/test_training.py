"""The recipe learns, and an interrupted run goes on as if it had not been."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import restorer
from restorer.checkpoint import read_state
from restorer.training.evaluate import evaluate
from restorer.training.patches import Bicubic, Noise, PatchSource, split_photographs
from restorer.training.recipe import Recipe, read_recipe, train

from helpers import make_photograph

TINY = Recipe(
    model="tiny",
    architecture="panet-lite",
    params={"scale": 2, "blocks": 2, "channels": 8, "attention_channels": 4},
    degradation={"kind": "bicubic", "scale": 2},
    iterations=6,
    batch=2,
    patch=16,
    learning_rate=1e-3,
    checkpoint_every=3,
)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    for number in range(3):
        restorer.write(restorer.Image(make_photograph(80, 90 + number)), folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("name", ["panet-sr-x2-lite", "panet-denoise-lite"])
def test_shipped_recipes_are_read_and_match_the_catalogue(name: str) -> None:
    from importlib.resources import files

    from restorer.catalog import tomllib

    text = files("restorer.weights").joinpath("recipes", f"{name}.toml").read_text("utf-8")
    recipe = read_recipe(tomllib.loads(text))
    spec = restorer.model_spec(name)
    assert recipe.model == name
    assert recipe.architecture == spec.architecture
    assert dict(recipe.params) == dict(spec.params)


def test_unknown_words_in_a_recipe_are_refused() -> None:
    with pytest.raises(restorer.SettingsError, match="nonsense"):
        read_recipe({"nonsense": 1})


def test_interrupted_training_gives_the_same_weights(photographs: Path, tmp_path: Path) -> None:
    whole = list(train(TINY, photographs, tmp_path / "whole"))
    assert [r.step for r in whole] == list(range(1, 7))
    assert [r.validation_psnr is not None for r in whole] == [False, False, True] * 2
    for report in train(TINY, photographs, tmp_path / "parts"):
        if report.step == 4:  # after the checkpoint of step 3
            break
    assert [r.step for r in train(TINY, photographs, tmp_path / "parts")] == [4, 5, 6]
    states = [read_state(tmp_path / run / "tiny.safetensors") for run in ("whole", "parts")]
    torch.testing.assert_close(*states, rtol=0, atol=0)


@pytest.mark.slow
def test_training_learns_to_beat_its_start(photographs: Path, tmp_path: Path) -> None:
    recipe = replace(TINY, iterations=150, checkpoint_every=50, average=0.9, warmup=10)
    figures = [r.validation_psnr for r in train(recipe, photographs, tmp_path / "run")]
    psnrs = [f for f in figures if f is not None]
    assert psnrs[-1] > psnrs[0]


def test_pairs_of_super_resolution_lie_on_each_other(photographs: Path) -> None:
    source = PatchSource(sorted(photographs.iterdir()), Bicubic(2))
    inputs, targets = source.batch(4, 16, seed=0, step=0)
    assert inputs.shape == (4, 3, 16, 16)
    assert targets.shape == (4, 3, 32, 32)
    means = targets.reshape(4, 3, 16, 2, 16, 2).mean((3, 5))
    assert np.abs(means - inputs).mean() < 0.03


def test_noisy_pairs_tell_their_sigma(photographs: Path) -> None:
    source = PatchSource(sorted(photographs.iterdir()), Noise(75, gray_share=0))
    inputs, targets = source.batch(8, 32, seed=0, step=0)
    assert inputs.shape == (8, 4, 32, 32)
    for damaged, clean in zip(inputs, targets, strict=True):
        sigma = damaged[3, 0, 0]
        assert np.ptp(damaged[3]) == 0
        assert (damaged[:3] - clean).std() == pytest.approx(sigma, rel=0.35, abs=2 / 255)


def test_batches_depend_on_seed_and_step_alone(photographs: Path) -> None:
    source = PatchSource(sorted(photographs.iterdir()), Noise(75))
    first, again, other = (source.batch(2, 16, seed=1, step=s)[0] for s in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_tiles_of_one_photograph_stay_on_one_side_of_the_split(tmp_path: Path) -> None:
    small = restorer.Image(make_photograph(8, 8))
    for photograph in range(60):
        for tile in range(2):
            restorer.write(small, tmp_path / f"p{photograph}_{tile}.png")
    training, validation = (
        {p.stem.split("_")[0] for p in side} for side in split_photographs(tmp_path, 8)
    )
    assert not training & validation
    assert len(training | validation) == 60
    assert validation
    assert split_photographs(tmp_path, 9) == ([], [])


def test_evaluation_scores_every_picture_with_every_method(photographs: Path) -> None:
    scores = list(evaluate(photographs, ["bicubic", "panet-sr-x2-lite"], task="super-resolution"))
    assert [(s.image, s.method) for s in scores[:2]] == [
        ("0.png", "bicubic"),
        ("0.png", "panet-sr-x2-lite"),
    ]
    assert len(scores) == 6
    noisy = list(evaluate(photographs, ["input", "nlm", "panet-denoise-lite"], task="denoising"))
    assert noisy[0].psnr == pytest.approx(20.5, abs=1)
    assert noisy[2].psnr > noisy[0].psnr


@pytest.mark.parametrize(
    ("methods", "options", "words"),
    [
        (["nlm"], {"task": "super-resolution"}, "belong"),
        (["panet-denoise-lite"], {"task": "super-resolution"}, "does not give"),
        (["input"], {"task": "cleaning"}, "no evaluation"),
    ],
)
def test_wrong_evaluations_are_refused(
    methods: list[str], options: dict[str, str], words: str, photographs: Path
) -> None:
    with pytest.raises(restorer.SettingsError, match=words):
        list(evaluate(photographs, methods, **options))  # type: ignore[arg-type]

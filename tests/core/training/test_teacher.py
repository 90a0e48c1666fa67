"""The results of a teacher are the targets of a training, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import restorer
from restorer.models.checkpoint import read_state
from restorer.networks import PANetLite
from restorer.training import patches
from restorer.training import teacher as teaching
from restorer.training.degrade import bicubic_downscale
from restorer.training.loop import train
from restorer.training.photographs import load_rgb
from restorer.training.recipe import Recipe, read_recipe

TINY = Recipe(
    model="tiny",
    architecture="panet-lite",
    params={"scale": 2, "blocks": 2, "channels": 8, "attention_channels": 0},
    degradation={"kind": "bicubic", "scale": 2},
    iterations=4,
    batch=2,
    patch=16,
    learning_rate=1e-3,
    checkpoint_every=2,
)


@pytest.fixture
def checkpoint(photographs: Path, tmp_path: Path) -> Path:
    list(train(replace(TINY, iterations=1), photographs, tmp_path / "teacher"))
    return tmp_path / "teacher" / "tiny.safetensors"


def test_each_training_photograph_has_the_result_of_the_network(
    photographs: Path, checkpoint: Path, tmp_path: Path
) -> None:
    network = PANetLite(**TINY.params)
    network.load_state_dict(read_state(checkpoint))
    list(train(replace(TINY, teacher=str(checkpoint)), photographs, tmp_path / "run"))
    kept = [np.load(path) for path in (tmp_path / "run" / "teacher").iterdir()]
    assert len(kept) == 2  # the third is held out, and compared with the photograph itself
    expected = []
    for path in photographs.iterdir():
        small = bicubic_downscale(load_rgb(path), 2).astype(np.float32) / 255
        with torch.no_grad():
            result = network(torch.from_numpy(small.transpose(2, 0, 1))[None])[0]
        expected.append(result.numpy().transpose(1, 2, 0).clip(0, 1) * 65535)
    for result in kept:
        assert result.dtype == np.uint16
        inner = (slice(24, -24), slice(24, -24))  # the restoration pads the borders otherwise
        fitting = [each for each in expected if each.shape == result.shape]
        assert min(np.abs(result[inner] - each[inner]).max() for each in fitting) < 2


def test_notes_say_how_many_photographs_are_prepared(
    photographs: Path, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "_NOTE_SECONDS", 0.0)
    notes = list[str]()
    recipe = replace(TINY, teacher=str(checkpoint), iterations=1)
    list(train(recipe, photographs, tmp_path / "run", on_note=notes.append))
    assert [each for each in notes if each.startswith("prepared")] == [
        "prepared 1 of 2 photographs",
        "prepared 2 of 2 photographs",
    ]


def test_an_interrupted_training_uses_the_results_again(
    photographs: Path, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(TINY, teacher=str(checkpoint))
    list(train(recipe, photographs, tmp_path / "whole"))
    running = train(recipe, photographs, tmp_path / "run")
    assert next(running).step == 1
    running.close()
    monkeypatch.setattr(teaching, "restore", _refuse)
    assert [report.step for report in train(recipe, photographs, tmp_path / "run")] == [2, 3, 4]
    states = [read_state(tmp_path / run / "tiny.safetensors") for run in ("whole", "run")]
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_the_teacher_changes_targets_but_not_inputs_and_validation(
    photographs: Path, checkpoint: Path, tmp_path: Path
) -> None:
    frozen = replace(TINY, learning_rate=0.0)
    reports = [
        list(train(replace(frozen, teacher=teacher), photographs, tmp_path / str(number)))
        for number, teacher in enumerate((None, str(checkpoint)))
    ]
    assert reports[0][0].loss != reports[1][0].loss
    assert reports[0][-1].validation_psnr == reports[1][-1].validation_psnr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"teacher": "panet-sr-x3-lite"}, "scale 3, expected super-resolution with scale 2"),
        ({"teacher": "panet-denoise-lite"}, "is for denoising"),
        ({"teacher": "nlsn-x2-paper"}, "not installed"),
        ({"teacher": "nonsense"}, "nonsense"),
        (
            {
                "teacher": "panet-denoise-lite",
                "params": {**TINY.params, "scale": 1, "conditions": 1},
                "degradation": {"kind": "noise", "sigma_max": 50},
            },
            "requires an input that is the same",
        ),
    ],
)
def test_teachers_that_do_not_fit_are_refused(
    changes: dict[str, Any], words: str, photographs: Path, tmp_path: Path
) -> None:
    with pytest.raises(restorer.RestorerError, match=words):
        next(train(replace(TINY, **changes), photographs, tmp_path / "run"))


def test_every_network_of_a_recipe_has_its_own_teacher() -> None:
    sibling = {"model": "tiny-x3", "degradation": {"scale": 3}, "teacher": "panet-sr-x3-lite"}
    recipe = read_recipe(asdict(replace(TINY, teacher="panet-sr-x2-lite", siblings=(sibling,))))
    assert [each.teacher for each in recipe.members()] == ["panet-sr-x2-lite", "panet-sr-x3-lite"]


def test_an_included_model_is_tuned_on_the_photographs_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taught = replace(TINY, teacher="panet-sr-x2-lite")
    monkeypatch.setattr("restorer.training.recipe._included", lambda: {"taught": taught})
    assert read_recipe("taught") == taught
    assert read_recipe("tiny").teacher is None
    assert taught.with_pairs().teacher is None


def _refuse(*_: Any, **__: Any) -> Callable[[], None]:
    raise AssertionError("the results are there")

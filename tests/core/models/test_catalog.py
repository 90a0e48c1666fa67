"""The catalog, the tasks and the included weights."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import restorer
from restorer.networks import ARCHITECTURES

MODELS = [spec for spec in restorer.list_models() if not spec.weights.package]
EMBEDDED = [spec for spec in MODELS if spec.weights.embedded]
PUBLISHED = [spec for spec in MODELS if not spec.weights.embedded]


@pytest.mark.parametrize("spec", MODELS, ids=lambda s: s.id)
def test_entry_is_complete(spec: restorer.ModelSpec) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", spec.id)
    assert spec.id.endswith("-lite" if spec.weights.embedded else "-paper")
    assert spec.task in restorer.TASKS
    assert spec.architecture in {*ARCHITECTURES, "spandrel"}
    assert spec.title
    assert spec.license
    assert spec.source
    assert spec.figure
    assert spec.tile.side % spec.tile.multiple_of == 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_has_a_family(architecture: str) -> None:
    family = restorer.model_family(architecture)
    assert family is not None
    assert family.tile.side % family.tile.multiple_of == 0


@pytest.mark.parametrize("spec", PUBLISHED, ids=lambda s: s.id)
def test_published_weights_have_an_https_address(spec: restorer.ModelSpec) -> None:
    weights = spec.weights
    assert (weights.url or weights.page).startswith("https://")
    assert bool(weights.sha256) == bool(weights.size)
    assert restorer.verify_weights(spec) == "absent"
    with pytest.raises(
        restorer.WeightsError, match=f"(download the|install it as the) weights of {spec.id}"
    ):
        restorer.weights_path(spec)


@pytest.mark.parametrize("spec", EMBEDDED, ids=lambda s: s.id)
def test_embedded_weights_are_intact_small_and_fit_their_network(spec: restorer.ModelSpec) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", spec.weights.sha256)
    assert restorer.verify_weights(spec) == "ok"
    assert spec.weights.size <= 3_000_000
    predictor = restorer.load(spec.id)
    assert predictor.spec == spec


@pytest.mark.parametrize("task", restorer.TASKS.values(), ids=lambda t: t.id)
def test_every_default_model_exists_and_does_the_task(task: restorer.Task) -> None:
    for scale, model in task.default_models.items():
        spec = restorer.model_spec(model)
        assert (spec.task, spec.scale) == (task.id, scale)
        assert restorer.default_model(task.id, scale) == model


def test_error_for_a_misspelled_model_names_similar_ones_and_not_all() -> None:
    with pytest.raises(restorer.UnknownModelError, match="similar are panet-denoise-lite") as error:
        restorer.model_spec("panet-denoise-light")
    assert "smfanet" not in str(error.value)


def test_errors_for_unknown_models_tasks_and_scales_list_the_known_ones() -> None:
    with pytest.raises(restorer.UnknownModelError, match="panet-sr-x2-lite"):
        restorer.model_spec("panet")
    with pytest.raises(restorer.UnknownModelError, match="denoising"):
        restorer.default_model("cleaning")
    with pytest.raises(restorer.UnknownModelError, match="scale 7"):
        restorer.default_model("super-resolution", 7)


def test_tasks_without_a_default_model_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(restorer.TASKS["reference-sr"], default_models={})
    monkeypatch.setattr("restorer.tasks.TASKS", {"reference-sr": bare})
    with pytest.raises(restorer.UnknownModelError, match="no included model"):
        restorer.default_model("reference-sr")


@pytest.fixture
def copied(store: Path) -> tuple[restorer.ModelSpec, Path]:
    """Return a model with weights in the user's folder, which the test may corrupt."""
    spec = MODELS[0]
    path = store / spec.weights.name
    store.mkdir(parents=True)
    shutil.copy(restorer.weights_path(spec), path)
    return replace(spec, weights=replace(spec.weights, embedded=False)), path


def test_weights_are_absent_corrupt_or_ok(copied: tuple[restorer.ModelSpec, Path]) -> None:
    spec, path = copied
    assert restorer.verify_weights(spec) == "ok"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert restorer.verify_weights(spec) == "corrupt"
    with pytest.raises(restorer.WeightsError, match="is incomplete or was replaced"):
        restorer.load(spec)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(restorer.WeightsError, match="was modified"):
        restorer.load(spec)
    path.unlink()
    assert restorer.verify_weights(spec) == "absent"
    with pytest.raises(restorer.WeightsError, match="not installed"):
        restorer.load(spec)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_unreadable_weights_are_reported(copied: tuple[restorer.ModelSpec, Path]) -> None:
    spec, path = copied
    path.chmod(0)
    with pytest.raises(restorer.WeightsError, match="cannot be read: Permission denied"):
        restorer.weights_path(spec)


def test_speed_classes() -> None:
    spec = MODELS[0]
    words = [restorer.speed_class(replace(spec, seconds=s)) for s in (0, 3, 20, 200, 2000)]
    assert words == ["", "fast", "medium", "slow", "very slow"]

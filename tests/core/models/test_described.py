"""Checkpoints at a path are identified once, and recognized by their content."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import restorer
from restorer.models import described, identify


@pytest.fixture
def identified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the files that are identified; nothing is known before."""
    monkeypatch.setattr("restorer.models.kept.user_cache_path", lambda name: tmp_path / "cache")
    found, identify_checkpoint = [], identify.identify_checkpoint

    def count(path: Path) -> identify.CheckpointInfo:
        found.append(path)
        return identify_checkpoint(path)

    monkeypatch.setattr(identify, "identify_checkpoint", count)
    return found


def described_anew(path: Path) -> restorer.ModelSpec:
    """Return the description as another process would get it."""
    described._checkpoint_spec.cache_clear()
    return restorer.model_spec(path)


@pytest.mark.parametrize("model", ["panet-sr-x2-lite", "panet-denoise-lite", "ttsr-x4-lite"])
def test_a_known_checkpoint_is_described_as_when_it_was_identified(
    model: str, identified: list[Path], tmp_path: Path
) -> None:
    path, copy = tmp_path / "own.safetensors", tmp_path / "copies" / "own.safetensors"
    copy.parent.mkdir()
    restorer.export_weights(model, path)
    spec = described_anew(path)
    assert described_anew(path) == spec
    shutil.copy(path, copy)
    assert described_anew(copy).weights.name == str(copy)
    assert identified == [path]


def test_another_checkpoint_under_the_same_path_is_identified(
    identified: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    restorer.export_weights("panet-sr-x2-lite", path)
    assert described_anew(path).scale == 2
    path.unlink()
    restorer.export_weights("panet-denoise-lite", path)
    assert described_anew(path).scale == 1
    assert len(identified) == 2


def test_a_damaged_description_is_made_again(identified: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    restorer.export_weights("panet-sr-x2-lite", path)
    spec = described_anew(path)
    (kept,) = (tmp_path / "cache" / "checkpoints").iterdir()
    for text in ("", "[]", '{"id": "own"}'):
        kept.write_text(text)
        assert described_anew(path) == spec
    assert len(identified) == 4

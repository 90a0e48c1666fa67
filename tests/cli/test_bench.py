"""`restore bench` measures and says what it measured."""

from __future__ import annotations

import json

import pytest

from restorer import list_models, model_spec
from restorer.analysis import benchmark


def test_time_and_memory_are_printed(restore):
    result = restore("bench", "panet-sr-x2-lite", "--megapixels", "0.01,0.02")
    assert result.exit_code == 0, result.output
    head, *rows = result.stdout.splitlines()
    assert head.split()[:2] == ["model", "device"]
    assert len(rows) == 2


def test_json_has_every_model_size_and_precision(restore, monkeypatch):
    # A warm-up of 0.1 megapixels takes seconds in the bfloat16 that most processors emulate.
    make = benchmark._picture
    monkeypatch.setattr(benchmark, "_picture", lambda size, task: make(min(size, 0.002), task))
    models = ["panet-denoise-lite", "panet-demosaic-lite"]
    words = ["--megapixels", "0.001,0.002", "--precision", "fp32", "--precision", "bf16", "--json"]
    speeds = json.loads(restore("bench", *models, *words).stdout)
    assert [(s["model"], s["precision"]) for s in speeds] == [
        (model, precision) for model in models for precision in ("fp32", "fp32", "bf16", "bf16")
    ]
    assert all(s["seconds"] > 0 for s in speeds)
    assert [s["megapixels"] for s in speeds[:2]] == pytest.approx([0.001, 0.002], rel=0.1)


def test_all_included_models_are_measured_by_default(restore, monkeypatch):
    def fake_restore(image, steps, *, references):
        spec = model_spec(steps[0][1].model)
        assert image.pixels.shape[2] == (1 if spec.task == "demosaicing" else 3)
        assert bool(references) == (spec.task == "reference-sr")
        return image

    monkeypatch.setattr(benchmark, "restore", fake_restore)
    speeds = json.loads(restore("bench", "--megapixels", "0.01", "--json").stdout)
    assert [s["model"] for s in speeds] == [s.id for s in list_models() if s.weights.embedded]


@pytest.mark.parametrize("sizes", ["", "large", "-1", "1,,2"])
def test_invalid_sizes_are_wrong_usage(restore, sizes):
    assert restore("bench", "--megapixels", sizes).exit_code == 2


def test_a_plot_is_written(restore, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra `bench`")
    path = tmp_path / "speed.png"
    result = restore("bench", "panet-denoise-lite", "--megapixels", "0.01", "--plot", path)
    assert result.exit_code == 0, result.output
    assert path.read_bytes().startswith(b"\x89PNG")

"""`restore bench` measures and says what it measured."""

from __future__ import annotations

import json

import pytest

from restorer import list_models


def test_time_and_memory_are_printed(restore):
    result = restore("bench", "panet-sr-x2-lite", "--megapixels", "0.01,0.02")
    assert result.exit_code == 0, result.output
    head, *rows = result.stdout.splitlines()
    assert head.split()[:2] == ["model", "device"]
    assert len(rows) == 2


SHIPPED = [spec for spec in list_models() if spec.weights.embedded]


def test_json_has_every_model_size_and_precision(restore):
    words = ["--megapixels", "0.01", "--precision", "fp32", "--precision", "bf16", "--json"]
    speeds = json.loads(restore("bench", *words).stdout)
    assert [s["precision"] for s in speeds] == ["fp32", "bf16"] * len(SHIPPED)
    assert all(s["seconds"] > 0 for s in speeds)


@pytest.mark.parametrize("sizes", ["", "large", "-1", "1,,2"])
def test_wrong_sizes_are_wrong_usage(restore, sizes):
    assert restore("bench", "--megapixels", sizes).exit_code == 2


def test_plot_is_a_picture(restore, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra `bench`")
    path = tmp_path / "speed.png"
    result = restore("bench", "panet-denoise-lite", "--megapixels", "0.01", "--plot", path)
    assert result.exit_code == 0, result.output
    assert path.read_bytes().startswith(b"\x89PNG")

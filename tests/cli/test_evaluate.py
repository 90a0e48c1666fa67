"""`restore evaluate` prints the tables of the papers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restorer.evaluation.protocols import PROTOCOLS


@pytest.fixture
def data(make_picture, tmp_path) -> Path:
    make_picture(tmp_path / "data" / "a.png", 48, 48)
    return make_picture(tmp_path / "data" / "b.png", 48, 52).parent


def test_a_table_has_a_row_for_each_method_and_a_column_for_each_setting(restore, data):
    words = ("panet-denoise-lite", "--data", data, "--sigma", "15,25", "--limit", "1")
    result = restore("evaluate", *words)
    assert result.exit_code == 0, result.stderr
    title, head, *rows = result.stdout.splitlines()
    assert title.startswith(f"{data}: 1 image, ")
    assert head.split() == ["method", "sigma", "15", "sigma", "25", "s/megapixel"]
    assert [row.split()[0] for row in rows] == ["input", "nlm", "panet-denoise-lite"]
    assert all(row.count(" / ") == 2 for row in rows)


def test_each_folder_has_a_table(restore, data, make_picture, tmp_path):
    other = make_picture(tmp_path / "other" / "c.png", 40, 40).parent
    words = ("--data", data, "--data", other, "--no-baselines", "--per-image")
    result = restore("evaluate", "panet-sr-x2-lite", *words)
    assert result.exit_code == 0, result.stderr
    pictures, *tables = result.stdout.split("\n\n")
    assert [line.split()[1] for line in pictures.splitlines()[1:]] == ["a.png", "b.png", "c.png"]
    assert [table.split(":")[0] for table in tables] == [str(data), str(other)]
    assert "bicubic " not in result.stdout


def test_json_has_every_score(restore, data):
    words = ("--protocol", "deblocking", "--data", data, "--quality", "10,40", "--json")
    scores = json.loads(restore("evaluate", *words).stdout)
    assert [(s["image"], s["method"], s["setting"]) for s in scores] == [
        (image, "jpeg", f"quality {quality}")
        for quality in (10, 40)
        for image in ("a.png", "b.png")
    ]
    assert all(5 < s["psnr"] < 40 for s in scores)


def test_perfect_results_are_valid_json(restore, tmp_path, make_picture, monkeypatch):
    """There is no infinity in JSON."""
    folder = make_picture(tmp_path / "data" / "a.png", 48, 48).parent
    monkeypatch.setattr("restorer.evaluation.protocols.baselines.malvar", lambda x, pattern: x)
    monkeypatch.setattr("restorer.evaluation.protocols.mosaic", lambda x, pattern: x)
    words = ("--protocol", "demosaicing", "--bayer", "rggb", "--data", folder, "--json")
    result = restore("evaluate", *words)
    assert json.loads(result.stdout, parse_constant=pytest.fail)[0]["psnr"] is None


def test_a_plot_is_written(restore, data, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra `bench`")
    path = tmp_path / "plot.png"
    words = ("--protocol", "denoising", "--data", data, "--sigma", "10,50", "--plot", path)
    assert restore("evaluate", *words).exit_code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_help_lists_all_protocols(restore):
    text = restore("evaluate", "--help").stdout
    assert all(f"\n    {name} " in text for name in PROTOCOLS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "cooking"], "cooking"),
        ([], "specify models"),
        (["panet-denoise-lite", "panet-sr-x2-lite"], "same task"),
        (["panet-denoise-lite", "--sigma", "a,b"], "15,25,50"),
        (["panet-denoise-lite", "--quality", "10"], "varies sigma"),
        (["nonsense-lite"], "unknown"),
    ],
)
def test_wrong_usage_is_reported(words, message, restore, data):
    result = restore("evaluate", *words, "--data", data)
    assert result.exit_code == 2
    assert message in result.stderr


def test_empty_folders_and_missing_checkpoints_are_reported(restore, data, tmp_path):
    (tmp_path / "empty").mkdir()
    result = restore("evaluate", "panet-denoise-lite", "--data", tmp_path / "empty")
    assert (result.exit_code, "no images" in result.stderr) == (2, True)
    result = restore("evaluate", tmp_path / "mine.pth", "--data", data)
    assert (result.exit_code, "mine.pth" in result.stderr) == (1, True)


def test_given_pairs_are_measured_instead_of_a_protocol(restore, data, make_picture, tmp_path):
    for name, width in (("a", 24), ("b", 26)):
        make_picture(tmp_path / "small" / f"{name}_lr.png", 24, width)
    words = ("panet-sr-x2-lite", "--data", data, "--inputs", tmp_path / "small")
    result = restore("evaluate", *words)
    assert result.exit_code == 0, result.stderr
    title, head, *rows = result.stdout.splitlines()
    assert title == f"{data}: 2 images, given pairs; PSNR and SSIM on Y, 2 pixels shaved"
    assert head.split() == ["method", "x2", "s/megapixel"]
    assert [row.split()[0] for row in rows] == ["bicubic", "panet-sr-x2-lite"]
    (tmp_path / "small" / "b_lr.png").unlink()
    result = restore("evaluate", *words)
    assert (result.exit_code, "no counterpart" in result.stderr) == (2, True)

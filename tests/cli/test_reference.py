"""Pictures enlarged with references, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from restorer import Image, probe, psnr, read, write

from helpers import make_scene

MODEL = ("--scale", "2")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A small picture, and a large view that shows more."""
    return small_of(tmp_path / "in" / "small.png"), view_of(tmp_path / "refs" / "view.png")


def small_of(path: Path) -> Path:
    whole = make_scene(160, 200)[10:138, 6:166]
    return save(path, whole.reshape(64, 2, 80, 2, 3).mean((1, 3)))


def view_of(path: Path, seed: int = 0) -> Path:
    return save(path, make_scene(160, 200, seed=seed))


def save(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(Image(np.rint(values * 255).astype(np.uint8)), path)
    return path


def test_a_reference_makes_the_result_truer_and_maps_come_beside_it(restore, pair, tmp_path):
    small, view = pair
    target, plain = tmp_path / "big.png", tmp_path / "plain.png"
    result = restore("image", small, *MODEL, "--reference", view, "-o", target, "--explain", "-v")
    assert result.exit_code == 0, result.stderr
    assert "panet-sr-x2-lite, then ttsr-x2-lite on cpu" in result.stdout
    assert "reference view.png gave" in result.stdout
    restore("image", small, "--model", "panet-sr-x2-lite", "-o", plain)
    truth = np.rint(make_scene(160, 200)[10:138, 6:166] * 255).astype(np.uint8)
    assert psnr(read(target).pixels, truth) > psnr(read(plain).pixels, truth) + 2
    for word, planes in (("confidence", 1), ("source", 3)):
        assert read(tmp_path / f"big-{word}.png").pixels.shape == (64, 80, planes)


def test_explaining_twice_never_overwrites_what_is_there(restore, pair, tmp_path):
    small, view = pair
    words = ("image", small, *MODEL, "--reference", view, "-o", tmp_path / "big.png", "--explain")
    restore(*words)
    before = (tmp_path / "big-source.png").read_bytes()
    result = restore(*words, "--existing", "number")
    assert result.exit_code == 0
    assert (tmp_path / "big-2-source.png").exists()
    assert (tmp_path / "big-source.png").read_bytes() == before


def test_an_unrelated_reference_is_told_of_and_leaves_the_plain_result(restore, pair, tmp_path):
    small, _ = pair
    other = view_of(tmp_path / "other.png", seed=7)
    target, plain = tmp_path / "big.png", tmp_path / "plain.png"
    result = restore("image", small, *MODEL, "--reference", other, "-o", target)
    assert "reference other.png does not match the picture and was ignored" in result.stdout
    restore("image", small, "--model", "panet-sr-x2-lite", "-o", plain)
    np.testing.assert_array_equal(read(target).pixels, read(plain).pixels)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--reference", "none.png"], "does not exist"),
        (["--reference", "small.png"], "is the picture itself"),
        (["--reference", "tiny.png"], "20 x 16, smaller than the picture (80 x 64)"),
        (["--reference", "broken.png"], "broken.png"),
        (["--reference", "view.png", "--reference", "view.png"], "given twice"),
        (["--reference", "view.png", "--task", "denoising"], "takes none"),
        (["--model", "ttsr-x2-lite"], "ttsr-x2-lite: needs reference pictures; give"),
        (["--explain"], "--explain: needs reference pictures"),
        (["--reference-dir", "empty"], "no pictures that could serve as references"),
        (["--reference", "view.png", "--context", "whole", *MODEL], "tile by tile"),
    ],
)
def test_what_cannot_work_is_said_before_it_begins(
    words, message, restore, make_picture, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    small_of(Path("small.png"))
    view_of(Path("view.png"))
    make_picture(Path("tiny.png"))
    Path("broken.png").write_bytes(b"no picture")
    Path("empty").mkdir()
    result = restore("image", "small.png", *words)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert not Path("small-restored.png").exists()


def test_a_batch_pairs_by_name_or_ranks_the_folder(restore, tmp_path):
    source, refs, out = tmp_path / "in", tmp_path / "refs", tmp_path / "out"
    small_of(source / "a.png")
    small_of(source / "b.png")
    view_of(refs / "a_sharp.png", seed=5)
    for number in range(5):
        view_of(refs / f"other{number}.png", seed=number + 20)
    view_of(refs / "right.png")
    report = tmp_path / "report.jsonl"
    result = restore(
        "batch", source, out, *MODEL, "--reference-dir", refs, "--report", report, "--jobs", "1"
    )
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    notes = {Path(line["source"]).name: line["notes"] for line in lines if "notes" in line}
    assert notes["a.png"] == ["reference a_sharp.png does not match the picture and was ignored"]
    assert notes["b.png"][0].startswith("reference right.png gave")
    assert notes["b.png"][1] == "6 more references show less of the picture and were left out"
    assert probe(out / "b.png").width == 160


def test_a_picture_for_which_the_folder_has_none_is_enlarged_without(restore, tmp_path):
    small_of(tmp_path / "in" / "a.png")
    save(tmp_path / "refs" / "tiny.png", make_scene(16, 20))
    words = ("--reference-dir", tmp_path / "refs", "-v")
    result = restore("batch", tmp_path / "in", tmp_path / "out", *MODEL, *words)
    assert result.exit_code == 0, result.stderr
    assert "no reference matches this picture; it was enlarged without one" in result.output
    assert probe(tmp_path / "out" / "a.png").width == 160


def test_a_dry_run_tells_the_size(restore, pair, tmp_path):
    small, view = pair
    result = restore("image", small, "--reference", view, "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "320 x 256" in result.stdout  # by 4, where nothing is said

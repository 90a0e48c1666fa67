"""`restore compare` draws a contact sheet and says what it cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

import restorer
from restorer.cli.sheet import Cell, contact_sheet

from helpers import make_photograph

MODELS = "panet-denoise-lite,panet-sr-x2-lite"


@pytest.fixture
def source(make_picture, tmp_path) -> Path:
    return make_picture(tmp_path / "photo.png", 60, 70)


def sheet(path: Path) -> PilImage.Image:
    with PilImage.open(path) as picture:
        return picture.convert("RGB")


def test_the_sheet_is_next_to_the_image_and_costs_are_printed(restore, source):
    result = restore("compare", source, "--models", MODELS)
    assert result.exit_code == 0, result.output
    head, *rows, path = result.stdout.splitlines()
    assert head.split() == ["model", "scale", "s", "memory"]
    assert [row.split()[0] for row in rows] == ["input", *MODELS.split(",")]
    assert Path(path) == source.with_name("photo-compare.png")
    assert sheet(Path(path)).width > 3 * 320


def test_a_ground_truth_adds_psnr_and_ssim(restore, source, tmp_path):
    words = ("--models", "panet-denoise-lite", "--truth", source, "-o", tmp_path / "sheet.jpg")
    result = restore("compare", source, "--crop", "8,4,32,20", *words)
    assert result.exit_code == 0, result.output
    head, before, after, _ = result.stdout.splitlines()
    assert head.split()[-2:] == ["PSNR", "SSIM"]
    assert before.split()[-2:] == ["inf", "1.0000"]
    assert 10 < float(after.split()[-2]) < 60
    assert (tmp_path / "sheet.jpg").is_file()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_unchanged_crop_is_drawn_first(bits, channels, restore, tmp_path):
    values = np.random.default_rng(0).random((40, 40, channels), np.float32)
    values[..., -1 if channels in (2, 4) else channels :] = 1
    image = restorer.Image(np.zeros((1, 1, 1), np.uint8)).with_float(values, bits=bits)
    path = tmp_path / "picture.png"
    restorer.write(image, path)
    target = tmp_path / "sheet.png"
    words = ("--models", "panet-denoise-lite", "--crop", "5,7,16,16", "-o", target)
    result = restore("compare", path, *words)
    assert result.exit_code == 0, result.output
    drawn = np.asarray(sheet(target).crop((12, 44, 332, 364)))[10::20, 10::20]
    colors = values[7:23, 5:21, : 3 if channels >= 3 else 1]
    assert np.abs(drawn - np.broadcast_to(colors * 255, drawn.shape)).max() < 1


def test_a_failed_model_keeps_its_cell_and_is_reported(restore, source):
    result = restore("compare", source, "--models", "nlsn-x2-paper,panet-denoise-lite")
    assert result.exit_code == 1
    assert "restore weights add" in result.stderr
    assert "panet-denoise-lite" in result.stdout
    assert source.with_name("photo-compare.png").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--models", "nonsense"], "unknown"),
        (["--models", MODELS, "--crop", "0,0,8"], "X,Y,W,H"),
        (["--models", MODELS, "--crop", "0,0,a,8"], "X,Y,W,H"),
        (["--models", MODELS, "--crop", "60,0,20,8"], "70 x 60"),
        (["--models", MODELS, "--crop", "0,0,0,8"], "70 x 60"),
        (["--models", MODELS, "-o", "sheet.xcf"], "unknown image type"),
    ],
)
def test_wrong_usage_is_reported(words, message, restore, source):
    result = restore("compare", source, *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_originals_are_never_overwritten(restore, source):
    before = source.read_bytes()
    for target in (source, source.parent / "." / source.name):
        result = restore("compare", source, "--models", MODELS, "-o", target)
        assert (result.exit_code, "is an input file" in result.stderr) == (2, True)
    assert source.read_bytes() == before


@pytest.mark.parametrize("count", [1, 2, 5, 9])
@pytest.mark.parametrize("size", [(384, 384), (20, 300), (3, 2), (700, 40)])
def test_every_cell_is_drawn_whole(count: int, size: tuple[int, int]) -> None:
    cells = [
        Cell(PilImage.new("RGB", size, (250, 10 + number, 0)), "a" * 90, ["1 s"])
        for number in range(count)
    ]
    cells.append(Cell(None, "none", text="why " * 40))
    page = np.asarray(contact_sheet("title", cells))
    areas = [int((page == (250, 10 + number, 0)).all(2).sum()) for number in range(count)]
    assert len(set(areas)) == 1
    assert areas[0] >= size[0] * size[1]
    assert page.shape[1] <= max(1700, size[0] + 24)


def test_the_network_receives_the_jpeg_quality(restore, tmp_path):
    source = tmp_path / "photo.jpg"
    PilImage.fromarray(make_photograph(60, 70)).save(source, quality=30)
    sheets = []
    for number, told in enumerate((["auto"], ["30"], ["90"])):
        target = tmp_path / f"{number}.png"
        words = ("--models", "panet-deblock-lite", "--crop", "0,0,32,32", "-o", target)
        result = restore("compare", source, *words, "--jpeg-quality", *told)
        assert result.exit_code == 0, result.output
        sheets.append(np.asarray(sheet(target)))
    pixels = [drawn[44:364, 320:] for drawn in sheets]  # without what it cost
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert (pixels[0] != pixels[2]).any()

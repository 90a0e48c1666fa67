import json

import numpy as np
import pytest
from PIL import Image as PilImage

from restorer import probe, profile_name, read

from helpers import make_photograph


@pytest.fixture
def source(make_picture, tmp_path):
    return make_picture(tmp_path / "photo.png")


def test_a_scale_enlarges_the_image_beside_its_source(restore, source):
    result = restore("image", source, "--task", "super-resolution")
    assert result.exit_code == 0, result.stderr
    target = source.with_name("photo-restored.png")
    assert (probe(target).height, probe(target).width) == (32, 40)
    assert result.stdout.startswith(f"{target}: 40 x 32, ")
    assert "-x2-" in result.stdout


@pytest.fixture
def make_photo(tmp_path):
    def make(noise):
        rng = np.random.default_rng(0)
        values = make_photograph(96, 128) + rng.normal(size=(96, 128, 3)) * noise
        path = tmp_path / "photo.png"
        PilImage.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).save(path)
        return path

    return make


def test_by_default_the_image_is_repaired_and_keeps_its_size(restore, make_photo):
    source = make_photo(noise=20)
    result = restore("image", source)
    assert result.exit_code == 0, result.stderr
    assert "noise: remove noise" in result.stdout
    target = source.with_name("photo-restored.png")
    assert (probe(target).height, probe(target).width) == (96, 128)
    result = restore("replay", target)
    assert result.exit_code == 0, result.output


def test_a_noise_level_that_is_given_is_removed_in_place_of_what_is_found(restore, make_photo):
    source = make_photo(noise=0)
    result = restore("image", source, "--task", "auto", "--sigma", "0", "--jpeg-quality", "100")
    assert result.stdout.endswith(" s, no model; nothing to repair\n")
    same = read(source.with_name("photo-restored.png")).pixels
    np.testing.assert_array_equal(same, read(source).pixels)
    result = restore("image", source, "--sigma", "9", "--existing", "replace")
    assert "panet-denoise-lite (sigma 9.0)" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--bayer", "rggb"], "--bayer: auto takes none"), (["--scale", "7"], "scale 7")],
    ids=["bayer", "scale"],
)
def test_what_auto_does_not_take_is_refused(words, said, restore, source):
    result = restore("image", source, *words)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["-o", "made.tif"], "made.tif"),
        (["-o", "made"], "made.png"),
        (["-o", "folder/"], "folder/photo-restored.png"),
        (["-o", "there"], "there/photo-restored.png"),
        (["--format", "jpg"], "photo-restored.jpg"),
        (["--format", "WEBP", "-o", "made"], "made.webp"),
        (["--name", "{stem}_{model}_{scale}x"], "photo_auto-sr_2x.png"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_output_names(words, name, restore, source, monkeypatch):
    monkeypatch.chdir(source.parent)
    (source.parent / "there").mkdir()
    result = restore("image", "photo.png", "--task", "super-resolution", *words)
    assert result.exit_code == 0, result.stderr
    assert probe(source.parent / name).width == 40


def test_tasks_run_in_the_order_given(restore, source, tmp_path):
    report = tmp_path / "report.jsonl"
    words = ("--task", "denoising", "--task", "super-resolution", "--sigma", "20")
    result = restore("image", source, *words, "--report", report)
    assert "panet-denoise-lite (sigma 20.0), then panet-sr-x2-lite" in result.stdout
    _, started, finished, summary = map(json.loads, report.read_text().splitlines())
    models = ["panet-denoise-lite", "panet-sr-x2-lite"]
    assert [step["model"] for step in started["request"]["steps"]] == models
    assert [plan["model"] for plan in finished["plans"]] == models
    assert started["id"] == finished["id"]
    assert summary["counts"]["done"] == 1


def test_strength_0_leaves_the_picture_as_it_is(restore, source, tmp_path):
    target = tmp_path / "same.png"
    restore("image", source, "-o", target, "--task", "denoising", "--strength", "0")
    np.testing.assert_array_equal(read(target).pixels, read(source).pixels)


def test_fine_detail_has_a_strength_of_its_own(restore, source, tmp_path):
    words = ("image", source, "--task", "denoising", "--sigma", "30")
    pixels = []
    for number, more in enumerate([[], ["--detail", "0"], ["--detail", "0", "--strength", "0"]]):
        target = tmp_path / f"{number}.png"
        result = restore(*words, "-o", target, *more)
        assert result.exit_code == 0, result.stderr
        pixels.append(read(target).pixels)
    full, coarse, none = pixels
    np.testing.assert_array_equal(none, read(source).pixels)
    assert (coarse != full).any()
    assert (coarse != none).any()


def test_bits_choose_the_depth(restore, source, tmp_path):
    restore("image", source, "-o", tmp_path / "deep.png", "--bits", "16")
    assert probe(tmp_path / "deep.png").bits == 16


def test_the_result_is_in_the_color_profile_asked_for(restore, source, tmp_path):
    assert restore("image", source, "-o", tmp_path / "x.png", "--profile", "srgb").exit_code == 0
    assert profile_name(read(tmp_path / "x.png").metadata.icc).startswith("sRGB")


@pytest.mark.parametrize("command", ["image", "batch"])
def test_a_file_that_is_no_color_profile_is_refused_once(restore, source, tmp_path, command):
    words = [source] if command == "image" else [source.parent, tmp_path / "results"]
    result = restore(command, *words, "--profile", source)
    assert result.exit_code == 2
    assert result.stderr.count("expected an ICC profile for RGB") == 1


def test_existing_result_is_skipped_and_said(restore, source):
    restore("image", source)
    target = source.with_name("photo-restored.png")
    before = target.read_bytes(), target.stat().st_mtime_ns
    result = restore("image", source, "--task", "denoising")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        result.stderr == f"skipped: {target}: exists already; --existing replace makes it again\n"
    )
    assert (target.read_bytes(), target.stat().st_mtime_ns) == before


def test_original_is_overwritten_only_when_asked_by_name(restore, source):
    refused = restore("image", source, "-o", source)
    assert refused.exit_code == 2
    assert "--existing replace" in refused.stderr
    assert probe(source).width == 20
    words = ("-o", source, "--existing", "replace", "--scale", "2")
    assert restore("image", source, *words).exit_code == 0
    assert probe(source).width == 40


def test_damaged_image_fails_with_its_name_once(restore, tmp_path):
    source = tmp_path / "empty.png"
    source.touch()
    result = restore("image", source)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"failed: {source}: the file is empty\n"
    assert list(tmp_path.iterdir()) == [source]


def test_quiet_says_nothing_but_trouble(restore, source):
    result = restore("image", source, "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_dry_run_tells_sizes_and_writes_nothing(restore, source, tmp_path):
    words = ("--model", "panet-sr-x2-lite", "--dry-run", "--report", tmp_path / "r.jsonl")
    result = restore("image", source, *words)
    assert f"{source} -> {source.with_name('photo-restored.png')}  20 x 16 -> 40 x 32\n" in (
        result.stdout
    )
    assert result.exit_code == 0
    assert list(tmp_path.iterdir()) == [source]


def test_too_many_pixels_name_the_option_that_raises_the_budget(restore, source):
    result = restore("image", source, "--max-pixels", "100")
    assert result.exit_code == 1
    assert "--max-pixels" in result.stderr


def test_whole_picture_as_context_says_first_how_long_it_will_take(
    restore, make_picture, tmp_path, monkeypatch
):
    source = make_picture(tmp_path / "small.png", 40, 50)
    monkeypatch.setattr("restorer.cli.run._WORTH_SAYING_S", 0)
    whole, tiled = tmp_path / "whole.png", tmp_path / "tiled.png"
    result = restore("image", source, "-o", whole, "--context", "whole", "--precision", "fp32")
    assert result.exit_code == 0, result.output
    assert "50 x 40, in one piece: about" in result.output
    result = restore("image", source, "-o", tiled, "--precision", "fp32")
    assert "in one piece" not in result.output
    difference = read(whole).pixels.astype(int) - read(tiled).pixels
    assert abs(difference).max() <= 1, "the picture is smaller than a tile"


def test_whole_picture_has_no_tiles_to_choose(restore, make_picture, tmp_path):
    source = make_picture(tmp_path / "small.png")
    for words in (["--tile", "64"], ["--overlap", "8"], ["--self-ensemble"]):
        result = restore("image", source, "--context", "whole", *words)
        assert result.exit_code == 2
        assert "context whole" in result.output


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    PilImage.fromarray(make_photograph(48, 64)).save(path, quality=30)
    return path


def test_the_jpeg_quality_is_told_and_where_it_comes_from(restore, photo, tmp_path):
    words = ("image", photo, "--task", "deblocking", "-o", tmp_path / "clean.png")
    assert "panet-deblock-lite (JPEG quality 30, from the file)" in restore(*words).stdout
    replacing = (*words, "--existing", "replace")
    for told, said in (("auto", "30, from the file)"), ("55", "55)")):
        assert f"quality {said}" in restore(*replacing, "--jpeg-quality", told).stdout


def test_a_picture_that_was_no_jpeg_is_said_to_have_no_traces(restore, source, tmp_path):
    report = tmp_path / "report.jsonl"
    result = restore("image", source, "--task", "deblocking", "--report", report)
    assert "panet-deblock-lite (no traces of JPEG) on cpu" in result.stdout
    assert "; no traces of JPEG compression were found" in result.stdout
    plan = json.loads(report.read_text().splitlines()[2])["plans"][0]
    assert (plan["jpeg_quality"], plan["origin"]) == (100, "estimated")


def test_jpeg_quality_is_for_models_that_take_it(restore, photo):
    result = restore("image", photo, "--task", "denoising", "--jpeg-quality", "40")
    assert result.exit_code == 2
    assert "--jpeg-quality: panet-denoise-lite takes none; deblocking does" in result.stderr
    assert restore("image", photo, "--task", "deblocking", "--jpeg-quality", "0").exit_code == 2


def test_a_chain_of_tasks_tells_each_its_damage(restore, photo, tmp_path):
    tasks = ("--task", "deblocking", "--task", "denoising", "--task", "super-resolution")
    result = restore("image", photo, *tasks, "-o", tmp_path / "chain.png")
    assert result.exit_code == 0, result.stderr
    assert "(JPEG quality 30, from the file), then panet-denoise-lite (sigma " in result.stdout
    assert probe(tmp_path / "chain.png").width == 128


@pytest.mark.parametrize("words", [[], ["--dry-run"]], ids=["run", "dry run"])
@pytest.mark.parametrize("name", ["n" * 300 + ".png", "photo.png/new.png"], ids=["long", "below"])
def test_a_target_that_cannot_be_created_is_refused_with_the_remedy(words, name, restore, source):
    before = sorted(source.parent.iterdir())
    result = restore("image", source, "-o", source.parent / name, *words)
    assert result.exit_code == 1
    assert "choose" in result.stderr
    assert sorted(source.parent.iterdir()) == before


def test_several_images_go_into_a_folder(restore, make_picture, tmp_path):
    sources = [make_picture(tmp_path / name, 16, 16) for name in ("a.png", "b.png")]
    result = restore("image", *sources, "-o", tmp_path / "out/", "--name", "{stem}{suffix}")
    assert result.exit_code == 2  # Path drops the slash: no such folder yet
    result = restore("image", *sources, "-o", f"{tmp_path}/out/", "--name", "{stem}{suffix}")
    assert result.exit_code == 0
    assert sorted(line.split(":")[0] for line in result.stdout.splitlines()) == [
        str(tmp_path / "out" / source.name) for source in sources
    ]


def test_two_images_with_one_result_are_refused(restore, make_picture, tmp_path):
    sources = [make_picture(tmp_path / name, 16, 16) for name in ("a.png", "sub/a.png")]
    result = restore("image", *sources, "-o", f"{tmp_path}/out/")
    assert result.exit_code == 2
    assert "would both become" in result.stderr


@pytest.mark.parametrize("words", [["-"], ["small.png", "-o", "-"]])
def test_pipes_are_refused_in_words(restore, make_picture, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    make_picture(tmp_path / "small.png", 16, 16)
    result = restore("image", *words)
    assert result.exit_code == 2
    assert "not" in result.stderr
    assert "pipe" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["small.png"]


def test_samples_without_a_header_are_demosaiced(restore, tmp_path):
    source = tmp_path / "frame.raw"
    source.write_bytes(np.full((16, 24), 2000, "<u2").tobytes())
    words = ["image", source, "--mosaic", "rggb", "--raw-white", "4000", "--device", "cpu"]
    done = restore(*words, "--raw-size", "24x16", "--tone", "linear")
    assert done.exit_code == 0, done.output
    pixels = read(tmp_path / "frame-restored.tif").pixels
    assert pixels.shape == (16, 24, 3)
    assert np.abs(pixels / 65535 - 0.735).max() < 0.02  # half of white in sRGB
    refused = restore(*words, "--raw-size", "24x20", "--existing", "replace")
    assert refused.exit_code == 1
    assert "768 bytes, expected of 24 x 20 samples" in refused.output

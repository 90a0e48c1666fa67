"""Protocols degrade and compare correctly; evaluations are complete and check arguments."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from safetensors.torch import save_file
from torch import nn

import restorer
from restorer.evaluation import baselines
from restorer.evaluation.evaluate import Evaluation, named_models
from restorer.evaluation.protocols import PROTOCOLS, Value, protocol_of
from restorer.networks import PANetLite
from restorer.training.degrade import mosaic

from helpers import make_photograph

PATTERNS = ["rggb", "grbg", "gbrg", "bggr"]
VALUES: dict[str, list[Value]] = {
    "scale": [2, 3, 4],
    "sigma": [5.0, 25.0, 60.0],
    "jpeg_quality": [10, 55, 95],
    "bayer": [*PATTERNS],
}
LARGE = {"web", "camera"}  # their degradation requires a margin


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    for number in range(3):
        restorer.write(restorer.Image(make_photograph(40, 44 + number)), folder / f"{number}.png")
    return folder


def planned(models: Any, data: Any, **options: Any) -> Evaluation:
    return Evaluation(named_models(models), data, **options)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """Return weights of a network that fits several tasks."""
    path = tmp_path / "mine.safetensors"
    network = PANetLite(blocks=2, channels=8, unshuffle=2, attention_channels=4)
    save_file(network.state_dict(), path)
    return path


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=6)
@given(data=st.data())
def test_degradations_are_repeatable_and_the_ground_truth_scores_perfectly(
    name: str, data: st.DataObject
) -> None:
    protocol = PROTOCOLS[name]
    side = 160 if name in LARGE else 40
    size = [data.draw(st.integers(side, side + 9)) for _ in range(2)]
    clean = make_photograph(size[0], size[1])
    if data.draw(st.booleans()):
        clean = np.repeat(clean[..., :1], 3, axis=2)
    value = 1 if name == "camera" else data.draw(st.sampled_from(VALUES[protocol.setting]))
    first, again = (protocol.case(clean, value, number=3) for _ in range(2))
    np.testing.assert_array_equal(first.image.pixels, again.image.pixels)
    assert protocol.compare(first.truth, first.truth, value) == (math.inf, pytest.approx(1))
    scale = value if protocol.setting == "scale" else 1
    assert first.truth.shape[:2] == (first.image.height * scale, first.image.width * scale)
    for baseline in protocol.baselines.values():
        restored = baseline(first)
        assert restored.shape == first.truth.shape
        assert protocol.compare(restored, first.truth, value)[0] > 5


@given(sigma=st.sampled_from([10.0, 25.0, 50.0]), number=st.integers(0, 100))
def test_noise_has_its_sigma_and_is_not_clipped(sigma: float, number: int) -> None:
    clean = make_photograph(64, 64)
    noisy = PROTOCOLS["denoising"].case(clean, sigma, number).image
    noise = noisy.pixels * 255.0 - clean
    assert noisy.bits == 32
    assert noise.std() == pytest.approx(sigma, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=sigma / 20)
    file = PROTOCOLS["denoising-8bit"].case(clean, sigma, number).image
    assert file.bits == 8
    np.testing.assert_array_equal(
        file.pixels, np.clip(np.rint(noisy.pixels * np.float32(255)), 0, 255)
    )


def test_images_get_different_noise() -> None:
    clean = make_photograph(32, 32)
    first, second = (PROTOCOLS["denoising"].case(clean, 25.0, n).image.pixels for n in (0, 1))
    noise = [pixels * 255.0 - clean for pixels in (first, second)]
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.1


@pytest.mark.parametrize("quality", [10, 40])
def test_jpeg_equals_that_of_pillow(quality: int) -> None:
    clean = make_photograph(48, 56)
    for truth, name in ((clean, "deblocking"), (clean[..., 0], "deblocking")):
        buffer = io.BytesIO()
        PilImage.fromarray(truth).save(buffer, "JPEG", quality=quality)  # Pillow's default is 4:2:0
        stored = np.asarray(PilImage.open(buffer)).reshape(*truth.shape[:2], -1)
        spread = truth if truth.ndim == 3 else np.stack([truth] * 3, 2)
        case = PROTOCOLS[name].case(spread, quality, 0)
        np.testing.assert_array_equal(case.image.pixels, stored)


def test_the_luma_of_color_is_compressed_as_gray() -> None:
    case = PROTOCOLS["deblocking-luma"].case(make_photograph(32, 32), 20, 0)
    expected = np.rint(make_photograph(32, 32) @ [65.481, 128.553, 24.966] / 255 + 16)
    np.testing.assert_array_equal(case.truth[..., 0], expected)
    assert case.image.pixels.shape == (32, 32, 1)


def test_every_measurable_task_has_a_default_protocol() -> None:
    for name in ("super-resolution", "denoising", "deblocking", "demosaicing"):
        assert protocol_of(name) == name
    with pytest.raises(restorer.SettingsError, match="expected one of super-resolution"):
        protocol_of("cooking")


@given(colors=st.tuples(*[st.integers(0, 255)] * 3), pattern=st.sampled_from(PATTERNS))
def test_malvar_preserves_uniform_gray_and_all_samples(
    colors: tuple[int, int, int], pattern: str
) -> None:
    even = np.full((12, 14, 3), colors[0], np.uint8)
    np.testing.assert_array_equal(baselines.malvar(mosaic(even, pattern), pattern), even)
    picture = make_photograph(12, 14) // 2 + np.array(colors, np.uint8) // 2
    samples = mosaic(picture, pattern)
    restored = baselines.malvar(samples, pattern)
    np.testing.assert_array_equal(mosaic(restored, pattern), samples)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("rggb", [[[143, 197, 205], [147, 239, 187]], [[68, 141, 83], [0, 99, 8]]]),
        ("grbg", [[[174, 143, 157], [239, 164, 233]], [[203, 106, 141], [156, 8, 109]]]),
    ],
)
def test_malvar_equals_a_published_implementation(
    pattern: str, expected: list[list[list[int]]]
) -> None:
    """Compare with color-demosaicing 0.2.7 inside the borders."""
    raw = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint8)
    samples = mosaic(np.stack([raw] * 3, 2), pattern)
    np.testing.assert_array_equal(baselines.malvar(samples, pattern)[2:4, 2:4], expected)


def test_every_image_is_scored_for_every_method_and_value(photographs: Path) -> None:
    run = planned(["panet-denoise-lite"], [photographs], values={"sigma": [15.0, 40.0]}, limit=2)
    scores = list(run.scores())
    assert len(run) == len(scores) == 2 * 2 * 3
    assert run.methods == ("input", "nlm", "panet-denoise-lite")
    assert run.settings == ("sigma 15", "sigma 40")
    assert {(s.image, s.method, s.setting) for s in scores} == {
        (image, method, setting)
        for image in ("0.png", "1.png")
        for method in run.methods
        for setting in run.settings
    }
    for image in ("0.png", "1.png"):
        for setting in run.settings:
            own = {s.method: s for s in scores if (s.image, s.setting) == (image, setting)}
            assert own["panet-denoise-lite"].psnr > own["input"].psnr + 3
            assert own["panet-denoise-lite"].seconds > 0
            assert own["input"].megapixels == pytest.approx(40 * 44e-6, rel=0.05)


def test_scales_follow_from_the_models(photographs: Path) -> None:
    run = planned(["panet-sr-x2-lite"], [photographs], limit=1)
    assert (run.name, run.settings) == ("super-resolution", ("x2",))
    better, worse = sorted(run.scores(), key=lambda score: -score.psnr)
    assert (better.method, worse.method) == ("panet-sr-x2-lite", "bicubic")


@pytest.mark.parametrize(
    ("task", "setting"),
    [("denoising", "sigma 25"), ("deblocking", "quality 30"), ("demosaicing", "bggr")],
)
def test_checkpoints_are_measured_on_the_given_task(
    task: str, setting: str, photographs: Path, checkpoint: Path
) -> None:
    values = {"sigma": [25.0], "jpeg_quality": [30], "bayer": ["bggr"]}
    own = {PROTOCOLS[task].setting: values[PROTOCOLS[task].setting]}
    run = planned([checkpoint], [photographs], task=task, values=own, limit=1, baselines=False)
    (score,) = run.scores()
    assert (score.method, score.setting) == (str(checkpoint), setting)
    assert math.isfinite(score.psnr)


def test_models_are_measured_at_the_value_of_their_training(
    photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restorer.evaluation.methods.weights_path", lambda spec: Path())
    models = ["panet-denoise-10-paper", "panet-denoise-30-paper", "panet-denoise-lite"]
    run = planned(models, [photographs], protocol="denoising-8bit", limit=1)
    assert run.values == (10.0, 30.0, 50.0, 70.0)
    assert len(run) == 2 * 4 + 1 + 1 + 4
    asked = planned(models, [photographs], values={"sigma": [25.0]}, limit=1, baselines=False)
    assert len(asked) == 3


@pytest.mark.parametrize(("blind", "sigma"), [(False, 25.0), (True, None)])
def test_models_receive_the_value_unless_the_evaluation_is_blind(
    blind: bool, sigma: float | None, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def restore(image: restorer.Image, passes: list[Any], **_: object) -> restorer.Image:
        steps.extend(step for _, step in passes)
        return image

    monkeypatch.setattr("restorer.evaluation.methods.restore", restore)
    models, values = ["panet-denoise-lite"], {"sigma": [25.0]}
    run = planned(models, [photographs], values=values, limit=1, blind=blind, baselines=False)
    list(run.scores())
    assert {step.sigma for step in steps} == {sigma}


def test_baselines_are_measured_without_models(photographs: Path) -> None:
    run = planned([], [photographs], protocol="deblocking", values={"jpeg_quality": [10]})
    assert {score.method for score in run.scores()} == {"jpeg"}


def test_limit_and_order_of_methods_do_not_change_the_degradation(photographs: Path) -> None:
    values = {"sigma": [25.0]}
    runs = [
        planned([], [photographs], protocol="denoising", values=values, limit=limit)
        for limit in (1, None)
    ]
    first, whole = ({(s.image, s.method): s.psnr for s in run.scores()} for run in runs)
    assert first.items() <= whole.items()


WRONG: list[tuple[list[str], dict[str, Any], str]] = [
    (["panet-sr-x2-lite", "panet-denoise-lite"], {}, "is for denoising"),
    (["panet-denoise-lite"], {"protocol": "web"}, "is for super-resolution"),
    (["panet-denoise-lite"], {"protocol": "nonsense"}, "expected one of .*deblocking-luma"),
    (["panet-denoise-lite"], {"values": {"jpeg_quality": [10]}}, "varies sigma"),
    (["panet-denoise-lite"], {"values": {"sigma": [0.0]}}, "sigma 0"),
    (["panet-sr-x2-lite"], {"values": {"scale": [3]}}, "has scale 2, not 3"),
    ([], {"protocol": "deblocking", "values": {"jpeg_quality": [0]}}, "jpeg quality 0"),
    ([], {"protocol": "demosaicing", "values": {"bayer": ["rgbg"]}}, "one of rggb"),
    ([], {"protocol": "demosaicing"}, "requires models or values of bayer"),
    ([], {}, "no models"),
]


@pytest.mark.parametrize(("models", "options", "words"), WRONG, ids=lambda x: str(x)[:30])
def test_invalid_evaluations_are_refused_before_any_work(
    models: list[str], options: dict[str, Any], words: str, photographs: Path
) -> None:
    with pytest.raises(restorer.SettingsError, match=words):
        planned(models, [photographs], **options)


def test_empty_folders_and_ambiguous_checkpoints_are_refused(
    tmp_path: Path, photographs: Path, checkpoint: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "missing"):
        with pytest.raises(restorer.SettingsError, match=folder.name):
            planned(["panet-denoise-lite"], [folder])
    with pytest.raises(restorer.SettingsError, match="denoising and deblocking"):
        planned([checkpoint], [photographs])
    with pytest.raises(restorer.WeightsError, match="install it as the weights of nlsn-x2-paper"):
        planned(["nlsn-x2-paper"], [photographs])


class Twice(nn.Module):
    """Enlarge by repeating pixels, with a parameter, and noise in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        enlarged = F.interpolate(x, scale_factor=2, mode="nearest") * self.gain
        return enlarged + torch.rand_like(enlarged) if self.training else enlarged


def test_modules_are_measured_like_models(photographs: Path) -> None:
    network = Twice().train()
    predictor = restorer.load("panet-sr-x2-lite", device="cpu")
    table = restorer.evaluate(
        {"mine": network, "loaded": predictor}, str(photographs), limit=2, baselines=False
    )
    assert (table.methods, table.settings) == (("mine", "loaded"), ("x2",))
    assert network.training
    one, two = table.means()
    assert two.psnr > one.psnr > 15
    assert (one.images, one.folder) == (2, str(photographs))
    for score in table.scores[:2]:
        clean = restorer.read(score.folder + "/" + score.image).pixels
        case = PROTOCOLS["super-resolution"].case(clean, 2, 0)
        repeated = case.image.pixels.repeat(2, 0).repeat(2, 1)
        assert score.psnr == pytest.approx(restorer.psnr_luma(repeated, case.truth, shave=2))


def test_gray_images_are_measured_with_a_module(tmp_path: Path) -> None:
    gray = np.repeat(make_photograph(40, 44)[..., :1], 3, 2)
    table = restorer.evaluate(
        [lambda x: x], [gray], protocol="denoising", values={"sigma": [25.0]}, baselines=True
    )
    figures = {score.method: score.psnr for score in table.scores}
    assert figures["<lambda>"] == pytest.approx(figures["input"], abs=0.01)
    assert str(table).startswith("images in memory: 1 image, white Gaussian noise")


def test_given_pairs_are_measured_in_folders_and_in_memory(photographs: Path) -> None:
    clean = [restorer.read(path) for path in sorted(photographs.iterdir())]
    small = [restorer.Image(x.pixels[:40:2, : x.width // 2 * 2 : 2].copy()) for x in clean]
    for number, image in enumerate(small):
        restorer.write(image, photographs.parent / "small" / f"{number}x2.png")
    folders = restorer.evaluate(Twice(), photographs, inputs=photographs.parent / "small")
    memory = restorer.evaluate(Twice(), clean, inputs=[image.pixels for image in small])
    assert [s.psnr for s in folders.scores] == [s.psnr for s in memory.scores]
    assert [s.image for s in folders.scores[:3]] == ["0.png", "1.png", "2.png"]
    assert [s.image for s in memory.scores[:3]] == ["0", "1", "2"]
    assert folders.methods == ("bicubic", "Twice")
    truth = clean[1].pixels[:, : small[1].width * 2]
    repeated = small[1].pixels.repeat(2, 0).repeat(2, 1)
    (score,) = [s for s in folders.scores if (s.image, s.method) == ("1.png", "Twice")]
    assert score.psnr == pytest.approx(restorer.psnr_luma(repeated, truth, shave=2))
    assert "given pairs; PSNR and SSIM on Y, 2 pixels shaved" in str(folders)


@pytest.mark.parametrize("values", [{}, {"sigma": [20.0]}])
def test_pairs_of_equal_size_give_the_level_to_models_that_take_it(
    values: dict[str, list[Value]], photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def restore(image: restorer.Image, passes: list[Any], **_: object) -> restorer.Image:
        steps.extend(step for _, step in passes)
        return image

    monkeypatch.setattr("restorer.evaluation.methods.restore", restore)
    table = restorer.evaluate("panet-denoise-lite", photographs, inputs=photographs, values=values)
    assert {step.sigma for step in steps} == {values.get("sigma", [None])[0]}
    assert {score.psnr for score in table.scores} == {math.inf}
    assert json.dumps(table.to_dict()).count("Infinity") == 0
    assert table.to_dict()["means"][0]["psnr"] is None
    assert table.settings == ("pairs",)


def test_evaluations_report_progress(photographs: Path) -> None:
    steps: list[tuple[int, int]] = []
    options = {"values": {"jpeg_quality": [10]}, "on_image": lambda *step: steps.append(step)}
    restorer.evaluate([], photographs, protocol="deblocking", **options)
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_invalid_pairs_and_modules_are_refused(photographs: Path, tmp_path: Path) -> None:
    image = make_photograph(40, 44)
    cases: list[tuple[Any, Any, dict[str, Any], str]] = [
        (Twice(), [image], {"inputs": [image]}, "has scale 2, not 1"),
        (Twice(), [image], {"inputs": photographs}, "as many folders"),
        (Twice(), [image], {"inputs": []}, "0 images for 1"),
        (Twice(), [image, image], {"inputs": [image[::2, ::2], image]}, "image 1: .* ratio of 2"),
        (Twice(), [image], {"inputs": [image], "protocol": "web"}, "inputs are given"),
        (lambda x: x, [image], {}, "a module has no task"),
        (Twice(), [image], {"inputs": [image], "values": {"sigma": [1, 2]}}, "one value of sigma"),
        (7, [image], {}, "int, expected an id"),
        (Twice(), [], {}, "no folders and no images"),
    ]
    for model, data, options, words in cases:
        with pytest.raises(restorer.SettingsError, match=words):
            restorer.evaluate({"mine": model}, data, **options)
    with pytest.raises(restorer.ModelError, match="mine: maps 3 planes to 1"):
        restorer.evaluate({"mine": lambda x: x.mean(1, keepdim=True)}, [image], inputs=[image])
    restorer.write(restorer.Image(image), tmp_path / "in" / "other.png")
    restorer.write(restorer.Image(image), tmp_path / "in" / "0.png")
    with pytest.raises(restorer.SettingsError, match=r"3 files have no counterpart: .*other\.png"):
        restorer.evaluate("panet-denoise-lite", photographs, inputs=tmp_path / "in")

"""`diagnose`: the findings stay with the picture, and lead to steps that suit it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

import restorer
from restorer import CameraColor, Mosaic, SensorNoise, Source
from restorer.restoration import source as source_module
from restorer.training.degrade import jpeg

CLEAN = data.coffee()[80:272, 160:400]
NOISY = np.clip(CLEAN + np.random.default_rng(0).normal(0, 20, CLEAN.shape), 0, 255).astype("u1")


def models(picture: restorer.Picture | Source, scale: int = 1) -> list[str]:
    return [step.model for step in restorer.diagnose(picture, scale=scale).treatment.steps]


def test_a_clean_picture_needs_nothing_and_is_enlarged_by_the_sharp_model() -> None:
    found = restorer.diagnose(CLEAN)
    assert found.clean
    assert found.noise_levels is None
    assert (found.treatment.steps, found.treatment.seconds, found.treatment.memory) == ((), 0, 0)
    assert models(CLEAN, 2) == ["panet-sr-x2-lite"]


def test_a_noisy_picture_is_denoised_before_it_is_enlarged() -> None:
    assert models(NOISY) == ["panet-denoise-lite"]
    for scale in (2, 3, 4):
        assert models(NOISY, scale) == ["panet-denoise-lite", f"panet-sr-x{scale}-lite"]


def test_a_blurred_picture_is_only_enlarged_by_the_model_for_web_pictures() -> None:
    soft = CLEAN.astype(np.float32)
    for _ in range(12):
        rows = (2 * soft + np.roll(soft, 1, 0) + np.roll(soft, -1, 0)) / 4
        soft = (2 * rows + np.roll(rows, 1, 1) + np.roll(rows, -1, 1)) / 4
    picture = soft.astype(np.uint8)
    assert models(picture) == []
    assert models(picture, 2) == ["panet-sr-x2-photo-lite"]


@pytest.mark.parametrize("scale", [0, 5])
def test_a_scale_without_a_model_is_refused(scale: int) -> None:
    with pytest.raises((restorer.SettingsError, restorer.UnknownModelError), match=str(scale)):
        restorer.diagnose(CLEAN, scale=scale)


def test_more_pixels_take_more_time_and_memory() -> None:
    small, large = (restorer.diagnose(np.tile(NOISY, (n, n, 1))).treatment for n in (1, 2))
    assert 0 < small.seconds < large.seconds
    assert 0 < small.memory < large.memory


def test_a_source_is_examined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    examine = source_module.examine
    monkeypatch.setattr(source_module, "examine", lambda *a: calls.append(1) or examine(*a))
    source = Source(restorer.Image(NOISY))
    assert restorer.diagnose(source).damages == restorer.diagnose(source, scale=2).damages
    assert calls == [1]


@pytest.mark.parametrize("quality", [100, 75])
def test_drawings_and_text_are_enlarged_without_rings(quality: int) -> None:
    text = np.full((128, 160, 3), 255, np.uint8)
    for line in range(1, 8):
        cv2.putText(text, "image sigma", (8, 16 * line), 0, 0.4, (0, 0, 0), 1)
    paper = cv2.erode(text, np.ones((5, 5))).repeat(2, 0).repeat(2, 1) == 255
    text = text if quality == 100 else jpeg(text, quality)
    assert models(text, 2) == ["panet-sr-x2-photo-lite"]
    assert models(text, 3)[-1] == "panet-sr-x3-lite"  # there is no other for this scale
    gray = [
        255 - restorer.restore(text, model)[paper].astype(float)
        for model in (restorer.Step("auto", scale=2), "panet-sr-x2-lite")
    ]
    assert gray[0].mean() < gray[1].mean() / 2


def test_a_white_frame_does_not_hide_the_noise_and_has_none() -> None:
    framed = NOISY.copy()
    framed[:, :80] = 255
    levels = restorer.diagnose(framed).noise_levels
    assert levels is not None
    assert levels.levels[:, :3].mean() < levels.levels[:, 8:].mean() / 2


def test_the_samples_of_a_sensor_are_demosaiced() -> None:
    color = CameraColor(np.ones(3), np.eye(3))
    samples = np.random.default_rng(0).normal(0.3, 0.02, (48, 64, 1)).astype(np.float32)
    noise = SensorNoise((1e-3,) * 3, (1e-4,) * 3)
    found = restorer.diagnose(Mosaic(samples, "grbg", color, noise=noise))
    assert found.content.kind == "raw"
    assert [damage.kind for damage in found.damages] == ["sensor-noise"]
    (step,) = found.treatment.steps
    assert (step.model, step.bayer) == (restorer.raw_model(), "grbg")

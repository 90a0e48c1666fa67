"""Even areas keep their color, whatever the network does to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import restorer
from restorer import Image, Settings, Step
from restorer.formats.color import matrix
from restorer.image import FloatArray
from restorer.inference.consistency import keep_colors
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec, list_models
from restorer.sensor import bayer

from helpers import Enlarge, fake_predictor, make_photograph, make_scene, make_spec

EMBEDDED = [spec for spec in list_models() if spec.weights.embedded]
COLORS = [(255, 0, 128), (200, 30, 30), (40, 60, 120)]
SIDE = 64


class Shift(nn.Module):
    """The identity, enlarged, with a shift of colors."""

    def __init__(self, shift: float, scale: int = 1) -> None:
        super().__init__()
        self.shift, self.scale = shift, scale

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        return Enlarge(self.scale)(x, seed=seed) + self.shift


def restored(spec: ModelSpec, field: FloatArray, sigma: float, bits: Any = 8) -> FloatArray:
    """Return the result of a field (H, W, 3), white 255, on that scale."""
    values = (field / 255).astype(np.float32)
    if spec.traits.mosaic:
        values = bayer.spread(samples_of(values), "rggb")
    image = Image(np.zeros((1, 1, 3), np.uint8)).with_float(values, bits=bits)
    step = Step(spec.id, sigma=sigma) if spec.condition == "sigma" else Step(spec.id)
    if spec.condition == "jpeg_quality":
        step = replace(step, jpeg_quality=20)
    reference = [Image(make_scene(64, 64))] if spec.traits.needs_references else []
    wanted = Settings(bits=32, device="cpu", precision="fp32")
    pixels = restorer.restore(image, step, references=reference, settings=wanted).pixels
    return pixels.astype(np.float32) * 255


def samples_of(values: FloatArray) -> FloatArray:
    """Return an RGGB mosaic (H, W, 1) of colors."""
    mosaic = values[..., 1:2].copy()
    mosaic[::2, ::2, 0], mosaic[1::2, 1::2, 0] = values[::2, ::2, 0], values[1::2, 1::2, 2]
    return mosaic


def means(values: FloatArray) -> FloatArray:
    found: FloatArray = values.mean((0, 1))
    return found


@pytest.mark.parametrize("spec", EMBEDDED, ids=lambda spec: spec.id)
def test_a_clean_field_of_any_color_keeps_it(spec: ModelSpec) -> None:
    for color in COLORS:
        result = restored(spec, np.full((SIDE, SIDE, 3), color, np.float32), sigma=25)
        np.testing.assert_allclose(means(result), color, atol=0.5)


@pytest.mark.parametrize("spec", EMBEDDED, ids=lambda spec: spec.id)
@pytest.mark.parametrize(("sigma", "color"), [(10, (200, 40, 90)), (50, (128, 110, 150))])
def test_a_noisy_field_keeps_its_mean(
    spec: ModelSpec, sigma: float, color: tuple[int, int, int]
) -> None:
    noise = np.random.default_rng(3).normal(0, sigma, (SIDE, SIDE, 3))
    field = (color + noise).astype(np.float32)  # not clipped
    result = restored(spec, field, sigma, bits=32)
    given, error = field, 1.0
    if spec.traits.mosaic:
        given = bayer.spread(samples_of(field), "rggb")
        if spec.condition == "sensor_noise":  # which is noise of light, and keeps its mean
            given, result = (255 * matrix.decoded(values / 255) for values in (given, result))
            error = 2.0
        given = given * np.array([4, 2, 4], np.float32)  # means of the samples
    np.testing.assert_allclose(means(result), means(given), atol=error)


@settings(max_examples=40)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    channels=st.integers(1, 4),
    bits=st.sampled_from([8, 16]),
    scale=st.integers(1, 3),
    shift=st.floats(-0.2, 0.2),
    level=st.integers(0, 255),
)
def test_an_even_picture_of_any_size_and_kind_stays_as_it_is(
    size: tuple[int, int], channels: int, bits: Any, scale: int, shift: float, level: int
) -> None:
    predictor = Predictor(make_spec(scale), Shift(shift, scale), "cpu", "fp32")
    blank = Image(np.zeros((1, 1, channels), np.uint8))
    image = blank.with_float(np.full((*size, channels), level / 255, np.float32), bits=bits)
    result = restorer.restore(image, predictor, settings=Settings(tile=32))
    assert (result.pixels == image.pixels[0, 0]).all()
    assert result.pixels.shape[:2] == (size[0] * scale, size[1] * scale)


def test_a_frame_keeps_its_color_beside_a_picture_with_another_shift() -> None:
    photograph = make_photograph(64, 64).astype(np.float32) / 255
    x = np.pad(photograph, ((32, 32), (32, 32), (0, 0)), constant_values=0.4)
    x[32:96, 32:96] += np.random.default_rng(0).normal(0, 0.1, (64, 64, 3))
    y = x.copy()
    y[:24], y[104:], y[:, :24], y[:, 104:] = 0.45, 0.45, 0.45, 0.45  # the network shifts the frame
    planes = [torch.from_numpy(a).permute(2, 0, 1)[None] for a in (x, y)]
    result = keep_colors(*planes)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(result[:20], 0.4, atol=1e-6)
    np.testing.assert_allclose(result[44:84, 44:84], x[44:84, 44:84], atol=1 / 255)


def test_clipped_noise_does_not_darken_a_highlight() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, (1, 3, 64, 64))
    x = torch.from_numpy(np.clip(0.98 + noise, 0, 1).astype(np.float32))  # its mean is too low
    y = torch.full_like(x, 0.98)
    assert torch.equal(keep_colors(x, y), y)
    brighter = keep_colors(x, y - 0.2)  # but a result that is darker still is lifted
    assert float(brighter.mean()) == pytest.approx(float(x.mean()), abs=2 / 255)


def test_details_and_noise_stay_as_the_network_made_them() -> None:
    rng = np.random.default_rng(0)
    y = torch.from_numpy(make_photograph(96, 96).astype(np.float32) / 255).permute(2, 0, 1)[None]
    x = y + torch.from_numpy(rng.normal(0, 0.1, y.shape).astype(np.float32))
    assert float((keep_colors(x, y) - y).square().mean().sqrt()) < 0.5 / 255


def test_the_authors_procedure_and_a_wish_leave_the_networks_colors() -> None:
    image = Image(np.full((40, 40, 3), 128, np.uint8))
    predictor = fake_predictor(Shift(0.1))
    changed = restorer.restore(image, predictor, settings=Settings(keep_colors=False))
    assert (changed.pixels == 154).all()

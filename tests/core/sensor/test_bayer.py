"""Mosaics of any pattern are converted to the pattern of the network."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from restorer import Image, Metadata, Settings, SettingsError, Step
from restorer.inference.predictor import Predictor
from restorer.restoration.api import restore
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source
from restorer.sensor.bayer import PATTERNS, phase, raw_samples, spread

from helpers import Enlarge, load_golden, make_photograph, make_spec


def mosaic(pixels: np.ndarray, pattern: str) -> np.ndarray:
    """Sample a color image like a camera: (H, W, 1)."""
    return spread_mask(pixels.shape[:2], pattern, pixels).sum(2, keepdims=True, dtype=pixels.dtype)


def spread_mask(size: tuple[int, int], pattern: str, pixels: np.ndarray) -> np.ndarray:
    y, x = np.indices(size)
    order = np.array(["rgb".index(c) for c in pattern])[2 * (y % 2) + x % 2]
    return np.where(np.arange(3) == order[..., None], pixels, 0)


@pytest.mark.golden
def test_zero_filled_planes_equal_the_authors() -> None:
    _, tensors = load_golden("degradations")
    truth, expected = (tensors[k].numpy() for k in ("in/rgb", "out/mosaic_grbg"))
    samples = mosaic(truth, "grbg")
    np.testing.assert_array_equal(spread(samples, "grbg"), expected)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("size", [(1, 1), (4, 6), (5, 3)])
def test_spread_samples_are_recovered(pattern: str, size: tuple[int, int]) -> None:
    samples = np.random.default_rng(0).random((*size, 1), np.float32) + np.float32(0.1)
    planes = spread(samples, pattern)
    np.testing.assert_array_equal(raw_samples(planes, pattern), samples)
    np.testing.assert_array_equal(raw_samples(samples, pattern), samples)


def test_full_color_and_unknown_patterns_are_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be demosaiced"):
        raw_samples(np.ones((4, 4, 3), np.float32), "grbg")
    with pytest.raises(SettingsError, match="expected one of rggb"):
        raw_samples(np.ones((4, 4, 1), np.float32), "xtrans")


@pytest.mark.parametrize(("pattern", "wanted"), list(itertools.product(PATTERNS, PATTERNS)))
def test_phase_converts_one_pattern_into_another(pattern: str, wanted: str) -> None:
    pixels = make_photograph(8, 8)
    down, across = phase(pattern, wanted)
    framed = np.pad(mosaic(pixels, pattern), ((down, 0), (across, 0), (0, 0)), mode="reflect")
    shifted = np.pad(pixels, ((down, 0), (across, 0), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(framed, mosaic(shifted, wanted))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_network_receives_its_own_pattern_in_every_tile(pattern: str) -> None:
    pixels = make_photograph(41, 70).astype(np.uint16) * 256 + 1  # no sample is zero
    spec = make_spec(multiple_of=2, border=8)
    spec = type(spec)(**{**vars(spec), "task": "demosaicing", "trained_for": {"bayer": "grbg"}})

    class Sees(Enlarge):
        def forward(self, x, *, seed):  # type: ignore[no-untyped-def]
            sampled = (x[0] > 0).permute(1, 2, 0).numpy()
            full = np.ones(sampled.shape, np.uint8)
            np.testing.assert_array_equal(sampled, spread_mask(full.shape[:2], "grbg", full) > 0)
            return super().forward(x, seed=seed)

    predictor = Predictor(spec, Sees(), "cpu", "fp32")
    image = Image(mosaic(pixels, pattern), Metadata(icc=b"gray profile"))
    step = Step("fake", bayer=pattern)
    result, _ = Restoration(Source(image), [(predictor, step)], Settings()).run()
    np.testing.assert_array_equal(result.pixels, spread_mask(pixels.shape[:2], pattern, pixels))
    assert result.metadata.icc is None
    assert any("profile was dropped" in note for note in result.notes)
    with pytest.raises(SettingsError, match="flipped mosaics"):
        restore(image, predictor, settings=Settings(self_ensemble=True))
